// Package round matches in rounds: students make lists, the lists are frozen, a public draw decides ties, and what comes out
// is proposed to both sides. A round is worked on by one replica at a time; any other can play it again.
package round

import (
	"errors"
	"sync"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/read"
	"baodao/service/signup"
	"baodao/service/survey"
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
	Signups *signup.Service // makes signups of proposals to which both sides have said yes
	Survey  *survey.Service // what students offer and positions need
	Advice  Advisor         // what lists are filled with
	Notify  *notify.Service
	Content *content.Service // looks at texts before others see them; nil lets everything through
	Owner   string           // of the leases of this replica: a random name
	Workers int              // cores a round is matched with, 0 for one
	Kinds   map[string]Kind  // by model.RoundPositions and so on

	interrupt func(model.RoundStatus) error // ends the process after a batch; nil but in tests
	rows      int                           // of one transaction, 0: atATime
	large     sync.Mutex                    // one export or replay at a time: a large round takes much memory
}

// Refusals of this package.
var (
	ErrPromised  = fault.Define(fault.Conflict, "match.rules_public", "规则已公布，只能延长填报时间。", "The rules are public; only the end of the wishes can be brought later.")
	ErrTooEarly  = fault.Define(fault.Conflict, "match.too_early", "填报还没有截止。", "Wishes are still taken.")
	ErrNotRun    = fault.Define(fault.Conflict, "match.not_run", "本轮还没有结果。", "The round has no result yet.")
	ErrAnswers   = fault.Define(fault.Conflict, "match.answers_open", "还有建议没有答复，也没有到期。", "Some proposals are neither answered nor over.")
	ErrNotFrozen = fault.Define(fault.Conflict, "match.not_frozen", "志愿还没有冻结。", "The wishes are not frozen yet.")
	ErrNotOut    = fault.Define(fault.Conflict, "match.not_published", "本轮结果还没有公布。", "The round is not published yet.")
	ErrForgotten = fault.Define(fault.Conflict, "match.forgotten", "本轮已过保存期限，参加者的资料已销毁，不能再逐个解释、导出或重算；摘要、分数线和建议仍可查看。", "The round is past its time: what its people entered was destroyed, so nothing can be explained, handed out or played again. Digests, cut-offs and proposals stay.")
	ErrNotIn     = fault.Define(fault.NotFound, "match.not_in_round", "您没有参加本轮，或者这个岗位不在本轮。", "You or the position did not take part in the round.")
)

// Mistakes that are not a person's: they are logged, noted in the round, and tried again.
var (
	errLost       = errors.New("round: the lease was lost, or the round was cancelled")
	errCommitment = errors.New("round: the secret is not the one that was promised")
	errInputs     = errors.New("round: the stored inputs are not those that were frozen")
)

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
