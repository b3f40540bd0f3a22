package api

import (
	"encoding/hex"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/round"
)

// RoundAPI is matching in rounds.
type RoundAPI struct{ Rounds *round.Service }

// MatchRoundForm is what a round is planned with.
type MatchRoundForm struct {
	Name        string `json:"name" minLength:"1" maxLength:"100" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"As people call it" example:"秋季第一轮"`
	Season      string `json:"season" enum:"TERM,VACATION" doc:"TERM: places count from the campus; VACATION: from home" example:"TERM"`
	Rule        string `json:"rule" enum:"points-v1,points-v2,points-v3,score,lottery,pairing-v1" doc:"By which seats are given, pairing-v1 for a round of PAIRING and for no other: docs/matching.md" example:"points-v2"`
	K           int64  `json:"k" minimum:"1" maximum:"50" doc:"Wishes of a list" example:"20"`
	RadiusM     int64  `json:"radius_m" minimum:"100" maximum:"100000" doc:"Farthest in metres" example:"10000"`
	WishesFrom  Time   `json:"wishes_from" doc:"Wishes are taken from then on" example:"2026-11-23T00:00:00.000Z"`
	WishesUntil Time   `json:"wishes_until" doc:"Until then; at most 92 days later" example:"2026-11-30T00:00:00.000Z"`
	AnswerHours int64  `json:"answer_hours" minimum:"1" maximum:"336" doc:"Hours in which a proposal is to be answered" example:"72"`
	DrawSource  string `json:"draw_source" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Public draw that will decide ties, named before lists are made" example:"福彩双色球 2026135 期开奖号码"`
}

func (f MatchRoundForm) form() round.Form {
	return round.Form{
		Name: f.Name, Season: f.Season, Rule: f.Rule, K: f.K, RadiusM: f.RadiusM, AnswerHours: f.AnswerHours,
		WishesFrom: f.WishesFrom.Time(), WishesUntil: f.WishesUntil.Time(), DrawSource: f.DrawSource,
	}
}

// MatchRoundView is a round. Everything by which it can be checked is in it as soon as it is to be known.
type MatchRoundView struct {
	ID          ID          `json:"id" doc:"The round"`
	Kind        string      `json:"kind" enum:"POSITIONS,PAIRING" doc:"Students and positions, or campus units and communities" example:"POSITIONS"`
	ProgrammeID ID          `json:"programme_id" doc:"In which programme"`
	Scope       OrgNameView `json:"scope" doc:"Whose students or units take part"`
	Number      int64       `json:"number" doc:"Of the round in its files" example:"1"`
	Status      string      `json:"status" enum:"DRAFT,OPEN,FREEZING,FROZEN,RUNNING,PUBLISHED,CLOSED,CANCELLED" doc:"RUNNING: drawn; it is being matched, or waits to be published" example:"OPEN"`
	MatchRoundForm
	SecretCommitment string `json:"secret_commitment" doc:"SHA-256 of the secret, in hex" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	InputDigest      string `json:"input_digest,omitempty" doc:"SHA-256 of the inputs, in hex; from FROZEN on" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	DrawValue        string `json:"draw_value,omitempty" doc:"What was drawn in public" example:"03 09 17 21 25 33 + 12"`
	Seed             string `json:"seed,omitempty" doc:"SHA-256 of inputs, secret and draw, in hex" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Secret           string `json:"secret,omitempty" doc:"In hex; once the round was run, and for everybody once it is published" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	ResultDigest     string `json:"result_digest,omitempty" doc:"SHA-256 of the result, in hex; for everybody once it is published" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`

	Students  int64 `json:"students" doc:"Who takes part; of pairing the campus units; from FROZEN on" example:"5000"`
	Positions int64 `json:"positions" doc:"Positions that take part; of pairing the communities; from FROZEN on" example:"300"`
	Seats     int64 `json:"seats" doc:"Their free seats; from FROZEN on" example:"2400"`
	Placed    int64 `json:"placed" doc:"Proposals; for everybody once it is published" example:"2200"`
	Blocking  int64 `json:"blocking" doc:"Friends or students left with a better place that would have taken them: with friends it cannot always be avoided" example:"0"`

	OpenedAt     *Time              `json:"opened_at,omitempty" doc:"When the rules were published"`
	FrozenAt     *Time              `json:"frozen_at,omitempty" doc:"When the inputs were written down"`
	DrawnAt      *Time              `json:"drawn_at,omitempty" doc:"When the draw was entered"`
	PublishedAt  *Time              `json:"published_at,omitempty" doc:"When the proposals came out"`
	AnswersUntil *Time              `json:"answers_until,omitempty" doc:"Proposals lapse then"`
	ClosedAt     *Time              `json:"closed_at,omitempty" doc:"When it was closed or cancelled"`
	ForgottenAt  *Time              `json:"forgotten_at,omitempty" doc:"When what people entered for it was destroyed, round_input_days of the policy after closed_at, at once where nobody published it for as long; nothing is explained or played again since then"`
	Reason       string             `json:"reason,omitempty" doc:"Why it was cancelled" example:"日期改了"`
	Work         *MatchRoundJobView `json:"work,omitempty" doc:"For those who run it"`
}

