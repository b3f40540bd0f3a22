package programme_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/programme"
)

// words is WeChat: 赌 is risky. It keeps what it was asked, and may be down.
type words struct {
	down  bool
	asked []string
}

func (w *words) CheckText(_ context.Context, _ string, _ content.Use, text string) (content.Verdict, error) {
	w.asked = append(w.asked, text)
	switch {
	case w.down:
		return content.Verdict{}, fault.Define(fault.Unavailable, "wechat.unavailable", "连不上", "is down")
	case strings.Contains(text, "赌"):
		return content.Verdict{Suggest: content.Risky}, nil
	}
	return content.Verdict{Suggest: content.Pass}, nil
}

func (*words) SubmitImage(context.Context, string, string) (string, bool, error) {
	return "", false, errors.New("no pictures")
}

func (o *office) checked() *words {
	w := &words{}
	o.Content = &content.Service{DB: o.World.DB, Now: o.World.Clock.Now, NewID: o.World.NewID, Audit: o.World.Audit, Vault: o.World.Vault, Checker: w}
	return w
}

// fails demands a refusal that names a field, or none.
func fails(t *testing.T, err error, code, pointer string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Code != code || pointer != "" && (len(f.Fields) != 1 || f.Fields[0].Pointer != pointer) {
		t.Fatalf("%v, want %s of %s", err, code, pointer)
	}
}

func TestADraftIsLookedAtWhenItOpens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, ctx := o.checked(), t.Context()
	d := o.create(t, o.university, o.University, programme.PresetMaoming)
	add := func(name, day string) error {
		_, err := o.AddMilestone(ctx, o.university, idem.Key{}, d.Programme.ID, programme.NewMilestone{Kind: programme.MilestoneOther, Name: name, DueOn: model.Date(day)})
		return err
	}
	if err := add("赌局", "2026-11-15"); err != nil || len(w.asked) != 0 {
		t.Fatal("a draft is nobody's business: ", w.asked, err)
	}
	_, err := o.Activate(ctx, o.university, d.Programme.ID)
	fails(t, err, "content.risky", "/milestones/0/name")
	got, err := o.Get(ctx, o.university, d.Programme.ID)
	if err != nil || got.Programme.Status != model.ProgrammeDraft {
		t.Fatal(got.Programme.Status, err)
	}
	if err := o.RemoveMilestone(ctx, o.university, d.Programme.ID, got.Milestones[0].ID); err != nil {
		t.Fatal(err)
	}
	w.down = true
	_, err = o.Activate(ctx, o.university, d.Programme.ID)
	fails(t, err, "wechat.unavailable", "")
	w.down, w.asked = false, nil
	if got, err = o.Activate(ctx, o.university, d.Programme.ID); err != nil || got.Programme.Status != model.ProgrammeActive {
		t.Fatal(got.Programme.Status, err)
	}
	if len(w.asked) != 1 || !strings.Contains(w.asked[0], got.Programme.Name) || !strings.Contains(w.asked[0], got.Policy.Fields[0].Name) {
		t.Fatalf("asked %q", w.asked)
	}
	fails(t, add("赌局", "2026-11-16"), "content.risky", "/name")
	if err := add("中期检查", "2026-11-16"); err != nil {
		t.Fatal(err)
	}
}

func TestAnOpenProgrammeIsLookedAtWhereItChanges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, ctx := o.checked(), t.Context()
	d := o.create(t, o.university, o.University, programme.PresetMaoming)
	d, err := o.Activate(ctx, o.university, d.Programme.ID)
	if err != nil {
		t.Fatal(err)
	}
	id, version := d.Programme.ID, d.Programme.Version
	_, err = o.Update(ctx, o.university, id, version, programme.Edit{Name: "赌王计划"})
	fails(t, err, "content.risky", "/name")
	policy := d.Policy
	policy.Categories = append(slices.Clone(policy.Categories), model.Item{Code: "GAMBLE", Name: "赌博"})
	_, err = o.PutPolicy(ctx, o.university, id, version, policy)
	fails(t, err, "content.risky", "")

	w.down = true // what is not new needs no WeChat
	if d, err = o.Update(ctx, o.university, id, version, programme.Edit{Name: d.Programme.Name, Phases: []programme.Phase{}}); err != nil {
		t.Fatal(err)
	}
	d.Policy.StudentMin++
	if d, err = o.PutPolicy(ctx, o.university, id, d.Programme.Version, d.Policy); err != nil {
		t.Fatal(err)
	}
	_, err = o.Update(ctx, o.university, id, d.Programme.Version, programme.Edit{Name: "新计划"})
	fails(t, err, "wechat.unavailable", "")
	w.down = false
	if _, err = o.Update(ctx, o.university, id, d.Programme.Version, programme.Edit{Name: "新计划"}); err != nil {
		t.Fatal(err)
	}
}
