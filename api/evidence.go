package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/matching/geo"
)

// EvidenceIn is what the phone says beside the code. None of it is needed.
type EvidenceIn struct {
	Position *FixIn `json:"position,omitempty" doc:"Where the phone is. Without a live consent (LOCATION) it is neither looked at nor kept, and the answer says DROPPED"`
	DeviceID string `json:"device_id,omitempty" minLength:"16" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"A random id that the mini-program makes once and keeps in its storage; only a keyed digest of it is kept" example:"f0c2b7d1e64a4c53"`
}

// FixIn is a position as wx.getLocation gave it.
type FixIn struct {
	Lat       float64  `json:"lat" minimum:"-90" maximum:"90" doc:"latitude, with all its digits" example:"36.651234"`
	Lng       float64  `json:"lng" minimum:"-180" maximum:"180" doc:"longitude, with all its digits" example:"117.120095"`
	Coord     string   `json:"coord" enum:"wgs84,gcj02" doc:"What lat and lng are: the type that wx.getLocation was called with" example:"gcj02"`
	AccuracyM float64  `json:"accuracy_m" minimum:"-1" maximum:"10000000" doc:"accuracy, in metres" example:"30"`
	AltitudeM *float64 `json:"altitude_m,omitempty" minimum:"-100000" maximum:"100000" doc:"altitude, in metres" example:"45"`
	SpeedMS   *float64 `json:"speed_ms,omitempty" minimum:"-1" maximum:"100000" doc:"speed, in metres a second" example:"0"`
}

// evidence is the input of the service; nil is none.
func (in *EvidenceIn) evidence() attend.Evidence {
	if in == nil {
		return attend.Evidence{}
	}
	out := attend.Evidence{Device: in.DeviceID}
	if p := in.Position; p != nil {
		out.Fix = &attend.Fix{Lat: p.Lat, Lng: p.Lng, Datum: model.DatumWGS84, AccuracyM: p.AccuracyM, AltitudeM: p.AltitudeM, SpeedMS: p.SpeedMS}
		if p.Coord == "gcj02" {
			out.Fix.Datum = model.DatumGCJ02
		}
	}
	return out
}

// DoubtView is one reason why a person should look.
type DoubtView struct {
	Code string `json:"code" doc:"outside_fence wrong_datum impossible_travel shared_device repeated_position mock_position odd_accuracy; others may appear" example:"outside_fence"`
	Text string `json:"text" doc:"In words" example:"定位不在活动地点附近"`
}

func newDoubtViews(english bool, codes string) []DoubtView {
	return Views(attend.Doubts(codes), func(d attend.Doubt) DoubtView {
		if english {
			return DoubtView{Code: d.Code, Text: d.EN}
		}
		return DoubtView{Code: d.Code, Text: d.ZH}
	})
}

// CheckInPositionView is a position in WGS-84.
type CheckInPositionView struct {
	Lat       float64 `json:"lat" doc:"Decimal degrees, WGS-84, whatever was sent" example:"36.651234"`
	Lng       float64 `json:"lng" doc:"Decimal degrees, WGS-84" example:"117.120095"`
	Coord     string  `json:"coord" enum:"wgs84,gcj02" doc:"What the phone said it sent" example:"gcj02"`
	AccuracyM float64 `json:"accuracy_m" doc:"What the phone said about the accuracy, in metres" example:"30"`
	DistanceM *int64  `json:"distance_m,omitempty" doc:"Metres to the place of the session; absent when the session has none" example:"2350"`
}

func newCheckInPositionView(w attend.Whereabouts) CheckInPositionView {
	lat, lng := geo.Point{LatE6: w.LatE6, LngE6: w.LngE6}.Degrees()
	v := CheckInPositionView{Lat: lat, Lng: lng, Coord: "wgs84", AccuracyM: w.AccuracyM, DistanceM: w.DistanceM}
	if w.Datum == model.DatumGCJ02 {
		v.Coord = "gcj02"
	}
	return v
}

// EvidenceView is what is kept about a check-in of one's own.
type EvidenceView struct {
	CheckIn  CheckInView          `json:"check_in" doc:"The check-in"`
	Review   *DecisionView        `json:"review,omitempty" doc:"Absent when there was no doubt"`
	Position *CheckInPositionView `json:"position,omitempty" doc:"Absent when none is kept (any more)"`
}

// DecisionView is how far a review is.
type DecisionView struct {
	Status    string `json:"status" enum:"WAITING,ACCEPTED,REFUSED,LAPSED" doc:"LAPSED: the check-in was annulled, or its pair was refused for another reason" example:"WAITING"`
	Reason    string `json:"reason,omitempty" doc:"What the reviewer wrote" example:"工作人员确认在场"`
	DecidedBy *ID    `json:"decided_by,omitempty" doc:"User who decided"`
}

func newDecisionView(r model.CheckInReview) DecisionView {
	return DecisionView{Status: string(r.Status), Reason: r.Reason, DecidedBy: idPointer(r.DecidedBy)}
}

// EvidenceOut is the answer.
type EvidenceOut struct{ Body EvidenceView }

