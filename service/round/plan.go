package round

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/text"
	"baodao/service/vault"
)

// Form is what an officer plans a round with.
type Form struct {
	Name, Season, Rule      string
	K, RadiusM, AnswerHours int64
	WishesFrom, WishesUntil time.Time
	DrawSource              string // public draw that is named in advance
}

// New asks for a round.
type New struct {
	Kind                    string
	ProgrammeID, ScopeOrgID int64
	Form
}

// Limits of a round.
const (
	maxWishesTime  = 92 * 24 * time.Hour
	minRadius      = 100
	maxRadius      = 100_000
	maxAnswerHours = 14 * 24
	secretBytes    = 32
)

// rules are those that a round may be run by.
func rules() []string {
	out := []string{}
	for _, r := range []score.Rule{score.PointsV1, score.PointsV2, score.PointsV3, score.ByScore, score.Lottery} {
		out = append(out, r.String())
	}
	return append(out, files.PairingRule)
}

// Create drafts a round and draws its secret. access.ErrDenied for who has no office above the scope, fault.ErrInvalid
// naming every wrong field.
func (s *Service) Create(ctx context.Context, actor access.Actor, key idem.Key, in New) (Detail, error) {
	if err := officer(actor); err != nil {
		return Detail{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "createMatchRound", key, func(tx *gorm.DB) (Detail, error) { return s.create(tx, actor, in) })
	})
}

