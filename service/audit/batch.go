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

// MoveAll is Log.Move for many rows of one table in few statements, all or none: fault.ErrState when the table of moves
// forbids it for any row, fault.ErrStale when any row was changed since it was read. m.Set holds for every row.
func MoveAll[E model.Entity](tx *gorm.DB, l *Log, actor access.Actor, rows []E, m Move) error {
	for _, row := range rows {
		if !row.MayBecome(m.To) {
			id, _ := row.Key()
			return fault.ErrState.Because(fmt.Errorf("%s %d: %s to %s", row.TableName(), id, row.State(), m.To))
		}
	}
	entries := make([]Entry, 0, len(rows))
	for part := range slices.Chunk(rows, batch) {
		if err := move(tx, l, part, m); err != nil {
			return err
		}
		for _, row := range part {
			id, _ := row.Key()
			entries = append(entries, Entry{
				Action: m.Action, Object: row.TableName(), ObjectID: id, OrgPath: m.OrgPath,
				From: row.State(), To: m.To, Reason: m.Reason, Data: m.Data,
			})
		}
	}
	return l.WriteAll(tx, actor, entries)
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
