package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/account"
)

// MyRoleView is one role of the caller that is in effect.
type MyRoleView struct {
	Role    string `json:"role" enum:"ADVISOR,BRANCH_SECRETARY,CLUB_LEAD,HOST_STAFF,TOWN_OFFICER,COMMITTEE_OFFICER,OPERATOR,SECURITY_ADMIN,AUDITOR" doc:"What the caller is there" example:"COMMITTEE_OFFICER"`
	OrgID   *ID    `json:"org_id,omitempty" doc:"The organisation; absent for a system role"`
	OrgName string `json:"org_name,omitempty" doc:"Its name" example:"己大学团委"`
	OrgKind string `json:"org_kind,omitempty" doc:"What it is; the level of a committee officer follows from it" example:"UNIVERSITY_COMMITTEE"`
	From    Time   `json:"from" doc:"In effect since"`
	To      *Time  `json:"to,omitempty" doc:"In effect until; absent without end"`
}

// MyRoleOut is the answer of an operation that gives the caller a role.
type MyRoleOut struct{ Body MyRoleView }

func newMyRoleView(r account.MyRole) MyRoleView {
	v := MyRoleView{Role: string(r.Role), OrgName: r.OrgName, OrgKind: r.OrgKind, From: At(r.From), To: AtOrNil(r.To)}
	if r.OrgID != 0 {
		id := ID(r.OrgID)
		v.OrgID = &id
	}
	return v
}

// MyStudentView is the caller's own student profile.
type MyStudentView struct {
	ID             ID       `json:"id" doc:"The student_id of every sign-up and record"`
	Name           string   `json:"name" doc:"As in the university's roster" example:"李同学"`
	StudentNo      string   `json:"student_no" doc:"Student number" example:"202300017"`
	UniversityID   ID       `json:"university_id" doc:"The university's organisation"`
	UniversityName string   `json:"university_name" doc:"Its name" example:"己大学团委"`
	BranchID       ID       `json:"branch_id" doc:"The league branch today"`
	BranchName     string   `json:"branch_name" doc:"Its name" example:"辛班团支部"`
	Major          string   `json:"major,omitempty" doc:"Major, if known" example:"社会学"`
	Grade          string   `json:"grade,omitempty" doc:"Year of entry, if known" example:"2025"`
	Tags           []string `json:"tags" nullable:"false" enum:"LEAGUE_CADRE,QINGMA,LEAGUE_MEMBER,ORDINARY" doc:"What the roster says of the student" example:"[\"LEAGUE_MEMBER\"]"`
	HomeRegion     string   `json:"home_region,omitempty" doc:"12-digit division, if known" example:"370102000000"`
	GraduatesOn    Date     `json:"graduates_on,omitempty" doc:"Expected, if known"`
}

func newMyStudentView(s *account.MyStudent) *MyStudentView {
	if s == nil {
		return nil
	}
	v := &MyStudentView{
		ID: ID(s.ID), Name: s.Name, StudentNo: s.StudentNo, UniversityID: ID(s.UniversityID), UniversityName: s.UniversityName,
		BranchID: ID(s.BranchID), BranchName: s.BranchName, Major: s.Major, Grade: s.Grade, HomeRegion: s.HomeRegion,
		Tags: append([]string{}, s.Tags...),
	}
	if s.GraduatesOn != nil {
		v.GraduatesOn = Date(*s.GraduatesOn)
	}
	return v
}

// MeView is the caller's own account.
type MeView struct {
	ID        ID             `json:"id" doc:"The user"`
	Name      string         `json:"name" doc:"Empty until the person or a roster says it" example:"李同学"`
	Phone     string         `json:"phone,omitempty" doc:"Masked; absent if unknown" example:"138****0001"`
	Status    string         `json:"status" enum:"ACTIVE" doc:"Nobody else gets here" example:"ACTIVE"`
	Roles     []MyRoleView   `json:"roles" nullable:"false" doc:"The roles that count now"`
	Student   *MyStudentView `json:"student,omitempty" doc:"Absent until a student profile is bound to the account"`
	CreatedAt Time           `json:"created_at" doc:"First login"`
}

// MeOut is the caller's own account with its version.
type MeOut struct {
	ETag string `header:"ETag"`
	Body MeView
}

func newMeOut(me account.Me) *MeOut {
	return &MeOut{ETag: ETag(me.User.Version), Body: MeView{
		ID: ID(me.User.ID), Name: me.Name, Phone: me.Phone, Status: me.User.Status, Roles: Views(me.Roles, newMyRoleView),
		Student: newMyStudentView(me.Student), CreatedAt: At(me.User.CreatedAt),
	}}
}

// Me tells the caller about themselves.
func (a *AccountAPI) Me(c *gin.Context, _ *NoIn) (*MeOut, error) {
	ctx := c.Request.Context()
	me, err := a.Accounts.Me(ctx, access.From(ctx))
	if err != nil {
		return nil, err
	}
	return newMeOut(me), nil
}

// UpdateMeIn carries what a person may change of their own account.
type UpdateMeIn struct {
	IfMatchIn
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100" doc:"1–50 letters, spaces, ·, - and '; possible until a student profile is bound" example:"陈晓明"`
	}
}

// UpdateMe sets the caller's name.
func (a *AccountAPI) UpdateMe(c *gin.Context, in *UpdateMeIn) (*MeOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	me, err := a.Accounts.UpdateMe(ctx, access.From(ctx), version, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return newMeOut(me), nil
}

// BindPhoneIn carries the code of the phone button.
type BindPhoneIn struct {
	Body struct {
		Code string `json:"code" minLength:"8" maxLength:"128" pattern:"^[A-Za-z0-9_-]+$" doc:"What the phone button (open-type getPhoneNumber) gave, another code than wx.login's; used once within 5 minutes; with the simulated WeChat dev-<name>-<any>" example:"dev-xiaoli-0002"`
	}
}

// BindPhone sets the caller's phone number.
func (a *AccountAPI) BindPhone(c *gin.Context, in *BindPhoneIn) (*MeOut, error) {
	ctx := c.Request.Context()
	me, err := a.Accounts.BindPhone(ctx, access.From(ctx), in.Body.Code)
	if err != nil {
		return nil, err
	}
	return newMeOut(me), nil
}

// RemovePhone takes the caller's phone number back.
func (a *AccountAPI) RemovePhone(c *gin.Context, _ *NoIn) (*MeOut, error) {
	ctx := c.Request.Context()
	me, err := a.Accounts.RemovePhone(ctx, access.From(ctx))
	if err != nil {
		return nil, err
	}
	return newMeOut(me), nil
}
