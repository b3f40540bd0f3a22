package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
)

// HoursEntryView is one line of the ledger. Lines are only added: a correction is a line with the minutes negated.
type HoursEntryView struct {
	ID          ID     `json:"id" doc:"The line"`
	StudentID   ID     `json:"student_id" doc:"Who"`
	Minutes     int64  `json:"minutes" doc:"Whole minutes, negative in a reversal" example:"120"`
	Class       string `json:"class" enum:"VOLUNTEER,PRACTICE" doc:"As in its claim" example:"VOLUNTEER"`
	Basis       string `json:"basis" enum:"CHECKIN,MANUAL,MAKEUP,REMOTE" doc:"What its claim rests on" example:"CHECKIN"`
	ClaimID     ID     `json:"claim_id" doc:"The claim it was posted for"`
	ReversesID  *ID    `json:"reverses_id,omitempty" doc:"The line that this one takes back"`
	ProgrammeID ID     `json:"programme_id" doc:"The programme"`
	ActivityID  ID     `json:"activity_id" doc:"The activity"`
	ServedOn    Date   `json:"served_on" doc:"Day of the session in China"`
	BranchID    *ID    `json:"branch_id,omitempty" doc:"The student's league branch on that day; absent if there was none"`
	PostedBy    ID     `json:"posted_by" doc:"User who recognised or reversed"`
	PostedAt    Time   `json:"posted_at" doc:"When it counts from"`
}

func newHoursEntryView(e model.HoursEntry) HoursEntryView {
	return HoursEntryView{
		ID: ID(e.ID), StudentID: ID(e.StudentID), Minutes: e.Minutes, Class: e.Class, Basis: e.Basis, ClaimID: ID(e.ClaimID), ReversesID: idOrNil(e.Reversal),
		ProgrammeID: ID(e.ProgrammeID), ActivityID: ID(e.ActivityID), ServedOn: Date(e.ServedOn), BranchID: idOrNil(e.BranchID),
		PostedBy: ID(e.PostedBy), PostedAt: At(e.PostedAt),
	}
}

// ReverseHoursIn names a line and says why it is taken back.
type ReverseHoursIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The line"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; kept in the audit log" example:"核查发现代签"`
	}
}

// HoursEntryOut is one line.
type HoursEntryOut struct{ Body HoursEntryView }

// Reverse takes a line back with a second one.
func (a *HoursAPI) Reverse(c *gin.Context, in *ReverseHoursIn) (*HoursEntryOut, error) {
	ctx := c.Request.Context()
	line, err := a.Hours.Reverse(ctx, access.From(ctx), int64(in.ID), in.Body.Reason, in.Key())
	if err != nil {
		return nil, err
	}
	return &HoursEntryOut{Body: newHoursEntryView(line)}, nil
}

// MyHoursView is a line of the caller's own.
type MyHoursView struct {
	HoursEntryView
	ActivityTitle string `json:"activity_title" doc:"Title of the activity" example:"社区清洁日"`
	ProgrammeName string `json:"programme_name" doc:"Name of the programme" example:"青春社区实践计划"`
}

// MyHoursIn pages the caller's own lines.
type MyHoursIn struct{ PageIn }

// ListMine pages the caller's own lines, newest first.
func (a *HoursAPI) ListMine(c *gin.Context, in *MyHoursIn) (*PageOut[MyHoursView], error) {
	ctx := c.Request.Context()
	rows, err := a.Hours.MyHours(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(l attend.Line) MyHoursView {
		return MyHoursView{HoursEntryView: newHoursEntryView(l.HoursEntry), ActivityTitle: l.ActivityTitle, ProgrammeName: l.ProgrammeName}
	}), nil
}

// MyRecordIn asks for a moment.
type MyRecordIn struct {
	AsOf Time `query:"as_of" doc:"The record as it stood at this moment; now if left out or still to come" example:"2026-12-31T16:00:00Z"`
}

// RecordPartView is the sum of one programme, term, class and basis.
type RecordPartView struct {
	ProgrammeID   ID     `json:"programme_id" doc:"The programme"`
	ProgrammeName string `json:"programme_name" doc:"Its name" example:"青春社区实践计划"`
	TermID        *ID    `json:"term_id,omitempty" doc:"The term of the university; absent outside every term"`
	TermName      string `json:"term_name,omitempty" doc:"Its name" example:"2026-2027-1"`
	Class         string `json:"class" enum:"VOLUNTEER,PRACTICE" doc:"The class" example:"VOLUNTEER"`
	Basis         string `json:"basis" enum:"CHECKIN,MANUAL,MAKEUP,REMOTE" doc:"What the hours rest on: a check-in, an entry by hand, an entry made up for afterwards, remote work" example:"CHECKIN"`
	Minutes       int64  `json:"minutes" doc:"Sum of the lines, reversals included" example:"240"`
}

// RecordView is what the caller has served: sums of ledger lines and nothing else.
type RecordView struct {
	AsOf             Time             `json:"as_of" doc:"Lines posted until then are in it"`
	Minutes          int64            `json:"minutes" doc:"Sum of all lines" example:"300"`
	VolunteerMinutes int64            `json:"volunteer_minutes" doc:"Of these, VOLUNTEER" example:"240"`
	PracticeMinutes  int64            `json:"practice_minutes" doc:"Of these, PRACTICE" example:"60"`
	Parts            []RecordPartView `json:"parts" nullable:"false" doc:"The same minutes by programme, term, class and basis"`
}

// RecordOut is the answer.
type RecordOut struct{ Body RecordView }

// Record sums the caller's own lines.
func (a *HoursAPI) Record(c *gin.Context, in *MyRecordIn) (*RecordOut, error) {
	ctx := c.Request.Context()
	r, err := a.Hours.MyRecord(ctx, access.From(ctx), in.AsOf.Time())
	if err != nil {
		return nil, err
	}
	return &RecordOut{Body: newRecordView(r)}, nil
}

// RecordIn names a student and a moment.
type RecordIn struct {
	ID ID `path:"id" doc:"The student"`
	MyRecordIn
}

// RecordOf sums a student's lines.
func (a *HoursAPI) RecordOf(c *gin.Context, in *RecordIn) (*RecordOut, error) {
	ctx := c.Request.Context()
	r, err := a.Hours.RecordOf(ctx, access.From(ctx), int64(in.ID), in.AsOf.Time())
	if err != nil {
		return nil, err
	}
	return &RecordOut{Body: newRecordView(r)}, nil
}

func newRecordView(r attend.Record) RecordView {
	return RecordView{
		AsOf: At(r.AsOf), Minutes: r.Minutes, VolunteerMinutes: r.Volunteer, PracticeMinutes: r.Practice,
		Parts: Views(r.Parts, func(p attend.Part) RecordPartView {
			return RecordPartView{ProgrammeID: ID(p.ProgrammeID), ProgrammeName: p.ProgrammeName, TermID: idOrNil(p.TermID), TermName: p.TermName, Class: p.Class, Basis: p.Basis, Minutes: p.Minutes}
		}),
	}
}
