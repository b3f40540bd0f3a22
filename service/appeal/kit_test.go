package appeal_test

import (
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/attend"
	"baodao/service/idem"
	"baodao/service/signup"
	"baodao/service/standing"
)

// court is a world with the service, the people who decide at each level, and a student.
type court struct {
	*testkit.World
	*appeal.Service
	department, second, university, city access.Actor
	town, host                           access.Actor
	li, wang                             access.Actor // students of the branch
	signups                              int64
}

func newCourt(t *testing.T) *court {
	t.Helper()
	w := testkit.NewWorld(t)
	notices := w.Notices()
	standings := &standing.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}
	signups := &signup.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Notify: notices, Standing: standings, SeedKey: make([]byte, 32)}
	c := &court{World: w, Service: &appeal.Service{
		DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Notify: notices, Standing: standings, Signups: signups,
		Attendance: &attend.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Notify: notices, CodeKey: make([]byte, 32), LedgerKey: make([]byte, 32)},
	}}
	c.department = w.Staff("系里", access.CommitteeOfficer, w.Department)
	c.second = w.Staff("系里另一位", access.CommitteeOfficer, w.Department)
	c.university = w.Staff("校里", access.CommitteeOfficer, w.University)
	c.city = w.Staff("市里", access.CommitteeOfficer, w.City)
	c.town = w.Staff("镇里", access.TownOfficer, w.Town)
	c.host = w.Staff("社区", access.HostStaff, w.Community)
	c.li, c.wang = w.Student("李", w.Branch), w.Student("王", w.Branch)
	return c
}

// penalise writes a penalty for a signup of its own that somebody marked (nobody: the program).
func (c *court) penalise(who, by access.Actor, kind string) model.ReliabilityEntry {
	c.TB.Helper()
	c.signups++
	c.mark("signups", c.signups, by, string(model.SignupNoShow))
	return c.penaltyOf(who, c.signups, kind)
}

// mark writes into the audit log who took a row to a state.
func (c *court) mark(table string, id int64, by access.Actor, state string) {
	c.Insert(&model.AuditEntry{ID: c.World.NewID(), At: c.Clock.Now(), UserID: by.UserID, Action: "x", Object: table, ObjectID: id, FromState: "CONFIRMED", ToState: state, Data: "{}"})
}

func (c *court) penaltyOf(who access.Actor, signupID int64, kind string) model.ReliabilityEntry {
	c.TB.Helper()
	err := c.World.DB.Transaction(func(tx *gorm.DB) error {
		return c.Standing.Penalise(tx, access.System("test"), standing.Penalty{StudentID: who.StudentID, SignupID: signupID, ProgrammeID: c.Programme.ID, Kind: kind})
	})
	if err != nil {
		c.TB.Fatal(err)
	}
	var row model.ReliabilityEntry
	if err := c.World.DB.First(&row, "signup_id = ? AND kind = ?", signupID, kind).Error; err != nil {
		c.TB.Fatal(err)
	}
	return row
}

// file appeals as a student.
func (c *court) file(who access.Actor, kind string, id int64) (appeal.Shown, error) {
	return c.File(c.TB.Context(), who, idem.Key{}, appeal.New{Kind: kind, SubjectID: id, Text: "当天住院，\n有证明"})
}

// filed appeals against a no-show that nobody marked.
func (c *court) filed() appeal.Shown {
	c.TB.Helper()
	out, err := c.file(c.li, model.AppealPenalty, c.penalise(c.li, access.Actor{}, model.ReliabilityNoShow).ID)
	if err != nil {
		c.TB.Fatal(err)
	}
	return out
}

func (c *court) decide(who access.Actor, id int64, uphold bool) (appeal.Shown, error) {
	return c.Decide(c.TB.Context(), who, id, appeal.Decision{Uphold: uphold, Reason: "核查过了"})
}

// must demands success.
func (c *court) must(out appeal.Shown, err error) appeal.Shown {
	c.TB.Helper()
	if err != nil {
		c.TB.Fatal(err)
	}
	return out
}

// points are what a student's lines sum to.
func (c *court) points(who access.Actor) (sum int64) {
	c.TB.Helper()
	if err := c.World.DB.Model(&model.ReliabilityEntry{}).Where("student_id = ?", who.StudentID).Select("COALESCE(SUM(points),0)").Scan(&sum).Error; err != nil {
		c.TB.Fatal(err)
	}
	return sum
}

func (c *court) count(table, where string, args ...any) (n int64) {
	c.TB.Helper()
	if err := c.World.DB.Table(table).Where(where, args...).Count(&n).Error; err != nil {
		c.TB.Fatal(err)
	}
	return n
}
