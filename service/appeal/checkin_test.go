package appeal_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// doubted is a check-in of a student with a seat that waits for a reviewer.
func (w *work) doubted(who access.Actor) int64 {
	w.TB.Helper()
	w.joins(who)
	w.Clock.Set(w.session.StartsAt)
	id, now, signup := w.World.NewID(), w.Clock.Now(), w.live(who)
	w.Insert(&model.CheckIn{
		ID: id, StudentID: who.StudentID, Nonce: "afar", SignupID: signup, SessionID: w.session.ID, Kind: model.KindIn, Method: model.MethodSelfScan, LogicalAt: now, ReceivedAt: now,
		Verdict: model.VerdictReview, Reason: "outside_fence", Doubts: "outside_fence", Distance: model.DistanceFar,
	})
	w.Insert(&model.CheckInReview{
		ID: id, StudentID: who.StudentID, SignupID: signup, SessionID: w.session.ID, ActivityID: w.activity.ID, BranchID: w.Branch.ID, Status: model.ReviewWaiting, Version: 1,
		CreatedAt: now, UpdatedAt: now,
	})
	w.Insert(&model.Attendance{SignupID: signup, SessionID: w.session.ID, StudentID: who.StudentID, InID: &id, InAt: &now})
	return id
}

func (w *work) refusedBy(by access.Actor, id int64) {
	w.TB.Helper()
	if _, err := w.Attendance.Refuse(w.TB.Context(), by, id, "不在现场"); err != nil {
		w.TB.Fatal(err)
	}
}

func (w *work) confirmed(kind string, who access.Actor) {
	w.TB.Helper()
	in := attend.Confirmation{SessionID: w.session.ID, Kind: kind, SignupIDs: []int64{w.live(who)}, Reason: "现场核对"}
	if _, err := w.Attendance.StaffConfirm(w.TB.Context(), w.host, in, idem.Key{}); err != nil {
		w.TB.Fatal(err)
	}
}

func TestARefusedCheckInCountsAfterAll(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	id := w.doubted(w.li)
	if _, err := w.file(w.li, model.AppealCheckIn, id); !errors.Is(err, appeal.ErrNothing) {
		t.Error("nobody has decided", err)
	}
	w.refusedBy(w.department, id)
	if n := w.count("attendances", "student_id = ?", w.li.StudentID); n != 0 {
		t.Fatal("the refused check-in still counts")
	}
	if _, err := w.Attendance.Accept(t.Context(), w.second, id, "再看"); !errors.Is(err, fault.ErrState) {
		t.Error("only an appeal takes a refusal back", err)
	}
	if _, err := w.file(w.wang, model.AppealCheckIn, id); !errors.Is(err, fault.ErrNotFound) {
		t.Error("somebody else's", err)
	}
	a := w.must(w.file(w.li, model.AppealCheckIn, id))
	if a.FirstBy != w.department.UserID || a.OrgPath != w.Department.Path || a.ActivityID != w.activity.ID {
		t.Errorf("%+v", a)
	}
	if _, err := w.decide(w.department, a.ID, true); !errors.Is(err, access.ErrOwnInterest) {
		t.Error("the first decider", err)
	}
	if got := w.must(w.Get(t.Context(), w.second, a.ID)); got.Decided.State != "REFUSED" || got.Decided.Reason != "不在现场" {
		t.Errorf("%+v", got.Decided)
	}
	if a = w.must(w.decide(w.second, a.ID, true)); a.Effect != appeal.EffectCounted {
		t.Fatalf("%+v", a)
	}
	w.Clock.Set(w.session.EndsAt)
	w.confirmed(model.KindOut, w.li)
	var row model.HoursClaim
	if err := w.World.DB.First(&row, "student_id = ?", w.li.StudentID).Error; err != nil || row.Minutes != 120 || row.Status != model.ClaimComputed {
		t.Errorf("%+v, %v", row, err)
	}
}