func (s *Service) create(tx *gorm.DB, actor access.Actor, in New) (Detail, error) {
	scope, err := org.ByID(tx, in.ScopeOrgID)
	if err == nil {
		err = actor.Check(access.MatchRound, access.Object{Paths: []string{scope.Path}, Public: true})
	}
	if err != nil {
		return Detail{}, err
	}
	c := in.settle(s.Now())
	fits(in.Kind, in.Rule, &c)
	c.Add(!slices.Contains([]string{model.RoundPositions, model.RoundPairing}, in.Kind) || s.Kinds[in.Kind] == nil, "/kind", "enum", "没有这种轮次", "is no kind of round")
	if err := s.enters(tx, scope, in.ProgrammeID, &c); err != nil {
		return Detail{}, err
	}
	if err := c.Err(); err != nil {
		return Detail{}, err
	}
	if err := s.Content.Passed(tx, actor, content.Programme, scope.Path, in.texts()); err != nil {
		return Detail{}, err
	}
	row, err := s.draft(tx, actor, scope, in)
	if err == nil {
		err = addNext(tx, &row)
	}
	if err != nil {
		return Detail{}, err
	}
	err = s.Audit.Write(tx, actor, audit.Entry{Action: "match_round.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: scope.Path, To: row.State()})
	if err != nil {
		return Detail{}, err
	}
	return s.detail(tx, actor, row)
}

// enters notes a scope that holds no students, and a programme that is not running or not of the scope.
func (s *Service) enters(tx *gorm.DB, scope model.Org, programmeID int64, c *fault.Collector) error {
	branch := scope.Kind.Side() == model.SideCampus && scope.Kind != model.OrgDepartmentCommittee && scope.Kind != model.OrgUniversityCommittee && scope.Kind != model.OrgGeneralBranch
	c.Add(scope.Status != model.OrgActive || scope.Side == model.SideLocal || branch, "/scope_org_id", "not_found",
		"须是在用的院系、学校或以上团组织", "must be an active committee of a department, a university or above")
	p, err := programme.ByID(tx, programmeID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	c.Add(p.Status != model.ProgrammeActive, "/programme_id", "not_found", "没有这个进行中的计划", "is no active programme")
	owner, err := org.ByID(tx, p.OwnerOrgID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	apart := owner.Kind != model.OrgCountyCommittee && !strings.HasPrefix(scope.Path, owner.Path) && !strings.HasPrefix(owner.Path, scope.Path)
	c.Add(p.ID != 0 && apart, "/programme_id", "out_of_scope", "该组织不在这个计划的范围内", "is a programme of somebody else")
	return nil
}

// fits notes a rule that is not of the kind of round.
func fits(kind, rule string, c *fault.Collector) {
	c.Add(slices.Contains(rules(), rule) && (rule == files.PairingRule) != (kind == model.RoundPairing), "/rule", "kind", "这类轮次不用这条规则", "is no rule of this kind of round")
}

// settle brings texts into their canonical form and notes what is wrong.
func (f *Form) settle(now time.Time) fault.Collector {
	var c fault.Collector
	text.Settle(&c, text.Field{At: "/name", In: &f.Name, Max: 100}, text.Field{At: "/draw_source", In: &f.DrawSource, Max: 200})
	c.Add(f.Season != model.SeasonTerm && f.Season != model.SeasonVacation, "/season", "enum", "只能是 TERM 或 VACATION", "must be TERM or VACATION")
	c.Add(!slices.Contains(rules(), f.Rule), "/rule", "enum", "没有这条规则", "is no rule")
	c.Add(f.K < 1 || f.K > score.MaxList, "/k", "max", "志愿数为 1 到 50", "must be 1 to 50")
	c.Add(f.RadiusM < minRadius || f.RadiusM > maxRadius, "/radius_m", "max", "范围为 100 到 100000 米", "must be 100 to 100000")
	c.Add(f.AnswerHours < 1 || f.AnswerHours > maxAnswerHours, "/answer_hours", "max", "确认时限为 1 到 336 小时", "must be 1 to 336")
	c.Add(!f.WishesFrom.Before(f.WishesUntil), "/wishes_until", "order", "须晚于开始时间", "must be after wishes_from")
	c.Add(f.WishesUntil.Sub(f.WishesFrom) > maxWishesTime, "/wishes_until", "max", "填报最长 92 天", "may be at most 92 days after wishes_from")
	c.Add(!f.WishesUntil.After(now), "/wishes_until", "past", "截止时间须在将来", "must be in the future")
	return c
}

func (f Form) texts() []content.Text {
	return []content.Text{{At: "/name", Text: f.Name}, {At: "/draw_source", Text: f.DrawSource}}
}

// draft makes the row with a secret that nobody knows and everybody can check afterwards.
func (s *Service) draft(tx *gorm.DB, actor access.Actor, scope model.Org, in New) (model.MatchRound, error) {
	now := s.Now()
	row := model.MatchRound{
		ID: s.NewID(), Kind: in.Kind, ProgrammeID: in.ProgrammeID, ScopeOrgID: scope.ID, ScopePath: scope.Path, Status: model.RoundDraft,
		CreatedBy: actor.UserID, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	in.into(&row)
	secret := make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return row, fmt.Errorf("make secret of match round: %w", err)
	}
	keys, err := s.Vault.NewPeople(tx, row.ID)
	if err != nil {
		return row, err
	}
	commit := sha256.Sum256(secret)
	row.Secret, row.SecretCommit = keys[row.ID].Seal(vault.RoundSecret, row.ID, string(secret)), commit[:]
	return row, nil
}

// numberTries is how many drafts of a programme may come at the same moment.
const numberTries = 20

// addNext adds a round with the next number of its programme. Who drafts at the same time may be first: then it is the one
// after. fault.ErrBusy when too many are.
func addNext(tx *gorm.DB, row *model.MatchRound) error {
	for range numberTries {
		var last []int64
		if err := tx.Model(&model.MatchRound{}).Where("programme_id = ?", row.ProgrammeID).Order("number DESC").Limit(1).Pluck("number", &last).Error; err != nil {
			return fmt.Errorf("read last match round: %w", err)
		}
		row.Number = 1
		if len(last) > 0 {
			row.Number += last[0]
		}
		if err := tx.Create(row).Error; !errors.Is(err, gorm.ErrDuplicatedKey) {
			if err != nil {
				return fmt.Errorf("create match round: %w", err)
			}
			return nil
		}
	}
	return fault.ErrBusy
}

func (f Form) into(row *model.MatchRound) {
	row.Name, row.Season, row.Rule, row.K, row.RadiusM, row.AnswerHours = f.Name, f.Season, f.Rule, f.K, f.RadiusM, f.AnswerHours
	row.WishesFrom, row.WishesUntil, row.DrawSource = f.WishesFrom.UTC(), f.WishesUntil.UTC(), f.DrawSource
}

// Update writes the form of a draft anew; of an open round it can only bring the end of the wishes later. version is the
// one the caller read. fault.ErrStale, fault.ErrState, fault.ErrInvalid, ErrPromised.
func (s *Service) Update(ctx context.Context, actor access.Actor, id, version int64, f Form) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		if row.Version != version {
			return fault.ErrStale
		}
		c := f.settle(s.Now())
		fits(row.Kind, f.Rule, &c)
		if err := c.Err(); err != nil {
			return err
		}
		var now model.MatchRound
		f.into(&now)
		set := map[string]any{"wishes_until": now.WishesUntil}
		switch row.Status {
		case model.RoundDraft:
			if err := s.Content.Passed(tx, actor, content.Programme, row.ScopePath, f.texts()); err != nil {
				return err
			}
			set = map[string]any{
				"name": now.Name, "season": now.Season, "rule": now.Rule, "k": now.K, "radius_m": now.RadiusM, "answer_hours": now.AnswerHours,
				"wishes_from": now.WishesFrom, "wishes_until": now.WishesUntil, "draw_source": now.DrawSource,
			}
		case model.RoundOpen:
			was := formOf(row)
			was.WishesUntil = now.WishesUntil
			f.WishesFrom, f.WishesUntil = now.WishesFrom, now.WishesUntil
			if was != f || now.WishesUntil.Before(row.WishesUntil) {
				return ErrPromised
			}
		default:
			return fault.ErrState
		}
		return s.Audit.Edit(tx, actor, row, version, audit.Move{Action: "match_round.update", OrgPath: row.ScopePath, Set: set})
	})
}

func formOf(r *model.MatchRound) Form {
	return Form{
		Name: r.Name, Season: r.Season, Rule: r.Rule, K: r.K, RadiusM: r.RadiusM, AnswerHours: r.AnswerHours,
		WishesFrom: r.WishesFrom.UTC(), WishesUntil: r.WishesUntil.UTC(), DrawSource: r.DrawSource,
	}
}
