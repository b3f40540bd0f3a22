package signup_test

import (
	"errors"
	"flag"
	"testing"
	"time"

	"gorm.io/gorm"
	"pgregory.net/rapid"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// drawn is a testing.TB whose failures rapid hears of, so that it can look for a shorter history.
type drawn struct {
	testing.TB
	rt *rapid.T
}

func (d drawn) Fatal(args ...any)                 { d.rt.Fatal(args...) }
func (d drawn) Fatalf(format string, args ...any) { d.rt.Fatalf(format, args...) }
func (d drawn) Errorf(format string, args ...any) { d.rt.Errorf(format, args...) }

// history is one activity with two positions, and another that overlaps with it, through which anything may happen.
type history struct {
	*bench
	rt        *rapid.T
	students  []access.Actor // every other one is of a paired branch
	officer   access.Actor
	positions []model.Position // the last one is the other activity's
	was       map[int64]model.Signup
}

// TestAnyHistoryKeepsThePromises: whatever happens in whatever order, after each step the columns say what the rows say, no
// seat is given twice, nobody is at two places, nobody waits for a free seat, and nobody is overtaken.
func TestAnyHistoryKeepsThePromises(t *testing.T) {
	t.Parallel()
	checks := "60"
	if testkit.OnMySQL() {
		checks = "15"
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, 1, nil)
	near, far := b.students(5), b.strangers(5)
	h := history{bench: b, officer: b.Staff("校团委", access.CommitteeOfficer, b.University)}
	for i := range near {
		h.students = append(h.students, near[i], far[i])
	}
	rapid.Check(t, func(rt *rapid.T) {
		one := h
		one.begin(drawn{t, rt}, rt)
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			one.step()
			one.check()
		}
	})
}

// begin makes new activities in two days' time, so that nothing of an earlier history is in the way.
func (h *history) begin(tb testing.TB, rt *rapid.T) {
	tb.Helper()
	h.Clock.Add(72 * hour)
	offer := rapid.SampledFrom([]int64{0, 30}).Draw(rt, "offer minutes")
	h.policy(func(p *model.Policy) { p.OfferMinutes = offer })
	world := *h.World
	world.TB = tb
	b := *h.bench
	b.World = &world
	h.bench, h.rt, h.was = &b, rt, map[int64]model.Signup{}
	until := h.Clock.Now().Add(2 * hour)
	a, _, first := b.Activity(b.project, rapid.Int64Range(1, 4).Draw(rt, "seats"), func(a *model.Activity, _ *model.Session) {
		a.Waitlist, a.PairedUntil = true, &until
	})
	second := model.Position{ID: b.NewID(), ActivityID: a.ID, Title: "记录员", Capacity: 2, Version: 1, CreatedAt: b.Clock.Now(), UpdatedAt: b.Clock.Now()}
	b.Insert(&second)
	b.put("positions", first.ID, map[string]any{"reserved": rapid.Int64Range(0, first.Capacity).Draw(rt, "reserved")})
	_, _, other := b.Activity(b.project, 3, nil)
	h.activity, h.positions = a, []model.Position{first, second, other}
}

func (h *history) pick() access.Actor { return rapid.SampledFrom(h.students).Draw(h.rt, "student") }

// step does one thing. What is refused with a fault is fine; anything else is not.
func (h *history) step() {
	var err error
	position := rapid.SampledFrom(h.positions).Draw(h.rt, "position").ID
	switch what := rapid.IntRange(0, 11).Draw(h.rt, "what"); what {
	case 0, 1, 2, 3:
		h.replica() // nothing is answered from memory
		_, err = h.s.Create(h.TB.Context(), h.pick(), position, "", idem.Key{})
	case 4, 5:
		err = h.change(func(a access.Actor, id int64) error { _, err := h.s.Cancel(h.TB.Context(), a, id); return err })
	case 6:
		err = h.change(func(a access.Actor, id int64) error { _, err := h.s.Accept(h.TB.Context(), a, id); return err })
	case 7, 8:
		err = h.join(position)
	case 9:
		err = h.change(func(_ access.Actor, id int64) error {
			_, err := h.s.Decide(h.TB.Context(), h.officer, h.activity.ID, signup.Remove, []int64{id}, "调整")
			return err
		})
	case 10:
		err = h.resize(position)
	case 11:
		h.Clock.Add(rapid.SampledFrom([]time.Duration{10 * time.Minute, 31 * time.Minute, 2 * hour, 30 * hour}).Draw(h.rt, "later"))
		_, err = h.s.Sweep(h.TB.Context(), 1000)
	}
	if _, refused := errors.AsType[*fault.Fault](err); err != nil && !refused {
		h.rt.Fatalf("%v", err)
	}
}

