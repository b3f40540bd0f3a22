package signup_test

import (
	"errors"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/signup"
)

// Everything is wrong at first; it is put right piece by piece, and each time the next refusal is heard.
func TestTheOrderOfRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(2 * hour)
		a.SignupOpensAt, a.PairedUntil, a.PairedFirst = a.CreatedAt.Add(time.Minute), &until, true
		a.SignupMode = model.SignupAssignedUnit
		a.TrainingRequired, a.InsuranceRequired, a.MinorsContact = true, true, true
	})).whole()
	me := b.strangers(1)[0]
	b.audience(model.Audience{Grades: []string{"2020"}})
	b.must(me, b.another(b.session.StartsAt, b.session.EndsAt, north))
	b.Insert(&model.SignupSuspension{ID: b.NewID(), StudentID: me.StudentID, FromAt: b.Clock.Now(), ToAt: b.Clock.Now().Add(3 * hour), CountsFrom: b.Clock.Now(), CreatedAt: b.Clock.Now()})
	b.policy(func(p *model.Policy) { p.WeekMaxMinutes, p.SignupConsent = 60, "v1" })
	b.put("positions", b.position.ID, map[string]any{"taken": 1})
	held := func(kind string) { proof(kind, "2026-01-01", nil)(b, me) }
	live := true
	steps := []struct {
		want *fault.Fault
		mend func()
	}{
		{signup.ErrNotOpen, func() { b.Clock.Add(time.Minute) }},
		{signup.ErrNotOpen, func() { b.Clock.Add(2 * hour) }}, // paired branches first
		{signup.ErrFull, func() { b.put("positions", b.position.ID, map[string]any{"capacity": 2}) }},
		{signup.ErrSuspended, func() { b.Clock.Add(hour) }},
		{signup.ErrNotEligible, func() { b.audience(model.Audience{}) }},
		{signup.ErrNotEligible, func() { b.put("activities", b.activity.ID, map[string]any{"signup_mode": model.SignupFirstCome}) }},
		{signup.ErrConflict, func() {
			b.put("activity_sessions", b.session.ID, map[string]any{"starts_at": b.session.StartsAt.Add(24 * hour), "ends_at": b.session.EndsAt.Add(24 * hour)})
		}},
		{signup.ErrLoadCap, func() { b.policy(func(p *model.Policy) { p.WeekMaxMinutes = 0 }) }},
		{signup.ErrNeedsTraining, func() { held(model.ProofTraining) }},
		{signup.ErrNeedsInsurance, func() { held(model.ProofInsurance) }},
		{signup.ErrNeedsClearance, func() { held(model.ProofClearance) }},
		{signup.ErrNeedsConsent, func() {
			b.Insert(&model.Consent{ID: b.NewID(), UserID: me.UserID, Purpose: model.ConsentSignupShare, TextVersion: "v1", GrantedAt: b.Clock.Now(), Live: &live})
		}},
		{nil, func() {}},
		{signup.ErrDuplicate, func() { b.Clock.Set(b.activity.SignupClosesAt) }},
		{signup.ErrClosed, func() {}},
	}
	for i, step := range steps {
		b.replica() // it does not remember that the position was full
		if err := b.tries(me); !isFault(err, step.want) {
			t.Fatalf("step %d: got %v, want %v", i, err, step.want)
		}
		step.mend()
	}
}

func TestPairedBranchesFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(hour)
		a.PairedUntil, a.PairedFirst = &until, true
	}))
	far := b.strangers(1)[0]
	err := b.tries(far)
	is(t, err, signup.ErrNotOpen)
	if f, _ := errors.AsType[*fault.Fault](err); f.ZH != "结对团支部优先报名，10月12日 10:00起向所有同学开放。" {
		t.Error(f.ZH)
	}
	b.must(b.Student("结对", b.Branch), b.position.ID)
	b.must(b.Student("结对单位下面", b.Org(b.Branch, model.OrgLeagueBranch, "小组")), b.position.ID)
	b.Clock.Add(hour - time.Millisecond)
	is(t, b.tries(far), signup.ErrNotOpen)
	b.Clock.Add(time.Millisecond)
	b.must(far, b.position.ID)
	b.counts()
}

func TestReservedSeatsAreForPairedBranchesUntilT(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(hour)
		a.PairedUntil = &until
	}))
	b.put("positions", b.position.ID, map[string]any{"reserved": 3})
	far := b.strangers(4)
	look := func(reserved, left int64) {
		t.Helper()
		v, err := b.s.Availability(t.Context(), far[0], b.position.ID)
		is(t, err, nil)
		if v.Reserved != reserved || v.Left != left || v.Capacity != v.Confirmed+v.Held+v.Reserved+v.Left {
			t.Fatalf("%+v: want %d reserved, %d left", v, reserved, left)
		}
	}
	look(3, 1)
	b.must(far[0], b.position.ID)
	is(t, b.tries(far[1]), signup.ErrFull)
	look(3, 0)
	paired := b.Student("结对", b.Branch)
	row := b.must(paired, b.position.ID) // out of the reserve
	if !row.Paired {
		t.Error("it is not noted that the seat came out of the reserve")
	}
	look(2, 0)
	is(t, b.tries(far[1]), signup.ErrFull)
	_, err := b.s.Cancel(t.Context(), paired, row.ID)
	is(t, err, nil)
	look(3, 0)
	b.counts()
	b.Clock.Add(hour)
	look(0, 3)
	for _, a := range far[1:] {
		b.must(a, b.position.ID)
	}
	is(t, b.tries(paired), signup.ErrFull)
	b.counts()
}

// The pairing must be in force, of this programme, and with the host or what is above it.
func TestWhichPairingsCount(t *testing.T) {
	t.Parallel()
	ended, today, tomorrow := model.PairingEnded, model.Date("2026-10-12"), model.Date("2026-10-13")
	scenes := map[string]struct {
		local  func(b *bench) model.Org
		change func(b *bench, p *model.Pairing)
		counts bool
	}{
		"with the host":           {counts: true},
		"with the town":           {local: func(b *bench) model.Org { return b.Town }, counts: true},
		"with another community":  {local: func(b *bench) model.Org { return b.Org(b.Town, model.OrgCommunity, "别的社区") }},
		"dormant":                 {change: func(_ *bench, p *model.Pairing) { p.Status = model.PairingDormant }, counts: true},
		"ended":                   {change: func(_ *bench, p *model.Pairing) { p.Status = ended }},
		"ends today":              {change: func(_ *bench, p *model.Pairing) { p.ToOn = &today }},
		"ends tomorrow":           {change: func(_ *bench, p *model.Pairing) { p.ToOn = &tomorrow }, counts: true},
		"in another programme":    {change: func(b *bench, p *model.Pairing) { p.ProgrammeID = b.AddProgramme("P2", b.University).ID }},
		"only proposed until now": {change: func(_ *bench, p *model.Pairing) { p.Status = model.PairingProposed }},
	}
	for name, c := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1, at(func(a *model.Activity) {
				until := a.CreatedAt.Add(hour)
				a.PairedUntil, a.PairedFirst = &until, true
			}))
			branch := b.Org(b.Department, model.OrgLeagueBranch, "另一班")
			local := b.Community
			if c.local != nil {
				local = c.local(b)
			}
			p := b.Pair(branch, local)
			if c.change != nil {
				c.change(b, &p)
				b.put("pairings", p.ID, map[string]any{"status": p.Status, "to_on": p.ToOn, "programme_id": p.ProgrammeID})
			}
			err := b.tries(b.Student("我", branch))
			if (err == nil) != c.counts {
				t.Error(err)
			}
		})
	}
}
