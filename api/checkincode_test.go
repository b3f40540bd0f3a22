package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/service/access"
)

func TestStaffScanACodeThatAStudentShows(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.at(0)
	own, list := path("GET /me/sessions/%d/check-in-code", e.session.ID), path("POST /sessions/%d/scans", e.session.ID)
	e.Refused(apitest.Nobody, own, nil, 401, "auth.required")
	e.Refused(e.clerk, own, nil, 403, "access.denied")
	e.Refused(e.lead, own, nil, 409, "checkin.no_signup")
	e.Refused(e.me, "GET /me/sessions/99/check-in-code", nil, 404, "resource.not_found")
	mine := e.Do(e.me, own, nil).Status(http.StatusOK)
	if len(mine.Get("code")) != 30 || mine.Get("next.5.valid_until") != "2026-10-14T01:01:20.000Z" || mine.Get("session_id") != fmt.Sprint(e.session.ID) {
		t.Errorf("%s", mine.Body)
	}
	for kind, begins := range map[string]string{"png": "\x89PNG", "svg": "<svg "} {
		for _, p := range []string{path("GET /me/sessions/%d/check-in-code.%s", e.session.ID, kind), path("GET /sessions/%d/check-in-code.%s", e.session.ID, kind)} {
			who, other := e.me, e.lead
			if strings.Contains(p, "GET /sessions") {
				who, other = e.clerk, e.me
			}
			if got := e.Do(who, p, nil).Status(http.StatusOK); !strings.HasPrefix(string(got.Body), begins) || got.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.Header.Get("Content-Type"), "image/"+kind) {
				t.Errorf("%s: %v", p, got.Header)
			}
			if got := e.Do(other, p, nil); got.Code != 409 && got.Code != 403 {
				t.Errorf("%s: %d", p, got.Code)
			}
		}
	}
	scan := func(code, kind, nonce string) map[string]string {
		return map[string]string{"code": code, "kind": kind, "nonce": nonce}
	}
	e.Refused(e.me, list, scan(mine.Get("code"), "IN", "scan-1111"), 403, "access.denied")
	e.Refused(e.clerk, list, scan("hello", "IN", "scan-1111"), 422, "checkin.code_invalid")
	e.Refused(e.clerk, list, scan(mine.Get("code"), "BOTH", "scan-1111"), 422, "request.invalid")
	e.Refused(e.clerk, list, scan(mine.Get("code"), "OUT", "scan-0000"), 409, "checkin.not_checked_in")
	got := e.Do(e.clerk, list, scan(mine.Get("code"), "IN", "scan-2222")).Status(http.StatusOK)
	if got.Get("method") != "STAFF_SCAN" || got.Get("student.name") != "李同学" || got.Get("operator_id") != fmt.Sprint(e.clerk.UserID) {
		t.Errorf("%s", got.Body)
	}
	if again := e.Do(e.clerk, list, scan(mine.Get("code"), "IN", "scan-2222")).Status(http.StatusOK); string(again.Body) != string(got.Body) {
		t.Errorf("%s\n%s", got.Body, again.Body)
	}
	e.Clock.Add(20 * time.Second)
	e.Refused(e.clerk, list, scan(mine.Get("code"), "OUT", "scan-3333"), 422, "checkin.code_expired")
	self := e.Grant(e.me, access.HostStaff, e.Community)
	e.Refused(self, list, scan(e.Do(e.me, own, nil).Get("code"), "OUT", "scan-4444"), 403, "access.own_interest")
}

