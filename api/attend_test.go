package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// event is a published activity of a project with a team, and people around it.
type event struct {
	*apitest.API
	project  model.Project
	activity model.Activity
	session  model.Session
	position model.Position
	lead, me access.Actor
	clerk    access.Actor // of the host
	officer  access.Actor // of the department
	seat     string       // my signup
}

func newEvent(t *testing.T, change ...func(*apitest.API, *app.Deps)) *event {
	t.Helper()
	e := &event{API: apitest.New(t, change...)}
	e.project = e.World.Project(e.Pair(e.Branch, e.Community), "清洁")
	e.lead, e.me = e.Student("队长", e.Branch), e.Student("李同学", e.Branch)
	e.Team(e.project, model.TeamLead, e.lead)
	e.Team(e.project, model.TeamAdvisor, e.Staff("老师", access.Advisor, e.Branch))
	e.clerk, e.officer = e.Staff("干事", access.HostStaff, e.Community), e.Staff("系里", access.CommitteeOfficer, e.Department)
	e.activity, e.session, e.position = e.Activity(e.project, 10, nil)
	e.seat = e.join(e.me)
	return e
}

// join signs somebody up and returns the signup.
func (e *event) join(who access.Actor) string {
	e.TB.Helper()
	return e.Do(who, path("POST /positions/%d/signups", e.position.ID), map[string]string{}).Status(http.StatusCreated).Get("id")
}

// at moves the clock to a time after the start of the session; old tokens have run out by then.
func (e *event) at(d time.Duration) {
	e.Clock.Set(e.session.StartsAt.Add(d))
	e.Forget()
}

// code reads the present code from the clerk's screen.
func (e *event) code(kind string) string {
	e.TB.Helper()
	return e.Do(e.clerk, path("GET /sessions/%d/check-in-code?kind=%s", e.session.ID, kind), nil).Status(http.StatusOK).Get("code")
}

// scan is the body of a redemption.
func scan(code, nonce string) map[string]string {
	return map[string]string{"code": code, "nonce": nonce}
}

const redeem = "POST /check-ins/redeem"

func TestCheckInByCode(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.at(-31 * time.Minute)
	early := e.code("IN")
	e.Refused(e.me, redeem, scan(early, "too-early-1"), 409, "checkin.too_early")
	e.at(0)
	e.Refused(e.me, redeem, scan(early, "stale-1111"), 422, "checkin.code_expired")
	e.Refused(e.me, redeem, scan("hello", "junk-11111"), 422, "checkin.code_invalid")
	e.Refused(e.me, redeem, scan("hello", "short"), 422, "request.invalid")
	e.Refused(e.me, redeem, scan(e.code("OUT"), "out-first-1"), 409, "checkin.not_checked_in")
	e.Refused(e.lead, redeem, scan(e.code("IN"), "no-seat-11"), 409, "checkin.no_signup")
	e.Refused(e.clerk, redeem, scan(e.code("IN"), "clerk-1111"), 403, "access.denied")
	e.Refused(apitest.Nobody, redeem, scan("hello", "nobody-111"), 401, "auth.required")

	code := e.code("IN")
	in := e.Do(e.me, redeem, scan(code, "good-in-11")).Status(http.StatusOK)
	if in.Get("verdict") != "OK" || in.Get("kind") != "IN" || in.Get("signup_id") != e.seat {
		t.Errorf("%s", in.Body)
	}
	if again := e.Do(e.me, redeem, scan(code, "good-in-11")).Status(http.StatusOK); string(again.Body) != string(in.Body) {
		t.Errorf("%s\n%s", in.Body, again.Body)
	}
	e.Refused(e.me, redeem, scan(code, "again-1111"), 409, "checkin.already_in")
	e.at(2 * time.Hour)
	out := e.Do(e.me, redeem, scan(e.code("OUT"), "good-out-1")).Status(http.StatusOK)
	e.Refused(e.me, redeem, scan(e.code("OUT"), "again-2222"), 409, "checkin.already_out")
	mine := e.Do(e.me, "GET /me/check-ins?limit=1", nil).Status(http.StatusOK)
	if mine.Get("data.0.verdict") != "FAILED" || mine.Get("data.0.reason") != "already_out" || mine.Get("has_more") != "true" {
		t.Errorf("%s", mine.Body)
	}
	e.Refused(apitest.Nobody, "GET /me/check-ins", nil, 401, "auth.required")

	annul := path("POST /check-ins/%s/annul", out.Get("id"))
	why := map[string]string{"reason": "误点了签退"}
	e.Refused(e.me, annul, map[string]string{"reason": " "}, 422, "request.invalid")
	e.Refused(e.clerk, annul, why, 403, "access.denied")
	e.Refused(e.Student("别人", e.Branch), annul, why, 404, "resource.not_found")
	e.Refused(e.me, path("POST /check-ins/%s/annul", in.Get("id")), why, 409, "checkin.annul_too_late")
	if gone := e.Do(e.me, annul, why).Status(http.StatusOK); gone.Get("verdict") != "ANNULLED" || gone.Get("annuls_id") != out.Get("id") {
		t.Errorf("%s", gone.Body)
	}
	e.Do(e.me, redeem, scan(e.code("OUT"), "good-out-2")).Status(http.StatusOK)
}

