package signup_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/signup"
)

// scene is one case of a rule: what is asked for, what the student brings along, and the refusal.
type scene struct {
	change func(*model.Activity)
	before func(b *bench, me access.Actor)
	want   *fault.Fault
	says   string // part of the Chinese text
}

// play plays scenes in one world, each with a programme of its own.
func play(t *testing.T, scenes map[string]scene) {
	t.Helper()
	stage := newBench(t, 1, nil).whole()
	for name, c := range scenes {
		t.Run(name, func(t *testing.T) {
			b := stage.afresh(t, at(func(a *model.Activity) {
				if c.change != nil {
					c.change(a)
				}
			}))
			me := b.Student("我", b.Branch)
			if c.before != nil {
				c.before(b, me)
			}
			rows := b.rows()
			err := b.tries(me)
			is(t, err, c.want)
			if c.want == nil {
				return
			}
			f, _ := errors.AsType[*fault.Fault](err)
			if !strings.Contains(f.ZH, c.says) || f.EN == "" || b.rows() != rows {
				t.Errorf("%q does not say %q, or something was left behind", f.ZH, c.says)
			}
		})
	}
}

func proof(kind, from string, to *model.Date) func(b *bench, me access.Actor) {
	return func(b *bench, me access.Actor) {
		b.Insert(&model.StudentProof{ID: b.NewID(), StudentID: me.StudentID, Kind: kind, FromOn: model.Date(from), ToOn: to, Version: 1, CreatedAt: b.Clock.Now()})
	}
}

// The activity is on 14 October 2026; what is asked for must hold on its last day.
func TestProofsMustHoldOnTheLastDay(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		change func(*model.Activity)
		want   *fault.Fault
		says   string
	}{
		model.ProofTraining:  {func(a *model.Activity) { a.TrainingRequired = true }, signup.ErrNeedsTraining, "培训"},
		model.ProofInsurance: {func(a *model.Activity) { a.InsuranceRequired = true }, signup.ErrNeedsInsurance, "保险"},
		model.ProofClearance: {func(a *model.Activity) { a.MinorsContact = true }, signup.ErrNeedsClearance, "从业查询"},
	}
	last, after := model.Date("2026-10-14"), model.Date("2026-10-15")
	scenes := map[string]scene{}
	for kind, k := range kinds {
		scenes[kind+" missing"] = scene{change: k.change, want: k.want, says: k.says}
		scenes[kind+" without end"] = scene{change: k.change, before: proof(kind, "2026-10-14", nil)}
		scenes[kind+" ends the day after"] = scene{change: k.change, before: proof(kind, "2025-01-01", &after)}
		scenes[kind+" ends on the last day"] = scene{change: k.change, before: proof(kind, "2025-01-01", &last), want: k.want, says: k.says}
		scenes[kind+" begins the day after"] = scene{change: k.change, before: proof(kind, "2026-10-15", nil), want: k.want, says: k.says}
		scenes[kind+" revoked"] = scene{change: k.change, want: k.want, says: k.says, before: func(b *bench, me access.Actor) {
			now := b.Clock.Now()
			b.Insert(&model.StudentProof{ID: b.NewID(), StudentID: me.StudentID, Kind: kind, FromOn: "2025-01-01", RevokedAt: &now, Version: 1, CreatedAt: now})
		}}
	}
	play(t, scenes)
}

func TestAudience(t *testing.T) {
	t.Parallel()
	audience := func(change func(b *bench, a *model.Audience)) func(*bench, access.Actor) {
		return func(b *bench, _ access.Actor) {
			a := model.Audience{}
			change(b, &a)
			b.audience(a)
		}
	}
	play(t, map[string]scene{
		"the university above":  {before: audience(func(b *bench, a *model.Audience) { a.OrgIDs = []int64{b.University.ID} })},
		"the branch itself":     {before: audience(func(b *bench, a *model.Audience) { a.OrgIDs = []int64{b.Community.ID, b.Branch.ID} })},
		"another unit":          {before: audience(func(b *bench, a *model.Audience) { a.OrgIDs = []int64{b.Community.ID} }), want: signup.ErrNotEligible, says: "其他活动"},
		"a digit less is other": {before: audience(func(b *bench, a *model.Audience) { a.OrgIDs = []int64{b.Branch.ID / 10, b.Branch.ID % 1000} }), want: signup.ErrNotEligible},
		"the grade":             {before: audience(func(_ *bench, a *model.Audience) { a.Grades = []string{"2024", "2025"} })},
		"another grade":         {before: audience(func(_ *bench, a *model.Audience) { a.Grades = []string{"2024"} }), want: signup.ErrNotEligible},
		"one tag is enough":     {before: audience(func(_ *bench, a *model.Audience) { a.Tags = []string{model.TagQingma, model.TagLeagueMember} })},
		"no tag":                {before: audience(func(_ *bench, a *model.Audience) { a.Tags = []string{model.TagQingma} }), want: signup.ErrNotEligible},
		"unit fits, grade does not": {want: signup.ErrNotEligible, before: audience(func(b *bench, a *model.Audience) {
			a.OrgIDs, a.Grades = []int64{b.Branch.ID}, []string{"2020"}
		})},
		"assigned unit, alone": {
			want: signup.ErrNotEligible, says: "团支部书记", change: func(a *model.Activity) { a.SignupMode = model.SignupAssignedUnit },
			before: audience(func(b *bench, a *model.Audience) { a.OrgIDs = []int64{b.Branch.ID} }),
		},
	})
}

