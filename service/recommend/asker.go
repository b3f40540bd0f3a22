package recommend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/read"
	"baodao/service/round"
	"baodao/service/survey"
)

// Asker is who asks, and what was read of them.
type Asker struct {
	now        time.Time
	student    score.Student
	stated     bool
	branchPath string
	units      []int64 // of the path
	grade      string
	tags       []string
	busy       []span         // sessions of activities with a live signup, by their beginning
	apart      map[int64]bool // hosts from whom the student is kept apart, whoever wanted it
	paired     []string       // paths of local units that the branch or a unit above it is paired with
	partners   map[int64]bool // those units
	served     []int64        // hosts of what was completed, the last first

	radius int32
	last   *ended // nil: there was no round
}

// ours is the number by which a student's branch is known to a position that is paired with it.
const ours = 0

// Asker reads who asks for what is open in a programme, in a constant number of queries. Nothing of it is remembered between
// questions. Errors: as Recommend.
func (s *Service) Asker(ctx context.Context, actor access.Actor, programmeID int64, season string) (*Asker, error) {
	return s.asker(ctx, actor, programmeID, season, nil)
}

// asker is Asker before a picture, which knows the policy and whether there was a round; nil knows nothing.
func (s *Service) asker(ctx context.Context, actor access.Actor, programmeID int64, season string, p *picture) (*Asker, error) {
	db := read.Prepared(ctx, s.DB)
	a := &Asker{now: s.Now(), apart: map[int64]bool{}, partners: map[int64]bool{}}
	a.student = score.Student{Campus: score.None, Served: score.None, Branch: ours, Group: score.None, Interests: [3]int8{score.None, score.None, score.None}}
	if err := a.profile(db, actor.StudentID); err != nil {
		return nil, err
	}
	policy, err := p.policyOf(db, programmeID)
	if err != nil {
		return nil, err
	}
	said, err := s.Survey.StudentsBy(db, policy, programmeID, season == model.SeasonVacation, actor.StudentID)
	if err != nil {
		return nil, err
	}
	if err := a.stand(db, season, a.willing(said)); err != nil {
		return nil, err
	}
	for _, step := range []func(*gorm.DB, int64) error{a.commitments, a.history, a.keptApart} {
		if err := step(db, actor.StudentID); err != nil {
			return nil, err
		}
	}
	if p == nil || len(p.rounds.last) > 0 { // it counts for chances alone, which are told by a round that is over
		if a.student.Waited, err = round.Waited(db, programmeID, actor.StudentID); err != nil {
			return nil, err
		}
	}
	err = a.pairings(db, programmeID)
	return a, err
}

// policyOf is the policy that is at hand, or that is read.
func (p *picture) policyOf(db *gorm.DB, programmeID int64) (model.Policy, error) {
	if p != nil && p.policy != nil {
		return *p.policy, nil
	}
	return programme.PolicyOf(db, programmeID)
}

func (a *Asker) profile(db *gorm.DB, id int64) error {
	var p struct {
		Path, Grade string
		Tags        []string `gorm:"serializer:json"`
	}
	res := db.Table("student_profiles AS s").Select("o.path, s.grade, s.tags").Joins("JOIN orgs AS o ON o.id = s.branch_id").Where("s.id = ?", id).Limit(1).Find(&p)
	if res.Error != nil {
		return fmt.Errorf("read who asks: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.ErrNotFound
	}
	a.branchPath, a.units, a.grade, a.tags = p.Path, org.PathIDs(p.Path), p.Grade, p.Tags
	return nil
}

// willing takes what the student has said. Who has said nothing is free always and goes as far as one goes.
func (a *Asker) willing(said []survey.Student) (home *geo.Point) {
	if len(said) == 0 {
		a.student.Slots, a.student.MaxDist = 1<<score.Slots-1, 1_000_000
		return nil
	}
	w := said[0]
	a.stated = true
	a.student.Slots, a.student.Skills, a.student.Interests, a.student.MaxDist = uint64(w.Slots), w.Skills, w.Interests, w.MaxDistM
	return w.Home
}

// stand puts the student where distances count from.
func (a *Asker) stand(db *gorm.DB, season string, home *geo.Point) error {
	var at geo.Point
	if season == model.SeasonVacation {
		if home == nil {
			return ErrNoHome
		}
		at = *home
	} else {
		there, ok, err := survey.PlaceOn(db, a.branchPath)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNowhere
		}
		at = there
	}
	a.student.At, a.student.LatE6, a.student.LonE6 = at.XYZ(), int32(at.LatE6), int32(at.LngE6) //nolint:gosec // degrees
	return nil
}

