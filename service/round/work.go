package round

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/vault"
)

// atATime is how many rows one transaction writes.
const atATime = 1000

// Advance takes rounds further, up to n of each kind of step, and tells for how many there was something to do: it freezes
// those whose wishes are over, writes inputs down, matches, and publishes what is to be published. Any number of replicas
// may do it at the same time: a round is worked on by the one that has its lease.
func (s *Service) Advance(ctx context.Context, n int) (done int, err error) {
	for _, step := range []struct {
		status model.RoundStatus
		where  string
		do     func(ctx context.Context, id int64) (bool, error)
	}{
		{model.RoundOpen, "wishes_until <= @now", s.freezeDue},
		{model.RoundFreezing, free, s.writeDown},
		{model.RoundRunning, "result_digest IS NULL AND " + free, s.match},
		{model.RoundRunning, "answers_until IS NOT NULL AND " + free, s.stamp},
	} {
		var ids []int64
		one := s.DB.WithContext(ctx).Model(&model.MatchRound{}).Where("status = ?", step.status).Where(step.where, sql.Named("now", s.Now())).
			Order("updated_at, id").Limit(n).Pluck("id", &ids).Error
		if one != nil {
			return done, errors.Join(err, fmt.Errorf("look for match rounds: %w", one))
		}
		for _, id := range ids {
			did, one := step.do(ctx, id)
			if did {
				done++
			}
			if one != nil { // the others are not to suffer for it
				err = errors.Join(err, fmt.Errorf("match round %d: %w", id, one))
			}
		}
	}
	return done, err
}

// system is who acts where nobody asks.
func system() access.Actor { return access.System("match-rounds") }

// freezeDue ends the wishes of a round whose time is over.
func (s *Service) freezeDue(ctx context.Context, id int64) (did bool, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := lock(tx, id)
		if err != nil || row.Status != model.RoundOpen || s.Now().Before(row.WishesUntil) {
			return err
		}
		did = true
		return s.freeze(tx, system(), &row)
	})
	return did, err
}

// phase takes the lease of a round, works, and finishes with a transaction that nobody without the lease can make.
func (s *Service) phase(ctx context.Context, id int64, status model.RoundStatus, where string, work func(ctx context.Context, h *hold) (func(tx *gorm.DB, row *model.MatchRound) error, error)) (bool, error) {
	h, err := s.take(ctx, id, status, where)
	if err != nil || h == nil {
		return false, err
	}
	finish, err := work(ctx, h)
	if err == nil {
		err = h.batch(ctx, int(h.row.Total), int(h.row.Total), func(tx *gorm.DB) error {
			row, err := lock(tx, id)
			if err != nil {
				return err
			}
			return finish(tx, &row)
		})
	}
	if err != nil {
		dropped := h.drop(ctx, err)
		if errors.Is(err, errLost) {
			err = nil // somebody else has it, or nobody is to have it any more
		}
		return true, errors.Join(err, dropped)
	}
	return true, nil
}

// writeDown is FREEZING to FROZEN.
func (s *Service) writeDown(ctx context.Context, id int64) (bool, error) {
	return s.phase(ctx, id, model.RoundFreezing, "input_digest IS NULL", func(ctx context.Context, h *hold) (func(*gorm.DB, *model.MatchRound) error, error) {
		kind := s.Kinds[h.row.Kind]
		w, err := h.writer(ctx)
		if err == nil {
			err = kind.Collect(ctx, &h.row, w.put)
		}
		if err == nil {
			err = w.flush()
		}
		if err != nil {
			return nil, err
		}
		game, digest, err := h.read(ctx)
		if err != nil {
			return nil, err
		}
		f := game.Figures()
		h.row.Total = f.Asking + f.Giving
		return func(tx *gorm.DB, row *model.MatchRound) error {
			return s.move(tx, system(), row, model.RoundFrozen, "match_round.frozen", map[string]any{
				"input_digest": digest, "students": f.Asking, "positions": f.Giving, "seats": f.Seats, "frozen_at": s.Now(),
			})
		}, nil
	})
}

