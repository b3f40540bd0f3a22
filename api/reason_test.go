package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/internal/wechat"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// simulated is an event in front of the simulator with its two words.
type simulated struct {
	*event

	sim     *httptest.Server
	gateway *wechat.Gateway
}

func newSimulated(t *testing.T) *simulated {
	t.Helper()
	s := &simulated{}
	s.event = newEvent(t, func(a *apitest.API, d *app.Deps) {
		s.sim = httptest.NewServer(app.Simulator(a.Clock.Now, wxKey))
		t.Cleanup(s.sim.Close)
		var err error
		if s.gateway, err = wechat.New(wechat.Config{AppID: app.SimAppID, Secret: app.SimSecret, BaseURL: s.sim.URL, Now: a.Clock.Now}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.gateway.Close)
		d.Checker = app.ContentChecker(s.gateway)
	})
	return s
}

// visits is somebody who uses the mini-program now, with the openid that the simulator gives them.
func (s *simulated) visits(who access.Actor) access.Actor {
	s.TB.Helper()
	s.Token(who) // with the openid of the tests
	openID, _, err := s.gateway.Login(s.TB.Context(), fmt.Sprintf("dev-u%d-%d", who.UserID, s.NewID()))
	if err != nil {
		s.TB.Fatal(err)
	}
	err = s.DB.Transaction(func(tx *gorm.DB) error {
		p, err := s.Vault.Person(tx, who.UserID)
		if err != nil {
			return err
		}
		return tx.Model(&model.User{}).Where("id = ?", who.UserID).Update("openid_enc", p.Seal(vault.OpenID, who.UserID, openID)).Error
	})
	if err != nil {
		s.TB.Fatal(err)
	}
	return who
}

