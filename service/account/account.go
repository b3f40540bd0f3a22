// Package account knows who is asking: the login through WeChat and the tokens that follow from it, a person's own
// account, committees' API clients, the first security administrator and the suspension of accounts.
package account

import (
	"context"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/vault"
)

// WeChat exchanges the code of wx.login for the person's ids. unionID is empty when WeChat does not tell it.
type WeChat interface {
	Login(ctx context.Context, code string) (openID, unionID string, err error)
}

// Service logs people and API clients in and tells who they are. It is safe for concurrent use.
type Service struct {
	DB     *gorm.DB
	Now    clock.Clock
	NewID  func() int64
	Audit  *audit.Log
	Vault  *vault.Vault
	WeChat WeChat
	Phones PhoneBook
	Keys   *Keys

	Content *content.Service // looks at names before others see them; nil lets everything through

	// Suspended is told of an account that is being suspended, in its transaction; nil: nobody is.
	Suspended func(tx *gorm.DB, actor access.Actor, userID int64) error
}

// How long things last.
const (
	AccessLife  = 15 * time.Minute    // of an access token
	RefreshLife = 7 * 24 * time.Hour  // of a refresh token: each use begins it anew
	SessionLife = 30 * 24 * time.Hour // of a login, however often its tokens are refreshed
	RetryWindow = 30 * time.Second    // in which a refresh may be repeated after a lost answer
	MaxSessions = 5                   // live logins of one person; a sixth ends the oldest
)

// Refusals of every token. A 401 of these means: refresh (expired), or log in again (the others).
var (
	ErrTokenInvalid = fault.Define(fault.Unauthenticated, "auth.token_invalid", "登录已失效，请重新登录。", "The token is not valid (any more); log in again.")
	ErrTokenExpired = fault.Define(fault.Unauthenticated, "auth.token_expired", "登录已过期。", "The token has expired; refresh it or log in again.")
	ErrTokenReused  = fault.Define(fault.Unauthenticated, "auth.token_reused", "登录凭证被重复使用，为安全起见已退出，请重新登录。", "This refresh token was used before; the login has been ended, log in again.")
	ErrSuspended    = fault.Define(fault.Forbidden, "auth.user_suspended", "此账号已停用，如有疑问请联系团委。", "This account is suspended or closed.")
)

// earlier is the earlier of two moments.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
