package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/org"
)

// MemberAPI is how students come to their university and branch: binding, join codes, rosters.
type MemberAPI struct{ Orgs *org.Service }

// StudentView is a student as the own organisation sees them.
type StudentView struct {
	ID           ID       `json:"id" doc:"The student_id of every sign-up and record"`
	UniversityID ID       `json:"university_id" doc:"The university's organisation"`
	BranchID     ID       `json:"branch_id" doc:"The league branch today"`
	Name         string   `json:"name" doc:"As in the roster; masked for the university" example:"李同学"`
	StudentNo    string   `json:"student_no" doc:"Student number, masked for the university" example:"202300017"`
	Bound        bool     `json:"bound" doc:"Whether an account is bound to the student" example:"true"`
	Major        string   `json:"major,omitempty" doc:"Major, if known" example:"社会学"`
	Grade        string   `json:"grade,omitempty" doc:"Year of entry, if known" example:"2025"`
	Tags         []string `json:"tags" nullable:"false" enum:"LEAGUE_CADRE,QINGMA,LEAGUE_MEMBER,ORDINARY" doc:"What the roster says of the student" example:"[\"LEAGUE_MEMBER\"]"`
	HomeRegion   string   `json:"home_region,omitempty" doc:"12-digit division, if known" example:"370102000000"`
	GraduatesOn  Date     `json:"graduates_on,omitempty" doc:"Expected, if known"`
}

// StudentOut is one student.
type StudentOut struct{ Body StudentView }

func newStudentView(s org.StudentInfo) StudentView {
	v := StudentView{
		ID: ID(s.ID), UniversityID: ID(s.UniversityID), BranchID: ID(s.BranchID), Name: s.Name, StudentNo: s.Number, Bound: s.UserID != nil,
		Major: s.Major, Grade: s.Grade, Tags: append([]string{}, s.Tags...), HomeRegion: s.HomeRegion,
	}
	if s.GraduatesOn != nil {
		v.GraduatesOn = Date(*s.GraduatesOn)
	}
	return v
}

// ListStudentsIn names an organisation.
type ListStudentsIn struct {
	PageIn
	ID ID `path:"id"`
}

// ListStudents lists the students of an organisation and all below it, branch by branch.
func (a *MemberAPI) ListStudents(c *gin.Context, in *ListStudentsIn) (*PageOut[StudentView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.Students(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newStudentView), nil
}

// BindStudentIn says which student the caller is.
type BindStudentIn struct {
	Body struct {
		UniversityID ID     `json:"university_id" doc:"The university, found under /orgs?kind=UNIVERSITY_COMMITTEE"`
		StudentNo    string `json:"student_no" minLength:"1" maxLength:"64" doc:"Student number; full-width digits and blanks do not matter" example:"202300017"`
		Name         string `json:"name" minLength:"1" maxLength:"100" doc:"Name as in the roster" example:"李同学"`
	}
}

// BindStudent ties the caller's account to a student of a university's roster.
func (a *MemberAPI) BindStudent(c *gin.Context, in *BindStudentIn) (*StudentOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.BindStudent(ctx, access.From(ctx), int64(in.Body.UniversityID), org.Claim{StudentNo: in.Body.StudentNo, Name: in.Body.Name})
	if err != nil {
		return nil, err
	}
	return &StudentOut{Body: newStudentView(info)}, nil
}
