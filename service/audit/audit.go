// Package audit writes who did what to which row, in the transaction that did it, and is the only way to change a state.
package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

// Log writes audit rows. Its ids come from NewID.
type Log struct {
	Now   func() time.Time
	NewID func() int64
}

// Entry is one thing that was done. Data holds ids and numbers, never personal data.
type Entry struct {
	Action   string // pairing.accept
	Object   string // table
	ObjectID int64
	OrgPath  string
	From, To string
	Reason   string
	Data     map[string]any
}

// Write adds an entry for the actor.
func (l *Log) Write(tx *gorm.DB, actor access.Actor, e Entry) error {
	row, err := l.row(actor, e)
	if err != nil {
		return err
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// row is an entry as it is stored.
func (l *Log) row(actor access.Actor, e Entry) (model.AuditEntry, error) {
	data := "{}"
	if len(e.Data) > 0 {
		raw, err := json.Marshal(e.Data)
		if err != nil {
			return model.AuditEntry{}, fmt.Errorf("audit %s: %w", e.Action, err)
		}
		data = string(raw)
	}
	return model.AuditEntry{
		ID: l.NewID(), At: l.Now(), UserID: actor.UserID, ClientID: actor.ClientID, Action: e.Action, Object: e.Object,
		ObjectID: e.ObjectID, OrgPath: e.OrgPath, FromState: e.From, ToState: e.To, Reason: e.Reason, RequestID: actor.RequestID, Data: data,
	}, nil
}

// Move is one change of state.
type Move struct {
	Action  string
	To      string
	Reason  string
	OrgPath string
	Set     map[string]any // further columns to set with the state
	Data    map[string]any
}

// Move takes row from its present state to m.To: fault.ErrState when the table of moves does not allow it, fault.ErrStale
// when somebody else changed the row since it was read. The row in memory keeps its old values; read it again if you answer with it.
func (l *Log) Move(tx *gorm.DB, actor access.Actor, row model.Entity, m Move) error {
	id, version := row.Key()
	if !row.MayBecome(m.To) {
		return fault.ErrState.Because(fmt.Errorf("%s %d: %s to %s", row.TableName(), id, row.State(), m.To))
	}
	set := map[string]any{"status": m.To, "version": version + 1, "updated_at": l.Now()}
	maps.Copy(set, m.Set)
	res := tx.Table(row.TableName()).Where("id = ? AND version = ? AND status = ?", id, version, row.State()).Updates(set)
	if res.Error != nil {
		return fmt.Errorf("%s: %w", m.Action, res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.ErrStale
	}
	return l.Write(tx, actor, Entry{
		Action: m.Action, Object: row.TableName(), ObjectID: id, OrgPath: m.OrgPath,
		From: row.State(), To: m.To, Reason: m.Reason, Data: m.Data,
	})
}

// Edit changes columns of row without changing its state, if the caller saw its newest version; fault.ErrStale otherwise.
// want is the version the caller sent in If-Match.
func (l *Log) Edit(tx *gorm.DB, actor access.Actor, row model.Entity, want int64, m Move) error {
	id, version := row.Key()
	if want != version {
		return fault.ErrStale
	}
	set := map[string]any{"version": version + 1, "updated_at": l.Now()}
	maps.Copy(set, m.Set)
	res := tx.Table(row.TableName()).Where("id = ? AND version = ?", id, version).Updates(set)
	if res.Error != nil {
		return fmt.Errorf("%s: %w", m.Action, res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.ErrStale
	}
	return l.Write(tx, actor, Entry{Action: m.Action, Object: row.TableName(), ObjectID: id, OrgPath: m.OrgPath, From: row.State(), To: row.State(), Reason: m.Reason, Data: m.Data})
}
