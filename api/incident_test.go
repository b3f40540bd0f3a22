package api_test

import (
	"strings"
	"testing"

	"baodao/internal/testkit/apitest"
	"baodao/model"
)

// TestAnIncidentOverHTTP: a participant finds whom to call and reports; the host handles it, the school closes it.
func TestAnIncidentOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	activity, session, position := a.Activity(a.World.Project(a.pairing, "茶园"), 5, func(act *model.Activity, _ *model.Session) {
		act.HostContactID, act.CreatedBy = a.host.UserID, a.secretary.UserID
	})
	a.Do(a.student, on("POST /positions/%d/signups", position.ID), object{}).Status(201)
	a.Do(a.host, "POST /me/phone", object{"code": "tel-13800000001"}).Status(200)
	help, report := on("GET /sessions/%d/help", session.ID), on("POST /sessions/%d/incidents", session.ID)
	in := object{"kind": "INJURY", "text": "一名同学扭伤脚踝，已送社区卫生站"}

	a.Refused(a.student, help, nil, 403, "access.denied") // two days before
	a.Refused(apitest.Nobody, help, nil, 401, "auth.required")
	a.Clock.Set(activity.StartsAt)
	a.Forget()
	got := a.Do(a.student, help, nil).Status(200)
	if got.Get("contacts.0.role") != "HOST" || got.Get("contacts.0.phone") != "+8613800000001" || got.Get("contacts.1.name") != "支书" || got.Get("emergency.2") != "120" || got.Get("place") != "戊社区广场" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.lead, report, in, 403, "access.denied")
	a.Refused(a.student, report, with(in, object{"text": "　"}), 422, "request.invalid")
	a.Refused(a.student, report, with(in, object{"kind": "PARTY"}), 422, "request.invalid")
	body, media := upload(t, tinyPicture())
	file := a.Do(a.student, "POST /uploads", body, media).Status(201).Get("id")
	made := a.Do(a.student, report, with(in, object{"file_ids": []string{file}})).Status(201)
	one := "/incidents/" + made.Get("id")
	if made.Get("status") != "REPORTED" || made.Get("activity_title") != activity.Title {
		t.Errorf("%s", made.Body)
	}
	if got := a.Do(a.host, "GET /me/notifications", nil).Status(200); got.Get("data.0.kind") != "INCIDENT_REPORTED" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(a.host, "GET /incidents?status=REPORTED", nil).Status(200); got.Get("data.0.id") != made.Get("id") {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.county, "GET /incidents", nil, 403, "access.denied")
	a.Refused(a.host, "GET /incidents?status=OPEN", nil, 422, "request.invalid")
	a.Refused(a.other, "GET "+one, nil, 404, "resource.not_found")
	picture := strings.TrimPrefix(made.Get("files.0"), "/api/v1")
	if got := a.Do(a.host, "GET "+picture, nil).Status(200); got.Header.Get("Content-Type") != "image/jpeg" {
		t.Error(got.Header)
	}
	a.Refused(a.other, "GET "+picture, nil, 404, "resource.not_found")

	note := object{"reason": "已送医，家长到场"}
	a.Refused(a.host, "POST "+one+"/close", note, 409, "state.conflict")
	a.Refused(a.student, "POST "+one+"/handle", note, 403, "access.denied")
	a.Refused(a.host, "POST "+one+"/handle", object{"reason": ""}, 422, "request.invalid")
	a.Do(a.host, "POST "+one+"/handle", note).Status(200)
	if got := a.Do(a.department, "POST "+one+"/close", object{"reason": "轻微扭伤，已康复"}).Status(200); got.Get("status") != "CLOSED" || got.Get("handling") != "已送医，家长到场" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.other, "POST "+one+"/close", note, 404, "resource.not_found")
	if got := a.Do(a.student, "GET "+one, nil).Status(200); got.Get("closing") != "轻微扭伤，已康复" || got.Get("text") != in["text"] {
		t.Errorf("%s", got.Body)
	}
}
