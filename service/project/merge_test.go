package project_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/project"
)

// later is a change of an activity's draft: a day after the others.
func later(in *project.NewActivity) {
	for i := range in.Sessions {
		in.Sessions[i].StartsAt, in.Sessions[i].EndsAt = in.Sessions[i].StartsAt.Add(6*time.Hour), in.Sessions[i].EndsAt.Add(6*time.Hour)
	}
	in.Title = "河道清洁"
}

func TestMergeActivity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.published(t, nil), h.published(t, later)
	merge := func(by access.Actor, id int64, m project.Merge) (project.Detail, error) {
		return h.MergeActivity(t.Context(), by, id, m)
	}
	good := project.Merge{IntoID: into.Activity.ID, Reason: "人数不足"}
	h.released.fail = project.ErrMergeEnough
	_, err := merge(h.host, from.Activity.ID, good)
	wants(t, err, project.ErrMergeEnough)
	if got, err := h.Service.Activity(t.Context(), h.host, from.Activity.ID); err != nil || got.Activity.Status != model.ActivityPublished || got.Activity.ListedAt == nil {
		t.Fatal("a refusal left something behind", err)
	}
	h.released.fail, h.released.mergers = nil, nil
	got, err := merge(h.host, from.Activity.ID, good)
	must(t, err)
	a := got.Activity
	if a.Status != model.ActivityMerged || got.Phase != model.ActivityMerged || a.MergedInto == nil || *a.MergedInto != into.Activity.ID || a.ListedAt != nil || a.ListedCell != nil {
		t.Errorf("%+v", a)
	}
	if h.count(t, &model.ActivityGram{}, "activity_id = ?", a.ID) != 0 {
		t.Error("it is still found by its words")
	}
	if m := h.released.mergers; len(m) != 1 || m[0].From.ID != a.ID || m[0].Into.ID != into.Activity.ID || m[0].Positions[from.Positions[0].ID] != into.Positions[0].ID || m[0].Reason != "人数不足" {
		t.Errorf("%+v", m)
	}
	again, err := merge(h.host, from.Activity.ID, good)
	must(t, err)
	if again.Activity.Version != a.Version || h.audits(t, "activity.merge") != 1 || len(h.released.mergers) != 1 {
		t.Error("a repetition did something")
	}
	third := h.published(t, nil)
	_, err = merge(h.host, from.Activity.ID, project.Merge{IntoID: third.Activity.ID, Reason: "又一次"})
	wants(t, err, fault.ErrState)
	_, err = merge(h.host, third.Activity.ID, project.Merge{IntoID: from.Activity.ID, Reason: "并入"})
	wants(t, err, project.ErrMergeTarget)
	_, err = h.CancelActivity(t.Context(), h.host, from.Activity.ID, "不办了")
	wants(t, err, fault.ErrState)
	_, _, err = h.SetCapacity(t.Context(), h.host, from.Positions[0].ID, 1, 12)
	wants(t, err, fault.ErrState)
}

func TestAMergerThatIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.published(t, nil), h.published(t, later)
	h.released.fail = project.ErrAgain
	_, err := h.MergeActivity(t.Context(), h.host, from.Activity.ID, project.Merge{IntoID: into.Activity.ID, Reason: "人数不足"})
	if wants(t, err, fault.ErrBusy); len(h.released.mergers) < 2 {
		t.Error("it was not tried again")
	}
}