func TestSpokenPassCodes(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	other := e.Student("王同学", e.Branch)
	e.join(other)
	e.at(0)
	pass := path("/sessions/%d/pass-code", e.session.ID)
	open := map[string]any{"kind": "IN", "minutes": 10, "reason": "田间没有屏幕"}
	say := func(code, nonce string) map[string]string {
		return map[string]string{"session_id": fmt.Sprint(e.session.ID), "kind": "IN", "pass_code": code, "nonce": nonce}
	}
	const try = "POST /check-ins/redeem-pass"
	e.Refused(e.me, try, say("12345678", "pass-0000"), 409, "checkin.pass_closed")
	e.Refused(e.clerk, "GET "+pass, nil, 409, "checkin.pass_closed")
	e.Refused(e.me, "POST "+pass, open, 403, "access.denied")
	e.Refused(e.clerk, "POST "+pass, map[string]any{"kind": "IN", "minutes": 60, "reason": "很久"}, 422, "request.invalid")
	opened := e.Do(e.clerk, "POST "+pass, open).Status(http.StatusOK)
	code := opened.Get("code")
	if len(code) != 8 || opened.Get("closes_at") != "2026-10-14T01:10:00.000Z" || opened.Get("step_seconds") != "60" || opened.Get("next.0.valid_from") != "2026-10-14T01:01:00.000Z" {
		t.Errorf("%s", opened.Body)
	}
	if now := e.Do(e.clerk, "GET "+pass, nil).Status(http.StatusOK); now.Get("code") != code {
		t.Errorf("%s", now.Body)
	}
	e.Refused(e.me, "GET "+pass, nil, 403, "access.denied")
	e.Refused(e.me, try, say("1234567", "pass-0001"), 422, "request.invalid")
	e.Refused(e.lead, try, say(code, "pass-0002"), 409, "checkin.no_signup")
	bad := fmt.Sprintf("%08d", (len(code)+int(code[0]))%7) // not a code of this minute but for once in ten million
	for i := range 5 {
		e.Do(e.me, try, say(bad, fmt.Sprint("pass-bad-", i))).Problem(422, "checkin.pass_wrong")
	}
	e.Refused(e.me, try, say(code, "pass-0003"), 409, "checkin.pass_tries")
	in := e.Do(other, try, say(code, "pass-0004")).Status(http.StatusOK)
	if in.Get("method") != "PASSCODE" || in.Get("verdict") != "OK" {
		t.Errorf("%s", in.Body)
	}
	if again := e.Do(other, try, say(code, "pass-0004")).Status(http.StatusOK); string(again.Body) != string(in.Body) {
		t.Errorf("%s", again.Body)
	}
	mine := e.Do(e.me, "GET /me/check-ins", nil).Status(http.StatusOK)
	if mine.Get("data.0.reason") != "pass_tries" || mine.Get("data.1.reason") != "pass_wrong" || mine.Get("data.0.method") != "PASSCODE" {
		t.Errorf("%s", mine.Body)
	}
}

func TestCorrectingWhoCameAndWentWhen(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.at(0)
	e.Do(e.me, redeem, scan(e.code("IN"), "good-in-11")).Status(http.StatusOK)
	e.at(26 * time.Hour)
	fix := path("POST /sessions/%d/corrections", e.session.ID)
	body := func(out string) map[string]any {
		return map[string]any{"signup_id": e.seat, "out_at": out, "reason": "忘记签退，现场核对"}
	}
	e.Refused(e.me, fix, body("2026-10-14T03:00:00Z"), 403, "access.denied")
	e.Refused(e.Grant(e.me, access.HostStaff, e.Community), fix, body("2026-10-14T03:00:00Z"), 403, "access.own_interest")
	e.Refused(e.clerk, fix, body("2026-10-15T03:00:00Z"), 422, "request.invalid")
	e.Refused(e.clerk, fix, map[string]any{"signup_id": "99", "reason": "核对"}, 404, "resource.not_found")
	e.Refused(e.clerk, fix, body("2026-10-14T03:00:00Z"), 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	done := e.Do(e.clerk, fix, body("2026-10-14T11:00:00+08:00")).Status(http.StatusCreated)
	if done.Get("data.0.method") != "MANUAL" || done.Get("data.0.at") != "2026-10-14T03:00:00.000Z" || done.Get("data.0.operator_id") != fmt.Sprint(e.clerk.UserID) {
		t.Errorf("%s", done.Body)
	}
	claims := e.Do(e.clerk, path("GET /activities/%d/hours-claims", e.activity.ID), nil).Status(http.StatusOK)
	if claims.Get("data.0.minutes") != "120" || claims.Get("data.0.basis") != "MANUAL" {
		t.Errorf("%s", claims.Body)
	}
	e.at(8 * 24 * time.Hour)
	e.Refused(e.clerk, fix, body("2026-10-14T03:00:00Z"), 409, "checkin.correct_too_late")
}
