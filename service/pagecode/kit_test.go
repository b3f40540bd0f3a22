package pagecode_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/model"
	"baodao/service/access"
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
