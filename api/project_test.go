package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// crew is a world with a pairing of branch and community and the people on both sides.
type crew struct {
	*apitest.API
	pairing                           model.Pairing
	secretary, department, university access.Actor
	host, town, county, other         access.Actor
	advisor, lead, student            access.Actor
}

func newCrew(t *testing.T, change ...func(*apitest.API, *app.Deps)) *crew {
	t.Helper()
	a := apitest.New(t, change...)
	return &crew{
		API: a, pairing: a.Pair(a.Branch, a.Community),
		secretary:  a.Staff("支书", access.BranchSecretary, a.Branch),
		department: a.Staff("系书记", access.CommitteeOfficer, a.Department),
		university: a.Staff("校书记", access.CommitteeOfficer, a.University),
		host:       a.Staff("陈干事", access.HostStaff, a.Community),
		town:       a.Staff("镇委员", access.TownOfficer, a.Town),
		county:     a.Staff("县干部", access.CommitteeOfficer, a.County),
		other:      a.Staff("外人", access.HostStaff, a.Org(a.Town, model.OrgCommunity, "壬社区")),
		advisor:    a.Staff("李老师", access.Advisor, a.Department),
		lead:       a.Student("王小明", a.Branch),
		student:    a.Student("赵同学", a.Branch),
	}
}

type object = map[string]any

func planBody() object {
	return object{"title": "茶园共建", "field": "ECOLOGY", "goals": []string{"每月两次"}, "tasks": []string{"采摘"}, "duties": []string{"带队"}, "risk_plan": "注意交通", "support": []string{"MEAL"}}
}

