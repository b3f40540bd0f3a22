package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/survey"
)

// SurveyNeedBody is something that a host needs people for.
type SurveyNeedBody struct {
	Category string `json:"category" pattern:"^[A-Z][A-Z0-9_]{1,39}$" doc:"Code of one of the programme's categories" example:"CULTURE"`
	Text     string `json:"text,omitempty" maxLength:"200" doc:"What is to be done" example:"周末带孩子们读书"`
	Students int64  `json:"students" minimum:"0" maximum:"100000" doc:"How many people; 0 if not known" example:"6"`
}

// SurveyVenueBody is a place where students can work.
type SurveyVenueBody struct {
	Kind     string `json:"kind" enum:"PARK,ENTERPRISE,KEY_PROJECT,PARTY_MASS_CENTER,YOUTH_BASE,YOUTH_HOME,OTHER" doc:"园区、企业、重点项目、社区党群服务中心、青少年教育基地、青年之家、其他" example:"PARTY_MASS_CENTER"`
	Place    string `json:"place" minLength:"1" maxLength:"100" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Name or address" example:"戊社区党群服务中心二楼"`
	Capacity int64  `json:"capacity" minimum:"0" maximum:"100000" doc:"How many people it holds; 0 if not known" example:"40"`
}

// SurveyBody is what an organisation says for a programme. Needs, venues and support are a host's.
type SurveyBody struct {
	Needs    []SurveyNeedBody  `json:"needs" maxItems:"20" doc:"What people are needed for; of hosts only"`
	Venues   []SurveyVenueBody `json:"venues" maxItems:"20" doc:"Where they can work; of hosts only"`
	Support  []string          `json:"support" maxItems:"6" uniqueItems:"true" enum:"TRANSPORT,MEAL,INSURANCE,FUNDS,MATERIAL,VENUE" doc:"What the host gives; of hosts only" example:"[\"MEAL\"]"`
	Slots    WeekBody          `json:"slots" minItems:"7" maxItems:"7" pattern:"^[01]{6}$" patternDescription:"six of 0 and 1" doc:"When it is open, seven days from Monday, each six blocks of two hours from eight o'clock in China" example:"[\"000011\",\"000000\",\"000011\",\"000000\",\"000000\",\"111100\",\"000000\"]"`
	Skills   []string          `json:"skills" maxItems:"32" uniqueItems:"true" pattern:"^[A-Z][A-Z0-9_]{1,39}$" doc:"Codes of skills that a host wants, or that a campus unit offers" example:"[\"TUTORING\"]"`
	Partners int64             `json:"partners" minimum:"0" maximum:"100" doc:"How many branches a host, or how many hosts a campus unit can work with; 0: none" example:"2"`
	Students int64             `json:"students" minimum:"0" maximum:"100000" doc:"How many students a host can take, or a campus unit can send" example:"12"`
}

func (b SurveyBody) answer() survey.Answer {
	return survey.Answer{
		Needs: Views(b.Needs, func(n SurveyNeedBody) survey.Item {
			return survey.Item{Code: n.Category, Text: n.Text, Amount: n.Students}
		}),
		Venues: Views(b.Venues, func(v SurveyVenueBody) survey.Item {
			return survey.Item{Code: v.Kind, Text: v.Place, Amount: v.Capacity}
		}),
		Support: b.Support, Slots: b.Slots.week(), Skills: b.Skills, Partners: b.Partners, Students: b.Students,
	}
}

// SurveyOut answers what an organisation has said.
type SurveyOut struct {
	ETag string `header:"ETag"`
	Body struct {
		SurveyBody

		Org         OrgNameView `json:"org" doc:"Who answers"`
		ProgrammeID ID          `json:"programme_id" doc:"The programme"`
		AnsweredAt  *Time       `json:"answered_at,omitempty" doc:"When, last; absent before the first answer"`
	}
}

