package project_test

import (
	"errors"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
	"baodao/service/project"
)

// loudHouse is a house whose service tells people, with a published activity, who signed up for it and who left.
func loudHouse(t *testing.T) (h *house, d project.Detail, in, waiting access.Actor) {
	t.Helper()
	h = newHouse(t)
	h.Service.Notify = h.Notices()
	d = h.published(t, nil)
	in, waiting = h.student, h.lead
	h.signs(d, in, model.SignupConfirmed)
	h.signs(d, waiting, model.SignupWaitlisted)
	h.signs(d, h.Student("走了", h.Branch), model.SignupCancelled)
	paper := h.Profile("没有账号", h.Branch, 0)
	h.signs(d, access.Actor{StudentID: paper.ID}, model.SignupConfirmed)
	return h, d, in, waiting
}

func (h *house) signs(d project.Detail, who access.Actor, status model.SignupStatus) {
	h.TB.Helper()
	now := h.Clock.Now()
	row := model.Signup{ID: h.World.NewID(), StudentID: who.StudentID, ActivityID: d.Activity.ID, PositionID: d.Positions[0].ID, Status: status, Version: 1, CreatedAt: now, UpdatedAt: now}
	if status.Live() {
		row.LiveActivityID = &row.ActivityID
	}
	h.Insert(&row)
}

func TestPublishingNotesOneFanOut(t *testing.T) {
	t.Parallel()
	h, d, _, _ := loudHouse(t)
	var rows []model.NoticeFanout
	must(t, h.World.DB.Find(&rows).Error)
	if len(rows) != 1 || rows[0].Kind != string(notify.ActivityPublished) || rows[0].ObjectID != d.Activity.ID || rows[0].DoneAt != nil {
		t.Errorf("%+v", rows)
	}
	opens := h.Clock.Now().Add(5 * time.Hour)
	later := h.published(t, func(a *project.NewActivity) { a.SignupOpensAt = opens })
	var row model.NoticeFanout
	must(t, h.World.DB.Where("object_id = ?", later.Activity.ID).First(&row).Error)
	if !row.NotBefore.Equal(opens) || !rows[0].NotBefore.Equal(h.Clock.Now()) {
		t.Errorf("told from %s and %s", row.NotBefore, rows[0].NotBefore)
	}
	_, err := h.PublishActivity(t.Context(), h.host, d.Activity.ID)
	if err == nil || h.count(t, &model.NoticeFanout{}, "1=1") != 2 {
		t.Errorf("published twice: %v", err)
	}
}

func TestAMoveIsToldToEverybodyWhoSignedUp(t *testing.T) {
	t.Parallel()
	h, d, in, waiting := loudHouse(t)
	session := d.Sessions[0]
	to := project.Slot{StartsAt: session.StartsAt.Add(time.Hour), EndsAt: session.EndsAt.Add(time.Hour), Place: "社区后院", RadiusM: 200}
	d, err := h.MoveSession(t.Context(), h.host, session.ID, d.Activity.Version, to)
	must(t, err)
	h.Told(notify.ActivityChanged, in, waiting)
	h.Inbox(notify.ActivityChanged, in, "“社区清洁日”改为2026年10月15日 10:00，社区后院。")
	to.RadiusM = 300 // neither time nor place
	d, err = h.MoveSession(t.Context(), h.host, session.ID, d.Activity.Version, to)
	must(t, err)
	h.Told(notify.ActivityChanged, in, waiting)
	to.StartsAt, to.EndsAt = to.StartsAt.Add(time.Hour), to.EndsAt.Add(time.Hour)
	if _, err := h.MoveSession(t.Context(), h.host, session.ID, d.Activity.Version-1, to); err == nil {
		t.Fatal("a stale version moved it")
	}
	h.Told(notify.ActivityChanged, in, waiting)
	_, err = h.MoveSession(t.Context(), h.host, session.ID, d.Activity.Version, to)
	must(t, err)
	h.Told(notify.ActivityChanged, in, waiting, in, waiting)
}

func TestACancellationIsToldToEverybodyWhoSignedUp(t *testing.T) {
	t.Parallel()
	h, d, in, waiting := loudHouse(t)
	h.released.fail = errors.New("no")
	if _, err := h.CancelActivity(t.Context(), h.host, d.Activity.ID, "暴雨"); err == nil {
		t.Fatal("cancelled")
	}
	h.Told(notify.ActivityCancelled) // undone with the cancellation
	h.released.fail = nil
	_, err := h.CancelActivity(t.Context(), h.host, d.Activity.ID, "暴雨")
	must(t, err)
	h.Told(notify.ActivityCancelled, in, waiting)
	h.Inbox(notify.ActivityCancelled, in, "“社区清洁日”（2026年10月15日 09:00）已取消。暴雨")
	draft := h.drafted(t, nil)
	_, err = h.CancelActivity(t.Context(), h.host, draft.Activity.ID, "不办了")
	must(t, err)
	h.Told(notify.ActivityCancelled, in, waiting)
}