func TestWrongCodesAreLimited(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.at(0)
	for i := range 10 {
		e.Do(e.me, redeem, scan("hello", fmt.Sprint("guess-1111-", i))).Problem(422, "checkin.code_invalid")
	}
	refused := e.Do(e.me, redeem, scan(e.code("IN"), "good-in-11")).Problem(429, "rate.limited")
	if refused.Header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", refused.Header.Get("Retry-After"))
	}
}

func TestTheCodeOnTheScreen(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.at(5 * time.Second)
	show := path("GET /sessions/%d/check-in-code", e.session.ID)
	got := e.Do(e.clerk, show, nil).Status(http.StatusOK)
	if len(got.Get("code")) != 30 || got.Get("kind") != "IN" || got.Get("step_seconds") != "10" || got.Get("valid_from") != "2026-10-14T01:00:00.000Z" || got.Get("valid_until") != "2026-10-14T01:00:20.000Z" || got.Get("next.5.valid_from") != "2026-10-14T01:01:00.000Z" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.me, show, nil, 403, "access.denied")
	e.Refused(e.clerk, show+"?kind=BOTH", nil, 422, "request.invalid")
	e.Refused(e.clerk, "GET /sessions/99/check-in-code", nil, 404, "resource.not_found")
	picture := e.Do(e.clerk, path("GET /sessions/%d/check-in-code.png?kind=OUT", e.session.ID), nil).Status(http.StatusOK)
	if picture.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(string(picture.Body), "\x89PNG") || picture.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", picture.Header)
	}
	e.Refused(e.me, path("GET /sessions/%d/check-in-code.png", e.session.ID), nil, 403, "access.denied")
}

func TestConfirmingByList(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	other := e.join(e.Student("王同学", e.Branch))
	foreign := e.joinAnother()
	e.at(0)
	list := path("POST /sessions/%d/confirmations", e.session.ID)
	body := func(kind string, seats ...string) map[string]any {
		return map[string]any{"kind": kind, "signup_ids": seats, "reason": "手机没电，当面核对"}
	}
	e.Refused(e.clerk, list, body("IN", e.seat, foreign), 404, "resource.not_found")
	e.Refused(e.clerk, list, body("OUT", e.seat), 409, "checkin.not_checked_in")
	e.Refused(e.clerk, list, body("IN"), 422, "request.invalid")
	e.Refused(e.clerk, list, body("IN", e.seat, e.seat), 422, "request.invalid")
	e.Refused(e.me, list, body("IN", other), 403, "access.denied")
	e.Refused(e.Grant(e.me, access.BranchSecretary, e.Branch), list, body("IN", other, e.seat), 403, "access.own_interest")
	e.Refused(e.clerk, list, body("IN", e.seat), 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	made := e.Do(e.clerk, list, body("IN", e.seat, other)).Status(http.StatusCreated)
	if made.Get("data.1.signup_id") != other || made.Get("data.0.method") != "HOST_CONFIRM" || made.Get("data.0.operator_id") != fmt.Sprint(e.clerk.UserID) {
		t.Errorf("%s", made.Body)
	}
	if wrong := e.Do(e.clerk, list, body("IN", other)).Problem(409, "checkin.already_in"); wrong.Get("errors.0.pointer") != "/signup_ids/0" {
		t.Errorf("%s", wrong.Body)
	}
	e.Do(e.clerk, path("POST /check-ins/%s/annul", made.Get("data.1.id")), map[string]string{"reason": "认错人了"}).Status(http.StatusOK)

	attendance := path("GET /sessions/%d/attendance", e.session.ID)
	present := e.Do(e.clerk, attendance, nil).Status(http.StatusOK)
	if present.Get("data.0.in_at") != "2026-10-14T01:00:00.000Z" || present.Get("data.0.student.name") != "李同学" || strings.Contains(string(present.Body), "out_at") {
		t.Errorf("%s", present.Body)
	}
	e.Refused(e.Student("别人", e.Branch), attendance, nil, 403, "access.denied")
	e.Refused(e.clerk, "GET /sessions/99/attendance", nil, 404, "resource.not_found")
}

// joinAnother signs the student up for another activity.
func (e *event) joinAnother() string {
	e.TB.Helper()
	_, _, position := e.Activity(e.project, 1, func(_ *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = s.StartsAt.AddDate(0, 0, 7), s.EndsAt.AddDate(0, 0, 7)
	})
	return e.Do(e.me, path("POST /positions/%d/signups", position.ID), map[string]string{}).Status(http.StatusCreated).Get("id")
}
