package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/project"
)

// ProjectAPI is projects and their teams.
type ProjectAPI struct{ Projects *project.Service }

// ProjectPlan is what the makers of a project write.
type ProjectPlan struct {
	Title    string   `json:"title" minLength:"1" maxLength:"100" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What the project is called" example:"茶园共建"`
	Field    string   `json:"field,omitempty" maxLength:"40" doc:"Code of one of the programme's fields" example:"ECOLOGY"`
	Category string   `json:"category,omitempty" maxLength:"40" doc:"Code of one of the programme's categories" example:"GOVERNANCE"`
	Goals    []string `json:"goals" minItems:"1" maxItems:"20" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Goals, one a line" example:"[\"每学期服务三次\"]"`
	Tasks    []string `json:"tasks" minItems:"1" maxItems:"20" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Tasks, one a line" example:"[\"春茶采摘\"]"`
	Duties   []string `json:"duties" minItems:"1" maxItems:"20" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Who does what, one a line" example:"[\"队长负责带队与安全\"]"`
	RiskPlan string   `json:"risk_plan,omitempty" maxLength:"2000" doc:"Risks and what is done about them; needed to submit" example:"山路湿滑，统一乘车"`
	Support  []string `json:"support,omitempty" maxItems:"6" uniqueItems:"true" enum:"TRANSPORT,MEAL,INSURANCE,FUNDS,MATERIAL,VENUE" doc:"What the host gives" example:"[\"TRANSPORT\",\"MEAL\"]"`
}

func (p ProjectPlan) plan() project.Plan {
	return project.Plan{
		Title: p.Title, Field: p.Field, Category: p.Category, Goals: p.Goals, Tasks: p.Tasks, Duties: p.Duties,
		RiskPlan: p.RiskPlan, Support: p.Support,
	}
}

// CreateProjectIn asks for a project.
type CreateProjectIn struct {
	IdemIn
	Body struct {
		PairingID ID `json:"pairing_id" doc:"An active pairing; programme and both sides are its own"`
		ProjectPlan
	}
}

// UpdateProjectIn writes the plan of a project anew.
type UpdateProjectIn struct {
	ID ID `path:"id" doc:"The project"`
	IfMatchIn
	Body ProjectPlan
}

// ProjectIn names a project.
type ProjectIn struct {
	ID ID `path:"id" doc:"The project"`
}

// ConfirmProjectIn is the yes of one side.
type ConfirmProjectIn struct {
	ID   ID `path:"id" doc:"The project"`
	Body struct {
		Side string `json:"side,omitempty" enum:"CAMPUS,LOCAL" doc:"For which side; needed only by who may speak for both" example:"CAMPUS"`
	}
}

// ProjectReasonIn names a project and why it is moved.
type ProjectReasonIn struct {
	ID   ID `path:"id" doc:"The project"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; kept in the audit log. No names of persons" example:"目标还不够具体"`
	}
}

// ListProjectsIn narrows the list of projects.
type ListProjectsIn struct {
	PageIn
	ProgrammeID ID     `query:"programme_id" doc:"Only of this programme"`
	PairingID   ID     `query:"pairing_id" doc:"Only of this pairing"`
	DemandID    ID     `query:"demand_id" doc:"Only drafted from this demand"`
	Status      string `query:"status" enum:"DRAFT,SUBMITTED,CAMPUS_OK,HOST_OK,RUNNING,CLOSING,CLOSED,STOPPED" doc:"Only in this state" example:"RUNNING"`
}

// OrgNameView names an organisation.
type OrgNameView struct {
	ID   ID     `json:"id" doc:"The organisation"`
	Name string `json:"name" doc:"Full name" example:"戊社区"`
}

func newOrgNameView(o model.Org) OrgNameView { return OrgNameView{ID: ID(o.ID), Name: o.Name} }

