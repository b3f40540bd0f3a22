package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/programme"
)

// ProgrammeAPI is practice programmes.
type ProgrammeAPI struct{ Programmes *programme.Service }

// PhaseView is one stage of a programme, both days included.
type PhaseView struct {
	Kind     string `json:"kind" enum:"PILOT,EVALUATION,ROLLOUT" doc:"Stages come in this order, each at most once" example:"PILOT"`
	StartsOn Date   `json:"starts_on" doc:"First day" example:"2026-09-01"`
	EndsOn   Date   `json:"ends_on,omitempty" doc:"Last day; absent when the last stage has no end" example:"2026-12-31"`
}

// MilestoneView is a due day of a programme.
type MilestoneView struct {
	ID    ID     `json:"id" doc:"The milestone"`
	Kind  string `json:"kind" enum:"PAIRING,KICKOFF,CASES,SUMMARY,OTHER" doc:"What is due" example:"PAIRING"`
	Name  string `json:"name" doc:"What people read" example:"组织结对截止"`
	DueOn Date   `json:"due_on" doc:"Last day" example:"2026-11-15"`
}

func newMilestoneView(m model.Milestone) MilestoneView {
	return MilestoneView{ID: ID(m.ID), Kind: m.Kind, Name: m.Name, DueOn: Date(m.DueOn)}
}

// PresetView is the policy of a published document.
type PresetView struct {
	Code   string      `json:"code" doc:"What createProgramme takes as preset" example:"MAOMING_2022"`
	Name   string      `json:"name" doc:"Title of the plan" example:"大学生社区实践计划"`
	Source string      `json:"source" doc:"The document" example:"共青团茂名职业技术学院委员会〔2022〕18号"`
	Policy PolicyView  `json:"policy" doc:"Its rules; 0 and empty mean that it asks for nothing there"`
	Phases []PhaseView `json:"phases" doc:"Its stages"`
}

// ProgrammeView is a programme.
type ProgrammeView struct {
	ID            ID          `json:"id" doc:"The programme"`
	Code          string      `json:"code" doc:"Short code, unique" example:"SQSJ-2026"`
	Name          string      `json:"name" doc:"Full name" example:"大学生社区实践计划（2026）"`
	Owner         OrgNameView `json:"owner" doc:"Who runs it; what stands below is its scope"`
	Status        string      `json:"status" enum:"DRAFT,ACTIVE,CLOSED" doc:"Drafts are seen only by those who may write them" example:"ACTIVE"`
	PolicyVersion int64       `json:"policy_version" doc:"Number of the newest version of the policy" example:"1"`
	CreatedAt     Time        `json:"created_at" doc:"When it was made"`
	UpdatedAt     Time        `json:"updated_at" doc:"When it last changed"`
}

func newProgrammeView(p model.Programme, owner string) ProgrammeView {
	return ProgrammeView{
		ID: ID(p.ID), Code: p.Code, Name: p.Name, Owner: OrgNameView{ID: ID(p.OwnerOrgID), Name: owner}, Status: string(p.Status),
		PolicyVersion: p.PolicyVersion, CreatedAt: At(p.CreatedAt), UpdatedAt: At(p.UpdatedAt),
	}
}

// ProgrammeDetailView is a programme with all that belongs to it.
type ProgrammeDetailView struct {
	ProgrammeView
	Policy     PolicyView      `json:"policy" doc:"The newest version of its rules"`
	Phases     []PhaseView     `json:"phases" doc:"Its stages, in order"`
	Milestones []MilestoneView `json:"milestones" doc:"Its due days, earliest first"`
}

// ProgrammeOut answers one programme.
type ProgrammeOut struct {
	ETag string `header:"ETag"`
	Body ProgrammeDetailView
}

func newProgrammeOut(d programme.Detail, err error) (*ProgrammeOut, error) {
	if err != nil {
		return nil, err
	}
	return &ProgrammeOut{ETag: ETag(d.Programme.Version), Body: ProgrammeDetailView{
		ProgrammeView: newProgrammeView(d.Programme, d.OwnerName), Policy: newPolicyView(d.Policy),
		Phases: Views(d.Phases, newStoredPhaseView), Milestones: Views(d.Milestones, newMilestoneView),
	}}, nil
}

func newPhaseView(p programme.Phase) PhaseView {
	return PhaseView{Kind: p.Kind, StartsOn: Date(p.StartsOn), EndsOn: Date(p.EndsOn)}
}

func newStoredPhaseView(p model.Phase) PhaseView {
	return PhaseView{Kind: p.Kind, StartsOn: Date(p.StartsOn), EndsOn: dateOrEmpty(p.EndsOn)}
}

func dateOrEmpty(d *model.Date) Date {
	if d == nil {
		return ""
	}
	return Date(*d)
}

func phasesOf(phases []PhaseView) []programme.Phase {
	if phases == nil {
		return nil
	}
	return Views(phases, func(p PhaseView) programme.Phase {
		return programme.Phase{Kind: p.Kind, StartsOn: model.Date(p.StartsOn), EndsOn: model.Date(p.EndsOn)}
	})
}

