package api_test

import (
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/service/access"
)

// from is evidence of a phone so many degrees north of the place of the session.
func from(north float64) object {
	return object{"position": object{"lat": 36.6500345 + north, "lng": 117.1200957, "coord": "wgs84", "accuracy_m": 20, "altitude_m": 0, "speed_ms": 0}, "device_id": "phone-of-student-1"}
}

// proven is a scan with evidence.
func (e *event) proven(kind, nonce string, evidence object) *apitest.Answer {
	e.TB.Helper()
	return e.Do(e.me, redeem, object{"code": e.code(kind), "nonce": nonce, "evidence": evidence})
}

func TestADoubtfulCheckInIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.Do(e.me, "PUT /me/consents/LOCATION", object{"text_version": "2026-09"}).Status(200)
	e.at(0)
	in := e.proven("IN", "from-afar-1", from(0.1)).Status(200)
	if in.Get("verdict") != "REVIEW" || in.Get("distance") != "FAR" || in.Get("doubts.0.text") != "定位不在活动地点附近" {
		t.Fatalf("%s", in.Body)
	}
	id := in.Get("id")
	english := e.Do(e.me, "GET /me/check-ins", nil, apitest.Header("Accept-Language", "en")).Status(200)
	if english.Get("data.0.doubts.0.text") != "The position is not near the place of the session." {
		t.Errorf("%s", english.Body)
	}
	e.at(2 * time.Hour)
	e.proven("OUT", "from-here-1", from(0)).Status(200)
	claims := path("GET /activities/%d/hours-claims?status=IN_REVIEW", e.activity.ID)
	if waits := e.Do(e.clerk, claims, nil).Status(200); waits.Get("data.0.minutes") != "120" {
		t.Errorf("%s", waits.Body)
	}
	queue := path("GET /check-in-reviews?session_id=%d", e.session.ID)
	listed := e.Do(e.clerk, queue, nil).Status(200)
	if listed.Get("data.0.id") != id || listed.Get("data.0.student.name") != "李*" || listed.Get("data.0.distance") != "FAR" || strings.Contains(string(listed.Body), "doubts") {
		t.Errorf("%s", listed.Body)
	}
	e.Refused(e.me, queue, nil, 403, "access.denied")
	look := "/check-in-reviews/" + id
	if one := e.Do(e.clerk, "GET "+look, nil).Status(200); one.Get("doubts.0.code") != "outside_fence" || one.Get("student.name") != "李同学" || one.Get("status") != "WAITING" {
		t.Errorf("%s", one.Body)
	}
	e.Refused(e.clerk, "GET /check-in-reviews/99", nil, 404, "resource.not_found")
	e.Refused(e.clerk, "POST "+look+"/position", object{"reason": " "}, 422, "request.invalid")
	if at := e.Do(e.clerk, "POST "+look+"/position", object{"reason": "核对地点"}).Status(200); at.Get("lat") != "36.750035" && at.Get("lat") != "36.750034" || at.Get("distance_m") != "11123" {
		t.Errorf("%s", at.Body)
	}
	e.Refused(e.lead, "POST "+look+"/accept", object{"reason": "在"}, 403, "access.denied")
	e.Refused(e.Grant(e.me, access.HostStaff, e.Community), "POST "+look+"/accept", object{"reason": "我在"}, 403, "access.own_interest")
	if done := e.Do(e.clerk, "POST "+look+"/accept", object{"reason": "工作人员确认在场"}).Status(200); done.Get("status") != "ACCEPTED" || done.Get("student.name") != "李同学" {
		t.Errorf("%s", done.Body)
	}
	e.Refused(e.officer, "POST "+look+"/refuse", object{"reason": "不在"}, 409, "state.conflict")
	e.Refused(e.clerk, "POST "+look+"/position", object{"reason": "再看"}, 409, "state.conflict")
	mine := e.Do(e.me, "GET /check-ins/"+id+"/evidence", nil).Status(200)
	if mine.Get("review.reason") != "工作人员确认在场" || mine.Get("position.coord") != "wgs84" || mine.Get("check_in.verdict") != "REVIEW" {
		t.Errorf("%s", mine.Body)
	}
	e.Refused(e.clerk, "GET /check-ins/"+id+"/evidence", nil, 404, "resource.not_found")
	if claim := e.Do(e.clerk, path("GET /activities/%d/hours-claims", e.activity.ID), nil).Status(200); claim.Get("data.0.status") != "COMPUTED" {
		t.Errorf("%s", claim.Body)
	}
	e.Do(e.me, "DELETE /me/consents/LOCATION", nil).Status(204)
	if gone := e.Do(e.me, "GET /check-ins/"+id+"/evidence", nil).Status(200); strings.Contains(string(gone.Body), "position") {
		t.Errorf("%s", gone.Body)
	}
}

func TestARefusedCheckInTellsWhy(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.Do(e.me, "PUT /me/consents/LOCATION", object{"text_version": "2026-09"}).Status(200)
	e.at(0)
	id := e.proven("IN", "from-afar-1", from(0.1)).Status(200).Get("id")
	e.at(2 * time.Hour)
	e.proven("OUT", "from-here-1", from(0)).Status(200)
	e.Do(e.officer, "POST /check-in-reviews/"+id+"/refuse", object{"reason": "当时在宿舍"}).Status(200)
	claim := e.Do(e.clerk, path("GET /activities/%d/hours-claims", e.activity.ID), nil).Status(200)
	if claim.Get("data.0.status") != "REJECTED" || claim.Get("data.0.reason") != "当时在宿舍" {
		t.Errorf("%s", claim.Body)
	}
	if told := e.Do(e.me, "GET /me/notifications", nil).Status(200); !strings.Contains(string(told.Body), "未采信") || !strings.Contains(string(told.Body), "当时在宿舍") {
		t.Errorf("%s", told.Body)
	}
}

func TestWithoutConsentTheCheckInGoesOn(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.at(0)
	in := e.proven("IN", "no-consent-1", from(0.1)).Status(200)
	if in.Get("verdict") != "OK" || in.Get("distance") != "DROPPED" || strings.Contains(string(in.Body), "doubts") {
		t.Errorf("%s", in.Body)
	}
	for name, wrong := range map[string]object{
		"latitude": {"position": object{"lat": 91, "lng": 0, "coord": "wgs84", "accuracy_m": 1}},
		"datum":    {"position": object{"lat": 36.6, "lng": 117, "coord": "bd09", "accuracy_m": 1}},
		"no datum": {"position": object{"lat": 36.6, "lng": 117, "accuracy_m": 1}},
		"device":   {"device_id": "short"},
		"unknown":  {"imei": "123456789012345"},
	} {
		e.proven("OUT", "wrong-"+strings.ReplaceAll(name, " ", "-"), wrong).Problem(422, "request.invalid")
	}
}
