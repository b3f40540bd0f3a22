package round

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// replayTries is after how many failures, and replicas that died of it, a replay is given up; it can be asked for again.
const replayTries = 5

// PlayAgain plays up to n of the replays that wait, one after the other, and tells how many. Any number of replicas may do it
// at the same time: each replay is played by the one that has its lease, and by another when that one dies.
func (s *Service) PlayAgain(ctx context.Context, n int) (done int, err error) {
	var ids []int64
	err = s.DB.WithContext(ctx).Model(&model.MatchReplay{}).Where("live_round_id IS NOT NULL").Where(free, sql.Named("now", s.Now())).Order("id").Limit(n).Pluck("id", &ids).Error
	if err != nil {
		return 0, fmt.Errorf("look for replays: %w", err)
	}
	for _, id := range ids {
		did, one := s.playAgain(ctx, id)
		if did {
			done++
		}
		if one != nil { // the others are not to suffer for it
			err = errors.Join(err, fmt.Errorf("match replay %d: %w", id, one))
		}
	}
	return done, err
}

// replaying is a replay that this replica works on, and its round. It is the row as it was when the lease was taken.
type replaying struct {
	s     *Service
	row   model.MatchReplay
	round model.MatchRound
}

func (s *Service) playAgain(ctx context.Context, id int64) (bool, error) {
	if !s.large.TryLock() {
		return false, nil // a large round is being handed out here: later, or elsewhere
	}
	defer s.large.Unlock()
	p, err := s.takeReplay(ctx, id)
	if err != nil || p == nil {
		return false, err
	}
	var out model.MatchReplay
	err = s.step(model.RoundRunning)
	if err == nil {
		err = keep(ctx, p.renew, func(ctx context.Context) (err error) {
			out, err = s.again(ctx, &p.round)
			return err
		})
	}
	if err == nil {
		err = s.step(model.RoundRunning)
	}
	if err == nil {
		err = p.done(ctx, out)
	}
	if err != nil {
		err = errors.Join(err, p.drop(ctx, err))
	}
	if errors.Is(err, errLost) || errors.Is(err, fault.ErrStale) {
		err = nil // somebody else has it
	}
	return true, err
}

// takeReplay gets the lease of a replay when nobody has it; nil when somebody has, or when too many have died of it.
func (s *Service) takeReplay(ctx context.Context, id int64) (p *replaying, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		p = nil
		now := s.Now()
		var rows []model.MatchReplay
		err := atomic.ForUpdate(tx).Where("id = ? AND live_round_id IS NOT NULL", id).Where(free, sql.Named("now", now)).Limit(1).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		q := &replaying{s: s, row: rows[0]}
		if q.round, err = find(tx, q.row.RoundID); err != nil {
			return err
		}
		if q.row.LeaseOwner != "" && q.row.Failures+1 >= replayTries {
			return q.fail(tx, died)
		}
		set := leased(s.Owner, q.row.LeaseOwner, q.row.Failures, now)
		set["started_at"] = now
		if err := q.begin(tx, set); err != nil {
			return err
		}
		q.row = model.MatchReplay{}
		p = q
		return tx.Where("id = ?", id).First(&q.row).Error
	})
	if err != nil {
		return nil, fmt.Errorf("take match replay: %w", err)
	}
	return p, nil
}

// begin is QUEUED to RUNNING, or another try of what was RUNNING where somebody died.
func (p *replaying) begin(tx *gorm.DB, set map[string]any) error {
	m := audit.Move{Action: "match_replay.begin", To: string(model.ReplayRunning), OrgPath: p.round.ScopePath, Set: set}
	if p.row.Status == model.ReplayRunning {
		return p.s.Audit.Edit(tx, system(), &p.row, p.row.Version, m)
	}
	return p.s.Audit.Move(tx, system(), &p.row, m)
}

