package api_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// A round of pairing gives two branches and two communities to each other, tells why, and both sides answer as always.
func TestARoundOfPairingOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	second, other := a.Org(a.Department, model.OrgLeagueBranch, "壬班团支部"), a.Org(a.Town, model.OrgCommunity, "癸社区")
	for o, north := range map[int64]int64{a.University.ID: 0, a.Community.ID: 9000, other.ID: 27_000} {
		err := a.DB.Transaction(func(tx *gorm.DB) error {
			return tx.Model(&model.Org{}).Where("id = ?", o).Updates(map[string]any{"lat_e6": 36_650_000 + north, "lng_e6": 117_120_000}).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	officer := a.Staff("校干部", access.CommitteeOfficer, a.University)
	now := a.Clock.Now()
	form := body{
		"kind": "PAIRING", "programme_id": fmt.Sprint(a.Programme.ID), "scope_org_id": fmt.Sprint(a.University.ID), "name": "秋季结对", "season": "TERM", "rule": "points-v2",
		"k": 1, "radius_m": 10_000, "answer_hours": 72, "wishes_from": now, "wishes_until": now.Add(time.Hour), "draw_source": "双色球下一期",
	}
	a.Refused(officer, "POST /match-rounds", form, 422, "request.invalid")
	form["rule"] = "pairing-v1"
	made := a.Do(officer, "POST /match-rounds", form).Status(201).Get("id")
	one, pairs := "POST /match-rounds/"+made, fmt.Sprintf("GET /match-rounds/%s/pairs?org_id=%d", made, a.University.ID)
	advance := func() {
		t.Helper()
		if _, err := a.Built.Round.Advance(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
	a.Do(officer, one+"/open", nil).Status(200)
	a.Refused(officer, pairs, nil, 409, "match.not_run")
	a.Clock.Add(time.Hour)
	a.Forget() // the tokens, which are older than an hour
	advance()
	a.Do(officer, one+"/draw", body{"value": "01 02 03"}).Status(200)
	advance()
	a.Do(officer, one+"/publish", nil).Status(200)
	if n, err := a.Built.Round.ProposePairs(t.Context(), 10); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	list := a.Do(officer, pairs+"&limit=1", nil).Status(200)
	if list.Get("data.0.kind") != "NEW" || list.Get("data.0.status") != "PROPOSED" || list.Get("data.0.parts.near") == "0" || list.Get("has_more") != "true" {
		t.Errorf("%s", list.Body)
	}
	host, secretary := a.Staff("陈干事", access.HostStaff, a.Community), a.Staff("支书", access.BranchSecretary, second)
	a.Refused(host, pairs, nil, 403, "access.denied")
	why := a.Do(secretary, fmt.Sprintf("GET /match-rounds/%s/pair-reasons?org_id=%d", made, second.ID), nil).Status(200)
	if why.Get("side") != "CAMPUS" || why.Get("places") != "1" || why.Get("data.0.reason") != "DRAWN" || why.Get("data.1.reason") != "BRANCH_GOT_BETTER" || why.Get("data.1.reason_zh") == "" {
		t.Errorf("%s", why.Body)
	}
	a.Refused(secretary, fmt.Sprintf("GET /match-rounds/%s/pair-reasons?org_id=%d", made, a.Branch.ID), nil, 403, "access.denied")
	mine := a.Do(host, fmt.Sprintf("GET /match-rounds/%s/pairs?org_id=%d", made, a.Community.ID), nil).Status(200)
	path := "/pairings/" + mine.Get("data.0.pairing_id")
	if got := a.Do(host, "POST "+path+"/accept", body{}).Status(200); got.Get("origin") != "COMMITTEE" || got.Get("status") != "PROPOSED" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(officer, "POST "+path+"/accept", body{"side": "CAMPUS"}).Status(200); got.Get("status") != "ACTIVE" {
		t.Errorf("%s", got.Body)
	}
}