func with(o, more object) object {
	out := object{}
	for k, v := range o {
		out[k] = v
	}
	for k, v := range more {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

func TestAProjectFromDraftToStopped(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	made := a.Do(a.secretary, "POST /projects", with(planBody(), object{"pairing_id": fmt.Sprint(a.pairing.ID)})).Status(http.StatusCreated)
	if made.Get("status") != "DRAFT" || made.Get("campus.name") != "辛班团支部" || made.Get("local.name") != "戊社区" || made.Header.Get("ETag") != `"1"` {
		t.Fatalf("%s", made.Body)
	}
	id := made.Get("id")
	path := "/projects/" + id
	got := a.Do(a.host, "GET "+path, nil).Status(http.StatusOK)
	edited := a.Do(a.host, "PUT "+path, with(planBody(), object{"title": "茶园"}), got.ETag()).Status(http.StatusOK)
	if edited.Get("title") != "茶园" || edited.Header.Get("ETag") != `"2"` {
		t.Fatalf("%s", edited.Body)
	}
	a.Do(a.secretary, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Do(a.host, "POST "+path+"/return", object{"reason": "再想想"}).Status(http.StatusOK)
	a.Do(a.secretary, "POST "+path+"/submit", nil).Status(http.StatusOK)
	if a.Do(a.host, "POST "+path+"/confirm", object{}).Status(http.StatusOK).Get("status") != "HOST_OK" {
		t.Fatal("the host has confirmed")
	}
	a.Refused(a.town, "POST "+path+"/confirm", object{"side": "LOCAL"}, 409, "project.already_confirmed")
	a.Refused(a.secretary, "POST "+path+"/confirm", object{}, 409, "project.team_incomplete")

	lead := a.Do(a.secretary, "POST "+path+"/members", object{"role": "LEAD", "student_id": fmt.Sprint(a.lead.StudentID)}).Status(http.StatusCreated)
	if lead.Get("name") != "王小明" || lead.Get("from_on") != "2026-10-12" {
		t.Fatalf("%s", lead.Body)
	}
	a.Do(a.department, "POST "+path+"/members", object{"role": "ADVISOR", "user_id": fmt.Sprint(a.advisor.UserID)}).Status(http.StatusCreated)
	a.Refused(a.lead, "POST "+path+"/members", object{"role": "MEMBER", "student_id": fmt.Sprint(a.lead.StudentID)}, 409, "project.already_member")
	a.Refused(a.lead, "POST "+path+"/members", object{"role": "MEMBER"}, 422, "request.invalid")
	second := a.Do(a.lead, "POST "+path+"/members", object{"role": "MEMBER", "student_id": fmt.Sprint(a.student.StudentID)}).Status(http.StatusCreated)
	ended := a.Do(a.lead, "POST /project-members/"+second.Get("id")+"/end", object{"to_on": "2026-10-30"}).Status(http.StatusOK)
	if ended.Get("to_on") != "2026-10-30" {
		t.Fatalf("%s", ended.Body)
	}
	a.Refused(a.lead, "POST /project-members/"+second.Get("id")+"/end", object{}, 409, "state.conflict")
	a.Refused(a.host, "POST /project-members/"+lead.Get("id")+"/end", object{}, 403, "access.denied")
	if team := a.Do(a.host, "GET "+path+"/members", nil).Status(http.StatusOK); team.Get("data.0.name") != "王*" || team.Get("data.2.to_on") != "2026-10-30" || team.Get("has_more") != "false" {
		t.Fatalf("%s", team.Body)
	}

	if a.Do(a.secretary, "POST "+path+"/confirm", object{"side": "CAMPUS"}).Status(http.StatusOK).Get("status") != "RUNNING" {
		t.Fatal("both sides have confirmed")
	}
	running := a.Do(a.secretary, "GET "+path, nil).Status(http.StatusOK)
	adjusted := with(planBody(), object{"title": "茶园", "goals": []string{"每周一次"}})
	a.Refused(a.secretary, "PUT "+path, planBody(), 409, "project.locked_fields", running.ETag())
	a.Do(a.secretary, "PUT "+path, adjusted, running.ETag()).Status(http.StatusOK)
	a.Refused(a.secretary, "PUT "+path, adjusted, 412, "version.mismatch", running.ETag())
	a.Refused(a.secretary, "PUT "+path, adjusted, 428, "version.required")
	list := a.Do(a.lead, "GET /projects?status=RUNNING&limit=1", nil).Status(http.StatusOK)
	if list.Get("data.0.id") != id || list.Get("has_more") != "false" {
		t.Fatalf("%s", list.Body)
	}
	if a.Do(a.secretary, "POST "+path+"/stop", object{"reason": "社区改造"}).Status(http.StatusOK).Get("status") != "STOPPED" {
		t.Fatal("stopped")
	}
}

func TestProjectsRefuseOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	pairing := fmt.Sprint(a.pairing.ID)
	body := with(planBody(), object{"pairing_id": pairing})
	made := a.Do(a.secretary, "POST /projects", body).Status(http.StatusCreated)
	path := "/projects/" + made.Get("id")
	unknown := "/projects/1"
	for _, who := range []access.Actor{a.other, a.student} {
		code, status := "resource.not_found", 404
		if who.StudentID != 0 {
			code, status = "access.denied", 403
		}
		a.Refused(who, "POST /projects", body, status, code)
		a.Refused(who, "POST "+path+"/submit", nil, status, code)
		a.Refused(who, "POST "+path+"/confirm", object{}, status, code)
		a.Refused(who, "POST "+path+"/return", object{"reason": "x"}, status, code)
		a.Refused(who, "POST "+path+"/stop", object{"reason": "x"}, status, code)
		a.Refused(who, "PUT "+path, planBody(), status, code, apitest.IfMatch(1))
		a.Refused(who, "GET "+path, nil, 404, "resource.not_found")
		a.Refused(who, "GET "+path+"/members", nil, 404, "resource.not_found")
	}
	for _, what := range []string{"POST /projects", "GET /projects", "GET " + path, "PUT " + path, "POST " + path + "/submit", "POST " + path + "/confirm", "POST " + path + "/return", "POST " + path + "/stop", "GET " + path + "/members", "POST " + path + "/members", "POST /project-members/1/end"} {
		a.Refused(apitest.Nobody, what, nil, 401, "auth.required")
	}
	a.Refused(a.secretary, "GET "+unknown, nil, 404, "resource.not_found")
	a.Refused(a.secretary, "POST /project-members/1/end", object{}, 404, "resource.not_found")
	a.Refused(a.county, "POST "+path+"/submit", nil, 403, "access.denied")
	a.Refused(a.secretary, "POST "+path+"/confirm", object{}, 409, "state.conflict")
	a.Refused(a.secretary, "POST "+path+"/confirm", object{"side": "BOTH"}, 422, "request.invalid")
	a.Refused(a.secretary, "POST "+path+"/return", object{"reason": "  "}, 422, "request.invalid")
	a.Refused(a.secretary, "GET /projects?status=NONE", nil, 422, "request.invalid")
	a.Refused(a.secretary, "GET /projects?cursor=x", nil, 400, "page.cursor_invalid")
	a.Refused(a.secretary, "POST /projects", body, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	for name, wrong := range map[string]object{
		"no goals":         {"goals": nil},
		"an empty list":    {"tasks": []string{}},
		"a blank line":     {"duties": []string{" "}},
		"21 lines":         {"goals": make21()},
		"a blank title":    {"title": "　"},
		"unknown support":  {"support": []string{"MONEY"}},
		"an unknown field": {"status": "RUNNING"},
		"a field code":     {"field": "NONE"},
		"an id as number":  {"pairing_id": 5},
	} {
		t.Log(name)
		a.Refused(a.secretary, "POST /projects", with(body, wrong), 422, "request.invalid")
	}
	empty := a.Do(a.secretary, "POST /projects", with(body, object{"risk_plan": nil, "support": nil, "field": nil})).Status(http.StatusCreated)
	a.Refused(a.secretary, "POST /projects/"+empty.Get("id")+"/submit", nil, 422, "project.incomplete")
}

func make21() []string {
	lines := make([]string, 21)
	for i := range lines {
		lines[i] = "目标"
	}
	return lines
}
