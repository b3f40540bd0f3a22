package signup

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/org"
	"baodao/service/pairing"
	"baodao/service/standing"
	"baodao/service/survey"
)

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
	return f.readPaths(tx)
}

// readPaths finds the units that the students belong to.
func (f *facts) readPaths(tx *gorm.DB) error {
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
	units, err := pairing.CampusUnitsOf(tx, e.ProgrammeID, host, model.Date(now.In(clock.China()).Format(time.DateOnly)))
	if err != nil {
		return err
	}
	e.paired = make(map[int64]struct{}, len(units))
	for _, id := range units {
		e.paired[id] = struct{}{}
	}
	return nil
}

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

// readBlocks reads whom the hosts keep away, where any does.
func (f *facts) readBlocks(tx *gorm.DB) error {
	students, hosts := make([]int64, 0, len(f.students)), make([]int64, 0, len(f.activities))
	for id := range f.students {
		students = append(students, id)
	}
	for _, a := range f.activities {
		if a.choosy {
			hosts = append(hosts, a.HostOrgID)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	var err error
	f.keptAway, err = survey.KeptAway(tx, sorted(students), sorted(hosts))
	return err
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
