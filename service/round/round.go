// Package round matches in rounds: students make lists, the lists are frozen, a public draw decides ties, and what comes out
// is proposed to both sides. A round is worked on by one replica at a time; any other can play it again.
package round

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/notify"
	"baodao/service/read"
	"baodao/service/vault"
)

// Service keeps match rounds, wishes and proposals. Locks are taken in one order: the round, then its proposals, then
// what signing up locks.
type Service struct {
	DB      *gorm.DB
	Now     clock.Clock
	NewID   func() int64
	Audit   *audit.Log
	Vault   *vault.Vault
	Notify  *notify.Service
	Content *content.Service // looks at texts before others see them; nil lets everything through
	Owner   string           // of the leases of this replica: a random name
	Workers int              // cores a round is matched with, 0 for one
}

// object is what the permission table needs to know of a round. Its rules are public from OPEN on.
func object(r model.MatchRound) access.Object {
	return access.Object{Paths: []string{r.ScopePath}, Read: access.MatchRound, Public: public(r)}
}

// public tells whether everybody may read a round: what was opened once stays to be read.
func public(r model.MatchRound) bool { return r.OpenedAt != nil }

// find reads a round.
func find(db *gorm.DB, id int64) (model.MatchRound, error) {
	return read.One[model.MatchRound](db.Where("id = ?", id), "match round")
}

// lock reads a round and keeps it until the end of the transaction.
func lock(tx *gorm.DB, id int64) (model.MatchRound, error) { return find(atomic.ForUpdate(tx), id) }

// numbered reads the number that a student or a position has in a frozen round, -1 when it does not take part.
func numbered(db *gorm.DB, round, side, ref int64) (int64, error) {
	var seq []int64
	err := db.Model(&model.RoundInput{}).Where("round_id = ? AND side = ? AND ref_id = ?", round, side, ref).Limit(1).Pluck("seq", &seq).Error
	if err != nil {
		return -1, fmt.Errorf("read input of round: %w", err)
	}
	if len(seq) == 0 {
		return -1, nil
	}
	return seq[0], nil
}
