package signup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/standing"
)

// facts is everything that the answers to some requests depend on, read behind the locks of their students and positions,
// and kept up to date while they are answered one after the other.
type facts struct {
	now        time.Time
	students   map[int64]*student
	positions  map[int64]*seats
	activities map[int64]*event
	blind      bool // only in a test: does not see a live signup in the same activity
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
	return f, f.readActivities(tx)
}

// learn reads what the rules ask of locked students.
func (f *facts) learn(tx *gorm.DB) error {
	for _, step := range []func(*gorm.DB) error{f.readPairings, f.readBusy, f.readTerms, f.readStanding} {
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
	var rows []model.Activity
	if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return fmt.Errorf("read activities: %w", err)
	}
	var sessions []model.Session
	if err := tx.Where("activity_id IN ?", ids).Order("starts_at").Find(&sessions).Error; err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	organisers := make([]int64, 0, len(rows))
	policies := map[int64]model.Policy{}
	for _, r := range rows {
		organisers = append(organisers, r.OrgID)
		if _, known := policies[r.ProgrammeID]; known {
			continue
		}
		policy, err := programme.PolicyOf(tx, r.ProgrammeID)
		if err != nil {
			return err
		}
		policies[r.ProgrammeID] = policy
	}
	orgs, err := org.ByIDs(tx, organisers...)
	if err != nil {
		return err
	}
	for _, r := range rows {
		f.activities[r.ID] = &event{Activity: r, policy: policies[r.ProgrammeID], path: orgs[r.OrgID].Path}
	}
	for _, e := range sessions {
		if a := f.activities[e.ActivityID]; a != nil {
			a.slots = append(a.slots, slot{activityID: e.ActivityID, from: e.StartsAt, until: e.EndsAt, latE6: e.LatE6, lngE6: e.LngE6, place: e.Place})
		}
	}
	return nil
}

// readPairings finds whose units are paired with the hosts, where that matters, and the units that the students belong to.
func (f *facts) readPairings(tx *gorm.DB) error {
	wantPaths := false
	for _, a := range f.activities {
		if a.Audience != nil {
			wantPaths = true
		}
		if a.PairedUntil == nil {
			continue
		}
		wantPaths = true
		if err := a.readPaired(tx, f.now); err != nil {
			return err
		}
	}
	if !wantPaths {
		return nil
	}
	branches := make([]int64, 0, len(f.students))
	for _, st := range f.students {
		branches = append(branches, st.branchID)
	}
	orgs, err := org.ByIDs(tx, sorted(branches)...)
	if err != nil {
		return err
	}
	for _, st := range f.students {
		st.path = orgs[st.branchID].Path
	}
	return nil
}

func (e *event) readPaired(tx *gorm.DB, now time.Time) error {
	host, err := org.ByID(tx, e.HostOrgID)
	if err != nil {
		return err
	}
	day := model.Date(now.In(clock.China()).Format(time.DateOnly))
	var units []int64
	err = tx.Model(&model.Pairing{}).Where("local_org_id IN ? AND programme_id = ? AND status IN ?", onPath(host.Path), e.ProgrammeID,
		[]model.PairingStatus{model.PairingActive, model.PairingDormant}).
		Where("to_on IS NULL OR to_on > ?", day).Pluck("campus_org_id", &units).Error
	if err != nil {
		return fmt.Errorf("read pairings: %w", err)
	}
	e.paired = make(map[int64]struct{}, len(units))
	for _, id := range units {
		e.paired[id] = struct{}{}
	}
	return nil
}

