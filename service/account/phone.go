package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/vault"
)

// PhoneBook exchanges the code of the phone button for the person's verified number, in E.164 as far as WeChat tells it. The
// code must belong to the person with the openid.
type PhoneBook interface {
	PhoneOf(ctx context.Context, code, openID string) (number string, err error)
}

// ErrPhoneUnusable says that WeChat gave a number that is none.
var ErrPhoneUnusable = fault.Define(fault.Conflict, "account.phone_unusable", "微信返回的手机号无法使用，请换一个号码。", "The number that WeChat gave cannot be used; choose another one.")

// MaxPhoneTries is how often a person may try to set a phone number in one day, in China: each exchange costs money.
const MaxPhoneTries = 3

// The audit actions that count the tries: an exchange that WeChat did not answer is taken off again.
const (
	phoneTry  = "account.phone_try"
	phoneDown = "account.phone_unanswered"
)

// BindPhone sets the caller's phone number, which WeChat has verified. Several accounts may have the same number: families
// share one, and a number passes on; it identifies nobody. Errors: those of PhoneBook, ErrPhoneUnusable, fault.ErrRate
// after MaxPhoneTries.
func (s *Service) BindPhone(ctx context.Context, actor access.Actor, code string) (Me, error) {
	if err := actor.Require(access.Person); err != nil {
		return Me{}, err
	}
	openID, err := s.countPhoneTry(ctx, actor)
	if err != nil {
		return Me{}, err
	}
	given, err := s.Phones.PhoneOf(ctx, code, openID)
	if err != nil {
		return Me{}, fmt.Errorf("ask WeChat for the phone number: %w", s.forgiveTry(ctx, actor, err))
	}
	number, ok := vault.PhoneNumber(given)
	if !ok {
		return Me{}, ErrPhoneUnusable
	}
	return s.setPhone(ctx, actor, "account.phone_bind", func(person *vault.Person) map[string]any {
		return map[string]any{"phone_enc": person.Seal(vault.Phone, actor.UserID, number), "phone_idx": s.Vault.Index(vault.Phone, number)}
	})
}

// RemovePhone takes the caller's phone number back. Without one nothing happens.
func (s *Service) RemovePhone(ctx context.Context, actor access.Actor) (Me, error) {
	if err := actor.Require(access.Person); err != nil {
		return Me{}, err
	}
	return s.setPhone(ctx, actor, "account.phone_remove", func(*vault.Person) map[string]any {
		return map[string]any{"phone_enc": nil, "phone_idx": nil}
	})
}

func (s *Service) setPhone(ctx context.Context, actor access.Actor, action string, columns func(*vault.Person) map[string]any) (me Me, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		user, err := lockUser(tx, actor.UserID)
		if err != nil {
			return err
		}
		person, err := s.Vault.Person(tx, user.ID)
		if err != nil {
			return fmt.Errorf("set phone: %w", err)
		}
		set := columns(person)
		if set["phone_enc"] != nil || user.PhoneEnc != nil {
			if err := s.Audit.Edit(tx, actor, &user, user.Version, audit.Move{Action: action, Set: set}); err != nil {
				return err
			}
		}
		me, err = s.me(tx, user.ID)
		return err
	})
	return me, err
}

// countPhoneTry records a try before it is made, and returns the caller's openid.
func (s *Service) countPhoneTry(ctx context.Context, actor access.Actor) (openID string, err error) {
	now := s.Now().In(clock.China())
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, clock.China())
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		user, err := lockUser(tx, actor.UserID)
		if err != nil {
			return err
		}
		tries, err := phoneTries(tx, user.ID, day)
		if err != nil {
			return err
		}
		if tries >= MaxPhoneTries {
			return fault.ErrRate.After(day.AddDate(0, 0, 1).Sub(now))
		}
		person, err := s.Vault.Person(tx, user.ID)
		if err != nil {
			return fmt.Errorf("set phone: %w", err)
		}
		if openID, err = person.Open(vault.OpenID, user.ID, user.OpenIDEnc); err != nil {
			return err
		}
		return s.Audit.Write(tx, actor, audit.Entry{Action: phoneTry, Object: "users", ObjectID: user.ID})
	})
	return openID, err
}

// phoneTries is how many tries count since day began.
func phoneTries(tx *gorm.DB, user int64, day time.Time) (int, error) {
	var actions []string
	err := tx.Model(&model.AuditEntry{}).Where("user_id = ? AND action IN ? AND at >= ?", user, []string{phoneTry, phoneDown}, day.UTC()).
		Pluck("action", &actions).Error
	if err != nil {
		return 0, fmt.Errorf("count tries: %w", err)
	}
	n := 0
	for _, action := range actions {
		if action == phoneTry {
			n++
		} else {
			n--
		}
	}
	return n, nil
}

// forgiveTry takes a try off again when WeChat did not answer it: nobody shall wait a day for that.
func (s *Service) forgiveTry(ctx context.Context, actor access.Actor, cause error) error {
	f, ok := errors.AsType[*fault.Fault](cause)
	if !ok || f.Kind != fault.Unavailable {
		return cause
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return s.Audit.Write(tx, actor, audit.Entry{Action: phoneDown, Object: "users", ObjectID: actor.UserID})
	})
	return errors.Join(cause, err)
}
