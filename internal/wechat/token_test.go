package wechat_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/internal/wechat"
)

const tokenPath = "/cgi-bin/stable_token"

// replica makes another gateway in front of the same simulator, with the given store.
func (r rig) replica(store wechat.TokenStore) *wechat.Gateway {
	return gateway(r.t, wechat.Config{AppID: appID, Secret: secret, BaseURL: r.url, Now: r.clock.Now, Tokens: store})
}

// crowd runs f n times at once on each gateway and returns the errors.
func crowd(n int, gateways []*wechat.Gateway, f func(g *wechat.Gateway) error) []error {
	var mu sync.Mutex
	var errs []error
	var all sync.WaitGroup
	for _, g := range gateways {
		for range n {
			all.Go(func() {
				err := f(g)
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			})
		}
	}
	all.Wait()
	return errs
}

func list(t *testing.T) func(g *wechat.Gateway) error {
	t.Helper()
	return func(g *wechat.Gateway) error {
		_, err := g.Templates(t.Context())
		return err
	}
}

func TestColdStampedeOnThreeReplicasMakesOneTokenCall(t *testing.T) {
	r := start(t)
	shared := wechat.NewMemoryTokens()
	replicas := []*wechat.Gateway{r.replica(shared), r.replica(shared), r.replica(shared)}
	for _, err := range crowd(20, replicas, list(t)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := r.calls(tokenPath); n != 1 {
		t.Fatalf("%d token calls", n)
	}
}

func TestRevocationUnderLoadCostsOneRefreshAndNoFailure(t *testing.T) {
	r := start(t)
	shared := wechat.NewMemoryTokens()
	replicas := []*wechat.Gateway{r.replica(shared), r.replica(shared), r.replica(shared)}
	crowd(1, replicas, list(t))
	r.admin(http.MethodPost, "token/revoke", map[string]any{})
	for _, err := range crowd(20, replicas, list(t)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	counters := r.admin(http.MethodGet, "counters", nil)
	if n := r.calls(tokenPath); n != 2 || counters["tokens_forced"] != 0.0 {
		t.Fatalf("%d token calls, %v forced", n, counters["tokens_forced"])
	}
}

func TestRefusedThoughIssuedIsForcedOnceThenCools(t *testing.T) {
	r := start(t)
	if _, err := r.Templates(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.admin(http.MethodPost, "token/reject", map[string]any{})
	if _, err := r.Templates(t.Context()); err != nil {
		t.Fatalf("a forced refresh must help: %v", err)
	}
	r.admin(http.MethodPost, "token/reject", map[string]any{}) // now a force is throttled
	before := r.calls(tokenPath)
	for _, err := range crowd(40, []*wechat.Gateway{r.Gateway}, list(t)) {
		var f *wechat.Failure
		if !errors.As(err, &f) || f.Kind != wechat.KindToken || !f.RetryAt.After(r.clock.Now()) {
			t.Fatalf("%v", err)
		}
	}
	if n := r.calls(tokenPath) - before; n > 2 {
		t.Fatalf("%d token calls while throttled", n)
	}
	r.clock.Advance(time.Minute)
	if _, err := r.Templates(t.Context()); err != nil {
		t.Fatalf("after cooling: %v", err)
	}
}

func TestEndlessTokenRefusalIsRetriedOnce(t *testing.T) {
	r := start(t)
	const path = "/wxaapi/newtmpl/gettemplate"
	r.admin(http.MethodPost, "fail", map[string]any{"mode": "errcode", "errcode": 40001, "path": path})
	_, err := r.Templates(t.Context())
	var f *wechat.Failure
	if !errors.As(err, &f) || f.Kind != wechat.KindToken {
		t.Fatal(err)
	}
	if n := r.calls(path); n != 2 {
		t.Fatalf("%d tries", n)
	}
}

func TestWrongSecretIsConfigurationAndDoesNotHammer(t *testing.T) {
	r := start(t)
	wrong := gateway(t, wechat.Config{AppID: appID, Secret: "wrong", BaseURL: r.url, Now: r.clock.Now})
	for range 5 {
		_, err := wrong.Templates(t.Context())
		var f *wechat.Failure
		if !errors.As(err, &f) || f.Kind != wechat.KindConfig || f.Code != 40125 || f.RetryAt.IsZero() {
			t.Fatal(err)
		}
		wantNoSecret(t, err, "wrong")
	}
	if n := r.calls(tokenPath); n != 1 {
		t.Fatalf("%d token calls", n)
	}
}

func TestErrcodesOfTheTokenEndpointAreNeverAboutTheNotice(t *testing.T) {
	for code, kind := range map[int]wechat.Kind{
		40001: wechat.KindConfig, 40164: wechat.KindConfig, 47001: wechat.KindConfig, 40003: wechat.KindConfig,
		-1: wechat.KindBusy, 99999: wechat.KindBusy, 45009: wechat.KindQuota, 45011: wechat.KindThrottled,
	} {
		r := start(t)
		r.fail(tokenPath, "errcode", map[string]any{"errcode": code})
		for range 2 { // the second finds the cooling
			_, err := r.Notify(t.Context(), wechat.Notice{OpenID: "oPerson000000000000000000000", Template: "t"})
			if f := wantFailure(t, err, code, kind); f.RetryAt.IsZero() && kind != wechat.KindBusy {
				t.Fatalf("%d: no time to try again", code)
			}
		}
		if n := r.calls(tokenPath); n != 1 {
			t.Fatalf("%d: %d token calls", code, n)
		}
	}
}

func TestFaultsOfTheTokenEndpointAreBusy(t *testing.T) {
	for _, mode := range []string{"html", "empty_object", "null", "truncated", "close_before", "close_after"} {
		r := start(t)
		r.fail(tokenPath, mode, nil)
		_, err := r.Notify(t.Context(), wechat.Notice{OpenID: "oPerson000000000000000000000", Template: "t"})
		var f *wechat.Failure
		if !errors.As(err, &f) || f.Kind != wechat.KindBusy || f.Op != "notify" {
			t.Fatalf("%s: nothing was sent, so it is never unknown: %v", mode, err)
		}
		wantNoSecret(t, err)
		if _, err = r.Templates(t.Context()); !errors.As(err, &f) || r.calls(tokenPath) > 1 {
			t.Fatalf("%s: must cool for a moment: %v, %d calls", mode, err, r.calls(tokenPath))
		}
		r.clock.Advance(5 * time.Second)
		if _, err = r.Templates(t.Context()); err != nil {
			t.Fatalf("%s: after the moment: %v", mode, err)
		}
	}
}

func TestShortLivedTokensDoNotMeanACallEach(t *testing.T) {
	for _, seconds := range []int{0, 1, 299, 300} {
		r := start(t)
		r.admin(http.MethodPost, "fail", map[string]any{"mode": "set", "path": tokenPath, "field": "expires_in", "value": seconds})
		for range 20 {
			if _, err := r.Templates(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := r.calls(tokenPath); n != 1 {
			t.Fatalf("expires_in %d: %d token calls", seconds, n)
		}
	}
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	r := start(t)
	for range 5 {
		if _, err := r.Templates(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(58 * time.Minute)
	}
	if n := r.calls(tokenPath); n != 3 {
		t.Fatalf("%d token calls in four hours", n)
	}
}

// shakyStore is a store whose parts can be taken down.
type shakyStore struct {
	*wechat.MemoryTokens
	noLoad, noSave, noLock atomic.Bool
}

var errDown = errors.New("the database is down")

func (s *shakyStore) Load(ctx context.Context, id string) (wechat.TokenRow, error) {
	if s.noLoad.Load() {
		return wechat.TokenRow{}, errDown
	}
	return s.MemoryTokens.Load(ctx, id)
}

func (s *shakyStore) Save(ctx context.Context, id string, row wechat.TokenRow) (bool, error) {
	if s.noSave.Load() {
		return false, errDown
	}
	return s.MemoryTokens.Save(ctx, id, row)
}

func (s *shakyStore) Lock(ctx context.Context, id string) (func(), error) {
	if s.noLock.Load() {
		return nil, errDown
	}
	return s.MemoryTokens.Lock(ctx, id)
}

func TestStoreDown(t *testing.T) {
	r := start(t)
	store := &shakyStore{MemoryTokens: wechat.NewMemoryTokens()}
	g := r.replica(store)
	crowd(1, []*wechat.Gateway{g}, list(t))
	store.noLoad.Store(true)
	store.noSave.Store(true)
	store.noLock.Store(true)
	for _, err := range crowd(20, []*wechat.Gateway{g}, list(t)) {
		if err != nil {
			t.Fatalf("this process still has the token: %v", err)
		}
	}
	if n := r.calls(tokenPath); n != 1 {
		t.Fatalf("%d token calls with a live copy", n)
	}
	r.clock.Advance(119 * time.Minute)
	for _, err := range crowd(20, []*wechat.Gateway{g}, list(t)) {
		if err != nil {
			t.Fatalf("renewal without a store: %v", err)
		}
	}
	if n := r.calls(tokenPath); n != 2 {
		t.Fatalf("%d token calls after expiry", n)
	}
	store.noLoad.Store(false)
	store.noLock.Store(false)
	crowd(20, []*wechat.Gateway{g}, list(t))
	if n := r.calls(tokenPath); n > 2 {
		t.Fatalf("only writing is down: %d token calls", n)
	}
}

func TestWaitingForATokenObeysTheContext(t *testing.T) {
	r := start(t)
	r.fail(tokenPath, "hang", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, err := range crowd(3, []*wechat.Gateway{r.Gateway}, func(g *wechat.Gateway) error {
		_, err := g.Templates(ctx)
		return err
	}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
}
