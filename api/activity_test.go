package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// activityBody is a good activity of the community in three days' time.
func (a *crew) activityBody() object {
	start := a.Clock.Now().Add(72 * time.Hour)
	return object{
		"org_id": fmt.Sprint(a.Community.ID), "programme_id": fmt.Sprint(a.Programme.ID),
		"title": "社区清洁日", "summary": "打扫楼道", "category": "GOVERNANCE", "mode": "ONSITE", "placement_mode": "SINGLE", "carriers": []string{"HOME_RETURN"},
		"signup_opens_at": a.Clock.Now(), "signup_closes_at": start, "risk_note": "注意台阶", "host_contact_id": fmt.Sprint(a.host.UserID),
		"sessions":  []object{{"starts_at": start, "ends_at": start.Add(2 * time.Hour), "place": "戊社区广场", "lat": 36.65, "lng": 117.12}},
		"positions": []object{{"title": "志愿者", "capacity": 10}},
	}
}

// public takes an activity through to the public.
func (a *crew) public(t *testing.T, body object) *apitest.Answer {
	t.Helper()
	path := "/activities/" + a.Do(a.host, "POST /activities", body).Status(http.StatusCreated).Get("id")
	a.Do(a.host, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Do(a.town, "POST "+path+"/approve", nil).Status(http.StatusOK)
	return a.Do(a.host, "POST "+path+"/publish", nil).Status(http.StatusOK)
}

func TestAnActivityFromDraftToCancelled(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	made := a.Do(a.host, "POST /activities", a.activityBody()).Status(http.StatusCreated)
	if made.Get("phase") != "DRAFT" || made.Get("sessions.0.radius_m") != "200" || made.Get("sessions.0.lat") != "36.65" || made.Get("host_contact.name") != "陈干事" || made.Get("cancel_until") != "2026-10-14T01:00:00.000Z" {
		t.Fatalf("%s", made.Body)
	}
	path := "/activities/" + made.Get("id")
	a.Refused(a.student, "GET "+path, nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, "GET "+path, nil, 404, "resource.not_found")
	body := with(a.activityBody(), object{"org_id": nil, "programme_id": nil, "title": "清洁周"})
	edited := a.Do(a.host, "PUT "+path, body, made.ETag()).Status(http.StatusOK)
	if edited.Get("title") != "清洁周" || edited.Header.Get("ETag") != `"2"` {
		t.Fatalf("%s", edited.Body)
	}
	a.Refused(a.host, "PUT "+path, body, 412, "version.mismatch", made.ETag())
	a.Do(a.host, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Refused(a.host, "PUT "+path, body, 409, "state.conflict", apitest.IfMatch(3))
	a.Do(a.town, "POST "+path+"/return", object{"reason": "风险再写细"}).Status(http.StatusOK)
	a.Do(a.host, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Refused(a.host, "POST "+path+"/approve", nil, 403, "access.denied")
	managed := a.Do(a.town, "GET /managed-activities?status=SUBMITTED", nil).Status(http.StatusOK)
	if managed.Get("data.0.title") != "清洁周" || managed.Get("data.0.seats.left") != "10" {
		t.Fatalf("%s", managed.Body)
	}
	a.Do(a.town, "POST "+path+"/approve", nil).Status(http.StatusOK)
	public := a.Do(a.host, "POST "+path+"/publish", nil).Status(http.StatusOK)
	if public.Get("status") != "PUBLISHED" || public.Get("phase") != "SIGNUP_OPEN" {
		t.Fatalf("%s", public.Body)
	}
	anonymous := a.Do(apitest.Nobody, "GET "+path, nil).Status(http.StatusOK)
	var seen object
	if anonymous.Into(&seen); seen["host_contact"] != nil || anonymous.Get("positions.0.availability.left") != "10" {
		t.Fatalf("%s", anonymous.Body)
	}
	if a.Do(a.student, "GET "+path, nil).Status(http.StatusOK).Get("host_contact.name") != "陈干事" {
		t.Fatal("who is signed in sees whom to ask")
	}
	a.Refused(a.host, "PUT "+path, with(body, object{"mode": "REMOTE"}), 409, "activity.locked_fields", public.ETag())
	a.Refused(a.host, "PUT "+path, with(body, object{"risk_note": nil}), 422, "activity.incomplete", public.ETag())
	public = a.Do(a.host, "PUT "+path, with(body, object{"summary": "采茶"}), public.ETag()).Status(http.StatusOK)

	position := "/positions/" + public.Get("positions.0.id")
	tag := apitest.Header("If-Match", public.Get("positions.0.etag"))
	if a.Do(a.host, "PUT "+position, object{"capacity": 20}, tag).Status(http.StatusOK).Get("availability.capacity") != "20" {
		t.Fatal("twenty seats")
	}
	a.Refused(a.host, "PUT "+position, object{"capacity": 30}, 412, "version.mismatch", tag)
	a.Refused(a.host, "PUT "+position, object{"capacity": 0}, 422, "request.invalid", apitest.IfMatch(2))

	session := "/sessions/" + public.Get("sessions.0.id")
	later := a.Clock.Now().Add(80 * time.Hour)
	move := object{"starts_at": later, "ends_at": later.Add(time.Hour), "place": "新址", "lat": 36.7, "lng": 117.1, "radius_m": 50}
	moved := a.Do(a.host, "POST "+session+"/move", move, public.ETag()).Status(http.StatusOK)
	if moved.Get("starts_at") != moved.Get("cancel_until") || moved.Get("sessions.0.place") != "新址" {
		t.Fatalf("%s", moved.Body)
	}
	a.Refused(a.host, "POST "+session+"/move", move, 412, "version.mismatch", public.ETag())
	a.Refused(a.host, "POST "+session+"/move", move, 428, "version.required")
	cancelled := a.Do(a.host, "POST "+path+"/cancel", object{"reason": "台风"}).Status(http.StatusOK)
	if cancelled.Get("phase") != "CANCELLED" {
		t.Fatalf("%s", cancelled.Body)
	}
	a.Refused(a.host, "POST "+session+"/move", move, 409, "state.conflict", cancelled.ETag())
	a.Refused(a.host, "POST "+path+"/cancel", object{"reason": "台风"}, 409, "state.conflict")
}

func TestActivitiesRefuseOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	made := a.Do(a.host, "POST /activities", a.activityBody()).Status(http.StatusCreated)
	path := "/activities/" + made.Get("id")
	body := with(a.activityBody(), object{"org_id": nil, "programme_id": nil})
	moves := map[string]any{"submit": nil, "approve": nil, "publish": nil, "return": object{"reason": "x"}, "cancel": object{"reason": "x"}}
	for move, sent := range moves {
		a.Refused(apitest.Nobody, "POST "+path+"/"+move, sent, 401, "auth.required")
		if move != "cancel" {
			a.Refused(a.student, "POST "+path+"/"+move, sent, 403, "access.denied")
		}
	}
	a.Refused(a.student, "POST "+path+"/cancel", object{"reason": "x"}, 404, "resource.not_found") // a student may lead a team; this is none of theirs
	a.Refused(a.other, "POST "+path+"/submit", nil, 404, "resource.not_found")
	a.Refused(a.county, "PUT "+path, body, 403, "access.denied", made.ETag())
	a.Refused(a.department, "POST "+path+"/approve", nil, 404, "resource.not_found")
	a.Refused(a.town, "POST "+path+"/approve", nil, 409, "state.conflict")
	a.Refused(a.host, "POST "+path+"/publish", nil, 409, "state.conflict")
	a.Refused(a.town, "POST "+path+"/return", object{"reason": " "}, 422, "request.invalid")
	a.Refused(a.host, "POST "+path+"/cancel", object{}, 422, "request.invalid")
	a.Refused(apitest.Nobody, "POST /activities", a.activityBody(), 401, "auth.required")
	a.Refused(apitest.Nobody, "PUT "+path, body, 401, "auth.required", made.ETag())
	a.Refused(apitest.Nobody, "GET /managed-activities", nil, 401, "auth.required")
	a.Refused(a.other, "POST /activities", a.activityBody(), 403, "access.denied")
	a.Refused(apitest.Nobody, "PUT /positions/"+made.Get("positions.0.id"), object{"capacity": 5}, 401, "auth.required", apitest.IfMatch(1))
	a.Refused(a.other, "PUT /positions/"+made.Get("positions.0.id"), object{"capacity": 5}, 404, "resource.not_found", apitest.IfMatch(1))
	a.Refused(a.host, "PUT /positions/1", object{"capacity": 5}, 404, "resource.not_found", apitest.IfMatch(1))
	a.Refused(a.host, "POST /sessions/1/move", body["sessions"].([]object)[0], 404, "resource.not_found", apitest.IfMatch(1))
	a.Refused(apitest.Nobody, "GET /activities/1", nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, "GET /activities/x", nil, 422, "request.invalid")

	start := a.Clock.Now().Add(72 * time.Hour)
	session := func(more object) object {
		return object{"sessions": []object{with(object{"starts_at": start, "ends_at": start.Add(time.Hour), "place": "x"}, more)}}
	}
	for name, wrong := range map[string]object{
		"lat without lng":      session(object{"lat": 36.6}),
		"lng without lat":      session(object{"lng": 117.6}),
		"lat off the globe":    session(object{"lat": 90.1, "lng": 1}),
		"a tiny fence":         session(object{"radius_m": 1}),
		"a session too long":   session(object{"ends_at": start.Add(25 * time.Hour)}),
		"no sessions":          {"sessions": []object{}},
		"no positions":         {"positions": nil},
		"no seats":             {"positions": []object{{"title": "x", "capacity": 0}}},
		"too many seats":       {"positions": []object{{"title": "x", "capacity": 100001}}},
		"a blank position":     {"positions": []object{{"title": " ", "capacity": 1}}},
		"an unknown mode":      {"mode": "MOON"},
		"a carrier with quote": {"carriers": []string{`A"B`}},
		"mass assignment":      {"status": "PUBLISHED"},
		"a time that is none":  {"signup_opens_at": "tomorrow"},
		"an unknown contact":   {"host_contact_id": "1"},
		"no programme":         {"programme_id": nil},
	} {
		t.Log(name)
		a.Refused(a.host, "POST /activities", with(a.activityBody(), wrong), 422, "request.invalid")
	}
	a.Refused(a.host, "POST /activities", with(a.activityBody(), object{"project_id": "1", "programme_id": nil}), 404, "resource.not_found")
	project := a.Project(a.pairing, "停了")
	a.Do(a.secretary, fmt.Sprintf("POST /projects/%d/stop", project.ID), object{"reason": "x"}).Status(http.StatusOK)
	a.Refused(a.host, "POST /activities", with(a.activityBody(), object{"project_id": fmt.Sprint(project.ID), "programme_id": nil}), 409, "project.not_running")
}

func TestTheOwnInterestRuleOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	both := a.Grant(a.host, access.TownOfficer, a.Town)
	path := "/activities/" + a.Do(both, "POST /activities", a.activityBody()).Status(http.StatusCreated).Get("id")
	a.Do(both, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Refused(both, "POST "+path+"/approve", nil, 403, "access.own_interest")
	a.Refused(both, "POST "+path+"/return", object{"reason": "x"}, 403, "access.own_interest")
}

func TestTheStudentsListOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	first := a.public(t, a.activityBody())
	start := a.Clock.Now().Add(73 * time.Hour)
	second := a.public(t, with(a.activityBody(), object{
		"title": "茶园采摘", "category": "CULTURE", "signup_opens_at": start.Add(-time.Hour), "signup_closes_at": start,
		"sessions": []object{{"starts_at": start, "ends_at": start.Add(time.Hour), "place": "茶园", "lat": 36.66, "lng": 117.12}},
	}))
	all := a.Do(apitest.Nobody, "GET /activities?limit=1", nil).Status(http.StatusOK)
	if all.Get("data.0.id") != first.Get("id") || all.Get("has_more") != "true" || all.Get("data.0.place") != "戊社区广场" || all.Get("data.0.host.name") != "戊社区" || all.Get("data.0.seats.left") != "10" || all.Get("data.0.seats.confirmed") != "0" || all.Get("truncated") != "false" {
		t.Fatalf("%s", all.Body)
	}
	next := a.Do(apitest.Nobody, "GET /activities?limit=1&cursor="+all.Get("next_cursor"), nil).Status(http.StatusOK)
	if next.Get("data.0.id") != second.Get("id") || next.Get("has_more") != "false" {
		t.Fatalf("%s", next.Body)
	}
	for query, want := range map[string]string{
		"q=%E8%8C%B6%E5%9B%AD": second.Get("id"), "category=CULTURE": second.Get("id"), "open_only=true": first.Get("id"), "carrier=HOME_RETURN&category=GOVERNANCE": first.Get("id"),
		"lat=36.6605&lng=117.12&radius_m=100": second.Get("id"), "lat=36.65&lng=117.12": first.Get("id"), "starts_from=2026-10-15T01:30:00Z": second.Get("id"),
		"starts_to=2026-10-15T01:30:00Z": first.Get("id"), fmt.Sprintf("org_id=%d", a.Town.ID): first.Get("id"), fmt.Sprintf("programme_id=%d&mode=ONSITE", a.Programme.ID): first.Get("id"),
	} {
		if got := a.Do(a.student, "GET /activities?"+query, nil).Status(http.StatusOK); got.Get("data.0.id") != want {
			t.Errorf("%s: %s", query, got.Body)
		}
	}
	near := a.Do(apitest.Nobody, "GET /activities?lat=36.65&lng=117.12&radius_m=2000", nil).Status(http.StatusOK)
	if near.Get("data.0.distance_m") != "0" || near.Get("data.1.distance_m") != "1112" {
		t.Fatalf("%s", near.Body)
	}
	shifted := a.Do(apitest.Nobody, "GET /activities?lat=36.65&lng=117.12&radius_m=2000&coord=gcj02", nil).Status(http.StatusOK)
	if d := shifted.Get("data.0.distance_m"); d == "0" || len(d) != 3 {
		t.Fatalf("GCJ-02 is some hundred metres off: %s", shifted.Body)
	}
	if none := a.Do(apitest.Nobody, "GET /activities?q=%E7%81%AB%E6%98%9F", nil).Status(http.StatusOK); none.Get("data") != "[]" {
		t.Fatalf("%s", none.Body)
	}
	for _, wrong := range []string{"q=x", "q=a+b", "lat=36", "lng=117", "lat=91&lng=0", "lat=0&lng=181", "lat=x&lng=0", "lat=0&lng=0&radius_m=50001", "lat=0&lng=0&radius_m=0", "coord=bd09", "region=ab", "mode=X", "limit=0", "limit=101", "starts_from=now", "sort=title", "open_only=maybe", "carrier=%25"} {
		t.Log(wrong)
		a.Refused(apitest.Nobody, "GET /activities?"+wrong, nil, 422, "request.invalid")
	}
	a.Refused(apitest.Nobody, "GET /activities?cursor=zzz", nil, 400, "page.cursor_invalid")
	a.Refused(apitest.Nobody, "GET /activities?lat=36.65&lng=117.12&cursor="+all.Get("next_cursor"), nil, 400, "page.cursor_invalid")
}

func TestWhatHasBegunOrIsTakenStays(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	act, session, position := a.Activity(a.Project(a.pairing, "p"), 5, nil)
	path := fmt.Sprintf("/positions/%d", position.ID)
	a.Do(a.student, fmt.Sprintf("POST %s/signups", path), object{}).Status(http.StatusCreated)
	a.Do(a.lead, fmt.Sprintf("POST %s/signups", path), object{}).Status(http.StatusCreated)
	a.Refused(a.host, "PUT "+path, object{"capacity": 1}, 409, "position.capacity_below_taken", apitest.IfMatch(1))
	if a.Do(a.secretary, "PUT "+path, object{"capacity": 2}, apitest.IfMatch(1)).Status(http.StatusOK).Get("availability.left") != "0" {
		t.Fatal("no seat is left")
	}
	a.Refused(a.secretary, fmt.Sprintf("POST /projects/%d/stop", *act.ProjectID), object{"reason": "x"}, 409, "project.activities_open")
	a.Clock.Set(act.StartsAt)
	a.Forget()
	a.Refused(a.host, fmt.Sprintf("POST /activities/%d/cancel", act.ID), object{"reason": "晚了"}, 409, "activity.started")
	a.Refused(a.host, fmt.Sprintf("POST /sessions/%d/move", session.ID), object{"starts_at": act.StartsAt.Add(time.Hour), "ends_at": act.EndsAt.Add(time.Hour), "place": "x"}, 409, "session.started", apitest.IfMatch(1))
}

func TestABranchSecretaryCallsOffTheirOwnDraft(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	body := with(a.activityBody(), object{"org_id": fmt.Sprint(a.Branch.ID), "host_org_id": fmt.Sprint(a.Community.ID)})
	path := "/activities/" + a.Do(a.secretary, "POST /activities", body).Status(http.StatusCreated).Get("id")
	a.Refused(a.other, "POST "+path+"/cancel", object{"reason": "x"}, 404, "resource.not_found")
	if got := a.Do(a.secretary, "POST "+path+"/cancel", object{"reason": "不办了"}).Status(http.StatusOK).Get("status"); got != "CANCELLED" {
		t.Error(got)
	}
}

func TestAnActivityWithTooFewBecomesPartOfAnother(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	project := a.Project(a.pairing, "p")
	few, _, position := a.Activity(project, 5, func(a *model.Activity, _ *model.Session) { a.MinTurnout = 3 })
	into, _, _ := a.Activity(project, 5, nil)
	path := fmt.Sprintf("/activities/%d/merge", few.ID)
	mine := a.Do(a.student, fmt.Sprintf("POST /positions/%d/signups", position.ID), object{"note": "带手套"}).Status(http.StatusCreated).Get("id")
	body := object{"into_activity_id": fmt.Sprint(into.ID), "reason": "人数不足"}
	a.Refused(a.student, "POST "+path, body, 403, "access.denied")
	a.Refused(a.host, "POST "+path, with(body, object{"into_activity_id": fmt.Sprint(few.ID)}), 422, "request.invalid")
	a.Refused(a.host, "POST "+path, with(body, object{"into_activity_id": "1"}), 422, "request.invalid")
	a.Refused(a.host, "POST "+path, with(body, object{"reason": " "}), 422, "request.invalid")
	a.Refused(a.host, fmt.Sprintf("POST /activities/%d/merge", into.ID), with(body, object{"into_activity_id": fmt.Sprint(few.ID)}), 409, "activity.merge_enough")
	merged := a.Do(a.host, "POST "+path, body).Status(http.StatusOK)
	if merged.Get("status") != "MERGED" || merged.Get("merged_into") != fmt.Sprint(into.ID) {
		t.Errorf("%s", merged.Body)
	}
	a.Do(a.host, "POST "+path, body).Status(http.StatusOK)
	list := a.Do(a.student, "GET /me/signups", nil).Status(http.StatusOK)
	if list.Get("data.0.status") != "CONFIRMED" || list.Get("data.0.activity_id") != fmt.Sprint(into.ID) || list.Get("data.0.merged_from") != mine || list.Get("data.0.note") != "带手套" || list.Get("data.0.cancel_until") != list.Get("data.0.starts_at") {
		t.Errorf("%s", list.Body)
	}
	if list.Get("data.1.status") != "REMOVED" || list.Get("data.1.reason") != "已并入“社区清洁日”：您的报名已转过去，已录取。（人数不足）" || list.Get("data.1.activity_status") != "MERGED" {
		t.Errorf("%s", list.Body)
	}
}
