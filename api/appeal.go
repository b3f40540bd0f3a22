package api

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
)

// AppealAPI is appeals against decisions about students.
type AppealAPI struct{ Appeals *appeal.Service }

// AppealView is one appeal.
type AppealView struct {
	ID            ID              `json:"id" doc:"The appeal"`
	SubjectKind   string          `json:"subject_kind" enum:"RELIABILITY_ENTRY,SUSPENSION,SIGNUP,CHECK_IN,HOURS_CLAIM,HOURS_ENTRY" doc:"What it is about" example:"RELIABILITY_ENTRY"`
	SubjectID     ID              `json:"subject_id" doc:"Which one"`
	ActivityID    *ID             `json:"activity_id,omitempty" doc:"The activity that it goes back to"`
	ActivityTitle string          `json:"activity_title,omitempty" doc:"Its title" example:"社区清洁日"`
	Student       ParticipantView `json:"student" doc:"Who appeals, masked"`
	Text          string          `json:"text" doc:"Why; empty once the person is deleted" example:"当天因病住院，有医院证明"`
	Files         []string        `json:"files" nullable:"false" doc:"Pictures that prove it, for whoever may read the appeal" example:"[\"/api/v1/appeals/7301234567890123/files/7301234567890124\"]"`
	FirstBy       *ID             `json:"first_by,omitempty" doc:"User who decided first; absent when the program or the student did"`
	FirstAt       Time            `json:"first_at" doc:"When that was"`
	Desk          string          `json:"desk" doc:"Organisation with which it lies" example:"计算机系团委"`
	Status        string          `json:"status" enum:"FILED,IN_REVIEW,UPHELD,DENIED,ESCALATED,FINAL,WITHDRAWN" doc:"DENIED may be taken further until due_at; ESCALATED lies with the organisation above; outcome says how FINAL ended" example:"FILED"`
	ReviewerID    *ID             `json:"reviewer_id,omitempty" doc:"User who looks at it"`
	DueAt         *Time           `json:"due_at,omitempty" doc:"It is to be decided before this, or goes to the organisation above; of DENIED: it can be taken further before this" example:"2026-10-22T16:00:00.000Z"`
	Escalations   int64           `json:"escalations" doc:"How often it went to the organisation above" example:"0"`
	Outcome       string          `json:"outcome,omitempty" enum:"UPHELD,DENIED" doc:"What was decided last" example:"UPHELD"`
	Effect        string          `json:"effect,omitempty" enum:"REVERSED,LIFTED,EXCUSED,SEATED,WAITLISTED,NONE,REOPENED,COUNTED,RESTORED,CORRECTED" doc:"What upholding it changed: REVERSED took the points back, LIFTED ended the suspension, EXCUSED made the absence an approved leave, SEATED and WAITLISTED gave a seat or a place in the waiting list, NONE came too late for that, REOPENED lets the hours be confirmed again, COUNTED lets the check-in count (the check-out that is missing is added by the host, or the hours are proposed), RESTORED and CORRECTED added lines to the ledger" example:"REVERSED"`
	Reason        string          `json:"reason,omitempty" doc:"Of what was decided last" example:"经核实，医院证明属实"`
	DecidedBy     *ID             `json:"decided_by,omitempty" doc:"User who decided last"`
	DecidedAt     *Time           `json:"decided_at,omitempty" doc:"When"`
	CreatedAt     Time            `json:"created_at" doc:"When it was filed"`
	UpdatedAt     Time            `json:"updated_at" doc:"When it last changed"`
}

func newAppealView(a appeal.Shown) AppealView {
	files := make([]string, len(a.Files))
	for i, id := range a.Files {
		files[i] = fmt.Sprintf("/api/v1/appeals/%d/files/%d", a.ID, id)
	}
	return AppealView{
		ID: ID(a.ID), SubjectKind: a.SubjectKind, SubjectID: ID(a.SubjectID), ActivityID: idOrNil(a.ActivityID), ActivityTitle: a.ActivityTitle,
		Student: newParticipantView(a.Student), Text: a.Text, Files: files, FirstBy: idOrNil(a.FirstBy), FirstAt: At(a.FirstAt), Desk: a.Desk,
		Status: string(a.Status), ReviewerID: idPointer(a.ReviewerID), DueAt: AtOrNil(a.DueAt), Escalations: a.Escalations, Outcome: a.Outcome, Effect: a.Effect,
		Reason: a.Reason, DecidedBy: idPointer(a.DecidedBy), DecidedAt: AtOrNil(a.DecidedAt), CreatedAt: At(a.CreatedAt), UpdatedAt: At(a.UpdatedAt),
	}
}

// AppealOut is one appeal.
type AppealOut struct{ Body AppealView }

func newAppealOut(a appeal.Shown, err error) (*AppealOut, error) {
	if err != nil {
		return nil, err
	}
	return &AppealOut{Body: newAppealView(a)}, nil
}

// FileAppealIn is what an appeal is made of.
type FileAppealIn struct {
	IdemIn
	Body struct {
		SubjectKind string `json:"subject_kind" enum:"RELIABILITY_ENTRY,SUSPENSION,SIGNUP,CHECK_IN,HOURS_CLAIM,HOURS_ENTRY" doc:"A line that took points off, a suspension, a signup that was rejected, removed or marked as absent, a check-in whose review is REFUSED and that has no hours yet, a claim that was rejected or posted with no minutes, or a line of the ledger that took hours back or has too few" example:"RELIABILITY_ENTRY"`
		SubjectID   ID     `json:"subject_id" doc:"Which one, of the caller's own"`
		Text        string `json:"text" minLength:"1" maxLength:"1000" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why it is wrong; whoever decides reads it" example:"当天因病住院，有医院证明"`
		FileIDs     []ID   `json:"file_ids,omitempty" maxItems:"6" nullable:"false" doc:"Uploads that prove it; whoever decides sees them" example:"[\"7301234567890124\"]"`
	}
}

