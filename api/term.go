package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// TermView is one term of a university.
type TermView struct {
	ID           ID     `json:"id" doc:"The term"`
	UniversityID ID     `json:"university_id" doc:"Whose"`
	Name         string `json:"name" doc:"As the university calls it" example:"2026-2027-1"`
	StartsOn     Date   `json:"starts_on" doc:"First day" example:"2026-09-01"`
	EndsOn       Date   `json:"ends_on" doc:"Last day, which belongs to the term" example:"2027-01-20"`
	CreatedAt    Time   `json:"created_at" doc:"When it was entered"`
}

// TermOut is one term.
type TermOut struct{ Body TermView }

func newTermView(t model.Term) TermView {
	return TermView{ID: ID(t.ID), UniversityID: ID(t.UniversityID), Name: t.Name, StartsOn: Date(t.StartsOn), EndsOn: Date(t.EndsOn), CreatedAt: At(t.CreatedAt)}
}

// ListTermsIn names a university.
type ListTermsIn struct {
	PageIn
	ID ID `path:"id"`
}

// ListTerms lists the terms of a university, newest first.
func (a *OrgAPI) ListTerms(c *gin.Context, in *ListTermsIn) (*PageOut[TermView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.Terms(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newTermView), nil
}

// CreateTermIn is a term to be.
type CreateTermIn struct {
	IdemIn
	ID   ID `path:"id"`
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"40" pattern:"\\S" patternDescription:"not blank" doc:"As the university calls it" example:"2026-2027-1"`
		StartsOn Date   `json:"starts_on" doc:"First day" example:"2026-09-01"`
		EndsOn   Date   `json:"ends_on" doc:"Last day; not before the first" example:"2027-01-20"`
	}
}

// CreateTerm adds a term to a university.
func (a *OrgAPI) CreateTerm(c *gin.Context, in *CreateTermIn) (*TermOut, error) {
	ctx := c.Request.Context()
	term := org.NewTerm{Name: in.Body.Name, StartsOn: model.Date(in.Body.StartsOn), EndsOn: model.Date(in.Body.EndsOn)}
	row, err := a.Orgs.CreateTerm(ctx, access.From(ctx), in.Key(), int64(in.ID), term)
	if err != nil {
		return nil, err
	}
	return &TermOut{Body: newTermView(row)}, nil
}
