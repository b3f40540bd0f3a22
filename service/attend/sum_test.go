package attend_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

// books is a ledger of random lines of many students, written by the service, and what a recount in Go needs.
type books struct {
	*bench
	r        *rand.Rand
	students []model.StudentProfile
	branches []model.Org
	terms    []model.Term
	lines    []model.HoursEntry
}

func newBooks(t *testing.T, seed uint64) *books {
	t.Helper()
	b := &books{bench: newBench(t, nil), r: rand.New(rand.NewPCG(seed, 15))}
	other := b.Org(b.City, model.OrgUniversityCommittee, "另一大学")
	for i, above := range []model.Org{b.Department, b.Department, b.University, other} {
		b.branches = append(b.branches, b.Org(above, model.OrgLeagueBranch, fmt.Sprint("支部", i)))
	}
	b.term("2027-2028-1", "2027-09-01", "2028-02-28")
	for i := range 24 {
		branch := b.branches[i%len(b.branches)]
		a := b.Student(fmt.Sprint("学生", i), branch)
		var p model.StudentProfile
		if err := b.DB.Where("id = ?", a.StudentID).First(&p).Error; err != nil {
			t.Fatal(err)
		}
		b.students = append(b.students, p)
	}
	return b
}

// write posts random lines and reversals through the service.
func (b *books) write(n int) {
	b.TB.Helper()
	var lines []model.HoursEntry
	for range n {
		b.Clock.Add(time.Duration(b.r.IntN(40)) * time.Minute)
		if len(b.lines) > 0 && b.r.IntN(4) == 0 {
			back := b.lines[b.r.IntN(len(b.lines))]
			if back.Reversal == 0 {
				back.ID, back.Minutes, back.Reversal, back.PostedAt = b.NewID(), -back.Minutes, back.ID, b.Clock.Now()
				_ = b.enter(back) // refused the second time
				continue
			}
		}
		p := b.students[b.r.IntN(len(b.students))]
		at := b.branches[b.r.IntN(len(b.branches))]
		lines = append(lines, model.HoursEntry{
			ID: b.NewID(), StudentID: p.ID, Minutes: int64(1 + b.r.IntN(300)), Class: []string{model.ClassVolunteer, model.ClassPractice}[b.r.IntN(2)],
			Basis: []string{model.BasisCheckIn, model.BasisMakeUp, model.BasisRemote}[b.r.IntN(3)], ClaimID: b.NewID(), ProgrammeID: b.Programme.ID, ActivityID: b.activity.ID,
			ServedOn: model.Date(time.Date(2027, 12, 1+b.r.IntN(150), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)), BranchID: at.ID, BranchPath: at.Path,
			PostedBy: b.officer.UserID, PostedAt: b.Clock.Now(),
		})
	}
	if err := b.enter(lines...); err != nil {
		b.TB.Fatal(err)
	}
}

func (b *books) enter(lines ...model.HoursEntry) error {
	err := b.DB.Transaction(func(tx *gorm.DB) error { return attend.Enter(b.s, tx, lines) })
	if err == nil {
		b.lines = append(b.lines, lines...)
	}
	return err
}

// sum adds up in Go what a total must be.
func (b *books) sum(in attend.Asked, counts func(model.HoursEntry) bool) (minutes, students int64) {
	each := map[int64]int64{}
	for _, l := range b.lines {
		if !in.AsOf.IsZero() && l.PostedAt.After(in.AsOf) || !counts(l) {
			continue
		}
		if in.TermID != 0 && !b.in(in.TermID, l) {
			continue
		}
		each[l.StudentID] += l.Minutes
		minutes += l.Minutes
	}
	for _, m := range each {
		if m > 0 {
			students++
		}
	}
	return minutes, students
}

func (b *books) in(term int64, l model.HoursEntry) bool {
	var rows []model.Term
	if err := b.DB.Where("id = ?", term).Find(&rows).Error; err != nil {
		b.TB.Fatal(err)
	}
	for _, p := range b.students {
		if p.ID == l.StudentID {
			return p.UniversityID == rows[0].UniversityID && rows[0].StartsOn <= l.ServedOn && l.ServedOn <= rows[0].EndsOn
		}
	}
	return false
}

// TestTotalsAreTheSumsOfTheLines: whoever asks, of what and of when, hears what adding up line by line gives; and a
// recount of the stored totals finds nothing wrong.
func TestTotalsAreTheSumsOfTheLines(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			b := newBooks(t, seed)
			b.write(60)
			middle := b.Clock.Now()
			b.newTerm("2027-2028-2", "2028-02-29", "2028-07-10") // days of which are in the ledger already
			b.write(60)
			b.compare(t, middle)
			if off, err := b.s.Recount(t.Context()); err != nil || off != 0 {
				t.Errorf("%d totals were wrong: %v", off, err)
			}
			b.whole(int64(len(b.lines)))
		})
	}
}

func (b *books) newTerm(name string, from, to model.Date) {
	b.TB.Helper()
	row := model.Term{ID: b.NewID(), UniversityID: b.University.ID, Name: name, StartsOn: from, EndsOn: to, CreatedAt: b.Clock.Now()}
	if err := b.DB.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return b.s.TermAdded(tx, row)
	}); err != nil {
		b.TB.Fatal(err)
	}
}

