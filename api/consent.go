package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
)

// ConsentView is one agreement of the caller to one text.
type ConsentView struct {
	ID          ID     `json:"id" doc:"The consent"`
	Purpose     string `json:"purpose" enum:"SIGNUP_SHARE,LOCATION,PHOTO_PUBLICATION,CROSS_ORG_SHARE" doc:"What for" example:"SIGNUP_SHARE"`
	TextVersion string `json:"text_version" doc:"Which text was agreed to" example:"2026-09"`
	GrantedAt   Time   `json:"granted_at" doc:"Since when"`
	WithdrawnAt *Time  `json:"withdrawn_at,omitempty" doc:"Until when; absent while it lasts"`
}

func newConsentView(c model.Consent) ConsentView {
	return ConsentView{ID: ID(c.ID), Purpose: c.Purpose, TextVersion: c.TextVersion, GrantedAt: At(c.GrantedAt), WithdrawnAt: AtOrNil(c.WithdrawnAt)}
}

// ConsentOut is one consent.
type ConsentOut struct{ Body ConsentView }

// MyConsentsIn pages the caller's consents.
type MyConsentsIn struct{ PageIn }

// MyConsents pages everything that the caller ever agreed to, newest first.
func (a *StandingAPI) MyConsents(c *gin.Context, in *MyConsentsIn) (*PageOut[ConsentView], error) {
	ctx := c.Request.Context()
	rows, err := a.Standing.MyConsents(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newConsentView), nil
}

// PurposeIn names a purpose.
type PurposeIn struct {
	Purpose string `path:"purpose" enum:"SIGNUP_SHARE,LOCATION,PHOTO_PUBLICATION,CROSS_ORG_SHARE" doc:"What for" example:"SIGNUP_SHARE"`
}

// AgreeIn says which text the caller agrees to.
type AgreeIn struct {
	PurposeIn
	Body struct {
		TextVersion string `json:"text_version" minLength:"1" maxLength:"20" doc:"Version of the text that was shown" example:"2026-09"`
	}
}

// Agree records the caller's consent; agreeing again to the same text changes nothing.
func (a *StandingAPI) Agree(c *gin.Context, in *AgreeIn) (*ConsentOut, error) {
	ctx := c.Request.Context()
	row, err := a.Standing.Agree(ctx, access.From(ctx), in.Purpose, in.Body.TextVersion)
	if err != nil {
		return nil, err
	}
	return &ConsentOut{Body: newConsentView(row)}, nil
}

// Withdraw ends the caller's consent; without one it changes nothing.
func (a *StandingAPI) Withdraw(c *gin.Context, in *PurposeIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Standing.Withdraw(ctx, access.From(ctx), in.Purpose)
}
