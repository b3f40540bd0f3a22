package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/service/access"
)

type body = map[string]any

func TestProgrammePresets(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	out := a.Do(apitest.Nobody, "GET /programme-presets", nil).Status(http.StatusOK)
	if out.Get("data.0.code") != "MAOMING_2022" || out.Get("data.0.policy.student_participation_permille") != "250" || out.Get("data.1.policy.branch_pairing_permille") != "300" || out.Get("data.1.phases.2.starts_on") != "2024-03-01" {
		t.Fatalf("%s", out.Body)
	}
	a.Refused(apitest.Nobody, "GET /programme-presets?limit=5", nil, 422, "request.invalid")
}

func TestProgrammeLife(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	boss := a.Staff("校书记", access.CommitteeOfficer, a.University)
	stranger := a.Staff("县干部", access.CommitteeOfficer, a.County)
	create := body{"code": "SQSJ-2026", "name": "社区实践计划", "owner_org_id": fmt.Sprint(a.University.ID), "preset": "MAOMING_2022", "policy": body{"case_quota": 2}}
	a.Refused(apitest.Nobody, "POST /programmes", create, 401, "auth.required")
	a.Refused(a.Student("李同学", a.Branch), "POST /programmes", create, 403, "access.denied")
	a.Refused(stranger, "POST /programmes", create, 403, "access.denied")
	a.Refused(boss, "POST /programmes", create, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	missing := a.Refused(boss, "POST /programmes", body{"code": "SQSJ-2026", "name": "社区实践计划", "owner_org_id": fmt.Sprint(a.University.ID)}, 422, "request.invalid")
	if missing.Get("errors.0.pointer") != "/policy/annul_minutes" {
		t.Fatalf("%s", missing.Body)
	}
	a.Refused(boss, "POST /programmes", body{"code": "x", "name": "", "owner_org_id": 5, "preset": "NONE", "policy": body{"case_quota": -1}}, 422, "request.invalid")
	key := apitest.Header("Idempotency-Key", "one-programme")
	draft := a.Do(boss, "POST /programmes", create, key).Status(http.StatusCreated)
	id := draft.Get("id")
	if draft.Get("status") != "DRAFT" || draft.Get("policy.case_quota") != "2" || draft.Get("owner.name") != a.University.Name || draft.Header.Get("ETag") != `"1"` {
		t.Fatalf("%s", draft.Body)
	}
	if again := a.Do(boss, "POST /programmes", create, key).Status(http.StatusCreated); string(again.Body) != string(draft.Body) {
		t.Fatalf("a repeat answers %s", again.Body)
	}
	a.Refused(boss, "POST /programmes", create, 409, "programme.code_taken")

	for _, path := range []string{"/programmes/" + id, "/programmes/" + id + "/milestones"} {
		a.Refused(apitest.Nobody, "GET "+path, nil, 404, "resource.not_found")
		a.Do(boss, "GET "+path, nil).Status(http.StatusOK)
	}
	a.Refused(stranger, "POST /programmes/"+id+"/activate", nil, 404, "resource.not_found")
	a.Do(boss, "POST /programmes/"+id+"/activate", nil).Status(http.StatusOK)
	a.Refused(stranger, "POST /programmes/"+id+"/close", nil, 403, "access.denied")
	a.Refused(boss, "POST /programmes/"+id+"/activate", nil, 409, "state.conflict")

	now := a.Do(apitest.Nobody, "GET /programmes/"+id, nil).Status(http.StatusOK)
	renamed := a.Do(boss, "PUT /programmes/"+id, body{"name": "新名", "phases": []body{{"kind": "ROLLOUT", "starts_on": "2026-09-01"}}}, now.ETag()).Status(http.StatusOK)
	if renamed.Get("name") != "新名" || renamed.Get("phases.0.kind") != "ROLLOUT" {
		t.Fatalf("%s", renamed.Body)
	}
	a.Refused(boss, "PUT /programmes/"+id, body{"name": "旧名"}, 412, "version.mismatch", now.ETag())
	a.Refused(boss, "PUT /programmes/"+id, body{"name": "旧名"}, 428, "version.required")
	a.Refused(boss, "PUT /programmes/"+id, body{"name": "旧名", "phases": []body{{"kind": "PILOT", "starts_on": "2026-09-01"}, {"kind": "PILOT", "starts_on": "2026-08-01"}}}, 422, "request.invalid", renamed.ETag())

	var detail struct {
		Policy body `json:"policy"`
	}
	renamed.Into(&detail)
	detail.Policy["branch_term_min"], detail.Policy["branch_term_max"] = 3, 2
	wrong := a.Refused(boss, "PUT /programmes/"+id+"/policy", detail.Policy, 422, "request.invalid", renamed.ETag())
	if wrong.Get("errors.0.pointer") != "/branch_term_max" {
		t.Fatalf("%s", wrong.Body)
	}
	detail.Policy["branch_term_max"] = 4
	put := a.Do(boss, "PUT /programmes/"+id+"/policy", detail.Policy, renamed.ETag()).Status(http.StatusOK)
	if put.Get("policy_version") != "2" || put.Get("policy.branch_term_max") != "4" {
		t.Fatalf("%s", put.Body)
	}
	a.Refused(boss, "PUT /programmes/"+id+"/policy", detail.Policy, 412, "version.mismatch", renamed.ETag())

	a.Do(boss, "POST /programmes/"+id+"/close", nil).Status(http.StatusOK)
	a.Refused(boss, "PUT /programmes/"+id, body{"name": "旧名"}, 412, "version.mismatch", put.ETag())
}

func TestProgrammesOfCommitteesNeedAFreshLogin(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	boss := a.Staff("市干部", access.CommitteeOfficer, a.City)
	create := body{"code": "CITY-2026", "name": "全市计划", "owner_org_id": fmt.Sprint(a.City.ID), "preset": "SHANDONG_2023"}
	a.Token(boss)
	a.Clock.Add(6 * time.Minute)
	a.Refused(boss, "POST /programmes", create, 403, "access.fresh_login_required")
	a.Forget()
	a.Do(boss, "POST /programmes", create).Status(http.StatusCreated)
}

func TestListProgrammes(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	second := a.AddProgramme("P2", a.City)
	first := a.Do(apitest.Nobody, "GET /programmes?limit=1", nil).Status(http.StatusOK)
	if first.Get("data.0.code") != second.Code || first.Get("has_more") != "true" {
		t.Fatalf("%s", first.Body)
	}
	rest := a.Do(apitest.Nobody, "GET /programmes?limit=1&cursor="+first.Get("next_cursor"), nil).Status(http.StatusOK)
	if rest.Get("data.0.id") != fmt.Sprint(a.Programme.ID) || rest.Get("has_more") != "false" {
		t.Fatalf("%s", rest.Body)
	}
	owned := a.Do(apitest.Nobody, fmt.Sprintf("GET /programmes?status=ACTIVE&owner_org_id=%d", a.City.ID), nil).Status(http.StatusOK)
	if owned.Get("data.0.owner.name") != a.City.Name || owned.Get("has_more") != "false" {
		t.Fatalf("%s", owned.Body)
	}
	a.Refused(apitest.Nobody, "GET /programmes?cursor=nonsense", nil, 400, "page.cursor_invalid")
	a.Refused(apitest.Nobody, "GET /programmes?status=OPEN", nil, 422, "request.invalid")
}

func TestMilestonesOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	boss := a.Staff("校书记", access.CommitteeOfficer, a.University)
	at := fmt.Sprintf("/programmes/%d/milestones", a.Programme.ID)
	derived := a.Do(boss, "POST "+at+"/derive", body{"year": 2026}).Status(http.StatusOK)
	if derived.Get("data.0.due_on") != "2026-11-15" || derived.Get("data.1.kind") != "KICKOFF" {
		t.Fatalf("%s", derived.Body)
	}
	cases := body{"kind": "CASES", "name": "报送典型案例", "due_on": "2026-12-20"}
	added := a.Do(boss, "POST "+at, cases).Status(http.StatusCreated)
	a.Refused(boss, "POST "+at, cases, 409, "programme.milestone_exists")
	a.Refused(boss, "POST "+at, body{"kind": "CASES", "name": "名", "due_on": "2026-02-30"}, 422, "request.invalid")
	a.Refused(boss, "POST "+at+"/derive", body{"year": 1999}, 422, "request.invalid")
	list := a.Do(apitest.Nobody, "GET "+at, nil).Status(http.StatusOK)
	if list.Get("data.2.id") != added.Get("id") {
		t.Fatalf("%s", list.Body)
	}
	other := a.Staff("系书记", access.CommitteeOfficer, a.Department)
	one := at + "/" + added.Get("id")
	for what, sent := range map[string]any{"POST " + at: cases, "POST " + at + "/derive": body{"year": 2027}, "DELETE " + one: nil} {
		a.Refused(other, what, sent, 403, "access.denied")
		a.Refused(apitest.Nobody, what, sent, 401, "auth.required")
	}
	a.Do(boss, "DELETE "+one, nil).Status(http.StatusNoContent)
	a.Refused(boss, "DELETE "+one, nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, "GET /programmes/5/milestones", nil, 404, "resource.not_found")
}
