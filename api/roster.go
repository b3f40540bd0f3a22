package api

import (
	"fmt"
	"io"

	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/org"
)

// MaxRosterUpload is the largest form with a roster in it, in bytes: the file and what stands around it.
const MaxRosterUpload = org.MaxRosterBytes + 64<<10

// RosterForm carries a roster.
type RosterForm struct {
	File    FormFile `form:"file" contentType:"application/octet-stream" required:"true" doc:"XLSX, or CSV in UTF-8 or GB18030, at most 10 MiB and 20,000 rows, with a header row: 学号 student_no, 姓名 name, 团支部/班级 branch, and if wanted 系/院系 department, 专业 major, 年级 grade, 身份/标签 tags, 毕业时间 graduates_on, 家庭所在地 home_region (division code)"`
	Partial bool     `form:"partial" required:"false" doc:"Import the good rows although others are wrong; otherwise one wrong row refuses the file"`
	Reason  string   `form:"reason" required:"false" maxLength:"200" doc:"Why; required of university officers, kept in the audit log" example:"2026 级新生名册"`
}

// ImportRosterIn is a roster of an organisation's students.
type ImportRosterIn struct {
	ID      ID `path:"id"`
	RawBody Form[RosterForm]
}

// RowErrorView is one wrong row.
type RowErrorView struct {
	Line   int    `json:"line" doc:"Row of the sheet or line of the text, from 1" example:"17"`
	Column string `json:"column,omitempty" doc:"Which column, by its English name; absent for the row as a whole" example:"branch"`
	Code   string `json:"code" doc:"Stable: pattern, format, enum, max_length, duplicate, not_found, ambiguous, out_of_scope, extra_cells" example:"not_found"`
	Detail string `json:"detail" doc:"What is wrong, for people" example:"没有这个团支部，请先建立或核对名称与院系"`
}

// RosterReportView says what an import did.
type RosterReportView struct {
	Rows           int            `json:"rows" doc:"Rows of the file that are not blank" example:"412"`
	Created        int            `json:"created" doc:"New students" example:"400"`
	Updated        int            `json:"updated" doc:"Students of whom the file said something else" example:"8"`
	Unchanged      int            `json:"unchanged" doc:"Students of whom it said nothing new" example:"3"`
	Failed         int            `json:"failed" doc:"Wrong rows that were left out (only with partial)" example:"1"`
	Errors         []RowErrorView `json:"errors" nullable:"false" doc:"The wrong rows by line, at most 500"`
	IgnoredColumns []string       `json:"ignored_columns" nullable:"false" doc:"Headers that mean nothing here" example:"[\"备注\"]"`
}

// RosterReportOut is the answer of an import.
type RosterReportOut struct{ Body RosterReportView }

func newRosterReportOut(r org.Report, english bool) *RosterReportOut {
	return &RosterReportOut{Body: RosterReportView{
		Rows: r.Rows, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Failed: r.Failed,
		Errors: Views(r.Errors, func(e org.RowError) RowErrorView {
			return RowErrorView{Line: e.Line, Column: e.Column, Code: e.Code, Detail: pick(english, e.ZH, e.EN)}
		}),
		IgnoredColumns: append([]string{}, r.Ignored...),
	}}
}

// ImportRoster brings the students of an organisation in line with a file.
func (a *MemberAPI) ImportRoster(c *gin.Context, in *ImportRosterIn) (*RosterReportOut, error) {
	form := in.RawBody.Data()
	data, err := io.ReadAll(io.LimitReader(form.File, org.MaxRosterBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read uploaded roster: %w", err)
	}
	ctx := c.Request.Context()
	opts := org.ImportOptions{Partial: form.Partial, Reason: form.Reason}
	report, err := a.Orgs.ImportRoster(ctx, access.From(ctx), int64(in.ID), data, opts)
	if err != nil {
		return nil, err
	}
	return newRosterReportOut(report, speaksEnglish(c)), nil
}
