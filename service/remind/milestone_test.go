package remind_test

import (
	"testing"
	"time"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

func (k *kit) milestone(due model.Date) model.Milestone {
	k.TB.Helper()
	m := model.Milestone{ID: k.NewID(), ProgrammeID: k.Programme.ID, Kind: "PAIRING", Name: "组织结对截止", DueOn: due, CreatedAt: k.Clock.Now()}
	k.Insert(&m)
	return m
}

// at puts the clock to an hour of a day of November in China and runs the jobs.
func (k *kit) at(day, hour, minute int) {
	k.TB.Helper()
	k.Clock.Set(time.Date(2026, 11, day, hour, minute, 0, 0, clock.China()))
	k.run()
}

func TestAMilestoneIsToldAWeekAndADayBefore(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	secretary, dean := k.Staff("支书", access.BranchSecretary, k.Branch), k.Staff("系干部", access.CommitteeOfficer, k.Department)
	both := k.Grant(k.Staff("两职", access.BranchSecretary, k.Branch), access.CommitteeOfficer, k.University)
	k.Staff("老师", access.Advisor, k.Department)
	k.Staff("市干部", access.CommitteeOfficer, k.City) // above the owner of the programme
	k.milestone("2026-11-15")
	k.at(8, 8, 59)
	k.Told(notify.MilestoneDue)
	k.at(8, 9, 0)
	k.Told(notify.MilestoneDue, secretary, dean, both)
	k.Inbox(notify.MilestoneDue, dean, "“组织结对截止”请在2026年11月15日前完成。")
	k.at(14, 8, 59)
	k.Told(notify.MilestoneDue, secretary, dean, both)
	k.at(14, 9, 0)
	k.Told(notify.MilestoneDue, secretary, dean, both, secretary, dean, both)
	k.at(16, 9, 0)
	k.Told(notify.MilestoneDue, secretary, dean, both, secretary, dean, both)
}

func TestALateMilestoneIsToldOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	secretary := k.Staff("支书", access.BranchSecretary, k.Branch)
	k.Clock.Set(time.Date(2026, 11, 12, 10, 0, 0, 0, clock.China()))
	k.milestone("2026-11-15") // three days before
	k.milestone("2026-11-11") // over
	k.run()
	k.Told(notify.MilestoneDue, secretary)
	k.milestone("2026-11-13") // tomorrow
	k.run()
	k.Told(notify.MilestoneDue, secretary, secretary)
	removed := k.milestone("2026-11-16")
	if err := k.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.exec("DELETE FROM milestones WHERE id = ?", removed.ID)
	k.run()
	k.Told(notify.MilestoneDue, secretary, secretary)
	k.milestone("2026-11-17")
	k.exec("UPDATE programmes SET status = ?", model.ProgrammeClosed)
	k.run()
	k.Told(notify.MilestoneDue, secretary, secretary)
}
