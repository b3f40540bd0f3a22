package api

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/matching/score"
	"baodao/service/page"
	"baodao/service/recommend"
)

// RecommendAPI recommends positions to students.
type RecommendAPI struct {
	Recommend *recommend.Service

	rooms sync.Pool // of *[]byte: a page is 16 kB, and would be most of what is allocated
}

// RecommendIn narrows what is recommended.
type RecommendIn struct {
	ProgrammeID ID       `query:"programme_id" required:"true" doc:"The programme"`
	Season      string   `query:"season" enum:"TERM,VACATION" default:"TERM" doc:"TERM: distances from the campus; VACATION: from the home that I have stated" example:"TERM"`
	Mix         bool     `query:"mix" doc:"A list to make wishes from: a quarter the best (冲), half the best with a likely chance (稳), the rest safe (保); it has no further pages" example:"true"`
	Category    string   `query:"category" maxLength:"40" doc:"Only this category of the programme" example:"GOVERNANCE"`
	WithinM     int64    `query:"within_m" minimum:"1" maximum:"100000" doc:"Only so many metres away" example:"3000"`
	Slots       []string `query:"slots" minItems:"7" maxItems:"7" pattern:"^[01]{6}$" patternDescription:"six of 0 and 1" doc:"Only with work in one of these blocks: seven days from Monday, as in my willingness" example:"000000,000000,000000,000000,000000,111100,000000"`
	Limit       int      `query:"limit" minimum:"1" maximum:"50" default:"20" doc:"How many at most"`
	Cursor      string   `query:"cursor" maxLength:"512" doc:"next_cursor of the page before; leave it out for the first page" example:"eyJsIjoicmVjb21tZW5kYXRpb25zIiwiayI6Wzc1MDAsNDJdfQ"`
}

func (in *RecommendIn) ask() recommend.Ask {
	return recommend.Ask{
		ProgrammeID: int64(in.ProgrammeID), Season: in.Season, Mixed: in.Mix, Category: in.Category, WithinM: in.WithinM, Blocks: WeekBody(in.Slots).week(),
	}
}

// RecommendedPlaceView is what everybody reads of a position that is recommended.
type RecommendedPlaceView struct {
	PositionID        ID          `json:"position_id" doc:"The position"`
	Position          string      `json:"position" doc:"The role" example:"志愿者"`
	ActivityID        ID          `json:"activity_id" doc:"The activity"`
	Activity          string      `json:"activity" doc:"What it is called" example:"社区清洁日"`
	Host              OrgNameView `json:"host" doc:"Where it happens"`
	Place             string      `json:"place,omitempty" doc:"Of the first session" example:"戊社区党群服务中心"`
	Lat               float64     `json:"lat" minimum:"-90" maximum:"90" doc:"Of the first session, WGS-84" example:"36.651234"`
	Lng               float64     `json:"lng" minimum:"-180" maximum:"180" doc:"Of the first session, WGS-84" example:"117.120095"`
	Category          string      `json:"category,omitempty" doc:"Code of a category" example:"GOVERNANCE"`
	SignupMode        string      `json:"signup_mode" enum:"FIRST_COME,REVIEW,LOTTERY,ASSIGNED_UNIT,MATCHED" doc:"How one gets in; MATCHED: list it as a wish of a match round" example:"FIRST_COME"`
	StartsAt          Time        `json:"starts_at" doc:"Start of the first session"`
	EndsAt            Time        `json:"ends_at" doc:"End of the last session"`
	Sessions          int         `json:"sessions" doc:"How many there are" example:"8"`
	SignupClosesAt    Time        `json:"signup_closes_at" doc:"Excluded; of no meaning where signup_mode is MATCHED"`
	CountsAsVolunteer bool        `json:"counts_as_volunteer,omitempty" doc:"Its hours are volunteer hours; absent if not" example:"true"`
	TrainingRequired  bool        `json:"training_required,omitempty" doc:"Training is needed before a seat; absent if not" example:"true"`
	InsuranceRequired bool        `json:"insurance_required,omitempty" doc:"Cover is needed before a seat; absent if not" example:"true"`
	MinorsContact     bool        `json:"minors_contact,omitempty" doc:"Work with minors: clearance is needed before a seat; absent if not" example:"true"`
	NeedBlocks        int         `json:"need_blocks" doc:"Blocks of its week that one must have free" example:"1"`
}

// PlaceJSON writes what does not depend on the reader, without the braces around it: it is made once for each position.
func PlaceJSON(f recommend.Facts) []byte {
	var b bytes.Buffer
	v := RecommendedPlaceView{
		PositionID: ID(f.PositionID), Position: f.Position, ActivityID: ID(f.ActivityID), Activity: f.Activity, Host: OrgNameView{ID: ID(f.HostOrgID), Name: f.Host},
		Place: f.Place, Lat: float64(f.LatE6) / 1e6, Lng: float64(f.LngE6) / 1e6, Category: f.Category, SignupMode: f.SignupMode,
		StartsAt: At(f.StartsAt), EndsAt: At(f.EndsAt), Sessions: f.Sessions, SignupClosesAt: At(f.SignupClosesAt), CountsAsVolunteer: f.CountsAsVolunteer,
		TrainingRequired: f.TrainingRequired, InsuranceRequired: f.InsuranceRequired, MinorsContact: f.Clearing, NeedBlocks: f.Need,
	}
	if err := marshal(&b, v); err != nil {
		panic(fmt.Errorf("write position %d: %w", f.PositionID, err)) // a buffer takes everything
	}
	return bytes.Clone(b.Bytes()[1 : b.Len()-2]) // without braces and line feed
}

