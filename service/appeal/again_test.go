package appeal_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/fault"
)

// TestNobodyDecidesTwice: who denied an appeal does not look at it again above, whatever other roles they hold.
func TestNobodyDecidesTwice(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	both := c.Grant(c.second, access.CommitteeOfficer, c.University)
	a := c.filed()
	c.must(c.decide(both, a.ID, false))
	c.must(c.Escalate(t.Context(), c.li, a.ID))
	if _, err := c.decide(both, a.ID, true); !errors.Is(err, access.ErrOwnInterest) {
		t.Error(err)
	}
	c.must(c.decide(c.university, a.ID, true))
}

// TestADeniedAppealIsNotFiledAnew: withdrawing it above does not give another first instance.
func TestADeniedAppealIsNotFiledAnew(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	a := c.filed()
	c.must(c.decide(c.department, a.ID, false))
	c.must(c.Escalate(t.Context(), c.li, a.ID))
	if a = c.must(c.Withdraw(t.Context(), c.li, a.ID)); a.Status != model.AppealWithdrawn {
		t.Fatalf("%+v", a)
	}
	if _, err := c.file(c.li, model.AppealPenalty, a.SubjectID); !errors.Is(err, appeal.ErrExists) {
		t.Error(err)
	}
}

// TestOnlyWhatWasTakenIsPutBack holds for every caller of the ledger.
func TestOnlyWhatWasTakenIsPutBack(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	line := w.posted(w.li, 120)
	err := w.World.DB.Transaction(func(tx *gorm.DB) error { return w.Attendance.Restore(tx, w.second, line.ID, "核查") })
	if !errors.Is(err, fault.ErrState) || w.sum(w.li) != 120 {
		t.Error(err)
	}
}

// TestWhoProposedHoursDoesNotGiveThem: hours that somebody proposed are upheld by somebody else.
func TestWhoProposedHoursDoesNotGiveThem(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	line := w.posted(w.li, 100)
	w.set(&model.HoursClaim{}, line.ClaimID, "proposed_by", w.second.UserID)
	third := w.Staff("系里第三位", access.CommitteeOfficer, w.Department)
	a := w.must(w.file(w.li, model.AppealHours, line.ID))
	more := appeal.Decision{Uphold: true, Reason: "核查过了", Minutes: 110}
	if _, err := w.Decide(t.Context(), w.second, a.ID, more); !errors.Is(err, access.ErrOwnInterest) || w.sum(w.li) != 100 {
		t.Error(err)
	}
	w.must(w.Decide(t.Context(), third, a.ID, more))
}

// TestAnAppealLiesWithSomebodyWhoMayDecide: where the only others at the department have decided or proposed, it goes to the
// university at once.
func TestAnAppealLiesWithSomebodyWhoMayDecide(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	line := w.posted(w.li, 100)
	w.set(&model.HoursClaim{}, line.ClaimID, "proposed_by", w.second.UserID)
	a := w.must(w.file(w.li, model.AppealHours, line.ID))
	w.must(w.Decide(t.Context(), w.university, a.ID, appeal.Decision{Uphold: true, Reason: "核查过了", Minutes: 110}))
}

// TestWhoStandsAboveWaits: the university reads an appeal that lies with the department, and decides once it has come up.
func TestWhoStandsAboveWaits(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	a := c.filed()
	c.must(c.Get(t.Context(), c.university, a.ID))
	_, err := c.Take(t.Context(), c.university, a.ID)
	if _, again := c.decide(c.university, a.ID, true); !errors.Is(err, access.ErrDenied) || !errors.Is(again, access.ErrDenied) {
		t.Error(err, again)
	}
	c.must(c.decide(c.department, a.ID, false))
	c.must(c.Escalate(t.Context(), c.li, a.ID))
	c.must(c.decide(c.university, a.ID, true))
}