func (a *Asker) commitments(db *gorm.DB, id int64) (err error) {
	rows, err := db.Raw(`SELECT e.starts_at, e.ends_at FROM signups s JOIN activity_sessions e ON e.activity_id = s.live_activity_id
WHERE s.student_id = ? AND s.live_activity_id IS NOT NULL AND e.ends_at > ? ORDER BY e.starts_at`, id, a.now).Rows()
	if err != nil {
		return fmt.Errorf("read commitments: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t span
		if err := rows.Scan(&t.from, &t.to); err != nil {
			return fmt.Errorf("read commitments: %w", err)
		}
		if n := len(a.busy); n > 0 && a.busy[n-1].to.After(t.from) { // one time without a gap, so that ends rise too
			a.busy[n-1].to = later(a.busy[n-1].to, t.to)
			continue
		}
		a.busy = append(a.busy, t)
	}
	return rows.Err()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// historyMost bounds how far back it is looked for who was served.
const historyMost = 100

func (a *Asker) history(db *gorm.DB, id int64) error {
	err := db.Raw("SELECT a.host_org_id FROM signups s JOIN activities a ON a.id = s.activity_id WHERE s.student_id = ? AND s.status = ? ORDER BY a.ends_at DESC, a.id DESC LIMIT ?",
		id, model.SignupCompleted, historyMost).Scan(&a.served).Error
	if err != nil {
		return fmt.Errorf("read where the student has served: %w", err)
	}
	return nil
}

func (a *Asker) keptApart(db *gorm.DB, id int64) error {
	pairs, err := survey.BlocksOf(db, id)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		a.apart[p.HostOrgID] = true
	}
	return nil
}

// pairings reads the local units with which the branch, or a unit above it, has a pairing in force today, as signing up does.
func (a *Asker) pairings(db *gorm.DB, programmeID int64) error {
	today := model.Date(a.now.In(clock.China()).Format(time.DateOnly))
	var rows []struct {
		ID   int64
		Path string
	}
	err := db.Table("pairings AS p").Select("DISTINCT o.id, o.path").Joins("JOIN orgs AS o ON o.id = p.local_org_id").
		Where("p.programme_id = ? AND p.campus_org_id IN ? AND p.status IN ? AND (p.to_on IS NULL OR p.to_on > ?)",
			programmeID, a.units, []model.PairingStatus{model.PairingActive, model.PairingDormant}, today).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read pairings: %w", err)
	}
	for _, r := range rows {
		a.paired, a.partners[r.ID] = append(a.paired, r.Path), true
	}
	return nil
}

// before is the asker before a picture: with how far one goes, how the last round ended, and the number of the community
// served before.
func (a *Asker) before(p *picture, ask Ask) *Asker {
	b := *a
	a = &b
	a.radius = termRadius
	if ask.Season == model.SeasonVacation {
		a.radius = vacationRadius
	}
	if r := of(p.rounds.far, ask.Season, a.branchPath); r != nil {
		a.radius = r.radius
	}
	if ask.round != nil {
		a.radius = int32(ask.round.RadiusM) //nolint:gosec // checked when it was made
	}
	a.last = of(p.rounds.last, ask.Season, a.branchPath)
	a.student.Served = score.None
	for _, host := range a.served {
		if number, known := p.hosts[host]; known {
			a.student.Served = number
			break
		}
	}
	return a
}
