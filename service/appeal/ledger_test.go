package appeal_test

import (
	"errors"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

// posted is a line of the ledger for a session of which the student was there for some minutes.
func (w *work) posted(who access.Actor, minutes int) model.HoursEntry {
	w.TB.Helper()
	w.joins(who)
	for i, at := range []time.Time{w.session.StartsAt, w.session.StartsAt.Add(time.Duration(minutes) * time.Minute)} {
		w.Clock.Set(at)
		in := attend.Confirmation{SessionID: w.session.ID, Kind: []string{model.KindIn, model.KindOut}[i], SignupIDs: []int64{w.live(who)}, Reason: "现场核对"}
		if _, err := w.Attendance.StaffConfirm(w.TB.Context(), w.host, in, idem.Key{}); err != nil {
			w.TB.Fatal(err)
		}
	}
	lead := w.Student("队长", w.Branch)
	w.Team(w.project, model.TeamLead, lead)
	all := attend.Choice{All: true}
	if _, err := w.Attendance.LeadConfirm(w.TB.Context(), lead, w.activity.ID, all); err != nil {
		w.TB.Fatal(err)
	}
	if _, err := w.Attendance.HostConfirm(w.TB.Context(), w.host, w.activity.ID, all); err != nil {
		w.TB.Fatal(err)
	}
	if _, err := w.Attendance.Recognise(w.TB.Context(), w.department, w.activity.ID, all); err != nil {
		w.TB.Fatal(err)
	}
	lines := w.lines(who)
	if minutes < 72 && len(lines) == 0 { // under six tenths
		return model.HoursEntry{}
	}
	if len(lines) != 1 || lines[0].Minutes != int64(minutes) {
		w.TB.Fatalf("%+v", lines)
	}
	return lines[0]
}

// TestHoursOfNothingAreCredited: a claim that was posted with no minutes has no line, so the appeal is against the claim.
func TestHoursOfNothingAreCredited(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	w.posted(w.li, 60)
	var row model.HoursClaim
	if err := w.World.DB.First(&row, "student_id = ?", w.li.StudentID).Error; err != nil || row.Status != model.ClaimPosted || row.Minutes != 0 {
		t.Fatalf("%+v %v", row, err)
	}
	a := w.must(w.file(w.li, model.AppealClaim, row.ID))
	if a.FirstBy != w.department.UserID {
		t.Errorf("%+v", a)
	}
	for _, minutes := range []int64{0, 121} {
		if _, err := w.Decide(t.Context(), w.second, a.ID, appeal.Decision{Uphold: true, Reason: "手机没电", Minutes: minutes}); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%d minutes: %v", minutes, err)
		}
	}
	a = w.must(w.Decide(t.Context(), w.second, a.ID, appeal.Decision{Uphold: true, Reason: "手机没电", Minutes: 110}))
	if c := w.claim(row.ID); a.Effect != appeal.EffectCorrected || w.sum(w.li) != 110 || c.Minutes != 110 || c.EndsAt.After(w.session.EndsAt) {
		t.Errorf("%+v %+v", a, c)
	}
	if l := w.lines(w.li)[0]; l.BranchID != w.Branch.ID || l.ServedOn != "2026-10-14" || l.Class != model.ClassVolunteer || l.PostedBy != w.second.UserID || l.Basis != model.BasisCheckIn {
		t.Errorf("%+v", l)
	}
	if _, err := w.Attendance.Reverse(t.Context(), w.department, w.lines(w.li)[0].ID, "代签", idem.Key{}); err != nil || w.sum(w.li) != 0 {
		t.Error(err)
	}
}

func (w *work) lines(who access.Actor) (rows []model.HoursEntry) {
	w.TB.Helper()
	if err := w.World.DB.Where("student_id = ?", who.StudentID).Order("id").Find(&rows).Error; err != nil {
		w.TB.Fatal(err)
	}
	return rows
}

// sum is what a student's lines come to; the record of the student must say the same, the chain must hold and the totals agree.
func (w *work) sum(who access.Actor) (sum int64) {
	w.TB.Helper()
	for _, l := range w.lines(who) {
		sum += l.Minutes
	}
	record, err := w.Attendance.MyRecord(w.TB.Context(), who, time.Time{})
	if err != nil || record.Minutes != sum {
		w.TB.Errorf("the record says %d, the lines %d: %v", record.Minutes, sum, err)
	}
	if _, err := w.Attendance.Verify(w.TB.Context()); err != nil {
		w.TB.Error(err)
	}
	if wrong, err := w.Attendance.Recount(w.TB.Context()); err != nil || wrong != 0 {
		w.TB.Error("totals", wrong, err)
	}
	return sum
}

