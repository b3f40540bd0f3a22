package round

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/read"
)

// AskReplay asks for a frozen round to be played again from its stored inputs and its seed, on any replica, and compared.
// Who asks while one is under way gets that one. ErrNotFrozen before there are inputs, ErrForgotten when they are gone.
func (s *Service) AskReplay(ctx context.Context, actor access.Actor, key idem.Key, id int64) (model.MatchReplay, error) {
	if err := officer(actor); err != nil {
		return model.MatchReplay{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "replayMatchRound", key, func(tx *gorm.DB) (model.MatchReplay, error) {
		row, err := lock(tx, id)
		if err == nil {
			err = replayable(actor, &row)
		}
		if err != nil {
			return model.MatchReplay{}, err
		}
		var live []model.MatchReplay
		if err := tx.Where("live_round_id = ?", id).Limit(1).Find(&live).Error; err != nil {
			return model.MatchReplay{}, fmt.Errorf("look for replay: %w", err)
		}
		if len(live) > 0 {
			return live[0], nil
		}
		return s.queueReplay(tx, actor, &row)
	})
}

// replayable checks that the actor may work on a round whose inputs are written down and still there.
func replayable(actor access.Actor, row *model.MatchRound) error {
	if err := actor.Check(access.MatchRound, object(*row)); err != nil {
		return err
	}
	switch {
	case !row.Frozen():
		return ErrNotFrozen
	case row.ForgottenAt != nil:
		return ErrForgotten
	}
	return nil
}

func (s *Service) queueReplay(tx *gorm.DB, actor access.Actor, row *model.MatchRound) (model.MatchReplay, error) {
	now := s.Now()
	r := model.MatchReplay{ID: s.NewID(), RoundID: row.ID, LiveRoundID: &row.ID, Status: model.ReplayQueued, AskedBy: actor.UserID, Version: 1, CreatedAt: now, UpdatedAt: now}
	if err := tx.Create(&r).Error; err != nil {
		return r, fmt.Errorf("queue replay: %w", err)
	}
	return r, s.Audit.Write(tx, actor, audit.Entry{
		Action: "match_replay.ask", Object: r.TableName(), ObjectID: r.ID, OrgPath: row.ScopePath, To: r.State(), Data: map[string]any{"round_id": row.ID},
	})
}

// Replay reads one replay of a round, for those who run it. fault.ErrNotFound, access.ErrDenied.
func (s *Service) Replay(ctx context.Context, actor access.Actor, roundID, id int64) (model.MatchReplay, error) {
	db := s.DB.WithContext(ctx)
	if err := s.runs(db, actor, roundID); err != nil {
		return model.MatchReplay{}, err
	}
	return read.One[model.MatchReplay](db.Where("id = ? AND round_id = ?", id, roundID), "match replay")
}

const listReplays = "match_replays"

// Replays pages the replays of a round for those who run it, newest first.
func (s *Service) Replays(ctx context.Context, actor access.Actor, roundID int64, req page.Request) (page.Result[model.MatchReplay], error) {
	none := page.Result[model.MatchReplay]{Items: []model.MatchReplay{}}
	keys, later, err := req.Key(listReplays, 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	if err := s.runs(db, actor, roundID); err != nil {
		return none, err
	}
	q := db.Where("round_id = ?", roundID)
	if later {
		q = q.Where("id < ?", keys[0])
	}
	rows := []model.MatchReplay{}
	if err := q.Order("id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list replays: %w", err)
	}
	return page.Cut(rows, req.Size(), listReplays, func(r model.MatchReplay) []int64 { return []int64{r.ID} }), nil
}

// runs checks that the actor may work on a round.
func (s *Service) runs(db *gorm.DB, actor access.Actor, id int64) error {
	if err := actor.Require(access.MatchRound); err != nil {
		return err
	}
	row, err := find(db, id)
	if err != nil {
		return err
	}
	return actor.Check(access.MatchRound, object(row))
}

// Equal tells whether everything that a replay has compared came out equal.
func Equal(r *model.MatchReplay) bool {
	return r.InputsEqual != nil && *r.InputsEqual && (r.ResultEqual == nil || *r.ResultEqual)
}
