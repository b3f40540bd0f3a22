package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/attend"
)

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

func newCheckInCodesView(codes attend.Codes) CheckInCodesView {
	return CheckInCodesView{
		CodeView: newCodeView(codes.Now), SessionID: ID(codes.SessionID), Kind: codes.Kind, StepSeconds: int64(attend.Step.Seconds()),
		Next: Views(codes.Next, newCodeView), OpensAt: At(codes.OpensAt), ClosesAt: At(codes.ClosesAt),
	}
}

// Code gives the present code and those of the next minute.
func (a *AttendAPI) Code(c *gin.Context, in *CheckInCodeIn) (*CheckInCodesOut, error) {
	ctx := c.Request.Context()
	codes, err := a.Attendance.CurrentCode(ctx, access.From(ctx), int64(in.ID), in.Kind)
	if err != nil {
		return nil, err
	}
	return &CheckInCodesOut{Body: newCheckInCodesView(codes)}, nil
}

// Picture draws the present code as PNG.
func (a *AttendAPI) Picture(c *gin.Context, in *CheckInCodeIn) (*File, error) {
	ctx := c.Request.Context()
	return drawing("image/png")(a.Attendance.Picture(ctx, access.From(ctx), int64(in.ID), in.Kind, attend.PNG))
}

// Vector draws the present code as SVG.
func (a *AttendAPI) Vector(c *gin.Context, in *CheckInCodeIn) (*File, error) {
	ctx := c.Request.Context()
	return drawing("image/svg+xml")(a.Attendance.Picture(ctx, access.From(ctx), int64(in.ID), in.Kind, attend.SVG))
}

// drawing is the answer with a picture.
func drawing(contentType string) func([]byte, error) (*File, error) {
	return func(body []byte, err error) (*File, error) {
		if err != nil {
			return nil, err
		}
		return &File{ContentType: contentType, Body: body}, nil
	}
}

// OwnCodesView is what a student's phone needs to keep rotating for a minute without a network. It has no kind: who scans it
// says whether they come or go.
type OwnCodesView struct {
	CodeView
	SessionID   ID         `json:"session_id" doc:"The session"`
	StepSeconds int64      `json:"step_seconds" doc:"A new code begins every so many seconds" example:"10"`
	Next        []CodeView `json:"next" nullable:"false" doc:"The codes of the next 60 seconds"`
	OpensAt     Time       `json:"opens_at" doc:"People are checked in from then"`
	ClosesAt    Time       `json:"closes_at" doc:"And checked out before this"`
}

// OwnCodesOut is the answer.
type OwnCodesOut struct{ Body OwnCodesView }

func newOwnCodesView(codes attend.Codes) OwnCodesView {
	return OwnCodesView{
		CodeView: newCodeView(codes.Now), SessionID: ID(codes.SessionID), StepSeconds: int64(attend.Step.Seconds()),
		Next: Views(codes.Next, newCodeView), OpensAt: At(codes.OpensAt), ClosesAt: At(codes.ClosesAt),
	}
}

// OwnCodeIn names the session at which the caller shows their code.
type OwnCodeIn struct {
	ID ID `path:"id" doc:"The session"`
}

// OwnCode gives the caller's own code, to show to staff, and those of the next minute.
func (a *AttendAPI) OwnCode(c *gin.Context, in *OwnCodeIn) (*OwnCodesOut, error) {
	ctx := c.Request.Context()
	codes, err := a.Attendance.OwnCode(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &OwnCodesOut{Body: newOwnCodesView(codes)}, nil
}

// OwnPicture draws the caller's own code as PNG.
func (a *AttendAPI) OwnPicture(c *gin.Context, in *OwnCodeIn) (*File, error) {
	ctx := c.Request.Context()
	return drawing("image/png")(a.Attendance.OwnPicture(ctx, access.From(ctx), int64(in.ID), attend.PNG))
}

// OwnVector draws the caller's own code as SVG.
func (a *AttendAPI) OwnVector(c *gin.Context, in *OwnCodeIn) (*File, error) {
	ctx := c.Request.Context()
	return drawing("image/svg+xml")(a.Attendance.OwnPicture(ctx, access.From(ctx), int64(in.ID), attend.SVG))
}

// ScanIn carries the code that a student showed.
type ScanIn struct {
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" pattern:"^[!-~]+$" patternDescription:"visible ASCII characters" doc:"The code as it was scanned from the student's phone" example:"2AAAAAAAPpVU8AhzMvp0Kf3n2wQxTb"`
		Kind  string `json:"kind" enum:"IN,OUT" doc:"They come, or they go" example:"IN"`
		Nonce string `json:"nonce" minLength:"8" maxLength:"40" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"Made by the client, new for every scan; a repeat of the same scan sends the same one and gets the first answer" example:"b1c5c0de-7f1e-4a55"`
	}
}

// ScannedView is who was checked in or out: staff compare the name with the person.
type ScannedView struct {
	CheckInView
	Student ParticipantView `json:"student" doc:"Who"`
}

// ScannedOut is the answer.
type ScannedOut struct{ Body ScannedView }

