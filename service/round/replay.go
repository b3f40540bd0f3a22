package round

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// Replay is what came of playing a round again from what it has stored.
type Replay struct {
	InputDigest, ResultDigest []byte // as they come out now; no result before there is one to compare
	InputsEqual, ResultEqual  bool
	HasResult                 bool
}

// Again plays a round again on this replica, from its stored inputs and its seed, and compares. Nothing but the audit log
// is written. ErrNotFrozen before there are inputs, fault.ErrBusy while another is played here.
func (s *Service) Again(ctx context.Context, actor access.Actor, id int64) (Replay, error) {
	row, err := s.working(ctx, actor, id)
	if err != nil {
		return Replay{}, err
	}
	if !s.large.TryLock() {
		return Replay{}, fault.ErrBusy
	}
	defer s.large.Unlock()
	out, err := s.again(ctx, &row)
	if err != nil {
		return out, err
	}
	return out, s.note(ctx, actor, &row, "match_round.replay", map[string]any{
		"inputs": hex.EncodeToString(out.InputDigest), "result": hex.EncodeToString(out.ResultDigest), "equal": out.InputsEqual && (out.ResultEqual || !out.HasResult),
	})
}

func (s *Service) again(ctx context.Context, row *model.MatchRound) (Replay, error) {
	out := Replay{HasResult: row.ResultDigest != nil}
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
	out.InputsEqual = bytes.Equal(out.InputDigest, row.InputDigest)
	if !out.HasResult {
		return out, nil
	}
	result, err := game.Run(row.Seed, max(1, s.Workers))
	if err != nil {
		return out, err
	}
	out.ResultDigest, err = result.Digest()
	out.ResultEqual = bytes.Equal(out.ResultDigest, row.ResultDigest)
	return out, err
}

// working reads a frozen round that the actor may work on.
func (s *Service) working(ctx context.Context, actor access.Actor, id int64) (model.MatchRound, error) {
	if err := personWith(actor, access.MatchRound); err != nil {
		return model.MatchRound{}, err
	}
	row, err := find(s.DB.WithContext(ctx), id)
	if err == nil {
		err = actor.Check(access.MatchRound, object(row))
	}
	if err == nil && !row.Frozen() {
		err = ErrNotFrozen
	}
	return row, err
}

// note writes down that somebody looked at the inputs of a round.
func (s *Service) note(ctx context.Context, actor access.Actor, row *model.MatchRound, action string, data map[string]any) error {
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return s.Audit.Write(tx, actor, audit.Entry{Action: action, Object: row.TableName(), ObjectID: row.ID, OrgPath: row.ScopePath, Data: data})
	})
	if err != nil {
		return fmt.Errorf("note %s: %w", action, err)
	}
	return nil
}
