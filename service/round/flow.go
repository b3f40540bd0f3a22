package round

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	matchaudit "baodao/service/matching/audit"
	"baodao/service/notify"
	"baodao/service/text"
	"baodao/service/vault"
)

// change runs fn on a locked round that the actor may work on, and answers it as it is afterwards.
func (s *Service) change(ctx context.Context, actor access.Actor, id int64, fn func(tx *gorm.DB, row *model.MatchRound) error) (out Detail, err error) {
	if err := officer(actor); err != nil {
		return out, err
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) {
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			row, err := lock(tx, id)
			if err == nil {
				err = actor.Check(access.MatchRound, object(row))
			}
			if err == nil {
				err = fn(tx, &row)
			}
			if err == nil {
				row, err = find(tx, id)
			}
			if err == nil {
				out, err = s.detail(tx, actor, row)
			}
			return err
		})
		return out, err
	})
}

// officer wants a person who may run rounds somewhere.
func officer(actor access.Actor) error {
	if err := actor.Require(access.MatchRound); err != nil {
		return err
	}
	return actor.Require(access.Person)
}

// Open publishes the rules and the commitment of a draft. When wishes are taken, the willing students of its scope are told. fault.ErrState; fault.ErrInvalid when its times are over.
func (s *Service) Open(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		f := formOf(row)
		c := f.settle(s.Now())
		if err := c.Err(); err != nil && row.Status == model.RoundDraft {
			return err
		}
		if err := s.move(tx, actor, row, model.RoundOpen, "match_round.open", map[string]any{"opened_at": s.Now()}); err != nil || row.Kind != model.RoundPositions {
			return err
		}
		return s.Notify.FanOut(tx, notify.Fact{Kind: notify.MatchOpen, Object: row.TableName(), ObjectID: row.ID, At: row.WishesUntil, From: row.WishesFrom})
	})
}

// move takes a round further; who worked on it lets go.
func (s *Service) move(tx *gorm.DB, actor access.Actor, row *model.MatchRound, to model.RoundStatus, action string, set map[string]any) error {
	set = atRest(set)
	if to != model.RoundPublished && to != model.RoundClosed {
		set["done"], set["total"] = 0, 0
	}
	return s.Audit.Move(tx, actor, row, audit.Move{Action: action, To: string(to), OrgPath: row.ScopePath, Set: set})
}

// Freeze ends the wishes of an open round whose time for them is over; by itself that happens a moment later. ErrTooEarly
// before, for everybody was promised the time.
func (s *Service) Freeze(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error { return s.freeze(tx, actor, row) })
}

func (s *Service) freeze(tx *gorm.DB, actor access.Actor, row *model.MatchRound) error {
	if row.Status == model.RoundOpen && s.Now().Before(row.WishesUntil) {
		return ErrTooEarly
	}
	return s.move(tx, actor, row, model.RoundFreezing, "match_round.freeze", map[string]any{})
}

// Draw enters what was drawn in public. The seed follows from it, from the inputs and from the secret, and the round
// is run. fault.ErrState unless it is FROZEN.
func (s *Service) Draw(ctx context.Context, actor access.Actor, id int64, value string) (Detail, error) {
	var c fault.Collector
	text.Settle(&c, text.Field{At: "/value", In: &value, Max: 200})
	if err := c.Err(); err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		if row.Status != model.RoundFrozen {
			return fault.ErrState
		}
		if err := s.Content.Passed(tx, actor, content.Programme, row.ScopePath, []content.Text{{At: "/value", Text: value}}); err != nil {
			return err
		}
		secret, err := s.secretOf(tx, row)
		if err != nil {
			return err
		}
		seed := matchaudit.Seed(matchaudit.Digest(row.InputDigest), secret, []byte(value))
		return s.Audit.Move(tx, actor, row, audit.Move{
			Action: "match_round.draw", To: string(model.RoundRunning), OrgPath: row.ScopePath,
			Set:  atRest(map[string]any{"draw_value": value, "drawn_by": actor.UserID, "drawn_at": s.Now(), "seed": seed[:], "done": 0, "total": 0}),
			Data: map[string]any{"seed": hex.EncodeToString(seed[:])},
		})
	})
}

// secretOf opens the secret of a round and holds it against what was promised.
func (s *Service) secretOf(tx *gorm.DB, row *model.MatchRound) ([]byte, error) {
	key, err := s.key(tx, row.ID)
	if err != nil {
		return nil, err
	}
	secret, err := key.Open(vault.RoundSecret, row.ID, row.Secret)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256([]byte(secret)); string(sum[:]) != string(row.SecretCommit) {
		return nil, errCommitment
	}
	return []byte(secret), nil
}

