package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/attend"
)

// ProposeHoursIn asks for hours that no check-in shows.
type ProposeHoursIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		StudentID *ID    `json:"student_id,omitempty" doc:"For whom; absent for oneself. The team and the host name somebody who signed up"`
		StartsAt  Time   `json:"starts_at" doc:"Present from then, within the session and not before a check-in that there is"`
		EndsAt    Time   `json:"ends_at" doc:"Until then"`
		Text      string `json:"text" minLength:"1" maxLength:"2000" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why there is no check-in; everybody who reads the claim sees it once it has passed" example:"手机没电，没能签退，有合影为证"`
		FileIDs   []ID   `json:"file_ids" minItems:"1" maxItems:"9" nullable:"false" doc:"Proofs: uploads of mine, not older than 24 hours" example:"[\"7301234567890123\"]"`
	}
}

// Propose asks for hours that no check-in shows.
func (a *HoursAPI) Propose(c *gin.Context, in *ProposeHoursIn) (*ClaimOut, error) {
	ctx := c.Request.Context()
	p := attend.Proposal{SessionID: int64(in.ID), From: in.Body.StartsAt.Time(), To: in.Body.EndsAt.Time(), Text: in.Body.Text, FileIDs: Int64s(in.Body.FileIDs)}
	if in.Body.StudentID != nil {
		p.StudentID = int64(*in.Body.StudentID)
	}
	return newClaimOut(a.Hours.Propose(ctx, access.From(ctx), p, in.Key()))
}

// WorkLogIn says what was made without being there.
type WorkLogIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		Minutes int64  `json:"minutes" minimum:"1" maximum:"10080" doc:"How long it took, counted from the start of the session: at most the planned minutes, and they must be over" example:"90"`
		Text    string `json:"text" minLength:"1" maxLength:"2000" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What was made; everybody who reads the claim sees it once it has passed" example:"整理了二十户的走访记录"`
		FileIDs []ID   `json:"file_ids,omitempty" maxItems:"9" nullable:"false" doc:"Pictures of it: uploads of mine, not older than 24 hours" example:"[\"7301234567890123\"]"`
	}
}

// LogWork records remote work.
func (a *HoursAPI) LogWork(c *gin.Context, in *WorkLogIn) (*ClaimOut, error) {
	ctx := c.Request.Context()
	return newClaimOut(a.Hours.LogWork(ctx, access.From(ctx), attend.WorkLog{
		SessionID: int64(in.ID), Minutes: in.Body.Minutes, Text: in.Body.Text, FileIDs: Int64s(in.Body.FileIDs),
	}, in.Key()))
}

// SecondConfirm states for the host, by a second person, that proposed work was done.
func (a *HoursAPI) SecondConfirm(c *gin.Context, in *ClaimStepIn) (*ClaimsOut, error) {
	return step(c, in.ID, in.choice(), a.Hours.SecondConfirm)
}

// StatementIn names a claim.
type StatementIn struct {
	ID ID `path:"id" doc:"The claim"`
}

// StatementView is what stands behind a claim in words and pictures.
type StatementView struct {
	ClaimID   ID                  `json:"claim_id" doc:"The claim"`
	Basis     string              `json:"basis" enum:"MANUAL,MAKEUP,REMOTE" doc:"What the claim rests on" example:"MANUAL"`
	UserID    ID                  `json:"user_id" doc:"Who wrote it"`
	Minutes   int64               `json:"minutes" doc:"What was asked for; the claim says what it is worth" example:"110"`
	Text      string              `json:"text,omitempty" doc:"Absent for others than its author until it has passed" example:"手机没电，没能签退，有合影为证"`
	Pending   bool                `json:"text_pending" doc:"The text was not looked at yet" example:"false"`
	Files     []StatementFileView `json:"files" nullable:"false" doc:"The pictures, oldest first"`
	CreatedAt Time                `json:"created_at" doc:"When it was written"`
}

// StatementFileView is one picture.
type StatementFileView struct {
	ID    ID   `json:"id" doc:"The picture"`
	Shown bool `json:"shown" doc:"It has passed: GET /hours-claims/{id}/files/{file_id} has it" example:"true"`
}

// StatementOut is the answer.
type StatementOut struct{ Body StatementView }

// Statement reads what stands behind a claim.
func (a *HoursAPI) Statement(c *gin.Context, in *StatementIn) (*StatementOut, error) {
	ctx := c.Request.Context()
	s, err := a.Hours.Statement(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &StatementOut{Body: StatementView{
		ClaimID: ID(s.ClaimID), Basis: s.Claim.Basis, UserID: ID(s.UserID), Minutes: s.Minutes, Text: s.Text, Pending: s.Hidden,
		Files: Views(s.Files, func(f attend.StatementFile) StatementFileView { return StatementFileView{ID: ID(f.ID), Shown: f.Shown} }), CreatedAt: At(s.CreatedAt),
	}}, nil
}

// StatementFileIn names a picture of a claim.
type StatementFileIn struct {
	ID     ID `path:"id" doc:"The claim"`
	FileID ID `path:"file_id" doc:"The picture"`
}

// StatementFile shows a picture that stands behind a claim.
func (a *HoursAPI) StatementFile(c *gin.Context, in *StatementFileIn) (*File, error) {
	ctx := c.Request.Context()
	if err := a.Hours.StatementFile(ctx, access.From(ctx), int64(in.ID), int64(in.FileID)); err != nil {
		return nil, err
	}
	p, err := a.Uploads.ForReview(ctx, int64(in.FileID))
	return newPicture(c, p, err)
}
