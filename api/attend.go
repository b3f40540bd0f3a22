package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
)

// AttendAPI is checking in and out.
type AttendAPI struct{ Attendance *attend.Service }

// CheckInCodeIn names a session and what the code is for.
type CheckInCodeIn struct {
	ID   ID     `path:"id" doc:"The session"`
	Kind string `query:"kind" enum:"IN,OUT" default:"IN" doc:"Check-in or check-out"`
}

// CodeView is one code.
type CodeView struct {
	Code       string `json:"code" doc:"Text of the QR code, at most 30 characters of 0-9 A-Z a-z _ -" example:"1AAAAAAAPpVU8AhzMvp0Kf3n2wQxTb"`
	ValidFrom  Time   `json:"valid_from" doc:"Show it from then on, until the next one begins"`
	ValidUntil Time   `json:"valid_until" doc:"It is accepted before this"`
}

func newCodeView(c attend.Code) CodeView {
	return CodeView{Code: c.Text, ValidFrom: At(c.ValidFrom), ValidUntil: At(c.ValidUntil)}
}

// CheckInCodesView is what a screen needs to keep rotating for a minute without a network.
type CheckInCodesView struct {
	CodeView
	SessionID   ID         `json:"session_id" doc:"The session"`
	Kind        string     `json:"kind" enum:"IN,OUT" doc:"Check-in or check-out" example:"IN"`
	StepSeconds int64      `json:"step_seconds" doc:"A new code begins every so many seconds" example:"10"`
	Next        []CodeView `json:"next" nullable:"false" doc:"The codes of the next 60 seconds"`
	OpensAt     Time       `json:"opens_at" doc:"Check-ins are accepted from then"`
	ClosesAt    Time       `json:"closes_at" doc:"And before this"`
}

// CheckInCodesOut is the answer.
type CheckInCodesOut struct{ Body CheckInCodesView }

// Code gives the present code and those of the next minute.
func (a *AttendAPI) Code(c *gin.Context, in *CheckInCodeIn) (*CheckInCodesOut, error) {
	ctx := c.Request.Context()
	codes, err := a.Attendance.CurrentCode(ctx, access.From(ctx), int64(in.ID), in.Kind)
	if err != nil {
		return nil, err
	}
	return &CheckInCodesOut{Body: CheckInCodesView{
		CodeView: newCodeView(codes.Now), SessionID: ID(codes.SessionID), Kind: codes.Kind, StepSeconds: int64(attend.Step / time.Second),
		Next: Views(codes.Next, newCodeView), OpensAt: At(codes.OpensAt), ClosesAt: At(codes.ClosesAt),
	}}, nil
}

// Picture draws the present code.
func (a *AttendAPI) Picture(c *gin.Context, in *CheckInCodeIn) (*File, error) {
	ctx := c.Request.Context()
	png, err := a.Attendance.Picture(ctx, access.From(ctx), int64(in.ID), in.Kind)
	if err != nil {
		return nil, err
	}
	return &File{ContentType: "image/png", Body: png}, nil
}

// RedeemIn carries a code as it was scanned.
type RedeemIn struct {
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" pattern:"^[!-~]+$" patternDescription:"visible ASCII characters" doc:"The code as it was scanned" example:"1AAAAAAAPpVU8AhzMvp0Kf3n2wQxTb"`
		Nonce string `json:"nonce" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"Made by the client, new for every scan; a repeat of the same scan sends the same one and gets the first answer" example:"b1c5c0de-7f1e-4a55"`
	}
}

// CheckInView is one try to check in or out.
type CheckInView struct {
	ID         ID     `json:"id" doc:"The try"`
	SessionID  *ID    `json:"session_id,omitempty" doc:"The session; absent when the code named none"`
	SignupID   *ID    `json:"signup_id,omitempty" doc:"The signup; absent when there was none"`
	StudentID  ID     `json:"student_id" doc:"Who"`
	Kind       string `json:"kind,omitempty" enum:"IN,OUT" doc:"Check-in or check-out; absent when the code did not say" example:"IN"`
	Method     string `json:"method" enum:"SELF_SCAN,STAFF_SCAN,HOST_CONFIRM,PASSCODE,MANUAL,OFFLINE_BATCH,REMOTE_LOG" doc:"How" example:"SELF_SCAN"`
	Verdict    string `json:"verdict" enum:"OK,REVIEW,FAILED,ANNULLED" doc:"ANNULLED rows take the row in annuls_id back" example:"OK"`
	Reason     string `json:"reason,omitempty" doc:"Of a failure: code_invalid code_expired no_signup too_early too_late already_in not_in already_out" example:"already_in"`
	At         Time   `json:"at" doc:"When it counts: server time"`
	OperatorID *ID    `json:"operator_id,omitempty" doc:"The staff member who did it; absent for the student"`
	AnnulsID   *ID    `json:"annuls_id,omitempty" doc:"The row that this one annuls"`
}

