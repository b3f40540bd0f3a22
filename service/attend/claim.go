package attend

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// basis is what a claim rests on whose pair this closes: times that staff stated later, a log of remote work, or codes and
// staff who were there.
func (g good) basis() string {
	switch {
	case g.corrected:
		return model.BasisManual
	case g.row.Method == model.MethodRemote:
		return model.BasisRemote
	default:
		return model.BasisCheckIn
	}
}

// proposer is who stated the times of a MANUAL claim: they take no step for it. nil for measured times.
func (g good) proposer() *int64 {
	if !g.corrected {
		return nil
	}
	return &g.actor.UserID
}

// credit turns pairs that were just closed into claims and completes the signups all of whose pairs are closed.
func (s *Service) credit(tx *gorm.DB, tries []good) error {
	if len(tries) == 0 {
		return nil
	}
	e, err := readEarnings(tx, tries)
	if err != nil {
		return err
	}
	var acts []audit.Act
	var rows []model.HoursClaim
	for _, g := range tries {
		c := e.credit(g.try)
		at := pair{g.try.signup.ID, g.try.scene.session.ID}
		status := model.ClaimComputed
		if e.doubted[at] {
			status = model.ClaimInReview
		}
		if old := e.claims[at]; old != nil {
			if err := s.recompute(tx, g, c, old, status); err != nil {
				return err
			}
			continue
		}
		row := s.newClaim(g, c, status)
		rows = append(rows, row)
		acts = append(acts, audit.Act{Actor: g.actor, Entry: audit.Entry{
			Action: "hours.compute", Object: row.TableName(), ObjectID: row.ID, OrgPath: g.try.scene.path, To: row.State(), Data: claimData(g.try, c),
		}})
	}
	if len(rows) > 0 {
		if err := tx.CreateInBatches(rows, rowsMost).Error; err != nil {
			return fmt.Errorf("insert claims: %w", err)
		}
	}
	if err := s.Audit.WriteActs(tx, acts); err != nil {
		return err
	}
	return s.complete(tx, tries)
}

func claimData(t attempt, c credit) map[string]any {
	return map[string]any{"minutes": c.minutes, "session_id": t.scene.session.ID, "signup_id": t.signup.ID}
}

func classOf(a model.Activity) string {
	if a.CountsAsVolunteer {
		return model.ClassVolunteer
	}
	return model.ClassPractice
}

// newClaim is the claim of a pair.
func (s *Service) newClaim(g good, c credit, status model.ClaimStatus) model.HoursClaim {
	t, now := g.try, s.Now()
	return model.HoursClaim{
		ID: s.NewID(), SignupID: t.signup.ID, SessionID: t.scene.session.ID, ActivityID: t.scene.activity.ID, StudentID: t.signup.StudentID,
		Minutes: c.minutes, Class: classOf(t.scene.activity), Basis: g.basis(), InID: *t.attendance.InID, OutID: *t.attendance.OutID,
		StartsAt: c.from, EndsAt: c.until(), Status: status, ProposedBy: g.proposer(), Reason: c.reason, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// recompute computes a claim anew when its check-out had been annulled, or its times are corrected. Any other decision about
// it stands.
func (s *Service) recompute(tx *gorm.DB, g good, c credit, old *model.HoursClaim, status model.ClaimStatus) error {
	if old.Status != model.ClaimDisputed || (old.Reason != reasonAnnulled && !g.corrected) {
		return nil
	}
	t := g.try
	return s.Audit.Move(tx, g.actor, old, audit.Move{
		Action: "hours.compute", To: string(status), OrgPath: t.scene.path, Data: claimData(t, c),
		Set: map[string]any{
			"minutes": c.minutes, "class": classOf(t.scene.activity), "basis": g.basis(), "reason": c.reason, "starts_at": c.from, "ends_at": c.until(),
			"in_id": *t.attendance.InID, "out_id": *t.attendance.OutID, "lead_by": nil, "host_by": nil, "second_by": nil, "proposed_by": g.proposer(),
		},
	})
}

// complete moves signups on whose pairs are all closed.
func (s *Service) complete(tx *gorm.DB, tries []good) error {
	var signups, activities []int64
	for _, g := range tries {
		if g.try.signup.Status == model.SignupConfirmed {
			signups, activities = append(signups, g.try.signup.ID), append(activities, g.try.scene.activity.ID)
		}
	}
	if len(signups) == 0 {
		return nil
	}
	sessions, err := countBy(tx.Table("activity_sessions").Select("activity_id AS id, COUNT(*) AS n").Where("activity_id IN ?", distinct(activities)).Group("activity_id"))
	if err != nil {
		return err
	}
	closed, err := countBy(tx.Table("attendances AS t").Joins("JOIN signups AS p ON p.id = t.signup_id").
		Joins("JOIN activity_sessions AS e ON e.id = t.session_id AND e.activity_id = p.activity_id").
		Select("t.signup_id AS id, COUNT(*) AS n").Where("t.signup_id IN ? AND t.out_at IS NOT NULL", distinct(signups)).Group("t.signup_id"))
	if err != nil {
		return err
	}
	var turns []audit.Turn[*model.Signup]
	for i := range tries {
		t := &tries[i].try
		known := slices.ContainsFunc(turns, func(o audit.Turn[*model.Signup]) bool { return o.Row.ID == t.signup.ID })
		if t.signup.Status == model.SignupConfirmed && closed[t.signup.ID] >= sessions[t.scene.activity.ID] && !known {
			turns = append(turns, audit.Turn[*model.Signup]{Actor: tries[i].actor, Row: &t.signup, OrgPath: t.scene.path})
		}
	}
	return audit.MoveEach(tx, s.Audit, turns, audit.Move{Action: "signup.complete", To: string(model.SignupCompleted)})
}

// countBy reads counts by id.
func countBy(q *gorm.DB) (map[int64]int64, error) {
	var rows []struct{ ID, N int64 }
	if err := q.Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count pairs: %w", err)
	}
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.ID] = r.N
	}
	return out, nil
}

