package round

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/vault"
)

// writer puts inputs down, a thousand in each transaction.
type writer struct {
	h       *hold
	ctx     context.Context //nolint:containedctx // of one phase of work; Put is called by the kind
	key     *vault.Person
	next    [2]int64 // Seq of each side
	last    [2]int64 // Ref of each side
	waiting []model.RoundInput
	done    int
}

// writer begins the inputs of a round anew: what an earlier try has put down goes first.
func (h *hold) writer(ctx context.Context) (*writer, error) {
	key, err := h.s.Vault.Person(h.s.DB.WithContext(ctx), h.row.ID)
	if err != nil {
		return nil, err
	}
	return &writer{h: h, ctx: ctx, key: key}, h.clear(ctx, &model.RoundInput{}, "seq", "side = 0", "side = 1")
}

// clear deletes the rows of a round in batches by a column that counts; parts are conditions that tell the counts apart. Each
// batch begins where the last one ended: MySQL would walk over everything that was deleted before.
func (h *hold) clear(ctx context.Context, rows any, column string, parts ...string) error {
	for _, part := range parts {
		for at, next, more := int64(0), int64(0), true; more; at = next {
			err := h.batch(ctx, 0, 0, func(tx *gorm.DB) error {
				var from []int64
				err := tx.Model(rows).Where("round_id = ? AND "+part+" AND "+column+" >= ?", h.row.ID, at).Order(column).Limit(1).Pluck(column, &from).Error
				if more = len(from) > 0; err != nil || !more {
					return err
				}
				next = from[0] + int64(h.s.batchSize())
				return tx.Where("round_id = ? AND "+part+" AND "+column+" >= ? AND "+column+" < ?", h.row.ID, from[0], next).Delete(rows).Error
			})
			if err != nil {
				return fmt.Errorf("clear match round: %w", err)
			}
		}
	}
	return nil
}

// put takes one input down.
func (w *writer) put(side, ref int64, line, wishes, more string) error {
	if ref <= w.last[side] {
		return fmt.Errorf("round: %d comes after %d on side %d", ref, w.last[side], side)
	}
	row := model.RoundInput{RoundID: w.h.row.ID, Side: side, Seq: w.next[side], RefID: ref}
	where := place(side, row.Seq)
	row.Line = w.key.Seal(vault.RoundLine, where, line)
	if wishes != "" {
		row.Wishes = w.key.Seal(vault.RoundWishes, where, wishes)
	}
	if more != "" {
		row.More = w.key.Seal(vault.RoundMore, where, more)
	}
	w.last[side], w.next[side] = ref, w.next[side]+1
	w.waiting = append(w.waiting, row)
	if len(w.waiting) < w.h.s.batchSize() {
		return nil
	}
	return w.flush()
}

// place names a row for its seal; the key is the round's own.
func place(side, seq int64) int64 { return 2*seq + side }

// batchSize is how many rows one transaction writes.
func (s *Service) batchSize() int { return cmp.Or(s.rows, atATime) }

func (w *writer) flush() error {
	if len(w.waiting) == 0 {
		return nil
	}
	w.done += len(w.waiting)
	err := w.h.batch(w.ctx, w.done, 0, func(tx *gorm.DB) error { return tx.CreateInBatches(w.waiting, atATime).Error })
	if err != nil {
		return fmt.Errorf("put down inputs: %w", err)
	}
	w.waiting = w.waiting[:0]
	return nil
}

// each reads the inputs of one side by rising Seq, by hand: there are a million. It reads a part at a time, so that no
// reader of SQLite holds up its log.
func (s *Service) each(ctx context.Context, round int64, key *vault.Person, side int64, f func(Input) error) error {
	for from := int64(0); ; from += readAtATime {
		n, err := s.part(ctx, round, key, side, from, f)
		if err != nil {
			return fmt.Errorf("read inputs of match round: %w", err)
		}
		if n < readAtATime {
			return nil
		}
	}
}

const readAtATime = 20_000

func (s *Service) part(ctx context.Context, round int64, key *vault.Person, side, from int64, f func(Input) error) (n int, err error) {
	rows, err := s.DB.WithContext(ctx).Model(&model.RoundInput{}).Select("seq", "ref_id", "line", "wishes", "more").
		Where("round_id = ? AND side = ? AND seq >= ? AND seq < ?", round, side, from, from+readAtATime).Order("seq").Rows()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	var r model.RoundInput
	for ; rows.Next(); n++ {
		if err := rows.Scan(&r.Seq, &r.RefID, &r.Line, &r.Wishes, &r.More); err != nil {
			return n, err
		}
		if r.Seq != from+int64(n) {
			return n, fmt.Errorf("%w: number %d of side %d is missing", errInputs, from+int64(n), side)
		}
		r.Side = side
		in, err := opened(key, &r)
		if err != nil {
			return n, fmt.Errorf("%w: %w", errInputs, err)
		}
		if err := f(in); err != nil {
			return n, err
		}
	}
	return n, nil
}

