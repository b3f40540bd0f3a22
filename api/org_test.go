package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// on fills ids into a request line.
func on(format string, ids ...int64) string {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return fmt.Sprintf(format, args...)
}

type m = map[string]any

func TestRegionsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	reader := a.Student("读者", a.Branch)
	a.Insert(
		&model.Region{Code: "370000000000", Level: model.RegionProvince, Name: "山东省"},
		&model.Region{Code: "370100000000", Level: model.RegionCity, Name: "济南市", ParentCode: "370000000000"},
		&model.Region{Code: "370200000000", Level: model.RegionCity, Name: "青岛市", ParentCode: "370000000000"},
	)
	if got := a.Do(reader, "GET /regions", nil).Status(200).Get("data.0.name"); got != "山东省" {
		t.Error(got)
	}
	first := a.Do(reader, "GET /regions?parent_code=370000000000&limit=1", nil).Status(200)
	second := a.Do(reader, "GET /regions?parent_code=370000000000&limit=1&cursor="+first.Get("next_cursor"), nil).Status(200)
	if first.Get("data.0.code") != "370100000000" || second.Get("data.0.code") != "370200000000" || second.Get("has_more") != "false" {
		t.Errorf("%s %s", first.Body, second.Body)
	}
	if got := a.Do(reader, "GET /regions/370200000000", nil).Status(200).Get("parent_code"); got != "370000000000" {
		t.Error(got)
	}
	a.Refused(apitest.Nobody, "GET /regions", nil, 401, "auth.required")
	a.Refused(reader, "GET /regions/990000000000", nil, 404, "resource.not_found")
	a.Refused(reader, "GET /regions/37", nil, 422, "request.invalid")
	a.Refused(reader, "GET /regions?parent_code=37", nil, 422, "request.invalid")
	a.Refused(reader, "GET /regions?cursor=x", nil, 400, "page.cursor_invalid")
}

func TestOrganisationsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	reader := a.Student("读者", a.Branch)
	officer := a.Staff("系干部", access.CommitteeOfficer, a.Department)
	body := m{"parent_id": fmt.Sprint(a.Department.ID), "kind": "LEAGUE_BRANCH", "name": " 壬班团支部 ", "lat": 36.666123, "lng": 117.039871}
	made := a.Do(officer, "POST /orgs", body, apitest.Header("Idempotency-Key", "branch")).Status(201)
	again := a.Do(officer, "POST /orgs", body, apitest.Header("Idempotency-Key", "branch")).Status(201)
	if made.Get("id") != again.Get("id") || made.Get("name") != "壬班团支部" || made.Get("status") != "ACTIVE" || made.Get("lat") != "36.666123" ||
		made.Get("ancestor_ids.2") != fmt.Sprint(a.University.ID) || made.Header.Get("ETag") != `"1"` {
		t.Fatalf("%s", made.Body)
	}
	one := "/orgs/" + made.Get("id")
	edited := a.Do(officer, "PUT "+one, m{"name": "壬班支部"}, a.Do(reader, "GET "+one, nil).Status(200).ETag()).Status(200)
	if edited.Get("name") != "壬班支部" || strings.Contains(string(edited.Body), `"lat"`) || edited.Header.Get("ETag") != `"2"` {
		t.Fatalf("%s", edited.Body)
	}
	list := a.Do(reader, on("GET /orgs?parent_id=%d&q=支部&limit=1", a.Department.ID), nil).Status(200)
	if list.Get("data.0.id") != fmt.Sprint(a.Branch.ID) || list.Get("has_more") != "true" {
		t.Fatalf("%s", list.Body)
	}
	if got := a.Do(reader, "GET /orgs?kind=UNIVERSITY_COMMITTEE&q=己大", nil).Status(200).Get("data.0.name"); got != a.University.Name {
		t.Error(got)
	}
	secretary := a.Staff("支书", access.BranchSecretary, a.Branch)
	a.Refused(reader, "GET /orgs/42", nil, 404, "resource.not_found")
	a.Refused(reader, "GET /orgs?kind=PARTY", nil, 422, "request.invalid")
	a.Refused(apitest.Nobody, "POST /orgs", body, 401, "auth.required")
	a.Refused(secretary, "POST /orgs", body, 403, "access.denied")
	a.Refused(officer, "POST /orgs", body, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	a.Refused(officer, "POST /orgs", m{"parent_id": fmt.Sprint(a.University.ID), "kind": "DEPARTMENT_COMMITTEE", "name": "新系"}, 403, "access.denied")
	a.Refused(officer, "POST /orgs", m{"parent_id": "42", "kind": "LEAGUE_BRANCH", "name": "新班"}, 404, "resource.not_found")
	a.Refused(officer, "POST /orgs", m{"parent_id": fmt.Sprint(a.Department.ID), "kind": "COMMUNITY", "name": "新社区"}, 422, "org.kind_misfit")
	a.Refused(officer, "POST /orgs", m{"parent_id": fmt.Sprint(a.Department.ID), "kind": "LEAGUE_BRANCH", "name": "新\u200b班"}, 422, "request.invalid")
	a.Refused(officer, "POST /orgs", m{"parent_id": fmt.Sprint(a.Department.ID), "kind": "LEAGUE_BRANCH", "name": "新班", "status": "ACTIVE", "path": "/1/"}, 422, "request.invalid")
	a.Refused(officer, "PUT "+one, m{"name": "壬"}, 428, "version.required")
	a.Refused(officer, "PUT "+one, m{"name": "壬"}, 412, "version.mismatch", apitest.IfMatch(1))
	a.Refused(officer, on("PUT /orgs/%d", a.Department.ID), m{"name": "壬"}, 403, "access.denied", apitest.IfMatch(1))

	a.Refused(officer, "POST "+one+"/dissolve", m{"reason": "  "}, 422, "request.invalid")
	a.Refused(secretary, "POST "+one+"/dissolve", m{"reason": "毕业"}, 403, "access.denied")
	a.Refused(officer, "POST "+one+"/dissolve", m{"reason": "毕业", "successor_id": fmt.Sprint(a.Community.ID)}, 422, "org.successor_misfit")
	a.Pair(a.Branch, a.Community)
	a.Refused(officer, on("POST /orgs/%d/dissolve", a.Branch.ID), m{"reason": "毕业"}, 409, "org.in_use")
	gone := a.Do(officer, "POST "+one+"/dissolve", m{"reason": "毕业", "successor_id": fmt.Sprint(a.Branch.ID)}).Status(200)
	if gone.Get("status") != "DISSOLVED" || gone.Get("successor_id") != fmt.Sprint(a.Branch.ID) {
		t.Fatalf("%s", gone.Body)
	}
	a.Refused(officer, "POST "+one+"/dissolve", m{"reason": "毕业"}, 409, "state.conflict")
	a.Refused(officer, "PUT "+one, m{"name": "壬"}, 409, "org.not_active", apitest.IfMatch(3))
}

func TestTermsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	reader := a.Student("读者", a.Branch)
	officer := a.Staff("校干部", access.CommitteeOfficer, a.University)
	line := on("/orgs/%d/terms", a.University.ID)
	body := m{"name": "2026-2027-1", "starts_on": "2026-09-01", "ends_on": "2027-01-20"}
	made := a.Do(officer, "POST "+line, body).Status(201)
	if got := a.Do(reader, "GET "+line, nil).Status(200).Get("data.0.id"); got != made.Get("id") {
		t.Error(got)
	}
	a.Refused(officer, "POST "+line, body, 409, "term.overlap")
	a.Refused(officer, "POST "+line, m{"name": "x", "starts_on": "2028-09-01", "ends_on": "2028-02-30"}, 422, "request.invalid")
	a.Refused(officer, "POST "+line, m{"name": "x", "starts_on": "2028-09-01", "ends_on": "2028-08-30"}, 422, "request.invalid")
	a.Refused(a.Staff("系干部", access.CommitteeOfficer, a.Department), "POST "+line, body, 403, "access.denied")
	a.Refused(apitest.Nobody, "POST "+line, body, 401, "auth.required")
	a.Refused(reader, "GET /orgs/42/terms", nil, 404, "resource.not_found")
}

func TestRoleGrantsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	town, officer := a.Staff("镇干部", access.TownOfficer, a.Town), a.Staff("校干部", access.CommitteeOfficer, a.University)
	who := a.User("王主任")
	person := a.Grant(access.Actor{UserID: who.ID}, access.HostStaff, a.Org(a.Town, model.OrgCommunity, "旁社区"))
	line := on("/orgs/%d/role-grants", a.Community.ID)
	body := m{"user_id": fmt.Sprint(who.ID), "role": "HOST_STAFF", "until": "2027-07-01T08:00:00+08:00"}
	made := a.Do(town, "POST "+line, body).Status(201)
	if made.Get("until") != "2027-07-01T00:00:00.000Z" || made.Get("granted_by") != fmt.Sprint(town.UserID) {
		t.Fatalf("%s", made.Body)
	}
	if got := a.Do(person, "GET /me", nil).Status(200).Get("roles.1.org_id"); got != fmt.Sprint(a.Community.ID) {
		t.Error(got)
	}
	if got := a.Do(town, "GET "+line, nil).Status(200).Get("data.0.user_name"); got != "王主任" {
		t.Error(got)
	}
	a.Refused(town, "POST "+line, body, 409, "grant.exists")
	a.Refused(town, "POST "+line, m{"user_id": fmt.Sprint(town.UserID), "role": "HOST_STAFF"}, 403, "grant.own")
	a.Refused(town, "POST "+line, m{"user_id": "42", "role": "HOST_STAFF"}, 409, "grant.stranger")
	a.Refused(town, "POST "+line, m{"user_id": fmt.Sprint(a.User("外人").ID), "role": "HOST_STAFF"}, 409, "grant.stranger")
	a.Refused(town, "POST "+line, m{"user_id": fmt.Sprint(who.ID), "role": "SECURITY_ADMIN"}, 422, "request.invalid")
	a.Refused(town, "POST "+line, m{"user_id": fmt.Sprint(who.ID), "role": "TOWN_OFFICER"}, 422, "grant.role_misfit")
	a.Refused(town, on("POST /orgs/%d/role-grants", a.Town.ID), m{"user_id": fmt.Sprint(who.ID), "role": "TOWN_OFFICER"}, 403, "grant.beyond_rank")
	a.Refused(town, on("POST /orgs/%d/role-grants", a.Branch.ID), m{"user_id": fmt.Sprint(who.ID), "role": "BRANCH_SECRETARY"}, 403, "access.denied")
	a.Refused(apitest.Nobody, "POST "+line, body, 401, "auth.required")
	a.Refused(officer, "GET "+line, nil, 403, "access.denied")
	a.Refused(person, "GET "+line, nil, 403, "access.denied")

	revoke := "POST /role-grants/" + made.Get("id") + "/revoke"
	a.Refused(officer, revoke, m{"reason": "调动"}, 404, "resource.not_found")
	a.Refused(town, revoke, m{"reason": " "}, 422, "request.invalid")
	a.Refused(person, revoke, m{"reason": "调动"}, 403, "access.denied")
	a.Do(town, revoke, m{"reason": "调动"}).Status(200).Get("revoked_at")
	a.Refused(town, revoke, m{"reason": "调动"}, 409, "state.conflict")
	if got := a.Do(person, "GET /me", nil).Status(200); strings.Contains(string(got.Body), on(`"%d"`, a.Community.ID)) {
		t.Errorf("the role still counts: %s", got.Body)
	}
	a.Token(officer)
	a.Clock.Add(6 * time.Minute)
	a.Refused(officer, on("POST /orgs/%d/role-grants", a.Department.ID), m{"user_id": fmt.Sprint(who.ID), "role": "ADVISOR"}, 403, "access.fresh_login_required")
}

func TestSystemRolesOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	admin, city := a.Staff("安全员", access.SecurityAdmin, model.Org{}), a.Staff("市干部", access.CommitteeOfficer, a.City)
	body := m{"user_id": fmt.Sprint(a.User("审计员").ID), "role": "AUDITOR"}
	made := a.Do(admin, "POST /system/role-grants", body).Status(201)
	if strings.Contains(string(made.Body), "org_id") {
		t.Errorf("%s", made.Body)
	}
	if got := a.Do(admin, "GET /system/role-grants", nil).Status(200).Get("data.1.user_name"); got != "审*" {
		t.Error(got)
	}
	a.Refused(admin, "POST /system/role-grants", body, 409, "grant.exists")
	a.Refused(admin, "POST /system/role-grants", m{"user_id": fmt.Sprint(city.UserID), "role": "AUDITOR"}, 409, "grant.separation")
	a.Refused(admin, "POST /system/role-grants", m{"user_id": fmt.Sprint(admin.UserID), "role": "AUDITOR"}, 403, "grant.own")
	a.Refused(admin, "POST /system/role-grants", m{"user_id": fmt.Sprint(city.UserID), "role": "HOST_STAFF"}, 422, "request.invalid")
	a.Refused(city, "POST /system/role-grants", body, 403, "access.denied")
	a.Refused(city, "GET /system/role-grants", nil, 403, "access.denied")
	a.Refused(apitest.Nobody, "GET /system/role-grants", nil, 401, "auth.required")
}

func TestInvitationsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	town, person := a.Staff("镇干部", access.TownOfficer, a.Town), access.Actor{UserID: a.User("王主任").ID}
	line := on("/orgs/%d/invitations", a.Community.ID)
	body := m{"role": "HOST_STAFF", "note": "一号院值班岗位"}
	made := a.Do(town, "POST "+line, body, apitest.Header("Idempotency-Key", "invite")).Status(201)
	again := a.Do(town, "POST "+line, body, apitest.Header("Idempotency-Key", "invite")).Status(201)
	if string(made.Body) != string(again.Body) {
		t.Errorf("%s\n%s", made.Body, again.Body)
	}
	a.Refused(person, "POST "+line, body, 403, "access.denied")
	a.Refused(town, "POST "+line, m{"role": "TOWN_OFFICER"}, 422, "grant.role_misfit")
	a.Refused(town, on("POST /orgs/%d/invitations", a.Town.ID), m{"role": "TOWN_OFFICER"}, 403, "grant.beyond_rank")
	a.Refused(town, "POST "+line, m{"role": "HOST_STAFF", "days": 31}, 422, "request.invalid")
	list := a.Do(town, "GET "+line, nil).Status(200)
	if list.Get("data.0.state") != "OPEN" || strings.Contains(string(list.Body), made.Get("code")) {
		t.Errorf("%s", list.Body)
	}
	a.Refused(person, "GET "+line, nil, 403, "access.denied")
	a.Refused(apitest.Nobody, "POST /invitations/redeem", m{"code": made.Get("code")}, 401, "auth.required")
	a.Refused(person, "POST /invitations/redeem", m{"code": "00000"}, 422, "invitation.invalid")
	a.Refused(town, "POST /invitations/redeem", m{"code": made.Get("code")}, 403, "grant.own")
	grant := a.Do(person, "POST /invitations/redeem", m{"code": strings.ToLower(made.Get("code"))}).Status(201)
	if grant.Get("role") != "HOST_STAFF" || grant.Get("org_id") != fmt.Sprint(a.Community.ID) {
		t.Errorf("%s", grant.Body)
	}
	a.Refused(access.Actor{UserID: a.User("别人").ID}, "POST /invitations/redeem", m{"code": made.Get("code")}, 422, "invitation.invalid")
	a.Refused(town, "POST /invitations/"+made.Get("id")+"/revoke", nil, 409, "state.conflict")
	second := a.Do(town, "POST "+line, body).Status(201)
	a.Refused(a.Staff("系干部", access.CommitteeOfficer, a.Department), "POST /invitations/"+second.Get("id")+"/revoke", nil, 404, "resource.not_found")
	if got := a.Do(town, "POST /invitations/"+second.Get("id")+"/revoke", nil).Status(http.StatusOK).Get("state"); got != "REVOKED" {
		t.Error(got)
	}
}
