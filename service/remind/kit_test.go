package remind_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/remind"
	"baodao/service/signup"
)

// kit is a world with the jobs and a published activity in 48 hours, at 09:00 on a Wednesday in China.
type kit struct {
	*testkit.World
	*remind.Service
	signups  *signup.Service
	projects *project.Service
	host     access.Actor
	activity model.Activity
	session  model.Session
	position model.Position
}

func newKit(t *testing.T, change func(*model.Activity, *model.Session)) *kit {
	t.Helper()
	w := testkit.NewWorld(t)
	k := &kit{World: w, Service: &remind.Service{DB: w.DB, Now: w.Clock.Now, Notify: w.Notices()}}
	k.signups = &signup.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault}
	k.projects = &project.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Signups: k.signups, Notify: k.Notify}
	k.host = w.Staff("干事", access.HostStaff, w.Community)
	k.activity, k.session, k.position = w.Activity(w.Project(w.Pair(w.Branch, w.Community), "清洁"), 100, change)
	return k
}

// member is a student with a seat.
func (k *kit) member(name string) (access.Actor, model.Signup) {
	k.TB.Helper()
	a := k.Student(name, k.Branch)
	row, err := k.signups.Create(k.TB.Context(), a, k.position.ID, "", idem.Key{})
	if err != nil {
		k.TB.Fatal(err)
	}
	return a, row
}

// before puts the clock to so long before the session and runs the jobs.
func (k *kit) before(d time.Duration) {
	k.TB.Helper()
	k.Clock.Set(k.session.StartsAt.Add(-d))
	k.run()
}

// run runs both jobs, and both once more: a repeat changes nothing.
func (k *kit) run() {
	k.TB.Helper()
	for range 2 {
		if err := k.Plan(k.TB.Context()); err != nil {
			k.TB.Fatal(err)
		}
		if err := k.Spread(k.TB.Context()); err != nil {
			k.TB.Fatal(err)
		}
	}
	var open int64
	if err := k.World.DB.Model(&model.NoticeFanout{}).Where("done_at IS NULL").Count(&open).Error; err != nil || open > 0 {
		k.TB.Fatalf("%d fan-outs are open, %v", open, err)
	}
}

// move puts the session elsewhere in time, as the host does.
func (k *kit) move(by time.Duration) {
	k.TB.Helper()
	a, err := project.ActivityByID(k.World.DB, k.activity.ID)
	if err != nil {
		k.TB.Fatal(err)
	}
	k.session.StartsAt, k.session.EndsAt = k.session.StartsAt.Add(by), k.session.EndsAt.Add(by)
	to := project.Slot{StartsAt: k.session.StartsAt, EndsAt: k.session.EndsAt, Place: k.session.Place, RadiusM: 200}
	if _, err := k.projects.MoveSession(k.TB.Context(), k.host, k.session.ID, a.Version, to); err != nil {
		k.TB.Fatal(err)
	}
}

func (k *kit) exec(sql string, args ...any) {
	k.TB.Helper()
	if err := k.World.DB.Transaction(func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		k.TB.Fatal(err)
	}
}

// present checks a student in.
func (k *kit) present(row model.Signup) {
	k.TB.Helper()
	at := k.session.StartsAt
	k.Insert(&model.Attendance{SignupID: row.ID, SessionID: k.session.ID, StudentID: row.StudentID, InAt: &at})
}

// fanOut notes that the activity is told to its audience.
func (k *kit) fanOut() {
	k.TB.Helper()
	err := k.World.DB.Transaction(func(tx *gorm.DB) error {
		return k.Notify.FanOut(tx, notify.Fact{Kind: notify.ActivityPublished, Object: "activities", ObjectID: k.activity.ID, At: k.Clock.Now()})
	})
	if err != nil {
		k.TB.Fatal(err)
	}
}