// Presets lists the two documents.
func (a *ProgrammeAPI) Presets(*gin.Context, *NoIn) (*PageOut[PresetView], error) {
	return NewPage(page.Result[programme.Preset]{Items: programme.Presets()}, func(p programme.Preset) PresetView {
		return PresetView{Code: p.Code, Name: p.Name, Source: p.Source, Policy: newPolicyView(p.Policy), Phases: Views(p.Phases, newPhaseView)}
	}), nil
}

// CreateProgrammeIn asks for a programme.
type CreateProgrammeIn struct {
	IdemIn
	Body struct {
		Code       string       `json:"code" pattern:"^[A-Z0-9][A-Z0-9_-]{1,39}$" patternDescription:"2–40 of A-Z 0-9 - _" doc:"Short code, unique" example:"SQSJ-2026"`
		Name       string       `json:"name" minLength:"1" maxLength:"100" doc:"Full name" example:"大学生社区实践计划（2026）"`
		OwnerOrgID ID           `json:"owner_org_id" doc:"A university's, county's, city's or provincial committee"`
		Preset     string       `json:"preset,omitempty" enum:"MAOMING_2022,SHANDONG_2023" doc:"Whose rules to begin with" example:"MAOMING_2022"`
		Policy     PolicyChange `json:"policy,omitempty" doc:"Rules that differ from the preset; all rules when there is none"`
		Phases     []PhaseView  `json:"phases,omitempty" maxItems:"3" doc:"Stages; those of the preset when left out"`
	}
}

// Create makes a draft.
func (a *ProgrammeAPI) Create(c *gin.Context, in *CreateProgrammeIn) (*ProgrammeOut, error) {
	ctx := c.Request.Context()
	return newProgrammeOut(a.Programmes.Create(ctx, access.From(ctx), in.Key(), programme.New{
		Code: in.Body.Code, Name: in.Body.Name, OwnerOrgID: int64(in.Body.OwnerOrgID), Preset: in.Body.Preset,
		Policy: in.Body.Policy.override(), Phases: phasesOf(in.Body.Phases),
	}))
}

// ListProgrammesIn narrows the list of programmes.
type ListProgrammesIn struct {
	PageIn
	Status     string `query:"status" enum:"DRAFT,ACTIVE,CLOSED" doc:"Only in this state" example:"ACTIVE"`
	OwnerOrgID ID     `query:"owner_org_id" doc:"Only of this owner"`
}

// List lists programmes, newest first.
func (a *ProgrammeAPI) List(c *gin.Context, in *ListProgrammesIn) (*PageOut[ProgrammeView], error) {
	ctx := c.Request.Context()
	rows, err := a.Programmes.List(ctx, access.From(ctx), programme.Filter{
		Status: model.ProgrammeStatus(in.Status), OwnerOrgID: int64(in.OwnerOrgID),
	}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(r programme.Row) ProgrammeView { return newProgrammeView(r.Programme, r.OwnerName) }), nil
}

// ProgrammeIn names a programme.
type ProgrammeIn struct {
	ID ID `path:"id" doc:"The programme"`
}

// Get reads one programme.
func (a *ProgrammeAPI) Get(c *gin.Context, in *ProgrammeIn) (*ProgrammeOut, error) {
	ctx := c.Request.Context()
	return newProgrammeOut(a.Programmes.Get(ctx, access.From(ctx), int64(in.ID)))
}

// UpdateProgrammeIn changes what stands beside the policy.
type UpdateProgrammeIn struct {
	ID ID `path:"id" doc:"The programme"`
	IfMatchIn
	Body struct {
		Name   string      `json:"name" minLength:"1" maxLength:"100" doc:"Full name" example:"大学生社区实践计划（2026）"`
		Phases []PhaseView `json:"phases,omitempty" maxItems:"3" doc:"All stages; they stay as they are when left out"`
	}
}

// Update changes name and stages.
func (a *ProgrammeAPI) Update(c *gin.Context, in *UpdateProgrammeIn) (*ProgrammeOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newProgrammeOut(a.Programmes.Update(ctx, access.From(ctx), int64(in.ID), version, programme.Edit{
		Name: in.Body.Name, Phases: phasesOf(in.Body.Phases),
	}))
}

// PutPolicyIn gives a new version of the policy.
type PutPolicyIn struct {
	ID ID `path:"id" doc:"The programme"`
	IfMatchIn
	Body PolicyView
}

// PutPolicy adds a version of the policy; the old ones stay.
func (a *ProgrammeAPI) PutPolicy(c *gin.Context, in *PutPolicyIn) (*ProgrammeOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newProgrammeOut(a.Programmes.PutPolicy(ctx, access.From(ctx), int64(in.ID), version, in.Body.policy()))
}

// Activate opens a draft.
func (a *ProgrammeAPI) Activate(c *gin.Context, in *ProgrammeIn) (*ProgrammeOut, error) {
	ctx := c.Request.Context()
	return newProgrammeOut(a.Programmes.Activate(ctx, access.From(ctx), int64(in.ID)))
}

// Close ends a programme.
func (a *ProgrammeAPI) Close(c *gin.Context, in *ProgrammeIn) (*ProgrammeOut, error) {
	ctx := c.Request.Context()
	return newProgrammeOut(a.Programmes.Close(ctx, access.From(ctx), int64(in.ID)))
}