// EvidenceOf reads what is kept about a check-in of the caller's own.
func (a *AttendAPI) EvidenceOf(c *gin.Context, in *ReviewIn) (*EvidenceOut, error) {
	ctx := c.Request.Context()
	e, err := a.Attendance.MyEvidence(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	out := &EvidenceOut{Body: EvidenceView{CheckIn: newCheckInView(speaksEnglish(c))(e.CheckIn)}}
	if e.Review != nil {
		v := newDecisionView(*e.Review)
		out.Body.Review = &v
	}
	if e.At != nil {
		v := newCheckInPositionView(*e.At)
		out.Body.Position = &v
	}
	return out, nil
}

// ReviewIn names a check-in.
type ReviewIn struct {
	ID ID `path:"id" doc:"The check-in"`
}

// CheckInReviewView is a doubtful check-in as the queue shows it.
type CheckInReviewView struct {
	ID            ID              `json:"id" doc:"The check-in"`
	ActivityID    ID              `json:"activity_id" doc:"The activity"`
	ActivityTitle string          `json:"activity_title,omitempty" doc:"Its title" example:"社区清洁日"`
	SessionID     ID              `json:"session_id" doc:"The session"`
	SignupID      ID              `json:"signup_id" doc:"The signup"`
	Student       ParticipantView `json:"student" doc:"Who; the name is masked in the queue"`
	Kind          string          `json:"kind" enum:"IN,OUT" doc:"Check-in or check-out" example:"IN"`
	Method        string          `json:"method" doc:"How, as in a check-in" example:"SELF_SCAN"`
	At            Time            `json:"at" doc:"When it counts"`
	Distance      string          `json:"distance,omitempty" enum:"DROPPED,UNKNOWN,INSIDE,NEAR,FAR" doc:"As in a check-in" example:"FAR"`
	DecisionView
	Doubts []DoubtView `json:"doubts,omitempty" doc:"Why a person should look; only of one that is read by itself"`
}

func newReviewView(d attend.Doubtful) CheckInReviewView {
	return CheckInReviewView{
		ID: ID(d.ID), ActivityID: ID(d.ActivityID), ActivityTitle: d.ActivityTitle, SessionID: ID(d.SessionID), SignupID: ID(d.SignupID),
		Student: newParticipantView(d.Student), Kind: d.CheckIn.Kind, Method: d.CheckIn.Method, At: At(d.CheckIn.LogicalAt), Distance: d.CheckIn.Distance,
		DecisionView: newDecisionView(d.CheckInReview),
	}
}

// ListReviewsIn asks for a page of the queue.
type ListReviewsIn struct {
	PageIn
	Status    string `query:"status" enum:"WAITING,ACCEPTED,REFUSED,LAPSED" default:"WAITING" doc:"How far they are" example:"WAITING"`
	SessionID ID     `query:"session_id" doc:"Only of this session" example:"7203685477580801"`
}

// ListReviews pages the doubtful check-ins in the caller's scope, the oldest first.
func (a *AttendAPI) ListReviews(c *gin.Context, in *ListReviewsIn) (*PageOut[CheckInReviewView], error) {
	ctx := c.Request.Context()
	rows, err := a.Attendance.Queue(ctx, access.From(ctx), model.ReviewStatus(in.Status), int64(in.SessionID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newReviewView), nil
}

// CheckInReviewOut is one doubtful check-in.
type CheckInReviewOut struct{ Body CheckInReviewView }

// Review reads one doubtful check-in with its doubts.
func (a *AttendAPI) Review(c *gin.Context, in *ReviewIn) (*CheckInReviewOut, error) {
	ctx := c.Request.Context()
	d, err := a.Attendance.Look(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	v := newReviewView(d)
	v.Doubts = newDoubtViews(speaksEnglish(c), d.CheckIn.Doubts)
	return &CheckInReviewOut{Body: v}, nil
}

// ReviewReasonIn names a doubtful check-in and says why.
type ReviewReasonIn struct {
	ID   ID `path:"id" doc:"The check-in"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; the student reads the reason of a decision. No names of persons" example:"工作人员确认在场"`
	}
}

// CheckInPositionOut is a position.
type CheckInPositionOut struct{ Body CheckInPositionView }

// ReviewPosition reads where a doubtful check-in was made, for a reason.
func (a *AttendAPI) ReviewPosition(c *gin.Context, in *ReviewReasonIn) (*CheckInPositionOut, error) {
	ctx := c.Request.Context()
	w, err := a.Attendance.Position(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &CheckInPositionOut{Body: newCheckInPositionView(w)}, nil
}

// AcceptCheckIn believes a doubtful check-in.
func (a *AttendAPI) AcceptCheckIn(c *gin.Context, in *ReviewReasonIn) (*CheckInReviewOut, error) {
	return decided(c, in, a.Attendance.Accept)
}

// RefuseCheckIn does not.
func (a *AttendAPI) RefuseCheckIn(c *gin.Context, in *ReviewReasonIn) (*CheckInReviewOut, error) {
	return decided(c, in, a.Attendance.Refuse)
}

func decided(c *gin.Context, in *ReviewReasonIn, decide func(context.Context, access.Actor, int64, string) (attend.Doubtful, error)) (*CheckInReviewOut, error) {
	ctx := c.Request.Context()
	d, err := decide(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &CheckInReviewOut{Body: newReviewView(d)}, nil
}
