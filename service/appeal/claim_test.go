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

// served is a claim of the student's for the whole session.
func (w *work) served(who access.Actor) model.HoursClaim {
	w.TB.Helper()
	w.joins(who)
	for i, at := range []time.Time{w.session.StartsAt, w.session.EndsAt} {
		w.Clock.Set(at)
		kind := []string{model.KindIn, model.KindOut}[i]
		if _, err := w.Attendance.StaffConfirm(w.TB.Context(), w.host, attend.Confirmation{SessionID: w.session.ID, Kind: kind, SignupIDs: []int64{w.live(who)}, Reason: "现场核对"}, idem.Key{}); err != nil {
			w.TB.Fatal(err)
		}
	}
	var row model.HoursClaim
	if err := w.World.DB.First(&row, "student_id = ? AND session_id = ?", who.StudentID, w.session.ID).Error; err != nil {
		w.TB.Fatal(err)
	}
	return row
}

func (w *work) live(who access.Actor) (id int64) {
	w.TB.Helper()
	if err := w.World.DB.Model(&model.Signup{}).Where("live_activity_id = ? AND student_id = ?", w.activity.ID, who.StudentID).Pluck("id", &id).Error; err != nil {
		w.TB.Fatal(err)
	}
	return id
}

func (w *work) claim(id int64) (row model.HoursClaim) {
	w.TB.Helper()
	if err := w.World.DB.First(&row, "id = ?", id).Error; err != nil {
		w.TB.Fatal(err)
	}
	return row
}

func TestARejectedClaimBeginsAnew(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	row := w.served(w.li)
	if row.Minutes != 120 {
		t.Fatalf("%+v", row)
	}
	if _, err := w.file(w.li, model.AppealClaim, row.ID); !errors.Is(err, appeal.ErrNothing) {
		t.Error("nobody has rejected it", err)
	}
	if _, err := w.Attendance.Reject(t.Context(), w.department, row.ID, "没有看到人"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Attendance.Reopen(t.Context(), w.second, row.ID, "再看"); !errors.Is(err, fault.ErrState) {
		t.Error("only an appeal brings a rejected claim back", err)
	}
	a := w.must(w.file(w.li, model.AppealClaim, row.ID))
	if a.FirstBy != w.department.UserID || a.OrgPath != w.Department.Path {
		t.Errorf("%+v", a)
	}
	if _, err := w.decide(w.department, a.ID, true); !errors.Is(err, access.ErrOwnInterest) {
		t.Error("the first decider", err)
	}
	if got := w.must(w.Get(t.Context(), w.second, a.ID)); got.Decided.State != "REJECTED" || got.Decided.Minutes != 120 || got.Decided.Reason != "没有看到人" {
		t.Errorf("%+v", got.Decided)
	}
	if a = w.must(w.decide(w.second, a.ID, true)); a.Effect != appeal.EffectReopened {
		t.Fatalf("%+v", a)
	}
	if c := w.claim(row.ID); c.Status != model.ClaimComputed || c.Minutes != 120 || c.LeadBy != nil || c.Reason != "" {
		t.Errorf("%+v", c)
	}
}

// TestARejectedClaimIsWorthWhatIsLeft: what was credited since for the same time, or the same day, stays credited once.
func TestARejectedClaimIsWorthWhatIsLeft(t *testing.T) {
	t.Parallel()
	other := func(w *work, from time.Time, minutes int64) {
		now := w.Clock.Now()
		w.Insert(&model.HoursClaim{
			ID: w.World.NewID(), SignupID: 1, SessionID: 1, ActivityID: w.activity.ID, StudentID: w.li.StudentID, Minutes: minutes, Class: model.ClassPractice, Basis: "MAKEUP",
			StartsAt: from, EndsAt: from.Add(time.Duration(minutes) * time.Minute), Status: model.ClaimComputed, Version: 1, CreatedAt: now, UpdatedAt: now,
		})
	}
	for name, x := range map[string]struct {
		meanwhile func(w *work, row model.HoursClaim)
		minutes   int64
		reason    string
		err       error
	}{
		"nothing":            {func(*work, model.HoursClaim) {}, 120, "", nil},
		"overlap":            {func(w *work, row model.HoursClaim) { other(w, row.EndsAt.Add(-time.Minute), 30) }, 0, "OVERLAP", nil},
		"the next minute":    {func(w *work, row model.HoursClaim) { other(w, row.EndsAt, 30) }, 120, "", nil},
		"a full day":         {func(w *work, row model.HoursClaim) { other(w, row.EndsAt.Add(time.Hour), 420) }, 60, "DAY_LIMIT", nil},
		"a check-out undone": {func(w *work, row model.HoursClaim) { w.undo(row) }, 0, "", appeal.ErrNothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t, 5, nil)
			row := w.served(w.li)
			if _, err := w.Attendance.Reject(t.Context(), w.department, row.ID, "没有看到人"); err != nil {
				t.Fatal(err)
			}
			a := w.must(w.file(w.li, model.AppealClaim, row.ID))
			x.meanwhile(w, row)
			_, err := w.decide(w.second, a.ID, true)
			if !errors.Is(err, x.err) || (err == nil) != (x.err == nil) {
				t.Fatal(err)
			}
			if c := w.claim(row.ID); err == nil && (c.Status != model.ClaimComputed || c.Minutes != x.minutes || c.Reason != x.reason) {
				t.Errorf("%+v", c)
			}
			if got := w.must(w.Get(t.Context(), w.li, a.ID)); err != nil && got.Status != model.AppealFiled {
				t.Error("half of it was written", got.Status)
			}
		})
	}
}

// undo takes the check-out of a claim back.
func (w *work) undo(row model.HoursClaim) {
	w.TB.Helper()
	if _, err := w.Attendance.Annul(w.TB.Context(), w.host, row.OutID, "点错了"); err != nil {
		w.TB.Fatal(err)
	}
}