// earnings is what the worth of some pairs depends on, kept up to date while they are credited one after the other.
type earnings struct {
	claims  map[pair]*model.HoursClaim // of the pairs themselves, locked
	doubted map[pair]bool              // pairs half of which waits for a reviewer
	others  map[int64][]earned         // claims of each student
}

// earned is a claim as it counts against others.
type earned struct {
	StudentID, SignupID, SessionID, Minutes int64
	StartsAt, EndsAt                        time.Time
	SessionStartsAt                         *time.Time
}

// readEarnings locks the claims of the pairs, and reads those of the students that end on the day of the first session or later.
func readEarnings(tx *gorm.DB, tries []good) (*earnings, error) {
	pairs, students := make([]pair, len(tries)), make([]int64, len(tries))
	since, _ := dayBounds(tries[0].try.scene.session.StartsAt)
	for i, g := range tries {
		pairs[i], students[i] = pair{g.try.signup.ID, g.try.scene.session.ID}, g.try.signup.StudentID
		if from, _ := dayBounds(g.try.scene.session.StartsAt); from.Before(since) {
			since = from
		}
	}
	e := &earnings{claims: map[pair]*model.HoursClaim{}, others: map[int64][]earned{}}
	var own []*model.HoursClaim
	if err := either(atomic.ForUpdate(tx), "(signup_id = ? AND session_id = ?)", pairs).Order("id").Find(&own).Error; err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	for _, c := range own {
		e.claims[pair{c.SignupID, c.SessionID}] = c
	}
	var err error
	if e.doubted, err = doubted(tx, pairs); err != nil {
		return nil, err
	}
	var rows []earned
	err = tx.Table("hours_claims AS c").Joins("LEFT JOIN activity_sessions AS e ON e.id = c.session_id").
		Where("c.student_id IN ? AND c.ends_at >= ? AND c.status <> ?", distinct(students), since, model.ClaimRejected).
		Select("c.student_id, c.signup_id, c.session_id, c.minutes, c.starts_at, c.ends_at, e.starts_at AS session_starts_at").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read claims of students: %w", err)
	}
	for _, r := range rows {
		e.others[r.StudentID] = append(e.others[r.StudentID], r)
	}
	return e, nil
}

// credit computes what a pair is worth and notes it. The minutes of a session count for the day in China on which it starts.
// Sessions of one student's signups do not overlap, unless one was moved afterwards: then the later claim is worth nothing.
func (e *earnings) credit(t attempt) credit {
	session, student := t.scene.session, t.signup.StudentID
	others := slices.DeleteFunc(e.others[student], func(o earned) bool { return o.SignupID == t.signup.ID && o.SessionID == session.ID })
	from, to := dayBounds(session.StartsAt)
	var used int64
	for _, o := range others {
		starts := o.StartsAt
		if o.SessionStartsAt != nil {
			starts = *o.SessionStartsAt
		}
		if !starts.Before(from) && starts.Before(to) {
			used += o.Minutes
		}
	}
	c := worth(*t.attendance.InAt, *t.attendance.OutAt, session, t.scene.policy, t.scene.policy.DayMaxMinutes-used)
	overlaps := func(o earned) bool { return o.StartsAt.Before(c.until()) && o.EndsAt.After(c.from) }
	if c.minutes > 0 && slices.ContainsFunc(others, overlaps) {
		c.minutes, c.reason = 0, reasonOverlap
	}
	e.others[student] = append(others, earned{
		StudentID: student, SignupID: t.signup.ID, SessionID: session.ID, Minutes: c.minutes, StartsAt: c.from, EndsAt: c.until(), SessionStartsAt: &session.StartsAt,
	})
	return c
}

// claimOf locks and reads the claim of a pair; nil if there is none.
func claimOf(tx *gorm.DB, signupID, sessionID int64) (*model.HoursClaim, error) {
	var rows []*model.HoursClaim
	err := atomic.ForUpdate(tx).Where("signup_id = ? AND session_id = ?", signupID, sessionID).Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read claim: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // none is a good answer
	}
	return rows[0], nil
}
