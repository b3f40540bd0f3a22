package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/attend"
)

// HoursTotalPartView is the sum of one programme, class and basis.
type HoursTotalPartView struct {
	ProgrammeID   ID     `json:"programme_id" doc:"The programme"`
	ProgrammeName string `json:"programme_name" doc:"Its name" example:"青春社区实践计划"`
	Class         string `json:"class" enum:"VOLUNTEER,PRACTICE" doc:"The class" example:"VOLUNTEER"`
	Basis         string `json:"basis" enum:"CHECKIN,MANUAL,MAKEUP,REMOTE" doc:"What the hours rest on" example:"CHECKIN"`
	Minutes       int64  `json:"minutes" doc:"Sum of the lines, reversals included" example:"5400"`
	Students      int64  `json:"students" doc:"Students of whom it is more than no minutes" example:"45"`
}

// HoursTotalsView is sums of ledger lines and nothing else.
type HoursTotalsView struct {
	AsOf             Time                 `json:"as_of" doc:"Lines posted until then are in it"`
	Minutes          int64                `json:"minutes" doc:"Sum of the parts" example:"6600"`
	VolunteerMinutes int64                `json:"volunteer_minutes" doc:"Of these, VOLUNTEER" example:"5400"`
	PracticeMinutes  int64                `json:"practice_minutes" doc:"Of these, PRACTICE" example:"1200"`
	Students         *int64               `json:"students,omitempty" doc:"Students with more than no minutes; absent when hidden" example:"51"`
	Hidden           bool                 `json:"hidden" doc:"Parts of fewer than five students are left out, of the sums too: for those who are told numbers only" example:"false"`
	Parts            []HoursTotalPartView `json:"parts" nullable:"false" doc:"The same minutes by programme, class and basis"`
}

func newHoursTotalsView(t attend.Totals) HoursTotalsView {
	out := HoursTotalsView{
		AsOf: At(t.AsOf), Minutes: t.Minutes, VolunteerMinutes: t.Volunteer, PracticeMinutes: t.Practice, Hidden: t.Hidden,
		Parts: Views(t.Parts, func(p attend.TotalPart) HoursTotalPartView {
			return HoursTotalPartView{ProgrammeID: ID(p.ProgrammeID), ProgrammeName: p.ProgrammeName, Class: p.Class, Basis: p.Basis, Minutes: p.Minutes, Students: p.Students}
		}),
	}
	if !t.Hidden {
		out.Students = &t.Students
	}
	return out
}

// HoursAskedIn says which lines to add up.
type HoursAskedIn struct {
	ProgrammeID ID   `query:"programme_id" doc:"Only of this programme"`
	TermID      ID   `query:"term_id" doc:"Only of days in this term of a university, and of its students"`
	AsOf        Time `query:"as_of" doc:"As it stood at this moment; now if left out or still to come" example:"2026-12-31T16:00:00Z"`
}

func (in HoursAskedIn) asked(by string) attend.Asked {
	return attend.Asked{By: by, ProgrammeID: int64(in.ProgrammeID), TermID: int64(in.TermID), AsOf: in.AsOf.Time()}
}

// OrgHoursIn asks for an organisation's totals.
type OrgHoursIn struct {
	ID ID     `path:"id" doc:"The organisation; all below it counts"`
	By string `query:"by" enum:"BRANCH,HOST" doc:"BRANCH: hours of students of branches below, as of the day of posting; HOST: hours served at hosts below. HOST for local organisations if left out, else BRANCH" example:"BRANCH"`
	HoursAskedIn
}

// ProjectHoursIn asks for a team's totals.
type ProjectHoursIn struct {
	ID ID `path:"id" doc:"The project"`
	HoursAskedIn
}

// HoursTotalsOut is the answer.
type HoursTotalsOut struct{ Body HoursTotalsView }

// OfOrg sums up for an organisation and all below it.
func (a *HoursAPI) OfOrg(c *gin.Context, in *OrgHoursIn) (*HoursTotalsOut, error) {
	ctx := c.Request.Context()
	out, err := a.Hours.TotalsOfOrg(ctx, access.From(ctx), int64(in.ID), in.asked(in.By))
	if err != nil {
		return nil, err
	}
	return &HoursTotalsOut{Body: newHoursTotalsView(out)}, nil
}

// OfProject sums up for a team.
func (a *HoursAPI) OfProject(c *gin.Context, in *ProjectHoursIn) (*HoursTotalsOut, error) {
	ctx := c.Request.Context()
	out, err := a.Hours.TotalsOfProject(ctx, access.From(ctx), int64(in.ID), in.asked(""))
	if err != nil {
		return nil, err
	}
	return &HoursTotalsOut{Body: newHoursTotalsView(out)}, nil
}