func TestAReversedLineIsPutBack(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	line := w.posted(w.li, 120)
	back, err := w.Attendance.Reverse(t.Context(), w.second, line.ID, "核查发现代签", idem.Key{})
	if err != nil || w.sum(w.li) != 0 {
		t.Fatal(err)
	}
	a := w.must(w.file(w.li, model.AppealHours, back.ID))
	if a.FirstBy != w.second.UserID || a.OrgPath != w.Department.Path {
		t.Errorf("%+v", a)
	}
	if _, err := w.file(w.li, model.AppealHours, line.ID); !errors.Is(err, appeal.ErrNothing) {
		t.Error("the line that was taken back", err)
	}
	if _, err := w.decide(w.second, a.ID, true); !errors.Is(err, access.ErrOwnInterest) {
		t.Error(err)
	}
	if a = w.must(w.decide(w.department, a.ID, true)); a.Effect != appeal.EffectRestored || w.sum(w.li) != 120 {
		t.Fatalf("%+v", a)
	}
	lines := w.lines(w.li)
	if last := lines[2]; len(lines) != 3 || last.Reversal != back.ID || last.Minutes != 120 || last.PostedBy != w.department.UserID || last.ServedOn != line.ServedOn {
		t.Errorf("%+v", lines)
	}
	if _, err := w.Attendance.Reverse(t.Context(), w.second, back.ID, "再来", idem.Key{}); !errors.Is(err, fault.ErrState) {
		t.Error("a reversal is reversed by an appeal only", err)
	}
	if _, err := w.Attendance.Reverse(t.Context(), w.second, lines[2].ID, "又查实代签", idem.Key{}); err != nil || w.sum(w.li) != 0 {
		t.Error("what an appeal put back can be taken back again", err)
	}
}

func TestALineWithTooFewMinutesIsCorrected(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	line := w.posted(w.li, 90)
	a := w.must(w.file(w.li, model.AppealHours, line.ID))
	correct := func(minutes int64) error {
		out, err := w.Decide(t.Context(), w.second, a.ID, appeal.Decision{Uphold: true, Reason: "签退晚了", Minutes: minutes})
		if err == nil {
			a = out
		}
		return err
	}
	for minutes, code := range map[int64]string{0: "min", 90: "min", 121: "max"} {
		err := correct(minutes)
		if f, ok := errors.AsType[*fault.Fault](err); !ok || !errors.Is(err, fault.ErrInvalid) || f.Fields[0].Pointer != "/minutes" || f.Fields[0].Code != code {
			t.Errorf("%d minutes: %v", minutes, err)
		}
	}
	if w.sum(w.li) != 90 || len(w.lines(w.li)) != 1 {
		t.Fatal("half of it was written")
	}
	now := w.Clock.Now()
	next := model.HoursClaim{
		ID: w.World.NewID(), SignupID: 1, SessionID: 1, ActivityID: w.activity.ID, StudentID: w.li.StudentID, Minutes: 30, Class: model.ClassPractice, Basis: "MAKEUP",
		StartsAt: w.session.StartsAt.Add(100 * time.Minute), EndsAt: w.session.StartsAt.Add(130 * time.Minute), Status: model.ClaimComputed, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	w.Insert(&next)
	if err := correct(110); !errors.Is(err, fault.ErrInvalid) {
		t.Error("minutes that are credited elsewhere", err)
	}
	w.set(&model.HoursClaim{}, next.ID, "status", model.ClaimRejected)
	if err := correct(120); err != nil || a.Effect != appeal.EffectCorrected || w.sum(w.li) != 120 {
		t.Fatal(err, a.Effect)
	}
	lines := w.lines(w.li)
	if len(lines) != 3 || lines[1].Minutes != -90 || lines[1].Reversal != line.ID || lines[2].Minutes != 120 || lines[2].Reversal != lines[1].ID {
		t.Errorf("%+v", lines)
	}
	if c := w.claim(line.ClaimID); c.Minutes != 120 || !c.StartsAt.Equal(w.session.StartsAt) || !c.EndsAt.Equal(w.session.EndsAt) || c.Status != model.ClaimPosted {
		t.Errorf("%+v", c)
	}
	if _, err := w.file(w.li, model.AppealHours, line.ID); !errors.Is(err, appeal.ErrExists) && !errors.Is(err, appeal.ErrNothing) {
		t.Error(err)
	}
}

// TestTheDayHasAnEnd: a correction gives no more than the policy's minutes of a day.
func TestTheDayHasAnEnd(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	line := w.posted(w.li, 90)
	a := w.must(w.file(w.li, model.AppealHours, line.ID))
	now := w.Clock.Now()
	w.Insert(&model.HoursClaim{
		ID: w.World.NewID(), SignupID: 1, SessionID: 1, ActivityID: w.activity.ID, StudentID: w.li.StudentID, Minutes: 380, Class: model.ClassPractice, Basis: "MAKEUP",
		StartsAt: w.session.EndsAt.Add(time.Hour), EndsAt: w.session.EndsAt.Add(8 * time.Hour), Status: model.ClaimComputed, Version: 1, CreatedAt: now, UpdatedAt: now,
	})
	if _, err := w.Decide(t.Context(), w.second, a.ID, appeal.Decision{Uphold: true, Reason: "签退晚了", Minutes: 101}); !errors.Is(err, fault.ErrInvalid) {
		t.Error(err)
	}
	w.must(w.Decide(t.Context(), w.second, a.ID, appeal.Decision{Uphold: true, Reason: "签退晚了", Minutes: 100}))
	if w.sum(w.li) != 100 {
		t.Error(w.sum(w.li))
	}
}
