package standing

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/read"
	"baodao/service/text"
)

// maxVersion is the longest name of a version of a text, in characters.
const maxVersion = 20

func checkPurpose(purpose string) error {
	var wrong fault.Collector
	known := []string{model.ConsentSignupShare, model.ConsentLocation, model.ConsentPhoto, model.ConsentCrossOrg}
	wrong.Add(!slices.Contains(known, purpose), "path:purpose", "enum", "没有这种用途", "is not a purpose")
	return wrong.Err()
}

// Agree records that the actor agrees to a version of the text of a purpose. Agreeing to the same version again changes
// nothing; another version ends the consent to the one before.
func (s *Service) Agree(ctx context.Context, actor access.Actor, purpose, version string) (model.Consent, error) {
	var row model.Consent
	if err := actor.Require(access.Person); err != nil {
		return row, err
	}
	if err := checkPurpose(purpose); err != nil {
		return row, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/text_version", In: &version, Max: maxVersion})
	if err := wrong.Err(); err != nil {
		return row, err
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		live, err := lockConsent(tx, actor, purpose)
		if err != nil {
			return err
		}
		if live != nil && live.TextVersion == version {
			row = *live
			return nil
		}
		if err := s.end(tx, actor, live); err != nil {
			return err
		}
		on := true
		row = model.Consent{ID: s.NewID(), UserID: actor.UserID, Purpose: purpose, TextVersion: version, GrantedAt: s.Now(), Live: &on}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("record consent: %w", err)
		}
		return s.Audit.Write(tx, actor, audit.Entry{
			Action: "consent.grant", Object: "consents", ObjectID: row.ID, To: purpose, Data: map[string]any{"text_version": version},
		})
	})
	return row, err
}

// Withdraw ends the actor's consent to a purpose; without one it changes nothing. The row stays. Positions that are kept
// with the consent go with it.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, purpose string) error {
	if err := actor.Require(access.Person); err != nil {
		return err
	}
	if err := checkPurpose(purpose); err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		live, err := lockConsent(tx, actor, purpose)
		if err != nil {
			return err
		}
		if err := s.end(tx, actor, live); err != nil {
			return err
		}
		if purpose != model.ConsentLocation || s.Trail == nil || actor.StudentID == 0 {
			return nil
		}
		return s.Trail.ForgetPositions(tx, actor.StudentID)
	})
}

// lockConsent locks the actor's account, so that their consents change one at a time, and reads the live one, nil if none.
func lockConsent(tx *gorm.DB, actor access.Actor, purpose string) (*model.Consent, error) {
	if _, err := read.One[model.User](atomic.ForUpdate(tx).Select("id").Where("id = ?", actor.UserID), "user"); err != nil {
		return nil, err
	}
	var live []model.Consent
	if err := tx.Where("user_id = ? AND purpose = ? AND live = ?", actor.UserID, purpose, true).Find(&live).Error; err != nil {
		return nil, fmt.Errorf("read consent: %w", err)
	}
	if len(live) == 0 {
		return nil, nil //nolint:nilnil // no consent is no error
	}
	return &live[0], nil
}

func (s *Service) end(tx *gorm.DB, actor access.Actor, live *model.Consent) error {
	if live == nil {
		return nil
	}
	set := map[string]any{"withdrawn_at": s.Now(), "live": nil}
	if err := tx.Model(&model.Consent{}).Where("id = ?", live.ID).Updates(set).Error; err != nil {
		return fmt.Errorf("withdraw consent: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "consent.withdraw", Object: "consents", ObjectID: live.ID, From: live.Purpose, Data: map[string]any{"text_version": live.TextVersion},
	})
}

// MyConsents pages everything the actor ever agreed to, newest first.
func (s *Service) MyConsents(ctx context.Context, actor access.Actor, req page.Request) (page.Result[model.Consent], error) {
	if err := actor.Require(access.Person); err != nil {
		return page.Result[model.Consent]{}, err
	}
	return newest(s.DB.WithContext(ctx).Where("user_id = ?", actor.UserID), "consents", req, func(c model.Consent) int64 { return c.ID })
}
