package wxstore_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/internal/wxstore"
	"baodao/model"
)

const (
	appID     = "wx0123456789abcdef"
	appSecret = "0123456789abcdef0123456789abcdef"
	adminKey  = "open sesame"
)

func newTokens(t *testing.T, db *gorm.DB, clock *testkit.Clock) *wxstore.Tokens {
	t.Helper()
	tokens, err := wxstore.NewTokens(db, clock.Now, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func counters(t *testing.T, base string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/_sim/counters", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Sim-Key", adminKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSixtyGoroutinesOfThreeReplicasAskForOneToken: a cold start, and again when the token has run out.
func TestSixtyGoroutinesOfThreeReplicasAskForOneToken(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	sim := httptest.NewServer(wxsim.New(wxsim.Options{Now: clock.Now, AdminKey: adminKey, Apps: []wxsim.App{{AppID: appID, Secret: appSecret}}}))
	t.Cleanup(sim.Close)
	gateways := make([]*wechat.Gateway, 3)
	for i := range gateways {
		g, err := wechat.New(wechat.Config{AppID: appID, Secret: appSecret, BaseURL: sim.URL, Now: clock.Now, Tokens: newTokens(t, db, clock)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(g.Close)
		gateways[i] = g
	}
	for round := 1; round <= 2; round++ {
		var group errgroup.Group
		for i := range 60 {
			group.Go(func() error {
				_, err := gateways[i%3].Templates(t.Context())
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		paths := fmt.Sprint(counters(t, sim.URL)["paths"])
		if want := fmt.Sprintf("/cgi-bin/stable_token:map[calls:%d]", round); !strings.Contains(paths, want) {
			t.Errorf("round %d: %s", round, paths)
		}
		clock.Add(3 * time.Hour)
	}
}

func TestARowComesBackAndTheTokenIsSealed(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	tokens := newTokens(t, db, clock)
	if row, err := tokens.Load(t.Context(), appID); err != nil || row != (wechat.TokenRow{}) {
		t.Fatal(row, err)
	}
	want := wechat.TokenRow{Token: "a-token-" + strings.Repeat("x", 504), Version: 1, NotAfter: clock.Now().Add(time.Hour), Bad: "bad", CoolCode: 40125}
	if saved, err := tokens.Save(t.Context(), appID, want); !saved || err != nil {
		t.Fatal(saved, err)
	}
	got, err := tokens.Load(t.Context(), appID)
	if err != nil || !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got), err)
	}
	if saved, err := tokens.Save(t.Context(), appID, want); saved || err != nil {
		t.Error("an old version was stored", err)
	}
	var stored model.WechatToken
	if err := db.Where("app_id = ?", appID).Take(&stored).Error; err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored.Sealed, []byte("a-token")) {
		t.Error("the token lies open")
	}
	other, err := wxstore.NewTokens(db, clock.Now, bytes.Repeat([]byte("o"), 32))
	if err != nil {
		t.Fatal(err)
	}
	if row, err := other.Load(t.Context(), appID); err != nil || row.Token != "" || row.Version != 1 {
		t.Error("with another key there is no token, but a version", row, err)
	}
}

func TestOneSaveOfAVersionWins(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	var wins atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		tokens := newTokens(t, db, clock)
		group.Go(func() {
			saved, err := tokens.Save(t.Context(), appID, wechat.TokenRow{Token: "t", Version: 1})
			if err != nil {
				t.Error(err)
			}
			if saved {
				wins.Add(1)
			}
		})
	}
	group.Wait()
	if wins.Load() != 1 {
		t.Error(wins.Load())
	}
}

func TestALockKeepsOthersOutAndEndsByItself(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	a, b := newTokens(t, db, clock), newTokens(t, db, clock)
	unlock, err := a.Lock(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := contextFor(t, 200*time.Millisecond)
	defer cancel()
	if _, err := b.Lock(short, appID); err == nil {
		t.Fatal("two hold the lock")
	}
	clock.Add(11 * time.Second) // a died
	release, err := b.Lock(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	unlock() // a was only late: it must not open b's lock
	short, cancel = contextFor(t, 200*time.Millisecond)
	defer cancel()
	if _, err := a.Lock(short, appID); err == nil {
		t.Fatal("a late unlock opened another's lock")
	}
	release()
	again, err := a.Lock(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