// ProjectView is a project.
type ProjectView struct {
	ID                ID          `json:"id" doc:"The project"`
	ProgrammeID       ID          `json:"programme_id" doc:"The programme of the pairing"`
	PairingID         ID          `json:"pairing_id" doc:"The pairing"`
	DemandID          *ID         `json:"demand_id,omitempty" doc:"The demand it was drafted from, if any"`
	Campus            OrgNameView `json:"campus" doc:"Campus side of the pairing"`
	Local             OrgNameView `json:"local" doc:"Local side of the pairing, the host"`
	Status            string      `json:"status" enum:"DRAFT,SUBMITTED,CAMPUS_OK,HOST_OK,RUNNING,CLOSING,CLOSED,STOPPED" doc:"CAMPUS_OK and HOST_OK: one side has confirmed" example:"RUNNING"`
	Title             string      `json:"title" doc:"What it is called" example:"茶园共建"`
	Field             string      `json:"field,omitempty" doc:"Code of one of the programme's fields" example:"ECOLOGY"`
	Category          string      `json:"category,omitempty" doc:"Code of one of the programme's categories" example:"GOVERNANCE"`
	Goals             []string    `json:"goals" nullable:"false" doc:"Goals" example:"[\"每学期服务三次\"]"`
	Tasks             []string    `json:"tasks" nullable:"false" doc:"Tasks" example:"[\"春茶采摘\"]"`
	Duties            []string    `json:"duties" nullable:"false" doc:"Who does what" example:"[\"队长负责带队与安全\"]"`
	RiskPlan          string      `json:"risk_plan,omitempty" doc:"Risks and what is done about them" example:"山路湿滑，统一乘车"`
	Support           []string    `json:"support" nullable:"false" enum:"TRANSPORT,MEAL,INSURANCE,FUNDS,MATERIAL,VENUE" doc:"What the host gives" example:"[\"TRANSPORT\"]"`
	CampusConfirmedAt *Time       `json:"campus_confirmed_at,omitempty" doc:"When the campus side confirmed"`
	LocalConfirmedAt  *Time       `json:"local_confirmed_at,omitempty" doc:"When the local side confirmed"`
	ReturnReason      string      `json:"return_reason,omitempty" doc:"Why it was sent back; until it is submitted again" example:"目标还不够具体"`
	CreatedAt         Time        `json:"created_at" doc:"When it was drafted"`
	UpdatedAt         Time        `json:"updated_at" doc:"When it last changed"`
}

func newProjectView(v project.View) ProjectView {
	p := v.Project
	out := ProjectView{
		ID: ID(p.ID), ProgrammeID: ID(p.ProgrammeID), PairingID: ID(p.PairingID), DemandID: idPointer(p.DemandID), Campus: newOrgNameView(v.Campus), Local: newOrgNameView(v.Local),
		Status: string(p.Status), Title: p.Title, Field: p.Field, Category: p.Category,
		Goals: append([]string{}, p.Goals...), Tasks: append([]string{}, p.Tasks...), Duties: append([]string{}, p.Duties...),
		RiskPlan: p.RiskPlan, Support: append([]string{}, p.Support...),
		CampusConfirmedAt: AtOrNil(p.CampusOKAt), LocalConfirmedAt: AtOrNil(p.HostOKAt), CreatedAt: At(p.CreatedAt), UpdatedAt: At(p.UpdatedAt),
	}
	if p.ReturnReason != nil {
		out.ReturnReason = *p.ReturnReason
	}
	return out
}

// ProjectOut answers one project.
type ProjectOut struct {
	ETag string `header:"ETag"`
	Body ProjectView
}

func newProjectOut(v project.View, err error) (*ProjectOut, error) {
	if err != nil {
		return nil, err
	}
	return &ProjectOut{ETag: ETag(v.Project.Version), Body: newProjectView(v)}, nil
}

// Create drafts a project of an active pairing.
func (a *ProjectAPI) Create(c *gin.Context, in *CreateProjectIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	return newProjectOut(a.Projects.CreateProject(ctx, access.From(ctx), in.Key(), project.NewProject{PairingID: int64(in.Body.PairingID), Plan: in.Body.plan()}))
}

// List lists the projects in the caller's sight, newest first.
func (a *ProjectAPI) List(c *gin.Context, in *ListProjectsIn) (*PageOut[ProjectView], error) {
	ctx := c.Request.Context()
	rows, err := a.Projects.Projects(ctx, access.From(ctx), project.ProjectFilter{
		ProgrammeID: int64(in.ProgrammeID), PairingID: int64(in.PairingID), DemandID: int64(in.DemandID), Status: model.ProjectStatus(in.Status),
	}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newProjectView), nil
}

// Get reads one project.
func (a *ProjectAPI) Get(c *gin.Context, in *ProjectIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	return newProjectOut(a.Projects.Project(ctx, access.From(ctx), int64(in.ID)))
}

// Update writes the plan anew; while the project runs only goals, tasks and duties may differ.
func (a *ProjectAPI) Update(c *gin.Context, in *UpdateProjectIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return newProjectOut(a.Projects.UpdateProject(ctx, access.From(ctx), int64(in.ID), version, in.Body.plan()))
}

// Submit puts a draft before both sides.
func (a *ProjectAPI) Submit(c *gin.Context, in *ProjectIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	return newProjectOut(a.Projects.SubmitProject(ctx, access.From(ctx), int64(in.ID)))
}

