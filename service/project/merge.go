package project

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/text"
)

// Refusals of merging activities.
var (
	ErrMergeUnrelated = fault.Define(fault.Conflict, "activity.merge_unrelated", "只能并入同一主办单位或同一项目的活动。", "An activity is merged only into one of the same organiser or the same project.")
	ErrMergeTarget    = fault.Define(fault.Conflict, "activity.merge_target", "要并入的活动没有发布，或已经开始。", "The activity to merge into is not public, or has begun.")
	ErrMergeEnough    = fault.Define(fault.Conflict, "activity.merge_enough", "报名人数已达到最低人数（或没有设最低人数），不能并入其他活动。", "As many as it needs have signed up (or it needs no number): it is not merged.")
	ErrMergeMany      = fault.Define(fault.Conflict, "activity.merge_many", "报名太多，不能一次并入；请先处理待审核的报名。", "Too many have signed up to be moved at once; decide about those under review first.")
)

// ErrAgain says that somebody signed up between two looks, so that the whole is to be tried again.
var ErrAgain = errors.New("somebody signed up meanwhile")

// againMost is how often a merger is tried before its caller is told to come back.
const againMost = 8

// Merge says what an activity becomes part of.
type Merge struct {
	IntoID    int64
	Positions []PositionPair // where titles differ; the others go by their titles
	Reason    string
}

// PositionPair says which position of the other activity one of this goes to.
type PositionPair struct{ FromID, IntoID int64 }

// Merger is what sign-up has to know of an activity that has become part of another one.
type Merger struct {
	From, Into model.Activity  // From as it was before
	Positions  map[int64]int64 // of From, each with one of Into
	Reason     string
}

// MergeActivity makes an activity for which fewer than min_turnout have signed up part of another one of the same project or
// organiser, before either begins. Who may call both off decides. Everybody who signed up is asked for in the other activity
// by the same rules as if they came alone and told what became of it; nobody loses points by it. Merging again into the same
// activity gets the same answer. Errors: fault.ErrNotFound, access.ErrDenied, access.ErrReason, fault.ErrInvalid (no such
// activity, or positions without a counterpart), fault.ErrState, ErrStarted, ErrMergeUnrelated, ErrMergeTarget,
// ErrMergeEnough, ErrMergeMany, content.ErrRisky, fault.ErrBusy.
func (s *Service) MergeActivity(ctx context.Context, actor access.Actor, id int64, m Merge) (Detail, error) {
	reason, err := text.Reason(m.Reason)
	if err != nil {
		return Detail{}, err
	}
	m.Reason = reason
	return content.Do(ctx, s.Content, actor, func() (Detail, error) {
		for range againMost {
			out, err := s.tryMerge(ctx, actor, id, m)
			if !errors.Is(err, ErrAgain) {
				return out, err
			}
		}
		return Detail{}, fault.ErrBusy.Because(ErrAgain)
	})
}

func (s *Service) tryMerge(ctx context.Context, actor access.Actor, id int64, m Merge) (Detail, error) {
	var out Detail
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		from, into, err := s.openBoth(tx, actor, id, m.IntoID)
		if err != nil {
			return err
		}
		if from.row.Status != model.ActivityMerged || from.row.MergedInto == nil || *from.row.MergedInto != m.IntoID {
			if err := s.merge(tx, actor, from, into, m); err != nil {
				return err
			}
		}
		out, err = s.detailOf(tx, id)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return s.withContact(s.DB.WithContext(ctx), out)
}

// openBoth locks two activities in the order of their ids and checks that the actor may call both off. A draft that the actor
// does not see is no activity.
func (s *Service) openBoth(tx *gorm.DB, actor access.Actor, fromID, intoID int64) (from, into activityScene, err error) {
	scenes, wrong := map[int64]activityScene{}, map[int64]error{}
	for _, id := range []int64{min(fromID, intoID), max(fromID, intoID)} {
		if scenes[id], wrong[id] = s.openActivity(tx, id); wrong[id] != nil && !errors.Is(wrong[id], fault.ErrNotFound) {
			return from, into, wrong[id]
		}
	}
	if wrong[fromID] != nil {
		return from, into, wrong[fromID]
	}
	from, into = scenes[fromID], scenes[intoID]
	if err := from.mayCancel(actor); err != nil {
		return from, into, err
	}
	var c fault.Collector
	missing := wrong[intoID] != nil || into.row.PublishedAt == nil && !Sees(actor, into.object)
	c.Add(missing || fromID == intoID, "/into_activity_id", "not_found", "没有可并入的这个活动", "is no activity to merge into")
	if err := c.Err(); err != nil {
		return from, into, err
	}
	return from, into, into.mayCancel(actor)
}