// TestARefusedCheckInThatDecidesNothingMore: who is in by another check-in, or has no seat, gains nothing by the refused one.
func TestARefusedCheckInThatDecidesNothingMore(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(w *work, id int64){
		"in again": func(w *work, _ int64) { w.confirmed(model.KindIn, w.li) },
		"no seat":  func(w *work, _ int64) { w.endSignup(w.li) },
		"annulled": func(w *work, id int64) {
			row := model.CheckIn{ID: w.World.NewID(), AnnulsID: &id, StudentID: w.li.StudentID, Nonce: "annul", SignupID: w.live(w.li), SessionID: w.session.ID, Kind: model.KindIn, Method: model.MethodSelfScan, LogicalAt: w.Clock.Now(), ReceivedAt: w.Clock.Now(), Verdict: model.VerdictAnnulled}
			w.Insert(&row)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t, 5, nil)
			id := w.doubted(w.li)
			w.refusedBy(w.department, id)
			a := w.must(w.file(w.li, model.AppealCheckIn, id))
			pairs := w.count("attendances", "1 = 1")
			meanwhile(w, id)
			if name == "in again" {
				pairs++
			}
			if _, err := w.decide(w.second, a.ID, true); !errors.Is(err, appeal.ErrNothing) {
				t.Error(err)
			}
			if n := w.count("attendances", "1 = 1"); n != pairs {
				t.Errorf("%d pairs, want %d", n, pairs)
			}
		})
	}
}

// TestARefusedCheckInOfWhoWasMarkedAbsent: who came was not absent, whether the appeal was there before or comes after. The points are
// back, and the hours come by a proposal.
func TestARefusedCheckInOfWhoWasMarkedAbsent(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"appeals before": true, "appeals after": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t, 5, nil)
			id := w.doubted(w.li)
			w.refusedBy(w.department, id)
			seat := w.signup(w.live(w.li))
			var a appeal.Shown
			if before {
				a = w.must(w.file(w.li, model.AppealCheckIn, id))
			}
			w.Clock.Set(w.activity.EndsAt)
			w.decides(signup.NoShow, seat)
			if !before {
				a = w.must(w.file(w.li, model.AppealCheckIn, id))
			}
			if w.points(w.li) != -3 {
				t.Fatal("the absence costs nothing: the test proves nothing")
			}
			if a = w.must(w.decide(w.second, a.ID, true)); a.Effect != appeal.EffectCounted {
				t.Errorf("%+v", a)
			}
			if s := w.signup(seat.ID); s.Status != model.SignupLeave || w.points(w.li) != 0 || w.count("attendances", "signup_id = ? AND in_id = ?", seat.ID, id) != 1 {
				t.Errorf("%+v, %d points", s, w.points(w.li))
			}
			if _, err := w.file(w.li, model.AppealSignup, seat.ID); !errors.Is(err, appeal.ErrNothing) {
				t.Error("there is something left to appeal against", err)
			}
		})
	}
}

// TestARefusedCheckInOfWhoWasExcused: who had the absence put right first may still have the check-in looked at.
func TestARefusedCheckInOfWhoWasExcused(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	id := w.doubted(w.li)
	w.refusedBy(w.department, id)
	seat := w.signup(w.live(w.li))
	w.Clock.Set(w.activity.EndsAt)
	w.decides(signup.NoShow, seat)
	w.must(w.decide(w.second, w.must(w.file(w.li, model.AppealSignup, seat.ID)).ID, true))
	if a := w.must(w.decide(w.second, w.must(w.file(w.li, model.AppealCheckIn, id)).ID, true)); a.Effect != appeal.EffectCounted || w.points(w.li) != 0 {
		t.Errorf("%+v", a)
	}
}

// endSignup takes the seat of a student away.
func (w *work) endSignup(who access.Actor) {
	w.TB.Helper()
	id := w.live(who)
	if err := w.World.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.Signup{}).Where("id = ?", id).Updates(map[string]any{"status": model.SignupRemoved, "live_activity_id": nil}).Error
	}); err != nil {
		w.TB.Fatal(err)
	}
}