// File appeals against a decision about the caller.
func (a *AppealAPI) File(c *gin.Context, in *FileAppealIn) (*AppealOut, error) {
	ctx := c.Request.Context()
	return newAppealOut(a.Appeals.File(ctx, access.From(ctx), in.Key(), appeal.New{
		Kind: in.Body.SubjectKind, SubjectID: int64(in.Body.SubjectID), Text: in.Body.Text, Files: Int64s(in.Body.FileIDs),
	}))
}

// MyAppealsIn pages the caller's own appeals.
type MyAppealsIn struct{ PageIn }

// ListMine pages the caller's own appeals, newest first.
func (a *AppealAPI) ListMine(c *gin.Context, in *MyAppealsIn) (*PageOut[AppealView], error) {
	ctx := c.Request.Context()
	rows, err := a.Appeals.Mine(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newAppealView), nil
}

// AppealsIn pages appeals that lie with the caller's organisation.
type AppealsIn struct {
	PageIn
	Status string `query:"status" enum:"FILED,IN_REVIEW,UPHELD,DENIED,ESCALATED,FINAL,WITHDRAWN" doc:"Only this status; left out: all that are to be decided" example:"FILED"`
}

// List pages the appeals that lie with the caller's organisation, in the order they came.
func (a *AppealAPI) List(c *gin.Context, in *AppealsIn) (*PageOut[AppealView], error) {
	ctx := c.Request.Context()
	rows, err := a.Appeals.Queue(ctx, access.From(ctx), model.AppealStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newAppealView), nil
}

// AppealIn names an appeal.
type AppealIn struct {
	ID ID `path:"id" doc:"The appeal"`
}

// AppealDetailView is an appeal with what it is about.
type AppealDetailView struct {
	AppealView
	Decision AppealedView `json:"decision" doc:"The decision appealed against, as it is now"`
}

// AppealedView is a decision that was appealed against, as it is now.
type AppealedView struct {
	State   string `json:"state" doc:"Kind of the line, or status of the row" example:"NO_SHOW"`
	Reason  string `json:"reason,omitempty" doc:"Of the decision" example:"未到岗"`
	Points  int64  `json:"points,omitempty" doc:"Of a line that took points off" example:"-3"`
	Minutes int64  `json:"minutes,omitempty" doc:"Of a claim or a line of the ledger" example:"120"`
}

// AppealDetailOut is the answer.
type AppealDetailOut struct{ Body AppealDetailView }

// Get reads one appeal.
func (a *AppealAPI) Get(c *gin.Context, in *AppealIn) (*AppealDetailOut, error) {
	ctx := c.Request.Context()
	row, err := a.Appeals.Get(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	d := row.Decided
	return &AppealDetailOut{Body: AppealDetailView{
		AppealView: newAppealView(row), Decision: AppealedView{State: d.State, Reason: d.Reason, Points: d.Points, Minutes: d.Minutes},
	}}, nil
}

// AppealFileIn names a picture of an appeal.
type AppealFileIn struct {
	ID     ID `path:"id" doc:"The appeal"`
	FileID ID `path:"file_id" doc:"The upload"`
}

// Picture shows a picture that proves an appeal.
func (a *AppealAPI) Picture(c *gin.Context, in *AppealFileIn) (*File, error) {
	ctx := c.Request.Context()
	p, err := a.Appeals.Picture(ctx, access.From(ctx), int64(in.ID), int64(in.FileID))
	return newPicture(c, p, err)
}

// Take says that the caller looks at an appeal.
func (a *AppealAPI) Take(c *gin.Context, in *AppealIn) (*AppealOut, error) {
	ctx := c.Request.Context()
	return newAppealOut(a.Appeals.Take(ctx, access.From(ctx), int64(in.ID)))
}

// DecideAppealIn is a decision about an appeal.
type DecideAppealIn struct {
	ID   ID `path:"id" doc:"The appeal"`
	Body struct {
		Outcome string `json:"outcome" enum:"UPHELD,DENIED" doc:"UPHELD takes the decision back" example:"UPHELD"`
		Reason  string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; the student reads it" example:"经核实，医院证明属实"`
		Minutes int64  `json:"minutes,omitempty" minimum:"0" maximum:"1440" doc:"The minutes that are right; only to uphold an appeal about hours that are too few" example:"120"`
	}
}

// Decide upholds or denies an appeal.
func (a *AppealAPI) Decide(c *gin.Context, in *DecideAppealIn) (*AppealOut, error) {
	ctx := c.Request.Context()
	return newAppealOut(a.Appeals.Decide(ctx, access.From(ctx), int64(in.ID), appeal.Decision{
		Uphold: in.Body.Outcome == model.OutcomeUpheld, Reason: in.Body.Reason, Minutes: in.Body.Minutes,
	}))
}

// Escalate takes the caller's own appeal that was denied to the organisation above.
func (a *AppealAPI) Escalate(c *gin.Context, in *AppealIn) (*AppealOut, error) {
	ctx := c.Request.Context()
	return newAppealOut(a.Appeals.Escalate(ctx, access.From(ctx), int64(in.ID)))
}

// Withdraw takes the caller's own appeal back.
func (a *AppealAPI) Withdraw(c *gin.Context, in *AppealIn) (*AppealOut, error) {
	ctx := c.Request.Context()
	return newAppealOut(a.Appeals.Withdraw(ctx, access.From(ctx), int64(in.ID)))
}
