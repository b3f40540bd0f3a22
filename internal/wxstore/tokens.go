// Package wxstore keeps in the database what the WeChat gateways of all processes share: the access token, sealed, with the
// lock of the one that renews it, and the push messages already received.
package wxstore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/internal/wechat"
	"baodao/model"
	"baodao/service/atomic"
)

const (
	lockLife = 10 * time.Second
	lockPoll = 20 * time.Millisecond
	keyUse   = "baodao wechat token" // what the key is derived for
)

var (
	errBusy   = errors.New("another process renews the token")
	errSealed = errors.New("the stored token is sealed with another key")
)

// Tokens is the wechat.TokenStore over the database.
type Tokens struct {
	db    *gorm.DB
	now   clock.Clock
	aead  cipher.AEAD
	local chan struct{} // one goroutine of this process at a time waits for the row's lock
}

// NewTokens makes a store. The token is sealed with a key derived from secret, which must not lie beside the database; a
// token that was sealed under another secret counts as none.
func NewTokens(db *gorm.DB, now clock.Clock, secret []byte) (*Tokens, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, keyUse, 32)
	if err != nil {
		return nil, fmt.Errorf("derive token key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make token cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make token cipher: %w", err)
	}
	return &Tokens{db: db, now: now, aead: aead, local: make(chan struct{}, 1)}, nil
}

// secrets is the sealed part of a row.
type secrets struct{ Token, Bad string }

// Load returns the app's row, the zero row when there is none.
func (t *Tokens) Load(ctx context.Context, appID string) (wechat.TokenRow, error) {
	var rows []model.WechatToken
	if err := t.db.WithContext(ctx).Where("app_id = ?", appID).Find(&rows).Error; err != nil {
		return wechat.TokenRow{}, fmt.Errorf("read token: %w", err)
	}
	if len(rows) == 0 {
		return wechat.TokenRow{}, nil
	}
	r := rows[0]
	out := wechat.TokenRow{
		Version: r.Version, NotAfter: since(r.NotAfter), ForcedAt: since(r.ForcedAt), CoolUntil: since(r.CoolUntil), CoolCode: r.CoolCode,
	}
	if s, err := t.open(appID, r.Sealed); err == nil {
		out.Token, out.Bad = s.Token, s.Bad
	}
	return out, nil
}

// Save stores row if the stored version is row.Version-1, and tells whether it did.
func (t *Tokens) Save(ctx context.Context, appID string, row wechat.TokenRow) (saved bool, err error) {
	sealed, err := t.seal(appID, secrets{Token: row.Token, Bad: row.Bad})
	if err != nil {
		return false, err
	}
	err = atomic.Do(ctx, t.db, func(tx *gorm.DB) error {
		if err := t.ensure(tx, appID); err != nil {
			return err
		}
		res := tx.Model(&model.WechatToken{}).Where("app_id = ? AND version = ?", appID, row.Version-1).Updates(map[string]any{
			"sealed": sealed, "version": row.Version, "not_after": stored(row.NotAfter), "forced_at": stored(row.ForcedAt),
			"cool_until": stored(row.CoolUntil), "cool_code": row.CoolCode,
		})
		saved = res.RowsAffected == 1
		return res.Error
	})
	if err != nil {
		return false, fmt.Errorf("store token: %w", err)
	}
	return saved, nil
}

// ensure makes the app's row of version 0 when it is missing.
func (t *Tokens) ensure(tx *gorm.DB, appID string) error {
	var found []string
	if err := tx.Model(&model.WechatToken{}).Where("app_id = ?", appID).Pluck("app_id", &found).Error; err != nil || len(found) > 0 {
		return err
	}
	never := stored(time.Time{})
	row := model.WechatToken{AppID: appID, Sealed: []byte{}, NotAfter: never, ForcedAt: never, CoolUntil: never, LockUntil: never}
	if err := tx.Create(&row).Error; !errors.Is(err, gorm.ErrDuplicatedKey) {
		return err
	}
	return nil // another process was faster
}

// Lock waits until no other process renews this app's token, at most as long as ctx lives.
func (t *Tokens) Lock(ctx context.Context, appID string) (unlock func(), err error) {
	select {
	case t.local <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err() //nolint:wrapcheck // the gateway looks for the context's error
	}
	owner := rand.Text()[:20]
	if err := t.acquire(ctx, appID, owner); err != nil {
		<-t.local
		return nil, err
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			defer func() { <-t.local }()
			t.release(context.WithoutCancel(ctx), appID, owner)
		})
	}, nil
}

// acquire asks for the row's lock until it has it.
func (t *Tokens) acquire(ctx context.Context, appID, owner string) error {
	for {
		err := atomic.Do(ctx, t.db, func(tx *gorm.DB) error {
			if err := t.ensure(tx, appID); err != nil {
				return err
			}
			now := t.now()
			res := tx.Model(&model.WechatToken{}).Where("app_id = ? AND lock_until <= ?", appID, now).
				Updates(map[string]any{"lock_owner": owner, "lock_until": now.Add(lockLife)})
			if res.Error == nil && res.RowsAffected == 0 {
				return errBusy
			}
			return res.Error
		})
		if !errors.Is(err, errBusy) {
			return err
		}
		timer := time.NewTimer(lockPoll + mathrand.N(lockPoll)) //nolint:gosec // spreads load, guards nothing
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err() //nolint:wrapcheck // the gateway looks for the context's error
		case <-timer.C:
		}
	}
}

// release gives the lock back. When that fails it ends by itself.
func (t *Tokens) release(ctx context.Context, appID, owner string) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_ = atomic.Do(ctx, t.db, func(tx *gorm.DB) error {
		return tx.Model(&model.WechatToken{}).Where("app_id = ? AND lock_owner = ?", appID, owner).Update("lock_until", stored(time.Time{})).Error
	})
}

func (t *Tokens) seal(appID string, s secrets) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("seal token: %w", err)
	}
	nonce := make([]byte, t.aead.NonceSize())
	rand.Read(nonce) // never fails
	return t.aead.Seal(nonce, nonce, plain, []byte(appID)), nil
}

func (t *Tokens) open(appID string, sealed []byte) (s secrets, err error) {
	n := t.aead.NonceSize()
	if len(sealed) < n {
		return s, errSealed
	}
	plain, err := t.aead.Open(nil, sealed[:n], sealed[n:], []byte(appID))
	if err != nil {
		return s, errSealed
	}
	if err := json.Unmarshal(plain, &s); err != nil {
		return secrets{}, errSealed
	}
	return s, nil
}

// stored is a time as the database takes it: the zero time is out of MySQL's range, so 1970 stands for it.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

// since reads it back.
func since(t time.Time) time.Time {
	if t.Unix() == 0 {
		return time.Time{}
	}
	return t
}
