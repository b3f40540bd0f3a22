package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/standing"
)

// ReliabilityEntryView is one line of the ledger of reliability. Lines are only added: a correction is a line with the
// points negated.
type ReliabilityEntryView struct {
	ID          ID     `json:"id" doc:"The line"`
	Kind        string `json:"kind" enum:"NO_SHOW,LATE_CANCEL,REVERSAL" doc:"What happened" example:"NO_SHOW"`
	Points      int64  `json:"points" doc:"Negative for a penalty, positive for its reversal" example:"-3"`
	SignupID    ID     `json:"signup_id" doc:"The signup it is about"`
	ProgrammeID ID     `json:"programme_id" doc:"The programme whose policy set the points"`
	ReversesID  *ID    `json:"reverses_id,omitempty" doc:"The line that this one takes back"`
	ReversedBy  *ID    `json:"reversed_by,omitempty" doc:"The line that takes this one back"`
	Reason      string `json:"reason,omitempty" doc:"Of a reversal" example:"当天因病住院，已核实"`
	ExpiresAt   Time   `json:"expires_at" doc:"It counts until then"`
	CreatedAt   Time   `json:"created_at" doc:"It counts from then"`
}

func newReliabilityEntryView(l standing.Line) ReliabilityEntryView {
	return ReliabilityEntryView{
		ID: ID(l.ID), Kind: l.Kind, Points: l.Points, SignupID: ID(l.SignupID), ProgrammeID: ID(l.ProgrammeID), ReversesID: idOrNil(l.Reverses),
		ReversedBy: idOrNil(l.ReversedBy), Reason: l.Reason, ExpiresAt: At(l.ExpiresAt), CreatedAt: At(l.CreatedAt),
	}
}

// SuspensionView keeps a student from signing up for a time.
type SuspensionView struct {
	ID     ID     `json:"id" doc:"The suspension"`
	From   Time   `json:"from" doc:"Begins"`
	Until  Time   `json:"until" doc:"Ends"`
	Reason string `json:"reason" enum:"NO_SHOWS" doc:"Why: too many no-shows" example:"NO_SHOWS"`
}

func newSuspensionView(s *model.SignupSuspension) *SuspensionView {
	if s == nil {
		return nil
	}
	return &SuspensionView{ID: ID(s.ID), From: At(s.FromAt), Until: At(s.ToAt), Reason: s.Reason}
}

// ReliabilityView is how reliably a student came, with a page of the ledger.
type ReliabilityView struct {
	Points     int64                  `json:"points" doc:"Sum of the lines that have not expired, 0 or less" example:"-3"`
	Suspension *SuspensionView        `json:"suspension,omitempty" doc:"Absent while the student may sign up"`
	Data       []ReliabilityEntryView `json:"data" nullable:"false" doc:"Lines of the ledger, newest first, at most limit"`
	HasMore    bool                   `json:"has_more" doc:"Whether another page follows"`
	NextCursor string                 `json:"next_cursor,omitempty" doc:"Cursor of the next page; absent on the last one" example:"eyJsIjoic2FtcGxlIiwiayI6WzQyXX0"`
}

// ReliabilityOut is the answer.
type ReliabilityOut struct{ Body ReliabilityView }

func newReliabilityOut(r standing.Reliability) *ReliabilityOut {
	return &ReliabilityOut{Body: ReliabilityView{
		Points: r.Points, Suspension: newSuspensionView(r.Suspension), Data: Views(r.Lines.Items, newReliabilityEntryView),
		HasMore: r.Lines.Next != "", NextCursor: r.Lines.Next,
	}}
}

// MyReliabilityIn pages the caller's own lines.
type MyReliabilityIn struct{ PageIn }

// MyReliability tells the caller how reliably they came.
func (a *StandingAPI) MyReliability(c *gin.Context, in *MyReliabilityIn) (*ReliabilityOut, error) {
	ctx := c.Request.Context()
	r, err := a.Standing.MyReliability(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return newReliabilityOut(r), nil
}

// ReliabilityIn names a student.
type ReliabilityIn struct {
	PageIn
	ID ID `path:"id" doc:"The student"`
}

// Reliability tells how reliably a student came.
func (a *StandingAPI) Reliability(c *gin.Context, in *ReliabilityIn) (*ReliabilityOut, error) {
	ctx := c.Request.Context()
	r, err := a.Standing.ReliabilityOf(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return newReliabilityOut(r), nil
}

// ReverseReliabilityIn names a line and says why it is taken back.
type ReverseReliabilityIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The line"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; the student reads it" example:"当天因病住院，已核实"`
	}
}

// ReliabilityEntryOut is one line.
type ReliabilityEntryOut struct{ Body ReliabilityEntryView }

// ReverseReliability takes a penalty back with a second line.
func (a *StandingAPI) ReverseReliability(c *gin.Context, in *ReverseReliabilityIn) (*ReliabilityEntryOut, error) {
	ctx := c.Request.Context()
	row, err := a.Standing.ReverseEntry(ctx, access.From(ctx), in.Key(), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &ReliabilityEntryOut{Body: newReliabilityEntryView(standing.Line{ReliabilityEntry: row})}, nil
}
