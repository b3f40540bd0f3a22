package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/stats"
)

// StatsAPI is what has been reached.
type StatsAPI struct{ Stats *stats.Service }

// FigureView is one ratio against its target, with all that is needed to count it again.
type FigureView struct {
	Code              string `json:"code" enum:"student_participation,branch_participation,branch_pairing" doc:"student_participation: students with minutes in the year ÷ students who are members of a branch; branch_participation: active branches whose members earned minutes in the year ÷ active branches; branch_pairing: active branches with a pairing in force ÷ active branches" example:"student_participation"`
	DefinitionVersion int64  `json:"definition_version" doc:"Version of the definition; figures of one version compare" example:"1"`
	Numerator         int64  `json:"numerator" doc:"Who did" example:"26"`
	Denominator       int64  `json:"denominator" doc:"Of whom" example:"100"`
	Ratio             string `json:"ratio" doc:"Numerator ÷ denominator, rounded down to four places; 0.0000 of nobody" example:"0.2600"`
	RatioPermille     int64  `json:"ratio_permille" doc:"The same per mille, rounded down" example:"260"`
	TargetPermille    int64  `json:"target_permille" doc:"What the policy asks, per mille; 0: nothing" example:"250"`
	Met               bool   `json:"met" doc:"Whether the target is reached, compared exactly" example:"true"`
	AsOf              Time   `json:"as_of" doc:"Counted as of this moment"`
	YearFrom          Date   `json:"year_from" doc:"First day of the programme year" example:"2026-09-01"`
	YearTo            Date   `json:"year_to" doc:"First day of the next one" example:"2027-09-01"`
}

// IndicatorsView is what one organisation and all below it have reached in a programme year. Numbers only, no names.
type IndicatorsView struct {
	Org              OrgNameView  `json:"org" doc:"The organisation"`
	ProgrammeID      ID           `json:"programme_id" doc:"The programme"`
	PolicyVersion    int64        `json:"policy_version" doc:"Version of the policy whose targets these are: the one in force as of then" example:"1"`
	AsOf             Time         `json:"as_of" doc:"Counted as of this moment"`
	YearFrom         Date         `json:"year_from" doc:"First day of the programme year" example:"2026-09-01"`
	YearTo           Date         `json:"year_to" doc:"First day of the next one" example:"2027-09-01"`
	Figures          []FigureView `json:"figures" doc:"The three ratios"`
	VolunteerMinutes int64        `json:"volunteer_minutes" doc:"Net minutes posted of class VOLUNTEER" example:"5400"`
	PracticeMinutes  int64        `json:"practice_minutes" doc:"Net minutes posted of class PRACTICE" example:"1200"`
}

func newFigureView(f stats.Figure) FigureView {
	return FigureView{
		Code: f.Code, DefinitionVersion: f.Definition, Numerator: f.Numerator, Denominator: f.Denominator, Ratio: f.Ratio(),
		RatioPermille: f.Permille(), TargetPermille: f.TargetPermille, Met: f.Met(), AsOf: At(f.AsOf), YearFrom: Date(f.YearFrom), YearTo: Date(f.YearTo),
	}
}

func newIndicatorsView(r stats.Report) IndicatorsView {
	return IndicatorsView{
		Org: newOrgNameView(r.Org), ProgrammeID: ID(r.ProgrammeID), PolicyVersion: r.PolicyVersion, AsOf: At(r.AsOf), YearFrom: Date(r.YearFrom), YearTo: Date(r.YearTo),
		Figures: Views(r.Figures, newFigureView), VolunteerMinutes: r.VolunteerMinutes, PracticeMinutes: r.PracticeMinutes,
	}
}

// IndicatorsIn asks for the figures of an organisation.
type IndicatorsIn struct {
	ID          ID   `path:"id" doc:"The organisation; all below it counts"`
	ProgrammeID ID   `query:"programme_id" required:"true" doc:"In which programme"`
	AsOf        Time `query:"as_of" doc:"As it stood at this moment; now if left out or still to come; in a programme year that begins in 2000 or later" example:"2026-12-31T16:00:00Z"`
}

// IndicatorChildrenIn asks for the figures of all organisations directly below one.
type IndicatorChildrenIn struct {
	ID          ID   `path:"id" doc:"The organisation above"`
	ProgrammeID ID   `query:"programme_id" required:"true" doc:"In which programme"`
	AsOf        Time `query:"as_of" doc:"As it stood at this moment; now if left out or still to come; in a programme year that begins in 2000 or later" example:"2026-12-31T16:00:00Z"`
	PageIn
}

// IndicatorsOut answers the figures of one organisation.
type IndicatorsOut struct{ Body IndicatorsView }

// Indicators counts for one organisation.
func (a *StatsAPI) Indicators(c *gin.Context, in *IndicatorsIn) (*IndicatorsOut, error) {
	ctx := c.Request.Context()
	r, err := a.Stats.Indicators(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), momentOrNil(in.AsOf))
	if err != nil {
		return nil, err
	}
	return &IndicatorsOut{Body: newIndicatorsView(r)}, nil
}

// Children counts for each organisation directly below one.
func (a *StatsAPI) Children(c *gin.Context, in *IndicatorChildrenIn) (*PageOut[IndicatorsView], error) {
	ctx := c.Request.Context()
	rows, err := a.Stats.Children(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), momentOrNil(in.AsOf), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newIndicatorsView), nil
}

func momentOrNil(t Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	at := t.Time()
	return &at
}
