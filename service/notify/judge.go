package notify

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/vault"
)

// probeGap is how often a message may be tried for a person of whom no acceptance is known.
const probeGap = 24 * time.Hour

type ledgerKey struct {
	user     int64
	template string
}

// fate is where a message that is not sent goes.
type fate struct{ state, why string }

// verdict is what to do with a leased message: put it away, or send it, with a unit of the ledger or as a probe.
type verdict struct {
	fate           fate
	reserve, probe bool
}

// facts is what the decision about a batch depends on.
type facts struct {
	now       time.Time
	openIDs   map[int64]string // of people who can be written to
	stale     map[int64]bool
	off       map[wish]bool
	templates map[string]model.NoticeTemplate
	ledger    map[ledgerKey]*model.SubscribeLedger
	proved    map[ledgerKey]bool // an event that no notice has claimed
	outdated  map[string]bool    // dedupe keys of what no longer holds
}

func (f *facts) judge(n *model.Notice) verdict {
	template, known := f.templates[n.Template]
	switch {
	case n.Resent && f.proved[ledgerKey{n.UserID, n.Template}]:
		return away(model.NoticeSent, "event")
	case n.ExpiresAt != nil && !n.ExpiresAt.After(f.now):
		return away(model.NoticeExpired, "late")
	case f.outdated[n.DedupeKey]:
		return away(model.NoticeDropped, "outdated")
	case f.openIDs[n.UserID] == "":
		return away(model.NoticeDropped, "person")
	case f.stale[n.UserID]:
		return away(model.NoticeDropped, "stale")
	case f.off[wish{n.UserID, n.Kind}]:
		return away(model.NoticeDropped, "preference")
	case !known:
		return away(model.NoticeDropped, "template")
	}
	return f.balance(n, template)
}

// balance asks the ledger. Of a person without any known acceptance the ledger is unsure, so one message a day is tried.
func (f *facts) balance(n *model.Notice, t model.NoticeTemplate) verdict {
	l := f.ledger[ledgerKey{n.UserID, n.Template}]
	switch {
	case l != nil && l.Muted && n.Resent:
		return away(model.NoticeUnconfirmed, "muted")
	case l != nil && l.Muted:
		return away(model.NoticeParked, "muted")
	case t.LongTerm || n.Reserved || n.Resent:
		return verdict{}
	case l != nil && l.Used < l.Granted:
		return verdict{reserve: true}
	case l == nil || l.Granted == 0 && (l.ProbedAt == nil || !l.ProbedAt.After(f.now.Add(-probeGap))):
		return verdict{probe: true}
	}
	return away(model.NoticeParked, "balance")
}

func away(state, why string) verdict { return verdict{fate: fate{state, why}} }

// wish is a person's preference about a kind.
type wish struct {
	user int64
	kind string
}

// facts reads them, the ledger under lock.
func (w *Worker) facts(tx *gorm.DB, rows []model.Notice) (*facts, error) {
	f := &facts{
		now: w.Now(), openIDs: map[int64]string{}, stale: map[int64]bool{}, off: map[wish]bool{}, templates: map[string]model.NoticeTemplate{},
		ledger: map[ledgerKey]*model.SubscribeLedger{}, proved: map[ledgerKey]bool{},
	}
	users, templates, resends := map[int64]bool{}, map[string]bool{}, false
	for _, n := range rows {
		users[n.UserID], templates[n.Template] = true, true
		resends = resends || n.Resent
	}
	people, names := keysOf(users), keysOf(templates)
	if err := w.address(tx, f, people); err != nil {
		return nil, err
	}
	if err := w.wishes(tx, f, people, names); err != nil {
		return nil, err
	}
	var err error
	if f.outdated, err = w.recheck(tx, rows); err != nil {
		return nil, err
	}
	if !resends {
		return f, nil
	}
	return f, w.evidence(tx, f, rows)
}

// address decrypts the openids of people who still have an account, and tells which of them are stale.
func (w *Worker) address(tx *gorm.DB, f *facts, ids []int64) error {
	users, err := addresses(tx, ids)
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	keys, err := w.Vault.People(tx, ids...)
	if err != nil {
		return err
	}
	for _, u := range users {
		f.stale[u.id] = u.stale
		if f.openIDs[u.id], err = keys[u.id].Open(vault.OpenID, u.id, u.openID); err != nil {
			return err
		}
	}
	return nil
}

// wishes reads what people want: preferences, the ledger; and the templates.
func (w *Worker) wishes(tx *gorm.DB, f *facts, users []int64, templates []string) error {
	var (
		prefs []model.NotificationPref
		known []model.NoticeTemplate
	)
	ledger, err := balances(tx, users, templates)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	for what, err := range map[string]error{
		"preferences": tx.Where(in("user_id", users)).Where("wechat = ?", false).Find(&prefs).Error,
		"templates":   tx.Where("app_id = ? AND template_id IN ? AND disabled_at IS NULL", w.AppID, templates).Find(&known).Error,
	} {
		if err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
	}
	for _, p := range prefs {
		f.off[wish{p.UserID, p.Kind}] = true
	}
	for _, t := range known {
		f.templates[t.TemplateID] = t
	}
	for i, l := range ledger {
		f.ledger[ledgerKey{l.UserID, l.Template}] = &ledger[i]
	}
	return nil
}

// evidence looks for sent events that came since an unconfirmed message was tried and that belong to no other; each proves
// one message.
func (w *Worker) evidence(tx *gorm.DB, f *facts, rows []model.Notice) error {
	for _, n := range rows {
		if !n.Resent || n.TriedAt == nil {
			continue
		}
		var events []model.SubscribeEvent
		err := tx.Where("user_id = ? AND template = ? AND kind = ? AND notice_id = ? AND created_at >= ?", n.UserID, n.Template, EventSent, 0, *n.TriedAt).
			Order("created_at").Limit(1).Find(&events).Error
		if err != nil {
			return fmt.Errorf("read sent events: %w", err)
		}
		if len(events) == 0 {
			continue
		}
		f.proved[ledgerKey{n.UserID, n.Template}] = true
		if err := claimEvent(tx, events[0].KeyHash, n.ID); err != nil {
			return err
		}
		if err := mark(tx, []int64{n.ID}, map[string]any{"msg_id": events[0].MsgID}); err != nil {
			return err
		}
	}
	return nil
}

func claimEvent(tx *gorm.DB, hash []byte, notice int64) error {
	return tx.Model(&model.SubscribeEvent{}).Where("key_hash = ? AND notice_id = ?", hash, 0).Update("notice_id", notice).Error
}

func keysOf[K comparable](set map[K]bool) []K {
	out := make([]K, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	return out
}