// Whatever is wrong with a merger, nothing happens.
func TestMergeActivityIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into, draft := h.published(t, nil), h.published(t, later), h.drafted(t, nil)
	other := h.published(t, func(in *project.NewActivity) { in.Positions = []project.Seat{{Title: "讲解员", Capacity: 5}} })
	foreign := h.World.Project(h.World.Pair(h.Branch, h.elsewhere), "别处")
	theirs, _, _ := h.World.Activity(foreign, 5, nil)
	town := h.published(t, nil)
	h.write(t, func(tx *gorm.DB) error {
		return tx.Table("activities").Where("id = ?", town.Activity.ID).Update("org_id", h.Town.ID).Error
	})
	clerk, pos := h.host, from.Positions[0].ID
	tests := map[string]struct {
		by      access.Actor
		id      int64
		m       project.Merge
		want    error
		pointer string
	}{
		"without a reason":          {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: into.Activity.ID, Reason: " "}, want: access.ErrReason, pointer: "/reason"},
		"an activity that is none":  {by: clerk, id: 1, m: project.Merge{IntoID: into.Activity.ID}, want: fault.ErrNotFound},
		"into none":                 {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: 1}, want: fault.ErrInvalid, pointer: "/into_activity_id"},
		"into itself":               {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: from.Activity.ID}, want: fault.ErrInvalid, pointer: "/into_activity_id"},
		"into a draft":              {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: draft.Activity.ID}, want: project.ErrMergeTarget},
		"a draft":                   {by: clerk, id: draft.Activity.ID, m: project.Merge{IntoID: into.Activity.ID}, want: fault.ErrState},
		"into another's":            {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: theirs.ID}, want: access.ErrDenied},
		"another's":                 {by: clerk, id: theirs.ID, m: project.Merge{IntoID: into.Activity.ID}, want: access.ErrDenied},
		"a student":                 {by: h.student, id: from.Activity.ID, m: project.Merge{IntoID: into.Activity.ID}, want: access.ErrDenied},
		"the other side":            {by: h.secretary, id: from.Activity.ID, m: project.Merge{IntoID: into.Activity.ID}, want: access.ErrDenied},
		"of another organiser":      {by: h.town, id: from.Activity.ID, m: project.Merge{IntoID: town.Activity.ID}, want: project.ErrMergeUnrelated},
		"positions that differ":     {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: other.Activity.ID}, want: fault.ErrInvalid, pointer: "/positions"},
		"a position of a third one": {by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: other.Activity.ID, Positions: []project.PositionPair{{FromID: pos, IntoID: into.Positions[0].ID}}}, want: fault.ErrInvalid, pointer: "/positions/0/into_position_id"},
		"a position twice": {
			by: clerk, id: from.Activity.ID, m: project.Merge{IntoID: into.Activity.ID, Positions: []project.PositionPair{{FromID: pos, IntoID: into.Positions[0].ID}, {FromID: pos, IntoID: into.Positions[0].ID}}},
			want: fault.ErrInvalid, pointer: "/positions/1/from_position_id",
		},
	}
	for name, c := range tests {
		if c.m.Reason == "" {
			c.m.Reason = "人数不足"
		}
		_, err := h.MergeActivity(t.Context(), c.by, c.id, c.m)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if at := pointers(err); c.pointer != "" && (len(at) != 1 || at[0] != c.pointer) {
			t.Errorf("%s: named are %v", name, at)
		}
	}
	h.Clock.Set(from.Activity.StartsAt)
	_, err := h.MergeActivity(t.Context(), clerk, from.Activity.ID, project.Merge{IntoID: into.Activity.ID, Reason: "晚了"})
	wants(t, err, project.ErrStarted)
	_, err = h.MergeActivity(t.Context(), clerk, into.Activity.ID, project.Merge{IntoID: from.Activity.ID, Reason: "晚了"})
	wants(t, err, project.ErrMergeTarget)
	if h.audits(t, "activity.merge") != 0 || len(h.released.mergers) != 0 {
		t.Error("a refusal left something behind")
	}
	h.Clock.Set(from.Activity.StartsAt.Add(-time.Hour))
	_, err = h.MergeActivity(t.Context(), clerk, from.Activity.ID, project.Merge{IntoID: other.Activity.ID, Reason: "人数不足", Positions: []project.PositionPair{{FromID: pos, IntoID: other.Positions[0].ID}}})
	if must(t, err); h.released.mergers[0].Positions[pos] != other.Positions[0].ID {
		t.Error("another position than asked for")
	}
}
