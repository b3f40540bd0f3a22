package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

// batch is how many rows one statement writes or moves.
const batch = 100

// WriteAll adds many entries for the actor in few statements.
func (l *Log) WriteAll(tx *gorm.DB, actor access.Actor, entries []Entry) error {
	acts := make([]Act, len(entries))
	for i, e := range entries {
		acts[i] = Act{Actor: actor, Entry: e}
	}
	return l.WriteActs(tx, acts)
}

// Turn is one row that MoveEach moves, by whom, and where it belongs.
type Turn[E model.Entity] struct {
	Actor   access.Actor
	Row     E
	OrgPath string
}

// MoveAll is Log.Move for many rows of one table in few statements, all or none: fault.ErrState when the table of moves
// forbids it for any row, fault.ErrStale when any row was changed since it was read. m.Set holds for every row.
func MoveAll[E model.Entity](tx *gorm.DB, l *Log, actor access.Actor, rows []E, m Move) error {
	turns := make([]Turn[E], len(rows))
	for i, row := range rows {
		turns[i] = Turn[E]{Actor: actor, Row: row, OrgPath: m.OrgPath}
	}
	return MoveEach(tx, l, turns, m)
}

// MoveEach is MoveAll for rows that many actors move to the same state; m.OrgPath is not used.
func MoveEach[E model.Entity](tx *gorm.DB, l *Log, turns []Turn[E], m Move) error {
	rows, acts := make([]E, len(turns)), make([]Act, len(turns))
	for i, t := range turns {
		id, _ := t.Row.Key()
		if !t.Row.MayBecome(m.To) {
			return fault.ErrState.Because(fmt.Errorf("%s %d: %s to %s", t.Row.TableName(), id, t.Row.State(), m.To))
		}
		rows[i], acts[i] = t.Row, Act{Actor: t.Actor, Entry: Entry{
			Action: m.Action, Object: t.Row.TableName(), ObjectID: id, OrgPath: t.OrgPath,
			From: t.Row.State(), To: m.To, Reason: m.Reason, Data: m.Data,
		}}
	}
	for part := range slices.Chunk(rows, batch) {
		if err := move(tx, l, part, m); err != nil {
			return err
		}
	}
	return l.WriteActs(tx, acts)
}

// move is one UPDATE that finds every row as it was read, or fails.
func move[E model.Entity](tx *gorm.DB, l *Log, rows []E, m Move) error {
	set := map[string]any{"status": m.To, "version": gorm.Expr("version + 1"), "updated_at": l.Now()}
	maps.Copy(set, m.Set)
	asRead := make([]string, len(rows))
	var args []any
	for i, row := range rows {
		id, version := row.Key()
		asRead[i] = "(id = ? AND version = ? AND status = ?)"
		args = append(args, id, version, row.State())
	}
	res := tx.Table(rows[0].TableName()).Where(strings.Join(asRead, " OR "), args...).Updates(set)
	if res.Error != nil {
		return fmt.Errorf("%s: %w", m.Action, res.Error)
	}
	if res.RowsAffected != int64(len(rows)) {
		return fault.ErrStale
	}
	return nil
}

// Act is an entry with whoever did it.
type Act struct {
	Actor access.Actor
	Entry Entry
}

// WriteActs adds the entries of many actors in few statements.
func (l *Log) WriteActs(tx *gorm.DB, acts []Act) error {
	if len(acts) == 0 {
		return nil
	}
	rows := make([]model.AuditEntry, len(acts))
	for i, a := range acts {
		var err error
		if rows[i], err = l.row(a.Actor, a.Entry); err != nil {
			return err
		}
	}
	if err := tx.CreateInBatches(rows, batch).Error; err != nil {
		return fmt.Errorf("audit %s: %w", acts[0].Entry.Action, err)
	}
	return nil
}
