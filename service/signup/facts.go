package signup

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/standing"
	"baodao/service/survey"
)

// facts is everything that the answers to some requests depend on, read behind the locks of their students and positions,
// and kept up to date while they are answered one after the other.
type facts struct {
	now        time.Time
	students   map[int64]*student
	positions  map[int64]*seats
	activities map[int64]*event
	keptAway   map[survey.Pair]bool // by their hosts
	blind      bool                 // only in a test: does not see a live signup in the same activity
}

// student is what counts of one student.
type student struct {
	id, userID, branchID, universityID int64
	path                               string // of the branch
	grade                              string
	tags                               []string
	busy                               []slot             // sessions of live signups, from a week before the first asked for
	live                               map[int64]struct{} // activities with a live signup
	suspendedUntil                     time.Time
	held                               map[model.Date]standing.Held
	consents                           map[string]bool // by text version
	starts                             []time.Time     // of activities with a live signup, where a term's number of them matters
	terms                              []model.Term    // of the university, where they matter
}

// slot is a session that somebody is busy with.
type slot struct {
	activityID   int64
	from, until  time.Time
	latE6, lngE6 *int64
	place        string
}

// event is an activity with what its sign-up depends on.
type event struct {
	model.Activity
	slots  []slot
	policy model.Policy
	path   string             // of the organiser
	choosy bool               // the host keeps somebody away
	drawn  bool               // its lots; read only where a merged activity's students come in after that
	paired map[int64]struct{} // campus units with a pairing in force with the host or what is above it
}

// lock locks students, then positions, each in the order of their ids, and reads the positions' activities.
func (s *Service) lock(tx *gorm.DB, studentIDs, positionIDs []int64) (*facts, error) {
	f := &facts{now: s.Now(), students: map[int64]*student{}, positions: map[int64]*seats{}, activities: map[int64]*event{}, blind: s.weak.dontLookBack}
	if err := s.readStudents(tx, f, studentIDs); err != nil {
		return nil, err
	}
	if err := s.readPositions(tx, f, positionIDs); err != nil {
		return nil, err
	}
	if err := f.readActivities(tx); err != nil {
		return nil, err
	}
	return f, nil
}

// learn reads what the rules ask of locked students.
func (f *facts) learn(tx *gorm.DB) error {
	for _, step := range []func(*gorm.DB) error{f.readPairings, f.readBusy, f.readTerms, f.readStanding, f.readBlocks} {
		if err := step(tx); err != nil {
			return err
		}
	}
	return nil
}

// sorted is a set of ids in order.
func sorted(ids []int64) []int64 { return slices.Compact(slices.Sorted(slices.Values(ids))) }

func (s *Service) readStudents(tx *gorm.DB, f *facts, ids []int64) error {
	q := tx.Model(&model.StudentProfile{})
	if !s.weak.dontLock {
		q = atomic.ForUpdate(q)
	}
	var rows []model.StudentProfile
	err := q.Select("id", "user_id", "branch_id", "university_id", "grade", "tags").Where("id IN ?", sorted(ids)).Order("id").Find(&rows).Error
	if err != nil {
		return fmt.Errorf("lock students: %w", err)
	}
	for _, r := range rows {
		st := &student{id: r.ID, branchID: r.BranchID, universityID: r.UniversityID, grade: r.Grade, tags: r.Tags, live: map[int64]struct{}{}}
		if r.UserID != nil {
			st.userID = *r.UserID
		}
		f.students[r.ID] = st
	}
	return nil
}

func (s *Service) readPositions(tx *gorm.DB, f *facts, ids []int64) error {
	q := tx
	if !s.weak.dontLockSeats {
		q = atomic.ForUpdate(tx)
	}
	var rows []model.Position
	if err := q.Where("id IN ?", sorted(ids)).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("lock positions: %w", err)
	}
	for _, r := range rows {
		f.positions[r.ID] = &seats{Position: r, was: r, limitless: s.weak.limitless}
	}
	return nil
}

// readActivities reads the activities of the positions, as they are now that nobody can cancel them before this
// transaction ends: who cancels one takes its positions first.
func (f *facts) readActivities(tx *gorm.DB) error {
	ids := make([]int64, 0, len(f.positions))
	for _, p := range f.positions {
		ids = append(ids, p.ActivityID)
	}
	ids = sorted(ids)
	var rows []struct {
		model.Activity

		Choosy bool
	}
	if err := tx.Model(&model.Activity{}).Select("activities.*", survey.Choosy).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return fmt.Errorf("read activities: %w", err)
	}
	var sessions []model.Session
	if err := tx.Where("activity_id IN ?", ids).Order("starts_at").Find(&sessions).Error; err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	organisers := make([]int64, 0, len(rows))
	for _, r := range rows {
		organisers = append(organisers, r.OrgID)
	}
	orgs, err := org.ByIDs(tx, organisers...)
	if err != nil {
		return err
	}
	known := policies{}
	for _, r := range rows {
		policy, err := known.of(tx, r.ProgrammeID)
		if err != nil {
			return err
		}
		f.activities[r.ID] = &event{Activity: r.Activity, policy: policy, path: orgs[r.OrgID].Path, choosy: r.Choosy}
	}
	for _, e := range sessions {
		if a := f.activities[e.ActivityID]; a != nil {
			a.slots = append(a.slots, slot{activityID: e.ActivityID, from: e.StartsAt, until: e.EndsAt, latE6: e.LatE6, lngE6: e.LngE6, place: e.Place})
		}
	}
	return nil
}

// policies are those of programmes, each read once.
type policies map[int64]model.Policy

func (p policies) of(tx *gorm.DB, programmeID int64) (model.Policy, error) {
	policy, known := p[programmeID]
	if known {
		return policy, nil
	}
	policy, err := programme.PolicyOf(tx, programmeID)
	if err == nil {
		p[programmeID] = policy
	}
	return policy, err
}
