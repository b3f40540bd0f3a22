package api_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/round"
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
	made, err := a.Built.Round.Create(t.Context(), officer, idem.Key{}, round.New{Kind: model.RoundPairing, ProgrammeID: a.Programme.ID, ScopeOrgID: a.University.ID, Form: round.Form{
		Name: "秋季结对", Season: model.SeasonTerm, Rule: "pairing-v1", K: 1, RadiusM: 10_000, AnswerHours: 72, WishesFrom: now, WishesUntil: now.Add(time.Hour), DrawSource: "双色球",
	}})
	if err != nil {
		t.Fatal(err)
	}
	pairs := fmt.Sprintf("GET /match-rounds/%d/pairs?org_id=%d", made.ID, a.University.ID)
	steps := []func() error{
		func() error { _, err := a.Built.Round.Open(t.Context(), officer, made.ID); return err },
		func() error { a.Refused(officer, pairs, nil, 409, "match.not_run"); a.Clock.Add(time.Hour); return nil },
		func() error { _, err := a.Built.Round.Advance(t.Context(), 1); return err },
		func() error { _, err := a.Built.Round.Draw(t.Context(), officer, made.ID, "01 02 03"); return err },
		func() error { _, err := a.Built.Round.Advance(t.Context(), 1); return err },
		func() error { _, err := a.Built.Round.Publish(t.Context(), officer, made.ID); return err },
		func() error { _, err := a.Built.Round.ProposePairs(t.Context(), 10); return err },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	a.Forget() // the tokens, which are older than an hour
	list := a.Do(officer, pairs+"&limit=1", nil).Status(200)
	if list.Get("data.0.kind") != "NEW" || list.Get("data.0.status") != "PROPOSED" || list.Get("data.0.parts.near") == "0" || list.Get("has_more") != "true" {
		t.Errorf("%s", list.Body)
	}
	host, secretary := a.Staff("陈干事", access.HostStaff, a.Community), a.Staff("支书", access.BranchSecretary, second)
	a.Refused(host, pairs, nil, 403, "access.denied")
	why := a.Do(secretary, fmt.Sprintf("GET /match-rounds/%d/pair-reasons?org_id=%d", made.ID, second.ID), nil).Status(200)
	if why.Get("side") != "CAMPUS" || why.Get("places") != "1" || why.Get("data.0.reason") != "DRAWN" || why.Get("data.1.reason") != "BRANCH_GOT_BETTER" || why.Get("data.1.reason_zh") == "" {
		t.Errorf("%s", why.Body)
	}
	a.Refused(secretary, fmt.Sprintf("GET /match-rounds/%d/pair-reasons?org_id=%d", made.ID, a.Branch.ID), nil, 403, "access.denied")
	mine := a.Do(host, fmt.Sprintf("GET /match-rounds/%d/pairs?org_id=%d", made.ID, a.Community.ID), nil).Status(200)
	path := "/pairings/" + mine.Get("data.0.pairing_id")
	if got := a.Do(host, "POST "+path+"/accept", body{}).Status(200); got.Get("origin") != "COMMITTEE" || got.Get("status") != "PROPOSED" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(officer, "POST "+path+"/accept", body{"side": "CAMPUS"}).Status(200); got.Get("status") != "ACTIVE" {
		t.Errorf("%s", got.Body)
	}
}