func newCheckInView(r model.CheckIn) CheckInView {
	return CheckInView{
		ID: ID(r.ID), SessionID: idOrNil(r.SessionID), SignupID: idOrNil(r.SignupID), StudentID: ID(r.StudentID), Kind: r.Kind,
		Method: r.Method, Verdict: r.Verdict, Reason: r.Reason, At: At(r.LogicalAt), OperatorID: idOrNil(r.OperatorID),
		AnnulsID: idPointer(r.AnnulsID),
	}
}

// CheckInOut is one try.
type CheckInOut struct{ Body CheckInView }

// Redeem checks the signed-in student in or out with a scanned code.
func (a *AttendAPI) Redeem(c *gin.Context, in *RedeemIn) (*CheckInOut, error) {
	ctx := c.Request.Context()
	row, err := a.Attendance.Redeem(ctx, access.From(ctx), attend.Try{Code: in.Body.Code, Nonce: in.Body.Nonce})
	if err != nil {
		return nil, err
	}
	return &CheckInOut{Body: newCheckInView(row)}, nil
}

// ConfirmCheckInsIn says that staff saw people come or go.
type ConfirmCheckInsIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		Kind      string `json:"kind" enum:"IN,OUT" doc:"They came, or they went" example:"IN"`
		SignupIDs []ID   `json:"signup_ids" minItems:"1" maxItems:"200" nullable:"false" doc:"Whom: signups of this activity, never one's own; all or none"`
		Reason    string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why no code was used; kept in the audit log" example:"手机没电，当面核对"`
	}
}

// CheckInsOut is the answer to a list.
type CheckInsOut struct{ Body Page[CheckInView] }

// Confirm checks people in or out by list.
func (a *AttendAPI) Confirm(c *gin.Context, in *ConfirmCheckInsIn) (*CheckInsOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Attendance.StaffConfirm(ctx, access.From(ctx), attend.Confirmation{
		SessionID: int64(in.ID), Kind: in.Body.Kind, SignupIDs: Int64s(in.Body.SignupIDs), Reason: in.Body.Reason,
	}, in.Key())
	if err != nil {
		return nil, err
	}
	return &CheckInsOut{Body: Page[CheckInView]{Data: Views(rows, newCheckInView)}}, nil
}

// AnnulIn names a check-in or check-out and says why it is taken back.
type AnnulIn struct {
	ID   ID `path:"id" doc:"The check-in or check-out"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; kept in the audit log" example:"误点了签退"`
	}
}

// Annul takes a check-in or check-out back within 15 minutes.
func (a *AttendAPI) Annul(c *gin.Context, in *AnnulIn) (*CheckInOut, error) {
	ctx := c.Request.Context()
	row, err := a.Attendance.Annul(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &CheckInOut{Body: newCheckInView(row)}, nil
}

// AttendanceIn pages the participants of a session.
type AttendanceIn struct {
	PageIn
	ID ID `path:"id" doc:"The session"`
}

// AttendanceView is one participant of a session.
type AttendanceView struct {
	SignupID     ID              `json:"signup_id" doc:"The signup"`
	SignupStatus string          `json:"signup_status" doc:"As in a signup" example:"CONFIRMED"`
	Student      ParticipantView `json:"student" doc:"Who"`
	InID         *ID             `json:"in_id,omitempty" doc:"The check-in; absent until then"`
	InAt         *Time           `json:"in_at,omitempty" doc:"When they came"`
	OutID        *ID             `json:"out_id,omitempty" doc:"The check-out; absent until then"`
	OutAt        *Time           `json:"out_at,omitempty" doc:"When they went"`
}

func newAttendanceView(p attend.Present) AttendanceView {
	return AttendanceView{
		SignupID: ID(p.SignupID), SignupStatus: string(p.SignupStatus), Student: newParticipantView(p.Student),
		InID: idOrNil(p.InID), InAt: AtOrNil(p.InAt), OutID: idOrNil(p.OutID), OutAt: AtOrNil(p.OutAt),
	}
}

// ListOfSession pages everybody with a seat, with when they came and went.
func (a *AttendAPI) ListOfSession(c *gin.Context, in *AttendanceIn) (*PageOut[AttendanceView], error) {
	ctx := c.Request.Context()
	rows, err := a.Attendance.ListOfSession(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newAttendanceView), nil
}

// MyCheckInsIn pages the caller's own tries.
type MyCheckInsIn struct{ PageIn }

// ListMine pages the caller's own check-ins and failed tries, newest first.
func (a *AttendAPI) ListMine(c *gin.Context, in *MyCheckInsIn) (*PageOut[CheckInView], error) {
	ctx := c.Request.Context()
	rows, err := a.Attendance.MyCheckIns(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newCheckInView), nil
}
