package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
)

// AttendAPI is checking in and out.
type AttendAPI struct{ Attendance *attend.Service }

// RedeemIn carries a code as it was scanned.
type RedeemIn struct {
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" pattern:"^[!-~]+$" patternDescription:"visible ASCII characters" doc:"The code as it was scanned" example:"1AAAAAAAPpVU8AhzMvp0Kf3n2wQxTb"`
		Nonce string `json:"nonce" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"Made by the client, new for every scan; a repeat of the same scan sends the same one and gets the first answer" example:"b1c5c0de-7f1e-4a55"`

		Evidence *EvidenceIn `json:"evidence,omitempty" doc:"What the phone says beside it; nothing of it is needed"`
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
	Reason     string `json:"reason,omitempty" doc:"Of REVIEW: the first doubt. Of a failure: code_invalid code_expired pass_wrong pass_closed pass_tries no_signup too_early too_late already_in not_in already_out" example:"already_in"`
	At         Time   `json:"at" doc:"When it counts: server time, or what staff stated in a correction"`
	OperatorID *ID    `json:"operator_id,omitempty" doc:"The staff member who did it; absent for the student"`
	AnnulsID   *ID    `json:"annuls_id,omitempty" doc:"The row that this one annuls"`

	Distance string      `json:"distance,omitempty" enum:"DROPPED,UNKNOWN,INSIDE,NEAR,FAR" doc:"From the place of the session: INSIDE the radius, NEAR as far as accuracy and drift explain, FAR beyond, UNKNOWN where it says nothing, DROPPED for want of consent; absent when no position was sent" example:"INSIDE"`
	Doubts   []DoubtView `json:"doubts,omitempty" doc:"Of REVIEW: everything that a person will look at. It counts like OK until then, but its hours wait"`
}

// newCheckInView is the view of a caller who reads English or Chinese.
func newCheckInView(english bool) func(model.CheckIn) CheckInView {
	return func(r model.CheckIn) CheckInView {
		return CheckInView{
			ID: ID(r.ID), SessionID: idOrNil(r.SessionID), SignupID: idOrNil(r.SignupID), StudentID: ID(r.StudentID), Kind: r.Kind,
			Method: r.Method, Verdict: r.Verdict, Reason: r.Reason, At: At(r.LogicalAt), OperatorID: idOrNil(r.OperatorID),
			AnnulsID: idPointer(r.AnnulsID), Distance: r.Distance, Doubts: newDoubtViews(english, r.Doubts),
		}
	}
}

// CheckInOut is one try.
type CheckInOut struct{ Body CheckInView }

// Redeem checks the signed-in student in or out with a scanned code.
func (a *AttendAPI) Redeem(c *gin.Context, in *RedeemIn) (*CheckInOut, error) {
	ctx := c.Request.Context()
	row, err := a.Attendance.Redeem(ctx, access.From(ctx), attend.Try{Code: in.Body.Code, Nonce: in.Body.Nonce, Evidence: in.Body.Evidence.evidence()})
	if err != nil {
		return nil, err
	}
	return &CheckInOut{Body: newCheckInView(speaksEnglish(c))(row)}, nil
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
	return &CheckInsOut{Body: Page[CheckInView]{Data: Views(rows, newCheckInView(speaksEnglish(c)))}}, nil
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
	return &CheckInOut{Body: newCheckInView(speaksEnglish(c))(row)}, nil
}

// CorrectAttendanceIn says when somebody really came and went.
type CorrectAttendanceIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		SignupID ID     `json:"signup_id" doc:"Whose: a signup of this activity, never one's own"`
		InAt     Time   `json:"in_at,omitzero" doc:"When they came; absent: as it is recorded"`
		OutAt    Time   `json:"out_at,omitzero" doc:"When they went; absent: as it is recorded"`
		Reason   string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; kept in the audit log" example:"忘记签退，现场负责人核对"`
	}
}

// Correct sets when somebody came and went.
func (a *AttendAPI) Correct(c *gin.Context, in *CorrectAttendanceIn) (*CheckInsOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Attendance.Correct(ctx, access.From(ctx), attend.Correction{
		SessionID: int64(in.ID), SignupID: int64(in.Body.SignupID), InAt: timeOrNil(in.Body.InAt), OutAt: timeOrNil(in.Body.OutAt), Reason: in.Body.Reason,
	}, in.Key())
	if err != nil {
		return nil, err
	}
	return &CheckInsOut{Body: Page[CheckInView]{Data: Views(rows, newCheckInView(speaksEnglish(c)))}}, nil
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
	return NewPage(rows, newCheckInView(speaksEnglish(c))), nil
}