func (s *Service) merge(tx *gorm.DB, actor access.Actor, from, into activityScene, m Merge) error {
	positions, err := s.mergeable(tx, from.row, into.row, m.Positions)
	if err != nil {
		return err
	}
	move := audit.Move{
		Action: "activity.merge", To: string(model.ActivityMerged), Reason: m.Reason, OrgPath: from.organiser.Path,
		Set:  map[string]any{"listed_at": nil, "listed_cell": nil, "merged_into": into.row.ID},
		Data: map[string]any{"into": strconv.FormatInt(into.row.ID, 10)},
	}
	if err := s.reasoned(tx, actor, content.Activity, &from.row, move); err != nil {
		return err
	}
	if err := s.Audit.Move(tx, actor, &from.row, move); err != nil {
		return err
	}
	if err := index(tx, from.row.ID, searchText(from.row, from.host.Name), nil); err != nil {
		return err
	}
	err = s.Signups.MergeActivity(tx, actor, Merger{From: from.row, Into: into.row, Positions: positions, Reason: m.Reason})
	if err != nil {
		return fmt.Errorf("move sign-ups: %w", err)
	}
	return nil
}

// mergeable tells whether one activity may become part of the other now, and where each of its positions goes.
func (s *Service) mergeable(tx *gorm.DB, from, into model.Activity, pairs []PositionPair) (map[int64]int64, error) {
	now := s.Now()
	sameProject := from.ProjectID != nil && into.ProjectID != nil && *from.ProjectID == *into.ProjectID
	switch {
	case from.Status != model.ActivityPublished:
		return nil, fault.ErrState
	case !now.Before(from.StartsAt):
		return nil, ErrStarted.Saying("活动已经开始，不能并入其他活动。", "The activity has begun and can no longer be merged.")
	case !sameProject && from.OrgID != into.OrgID:
		return nil, ErrMergeUnrelated
	case into.Status != model.ActivityPublished || !now.Before(into.StartsAt):
		return nil, ErrMergeTarget
	}
	_, old, err := partsOf(tx, from.ID)
	if err != nil {
		return nil, err
	}
	_, others, err := partsOf(tx, into.ID)
	if err != nil {
		return nil, err
	}
	return matchPositions(old, others, pairs)
}

// matchPositions finds the counterpart of every position: as pairs say, else by the title. Each one that has none is named.
func matchPositions(old, others []model.Position, pairs []PositionPair) (map[int64]int64, error) {
	var c fault.Collector
	to := map[int64]int64{}
	has := func(list []model.Position, id int64) bool {
		return slices.ContainsFunc(list, func(p model.Position) bool { return p.ID == id })
	}
	for i, p := range pairs {
		at := fmt.Sprintf("/positions/%d", i)
		c.Add(!has(old, p.FromID), at+"/from_position_id", "not_found", "不是这个活动的岗位", "is no position of the activity")
		c.Add(!has(others, p.IntoID), at+"/into_position_id", "not_found", "不是要并入的活动的岗位", "is no position of the activity to merge into")
		c.Add(to[p.FromID] != 0, at+"/from_position_id", "unique_items", "重复了", "is there twice")
		to[p.FromID] = p.IntoID
	}
	for _, p := range old {
		if to[p.ID] != 0 {
			continue
		}
		i := slices.IndexFunc(others, func(o model.Position) bool { return o.Title == p.Title })
		if i < 0 {
			c.Add(true, "/positions", "required", "请说明岗位“"+p.Title+"”并入哪个岗位", "says not where the position “"+p.Title+"” goes")
			continue
		}
		to[p.ID] = others[i].ID
	}
	return to, c.Err()
}
