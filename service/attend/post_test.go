package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

// madeUp turns a claim into one that rests on a proof, as if it had been proposed afterwards.
func (b *bench) madeUp(c model.HoursClaim) {
	b.TB.Helper()
	if err := b.exec("UPDATE hours_claims SET basis = ? WHERE id = ?", model.BasisMakeUp, c.ID); err != nil {
		b.TB.Fatal(err)
	}
}

// read reads a claim.
func (b *bench) read(id int64) (c model.HoursClaim) {
	b.TB.Helper()
	if err := b.DB.Where("id = ?", id).First(&c).Error; err != nil {
		b.TB.Fatal(err)
	}
	return c
}

func TestWhatRestsOnNoCheckInIsPublicisedFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, paired := b.served("一")
	_, made := b.served("二")
	b.madeUp(made)
	b.post(paired, made)
	until := b.Clock.Now().Add(7 * 24 * time.Hour)
	got := b.read(made.ID)
	if b.status(paired.ID) != model.ClaimPosted || got.Status != model.ClaimPublicised || !got.DueAt.Equal(until) || got.NoticePath != b.Branch.Path {
		t.Fatalf("%+v", got)
	}
	b.Clock.Set(until.Add(-time.Millisecond))
	if n, err := b.s.PostDue(t.Context(), 10); err != nil || n != 0 || b.count("hours_entries") != 1 {
		t.Fatalf("%d posted a moment too early, %v", n, err)
	}
	b.Clock.Set(until)
	if n, err := b.s.PostDue(t.Context(), 10); err != nil || n != 1 {
		t.Fatalf("%d posted, %v", n, err)
	}
	if n, err := b.s.PostDue(t.Context(), 10); err != nil || n != 0 {
		t.Fatalf("%d posted again, %v", n, err)
	}
	var line model.HoursEntry
	if err := b.DB.Where("claim_id = ?", made.ID).First(&line).Error; err != nil {
		t.Fatal(err)
	}
	if line.Basis != model.BasisMakeUp || line.PostedBy != b.officer.UserID || !line.PostedAt.Equal(until) || b.status(made.ID) != model.ClaimPosted {
		t.Errorf("%+v", line)
	}
	back, err := b.s.Reverse(t.Context(), b.officer, line.ID, "核查不实", idem.Key{})
	is(t, err, nil)
	if back.Basis != model.BasisMakeUp {
		t.Errorf("the reversal is of another class: %+v", back)
	}
}

func TestThePolicyMayPublicisePairsToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.policy(func(p *model.Policy) { p.CheckInNoticeDays, p.PublicNoticeDays = 2, 10 })
	_, c := b.served("一")
	_, made := b.served("二")
	b.madeUp(made)
	b.post(c, made)
	for id, days := range map[int64]int{c.ID: 2, made.ID: 10} {
		if got := b.read(id); got.Status != model.ClaimPublicised || !got.DueAt.Equal(b.Clock.Now().AddDate(0, 0, days)) {
			t.Errorf("%+v", got)
		}
	}
}

// policy changes the newest policy of the world's programme.
func (b *bench) policy(change func(*model.Policy)) {
	b.TB.Helper()
	p := b.Policy
	change(&p)
	row := model.ProgrammePolicy{ProgrammeID: b.Programme.ID, Version: b.Programme.PolicyVersion + 1, Policy: p, CreatedBy: 1, CreatedAt: b.Clock.Now()}
	b.Insert(&row)
	if err := b.exec("UPDATE programmes SET policy_version = ? WHERE id = ?", row.Version, b.Programme.ID); err != nil {
		b.TB.Fatal(err)
	}
	b.Programme.PolicyVersion, b.Policy = row.Version, p
}

func TestAPublicisedClaimIsStopped(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, c := b.served("一")
	_, d := b.served("二")
	b.madeUp(c)
	b.madeUp(d)
	b.post(c, d)
	_, err := b.s.Dispute(t.Context(), me, c.ID, "我那天没去")
	is(t, err, nil)
	_, err = b.s.Reject(t.Context(), b.officer, d.ID, "证明是假的")
	is(t, err, nil)
	b.Clock.Add(30 * 24 * time.Hour)
	if n, err := b.s.PostDue(t.Context(), 10); err != nil || n != 0 || b.count("hours_entries") != 0 {
		t.Fatalf("%d posted, %v", n, err)
	}
	_, err = b.s.Reopen(t.Context(), b.officer, c.ID, "核实了")
	is(t, err, nil)
	if got := b.read(c.ID); got.Status != model.ClaimComputed || got.LeadBy != nil || got.HostBy != nil || got.RecognisedBy != nil || got.DueAt != nil {
		t.Errorf("%+v", got)
	}
	_, err = b.s.Reopen(t.Context(), b.officer, d.ID, "再看看")
	is(t, err, fault.ErrState)
	if _, err := b.s.Recognise(t.Context(), b.officer, b.activity.ID, attend.Choice{IDs: []int64{c.ID}}); err == nil {
		t.Error("recognised without lead and host")
	}
	_, err = b.s.Reject(t.Context(), access.Actor{}, c.ID, "x")
	is(t, err, access.ErrRequired)
}