// opened is a stored input in the clear.
func opened(key *vault.Person, r *model.RoundInput) (in Input, err error) {
	where := place(r.Side, r.Seq)
	in = Input{Seq: r.Seq, Ref: r.RefID}
	if in.Line, err = key.Open(vault.RoundLine, where, r.Line); err != nil {
		return in, err
	}
	if in.Wishes, err = key.Open(vault.RoundWishes, where, r.Wishes); err != nil {
		return in, err
	}
	in.More, err = key.Open(vault.RoundMore, where, r.More)
	return in, err
}

// refs reads the ids of one side by Seq.
func (s *Service) refs(ctx context.Context, round, side, n int64) ([]int64, error) {
	out := make([]int64, 0, n)
	for from := int64(0); from < n; from += readAtATime {
		var part []int64
		err := s.DB.WithContext(ctx).Model(&model.RoundInput{}).Where("round_id = ? AND side = ? AND seq >= ? AND seq < ?", round, side, from, from+readAtATime).
			Order("seq").Pluck("ref_id", &part).Error
		if err != nil {
			return nil, fmt.Errorf("read ids of match round: %w", err)
		}
		out = append(out, part...)
	}
	if int64(len(out)) != n {
		return nil, errInputs
	}
	return out, nil
}

// store writes what came of a round: every position's end, the ranks of the lottery, and the proposals. An earlier try has
// written the same, as far as it came.
func (h *hold) store(ctx context.Context, out Outcome) error {
	given, ranks := out.Given(), out.Ranks()
	asking := int(h.row.Students)
	total, done := len(given)+asking, 0
	refs, err := h.bothRefs(ctx)
	if err != nil {
		return err
	}
	for from := 0; from < len(given); from += givenAtATime {
		to := min(len(given), from+givenAtATime)
		done = to
		if err := h.batch(ctx, done, total, func(tx *gorm.DB) error { return h.storeGiven(tx, given, from, to) }); err != nil {
			return fmt.Errorf("store cut-offs: %w", err)
		}
	}
	for from := 0; from < asking; from += h.s.batchSize() {
		to := min(asking, from+h.s.batchSize())
		err := h.batch(ctx, done+to, total, func(tx *gorm.DB) error { return out.Store(tx, &h.row, refs, from, to) })
		if err != nil {
			return fmt.Errorf("store proposals: %w", err)
		}
	}
	return h.storeRanks(ctx, ranks, total)
}

func (h *hold) bothRefs(ctx context.Context) (refs [2][]int64, err error) {
	for side, n := range [2]int64{h.row.Students, h.row.Positions} {
		if refs[side], err = h.s.refs(ctx, h.row.ID, int64(side), n); err != nil {
			return refs, err
		}
	}
	return refs, nil
}

const givenAtATime = 200

// storeGiven is one UPDATE for many of the giving side.
func (h *hold) storeGiven(tx *gorm.DB, given []Given, from, to int) error {
	columns := []string{"filled", "closed", "cutoff", "kept", "listed", "better", "below"}
	set := map[string]any{}
	for i, column := range columns {
		var b strings.Builder
		args := make([]any, 0, 2*(to-from))
		b.WriteString("CASE seq")
		for seq := from; seq < to; seq++ {
			g := &given[seq]
			b.WriteString(" WHEN ? THEN ?")
			args = append(args, seq, [...]any{g.Filled, g.Closed, g.Cutoff, g.Kept, g.Listed, g.Better, g.Below}[i])
		}
		b.WriteString(" END")
		set[column] = gorm.Expr(b.String(), args...)
	}
	return tx.Model(&model.RoundInput{}).Where("round_id = ? AND side = ? AND seq >= ? AND seq < ?", h.row.ID, model.SideGiving, from, to).UpdateColumns(set).Error
}

// storeRanks keeps the lottery.
func (h *hold) storeRanks(ctx context.Context, ranks []uint32, total int) error {
	if err := h.clear(ctx, &model.RoundRanks{}, "chunk", "chunk >= 0"); err != nil {
		return err
	}
	for from := 0; from < len(ranks); from += model.RanksChunk {
		part := ranks[from:min(len(ranks), from+model.RanksChunk)]
		row := model.RoundRanks{RoundID: h.row.ID, Chunk: int64(from / model.RanksChunk), Ranks: make([]byte, 0, 4*len(part))}
		for _, r := range part {
			row.Ranks = binary.BigEndian.AppendUint32(row.Ranks, r)
		}
		if err := h.batch(ctx, total, total, func(tx *gorm.DB) error { return tx.Create(&row).Error }); err != nil {
			return fmt.Errorf("store lottery: %w", err)
		}
	}
	return nil
}
