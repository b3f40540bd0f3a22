package standing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// story is what happened to one student, kept beside the database.
type story struct {
	who     access.Actor
	entries []model.ReliabilityEntry
	back    map[int64]time.Time // entry → reversed at
}

// noShows counts the no-shows after from, not expired at an instant, not reversed at another one.
func (s *story) noShows(from, at, known time.Time) (n int64) {
	for _, e := range s.entries {
		back, reversed := s.back[e.ID]
		if e.Kind == noShow && e.CreatedAt.After(from) && !e.CreatedAt.After(known) && e.ExpiresAt.After(at) && (!reversed || back.After(known)) {
			n++
		}
	}
	return n
}

// TestASuspensionStandsExactlyAsLongAsItsReason: random penalties, reversals and days; after each the rows are held
// against what the story says.
func TestASuspensionStandsExactlyAsLongAsItsReason(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(20261012, 7))
	d := newDesk(t)
	stories := []*story{{who: d.li}, {who: d.Student("王", d.Branch)}, {who: d.Student("赵", d.Branch)}}
	suspensions := 0
	for step := range 240 {
		s := stories[rnd.IntN(len(stories))]
		d.Clock.Add(time.Duration(rnd.IntN(20)*rnd.IntN(3)) * aDay / 2)
		d.Clock.Add(time.Millisecond)
		switch rnd.IntN(6) {
		case 0:
			s.entries = append(s.entries, d.penalise(s.who, lateCancel))
		case 1:
			if len(s.entries) > 0 {
				s.reverse(d, s.entries[max(0, len(s.entries)-1-rnd.IntN(4))])
			}
		default:
			s.entries = append(s.entries, d.penalise(s.who, noShow))
			s.begins(t, d)
		}
		suspensions += s.holds(t, d)
		if t.Failed() {
			t.Fatal("at step", step)
		}
	}
	if suspensions < 10 {
		t.Error("the story is too tame", suspensions)
	}
}

func (s *story) reverse(d *desk, e model.ReliabilityEntry) {
	d.TB.Helper()
	if s.back == nil {
		s.back = map[int64]time.Time{}
	}
	_, twice := s.back[e.ID]
	if err := d.takeBack(e); (err != nil) != twice {
		d.TB.Fatal(err)
	}
	if !twice {
		s.back[e.ID] = d.Clock.Now()
	}
}

// begins: right after a no-show the student is suspended if the limit is reached; below it no suspension begins.
func (s *story) begins(t *testing.T, d *desk) {
	t.Helper()
	now := d.Clock.Now()
	reached := s.noShows(now.Add(-180*aDay), now, now) >= 3
	if reached && !d.suspended(s.who) {
		t.Error("the limit is reached, and nothing happens")
	}
	for _, row := range d.suspensions(s.who) {
		if row.FromAt.Equal(now) && !reached {
			t.Error("a suspension without a reason")
		}
	}
}

// holds: what stands has its reason, what was lifted had lost it, no two stand at once, and the points are the sum.
func (s *story) holds(t *testing.T, d *desk) (standing int) {
	t.Helper()
	now := d.Clock.Now()
	end := time.Time{}
	for _, row := range d.suspensions(s.who) {
		from := row.FromAt.Add(-180 * aDay)
		switch {
		case row.LiftedAt != nil && s.noShows(from, row.FromAt, *row.LiftedAt) >= 3:
			t.Error("lifted, and had its reason")
		case row.LiftedAt == nil && row.ToAt.After(now) && s.noShows(from, row.FromAt, now) < 3:
			t.Error("stands without its reason")
		case row.LiftedAt == nil && row.FromAt.Before(end):
			t.Error("two at once")
		}
		if row.LiftedAt == nil {
			end = row.ToAt
		}
		if row.LiftedAt == nil && row.ToAt.After(now) {
			standing++
		}
	}
	if (standing == 1) != d.suspended(s.who) || standing > 1 {
		t.Error(standing, "stand")
	}
	points := int64(0)
	for _, e := range s.entries {
		if _, reversed := s.back[e.ID]; !reversed && e.ExpiresAt.After(now) {
			points += e.Points
		}
	}
	if r, err := d.MyReliability(t.Context(), s.who, page.Request{Limit: 1}); err != nil || r.Points != points || (r.Suspension != nil) != (standing == 1) {
		t.Errorf("%+v %v, points %d", r, err, points)
	}
	return standing
}
