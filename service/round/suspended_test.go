package round_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/round"
)

// An account that was suspended before its round was published has no open proposal soon after, whoever had already said yes; one that is in use again by
// then keeps its own.
func TestAnAccountSuspendedBeforeItsRoundIsPublished(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	f.s.Kinds = map[string]round.Kind{model.RoundPositions: &round.Positions{DB: f.DB, Now: f.Clock.Now, NewID: f.NewID, Survey: f.s.Survey}}
	r := f.out(model.RoundRunning)
	f.put("match_rounds", r.ID, map[string]any{"result_digest": make([]byte, 32), "placed": 4})
	var who [4]access.Actor
	var p [4]model.MatchProposal
	for i := range who {
		who[i] = f.Student("某人", f.Branch)
		p[i] = f.proposal(r, who[i], f.position)
	}
	suspend := func(i int) {
		t.Helper()
		f.suspend(who[i])
		if err := f.DB.Transaction(func(tx *gorm.DB) error { return f.s.Suspended(tx, f.county, who[i].UserID) }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		suspend(i)
	}
	f.ended(0)
	if got := f.stand(p[:]...); got != "PROPOSED, PROPOSED, PROPOSED, PROPOSED" {
		t.Fatal(got)
	}
	f.put("users", who[1].UserID, map[string]any{"status": model.UserActive})
	f.put("users", who[2].UserID, map[string]any{"status": model.UserClosed})
	if _, err := f.s.Publish(t.Context(), f.Staff("校团委", access.CommitteeOfficer, f.University), r.ID); err != nil {
		t.Fatal(err)
	}
	f.yes(p[0])
	f.ended(2)
	f.ended(0)
	if got := f.stand(p[:]...); got != "REJECTED RULES, PROPOSED, REJECTED RULES, PROPOSED" {
		t.Error(got)
	}
	if kinds, reason := f.heard(f.clerk); kinds != "MATCH_ENDED" || reason != "同学现在不能报名这个活动" {
		t.Errorf("the host heard %q %q", kinds, reason)
	}
	suspend(3) // that came with the round out
	if got := f.stand(p[3]); got != "REJECTED RULES" {
		t.Error(got)
	}
	f.Clock.Add(25 * time.Hour)
	f.suspend(who[1]) // too late: it has lapsed
	f.ended(0)
}

// An account that is in use again between the look and the lock keeps its proposal.
func TestAnAccountReinstatedMeanwhile(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	s, p := f.proposed(2)
	f.suspend(s[0])
	f.suspend(s[1])
	once := true
	err := f.DB.Callback().Query().After("gorm:query").Register("meanwhile", func(tx *gorm.DB) {
		if ids, ok := tx.Statement.Dest.(*[]int64); once && ok && len(*ids) == 2 && (*ids)[0] == p[0].ID {
			once = false
			f.put("users", s[0].UserID, map[string]any{"status": model.UserActive})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	f.ended(1)
	if got := f.stand(p...); once || got != "PROPOSED, REJECTED RULES" {
		t.Error(once, got)
	}
}