func (b *books) compare(t *testing.T, middle time.Time) {
	t.Helper()
	if err := b.DB.Order("starts_on").Find(&b.terms).Error; err != nil {
		t.Fatal(err)
	}
	boss := b.Staff("校书记", access.CommitteeOfficer, b.University)
	for _, top := range []model.Org{b.University, b.Department, b.branches[0], b.branches[2]} {
		for _, asOf := range []time.Time{{}, middle, middle.Add(-20 * time.Hour), b.Clock.Now().Add(-time.Hour)} {
			for _, term := range []int64{0, b.terms[0].ID, b.terms[1].ID} {
				in := attend.Asked{AsOf: asOf, TermID: term}
				got, err := b.s.TotalsOfOrg(t.Context(), boss, top.ID, in)
				is(t, err, nil)
				minutes, students := b.sum(in, func(l model.HoursEntry) bool { return strings.HasPrefix(l.BranchPath, top.Path) })
				if got.Minutes != minutes || got.Students != students || got.Volunteer+got.Practice != minutes || got.Hidden {
					t.Errorf("%s %+v: %d minutes of %d, want %d of %d", top.Name, in, got.Minutes, got.Students, minutes, students)
				}
			}
		}
	}
	for _, asOf := range []time.Time{{}, middle} {
		in := attend.Asked{AsOf: asOf}
		want, students := b.sum(in, func(model.HoursEntry) bool { return true })
		team, err := b.s.TotalsOfProject(t.Context(), b.lead, b.project.ID, in)
		is(t, err, nil)
		host, err := b.s.TotalsOfOrg(t.Context(), b.clerk, b.Community.ID, in)
		is(t, err, nil)
		if team.Minutes != want || host.Minutes != want || team.Students != students || host.Students != students {
			t.Errorf("team %d, host %d, want %d", team.Minutes, host.Minutes, want)
		}
		for _, p := range b.students {
			minutes, _ := b.sum(in, func(l model.HoursEntry) bool { return l.StudentID == p.ID })
			if rec, err := b.s.MyRecord(t.Context(), access.Actor{UserID: *p.UserID, StudentID: p.ID}, asOf); err != nil || rec.Minutes != minutes {
				t.Errorf("%d minutes, want %d: %v", rec.Minutes, minutes, err)
			}
		}
	}
}

// Those above the school are told no sums of fewer than five people, and none that differ by what was posted within a day, however often
// they ask.
func TestSmallSumsAreHidden(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	city := b.Staff("市书记", access.CommitteeOfficer, b.City)
	var last model.HoursEntry
	asks := func(at time.Time) attend.Totals {
		b.Clock.Set(at)
		got, err := b.s.TotalsOfOrg(t.Context(), city, b.University.ID, attend.Asked{})
		is(t, err, nil)
		return got
	}
	for i := range 5 {
		_, last = b.posted(fmt.Sprint("学生", i)) // all on one day
		y, m, d := last.PostedAt.In(clock.China()).Date()
		midnight := time.Date(y, m, d+1, 0, 0, 0, 0, clock.China())
		for _, at := range []time.Time{last.PostedAt, midnight.Add(-time.Millisecond)} {
			if got := asks(at); got.Hidden || got.Minutes != 0 || got.Students != 0 || len(got.Parts) != 0 || !got.AsOf.Before(last.PostedAt) {
				t.Errorf("within the day, after %d: %+v", i+1, got)
			}
		}
		if got, enough := asks(midnight), i == 4; got.Hidden == enough || (got.Minutes != 0) != enough || (got.Students != 0) != enough {
			t.Errorf("after %d: %+v", i+1, got)
		}
	}
	b.Clock.Add(time.Hour)
	_, err := b.s.Reverse(t.Context(), b.officer, last.ID, "核查不实", idem.Key{})
	is(t, err, nil)
	for _, in := range []attend.Asked{{}, {AsOf: b.Clock.Now()}, {AsOf: b.Clock.Now().Add(-time.Minute)}, {AsOf: b.Clock.Now().Add(time.Hour)}} {
		got, err := b.s.TotalsOfOrg(t.Context(), city, b.University.ID, in)
		if is(t, err, nil); got.Minutes != 600 || got.Students != 5 || got.Hidden {
			t.Errorf("what was reversed today is known: %+v", got)
		}
	}
	if got := asks(b.Clock.Now().Add(24 * time.Hour)); !got.Hidden || got.Minutes != 0 {
		t.Errorf("what was reversed yesterday: %+v", got)
	}
}

func TestWhoReadsTotals(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.posted("我")
	for name, c := range map[string]struct {
		as        access.Actor
		org       int64
		org403    bool
		wantError bool
	}{
		"nobody":            {access.Actor{}, b.Branch.ID, false, true},
		"the student":       {me, b.Branch.ID, true, true},
		"the secretary":     {b.secretary, b.Branch.ID, false, false},
		"the secretary up":  {b.secretary, b.Department.ID, true, true},
		"the county":        {b.Staff("县", access.CommitteeOfficer, b.County), b.University.ID, true, true},
		"the town":          {b.Staff("镇", access.TownOfficer, b.Town), b.Community.ID, false, false},
		"the host":          {b.clerk, b.Community.ID, false, false},
		"the host, up":      {b.clerk, b.Town.ID, true, true},
		"an unknown one":    {b.officer, 99, false, true},
		"the province":      {b.Staff("省", access.CommitteeOfficer, b.Province), b.University.ID, false, false},
		"the branch's dean": {b.officer, b.Branch.ID, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.s.TotalsOfOrg(t.Context(), c.as, c.org, attend.Asked{})
			if (err != nil) != c.wantError {
				t.Error(err)
			}
			if c.org403 {
				is(t, err, access.ErrDenied)
			}
		})
	}
	_, err := b.s.RecordOf(t.Context(), b.officer, 99, time.Time{})
	is(t, err, fault.ErrNotFound)
	_, err = b.s.RecordOf(t.Context(), b.Staff("市", access.CommitteeOfficer, b.City), me.StudentID, time.Time{})
	is(t, err, access.ErrDenied)
}