// renew keeps the lease: errLost when it is somebody else's by now.
func (p *replaying) renew(ctx context.Context) error {
	return atomic.Do(ctx, p.s.DB, func(tx *gorm.DB) error {
		res := tx.Model(&model.MatchReplay{}).Where("id = ? AND version = ? AND lease_owner = ?", p.row.ID, p.row.Version, p.s.Owner).
			UpdateColumn("lease_until", p.s.Now().Add(leaseTime))
		if res.Error == nil && res.RowsAffected == 0 {
			return errLost
		}
		return res.Error
	})
}

// again plays a round from what is stored of it, and compares: with the result only where the round has one.
func (s *Service) again(ctx context.Context, row *model.MatchRound) (out model.MatchReplay, err error) {
	out.InputsEqual = new(false)
	if row.ResultDigest != nil {
		out.ResultEqual = new(false)
	}
	game, err := s.load(ctx, row)
	if errors.Is(err, errInputs) {
		return out, nil // what is stored is no round any more
	}
	if err != nil {
		return out, err
	}
	if out.InputDigest, err = game.Digest(); err != nil {
		return out, err
	}
	*out.InputsEqual = bytes.Equal(out.InputDigest, row.InputDigest)
	if out.ResultEqual == nil {
		return out, nil
	}
	result, err := game.Run(row.Seed, max(1, s.Workers))
	if err != nil && !*out.InputsEqual {
		return out, nil // of other inputs there need be no result
	}
	if err != nil {
		return out, err
	}
	out.ResultDigest, err = result.Digest()
	*out.ResultEqual = bytes.Equal(out.ResultDigest, row.ResultDigest)
	return out, err
}

// done writes down what came of it. A round that was forgotten while it was played is no other one than it was: that it came
// out different says nothing.
func (p *replaying) done(ctx context.Context, out model.MatchReplay) error {
	set := atRest(map[string]any{
		"live_round_id": nil, "finished_at": p.s.Now(),
		"input_digest": out.InputDigest, "inputs_equal": out.InputsEqual, "result_digest": out.ResultDigest, "result_equal": out.ResultEqual,
	})
	delete(set, "failures") // how often it was tried stays to be seen
	return atomic.Do(ctx, p.s.DB, func(tx *gorm.DB) error {
		now, err := find(tx, p.round.ID)
		if err != nil {
			return err
		}
		if now.ForgottenAt != nil && !Equal(&out) {
			return p.fail(tx, ErrForgotten.Error())
		}
		return p.s.Audit.Move(tx, system(), &p.row, audit.Move{
			Action: "match_replay.done", To: string(model.ReplayDone), OrgPath: p.round.ScopePath, Set: set,
			Data: map[string]any{
				"round_id": p.round.ID, "inputs": hex.EncodeToString(out.InputDigest), "result": hex.EncodeToString(out.ResultDigest),
				"equal": Equal(&out),
			},
		})
	})
}

// drop lets a replay go after a failure: back to those that wait, or to the end when there were too many failures, or when
// there is nothing to play any more.
func (p *replaying) drop(ctx context.Context, failure error) error {
	if errors.Is(failure, errLost) || errors.Is(failure, fault.ErrStale) {
		return nil
	}
	set := dropped(ctx, failure, p.row.Failures, p.s.Now())
	return atomic.Do(context.WithoutCancel(ctx), p.s.DB, func(tx *gorm.DB) error {
		if said, failed := set["failure"].(string); failed && (p.row.Failures+1 >= replayTries || errors.Is(failure, ErrForgotten)) {
			return p.fail(tx, said)
		}
		return p.s.Audit.Move(tx, system(), &p.row, audit.Move{Action: "match_replay.wait", To: string(model.ReplayQueued), OrgPath: p.round.ScopePath, Set: set})
	})
}

// fail ends a replay that cannot be played.
func (p *replaying) fail(tx *gorm.DB, why string) error {
	set := atRest(map[string]any{"live_round_id": nil, "finished_at": p.s.Now(), "failure": why, "failures": p.row.Failures + 1})
	return p.s.Audit.Move(tx, system(), &p.row, audit.Move{Action: "match_replay.fail", To: string(model.ReplayFailed), OrgPath: p.round.ScopePath, Set: set})
}