// What a host keeps away is refused without a reason; what the student avoids themselves is not, and blocks elsewhere do not count.
func TestKeptAwayByTheHost(t *testing.T) {
	t.Parallel()
	block := func(side string, there bool, mine bool) func(*bench, access.Actor) {
		return func(b *bench, me access.Actor) {
			row := model.MatchBlock{StudentID: me.StudentID, OrgID: b.Community.ID, Side: side, ReasonEnc: []byte{}, CreatedAt: b.Clock.Now()}
			if !there {
				row.OrgID = b.Town.ID
			}
			if !mine {
				row.StudentID = b.Student("别人", b.Branch).StudentID
			}
			b.Insert(&row)
		}
	}
	play(t, map[string]scene{
		"kept away":          {before: block(model.BlockByHost, true, true), want: signup.ErrNotEligible, says: "院系团委"},
		"before training":    {before: block(model.BlockByHost, true, true), change: func(a *model.Activity) { a.TrainingRequired = true }, want: signup.ErrNotEligible},
		"somebody else":      {before: block(model.BlockByHost, true, false)},
		"the town above":     {before: block(model.BlockByHost, false, true)},
		"avoided by oneself": {before: block(model.BlockByStudent, true, true)},
	})
}

func suspension(from, to time.Duration, lifted bool) func(*bench, access.Actor) {
	return func(b *bench, me access.Actor) {
		now := b.Clock.Now()
		row := model.SignupSuspension{ID: b.NewID(), StudentID: me.StudentID, FromAt: now.Add(from), ToAt: now.Add(to), CountsFrom: now, Reason: model.SuspendedForNoShows, CreatedAt: now}
		if lifted {
			row.LiftedAt = &now
		}
		b.Insert(&row)
	}
}

func TestSuspensionAndConsent(t *testing.T) {
	t.Parallel()
	consent := func(version string, live bool) func(*bench, access.Actor) {
		return func(b *bench, me access.Actor) {
			b.policy(func(p *model.Policy) { p.SignupConsent = "v2" })
			row := model.Consent{ID: b.NewID(), UserID: me.UserID, Purpose: model.ConsentSignupShare, TextVersion: version, GrantedAt: b.Clock.Now(), Live: &live}
			if !live {
				row.Live = nil
			}
			if version != "" {
				b.Insert(&row)
			}
		}
	}
	play(t, map[string]scene{
		"suspended":                    {before: suspension(-hour, time.Millisecond, false), want: signup.ErrSuspended, says: "10月12日 09:00"},
		"suspended from now":           {before: suspension(0, hour, false), want: signup.ErrSuspended, says: "院系团委"},
		"suspension ends now":          {before: suspension(-hour, 0, false)},
		"suspension to come":           {before: suspension(time.Millisecond, hour, false)},
		"suspension lifted":            {before: suspension(-hour, hour, true)},
		"agreed to this version":       {before: consent("v2", true)},
		"agreed to an older version":   {before: consent("v1", true), want: signup.ErrNeedsConsent, says: "v2"},
		"withdrawn":                    {before: consent("v2", false), want: signup.ErrNeedsConsent, says: "同意"},
		"never asked":                  {before: consent("", true), want: signup.ErrNeedsConsent},
		"the policy asks for no text":  {},
		"suspended comes before proof": {change: func(a *model.Activity) { a.TrainingRequired = true }, before: suspension(-hour, hour, false), want: signup.ErrSuspended},
	})
}

// Rows from before the migration say nothing of the new rules: everybody may sign up, and who comes too late hears so.
func TestActivitiesFromBeforeTheRules(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	b.put("activities", b.activity.ID, map[string]any{"audience": nil, "paired_until": nil, "waitlist": false, "paired_first": false})
	b.must(b.strangers(1)[0], b.position.ID)
	is(t, b.tries(b.Student("晚来", b.Branch)), signup.ErrFull)
	b.counts()
}
