package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/standing"
)

// StandingAPI is what a student brings along to a sign-up: proofs, consents, reliability.
type StandingAPI struct{ Standing *standing.Service }

// ProofView is one proof of a student.
type ProofView struct {
	ID         ID     `json:"id" doc:"The proof"`
	StudentID  ID     `json:"student_id" doc:"Whose it is"`
	Kind       string `json:"kind" enum:"TRAINING,INSURANCE,CLEARANCE" doc:"What it proves; CLEARANCE is for work with minors" example:"INSURANCE"`
	FromOn     Date   `json:"from_on" doc:"First day" example:"2026-09-01"`
	ToOn       *Date  `json:"to_on,omitempty" doc:"First day after; absent without end" example:"2027-09-01"`
	Note       string `json:"note,omitempty" doc:"Policy number, course" example:"PICC-2026-000017"`
	RecordedBy ID     `json:"recorded_by" doc:"User who recorded it"`
	RevokedAt  *Time  `json:"revoked_at,omitempty" doc:"When it was revoked; absent while it counts"`
	RevokedBy  *ID    `json:"revoked_by,omitempty" doc:"User who revoked it"`
	Reason     string `json:"reason,omitempty" doc:"Why it was revoked" example:"保单已退"`
	CreatedAt  Time   `json:"created_at" doc:"When it was recorded"`
}

func newProofView(p model.StudentProof) ProofView {
	return ProofView{
		ID: ID(p.ID), StudentID: ID(p.StudentID), Kind: p.Kind, FromOn: Date(p.FromOn), ToOn: (*Date)(p.ToOn), Note: p.Note, RecordedBy: ID(p.RecordedBy),
		RevokedAt: AtOrNil(p.RevokedAt), RevokedBy: idPointer(p.RevokedBy), Reason: p.Reason, CreatedAt: At(p.CreatedAt),
	}
}

// ProofOut is one proof.
type ProofOut struct{ Body ProofView }

// NewProofFields is what is proved.
type NewProofFields struct {
	Kind   string `json:"kind" enum:"TRAINING,INSURANCE,CLEARANCE" doc:"What it proves; CLEARANCE is for work with minors" example:"INSURANCE"`
	FromOn Date   `json:"from_on" doc:"First day" example:"2026-09-01"`
	ToOn   Date   `json:"to_on,omitempty" doc:"First day after; leave it out if there is no end" example:"2027-09-01"`
	Note   string `json:"note,omitempty" maxLength:"200" doc:"Policy number, course; no personal data" example:"PICC-2026-000017"`
}

func (f NewProofFields) proof() standing.NewProof {
	p := standing.NewProof{Kind: f.Kind, FromOn: model.Date(f.FromOn), Note: f.Note}
	if f.ToOn != "" {
		to := model.Date(f.ToOn)
		p.ToOn = &to
	}
	return p
}

// RecordProofIn records a proof of a student.
type RecordProofIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The student"`
	Body NewProofFields
}

// RecordProof records a proof of one student.
func (a *StandingAPI) RecordProof(c *gin.Context, in *RecordProofIn) (*ProofOut, error) {
	ctx := c.Request.Context()
	row, err := a.Standing.RecordProof(ctx, access.From(ctx), in.Key(), int64(in.ID), in.Body.proof())
	if err != nil {
		return nil, err
	}
	return &ProofOut{Body: newProofView(row)}, nil
}

// RecordProofsIn records the same proof for many students.
type RecordProofsIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The organisation"`
	Body struct {
		NewProofFields

		StudentIDs []ID `json:"student_ids" nullable:"false" minItems:"1" maxItems:"500" doc:"Students of the organisation and what stands below it, each once"`
	}
}

// RecordProofs records the same proof for many students, all or none.
func (a *StandingAPI) RecordProofs(c *gin.Context, in *RecordProofsIn) (*PageOut[ProofView], error) {
	ctx := c.Request.Context()
	students := Views(in.Body.StudentIDs, func(id ID) int64 { return int64(id) })
	rows, err := a.Standing.RecordProofs(ctx, access.From(ctx), in.Key(), int64(in.ID), in.Body.proof(), students)
	if err != nil {
		return nil, err
	}
	return NewPage(page.Result[model.StudentProof]{Items: rows}, newProofView), nil
}

// RevokeProofIn ends a proof.
type RevokeProofIn struct {
	ID   ID `path:"id" doc:"The proof"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why" example:"保单已退"`
	}
}

// RevokeProof ends a proof at once.
func (a *StandingAPI) RevokeProof(c *gin.Context, in *RevokeProofIn) (*ProofOut, error) {
	ctx := c.Request.Context()
	row, err := a.Standing.RevokeProof(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &ProofOut{Body: newProofView(row)}, nil
}

// ListProofsIn pages the proofs of a student.
type ListProofsIn struct {
	PageIn
	ID ID `path:"id" doc:"The student"`
}

// ListProofs pages the proofs of a student, newest first.
func (a *StandingAPI) ListProofs(c *gin.Context, in *ListProofsIn) (*PageOut[ProofView], error) {
	ctx := c.Request.Context()
	rows, err := a.Standing.ProofsOf(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newProofView), nil
}

// MyProofsIn pages the caller's own proofs.
type MyProofsIn struct{ PageIn }

// MyProofs pages the caller's own proofs, newest first.
func (a *StandingAPI) MyProofs(c *gin.Context, in *MyProofsIn) (*PageOut[ProofView], error) {
	ctx := c.Request.Context()
	rows, err := a.Standing.MyProofs(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newProofView), nil
}
