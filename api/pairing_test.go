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

func proposal(a *apitest.API) body {
	return body{
		"programme_id": fmt.Sprint(a.Programme.ID), "campus_org_id": fmt.Sprint(a.Branch.ID), "local_org_id": fmt.Sprint(a.Community.ID),
		"level": "COMMUNITY_BRANCH", "note": "离学校两站路",
	}
}

func TestPairingProposedAndAccepted(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	secretary := a.Staff("支书", access.BranchSecretary, a.Branch)
	host := a.Staff("陈干事", access.HostStaff, a.Community)
	a.Refused(apitest.Nobody, "POST /pairings", proposal(a), 401, "auth.required")
	a.Refused(a.Student("李同学", a.Branch), "POST /pairings", proposal(a), 403, "access.denied")
	a.Refused(secretary, "POST /pairings", proposal(a), 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	wrong := proposal(a)
	wrong["level"], wrong["local_org_id"] = "TOWN_DEPARTMENT", "5"
	if out := a.Refused(secretary, "POST /pairings", wrong, 422, "request.invalid"); out.Get("errors.1.pointer") != "/local_org_id" {
		t.Fatalf("%s", out.Body)
	}
	key := apitest.Header("Idempotency-Key", "pair-once")
	made := a.Do(secretary, "POST /pairings", proposal(a), key).Status(http.StatusCreated)
	if made.Get("status") != "PROPOSED" || made.Get("origin") != "SELF" || made.Get("campus_accepted_by") != fmt.Sprint(secretary.UserID) || made.Get("local.name") != a.Community.Name || made.Get("answer_due_at") != "2026-10-26T01:00:00.000Z" {
		t.Fatalf("%s", made.Body)
	}
	if again := a.Do(secretary, "POST /pairings", proposal(a), key).Status(http.StatusCreated); string(again.Body) != string(made.Body) {
		t.Fatalf("a repeat answers %s", again.Body)
	}
	a.Refused(host, "POST /pairings", proposal(a), 409, "pairing.exists")

	path := "/pairings/" + made.Get("id")
	outsider := a.Staff("别处干事", access.HostStaff, a.Org(a.Town, model.OrgCommunity, "别处社区"))
	county := a.Staff("县干部", access.CommitteeOfficer, a.County)
	a.Refused(outsider, "GET "+path, nil, 404, "resource.not_found")
	a.Refused(outsider, "POST "+path+"/accept", body{}, 404, "resource.not_found")
	a.Refused(outsider, "POST "+path+"/decline", nil, 404, "resource.not_found")
	a.Refused(county, "POST "+path+"/accept", body{}, 403, "access.denied")
	a.Refused(secretary, "POST "+path+"/accept", body{}, 409, "pairing.already_accepted")
	a.Refused(secretary, "POST "+path+"/accept", body{"side": "LOCAL"}, 403, "access.denied")
	active := a.Do(host, "POST "+path+"/accept", body{"side": "LOCAL"}).Status(http.StatusOK)
	if active.Get("status") != "ACTIVE" || active.Get("from_on") != "2026-10-12" {
		t.Fatalf("%s", active.Body)
	}
	a.Refused(host, "POST "+path+"/accept", body{}, 409, "state.conflict")
	a.Refused(host, "POST "+path+"/decline", nil, 409, "state.conflict")
	if got := a.Do(county, "GET "+path, nil).Status(http.StatusOK); string(got.Body) != string(active.Body) {
		t.Fatalf("%s", got.Body)
	}

	a.Refused(host, "POST "+path+"/end", body{"reason": "撤并", "ends_on": "2026-10-11"}, 422, "request.invalid")
	a.Refused(host, "POST "+path+"/end", body{"reason": " ", "ends_on": "2026-10-12"}, 422, "request.invalid")
	a.Refused(outsider, "POST "+path+"/end", body{"reason": "撤并", "ends_on": "2026-10-12"}, 404, "resource.not_found")
	notice := a.Do(host, "POST "+path+"/end", body{"reason": strings.Repeat("撤并", 250), "ends_on": "2026-11-01"}).Status(http.StatusOK)
	if notice.Get("status") != "ACTIVE" || notice.Get("to_on") != "2026-11-01" {
		t.Fatalf("%s", notice.Body)
	}
	a.Refused(secretary, "POST "+path+"/end", body{"reason": "再等等", "ends_on": "2026-12-01"}, 409, "pairing.ending")
	ended := a.Do(secretary, "POST "+path+"/end", body{"reason": "同意", "ends_on": "2026-10-12"}).Status(http.StatusOK)
	if ended.Get("status") != "ENDED" || ended.Get("reason") != "同意" {
		t.Fatalf("%s", ended.Body)
	}
}

func TestRecommendationNeedsBothSides(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	made := a.Do(a.Staff("市干部", access.CommitteeOfficer, a.City), "POST /pairings", proposal(a)).Status(http.StatusCreated)
	path := "POST /pairings/" + made.Get("id")
	both := a.Grant(a.Staff("两边", access.BranchSecretary, a.Branch), access.HostStaff, a.Community)
	a.Refused(both, path+"/accept", body{}, 422, "request.invalid")
	if out := a.Do(both, path+"/accept", body{"side": "CAMPUS"}).Status(http.StatusOK); out.Get("status") != "PROPOSED" {
		t.Fatalf("%s", out.Body)
	}
	a.Refused(both, path+"/accept", body{}, 403, "access.own_interest")
	if out := a.Do(a.Staff("镇委员", access.TownOfficer, a.Town), path+"/accept", body{}).Status(http.StatusOK); out.Get("status") != "ACTIVE" || out.Get("origin") != "COMMITTEE" {
		t.Fatalf("%s", out.Body)
	}
}

func TestPairingDeclinedAndExpired(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	secretary := a.Staff("支书", access.BranchSecretary, a.Branch)
	host := a.Staff("陈干事", access.HostStaff, a.Community)
	first := a.Do(secretary, "POST /pairings", proposal(a)).Status(http.StatusCreated).Get("id")
	if out := a.Do(host, "POST /pairings/"+first+"/decline", nil).Status(http.StatusOK); out.Get("status") != "DECLINED" {
		t.Fatalf("%s", out.Body)
	}
	second := a.Do(secretary, "POST /pairings", proposal(a)).Status(http.StatusCreated).Get("id")
	a.Clock.Add(14 * 24 * time.Hour)
	a.Forget()
	a.Refused(host, "POST /pairings/"+second+"/accept", body{}, 409, "pairing.expired")
	a.Refused(host, "POST /pairings/"+second+"/decline", nil, 409, "pairing.expired")
	list := a.Do(host, "GET /pairings?status=EXPIRED", nil).Status(http.StatusOK)
	if list.Get("data.0.id") != second || list.Get("data.0.status") != "EXPIRED" || list.Get("has_more") != "false" {
		t.Fatalf("%s", list.Body)
	}
	page := a.Do(host, fmt.Sprintf("GET /pairings?limit=1&programme_id=%d&org_id=%d", a.Programme.ID, a.University.ID), nil).Status(http.StatusOK)
	if rest := a.Do(host, "GET /pairings?limit=1&cursor="+page.Get("next_cursor"), nil).Status(http.StatusOK); rest.Get("data.0.id") != first {
		t.Fatalf("%s", rest.Body)
	}
	a.Refused(host, "GET /pairings?org_id=5", nil, 422, "request.invalid")
	a.Refused(apitest.Nobody, "GET /pairings", nil, 401, "auth.required")
}