// Confirm says yes for one side; the second yes starts the project.
func (a *ProjectAPI) Confirm(c *gin.Context, in *ConfirmProjectIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	return newProjectOut(a.Projects.ConfirmProject(ctx, access.From(ctx), int64(in.ID), in.Body.Side))
}

// Return sends a submitted project back to its makers.
func (a *ProjectAPI) Return(c *gin.Context, in *ProjectReasonIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	return newProjectOut(a.Projects.ReturnProject(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// Stop ends a project for good.
func (a *ProjectAPI) Stop(c *gin.Context, in *ProjectReasonIn) (*ProjectOut, error) {
	ctx := c.Request.Context()
	return newProjectOut(a.Projects.StopProject(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// AddMemberIn asks for a place in a team.
type AddMemberIn struct {
	ID ID `path:"id" doc:"The project"`
	IdemIn
	Body struct {
		Role      string `json:"role" enum:"LEAD,MEMBER,ADVISOR" doc:"LEAD and MEMBER are students, ADVISOR is staff" example:"LEAD"`
		StudentID ID     `json:"student_id,omitempty" doc:"For LEAD and MEMBER: a student of the campus side or below it"`
		UserID    ID     `json:"user_id,omitempty" doc:"For ADVISOR: an advisor or committee officer at the campus side or above it"`
		FromOn    Date   `json:"from_on,omitempty" doc:"First day; today when left out"`
	}
}

// EndMemberIn ends a membership.
type EndMemberIn struct {
	ID   ID `path:"id" doc:"The membership"`
	Body struct {
		ToOn Date `json:"to_on,omitempty" doc:"First day on which the person is no longer in the team; today when left out"`
	}
}

// MemberView is a dated member of a team.
type MemberView struct {
	ID        ID     `json:"id" doc:"The membership"`
	ProjectID ID     `json:"project_id" doc:"The project"`
	Role      string `json:"role" enum:"LEAD,MEMBER,ADVISOR" doc:"LEAD and MEMBER are students, ADVISOR is staff" example:"LEAD"`
	StudentID *ID    `json:"student_id,omitempty" doc:"Of a LEAD or MEMBER"`
	UserID    *ID    `json:"user_id,omitempty" doc:"Of an ADVISOR"`
	Name      string `json:"name" doc:"In full for the team and those who keep it, masked for others on either side" example:"王小明"`
	FromOn    Date   `json:"from_on" doc:"First day"`
	ToOn      Date   `json:"to_on,omitempty" doc:"First day after; absent while it lasts"`
}

func newMemberView(m project.Member) MemberView {
	v := MemberView{ID: ID(m.Row.ID), ProjectID: ID(m.Row.ProjectID), Role: m.Row.Role, Name: m.Name, FromOn: Date(m.Row.FromOn)}
	v.StudentID, v.UserID = idOrNil(m.Row.StudentID), idOrNil(m.Row.UserID)
	if m.Row.ToOn != nil {
		v.ToOn = Date(*m.Row.ToOn)
	}
	return v
}

// MemberOut answers one member.
type MemberOut struct{ Body MemberView }

// AddMember puts a person into a team.
func (a *ProjectAPI) AddMember(c *gin.Context, in *AddMemberIn) (*MemberOut, error) {
	ctx := c.Request.Context()
	m, err := a.Projects.AddMember(ctx, access.From(ctx), in.Key(), project.NewMember{
		ProjectID: int64(in.ID), Role: in.Body.Role, StudentID: int64(in.Body.StudentID), UserID: int64(in.Body.UserID), FromOn: model.Date(in.Body.FromOn),
	})
	if err != nil {
		return nil, err
	}
	return &MemberOut{Body: newMemberView(m)}, nil
}

// EndMember ends a membership of a team.
func (a *ProjectAPI) EndMember(c *gin.Context, in *EndMemberIn) (*MemberOut, error) {
	ctx := c.Request.Context()
	m, err := a.Projects.EndMember(ctx, access.From(ctx), int64(in.ID), model.Date(in.Body.ToOn))
	if err != nil {
		return nil, err
	}
	return &MemberOut{Body: newMemberView(m)}, nil
}

// ListMembers lists everyone who is or was in a team; one page, teams are small.
func (a *ProjectAPI) ListMembers(c *gin.Context, in *ProjectIn) (*PageOut[MemberView], error) {
	ctx := c.Request.Context()
	members, err := a.Projects.Members(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return NewPage(page.Result[project.Member]{Items: members}, newMemberView), nil
}