func TestNotesAndReasonsThroughWeChatAndWithout(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	s.visits(s.clerk)
	town := s.Staff("镇委员", access.TownOfficer, s.Town)
	signUp, list := path("POST /positions/%d/signups", s.position.ID), path("GET /activities/%d/signups", s.activity.ID)
	note := func(text string) (access.Actor, string) {
		who := s.visits(s.Student("同学", s.Branch))
		made := s.Do(who, signUp, object{"note": text}).Status(http.StatusCreated)
		if made.Get("note") != text {
			t.Fatalf("%s", made.Body)
		}
		return who, "GET /signups/" + made.Get("id")
	}
	is := func(who access.Actor, one, want string) {
		t.Helper()
		if got := s.Do(who, one, nil).Status(http.StatusOK); got.Get("note") != want {
			t.Fatalf("%s, want %q", got.Body, want)
		}
	}
	good, goods := note("会普通话")
	bad, bads := note("违规词")
	_, doubts := note("存疑词")
	is(s.clerk, goods, "")
	if err := s.Built.Content.Advance(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	is(s.clerk, goods, "会普通话")
	is(good, goods, "会普通话")
	is(s.clerk, bads, "")
	is(bad, bads, "违规词")
	is(s.clerk, doubts, "")
	queue := s.Do(town, "GET /content-reviews", nil).Status(http.StatusOK)
	if queue.Get("data.0.use") != "SIGNUP" || strings.Count(string(queue.Body), `"use"`) != 1 {
		t.Fatalf("%s", queue.Body)
	}
	s.Do(town, "POST /content-reviews/"+queue.Get("data.0.id")+"/pass", nil).Status(http.StatusOK)
	if got := s.Do(s.clerk, list, nil).Status(http.StatusOK); !strings.Contains(string(got.Body), "存疑词") || strings.Contains(string(got.Body), "违规词") {
		t.Fatalf("%s", got.Body)
	}
	cancel := path("POST /activities/%d/cancel", s.activity.ID)
	if got := s.Do(s.clerk, cancel, object{"reason": "违规词"}).Problem(http.StatusUnprocessableEntity, "content.risky"); got.Get("errors.0.pointer") != "/reason" {
		t.Fatalf("%s", got.Body)
	}

	later := s.visits(s.Student("后来", s.Branch))
	s.sim.Close()
	last := s.Do(later, signUp, object{"note": "微信坏了"}).Status(http.StatusCreated)
	if err := s.Built.Content.Advance(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	is(s.clerk, "GET /signups/"+last.Get("id"), "")
	s.Do(s.clerk, cancel, object{"reason": "台风"}).Status(http.StatusOK)
	is(later, "GET /signups/"+last.Get("id"), "微信坏了")
}

func TestNoRiskyReasonReachesAnybody(t *testing.T) {
	t.Parallel()
	a, _ := checkedCrew(t)
	refuses := func(who access.Actor, target string, more object) {
		t.Helper()
		got := a.Do(who, "POST "+target, with(object{"reason": "去赌一把"}, more)).Problem(http.StatusUnprocessableEntity, "content.risky")
		if got.Get("errors.0.pointer") != "/reason" {
			t.Fatalf("%s: %s", target, got.Body)
		}
	}
	activity := "/activities/" + a.Do(a.host, "POST /activities", a.activityBody()).Status(http.StatusCreated).Get("id")
	a.Do(a.host, "POST "+activity+"/submit", nil).Status(http.StatusOK)
	refuses(a.town, activity+"/return", nil)
	a.Do(a.town, "POST "+activity+"/return", object{"reason": "加微信号再说"}).Status(http.StatusOK) // a doubt does not stop it

	project := "/projects/" + a.Do(a.secretary, "POST /projects", with(planBody(), object{"pairing_id": fmt.Sprint(a.pairing.ID)})).Status(http.StatusCreated).Get("id")
	a.Do(a.secretary, "POST "+project+"/submit", nil).Status(http.StatusOK)
	refuses(a.host, project+"/return", nil)
	refuses(a.host, project+"/stop", nil)
	a.Do(a.host, "POST "+project+"/stop", object{"reason": "暂缓"}).Status(http.StatusOK)

	pairing := fmt.Sprintf("/pairings/%d/end", a.pairing.ID)
	refuses(a.host, pairing, object{"ends_on": "2026-10-12"})
	a.Do(a.host, "POST "+pairing, object{"reason": "撤并", "ends_on": "2026-10-12"}).Status(http.StatusOK)

	code := a.Do(a.secretary, fmt.Sprintf("POST /orgs/%d/join-codes", a.Branch.ID), object{}).Status(http.StatusCreated).Get("code")
	newcomer := access.Actor{UserID: a.User("微信用户").ID}
	join := "/join-requests/" + a.Do(newcomer, "POST /me/join-requests", object{"code": code, "student_no": "2023001", "name": "李同学"}).Status(http.StatusCreated).Get("id") + "/reject"
	refuses(a.secretary, join, nil)
	a.Do(a.secretary, "POST "+join, object{"reason": "不是本班"}).Status(http.StatusOK)
}

func TestNoRiskyReasonAboutHours(t *testing.T) {
	t.Parallel()
	e := newEvent(t, func(_ *apitest.API, d *app.Deps) { d.Checker = words{} })
	e.join(e.lead)
	claims := e.serve(e.me, e.lead)
	mine := claims[0]
	e.Do(e.lead, e.step("lead-confirm"), these(mine)).Status(http.StatusOK)
	e.Do(e.clerk, e.step("host-confirm"), these(mine)).Status(http.StatusOK)
	e.Do(e.officer, e.step("recognise"), these(mine)).Status(http.StatusOK)
	reverse := path("POST /hours-entries/%s/reverse", e.Do(e.me, "GET /me/hours", nil).Status(http.StatusOK).Get("data.0.id"))
	e.Do(e.officer, reverse, object{"reason": "赌输了"}).Problem(http.StatusUnprocessableEntity, "content.risky")
	e.Do(e.officer, reverse, object{"reason": "代签"}).Status(http.StatusCreated)
	for _, step := range []struct {
		who  access.Actor
		name string
	}{{e.clerk, "dispute"}, {e.officer, "reopen"}, {e.clerk, "dispute"}, {e.officer, "reject"}} {
		target := path("POST /hours-claims/%s/%s", claims[1], step.name)
		if got := e.Do(step.who, target, object{"reason": "赌输了"}).Problem(http.StatusUnprocessableEntity, "content.risky"); got.Get("errors.0.pointer") != "/reason" {
			t.Fatalf("%s: %s", step.name, got.Body)
		}
		e.Do(step.who, target, object{"reason": "已核实"}).Status(http.StatusOK)
		e.Clock.Add(time.Second)
	}
}