// onPath are the organisations on a path, from the top.
func onPath(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// readBusy reads when the students are busy: the sessions of their live signups, as far as they may matter.
func (f *facts) readBusy(tx *gorm.DB) error {
	from := f.now
	for _, a := range f.activities {
		if a.StartsAt.Before(from) {
			from = a.StartsAt
		}
	}
	ids := make([]int64, 0, len(f.students))
	for id := range f.students {
		ids = append(ids, id)
	}
	var rows []struct {
		StudentID, ActivityID int64
		StartsAt, EndsAt      time.Time
		LatE6                 *int64 `gorm:"column:lat_e6"`
		LngE6                 *int64 `gorm:"column:lng_e6"`
	}
	err := tx.Table("signups AS s").Select("s.student_id, s.live_activity_id AS activity_id, e.starts_at, e.ends_at, e.lat_e6, e.lng_e6").
		Joins("JOIN activity_sessions AS e ON e.activity_id = s.live_activity_id").
		Where("s.student_id IN ? AND s.live_activity_id IS NOT NULL AND e.ends_at >= ?", sorted(ids), from.Add(-week)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read commitments: %w", err)
	}
	for _, r := range rows {
		st := f.students[r.StudentID]
		st.live[r.ActivityID] = struct{}{}
		st.busy = append(st.busy, slot{activityID: r.ActivityID, from: r.StartsAt, until: r.EndsAt, latE6: r.LatE6, lngE6: r.LngE6})
	}
	return nil
}

// readTerms reads what a cap of activities a term needs.
func (f *facts) readTerms(tx *gorm.DB) error {
	capped := false
	for _, a := range f.activities {
		capped = capped || a.policy.TermMaxActivities > 0
	}
	if !capped {
		return nil
	}
	students, universities := make([]int64, 0, len(f.students)), make([]int64, 0, len(f.students))
	for id, st := range f.students {
		students, universities = append(students, id), append(universities, st.universityID)
	}
	var terms []model.Term
	if err := tx.Where("university_id IN ?", sorted(universities)).Find(&terms).Error; err != nil {
		return fmt.Errorf("read terms: %w", err)
	}
	var rows []struct {
		StudentID int64
		StartsAt  time.Time
	}
	err := tx.Table("signups AS s").Select("s.student_id, a.starts_at").Joins("JOIN activities AS a ON a.id = s.live_activity_id").
		Where("s.student_id IN ?", sorted(students)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read activities of a term: %w", err)
	}
	for _, r := range rows {
		f.students[r.StudentID].starts = append(f.students[r.StudentID].starts, r.StartsAt)
	}
	for _, t := range terms {
		for _, st := range f.students {
			if st.universityID == t.UniversityID {
				st.terms = append(st.terms, t)
			}
		}
	}
	return nil
}

// termCount is how many activities with a live signup begin in the term in which e begins; none outside every term.
func (st *student) termCount(e *event) int64 {
	day := func(at time.Time) model.Date { return model.Date(at.In(clock.China()).Format(time.DateOnly)) }
	in := func(t model.Term, d model.Date) bool { return t.StartsOn <= d && d <= t.EndsOn }
	var n int64
	for _, t := range st.terms {
		if !in(t, day(e.StartsAt)) {
			continue
		}
		for _, at := range st.starts {
			if in(t, day(at)) {
				n++
			}
		}
	}
	return n
}

// readStanding reads suspensions always; proofs and consents only where an activity asks for them.
func (f *facts) readStanding(tx *gorm.DB) error {
	students, users := make([]int64, 0, len(f.students)), make([]int64, 0, len(f.students))
	for id, st := range f.students {
		students, users = append(students, id), append(users, st.userID)
	}
	slices.Sort(students)
	until, err := standing.Suspended(tx, f.now, students)
	if err != nil {
		return err
	}
	for id, at := range until {
		f.students[id].suspendedUntil = at
	}
	days, texts := map[model.Date]bool{}, map[string]bool{}
	for _, a := range f.activities {
		if a.TrainingRequired || a.InsuranceRequired || a.MinorsContact {
			days[a.lastDay()] = true
		}
		if a.policy.SignupConsent != "" {
			texts[a.policy.SignupConsent] = true
		}
	}
	for day := range days {
		if err := f.readProofs(tx, day, students); err != nil {
			return err
		}
	}
	for text := range texts {
		given, err := standing.Consents(tx, model.ConsentSignupShare, text, sorted(users))
		if err != nil {
			return err
		}
		for _, st := range f.students {
			if st.consents == nil {
				st.consents = map[string]bool{}
			}
			st.consents[text] = given[st.userID]
		}
	}
	return nil
}

func (f *facts) readProofs(tx *gorm.DB, day model.Date, students []int64) error {
	held, err := standing.Proofs(tx, day, students)
	if err != nil {
		return err
	}
	for _, st := range f.students {
		if st.held == nil {
			st.held = map[model.Date]standing.Held{}
		}
		st.held[day] = held[st.id]
	}
	return nil
}

// lastDay is the day in China on which the activity ends: what is asked for must hold until then.
func (e *event) lastDay() model.Date {
	return model.Date(e.EndsAt.In(clock.China()).Format(time.DateOnly))
}
