package notify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
)

// Kinds of SubscribeEvent.
const (
	EventAnswer = "ANSWER" // the person answered the subscription dialog
	EventMute   = "MUTE"   // the person switched the template off in the settings
	EventSent   = "SENT"   // final result of a message
)

// SubscribeEvent is a fact that WeChat pushed.
type SubscribeEvent struct {
	Kind      string
	Key       string // the same for repetitions
	Person    []byte // blind index of the openid
	Template  string
	Accepted  bool   // of an EventAnswer
	MsgID     string // of an EventSent
	ErrorCode int    // of an EventSent; 0 is delivered
}

// Subscribed counts the events in the ledger, each once, and wakes or ends the messages they are about. Events of people
// that are not ours are forgotten.
func (s *Service) Subscribed(ctx context.Context, events []SubscribeEvent) error {
	for _, e := range events {
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error { return s.subscribed(tx, e) })
		if err != nil && !errors.Is(err, gorm.ErrDuplicatedKey) { // received before
			return fmt.Errorf("note subscribe event: %w", err)
		}
	}
	return nil
}

func (s *Service) subscribed(tx *gorm.DB, e SubscribeEvent) error {
	var users []int64
	err := tx.Model(&model.User{}).Where("openid_idx = ?", e.Person).Pluck("id", &users).Error
	if err != nil || len(users) == 0 {
		return err
	}
	hash := sha256.Sum256([]byte(e.Key))
	row := model.SubscribeEvent{
		KeyHash: hash[:], Kind: e.Kind, UserID: users[0], Template: cut(e.Template, 128), MsgID: cut(e.MsgID, 32), ErrorCode: e.ErrorCode, CreatedAt: s.Now(),
	}
	if err := s.ensureLedger(tx, row); err != nil {
		return err
	}
	if err := tx.Create(&row).Error; err != nil {
		return err
	}
	if err := tx.Where("user_id = ?", row.UserID).Delete(&model.StaleBinding{}).Error; err != nil {
		return err
	}
	switch {
	case e.Kind == EventSent:
		return s.sent(tx, row)
	case e.Kind == EventAnswer && e.Accepted:
		return s.accepted(tx, row)
	case e.Kind == EventAnswer:
		return s.ledger(tx, row, map[string]any{"muted": true}) // what was accepted before comes back with the next yes
	default:
		return s.ledger(tx, row, map[string]any{"muted": true, "used": gorm.Expr("granted")})
	}
}

// ensureLedger makes the person's row of the ledger when it is missing.
func (s *Service) ensureLedger(tx *gorm.DB, e model.SubscribeEvent) error {
	row := model.SubscribeLedger{UserID: e.UserID, Template: e.Template, UpdatedAt: s.Now()}
	return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
}

func (s *Service) ledger(tx *gorm.DB, e model.SubscribeEvent, set map[string]any) error {
	set["updated_at"] = s.Now()
	return tx.Model(&model.SubscribeLedger{}).Where("user_id = ? AND template = ?", e.UserID, e.Template).Updates(set).Error
}

// accepted adds a unit, unless a hint was counted for it, and wakes what waits for it.
func (s *Service) accepted(tx *gorm.DB, e model.SubscribeEvent) error {
	err := s.ledger(tx, e, map[string]any{
		"granted": gorm.Expr("CASE WHEN hint_open IS NULL THEN granted + 1 ELSE granted END"), "muted": false,
	})
	if err == nil {
		err = s.ledger(tx, e, map[string]any{"hint_open": nil, "hinted_at": nil})
	}
	if err != nil {
		return err
	}
	return s.wake(tx, e)
}

// wake makes what waits for an acceptance due, if it is still of use.
func (s *Service) wake(tx *gorm.DB, e model.SubscribeEvent) error {
	return tx.Model(&model.Notice{}).
		Where("user_id = ? AND template = ? AND state = ? AND (expires_at IS NULL OR expires_at > ?)", e.UserID, e.Template, model.NoticeParked, s.Now()).
		Updates(map[string]any{"state": model.NoticePending, "why": "woken", "next_at": s.Now(), "updated_at": s.Now()}).Error
}

// sent finds the message that the event is about: by its id, or else the newest one of unknown outcome. While a message of
// the person is in flight, the event waits for its answer.
func (s *Service) sent(tx *gorm.DB, e model.SubscribeEvent) error {
	var rows []model.Notice
	err := atomic.ForUpdate(tx).Where("user_id = ? AND template = ? AND (msg_id = ? OR state IN ?)", e.UserID, e.Template, e.MsgID,
		[]string{model.NoticeSending, model.NoticeUnconfirmed}).Order("id").Find(&rows).Error
	if err != nil {
		return err
	}
	found := match(rows, e.MsgID)
	if found == nil {
		return nil
	}
	if err := claimEvent(tx, e.KeyHash, found.ID); err != nil {
		return err
	}
	set := map[string]any{"state": model.NoticeSent, "why": "event", "msg_id": e.MsgID, "busy_user_id": nil, "lease_until": nil, "updated_at": s.Now()}
	if e.ErrorCode != 0 {
		set["state"], set["why"], set["last_code"], set["reserved"] = model.NoticeDropped, "undelivered", e.ErrorCode, false
	}
	if err := mark(tx, []int64{found.ID}, set); err != nil {
		return err
	}
	if e.ErrorCode != 0 && found.Reserved {
		return giveBack(tx, found, s.Now())
	}
	return nil
}

func match(rows []model.Notice, msgID string) *model.Notice {
	var unknown *model.Notice
	flying := false
	for i, n := range rows {
		if msgID != "" && n.MsgID == msgID {
			return &rows[i]
		}
		flying = flying || n.State == model.NoticeSending
		if n.State == model.NoticeUnconfirmed && (unknown == nil || unknown.Resent || !n.Resent) {
			unknown = &rows[i]
		}
	}
	if flying {
		return nil
	}
	return unknown
}
