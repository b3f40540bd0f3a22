package signup

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/standing"
)

// FuzzJudge: whatever the facts are, a request gets a status that a new signup may have, or one refusal of the enum.
func FuzzJudge(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2)) // the same seeds every time
	for range 300 {
		small := func() int64 { return r.Int64N(7) - 1 }
		bits := r.Uint64() | 1<<12 // published
		f.Add(bits, small(), small(), small(), small(), 90_000*small(), 30*small(), 10*small(), []string{"2025", "2024"}[r.IntN(2)], []string{"", "QINGMA"}[r.IntN(2)])
	}
	f.Add(^uint64(0), int64(-1)<<63, int64(1)<<62, int64(-9), int64(1)<<40, int64(180_000_000), int64(-5), int64(-3), "x", "y")
	answers := []*fault.Fault{
		ErrNotOpen, ErrClosed, ErrDuplicate, ErrMatched, ErrNotEligible, ErrSuspended, ErrFull, ErrConflict, ErrLoadCap, ErrNeedsTraining, ErrNeedsInsurance,
		ErrNeedsClearance, ErrNeedsConsent,
	}
	statuses := []model.SignupStatus{model.SignupConfirmed, model.SignupWaitlisted, model.SignupPendingReview, model.SignupInLottery}
	f.Fuzz(func(t *testing.T, bits uint64, capacity, taken, reserved, waiting, lat, minutes, kmh int64, grade, tag string) {
		facts, p, st := invent(bits, capacity, taken, reserved, waiting, lat, minutes, kmh, grade, tag)
		before := *p
		how := manner{byUnit: bits&1 != 0}
		if bits>>25&1 != 0 {
			how.was = &model.Signup{Status: []model.SignupStatus{model.SignupConfirmed, model.SignupWaitlisted}[bits>>26&1]}
		}
		if bits>>27&1 != 0 {
			facts.activities[1].SignupMode = model.SignupMatched
			how.matched = how.was == nil && bits>>28&1 != 0
		}
		status, err := facts.judge(p, st, how)
		switch {
		case *p != before:
			t.Fatal("judging changed the seats")
		case err == nil:
			if !slices.Contains(statuses, status) {
				t.Fatalf("status %q", status)
			}
			if status == model.SignupConfirmed && p.Taken >= p.Capacity {
				t.Fatal("a seat that is not there")
			}
			if how.matched && status != model.SignupConfirmed {
				t.Fatalf("comes from a round, and gets %q", status)
			}
		case how.matched && (errors.Is(err, ErrNotOpen) || errors.Is(err, ErrMatched)):
			t.Fatalf("comes from a round, and is told %v", err)
		case how.was != nil && (errors.Is(err, ErrNotOpen) || errors.Is(err, ErrClosed) || errors.Is(err, ErrSuspended)):
			t.Fatalf("came in time, and is told %v", err)
		case status != "":
			t.Fatalf("status %q and %v", status, err)
		case !errors.Is(err, errUnpublished) && !slices.ContainsFunc(answers, func(a *fault.Fault) bool { return errors.Is(err, a) }):
			t.Fatalf("not in the enum: %v", err)
		}
		if why, ok := errors.AsType[*fault.Fault](err); ok && (why.ZH == "" || why.EN == "") {
			t.Fatalf("%v says nothing", why)
		}
	})
}

// invent makes facts of anything; each bit decides one of them.
func invent(bits uint64, capacity, taken, reserved, waiting, lat, minutes, kmh int64, grade, tag string) (*facts, *seats, *student) {
	now := time.Date(2026, 10, 12, 1, 0, 0, 0, time.UTC)
	bit := func(n int) bool { return bits>>n&1 != 0 }
	when := func(n int) time.Time {
		if bit(n) {
			return now.Add(time.Duration(minutes%1_000_000) * time.Minute)
		}
		return now
	}
	e := &event{Activity: model.Activity{
		ID: 1, Status: model.ActivityPublished, SignupOpensAt: when(1), SignupClosesAt: when(2).Add(time.Minute), StartsAt: when(3), EndsAt: when(4),
		SignupMode: []string{model.SignupFirstCome, model.SignupReview, model.SignupLottery, model.SignupAssignedUnit}[bits>>5&3],
		Waitlist:   bit(7), PairedFirst: bit(8), TrainingRequired: bit(9), InsuranceRequired: bit(10), MinorsContact: bit(11),
	}, paired: map[int64]struct{}{7: {}}}
	if bit(12) {
		e.PublishedAt = &now
	}
	if until := when(13); bit(14) {
		e.PairedUntil = &until
	}
	if bit(15) {
		e.Audience = &model.Audience{OrgIDs: []int64{waiting}, Grades: []string{grade}, Tags: []string{tag}}
	}
	e.policy = model.Policy{WeekMaxMinutes: minutes, TermMaxActivities: taken, TravelKMH: kmh, WaitlistCutoffMinutes: reserved % 10_000}
	if bit(16) {
		e.policy.SignupConsent = tag
	}
	e.slots = []slot{{activityID: 1, from: when(17), until: when(18), latE6: &lat, lngE6: &lat}}
	st := &student{
		id: 1, path: "/5/7/9/", grade: grade, tags: []string{tag}, live: map[int64]struct{}{}, suspendedUntil: when(19), held: map[model.Date]standing.Held{},
		busy: []slot{{activityID: 2, from: when(20), until: when(21), latE6: &kmh, lngE6: &lat}}, starts: []time.Time{when(22)},
		terms: []model.Term{{StartsOn: "2026-09-01", EndsOn: "2027-01-31"}},
	}
	if bit(23) {
		st.live[1] = struct{}{}
	}
	p := &seats{Position: model.Position{ID: 1, ActivityID: 1, Capacity: capacity, Taken: taken, Reserved: reserved, PairedTaken: waiting, Waiting: waiting}, held: bit(24)}
	return &facts{now: now, activities: map[int64]*event{1: e}}, p, st
}
