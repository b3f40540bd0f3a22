package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/account"
)

// AccountAPI is login, the caller's own account, the first security administrator and the suspension of accounts.
type AccountAPI struct{ Accounts *account.Service }

// LoginIn carries the code of wx.login.
type LoginIn struct {
	Body struct {
		Code string `json:"code" minLength:"8" maxLength:"128" pattern:"^[A-Za-z0-9_-]+$" doc:"What wx.login gave, used once within 5 minutes; with the simulated WeChat dev-<name>-<any>" example:"dev-xiaoli-0001"`
	}
}

// RefreshIn carries a refresh token.
type RefreshIn struct {
	Body struct {
		RefreshToken string `json:"refresh_token" minLength:"1" maxLength:"512" doc:"The newest refresh token of the login" example:"AAZiPr0AAAEAAAAAAAAAAVn2k0c0Jx1mVQm7Yx0vZk3cT3h1dDd0b0x5U2FtcGxl"`
	}
}

// TokensView is what a login or a refresh gives. Keep both tokens secret.
type TokensView struct {
	AccessToken      string `json:"access_token" doc:"Send it as Authorization: Bearer …" example:"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiI3MjAzNjg1NDc3NTgwODAxIn0.c2FtcGxl"`
	TokenType        string `json:"token_type" doc:"Always Bearer" example:"Bearer"`
	AccessExpiresAt  Time   `json:"access_expires_at" doc:"15 minutes from now"`
	RefreshToken     string `json:"refresh_token" doc:"Good for one refresh; a repeat within 30 s gets the same answer, later use ends the login" example:"AAZiPr0AAAEAAAAAAAAAAVn2k0c0Jx1mVQm7Yx0vZk3cT3h1dDd0b0x5U2FtcGxl"`
	RefreshExpiresAt Time   `json:"refresh_expires_at" doc:"7 days from the last refresh, at most 30 days from the login"`
	UserID           ID     `json:"user_id" doc:"Whose account it is"`
}

// TokensOut is the answer of a login or a refresh.
type TokensOut struct{ Body TokensView }

func newTokensOut(t account.Tokens) *TokensOut {
	return &TokensOut{Body: TokensView{
		AccessToken: t.AccessToken, TokenType: "Bearer", AccessExpiresAt: At(t.AccessExpiresAt),
		RefreshToken: t.RefreshToken, RefreshExpiresAt: At(t.RefreshExpiresAt), UserID: ID(t.User.ID),
	}}
}

// Login exchanges the code of wx.login for tokens; the first login makes the account.
func (a *AccountAPI) Login(c *gin.Context, in *LoginIn) (*TokensOut, error) {
	out, err := a.Accounts.Login(c.Request.Context(), in.Body.Code, From(c).RequestID)
	if err != nil {
		return nil, err
	}
	return newTokensOut(out), nil
}

// Refresh exchanges a refresh token for new tokens.
func (a *AccountAPI) Refresh(c *gin.Context, in *RefreshIn) (*TokensOut, error) {
	out, err := a.Accounts.Refresh(c.Request.Context(), in.Body.RefreshToken, From(c).RequestID)
	if err != nil {
		return nil, err
	}
	return newTokensOut(out), nil
}

// NoIn is the input of an operation that takes none.
type NoIn struct{}

// Logout ends the caller's session.
func (a *AccountAPI) Logout(c *gin.Context, _ *NoIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Accounts.Logout(ctx, access.From(ctx))
}

// LogoutAll ends every session of the caller.
func (a *AccountAPI) LogoutAll(c *gin.Context, _ *NoIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Accounts.LogoutAll(ctx, access.From(ctx))
}

// RedeemBootstrapIn carries the code that the command bootstrap printed.
type RedeemBootstrapIn struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64" doc:"As printed by the command bootstrap; case, spaces and hyphens do not matter" example:"7Q2M-9K4D-0XHC-W5TB-8N3V-6PJR-1C"`
	}
}

// RedeemBootstrap makes the caller the first security administrator.
func (a *AccountAPI) RedeemBootstrap(c *gin.Context, in *RedeemBootstrapIn) (*MyRoleOut, error) {
	ctx := c.Request.Context()
	grant, err := a.Accounts.RedeemBootstrap(ctx, access.From(ctx), in.Body.Code)
	if err != nil {
		return nil, err
	}
	return &MyRoleOut{Body: newMyRoleView(account.MyRole{Role: access.Role(grant.Role), From: grant.FromAt})}, nil
}

// ReasonIn names an account and why it is moved.
type ReasonIn struct {
	ID   ID `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; kept in the audit log" example:"冒用他人身份报名"`
	}
}

// AccountView is the state of an account.
type AccountView struct {
	ID     ID     `json:"id" doc:"The user"`
	Status string `json:"status" enum:"ACTIVE,SUSPENDED,CLOSED" doc:"SUSPENDED and CLOSED cannot log in" example:"SUSPENDED"`
}

// AccountOut is the answer of moving an account.
type AccountOut struct{ Body AccountView }

// Suspend stops an account and ends its sessions.
func (a *AccountAPI) Suspend(c *gin.Context, in *ReasonIn) (*AccountOut, error) {
	ctx := c.Request.Context()
	user, err := a.Accounts.SuspendUser(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &AccountOut{Body: AccountView{ID: ID(user.ID), Status: user.Status}}, nil
}

// Reinstate lets a suspended person log in again.
func (a *AccountAPI) Reinstate(c *gin.Context, in *ReasonIn) (*AccountOut, error) {
	ctx := c.Request.Context()
	user, err := a.Accounts.ReinstateUser(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &AccountOut{Body: AccountView{ID: ID(user.ID), Status: user.Status}}, nil
}
