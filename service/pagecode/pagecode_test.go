package pagecode_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/pagecode"
	"baodao/service/project"
)

const (
	appID    = "wx0123456789abcdef"
	secret   = "0123456789abcdef0123456789abcdef"
	adminKey = "open sesame"
	pathCode = "/wxa/getwxacodeunlimit"
	detail   = "pages/activity/detail"
	checkIn  = "pages/check-in/index"
	width    = 430
)

var nobody access.Actor

// kit is the service in front of the simulator, over real HTTP.
type kit struct {
	*testkit.World
	Codes    *pagecode.Service
	Activity model.Activity
	Session  model.Session
	sim      *httptest.Server
	log      *bytes.Buffer
}

// newKit releases a mini-program with these pages.
func newKit(t *testing.T, pages ...string) *kit {
	t.Helper()
	k := &kit{World: testkit.NewWorld(t), log: &bytes.Buffer{}}
	k.sim = httptest.NewServer(wxsim.New(wxsim.Options{Apps: []wxsim.App{{AppID: appID, Secret: secret, Pages: pages}}, AdminKey: adminKey, Now: k.Clock.Now}))
	t.Cleanup(k.sim.Close)
	k.Codes = k.replica(t)
	k.Activity, k.Session, _ = k.World.Activity(k.Project(k.Pair(k.Branch, k.Community), "楼道清洁"), 3, nil)
	return k
}

// replica is one more process over the same database.
func (k *kit) replica(t *testing.T) *pagecode.Service {
	t.Helper()
	gateway, err := wechat.New(wechat.Config{AppID: appID, Secret: secret, BaseURL: k.sim.URL, Now: k.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Close)
	return &pagecode.Service{
		DB: k.DB, Now: k.Clock.Now, Projects: &project.Service{DB: k.DB, Now: k.Clock.Now, Vault: k.Vault}, Maker: app.CodeMaker(gateway, k.Clock.Now),
		Pages: pagecode.Pages{AppID: appID, Env: "release", Activity: detail, CheckIn: checkIn}, Log: slog.New(slog.NewJSONHandler(k.log, nil)),
	}
}

// admin asks the simulator's front-end stand-in.
func (k *kit) admin(method, path string, body any) map[string]json.RawMessage {
	k.TB.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		k.TB.Fatal(err)
	}
	req, err := http.NewRequestWithContext(k.TB.Context(), method, k.sim.URL+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		k.TB.Fatal(err)
	}
	req.Header.Set("X-Sim-Key", adminKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		k.TB.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]json.RawMessage{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		k.TB.Fatalf("%s %s: %d %v", method, path, res.StatusCode, err)
	}
	return out
}

func (k *kit) fail(mode string, more map[string]any) {
	k.TB.Helper()
	body := map[string]any{"mode": mode, "path": pathCode}
	for key, value := range more {
		body[key] = value
	}
	k.admin(http.MethodPost, "fail", body)
}

// calls is how often the simulator was asked for a code.
func (k *kit) calls() int {
	k.TB.Helper()
	var paths map[string]struct{ Calls int }
	if err := json.Unmarshal(k.admin(http.MethodGet, "counters", nil)["paths"], &paths); err != nil {
		k.TB.Fatal(err)
	}
	return paths[pathCode].Calls
}

// rows are the pictures that are kept.
func (k *kit) rows() []model.PageCode {
	k.TB.Helper()
	var rows []model.PageCode
	if err := k.DB.Order("created_at").Find(&rows).Error; err != nil {
		k.TB.Fatal(err)
	}
	return rows
}

func (k *kit) poster(t *testing.T, s *pagecode.Service) (pagecode.Picture, error) {
	t.Helper()
	return s.OfActivity(t.Context(), nobody, k.Activity.ID, width)
}

// want demands a number of calls so far and of pictures kept.
func (k *kit) want(calls, kept int) {
	k.TB.Helper()
	if c, r := k.calls(), len(k.rows()); c != calls || r != kept {
		k.TB.Fatalf("%d calls and %d pictures kept, want %d and %d", c, r, calls, kept)
	}
}

func TestACodeIsMadeOnceAndThenGivenOutWithoutWeChat(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first, err := k.poster(t, k.Codes)
	if err != nil || first.Media != "image/jpeg" || !bytes.HasPrefix(first.Data, []byte{0xff, 0xd8, 0xff}) || first.Home {
		t.Fatalf("%s %d %v", first.Media, len(first.Data), err)
	}
	k.want(1, 1)
	k.sim.Close() // WeChat is gone
	for _, s := range []*pagecode.Service{k.Codes, k.replica(t)} {
		if again, err := k.poster(t, s); err != nil || !bytes.Equal(again.Data, first.Data) || again.Media != first.Media {
			t.Fatal(err)
		}
	}
	if r := k.rows(); len(r) != 1 || r[0].Scene == "" || r[0].Page != detail || r[0].Env != "release" || r[0].Width != width || r[0].AppID != appID || r[0].RetryAt != nil {
		t.Fatalf("%+v", r)
	}
}

