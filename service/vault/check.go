package vault

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

// ErrOtherKeys says that the database was begun with other keys: what is sealed in it could not be read, and nobody found.
var ErrOtherKeys = errors.New("these keys are not the ones that this database was begun with")

// checkText is what is sealed with every field key, and hashed with the index key, to know them again.
const checkText = "baodao"

// CheckKeys compares the index key and the field keys with those that the database has seen before, and remembers new ones.
func (v *Vault) CheckKeys(ctx context.Context, db *gorm.DB) error {
	err := v.checkKeys(ctx, db)
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		err = v.checkKeys(ctx, db) // another process remembered them in between
	}
	return err
}

func (v *Vault) checkKeys(ctx context.Context, db *gorm.DB) error {
	return atomic.Do(ctx, db, func(tx *gorm.DB) error {
		var rows []model.KeyCheck
		if err := tx.Find(&rows).Error; err != nil {
			return fmt.Errorf("check keys: %w", err)
		}
		seen := map[string][]byte{}
		for _, r := range rows {
			seen[r.Name] = r.Proof
		}
		if err := v.checkIndex(tx, seen["index"]); err != nil {
			return err
		}
		for id, kek := range v.keks {
			name := "field:" + id
			if proof := seen[name]; proof != nil {
				if plain, err := open(kek, proof, []byte(name)); err != nil || string(plain) != checkText {
					return fmt.Errorf("BAODAO_FIELD_KEYS, key %s: %w", id, ErrOtherKeys)
				}
				continue
			}
			if err := v.remember(tx, name, seal(kek, []byte(checkText), []byte(name))); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Vault) checkIndex(tx *gorm.DB, proof []byte) error {
	want := v.Index("key_checks", checkText)
	if proof == nil {
		return v.remember(tx, "index", want)
	}
	if !hmac.Equal(proof, want) {
		return fmt.Errorf("BAODAO_INDEX_KEY: %w", ErrOtherKeys)
	}
	return nil
}

// remember keeps the proof of a key.
func (v *Vault) remember(tx *gorm.DB, name string, proof []byte) error {
	err := tx.Create(&model.KeyCheck{Name: name, Proof: proof, CreatedAt: v.now()}).Error
	if err != nil {
		return fmt.Errorf("remember key %s: %w", name, err)
	}
	return nil
}
