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

func TestIndicatorsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	one := a.Student("甲同学", a.Branch)
	for _, name := range []string{"乙同学", "丙同学"} {
		a.Student(name, a.Branch)
	}
	a.Org(a.Department, model.OrgLeagueBranch, "癸班团支部")
	a.Pair(a.Branch, a.Community)
	a.Insert(&model.HoursEntry{
		ID: a.NewID(), StudentID: one.StudentID, Minutes: 120, Class: model.ClassVolunteer, Basis: model.BasisCheckIn, ClaimID: 1, ProgrammeID: a.Programme.ID,
		ServedOn: "2026-10-10", BranchID: a.Branch.ID, BranchPath: a.Branch.Path, PostedAt: a.Clock.Now(),
	})
	boss := a.Staff("校书记", access.CommitteeOfficer, a.University)
	q := fmt.Sprintf("?programme_id=%d", a.Programme.ID)
	at := fmt.Sprintf("/orgs/%d/indicators", a.Department.ID)
	out := a.Do(boss, "GET "+at+q, nil).Status(http.StatusOK)
	for path, want := range map[string]string{
		"org.name": a.Department.Name, "volunteer_minutes": "120", "year_from": "2026-09-01", "year_to": "2027-09-01",
		"figures.0.code": "student_participation", "figures.0.numerator": "1", "figures.0.denominator": "3", "figures.0.ratio": "0.3333",
		"figures.0.ratio_permille": "333", "figures.0.target_permille": "250", "figures.0.met": "true", "figures.0.definition_version": "1",
		"figures.1.code": "branch_participation", "figures.1.ratio": "0.5000", "figures.2.code": "branch_pairing", "figures.2.numerator": "1",
		"figures.2.as_of": "2026-10-12T01:00:00.000Z",
	} {
		if got := out.Get(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	before := a.Clock.Now().Add(-time.Second).Format(time.RFC3339)
	if then := a.Do(boss, "GET "+at+q+"&as_of="+before, nil).Status(http.StatusOK); then.Get("volunteer_minutes") != "0" {
		t.Errorf("%s", then.Body)
	}
	children := a.Do(boss, "GET "+at+"/children"+q+"&limit=1", nil).Status(http.StatusOK)
	if children.Get("data.0.org.name") != a.Branch.Name || children.Get("data.0.figures.0.numerator") != "1" || children.Get("has_more") != "true" {
		t.Errorf("%s", children.Body)
	}
	next := a.Do(boss, "GET "+at+"/children"+q+"&limit=1&cursor="+children.Get("next_cursor"), nil).Status(http.StatusOK)
	if next.Get("data.0.org.name") != "癸班团支部" || next.Get("data.0.figures.0.met") != "false" || next.Get("has_more") != "false" {
		t.Errorf("%s", next.Body)
	}

	for _, path := range []string{at, at + "/children"} {
		a.Refused(apitest.Nobody, "GET "+path+q, nil, 401, "auth.required")
		a.Refused(one, "GET "+path+q, nil, 403, "access.denied")
		a.Refused(a.Staff("县干部", access.CommitteeOfficer, a.County), "GET "+path+q, nil, 403, "access.denied")
		a.Refused(boss, "GET "+path, nil, 422, "request.invalid")
		a.Refused(boss, "GET "+path+"?programme_id=5", nil, 422, "request.invalid")
		a.Refused(boss, "GET "+path+q+"&as_of=yesterday", nil, 422, "request.invalid")
	}
	a.Refused(boss, "GET /orgs/5/indicators"+q, nil, 404, "resource.not_found")
}
