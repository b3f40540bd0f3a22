package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/attend"
)

// OfflineListIn pages the list of a session for somebody who takes it along.
type OfflineListIn struct {
	PageIn
	ID ID `path:"id" doc:"The session"`
}

// OfflinePersonView is one line of the list.
type OfflinePersonView struct {
	Token    string          `json:"token" doc:"Keep it with the line, and send it with what is recorded for this person; nobody else can use it" example:"AQAZl6p5UIABABmXqnlQgAIAGZeqeVCAA2juJ3Bo7lOgXnq1d2b8k0yqVtqQx1nA"`
	SignupID ID              `json:"signup_id" doc:"The signup"`
	Student  ParticipantView `json:"student" doc:"Who; the name is always masked here"`
	InAt     *Time           `json:"in_at,omitempty" doc:"When they came, if that is known already"`
	OutAt    *Time           `json:"out_at,omitempty" doc:"When they went, if that is known already"`
}

func newOfflinePersonView(p attend.OfflinePerson) OfflinePersonView {
	return OfflinePersonView{Token: p.Token, SignupID: ID(p.SignupID), Student: newParticipantView(p.Student), InAt: AtOrNil(p.InAt), OutAt: AtOrNil(p.OutAt)}
}

// OfflineListView is what somebody takes along to where there is no network.
type OfflineListView struct {
	Page[OfflinePersonView]
	SessionID  ID   `json:"session_id" doc:"The session"`
	IssuedAt   Time `json:"issued_at" doc:"Times of recording count from then"`
	OpensAt    Time `json:"opens_at" doc:"Check-ins count from then"`
	InUntil    Time `json:"in_until" doc:"Check-ins count before this"`
	ValidUntil Time `json:"valid_until" doc:"Check-outs count before this"`
	UploadBy   Time `json:"upload_by" doc:"What arrives later goes to review"`
}

// OfflineListOut is the answer.
type OfflineListOut struct{ Body OfflineListView }

// OfflineList gives the list of a session to somebody who will record without a network.
func (a *AttendAPI) OfflineList(c *gin.Context, in *OfflineListIn) (*OfflineListOut, error) {
	ctx := c.Request.Context()
	l, err := a.Attendance.OfflineList(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return &OfflineListOut{Body: OfflineListView{
		Page: NewPage(l.People, newOfflinePersonView).Body, SessionID: ID(l.SessionID), IssuedAt: At(l.IssuedAt), OpensAt: At(l.OpensAt),
		InUntil: At(l.InUntil), ValidUntil: At(l.ValidUntil), UploadBy: At(l.UploadBy),
	}}, nil
}

// OfflineRowIn is one line that was recorded without a network.
type OfflineRowIn struct {
	Token string `json:"token" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"Of the person, from the list" example:"AQAZl6p5UIABABmXqnlQgAIAGZeqeVCAA2juJ3Bo7lOgXnq1d2b8k0yqVtqQx1nA"`
	Nonce string `json:"nonce" minLength:"8" maxLength:"40" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"Made when it was recorded, new for every line; a repeat gets the first answer" example:"r-0001-7f1e4a55"`
	Kind  string `json:"kind" enum:"IN,OUT" doc:"They came, or they went" example:"IN"`
	At    Time   `json:"at" doc:"When it was recorded, by the clock of the device"`
}

// OfflineBatchIn is what a device recorded.
type OfflineBatchIn struct {
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		DeviceNow Time           `json:"device_now" doc:"What the device takes for the time now, with the same clock as the rows: by how much it is wrong is taken off every row"`
		Rows      []OfflineRowIn `json:"rows" minItems:"1" maxItems:"200" nullable:"false" doc:"In any order; every one is answered by itself"`
	}
}

// OfflineAnswerView is what became of a row.
type OfflineAnswerView struct {
	Nonce     string `json:"nonce" doc:"Of the row" example:"r-0001-7f1e4a55"`
	CheckInID *ID    `json:"check_in_id,omitempty" doc:"Under which it is kept; absent when the token is not ours"`
	SignupID  *ID    `json:"signup_id,omitempty" doc:"The signup; absent when the token is not ours"`
	Verdict   string `json:"verdict" enum:"OK,REVIEW,FAILED" doc:"REVIEW counts once somebody has looked at it" example:"OK"`
	Reason    string `json:"reason,omitempty" doc:"Of a failure: token_invalid nonce_used own_interest outside_list no_signup too_early too_late already_in not_in already_out; of a review: late_upload clock_skew marked_absent" example:"late_upload"`
	At        Time   `json:"at" doc:"When it counts: the time of recording by the server's clock"`
}

func newOfflineAnswerView(r attend.OfflineAnswer) OfflineAnswerView {
	return OfflineAnswerView{Nonce: r.Nonce, CheckInID: idOrNil(r.ID), SignupID: idOrNil(r.SignupID), Verdict: r.Verdict, Reason: r.Reason, At: At(r.LogicalAt)}
}

// OfflineBatchOut is what became of the rows, in their order.
type OfflineBatchOut struct{ Body Page[OfflineAnswerView] }

// UploadOffline takes what was recorded without a network.
func (a *AttendAPI) UploadOffline(c *gin.Context, in *OfflineBatchIn) (*OfflineBatchOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Attendance.UploadOffline(ctx, access.From(ctx), attend.OfflineUpload{
		SessionID: int64(in.ID), DeviceAt: in.Body.DeviceNow.Time(), Rows: Views(in.Body.Rows, func(r OfflineRowIn) attend.OfflineRow {
			return attend.OfflineRow{Token: r.Token, Nonce: r.Nonce, Kind: r.Kind, At: r.At.Time()}
		}),
	})
	if err != nil {
		return nil, err
	}
	return &OfflineBatchOut{Body: Page[OfflineAnswerView]{Data: Views(rows, newOfflineAnswerView)}}, nil
}
