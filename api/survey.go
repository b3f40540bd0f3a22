package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/geo"
	"baodao/service/survey"
)

// SurveyAPI is what both sides say before they are matched.
type SurveyAPI struct{ Surveys *survey.Service }

// WeekBody is a set of blocks of the week, for a grid of seven rows and six columns.
type WeekBody []string

// week reads a grid; what is not seven rows of six is cut off by the limits of the contract.
func (b WeekBody) week() survey.Week {
	var w survey.Week
	for day, row := range b {
		for block, mark := range row {
			if mark == '1' {
				w |= survey.Block(day, block)
			}
		}
	}
	return w
}

func newWeekBody(w survey.Week) WeekBody { return w.Rows() }

// OfProgrammeIn names a programme.
type OfProgrammeIn struct {
	ProgrammeID ID `query:"programme_id" required:"true" doc:"The programme"`
}

// WillingnessBody is what a student offers.
type WillingnessBody struct {
	Willing      bool     `json:"willing" doc:"Whether I want to take part in match rounds" example:"true"`
	Slots        WeekBody `json:"slots" minItems:"7" maxItems:"7" pattern:"^[01]{6}$" patternDescription:"six of 0 and 1" doc:"When I am free: seven days from Monday, each six blocks of two hours, 8–10 to 18–20 o'clock in China, 1 for free; earlier and later hours count for the first and last block" example:"[\"000011\",\"000000\",\"000011\",\"000000\",\"000000\",\"111100\",\"000000\"]"`
	Skills       []string `json:"skills" maxItems:"32" uniqueItems:"true" pattern:"^[A-Z][A-Z0-9_]{1,39}$" doc:"Codes of the programme's skills that I have" example:"[\"TUTORING\"]"`
	Interests    []string `json:"interests" maxItems:"3" uniqueItems:"true" pattern:"^[A-Z][A-Z0-9_]{1,39}$" doc:"Codes of the programme's categories, the one I want most first" example:"[\"CULTURE\"]"`
	MaxDistanceM int64    `json:"max_distance_m" minimum:"100" maximum:"100000" doc:"How far I go, in metres" example:"5000"`
}

// WillingnessOut answers what a student offers.
type WillingnessOut struct {
	ETag string `header:"ETag"`
	Body struct {
		WillingnessBody

		ProgrammeID ID   `json:"programme_id" doc:"The programme"`
		Answered    bool `json:"answered" doc:"Whether I have said anything yet; if not, these are defaults and the version is 0" example:"true"`
	}
}

func newWillingnessOut(w survey.Willingness, err error) (*WillingnessOut, error) {
	if err != nil {
		return nil, err
	}
	out := &WillingnessOut{ETag: ETag(w.Version)}
	out.Body.WillingnessBody = WillingnessBody{Willing: w.Willing, Slots: newWeekBody(w.Slots), Skills: w.Skills, Interests: w.Interests, MaxDistanceM: w.MaxDistM}
	out.Body.ProgrammeID, out.Body.Answered = ID(w.ProgrammeID), w.Version > 0
	return out, nil
}

// Willingness tells what the caller offers to a programme.
func (a *SurveyAPI) Willingness(c *gin.Context, in *OfProgrammeIn) (*WillingnessOut, error) {
	ctx := c.Request.Context()
	return newWillingnessOut(a.Surveys.MyWillingness(ctx, access.From(ctx), int64(in.ProgrammeID)))
}

// OfferWillingnessIn says all of it anew.
type OfferWillingnessIn struct {
	OfProgrammeIn
	IfMatchIn
	Body WillingnessBody
}

// OfferWillingness writes what the caller offers to a programme.
func (a *SurveyAPI) OfferWillingness(c *gin.Context, in *OfferWillingnessIn) (*WillingnessOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newWillingnessOut(a.Surveys.OfferWillingness(ctx, access.From(ctx), int64(in.ProgrammeID), version, survey.Offer{
		Willing: in.Body.Willing, Slots: in.Body.Slots.week(), Skills: in.Body.Skills, Interests: in.Body.Interests, MaxDistM: in.Body.MaxDistanceM,
	}))
}

// HomeIn is where a student lives in vacations.
type HomeIn struct {
	Body struct {
		Lat   float64 `json:"lat" minimum:"-90" maximum:"90" doc:"Latitude in decimal degrees" example:"36.651234"`
		Lng   float64 `json:"lng" minimum:"-180" maximum:"180" doc:"Longitude in decimal degrees" example:"117.120095"`
		Coord string  `json:"coord" enum:"wgs84,gcj02" doc:"What lat and lng are; wx.chooseLocation gives gcj02" example:"gcj02"`
	}
}

// HomeOut answers where a student lives, as it is kept.
type HomeOut struct {
	Body struct {
		Lat float64 `json:"lat" doc:"WGS-84, on a grid of about 500 m" example:"36.6505"`
		Lng float64 `json:"lng" doc:"WGS-84, on a grid of about 500 m" example:"117.1191"`
	}
}

func newHomeOut(at geo.Point, err error) (*HomeOut, error) {
	if err != nil {
		return nil, err
	}
	out := &HomeOut{}
	out.Body.Lat, out.Body.Lng = at.Degrees()
	return out, nil
}

// Home tells where the caller lives in vacations.
func (a *SurveyAPI) Home(c *gin.Context, _ *NoIn) (*HomeOut, error) {
	ctx := c.Request.Context()
	return newHomeOut(a.Surveys.MyHome(ctx, access.From(ctx)))
}

// SetHome keeps where the caller lives in vacations.
func (a *SurveyAPI) SetHome(c *gin.Context, in *HomeIn) (*HomeOut, error) {
	at := geo.FromDegrees(in.Body.Lat, in.Body.Lng)
	if in.Body.Coord == "gcj02" {
		at = geo.FromGCJ02(at)
	}
	ctx := c.Request.Context()
	return newHomeOut(a.Surveys.SetHome(ctx, access.From(ctx), at))
}

// ForgetHome deletes where the caller lives.
func (a *SurveyAPI) ForgetHome(c *gin.Context, _ *NoIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Surveys.ForgetHome(ctx, access.From(ctx))
}

// BlockedHostsOut answers the hosts that a student does not want.
type BlockedHostsOut struct {
	Body struct {
		Data []OrgNameView `json:"data" doc:"By id, at most 20"`
	}
}

func newBlockedHostsOut(rows []model.Org, err error) (*BlockedHostsOut, error) {
	if err != nil {
		return nil, err
	}
	out := &BlockedHostsOut{}
	out.Body.Data = Views(rows, func(o model.Org) OrgNameView { return OrgNameView{ID: ID(o.ID), Name: o.Name} })
	return out, nil
}

// MyBlocks lists the hosts that the caller does not want.
func (a *SurveyAPI) MyBlocks(c *gin.Context, _ *NoIn) (*BlockedHostsOut, error) {
	ctx := c.Request.Context()
	return newBlockedHostsOut(a.Surveys.MyBlocks(ctx, access.From(ctx)))
}

// HostIn names a host.
type HostIn struct {
	ID ID `path:"id" doc:"The host"`
}

// AvoidHost keeps a host away from the caller.
func (a *SurveyAPI) AvoidHost(c *gin.Context, in *HostIn) (*BlockedHostsOut, error) {
	ctx := c.Request.Context()
	return newBlockedHostsOut(a.Surveys.AvoidHost(ctx, access.From(ctx), int64(in.ID)))
}

// AllowHost takes a host off the caller's list.
func (a *SurveyAPI) AllowHost(c *gin.Context, in *HostIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Surveys.AllowHost(ctx, access.From(ctx), int64(in.ID))
}