// MatchRoundJobView is how far the program has come with a round.
type MatchRoundJobView struct {
	Done      int64  `json:"done" doc:"Rows of the present phase that are done" example:"3000"`
	Total     int64  `json:"total" doc:"Rows of the present phase; 0 while unknown" example:"5000"`
	Running   bool   `json:"running" doc:"Whether a replica works on it" example:"true"`
	Ready     bool   `json:"ready" doc:"Whether it can be published" example:"false"`
	Failure   string `json:"failure,omitempty" doc:"Why the last try failed; the next one comes by itself" example:"database is locked"`
	Failures  int64  `json:"failures" doc:"Tries of the present phase that failed, one after the other" example:"0"`
	NextTryAt *Time  `json:"next_try_at,omitempty" doc:"The next try comes then: 30 seconds after the first failure, twice as long after each, an hour at most; POST …/retry makes it now"`
	DrawnBy   *ID    `json:"drawn_by,omitempty" doc:"Who entered the draw"`
}

func newMatchRoundView(d round.Detail) MatchRoundView {
	v := MatchRoundView{
		ID: ID(d.ID), Kind: d.Kind, ProgrammeID: ID(d.ProgrammeID), Scope: OrgNameView{ID: ID(d.ScopeOrgID), Name: d.ScopeName}, Number: d.Number, Status: string(d.Status),
		MatchRoundForm: MatchRoundForm{
			Name: d.Name, Season: d.Season, Rule: d.Rule, K: d.K, RadiusM: d.RadiusM, AnswerHours: d.AnswerHours,
			WishesFrom: At(d.WishesFrom), WishesUntil: At(d.WishesUntil), DrawSource: d.DrawSource,
		},
		SecretCommitment: hex.EncodeToString(d.SecretCommit), InputDigest: hex.EncodeToString(d.InputDigest), DrawValue: d.DrawValue, Seed: hex.EncodeToString(d.Seed),
		Secret: hex.EncodeToString(d.Revealed), ResultDigest: hex.EncodeToString(d.ResultDigest),
		Students: d.Students, Positions: d.Positions, Seats: d.Seats, Placed: d.Placed, Blocking: d.Blocking,
		OpenedAt: AtOrNil(d.OpenedAt), FrozenAt: AtOrNil(d.FrozenAt), DrawnAt: AtOrNil(d.DrawnAt), PublishedAt: AtOrNil(d.PublishedAt),
		AnswersUntil: AtOrNil(d.AnswersUntil), ClosedAt: AtOrNil(d.ClosedAt), ForgottenAt: AtOrNil(d.ForgottenAt), Reason: d.Reason,
	}
	if d.Works {
		v.Work = &MatchRoundJobView{
			Done: d.Done, Total: d.Total, Running: d.Busy, Failure: d.Failure, Failures: d.Failures, NextTryAt: AtOrNil(d.RetryAt), DrawnBy: idPointer(d.DrawnBy),
			Ready: d.Status == model.RoundRunning && len(d.ResultDigest) > 0 && d.AnswersUntil == nil,
		}
	}
	return v
}

// MatchRoundOut answers one round.
type MatchRoundOut struct {
	ETag string `header:"ETag"`
	Body MatchRoundView
}

func newMatchRoundOut(d round.Detail, err error) (*MatchRoundOut, error) {
	if err != nil {
		return nil, err
	}
	return &MatchRoundOut{ETag: ETag(d.Version), Body: newMatchRoundView(d)}, nil
}

