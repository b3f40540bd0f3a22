package api_test

import (
	"net/http"
	"strings"
	"testing"

	"baodao/service/access"
)

func TestTheReasonForSendingBackReachesTheOrganiser(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	path := "/activities/" + a.Do(a.host, "POST /activities", a.activityBody()).Status(http.StatusCreated).Get("id")
	a.Do(a.host, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Do(a.town, "POST "+path+"/return", object{"reason": "风险再写细"}).Status(http.StatusOK)
	if got := a.Do(a.host, "GET "+path, nil).Status(http.StatusOK).Get("return_reason"); got != "风险再写细" {
		t.Errorf("the organiser reads %q", got)
	}
	a.Refused(a.student, "GET "+path, nil, 404, "resource.not_found")
	if got := a.Do(a.host, "POST "+path+"/submit", nil).Status(http.StatusOK); strings.Contains(string(got.Body), "return_reason") {
		t.Errorf("%s", got.Body)
	}

	path = "/projects/" + a.Do(a.secretary, "POST /projects", with(planBody(), object{"pairing_id": on("%d", a.pairing.ID)})).Status(http.StatusCreated).Get("id")
	a.Do(a.secretary, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Do(a.host, "POST "+path+"/return", object{"reason": "目标不清楚"}).Status(http.StatusOK)
	if got := a.Do(a.secretary, "GET "+path, nil).Status(http.StatusOK).Get("return_reason"); got != "目标不清楚" {
		t.Errorf("the makers read %q", got)
	}
	if got := a.Do(a.secretary, "POST "+path+"/submit", nil).Status(http.StatusOK); strings.Contains(string(got.Body), "return_reason") {
		t.Errorf("%s", got.Body)
	}
}

func TestTextsThatDoNotShowAreRefused(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	city := a.Staff("市干部", access.CommitteeOfficer, a.City)
	for _, bad := range []string{"清\u200b洁", "\ufeff清洁", "清洁\u202e", "铃\u0007", "一\n二", "\u0301", "\ue000"} {
		for line, body := range map[string]object{
			"POST /activities":                         with(a.activityBody(), object{"title": bad}),
			"POST /projects":                           with(planBody(), object{"pairing_id": on("%d", a.pairing.ID), "title": bad}),
			on("POST /orgs/%d/api-clients", a.City.ID): {"name": bad, "scopes": []string{"org.read"}},
			"POST /orgs":                               {"parent_id": on("%d", a.Town.ID), "kind": "COMMUNITY", "name": bad},
		} {
			who := a.host
			switch {
			case strings.Contains(line, "projects"):
				who = a.secretary
			case strings.Contains(line, "orgs"):
				who = city
			}
			got := a.Refused(who, line, body, 422, "request.invalid")
			if got.Get("errors.0.code") != "characters" || (got.Get("errors.0.pointer") != "/title" && got.Get("errors.0.pointer") != "/name") {
				t.Errorf("%s %q: %s", line, bad, got.Body)
			}
		}
	}
}

func TestACountySeesTheProjectAndNotThePeople(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	p := a.Project(a.pairing, "茶园共建")
	path := on("/projects/%d", p.ID)
	a.Do(a.county, "GET "+path, nil).Status(http.StatusOK)
	a.Refused(a.county, "GET "+path+"/members", nil, 403, "access.denied")
	a.Do(a.town, "GET "+path+"/members", nil).Status(http.StatusOK)
}

func TestIndicatorsBeforeTheFirstYear(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	line := on("GET /orgs/%d/indicators", a.University.ID) + on("?programme_id=%d", a.Programme.ID) + "&as_of="
	got := a.Refused(a.university, line+"2000-01-01T00:00:00Z", nil, 422, "request.invalid")
	if !strings.Contains(string(got.Body), "as_of") {
		t.Errorf("%s", got.Body)
	}
	if year := a.Do(a.university, line+"2000-09-01T00:00:00Z", nil).Status(http.StatusOK).Get("year_from"); year != "2000-09-01" {
		t.Error(year)
	}
}

func TestTwoBranchesOfOneNameOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	body := object{"parent_id": on("%d", a.Department.ID), "kind": "LEAGUE_BRANCH", "name": "一班团支部"}
	a.Do(a.department, "POST /orgs", body).Status(http.StatusCreated)
	a.Refused(a.department, "POST /orgs", body, 409, "org.name_taken")
	body["name"] = "二班团支部"
	second := a.Do(a.department, "POST /orgs", body).Status(http.StatusCreated)
	a.Refused(a.department, "PUT /orgs/"+second.Get("id"), object{"name": "一班团支部"}, 409, "org.name_taken", second.ETag())
}

func TestActivitiesOfAStoppedProjectOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	p := a.Project(a.pairing, "茶园共建")
	body := with(a.activityBody(), object{"programme_id": nil, "project_id": on("%d", p.ID)})
	path := "/activities/" + a.Do(a.host, "POST /activities", body).Status(http.StatusCreated).Get("id")
	a.Do(a.host, on("POST /projects/%d/stop", p.ID), object{"reason": "停"}).Status(http.StatusOK)
	a.Refused(a.host, "POST /activities", body, 409, "project.not_running")
	a.Refused(a.host, "POST "+path+"/submit", nil, 409, "project.not_running")
}