// stampAtOnce is up to how many proposals a round is published within the request; more of them are stamped by Advance.
const stampAtOnce = 2000

// Publish shows the proposals of a round that was run to both sides; they have the hours of the round to answer. A large
// round takes some seconds more: it stays RUNNING with the time of its answers until all proposals have it. ErrNotRun before
// there is a result.
func (s *Service) Publish(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		switch {
		case row.Status != model.RoundRunning:
			return fault.ErrState
		case row.ResultDigest == nil:
			return ErrNotRun
		case row.AnswersUntil != nil:
			return nil // on its way
		}
		until := s.Now().Add(time.Duration(row.AnswerHours) * time.Hour)
		err := s.Audit.Edit(tx, actor, row, row.Version, audit.Move{Action: "match_round.publish", OrgPath: row.ScopePath, Set: map[string]any{"answers_until": until}})
		if err != nil || row.Placed > stampAtOnce {
			return err
		}
		row.AnswersUntil, row.Version = &until, row.Version+1
		if err := stamp(tx, row); err != nil {
			return err
		}
		return s.show(tx, actor, row)
	})
}

// stamp gives all proposals of a round the time of their answers.
func stamp(tx *gorm.DB, row *model.MatchRound) error {
	return tx.Model(&model.MatchProposal{}).Where("round_id = ? AND status = ?", row.ID, model.ProposalProposed).UpdateColumn("answers_until", row.AnswersUntil).Error
}

// show publishes a round all of whose proposals are ready.
func (s *Service) show(tx *gorm.DB, actor access.Actor, row *model.MatchRound) error {
	now := s.Now()
	if err := s.move(tx, actor, row, model.RoundPublished, "match_round.show", map[string]any{"published_at": now}); err != nil {
		return err
	}
	row.Status, row.PublishedAt, row.Version = model.RoundPublished, &now, row.Version+1
	if err := s.Kinds[row.Kind].Publish(tx, actor, row); err != nil {
		return err
	}
	return s.announce(tx, row)
}

// Retry ends the pause of a round that failed: the next try comes within seconds. fault.ErrState unless it waits for one.
func (s *Service) Retry(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		if !waits(row, s.Now()) {
			return fault.ErrState
		}
		return s.Audit.Edit(tx, actor, row, row.Version, audit.Move{
			Action: "match_round.retry", OrgPath: row.ScopePath, Set: map[string]any{"retry_at": nil, "failures": 0}, Data: map[string]any{"failures": row.Failures},
		})
	})
}

// Cancel gives a round up before it is published. Whoever works on it stops at the next batch.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		if err := s.Content.Reason(tx, actor, content.Programme, row.ScopePath, reason); err != nil {
			return err
		}
		return s.cancel(tx, actor, row, reason)
	})
}

func (s *Service) cancel(tx *gorm.DB, actor access.Actor, row *model.MatchRound, reason string) error {
	return s.Audit.Move(tx, actor, row, audit.Move{
		Action: "match_round.cancel", To: string(model.RoundCancelled), OrgPath: row.ScopePath, Reason: reason,
		Set: map[string]any{"reason": reason, "closed_at": s.Now(), "lease_owner": "", "lease_until": nil, "retry_at": nil},
	})
}

// Close ends a published round. ErrAnswers while proposals are open. It comes by itself when the last one is answered.
func (s *Service) Close(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, row *model.MatchRound) error {
		if row.Status != model.RoundPublished {
			return fault.ErrState
		}
		over, err := s.answered(tx, row)
		if err != nil {
			return err
		}
		if !over {
			return ErrAnswers
		}
		return s.close(tx, actor, row)
	})
}

func (s *Service) close(tx *gorm.DB, actor access.Actor, row *model.MatchRound) error {
	return s.move(tx, actor, row, model.RoundClosed, "match_round.close", map[string]any{"closed_at": s.Now()})
}

// answered tells whether nothing of a published round waits for an answer.
func (s *Service) answered(tx *gorm.DB, row *model.MatchRound) (bool, error) {
	if row.Kind == model.RoundPairing {
		return s.pairsOver(tx, row)
	}
	var open []int64
	err := tx.Model(&model.MatchProposal{}).Where("round_id = ? AND status = ?", row.ID, model.ProposalProposed).Limit(1).Pluck("id", &open).Error
	return len(open) == 0, err
}