// Scan checks a student in or out by the code that they show.
func (a *AttendAPI) Scan(c *gin.Context, in *ScanIn) (*ScannedOut, error) {
	ctx := c.Request.Context()
	got, err := a.Attendance.Scan(ctx, access.From(ctx), attend.Scan{SessionID: int64(in.ID), Kind: in.Body.Kind, Code: in.Body.Code, Nonce: in.Body.Nonce})
	if err != nil {
		return nil, err
	}
	return &ScannedOut{Body: ScannedView{CheckInView: newCheckInView(speaksEnglish(c))(got.CheckIn), Student: newParticipantView(got.Student)}}, nil
}

// OpenPassIn opens a pass code.
type OpenPassIn struct {
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		Kind    string `json:"kind" enum:"IN,OUT" doc:"Check-in or check-out" example:"IN"`
		Minutes int64  `json:"minutes" minimum:"1" maximum:"120" doc:"For how long from now; at most pass_code_minutes of the policy" example:"10"`
		Reason  string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why no screen will do; kept in the audit log" example:"田间没有屏幕"`
	}
}

// PassView is one pass code.
type PassView struct {
	Code       string `json:"code" doc:"Eight digits; read them out in two groups of four" example:"38190527"`
	ValidFrom  Time   `json:"valid_from" doc:"Read it out from then on, until the next one begins"`
	ValidUntil Time   `json:"valid_until" doc:"It is accepted before this"`
}

func newPassView(c attend.Code) PassView {
	return PassView{Code: c.Text, ValidFrom: At(c.ValidFrom), ValidUntil: At(c.ValidUntil)}
}

// PassCodesView is what staff need to read the pass code out.
type PassCodesView struct {
	PassView
	SessionID   ID         `json:"session_id" doc:"The session"`
	Kind        string     `json:"kind" enum:"IN,OUT" doc:"Check-in or check-out" example:"IN"`
	StepSeconds int64      `json:"step_seconds" doc:"A new code begins every so many seconds" example:"60"`
	Next        []PassView `json:"next" nullable:"false" doc:"The codes that follow while it is open"`
	ClosesAt    Time       `json:"closes_at" doc:"It is open before this"`
	Wrong       int64      `json:"wrong" doc:"Wrong codes that were sent; at 100 it accepts no more" example:"0"`
}

// PassCodesOut is the answer.
type PassCodesOut struct{ Body PassCodesView }

func newPassCodesOut(p attend.PassCodes) *PassCodesOut {
	return &PassCodesOut{Body: PassCodesView{
		PassView: newPassView(p.Now), SessionID: ID(p.SessionID), Kind: p.Kind, StepSeconds: int64(attend.PassStep.Seconds()),
		Next: Views(p.Next, newPassView), ClosesAt: At(p.ClosesAt), Wrong: p.Wrong,
	}}
}

// OpenPass lets a pass code be accepted for some minutes.
func (a *AttendAPI) OpenPass(c *gin.Context, in *OpenPassIn) (*PassCodesOut, error) {
	ctx := c.Request.Context()
	codes, err := a.Attendance.OpenPass(ctx, access.From(ctx), attend.Opening{SessionID: int64(in.ID), Kind: in.Body.Kind, Minutes: in.Body.Minutes, Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return newPassCodesOut(codes), nil
}

// Pass gives the pass code that is open.
func (a *AttendAPI) Pass(c *gin.Context, in *CheckInCodeIn) (*PassCodesOut, error) {
	ctx := c.Request.Context()
	codes, err := a.Attendance.CurrentPass(ctx, access.From(ctx), int64(in.ID), in.Kind)
	if err != nil {
		return nil, err
	}
	return newPassCodesOut(codes), nil
}

// RedeemPassIn carries a pass code as it was heard.
type RedeemPassIn struct {
	Body struct {
		SessionID ID     `json:"session_id" doc:"The session"`
		Kind      string `json:"kind" enum:"IN,OUT" doc:"Check-in or check-out" example:"IN"`
		PassCode  string `json:"pass_code" minLength:"8" maxLength:"8" pattern:"^[0-9]{8}$" patternDescription:"eight digits" doc:"The code as it was heard" example:"38190527"`
		Nonce     string `json:"nonce" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"Made by the client, new for every try; a repeat of the same try sends the same one and gets the first answer" example:"b1c5c0de-7f1e-4a55"`

		Evidence *EvidenceIn `json:"evidence,omitempty" doc:"What the phone says beside it; nothing of it is needed"`
	}
}

// RedeemPass checks the signed-in student in or out with a pass code.
func (a *AttendAPI) RedeemPass(c *gin.Context, in *RedeemPassIn) (*CheckInOut, error) {
	ctx := c.Request.Context()
	row, err := a.Attendance.RedeemPass(ctx, access.From(ctx), attend.Pass{SessionID: int64(in.Body.SessionID), Kind: in.Body.Kind, Code: in.Body.PassCode, Nonce: in.Body.Nonce, Evidence: in.Body.Evidence.evidence()})
	if err != nil {
		return nil, err
	}
	return &CheckInOut{Body: newCheckInView(speaksEnglish(c))(row)}, nil
}
