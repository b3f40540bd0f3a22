package api_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
)

func TestWillingnessOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	mine := on("/me/willingness?programme_id=%d", a.Programme.ID)
	before := a.Do(a.student, "GET "+mine, nil).Status(200)
	if before.Get("answered") != "false" || before.Header.Get("ETag") != `"0"` || before.Get("max_distance_m") != "10000" || before.Get("slots.6") != "000000" {
		t.Fatalf("%s", before.Body)
	}
	body := offerBody(nil, nil).(object)
	a.Refused(a.student, "PUT "+mine, body, 428, "version.required")
	first := a.Do(a.student, "PUT "+mine, body, apitest.IfMatch(0)).Status(200)
	if first.Header.Get("ETag") != `"1"` || first.Get("answered") != "true" || first.Get("slots.5") != "111100" || first.Get("skills.0") != "TUTORING" || first.Get("interests.0") != "CULTURE" {
		t.Errorf("%s", first.Body)
	}
	a.Refused(a.student, "PUT "+mine, body, 412, "version.mismatch", apitest.IfMatch(0))
	bad := a.Refused(a.student, "PUT "+mine, with(body, object{"skills": []string{"MAGIC"}, "interests": []string{"FUN"}}), 422, "request.invalid", apitest.IfMatch(1))
	if bad.Get("errors.0.pointer") != "/interests/0" || bad.Get("errors.1.pointer") != "/skills/0" {
		t.Errorf("%s", bad.Body)
	}
	for what, change := range map[string]object{
		"six days": {"slots": []string{"000000", "000000", "000000", "000000", "000000", "000000"}}, "seven blocks": {"slots": []string{"0000000", "000000", "000000", "000000", "000000", "000000", "000000"}},
		"too near": {"max_distance_m": 99}, "too far": {"max_distance_m": 100001}, "four interests": {"interests": []string{"AA", "BB", "CC", "DD"}},
	} {
		t.Log(what)
		a.Refused(a.student, "PUT "+mine, with(body, change), 422, "request.invalid", apitest.IfMatch(1))
	}
	a.Refused(a.host, "GET "+mine, nil, 403, "access.denied")
	a.Refused(a.student, "GET /me/willingness", nil, 422, "request.invalid")
}

func TestHomeOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	a.Refused(a.student, "GET /me/home", nil, 404, "resource.not_found")
	wgs := a.Do(a.student, "PUT /me/home", object{"lat": 36.651234, "lng": 117.120095, "coord": "wgs84"}).Status(200)
	gcj := a.Do(a.student, "PUT /me/home", homeBody(nil, nil)).Status(200)
	if wgs.Get("lat") == "36.651234" || wgs.Get("lat") == gcj.Get("lat") && wgs.Get("lng") == gcj.Get("lng") {
		t.Errorf("%s %s", wgs.Body, gcj.Body)
	}
	if got := a.Do(a.student, "GET /me/home", nil).Status(200); string(got.Body) != string(gcj.Body) {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.student, "PUT /me/home", object{"lat": 36.6, "lng": 117.1}, 422, "request.invalid")
	a.Refused(apitest.Nobody, "PUT /me/home", homeBody(nil, nil), 401, "auth.required")
	a.Do(a.student, "DELETE /me/home", nil).Status(204)
	a.Do(a.student, "DELETE /me/home", nil).Status(204)
	a.Refused(a.student, "GET /me/home", nil, 404, "resource.not_found")
}

func TestNeedsOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	act, _, p := a.Activity(a.Project(a.pairing, "共建"), 4, nil)
	needs := on("/positions/%d/needs", p.ID)
	before := a.Do(apitest.Nobody, "GET "+needs, nil).Status(200)
	if before.Get("version") != "0" || before.Get("slots_said") != "false" || before.Get("slots.2") != "110000" || before.Get("need_blocks") != "2" {
		t.Fatalf("%s", before.Body) // Wednesday, 9 to 11 o'clock
	}
	said := a.Do(a.host, "PUT "+needs, with(positionNeedsBody(nil, nil).(object), object{"need_blocks": 1, "required_skills": []string{"FIRST_AID"}}), apitest.IfMatch(0)).Status(200)
	if said.Header.Get("ETag") != `"1"` || said.Get("need_blocks") != "1" || said.Get("need_said") != "true" || said.Get("required_skills.0") != "FIRST_AID" || said.Get("min_team") != "2" {
		t.Errorf("%s", said.Body)
	}
	if all := a.Do(apitest.Nobody, on("GET /activities/%d/needs", act.ID), nil).Status(200); all.Get("data.0.urgency") != "2" || all.Get("data.0.version") != "1" {
		t.Errorf("%s", all.Body)
	}
	a.Refused(a.host, "PUT "+needs, positionNeedsBody(nil, nil), 412, "version.mismatch", apitest.IfMatch(0))
	a.Refused(a.host, "PUT "+needs, with(positionNeedsBody(nil, nil).(object), object{"min_team": 5}), 422, "request.invalid", apitest.IfMatch(1))
	a.Refused(a.student, "PUT "+needs, positionNeedsBody(nil, nil), 403, "access.denied", apitest.IfMatch(1))
	a.Refused(apitest.Nobody, "GET /positions/5/needs", nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, "GET /activities/5/needs", nil, 404, "resource.not_found")
}

func TestSurveysOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	programme := fmt.Sprintf("?programme_id=%d", a.Programme.ID)
	host, unit := on("/orgs/%d/survey", a.Community.ID)+programme, on("/orgs/%d/survey", a.Branch.ID)+programme
	if none := a.Do(a.town, "GET "+host, nil).Status(200); none.Header.Get("ETag") != `"0"` || none.Get("org.name") != a.Community.Name {
		t.Fatalf("%s", none.Body)
	}
	said := a.Do(a.host, "PUT "+host, hostSurveyBody(nil, nil), apitest.IfMatch(0)).Status(200)
	if said.Header.Get("ETag") != `"1"` || said.Get("needs.0.text") != "周末带孩子们读书" || said.Get("venues.0.capacity") != "40" || said.Get("support.0") != "MEAL" || said.Get("slots.5") != "111100" {
		t.Errorf("%s", said.Body)
	}
	a.Do(a.secretary, "PUT "+unit, unitSurveyBody(nil, nil), apitest.IfMatch(0)).Status(200)
	bad := a.Refused(a.secretary, "PUT "+unit, hostSurveyBody(nil, nil), 422, "request.invalid", apitest.IfMatch(1))
	if bad.Get("errors.0.pointer") != "/needs" || bad.Get("errors.2.pointer") != "/venues" {
		t.Errorf("%s", bad.Body)
	}
	a.Refused(a.host, "PUT "+unit, unitSurveyBody(nil, nil), 403, "access.denied", apitest.IfMatch(1))
	a.Refused(a.host, "PUT "+host, hostSurveyBody(nil, nil), 412, "version.mismatch", apitest.IfMatch(7))
	suspended := a.Org(a.Town, model.OrgCommunity, "停用社区")
	if err := a.DB.Transaction(func(tx *gorm.DB) error { return tx.Model(&suspended).Update("status", model.OrgSuspended).Error }); err != nil {
		t.Fatal(err)
	}
	a.Refused(a.town, on("PUT /orgs/%d/survey", suspended.ID)+programme, hostSurveyBody(nil, nil), 409, "survey.not_asked", apitest.IfMatch(0))

	list := a.Do(a.county, on("GET /orgs/%d/surveys", a.County.ID)+programme+"&answered=false&kind=COMMUNITY", nil).Status(200)
	if list.Get("data.0.org.name") != "壬社区" || list.Get("has_more") != "false" || strings.Contains(string(list.Body), a.Community.Name) {
		t.Errorf("%s", list.Body)
	}
	a.Refused(a.town, on("GET /orgs/%d/surveys", a.County.ID)+programme, nil, 403, "access.denied")
	sum := a.Do(a.county, on("GET /orgs/%d/survey-summary", a.County.ID)+programme, nil).Status(200)
	if sum.Get("hosts.asked") != "3" || sum.Get("hosts.answered") != "1" || sum.Get("needs.0.amount") != "6" || sum.Get("willing_students") != "0" {
		t.Errorf("%s", sum.Body)
	}
	a.Refused(a.student, on("GET /orgs/%d/survey-summary", a.County.ID)+programme, nil, 403, "access.denied")
}

func TestBlocksOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	_, _, p := a.Activity(a.Project(a.pairing, "共建"), 4, nil)
	signUp := on("POST /positions/%d/signups", p.ID)
	row := a.Do(a.student, signUp, object{}).Status(201)
	a.Do(a.student, "POST /signups/"+row.Get("id")+"/cancel", nil).Status(200)

	block := on("/orgs/%d/blocks/%d", a.Community.ID, a.student.StudentID)
	reason := object{"reason": "中途离开孩子"}
	a.Refused(a.host, on("PUT /orgs/%d/blocks/%d", a.Community.ID, a.lead.StudentID), reason, 404, "resource.not_found") // never met
	a.Refused(a.town, "PUT "+block, reason, 403, "access.denied")
	a.Refused(a.host, "PUT "+block, object{"reason": " "}, 422, "access.reason_required")
	kept := a.Do(a.host, "PUT "+block, reason).Status(200)
	if kept.Get("name") != "赵*" || kept.Get("reason") != "中途离开孩子" {
		t.Errorf("%s", kept.Body)
	}
	if list := a.Do(a.host, on("GET /orgs/%d/blocks", a.Community.ID), nil).Status(200); list.Get("data.0.student_id") != fmt.Sprint(a.student.StudentID) {
		t.Errorf("%s", list.Body)
	}
	a.Refused(a.department, on("GET /orgs/%d/blocks", a.Community.ID), nil, 403, "access.denied")
	if got := a.Refused(a.student, signUp, object{}, 409, "signup.not_eligible"); strings.Contains(string(got.Body), "孩子") {
		t.Errorf("%s", got.Body)
	}
	a.Do(a.host, "DELETE "+block, nil).Status(204)
	a.Refused(a.host, "DELETE "+block, nil, 404, "resource.not_found")
	a.Do(a.student, signUp, object{}).Status(201)

	avoid := on("/me/blocked-hosts/%d", a.Community.ID)
	if got := a.Do(a.student, "PUT "+avoid, nil).Status(200); got.Get("data.0.name") != a.Community.Name {
		t.Errorf("%s", got.Body)
	}
	a.Do(a.student, "GET /me/blocked-hosts", nil).Status(200)
	a.Refused(a.host, "GET /me/blocked-hosts", nil, 403, "access.denied")
	a.Refused(a.student, on("PUT /me/blocked-hosts/%d", a.Branch.ID), nil, 404, "resource.not_found")
	a.Do(a.student, "DELETE "+avoid, nil).Status(204)
	a.Refused(a.student, "DELETE "+avoid, nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, "DELETE /me/home", nil, 401, "auth.required")
}