func newSurveyOut(v survey.Survey, err error) (*SurveyOut, error) {
	if err != nil {
		return nil, err
	}
	out := &SurveyOut{ETag: ETag(v.Version)}
	out.Body.Org, out.Body.ProgrammeID, out.Body.AnsweredAt = OrgNameView{ID: ID(v.Org.ID), Name: v.Org.Name}, ID(v.ProgrammeID), AtOrNil(v.UpdatedAt)
	out.Body.SurveyBody = SurveyBody{
		Needs: Views(v.Needs, func(i survey.Item) SurveyNeedBody {
			return SurveyNeedBody{Category: i.Code, Text: i.Text, Students: i.Amount}
		}),
		Venues: Views(v.Venues, func(i survey.Item) SurveyVenueBody {
			return SurveyVenueBody{Kind: i.Code, Place: i.Text, Capacity: i.Amount}
		}),
		Support: v.Support, Slots: newWeekBody(v.Slots), Skills: v.Skills, Partners: v.Partners, Students: v.Students,
	}
	return out, nil
}

// OrgSurveyIn names an organisation and a programme.
type OrgSurveyIn struct {
	OfProgrammeIn
	ID ID `path:"id" doc:"The organisation"`
}

// Survey tells what an organisation has said.
func (a *SurveyAPI) Survey(c *gin.Context, in *OrgSurveyIn) (*SurveyOut, error) {
	ctx := c.Request.Context()
	return newSurveyOut(a.Surveys.SurveyOf(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID)))
}

// AnswerSurveyIn says all of it anew.
type AnswerSurveyIn struct {
	OrgSurveyIn
	IfMatchIn
	Body SurveyBody
}

// Answer writes what an organisation says.
func (a *SurveyAPI) Answer(c *gin.Context, in *AnswerSurveyIn) (*SurveyOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newSurveyOut(a.Surveys.Answer(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), version, in.Body.answer()))
}

// SurveysIn narrows the list of those who are asked.
type SurveysIn struct {
	OrgSurveyIn
	PageIn
	Side     string `query:"side" enum:"LOCAL,CAMPUS" doc:"Only of this side" example:"LOCAL"`
	Kind     string `query:"kind" enum:"TOWN_YOUTH_WORK_COMMITTEE,COMMUNITY,YOUTH_HOME,VENUE,UNIVERSITY_COMMITTEE,DEPARTMENT_COMMITTEE,GENERAL_BRANCH,LEAGUE_BRANCH,STUDENT_CLUB,STUDENT_UNION,VOLUNTEER_ASSOCIATION" doc:"Only of this kind" example:"COMMUNITY"`
	Answered string `query:"answered" enum:"true,false" doc:"Only those who have answered, or have not" example:"false"`
}

// AskedView is an organisation that is asked.
type AskedView struct {
	Org        OrgNameView `json:"org" doc:"Who is asked"`
	Kind       string      `json:"kind" doc:"What it is" example:"COMMUNITY"`
	AnsweredAt *Time       `json:"answered_at,omitempty" doc:"When it answered, last; absent if it has not"`
	Partners   int64       `json:"partners" doc:"How many partners it can work with" example:"2"`
	Students   int64       `json:"students" doc:"How many students it can take or send" example:"12"`
}

// List lists who has answered and who has not.
func (a *SurveyAPI) List(c *gin.Context, in *SurveysIn) (*PageOut[AskedView], error) {
	f := survey.Filter{Side: in.Side, Kind: model.OrgKind(in.Kind)}
	if in.Answered != "" {
		yes := in.Answered == "true"
		f.Answered = &yes
	}
	ctx := c.Request.Context()
	rows, err := a.Surveys.Surveys(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), f, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(r survey.Asked) AskedView {
		return AskedView{Org: OrgNameView{ID: ID(r.ID), Name: r.Name}, Kind: string(r.Kind), AnsweredAt: AtOrNil(r.AnsweredAt), Partners: r.Partners, Students: r.Students}
	}), nil
}