// read loads what was put down, and its digest. Of a million students it takes longer than a lease: it is renewed meanwhile,
// else two replicas would take the round from each other for ever.
func (h *hold) read(ctx context.Context) (game Game, digest []byte, err error) {
	err = h.while(ctx, func(ctx context.Context) (err error) {
		if game, err = h.s.load(ctx, &h.row); err == nil {
			digest, err = game.Digest()
		}
		return err
	})
	return game, digest, err
}

// match is RUNNING to a result, which waits to be published.
func (s *Service) match(ctx context.Context, id int64) (bool, error) {
	return s.phase(ctx, id, model.RoundRunning, "result_digest IS NULL", func(ctx context.Context, h *hold) (func(*gorm.DB, *model.MatchRound) error, error) {
		var out Outcome
		err := h.while(ctx, func(ctx context.Context) (err error) {
			out, err = s.play(ctx, &h.row)
			return err
		})
		if err != nil {
			return nil, err
		}
		secret, err := s.secretOf(s.DB.WithContext(ctx), &h.row)
		if err != nil {
			return nil, err
		}
		digest, err := out.Digest()
		if err == nil {
			err = h.store(ctx, out)
		}
		if err != nil {
			return nil, err
		}
		f := out.Figures()
		return func(tx *gorm.DB, row *model.MatchRound) error {
			return s.Audit.Edit(tx, system(), row, row.Version, audit.Move{Action: "match_round.run", OrgPath: row.ScopePath, Set: atRest(map[string]any{
				"result_digest": digest, "revealed": secret, "ran_at": s.Now(), "placed": f.Placed, "blocking": f.Blocking,
			})})
		}, nil
	})
}

// stamp gives the proposals of a large round the time of their answers, and then publishes it.
func (s *Service) stamp(ctx context.Context, id int64) (bool, error) {
	return s.phase(ctx, id, model.RoundRunning, "answers_until IS NOT NULL", func(ctx context.Context, h *hold) (func(*gorm.DB, *model.MatchRound) error, error) {
		for after, done := int64(0), 0; ; {
			var ids []int64
			err := h.batch(ctx, done, int(h.row.Placed), func(tx *gorm.DB) error {
				ids = nil
				err := tx.Model(&model.MatchProposal{}).Where("round_id = ? AND status = ? AND id > ?", id, model.ProposalProposed, after).
					Order("id").Limit(s.batchSize()).Pluck("id", &ids).Error
				if err != nil || len(ids) == 0 {
					return err
				}
				return tx.Model(&model.MatchProposal{}).Where("id IN ?", ids).UpdateColumn("answers_until", h.row.AnswersUntil).Error
			})
			if err != nil {
				return nil, fmt.Errorf("stamp proposals: %w", err)
			}
			if len(ids) == 0 {
				break
			}
			after, done = ids[len(ids)-1], done+len(ids)
		}
		h.row.Total = h.row.Placed
		return func(tx *gorm.DB, row *model.MatchRound) error { return s.show(tx, system(), row) }, nil
	})
}

// play loads the inputs of a drawn round, holds them against what was frozen, and matches.
func (s *Service) play(ctx context.Context, row *model.MatchRound) (Outcome, error) {
	game, err := s.load(ctx, row)
	if err != nil {
		return nil, err
	}
	digest, err := game.Digest()
	if err != nil {
		return nil, err
	}
	if string(digest) != string(row.InputDigest) {
		return nil, errInputs
	}
	return game.Run(row.Seed, max(1, s.Workers))
}

// key opens the key of a round. ErrForgotten when it was destroyed.
func (s *Service) key(db *gorm.DB, round int64) (*vault.Person, error) {
	key, err := s.Vault.Person(db, round)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrForgotten.Because(err)
	}
	return key, err
}

// load makes a game of what was put down.
func (s *Service) load(ctx context.Context, row *model.MatchRound) (Game, error) {
	key, err := s.key(s.DB.WithContext(ctx), row.ID)
	if err != nil {
		return nil, err
	}
	return s.Kinds[row.Kind].Load(row, func(side int64, f func(Input) error) error {
		return s.each(ctx, row.ID, key, side, f)
	})
}
