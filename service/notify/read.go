package notify

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
)

// What is read for every message is read by hand: GORM's own way into structs costs as much as the sending.

// each runs scan on every row of a query.
func each(query *gorm.DB, scan func(*sql.Rows) error) (err error) {
	rows, err := query.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return nil
}

func candidates(query *gorm.DB, state string) (out []candidate, err error) {
	err = each(query.Where("state = ?", state).Select("id", "user_id"), func(rows *sql.Rows) error {
		c := candidate{State: state}
		err := rows.Scan(&c.ID, &c.UserID)
		out = append(out, c)
		return err
	})
	return out, err
}

// in is a condition on many ids. They stand in the text, which both engines read faster than as many parameters.
func in(column string, ids []int64) whole {
	if len(ids) == 0 {
		return "1 = 0"
	}
	text := make([]byte, 0, len(column)+6+20*len(ids))
	text = append(append(text, column...), " IN ("...)
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, id, 10)
	}
	return whole(append(text, ')'))
}

// waits is said of every message that is due, in the words of SQLite's index of those.
const waits whole = "state IN ('PENDING','UNCONFIRMED')"

// whole is a piece of SQL without parameters. GORM reads a string byte by byte to find them.
type whole string

// Build writes it.
func (w whole) Build(b clause.Builder) { _, _ = b.WriteString(string(w)) }

// notices reads messages as far as sending and settling need them.
func notices(query *gorm.DB, most int) (out []model.Notice, err error) {
	out = make([]model.Notice, 0, most)
	query = query.Model(&model.Notice{}).
		Select("id", "dedupe_key", "user_id", "kind", "template", "page", "fields", "state", "next_at", "expires_at", "attempts", "resent", "reserved", "tried_at").Order("id")
	var fields sql.RawBytes
	err = each(query, func(rows *sql.Rows) error {
		var n model.Notice
		err := rows.Scan(&n.ID, &n.DedupeKey, &n.UserID, &n.Kind, &n.Template, &n.Page, &fields, &n.State, &n.NextAt, &n.ExpiresAt, &n.Attempts, &n.Resent, &n.Reserved, &n.TriedAt)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(fields, &n.Fields); err != nil {
			return fmt.Errorf("fields of notice %d: %w", n.ID, err)
		}
		out = append(out, n)
		return nil
	})
	return out, err
}

// sealed is a person's openid as it is stored.
type sealed struct {
	id     int64
	openID []byte
	stale  bool // WeChat no longer knows the openid
}

// addresses reads the sealed openids of people who still have an account.
func addresses(tx *gorm.DB, ids []int64) (out []sealed, err error) {
	out = make([]sealed, 0, len(ids))
	query := tx.Table("users u").Select("u.id", "u.openid_enc", "b.user_id IS NOT NULL").Joins("LEFT JOIN stale_bindings b ON b.user_id = u.id").
		Where(in("u.id", ids)).Where("u.status = ?", model.UserActive)
	err = each(query, func(rows *sql.Rows) error {
		var s sealed
		err := rows.Scan(&s.id, &s.openID, &s.stale)
		out = append(out, s)
		return err
	})
	return out, err
}

// balances reads the ledger under lock.
func balances(tx *gorm.DB, users []int64, templates []string) (out []model.SubscribeLedger, err error) {
	out = make([]model.SubscribeLedger, 0, len(users))
	query := atomic.ForUpdate(tx).Model(&model.SubscribeLedger{}).Select("user_id", "template", "granted", "used", "muted", "probed_at").
		Where(in("user_id", users)).Where("template IN ?", templates).Order("user_id, template")
	err = each(query, func(rows *sql.Rows) error {
		var l model.SubscribeLedger
		err := rows.Scan(&l.UserID, &l.Template, &l.Granted, &l.Used, &l.Muted, &l.ProbedAt)
		out = append(out, l)
		return err
	})
	return out, err
}
