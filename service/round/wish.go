package round

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/matching/explain"
	"baodao/service/matching/score"
)

// Refusals of making a list.
var (
	ErrWishesEarly  = fault.Define(fault.Conflict, "match.wishes_early", "填报还没有开始。", "Wishes are not taken yet.")
	ErrWishesOver   = fault.Define(fault.Conflict, "match.wishes_over", "填报已经截止，志愿不能再改。", "The time for wishes is over; lists cannot be changed any more.")
	ErrOutOfScope   = fault.Define(fault.Conflict, "match.out_of_scope", "这一轮不面向您所在的组织。", "The round is not for your unit.")
	ErrNotWilling   = fault.Define(fault.Conflict, "match.needs_willingness", "请先填写服务意愿（空闲时段、技能），并选择愿意参加。", "Say first what you are willing to do: free time, skills, and that you take part.")
	ErrNowhere      = fault.Define(fault.Conflict, "match.needs_home", "假期轮次按家庭所在地匹配，请先填写住址。", "Vacation rounds go by where your home is; enter it first.")
	ErrListOfFriend = fault.Define(fault.Conflict, "match.friends_list", "小组共用发起人的志愿，请由发起人修改，或先退出小组。", "A group has the list of whoever made it; ask them to change it, or leave the group.")
)

// List is the list that a student makes for a round.
type List struct {
	Positions []int64 // best first, at most 50
	Open      bool    // 服从推荐: when the list is exhausted, others that suit
	Fill      bool    // add what is recommended, up to as many as the round shows
}

// Wish is a position on a list, as it looks before the round is run.
type Wish struct {
	PositionID, ActivityID                 int64
	PositionTitle, ActivityTitle, HostName string
	StartsAt, EndsAt                       time.Time
	Outlook                                `gorm:"-"`
}

// Outlook is how a wish fits, and how it may end.
type Outlook struct {
	Gone             bool   // it is no longer to be had: nobody gets it in this round
	UnfitZH, UnfitEN string // why the student, or one of the friends, cannot have it; the rest is empty then
	Parts            score.Parts
	Metres           int32
	Overlap          int
	Known            bool // how the last round ended there
	Chance           int32
	Class            explain.Class
}

// Wishes is a list with what is known of it.
type Wishes struct {
	RoundID   int64
	Version   int64 // 0 before the first list
	Open      bool
	Lead      bool // the list is this student's to change
	Wishes    []Wish
	Safe      int // of them, those that are safe by the last round
	UpdatedAt *time.Time
}

// What a list should have at least.
const (
	KeepAtLeast = 10
	SafeAtLeast = 3
)

// MyWishes reads the student's list for a round, that of the friend who leads where there is a group.
// Errors: fault.ErrNotFound, access.ErrDenied.
func (s *Service) MyWishes(ctx context.Context, actor access.Actor, roundID int64) (Wishes, error) {
	db := s.DB.WithContext(ctx)
	r, err := s.asked(db, actor, roundID)
	if err == nil && r.ForgottenAt != nil {
		err = ErrForgotten
	}
	if err != nil {
		return Wishes{}, err
	}
	return s.wishes(db, actor.StudentID, r)
}

// asked reads a round that a student may know of.
func (s *Service) asked(db *gorm.DB, actor access.Actor, roundID int64) (model.MatchRound, error) {
	if err := actor.Require(access.MatchAsk); err != nil {
		return model.MatchRound{}, err
	}
	r, err := find(db, roundID)
	if err == nil && (!public(r) || r.Kind != model.RoundPositions || actor.StudentID == 0) {
		err = fault.ErrNotFound
	}
	return r, err
}

// taken tells whether a round takes lists now.
func (s *Service) taken(r *model.MatchRound) error {
	switch now := s.Now(); {
	case r.Status != model.RoundOpen || !now.Before(r.WishesUntil):
		return ErrWishesOver
	case now.Before(r.WishesFrom):
		at := r.WishesFrom.In(clock.China()).Format("1月2日 15:04")
		return ErrWishesEarly.Saying("填报"+at+"开始。", "Wishes are taken from "+at+" (China) on.")
	default:
		return nil
	}
}

// within tells whether a round is for the student.
func within(actor access.Actor, r *model.MatchRound) error {
	if !strings.HasPrefix(actor.BranchPath, r.ScopePath) {
		return ErrOutOfScope
	}
	return nil
}

// wishes reads a list with what is known of each position.
func (s *Service) wishes(db *gorm.DB, studentID int64, r model.MatchRound) (Wishes, error) {
	friends, err := membersOf(db, r.ID, studentID)
	if err != nil {
		return Wishes{}, err
	}
	lists, err := wishesOf(db, r.ID, []int64{studentID, friends[0]})
	if err != nil {
		return Wishes{}, err
	}
	own, shared := lists[studentID], lists[friends[0]]
	out := Wishes{RoundID: r.ID, Version: own.Version, Open: own.Open, Lead: friends[0] == studentID, Wishes: []Wish{}}
	if shared.Version > 0 {
		out.UpdatedAt = &shared.UpdatedAt
	}
	g, err := s.look(db, &r, friends, shared.Positions)
	if err != nil {
		return Wishes{}, err
	}
	g.me = slices.Index(friends, studentID)
	if out.Wishes, err = g.wishes(db, shared.Positions); err != nil {
		return Wishes{}, err
	}
	for _, w := range out.Wishes {
		if !w.Gone && w.UnfitZH == "" && w.Known && w.Class == explain.Safe {
			out.Safe++
		}
	}
	return out, nil
}