// RecommendationView is a position as it suits the reader.
type RecommendationView struct {
	RecommendedPlaceView

	SeatsLeft      int64                   `json:"seats_left" doc:"Seats that I may have now" example:"6"`
	Score          int32                   `json:"score" minimum:"0" maximum:"10000" doc:"The sum of the parts; the order of the list" example:"7420"`
	Parts          RecommendationPartsView `json:"parts" doc:"What the score is made of"`
	DistanceM      int32                   `json:"distance_m" doc:"Metres in a straight line" example:"820"`
	BlocksFit      int                     `json:"blocks_fit" doc:"Blocks in which I am free and there is work" example:"2"`
	Paired         bool                    `json:"paired" doc:"My branch or a unit above it is paired with the host" example:"true"`
	Reasons        string                  `json:"reasons" doc:"Why, in words; Chinese, or English if Accept-Language prefers it" example:"820 米；就在附近；服务时段您都有空"`
	ChancePermille *int32                  `json:"chance_permille,omitempty" minimum:"0" maximum:"1000" doc:"How likely I get a seat if all comes as in the last round; 1000 where a seat is free for who comes first; absent where nobody knows" example:"640"`
	Class          string                  `json:"class,omitempty" enum:"REACH,LIKELY,SAFE" doc:"Of the chance: 冲 below 300, 稳 from 300, 保 from 900" example:"LIKELY"`
}

// RecommendationPartsView are the terms of a score.
type RecommendationPartsView struct {
	Near     int32 `json:"near" doc:"0–3500, the less the farther" example:"3200"`
	Time     int32 `json:"time" doc:"0–2000, by the blocks in which I am free" example:"2000"`
	Skill    int32 `json:"skill" doc:"0–2000, by the wanted skills that I have; 1000 where none are wanted" example:"1000"`
	Interest int32 `json:"interest" doc:"1500, 1000 or 500 for my first, second or third category" example:"1000"`
	Urgency  int32 `json:"urgency" doc:"0–700, what the host says" example:"200"`
	Served   int32 `json:"served" doc:"300 where I served last" example:"0"`
}

// WishAdvice says how to make a list of wishes.
type WishAdvice struct {
	KeepAtLeast int    `json:"keep_at_least" doc:"Wishes to keep" example:"10"`
	SafeAtLeast int    `json:"safe_at_least" doc:"Of them, safe ones" example:"3"`
	Safe        int    `json:"safe" doc:"Safe ones on this page" example:"5"`
	Text        string `json:"text" doc:"The same in words" example:"建议至少保留 10 个志愿，其中至少 3 个“保”。"`
}

// RecommendationPage is a page of recommendations, best first.
type RecommendationPage struct {
	Page[RecommendationView]

	WillingnessStated bool       `json:"willingness_stated" doc:"Whether I have said what I am willing to do; if not, I am taken to be free always and without skills" example:"true"`
	RadiusM           int64      `json:"radius_m" doc:"Nothing farther is looked at" example:"10000"`
	RoundID           ID         `json:"round_id,omitempty" doc:"The match round by which chances are told; absent when there was none"`
	Advice            WishAdvice `json:"advice" doc:"How to make a list of wishes"`
}

// RecommendOut answers recommendations.
type RecommendOut struct{ Body Written[RecommendationPage] }

// List recommends the best open positions now to the caller.
func (a *RecommendAPI) List(c *gin.Context, in *RecommendIn) (*RecommendOut, error) {
	ctx := c.Request.Context()
	found, err := a.Recommend.Recommend(ctx, access.From(ctx), in.ask(), page.Request{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return a.Answer(ctx, &found, speaksEnglish(c)), nil
}

// Answer writes a page.
func (a *RecommendAPI) Answer(ctx context.Context, found *recommend.Answer, english bool) *RecommendOut {
	room, ok := a.rooms.Get().(*[]byte)
	if !ok {
		room = new([]byte)
	}
	*room = AppendRecommendations((*room)[:0], found, english)
	return &RecommendOut{Body: Written[RecommendationPage]{JSON: *room, Sent: func() { a.rooms.Put(room) }, Way: announcer(ctx)}}
}

// advice is the same for everybody but for what is safe.
func advice(safe int, english bool) string {
	const keep, sure = 10, 3
	switch {
	case english && safe < sure:
		return fmt.Sprintf("Keep at least %d wishes, %d of them safe; there are %d on this page, so widen the distance or the times.", keep, sure, safe)
	case english:
		return fmt.Sprintf("Keep at least %d wishes, %d of them safe.", keep, sure)
	case safe < sure:
		return fmt.Sprintf("建议至少保留 %d 个志愿，其中至少 %d 个“保”；本页只有 %d 个“保”，可放宽距离或时段。", keep, sure, safe)
	default:
		return fmt.Sprintf("建议至少保留 %d 个志愿，其中至少 %d 个“保”。", keep, sure)
	}
}

// className is what a chance is called.
func className(permille int32) string {
	switch {
	case permille >= score.SafeFrom:
		return "SAFE"
	case permille >= score.LikelyFrom:
		return "LIKELY"
	default:
		return "REACH"
	}
}
