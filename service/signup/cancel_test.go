package signup_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/signup"
)

func TestCancel(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		at   func(b *bench) time.Time
		as   func(b *bench, me access.Actor) access.Actor
		want *fault.Fault
		to   model.SignupStatus
	}{
		"in time":                    {at: func(b *bench) time.Time { return b.activity.CancelUntil.Add(-time.Millisecond) }, to: model.SignupCancelled},
		"at the end of free time":    {at: func(b *bench) time.Time { return b.activity.CancelUntil }, to: model.SignupLateCancel},
		"a millisecond before start": {at: func(b *bench) time.Time { return b.activity.StartsAt.Add(-time.Millisecond) }, to: model.SignupLateCancel},
		"when it starts":             {at: func(b *bench) time.Time { return b.activity.StartsAt }, want: signup.ErrStarted},
		"nobody":                     {as: func(*bench, access.Actor) access.Actor { return access.Actor{} }, want: access.ErrRequired},
		"another student":            {as: func(b *bench, _ access.Actor) access.Actor { return b.Student("别人", b.Branch) }, want: fault.ErrNotFound},
		"clerk of the host":          {as: func(b *bench, _ access.Actor) access.Actor { return b.Staff("干事", access.HostStaff, b.Community) }, want: access.ErrDenied},
		"lead who sees it but may not": {as: func(b *bench, _ access.Actor) access.Actor {
			lead := b.Student("队长", b.Branch)
			b.Team(b.project, model.TeamLead, lead)
			return lead
		}, want: access.ErrDenied},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1, nil)
			me := b.Student("我", b.Branch)
			row := b.must(me, b.position.ID)
			if c.at != nil {
				b.Clock.Set(c.at(b))
			}
			if c.as != nil {
				me = c.as(b, me)
			}
			before := b.rows()
			got, err := b.s.Cancel(t.Context(), me, row.ID)
			is(t, err, c.want)
			if b.taken(b.position.ID) != b.live(b.position.ID) {
				t.Errorf("taken %d, live %d", b.taken(b.position.ID), b.live(b.position.ID))
			}
			if c.want != nil {
				if b.rows() != before || b.taken(b.position.ID) != 1 {
					t.Error("a refusal left something behind")
				}
				return
			}
			if got.Status != c.to || got.LiveActivityID != nil || b.taken(b.position.ID) != 0 || b.rows() != before+1 {
				t.Errorf("%+v, taken %d", got, b.taken(b.position.ID))
			}
			b.Clock.Add(100 * hour)
			again, err := b.s.Cancel(t.Context(), me, row.ID)
			is(t, err, nil)
			if again.Status != got.Status || again.Version != got.Version || b.rows() != before+1 {
				t.Errorf("repeat: %+v, first %+v", again, got)
			}
		})
	}
}

func TestCancelUnknown(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	_, err := b.s.Cancel(t.Context(), b.Student("我", b.Branch), 99)
	is(t, err, fault.ErrNotFound)
}

// cancelActivity does what service/project does: it moves the activity and then calls the releaser.
func cancelActivity(b *bench, actor access.Actor) error {
	return b.DB.Transaction(func(tx *gorm.DB) error {
		if err := tx.Table("activities").Where("id = ?", b.activity.ID).Update("status", model.ActivityCancelled).Error; err != nil {
			return err
		}
		return b.s.ReleaseActivity(tx, actor, b.activity, "台风")
	})
}

func TestReleaseActivity(t *testing.T) {
	t.Parallel()
	b := newBench(t, 200, nil)
	clerk := b.Staff("干事", access.HostStaff, b.Community)
	all := b.students(150)
	for _, a := range all {
		b.must(a, b.position.ID)
	}
	_, err := b.s.Cancel(t.Context(), all[0], b.must(b.Student("晚来", b.Branch), b.position.ID).ID)
	is(t, err, fault.ErrNotFound) // not one's own
	gone, err := b.s.Cancel(t.Context(), all[0], firstOf(b, all[0]))
	is(t, err, nil)
	before := b.rows()
	if err := cancelActivity(b, clerk); err != nil {
		t.Fatal(err)
	}
	var removed int64
	if err := b.DB.Model(&model.Signup{}).Where("status = ? AND reason = ? AND live_activity_id IS NULL AND version = 2", model.SignupRemoved, "台风").Count(&removed).Error; err != nil {
		t.Fatal(err)
	}
	if removed != 150 || b.taken(b.position.ID) != 0 || b.live(b.position.ID) != 0 || b.rows() != before+150 {
		t.Errorf("%d removed, taken %d, live %d, %d audit rows", removed, b.taken(b.position.ID), b.live(b.position.ID), b.rows()-before)
	}
	if after, err := b.s.Cancel(t.Context(), all[0], gone.ID); err != nil || after.Status != model.SignupCancelled {
		t.Errorf("a cancelled signup was touched: %+v, %v", after, err)
	}
	_, err = b.s.Cancel(t.Context(), all[1], firstOf(b, all[1]))
	is(t, err, fault.ErrState)
	_, err = b.s.Create(t.Context(), all[1], b.position.ID, "", key("again"))
	is(t, err, signup.ErrClosed)
}

func TestReleaseActivityWithNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	if err := cancelActivity(b, access.System("test")); err != nil {
		t.Fatal(err)
	}
}

// firstOf is the id of a student's first signup.
func firstOf(b *bench, a access.Actor) int64 {
	b.TB.Helper()
	var row model.Signup
	if err := b.DB.Where("student_id = ?", a.StudentID).Order("id").First(&row).Error; err != nil {
		b.TB.Fatal(err)
	}
	return row.ID
}