func TestEveryPartOfTheKeyMakesAnotherPicture(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	host := k.Staff("干事", access.HostStaff, k.Community)
	ask := func(s *pagecode.Service, width int64) {
		t.Helper()
		if _, err := s.OfActivity(t.Context(), nobody, k.Activity.ID, width); err != nil {
			t.Fatal(err)
		}
	}
	ask(k.Codes, 430)
	ask(k.Codes, 280)
	if _, err := k.Codes.OfSession(t.Context(), host, k.Session.ID, 430); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*pagecode.Pages){
		func(p *pagecode.Pages) { p.Env = "trial" }, func(p *pagecode.Pages) { p.AppID = "wx1" }, func(p *pagecode.Pages) { p.Activity = "pages/other" },
	} {
		other := k.replica(t)
		change(&other.Pages)
		ask(other, 430)
		ask(other, 430)
	}
	k.want(6, 6)
}

func TestTwentyAtOnceStoreOnePicture(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	replicas := []*pagecode.Service{k.Codes, k.replica(t), k.replica(t)}
	pictures, errs := make([]pagecode.Picture, 20), make([]error, 20)
	var all sync.WaitGroup
	for i := range pictures {
		all.Go(func() { pictures[i], errs[i] = k.poster(t, replicas[i%3]) })
	}
	all.Wait()
	for i := range pictures {
		if errs[i] != nil || !bytes.Equal(pictures[i].Data, pictures[0].Data) {
			t.Fatal(errs[i])
		}
	}
	if n := k.calls(); n < 1 || n > len(replicas) {
		t.Errorf("%d calls for 20 requests to 3 processes", n)
	}
	if n := len(k.rows()); n != 1 {
		t.Errorf("%d pictures kept", n)
	}
}

// slow is a maker that waits to be let through.
type slow struct {
	pagecode.Maker
	asked chan struct{}
	pass  chan struct{}
}

func (m slow) PageCode(ctx context.Context, o pagecode.Order) (pagecode.Made, error) {
	close(m.asked)
	<-m.pass
	return m.Maker.PageCode(ctx, o)
}

func TestTheFirstToStoreDecides(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	late := k.replica(t)
	gate := slow{fixed("\xff\xd8\xfflate"), make(chan struct{}), make(chan struct{})}
	late.Maker = gate
	got := make(chan pagecode.Picture)
	go func() {
		p, err := k.poster(t, late)
		if err != nil {
			t.Error(err)
		}
		got <- p
	}()
	<-gate.asked
	first, err := k.poster(t, k.Codes)
	if err != nil {
		t.Fatal(err)
	}
	close(gate.pass)
	if p := <-got; !bytes.Equal(p.Data, first.Data) {
		t.Errorf("the loser gives out its own picture: %q", p.Data)
	}
	if rows := k.rows(); len(rows) != 1 || !bytes.Equal(rows[0].Picture, first.Data) {
		t.Errorf("%d rows", len(rows))
	}
}

// fixed is a maker of always the same bytes.
type fixed string

func (f fixed) PageCode(context.Context, pagecode.Order) (pagecode.Made, error) {
	return pagecode.Made{Data: []byte(f), Media: "image/jpeg"}, nil
}

func TestWhoGoesAwayDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	gate := slow{k.Codes.Maker, make(chan struct{}), make(chan struct{})}
	k.Codes.Maker = gate
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := k.Codes.OfActivity(ctx, nobody, k.Activity.ID, width); left <- err }()
	<-gate.asked
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(gate.pass)
	if p, err := k.poster(t, k.Codes); err != nil || len(p.Data) == 0 {
		t.Fatal(err)
	}
	k.want(1, 1)
}

func TestAFailureStoresNothingAndTellsHowLongToWait(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Clock.Add(20 * time.Second)
	for _, c := range []struct {
		mode        string
		more        map[string]any
		least, most time.Duration // of Retry-After; 0: it is a mistake of ours
	}{
		{"errcode", map[string]any{"errcode": 45009}, 35 * time.Second, 45 * time.Second}, // the minute's quota: to the next minute
		{"errcode", map[string]any{"errcode": -1}, 5 * time.Second, 5 * time.Second},
		{"errcode", map[string]any{"errcode": 48001}, 10 * time.Minute, 10 * time.Minute}, // not granted: the operator's
		{"errcode", map[string]any{"errcode": 99999}, 5 * time.Second, 5 * time.Second},
		{"errcode", map[string]any{"errcode": 40169}, 0, 0},
		{"errcode", map[string]any{"errcode": 40097}, 0, 0},
		{"errcode", map[string]any{"errcode": 40129}, 0, 0},
		{"status", map[string]any{"status": 502}, 5 * time.Second, 5 * time.Second},
		{"html", nil, 5 * time.Second, 5 * time.Second},
		{"truncated", nil, 5 * time.Second, 5 * time.Second}, // half a picture must not be kept
		{"close_after", nil, 5 * time.Second, 5 * time.Second},
	} {
		body := map[string]any{"count": 1}
		for key, value := range c.more {
			body[key] = value
		}
		k.fail(c.mode, body)
		_, err := k.poster(t, k.Codes)
		f, told := errors.AsType[*fault.Fault](err)
		switch {
		case err == nil || told != (c.least > 0) || told && !errors.Is(err, wechat.ErrUnavailable):
			t.Errorf("%s %v: %v", c.mode, c.more, err)
		case told && (f.RetryAfter < c.least || f.RetryAfter > c.most):
			t.Errorf("%s %v: wait %v", c.mode, c.more, f.RetryAfter)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the secret is in %v", c.mode, err)
		}
	}
	if n := len(k.rows()); n != 0 {
		t.Fatalf("%d pictures kept", n)
	}
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Fatal("when WeChat is back:", err)
	}
}
