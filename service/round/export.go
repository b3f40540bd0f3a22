package round

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// maxExport is up to how many of the asking side a round is handed out at once.
const maxExport = 200_000

// ErrTooLarge refuses to hand out a very large round over HTTP.
var ErrTooLarge = fault.Define(fault.Conflict, "match.too_large", "本轮太大，不能在线导出，请用“重算”核对摘要。", "The round is too large to be handed out; compare digests by a replay.")

// Export writes the directory of a frozen round as a zip: what baodao match verify reads. Students are numbers in it, but
// where they live and when they are free is there: it is for those who run the round, and each time is in the audit log. The
// seed and the result are in it once the round was run.
func (s *Service) Export(ctx context.Context, actor access.Actor, id int64) ([]byte, error) {
	row, err := s.working(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := actor.Fresh(s.Now()); err != nil {
		return nil, err
	}
	if row.Students > maxExport {
		return nil, ErrTooLarge
	}
	if !s.large.TryLock() {
		return nil, fault.ErrBusy
	}
	defer s.large.Unlock()
	if err := s.note(ctx, actor, &row, "match_round.export"); err != nil { // before anything is handed out
		return nil, err
	}
	out, err := s.export(ctx, &row)
	return out, unforgotten(s.DB.WithContext(ctx), &row, err)
}

func (s *Service) export(ctx context.Context, row *model.MatchRound) ([]byte, error) {
	game, err := s.load(ctx, row)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, write func(io.Writer) error) error {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		return write(w)
	}
	err = game.Files(add)
	if err == nil && row.ResultDigest != nil {
		var out Outcome
		if out, err = game.Run(row.Seed, max(1, s.Workers)); err == nil {
			err = out.Files(add)
		}
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("export match round: %w", err)
	}
	return b.Bytes(), nil
}

// working reads a frozen round that the actor may work on and that is not forgotten.
func (s *Service) working(ctx context.Context, actor access.Actor, id int64) (model.MatchRound, error) {
	if err := officer(actor); err != nil {
		return model.MatchRound{}, err
	}
	row, err := find(s.DB.WithContext(ctx), id)
	if err == nil {
		err = replayable(actor, &row)
	}
	return row, err
}

// note writes down that somebody looked at the inputs of a round.
func (s *Service) note(ctx context.Context, actor access.Actor, row *model.MatchRound, action string) error {
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return s.Audit.Write(tx, actor, audit.Entry{Action: action, Object: row.TableName(), ObjectID: row.ID, OrgPath: row.ScopePath})
	})
	if err != nil {
		return fmt.Errorf("note %s: %w", action, err)
	}
	return nil
}