// CreateMatchRoundIn drafts a round.
type CreateMatchRoundIn struct {
	IdemIn
	Body struct {
		Kind        string `json:"kind" enum:"POSITIONS,PAIRING" doc:"Students and positions, or campus units and communities" example:"POSITIONS"`
		ProgrammeID ID     `json:"programme_id" doc:"An active programme"`
		ScopeOrgID  ID     `json:"scope_org_id" doc:"Those below it take part: a committee of a department, a university or above"`
		MatchRoundForm
	}
}

// Create drafts a round.
func (a *RoundAPI) Create(c *gin.Context, in *CreateMatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Create(ctx, access.From(ctx), in.Key(), round.New{
		Kind: in.Body.Kind, ProgrammeID: int64(in.Body.ProgrammeID), ScopeOrgID: int64(in.Body.ScopeOrgID), Form: in.Body.form(),
	}))
}

// UpdateMatchRoundIn writes a draft anew.
type UpdateMatchRoundIn struct {
	ID ID `path:"id" doc:"The round"`
	IfMatchIn
	Body MatchRoundForm
}

// Update writes the form of a draft anew, or brings the end of the wishes of an open round later.
func (a *RoundAPI) Update(c *gin.Context, in *UpdateMatchRoundIn) (*MatchRoundOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Update(ctx, access.From(ctx), int64(in.ID), version, in.Body.form()))
}

// ListMatchRoundsIn pages rounds.
type ListMatchRoundsIn struct {
	PageIn
	ProgrammeID ID     `query:"programme_id" doc:"Only of this programme"`
	Kind        string `query:"kind" enum:"POSITIONS,PAIRING" doc:"Only of this kind" example:"POSITIONS"`
	Status      string `query:"status" enum:"DRAFT,OPEN,FREEZING,FROZEN,RUNNING,PUBLISHED,CLOSED,CANCELLED" doc:"Only in this state" example:"OPEN"`
}

// List pages rounds, newest first.
func (a *RoundAPI) List(c *gin.Context, in *ListMatchRoundsIn) (*PageOut[MatchRoundView], error) {
	ctx := c.Request.Context()
	rows, err := a.Rounds.List(ctx, access.From(ctx), round.Filter{ProgrammeID: int64(in.ProgrammeID), Kind: in.Kind, Status: model.RoundStatus(in.Status)}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newMatchRoundView), nil
}

// Get reads one round.
func (a *RoundAPI) Get(c *gin.Context, in *MatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Get(ctx, access.From(ctx), int64(in.ID)))
}

// Open publishes the rules.
func (a *RoundAPI) Open(c *gin.Context, in *MatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Open(ctx, access.From(ctx), int64(in.ID)))
}

// Freeze ends the wishes.
func (a *RoundAPI) Freeze(c *gin.Context, in *MatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Freeze(ctx, access.From(ctx), int64(in.ID)))
}

// DrawMatchRoundIn enters the public draw.
type DrawMatchRoundIn struct {
	ID   ID `path:"id" doc:"The round"`
	Body struct {
		Value string `json:"value" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What was drawn, exactly as it was published" example:"03 09 17 21 25 33 + 12"`
	}
}

// Draw enters what was drawn in public.
func (a *RoundAPI) Draw(c *gin.Context, in *DrawMatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Draw(ctx, access.From(ctx), int64(in.ID), in.Body.Value))
}

// Publish shows the proposals.
func (a *RoundAPI) Publish(c *gin.Context, in *MatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Publish(ctx, access.From(ctx), int64(in.ID)))
}

// Close ends a published round.
func (a *RoundAPI) Close(c *gin.Context, in *MatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Close(ctx, access.From(ctx), int64(in.ID)))
}

// Retry ends the pause of a round that failed.
func (a *RoundAPI) Retry(c *gin.Context, in *MatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Retry(ctx, access.From(ctx), int64(in.ID)))
}

// CancelMatchRoundIn gives a round up.
type CancelMatchRoundIn struct {
	ID   ID `path:"id" doc:"The round"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; everybody reads it" example:"日期改了"`
	}
}

// Cancel gives a round up before it is published.
func (a *RoundAPI) Cancel(c *gin.Context, in *CancelMatchRoundIn) (*MatchRoundOut, error) {
	ctx := c.Request.Context()
	return newMatchRoundOut(a.Rounds.Cancel(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}
