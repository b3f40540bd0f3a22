package notify

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

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

func candidates(query *gorm.DB) (out []candidate, err error) {
	err = each(query.Select("id", "user_id", "state"), func(rows *sql.Rows) error {
		var c candidate
		err := rows.Scan(&c.ID, &c.UserID, &c.State)
		out = append(out, c)
		return err
	})
	return out, err
}

// leased reads the messages of a lease, as far as sending and settling need them.
func leased(tx *gorm.DB, owner string, ids []int64) (out []model.Notice, err error) {
	query := tx.Model(&model.Notice{}).
		Select("id", "dedupe_key", "user_id", "kind", "template", "page", "fields", "state", "expires_at", "attempts", "resent", "reserved", "lease_owner", "lease_until", "tried_at").
		Where("id IN ? AND lease_owner = ? AND state = ?", ids, owner, model.NoticeSending).Order("id")
	err = each(query, func(rows *sql.Rows) error {
		var n model.Notice
		var fields []byte
		err := rows.Scan(&n.ID, &n.DedupeKey, &n.UserID, &n.Kind, &n.Template, &n.Page, &fields, &n.State, &n.ExpiresAt, &n.Attempts, &n.Resent, &n.Reserved, &n.LeaseOwner, &n.LeaseUntil, &n.TriedAt)
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

// addresses reads the sealed openids of people who still have an account.
func addresses(tx *gorm.DB, ids []int64) (out []model.User, err error) {
	query := tx.Model(&model.User{}).Select("id", "openid_enc").Where("id IN ? AND status = ?", ids, model.UserActive)
	err = each(query, func(rows *sql.Rows) error {
		var u model.User
		err := rows.Scan(&u.ID, &u.OpenIDEnc)
		out = append(out, u)
		return err
	})
	return out, err
}

// balances reads the ledger under lock.
func balances(tx *gorm.DB, users []int64, templates []string) (out []model.SubscribeLedger, err error) {
	query := atomic.ForUpdate(tx).Model(&model.SubscribeLedger{}).Select("user_id", "template", "granted", "used", "muted", "probed_at").
		Where("user_id IN ? AND template IN ?", users, templates).Order("user_id, template")
	err = each(query, func(rows *sql.Rows) error {
		var l model.SubscribeLedger
		err := rows.Scan(&l.UserID, &l.Template, &l.Granted, &l.Used, &l.Muted, &l.ProbedAt)
		out = append(out, l)
		return err
	})
	return out, err
}
