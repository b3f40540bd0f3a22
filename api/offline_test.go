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

// clock is a time after the start of the session as a device writes it.
func (e *event) clock(d time.Duration) string {
	return e.session.StartsAt.Add(d).In(time.FixedZone("", 8*3600)).Format("2006-01-02T15:04:05.000Z07:00")
}

func TestRecordingWithoutANetwork(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.join(e.lead)
	e.at(-time.Hour)
	base := path("/sessions/%d/", e.session.ID)
	list := e.Do(e.lead, "GET "+base+"offline-list", nil).Status(http.StatusOK)
	if list.Get("data.0.signup_id") != e.seat || list.Get("data.0.student.name") != "李*" || strings.Contains(string(list.Body), "队") || list.Get("has_more") != "false" {
		t.Errorf("%s", list.Body)
	}
	for field, want := range map[string]time.Duration{"issued_at": -time.Hour, "opens_at": -30 * time.Minute, "in_until": 2 * time.Hour, "valid_until": 3 * time.Hour, "upload_by": 26 * time.Hour} {
		if got := list.Get(field); got != e.session.StartsAt.Add(want).Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("%s: %s", field, got)
		}
	}
	e.Refused(e.me, "GET "+base+"offline-list", nil, 403, "access.denied")
	e.Refused(apitest.Nobody, "GET "+base+"offline-list", nil, 401, "auth.required")
	e.Refused(e.lead, "GET /sessions/99/offline-list", nil, 404, "resource.not_found")

	e.at(4 * time.Hour)
	e.Refused(e.lead, "GET "+base+"offline-list", nil, 409, "state.conflict")
	token := list.Get("data.0.token")
	body := object{"device_now": e.clock(4*time.Hour + time.Minute), "rows": []object{
		{"token": token, "nonce": "line-0002", "kind": "OUT", "at": e.clock(2 * time.Hour)},
		{"token": token, "nonce": "line-0001", "kind": "IN", "at": e.clock(2 * time.Minute)},
		{"token": "nonsense", "nonce": "line-0003", "kind": "IN", "at": e.clock(0)},
	}}
	e.Refused(e.clerk, "POST "+base+"offline-batches", object{"device_now": "now", "rows": []object{}}, 422, "request.invalid")
	e.Refused(e.me, "POST "+base+"offline-batches", body, 403, "access.denied")
	sent := e.Do(e.lead, "POST "+base+"offline-batches", body).Status(http.StatusOK)
	want := fmt.Sprintf("%s OK, %s OK, - FAILED token_invalid", e.clock2(119*time.Minute), e.clock2(time.Minute))
	got := fmt.Sprintf("%s %s, %s %s, - %s %s", sent.Get("data.0.at"), sent.Get("data.0.verdict"), sent.Get("data.1.at"), sent.Get("data.1.verdict"), sent.Get("data.2.verdict"), sent.Get("data.2.reason"))
	if got != want { // the device is a minute ahead
		t.Errorf("%s\nwant %s", got, want)
	}
	if again := e.Do(e.lead, "POST "+base+"offline-batches", body).Status(http.StatusOK); string(again.Body) != string(sent.Body) {
		t.Errorf("%s\n%s", sent.Body, again.Body)
	}
	mine := e.Do(e.me, "GET /me/check-ins", nil).Status(http.StatusOK)
	if mine.Get("data.0.method") != "OFFLINE_BATCH" || mine.Get("data.1.operator_id") != fmt.Sprint(e.lead.UserID) || strings.Count(string(mine.Body), "method") != 2 {
		t.Errorf("%s", mine.Body)
	}
	claim := e.Do(e.clerk, on("GET /activities/%d/hours-claims", e.activity.ID), nil).Status(http.StatusOK)
	if claim.Get("data.0.minutes") != "118" || claim.Get("data.0.basis") != "CHECKIN" {
		t.Errorf("%s", claim.Body)
	}
	other := e.Staff("外人", access.HostStaff, e.Town)
	e.Refused(other, "POST "+base+"offline-batches", body, 403, "access.denied")
}

// clock2 is the same time as the server writes it.
func (e *event) clock2(d time.Duration) string {
	return e.session.StartsAt.Add(d).UTC().Format("2006-01-02T15:04:05.000Z")
}
