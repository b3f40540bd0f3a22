package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/idem"
)

// fewer adds a correction, downwards or not, to a choice.
func (s *story) fewer(choice attend.Choice, claims []model.HoursClaim) attend.Choice {
	c := claims[s.r.IntN(len(claims))]
	choice.Corrections = []attend.Reduction{{ClaimID: c.ID, Minutes: int64(s.r.IntN(int(c.Minutes) + 10)), Reason: "只看见这么久"}}
	return choice
}

// checkTotals: the ledger is whole, and every published total is the sum of its lines, now and at a past moment.
func (s *story) checkTotals(t *testing.T) {
	t.Helper()
	var lines []model.HoursEntry
	s.allow(s.DB.Order("id").Find(&lines).Error)
	if len(lines) > 0 {
		s.whole(int64(len(lines)))
	}
	for _, asOf := range []time.Time{{}, s.Clock.Now().Add(-time.Duration(s.r.IntN(100)) * time.Hour)} {
		var want, volunteer int64
		for _, l := range lines {
			if asOf.IsZero() || !l.PostedAt.After(asOf) {
				want += l.Minutes
				if l.Class == model.ClassVolunteer {
					volunteer += l.Minutes
				}
			}
		}
		in := attend.Asked{AsOf: asOf}
		for name, ask := range map[string]func() (attend.Totals, error){
			"branch":     func() (attend.Totals, error) { return s.s.TotalsOfOrg(t.Context(), s.secretary, s.Branch.ID, in) },
			"department": func() (attend.Totals, error) { return s.s.TotalsOfOrg(t.Context(), s.officer, s.Department.ID, in) },
			"host":       func() (attend.Totals, error) { return s.s.TotalsOfOrg(t.Context(), s.clerk, s.Community.ID, in) },
			"team":       func() (attend.Totals, error) { return s.s.TotalsOfProject(t.Context(), s.advisor, s.project.ID, in) },
		} {
			got, err := ask()
			s.allow(err)
			if got.Minutes != want || got.Volunteer != volunteer {
				t.Errorf("%s as of %v: %d minutes, the lines come to %d", name, asOf, got.Minutes, want)
			}
		}
	}
}

// Days and terms are those of China: a session counts for the day on which it starts, and a term ends with its last day.
func TestLeapDayMidnightAndTheEndOfATerm(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	autumn, spring := b.term("2027-2028-1", "2027-09-01", "2028-02-29"), b.term("2027-2028-2", "2028-03-01", "2028-07-10")
	me := b.Student("我", b.Branch)
	for _, c := range []struct {
		starts string
		on     model.Date
		term   int64
	}{
		{"2028-02-28T15:30:00Z", "2028-02-28", autumn}, // 23:30, ends on the 29th
		{"2028-02-28T17:00:00Z", "2028-02-29", autumn},
		{"2028-02-29T15:00:00Z", "2028-02-29", autumn}, // 23:00, ends in March
		{"2028-02-29T16:30:00Z", "2028-03-01", spring},
	} {
		starts, err := time.Parse(time.RFC3339, c.starts)
		if err != nil {
			t.Fatal(err)
		}
		a, session, position := b.Activity(b.project, 5, func(a *model.Activity, s *model.Session) {
			s.StartsAt, s.EndsAt = starts, starts.Add(time.Hour)
			a.StartsAt, a.EndsAt, a.SignupClosesAt = s.StartsAt, s.EndsAt, starts
		})
		if _, err := b.signups.Create(t.Context(), me, position.ID, "", idem.Key{}); err != nil {
			t.Fatal(err)
		}
		b.serve(me, session, 0, 60)
		b.activity = a
		claims := b.claims(me)
		b.post(claims[len(claims)-1])
		var line model.HoursEntry
		if err := b.DB.Order("id DESC").First(&line).Error; err != nil {
			t.Fatal(err)
		}
		if line.ServedOn != c.on || b.count("hours_totals", "term_id = ? AND minutes > 0", c.term) == 0 {
			t.Errorf("%s: served on %s", c.starts, line.ServedOn)
		}
	}
	for term, want := range map[int64]int64{autumn: 180, spring: 60} {
		got, err := b.s.TotalsOfOrg(t.Context(), b.Staff("校", access.CommitteeOfficer, b.University), b.University.ID, attend.Asked{TermID: term})
		is(t, err, nil)
		if got.Minutes != want {
			t.Errorf("%d minutes in the term, want %d", got.Minutes, want)
		}
	}
	b.whole(4)
}