// PutWishes writes the student's list anew, or says with none that there is none any more. version is the one that was read,
// 0 for the first time. Every position must be one whose places come from rounds, of the programme, open, and one for which
// the student is eligible, and all friends of the group. What is recommended is added where the list asks for it.
//
// fault.ErrNotFound, access.ErrDenied, ErrWishesEarly, ErrWishesOver, ErrOutOfScope, ErrNotWilling, ErrNowhere, ErrListOfFriend,
// fault.ErrStale, fault.ErrInvalid naming every wish that cannot be, and why.
func (s *Service) PutWishes(ctx context.Context, actor access.Actor, roundID, version int64, in List) (Wishes, error) {
	db := s.DB.WithContext(ctx)
	r, err := s.asked(db, actor, roundID)
	if err == nil {
		err = s.taken(&r)
	}
	if err == nil {
		err = within(actor, &r)
	}
	if err != nil {
		return Wishes{}, err
	}
	list, err := s.settleList(ctx, db, actor, &r, in)
	if err != nil {
		return Wishes{}, err
	}
	row := model.MatchWish{
		RoundID: r.ID, StudentID: actor.StudentID, Positions: list, Listed: int64(len(list)), Open: in.Open, Version: version + 1, CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	if err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error { return s.putList(tx, actor, &r, row) }); err != nil {
		return Wishes{}, err
	}
	return s.wishes(db, actor.StudentID, r) // after the commit: whoever freezes waits for it
}

// settleList checks a list and fills it.
func (s *Service) settleList(ctx context.Context, db *gorm.DB, actor access.Actor, r *model.MatchRound, in List) ([]int64, error) {
	friends, err := membersOf(db, r.ID, actor.StudentID)
	if err != nil {
		return nil, err
	}
	if friends[0] != actor.StudentID && (len(in.Positions) > 0 || in.Fill) {
		return nil, ErrListOfFriend
	}
	list := slices.Clone(in.Positions)
	if list == nil {
		list = []int64{}
	}
	g, err := s.look(db, r, friends, list)
	if err != nil {
		return nil, err
	}
	if err := g.ready(); err != nil {
		return nil, err
	}
	if err := g.check(list); err != nil {
		return nil, err
	}
	if !in.Fill {
		return list, nil
	}
	return s.fillList(ctx, db, actor, r, friends, list)
}

// check names every wish that cannot be.
func (g *glimpse) check(list []int64) error {
	var wrong fault.Collector
	wrong.Add(len(list) > score.MaxList, "/positions", "max_items", "最多 50 个志愿", "must have at most 50 items")
	for i, id := range list {
		at := fmt.Sprintf("/positions/%d", i)
		if slices.Contains(list[:i], id) {
			wrong.Add(true, at, "unique_items", "志愿重复", "is there twice")
			continue
		}
		row, ok := g.at[id]
		if !ok {
			wrong.Add(true, at, "not_found", "不是这一轮可以填报的岗位，或已没有名额", "is no position of the round, or has no seats left")
			continue
		}
		zh, en := g.unfit(row)
		wrong.Add(zh != "", at, "not_eligible", zh, en)
	}
	return wrong.Err()
}

// putList writes a list while the round takes lists.
func (s *Service) putList(tx *gorm.DB, actor access.Actor, r *model.MatchRound, row model.MatchWish) error {
	if row.Version == 1 {
		err := tx.Create(&row).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return fault.ErrStale
		}
		if err != nil {
			return fmt.Errorf("write list: %w", err)
		}
	} else {
		res := tx.Model(&model.MatchWish{}).Where("round_id = ? AND student_id = ? AND version = ?", r.ID, row.StudentID, row.Version-1).
			Select("positions", "listed", "open", "version", "updated_at").Updates(&row)
		if res.Error != nil {
			return fmt.Errorf("write list: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return fault.ErrStale
		}
	}
	err := s.Audit.Write(tx, actor, audit.Entry{
		Action: "match_wish.put", Object: row.TableName(), ObjectID: r.ID, OrgPath: actor.BranchPath,
		Data: map[string]any{"student_id": row.StudentID, "listed": row.Listed, "open": row.Open, "version": row.Version},
	})
	if err != nil {
		return err
	}
	return s.stillTaken(tx, r.ID)
}

// stillTaken keeps a round from being frozen until the transaction ends, if it takes lists. It comes at the very end: whoever
// freezes waits for what was written before, and what comes after waits for them, and is refused. A million who write in
// the last minute do not wait for each other.
func (s *Service) stillTaken(tx *gorm.DB, id int64) error {
	r, err := find(atomic.ForShare(tx), id)
	if err != nil {
		return err
	}
	return s.taken(&r)
}