// change does something to a live signup of somebody.
func (h *history) change(do func(a access.Actor, id int64) error) error {
	a := h.pick()
	var row model.Signup
	err := h.DB.Where("student_id = ? AND live_activity_id = ?", a.StudentID, h.activity.ID).First(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return do(a, row.ID)
}

func (h *history) join(position int64) error {
	in := signup.NewGroup{PositionID: position, OrgID: h.University.ID, AllOrNone: rapid.Bool().Draw(h.rt, "all or none")}
	for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom(h.students), 2, 4, func(a access.Actor) int64 { return a.StudentID }).Draw(h.rt, "members") {
		in.StudentIDs = append(in.StudentIDs, a.StudentID)
	}
	_, err := h.s.CreateGroup(h.TB.Context(), h.officer, in, idem.Key{})
	return err
}

// resize does what service/project does.
func (h *history) resize(position int64) error {
	seats := rapid.Int64Range(1, 6).Draw(h.rt, "capacity")
	return h.DB.Transaction(func(tx *gorm.DB) error {
		res := tx.Table("positions").Where("id = ? AND taken <= ?", position, seats).Update("capacity", seats)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		return h.s.Refill(tx, position)
	})
}

// check holds the rows against the promises.
func (h *history) check() {
	h.counts()
	var rows []model.Signup
	activities := []int64{h.activity.ID, h.positions[2].ActivityID}
	if err := h.DB.Where("activity_id IN ?", activities).Order("queue_no, id").Find(&rows).Error; err != nil {
		h.rt.Fatal(err)
	}
	live := map[int64]bool{}
	for _, r := range rows {
		if r.Status.Live() && live[r.StudentID] {
			h.rt.Fatalf("student %d is at two places", r.StudentID)
		}
		live[r.StudentID] = live[r.StudentID] || r.Status.Live()
	}
	for _, p := range h.positions {
		h.checkLine(p.ID, rows)
	}
	for _, r := range rows {
		h.was[r.ID] = r
	}
}

// checkLine looks at who waits for a position, and at who got a seat there in this step.
func (h *history) checkLine(position int64, rows []model.Signup) {
	var p model.Position
	if err := h.DB.Where("id = ?", position).First(&p).Error; err != nil {
		h.rt.Fatal(err)
	}
	kept := int64(0)
	reserving := p.ActivityID == h.activity.ID && h.Clock.Now().Before(h.activity.CreatedAt.Add(2*hour))
	if reserving {
		kept = max(0, min(p.Reserved-p.PairedTaken, p.Capacity-p.Taken))
	}
	free := map[bool]int64{true: p.Capacity - p.Taken, false: p.Capacity - p.Taken - kept}
	over := !h.Clock.Now().Before(h.activity.StartsAt.Add(-2 * hour))
	var ahead []model.Signup // who still waits, in order
	for _, r := range rows {
		if r.PositionID != position || r.Status != model.SignupWaitlisted {
			continue
		}
		if members, _ := h.party(r, rows); !over && len(ahead) == 0 && members == 1 && free[r.Paired] > 0 {
			h.rt.Fatalf("%+v waits first in line while %v seats are free", r, free)
		}
		ahead = append(ahead, r)
	}
	for _, r := range rows {
		old, known := h.was[r.ID]
		if r.PositionID != position || !r.Status.Seated() || known && old.Status != model.SignupWaitlisted {
			continue // got no seat in this step
		}
		if reserving && !r.Paired && p.Taken-p.PairedTaken > p.Capacity-p.Reserved && p.PairedTaken < p.Reserved {
			h.rt.Fatalf("%+v got a seat that is kept for others: %+v", r, p)
		}
		for _, a := range ahead {
			size, paired := h.party(a, rows)
			earlier := h.was[a.ID].ID != 0 && (!known || *a.QueueNo < *old.QueueNo)
			if !over && earlier && size <= p.Capacity && (paired || !r.Paired) {
				h.rt.Fatalf("%+v overtook %+v", r, a)
			}
		}
	}
}

// party is how many have to come in with somebody who waits, and whether one of them may have a reserved seat.
func (h *history) party(row model.Signup, rows []model.Signup) (size int64, paired bool) {
	if row.GroupID == nil {
		return 1, row.Paired
	}
	var group model.SignupGroup
	if err := h.DB.Where("id = ?", *row.GroupID).First(&group).Error; err != nil {
		h.rt.Fatal(err)
	}
	if !group.AllOrNone {
		return 1, row.Paired
	}
	for _, r := range rows {
		if r.GroupID != nil && *r.GroupID == group.ID && r.Status == model.SignupWaitlisted {
			size, paired = size+1, paired || r.Paired
		}
	}
	return size, paired
}
