package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/survey"
)

// SlotSumView counts one block of the week.
type SlotSumView struct {
	Day   int   `json:"day" doc:"0 is Monday" example:"5"`
	Block int   `json:"block" doc:"0 is 8–10 o'clock, 5 is 18–20" example:"0"`
	Count int64 `json:"count" doc:"How many" example:"14"`
}

func newSlotSumView(s survey.SlotSum) SlotSumView { return SlotSumView(s) }

// SurveySideView sums up one side.
type SurveySideView struct {
	Asked    int64         `json:"asked" doc:"Active organisations of this side" example:"40"`
	Answered int64         `json:"answered" doc:"Of them, with an answer" example:"31"`
	Partners int64         `json:"partners" doc:"Partners that they can work with" example:"55"`
	Students int64         `json:"students" doc:"Students that they can take or send" example:"420"`
	Slots    []SlotSumView `json:"slots" doc:"How many are open, by block; those with none are left out"`
}

func newSurveySideView(s survey.SideSum) SurveySideView {
	return SurveySideView{Asked: s.Asked, Answered: s.Answered, Partners: s.Partners, Students: s.Students, Slots: Views(s.Slots, newSlotSumView)}
}

// SurveyLineView sums up one kind of need, venue or support.
type SurveyLineView struct {
	Code   string `json:"code" doc:"Category, venue type or kind of support" example:"CULTURE"`
	Orgs   int64  `json:"orgs" doc:"Organisations that named it" example:"12"`
	Amount int64  `json:"amount" doc:"People needed, or people that the venues hold; 0 for support" example:"80"`
}

func newSurveyLineView(l survey.LineSum) SurveyLineView {
	return SurveyLineView{Code: l.Code, Orgs: l.Orgs, Amount: l.Amount}
}

// CodeCountView counts students by a code.
type CodeCountView struct {
	Code  string `json:"code" doc:"Category or skill" example:"TUTORING"`
	Count int64  `json:"count" doc:"Students, rounded down to a multiple of 5" example:"15"`
}

func newCodeCountView(s survey.CodeSum) CodeCountView { return CodeCountView(s) }

// SurveySummaryView is what answers add up to.
type SurveySummaryView struct {
	Hosts     SurveySideView   `json:"hosts" doc:"The local side"`
	Campus    SurveySideView   `json:"campus" doc:"The campus side"`
	Needs     []SurveyLineView `json:"needs" doc:"By category"`
	Venues    []SurveyLineView `json:"venues" doc:"By type"`
	Support   []SurveyLineView `json:"support" doc:"By kind"`
	Willing   int64            `json:"willing_students" doc:"Students who want to take part, rounded down to a multiple of 5" example:"120"`
	Interests []CodeCountView  `json:"interests" doc:"Of them, who named a category, the most wanted first"`
	Skills    []CodeCountView  `json:"skills" doc:"Of them, who have a skill, in the order of the policy"`
	Slots     []SlotSumView    `json:"slots" doc:"Of them, who are free, by block, rounded down to multiples of 5"`
	Hidden    bool             `json:"hidden" doc:"Whether numbers of fewer than 5 students were left out" example:"false"`
}

// SurveySummaryOut answers a summary.
type SurveySummaryOut struct{ Body SurveySummaryView }

// Summary tells what the answers at and below an organisation add up to.
func (a *SurveyAPI) Summary(c *gin.Context, in *OrgSurveyIn) (*SurveySummaryOut, error) {
	ctx := c.Request.Context()
	s, err := a.Surveys.SummaryOf(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID))
	if err != nil {
		return nil, err
	}
	return &SurveySummaryOut{Body: SurveySummaryView{
		Hosts: newSurveySideView(s.Hosts), Campus: newSurveySideView(s.Campus),
		Needs: Views(s.Needs, newSurveyLineView), Venues: Views(s.Venues, newSurveyLineView), Support: Views(s.Support, newSurveyLineView),
		Willing: s.Willing, Interests: Views(s.Interests, newCodeCountView), Skills: Views(s.Skills, newCodeCountView), Slots: Views(s.Slots, newSlotSumView), Hidden: s.Hidden,
	}}, nil
}

// HostBlocksIn pages the students whom a host keeps away.
type HostBlocksIn struct {
	PageIn
	ID ID `path:"id" doc:"The host"`
}

// HostBlockView is a student whom a host keeps away.
type HostBlockView struct {
	StudentID ID     `json:"student_id" doc:"The student"`
	Name      string `json:"name" doc:"Masked" example:"王*"`
	Reason    string `json:"reason" doc:"Why" example:"多次中途离开孩子"`
	By        ID     `json:"by" doc:"Who decided it"`
	ByName    string `json:"by_name" doc:"Name of who decided it; empty if none is known" example:"李干事"`
	At        Time   `json:"at" doc:"When"`
}

func newHostBlockView(b survey.HostBlock) HostBlockView {
	return HostBlockView{StudentID: ID(b.StudentID), Name: b.Name, Reason: b.Reason, By: ID(b.By), ByName: b.ByName, At: At(b.At)}
}

// Blocks lists the students whom a host keeps away.
func (a *SurveyAPI) Blocks(c *gin.Context, in *HostBlocksIn) (*PageOut[HostBlockView], error) {
	ctx := c.Request.Context()
	rows, err := a.Surveys.Blocks(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newHostBlockView), nil
}

// HostBlockIn names a student at a host.
type HostBlockIn struct {
	ID        ID `path:"id" doc:"The host"`
	StudentID ID `path:"student_id" doc:"A student who has signed up for an activity here before"`
}

// BlockStudentIn says why.
type BlockStudentIn struct {
	HostBlockIn
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Why; only the host's own people read it" example:"多次中途离开孩子"`
	}
}

// BlockStudentOut answers the block.
type BlockStudentOut struct{ Body HostBlockView }

// Block keeps a student away.
func (a *SurveyAPI) Block(c *gin.Context, in *BlockStudentIn) (*BlockStudentOut, error) {
	ctx := c.Request.Context()
	b, err := a.Surveys.Block(ctx, access.From(ctx), int64(in.ID), int64(in.StudentID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &BlockStudentOut{Body: newHostBlockView(b)}, nil
}

// Unblock lets a student come again.
func (a *SurveyAPI) Unblock(c *gin.Context, in *HostBlockIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Surveys.Unblock(ctx, access.From(ctx), int64(in.ID), int64(in.StudentID))
}
