package project

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
)

// texts are those of an activity that others read.
func (d Draft) texts() []content.Text {
	all := []content.Text{{At: "/title", Text: d.Title}, {At: "/summary", Text: d.Summary}, {At: "/risk_note", Text: d.RiskNote}}
	for i, s := range d.Sessions {
		all = append(all, content.Text{At: fmt.Sprintf("/sessions/%d/place", i), Text: s.Place})
	}
	for i, p := range d.Positions {
		at := fmt.Sprintf("/positions/%d", i)
		all = append(all, content.Text{At: at + "/title", Text: p.Title}, content.Text{At: at + "/description", Text: p.Description})
	}
	return all
}

// texts are those of a project that the other side reads.
func (p Plan) texts() []content.Text {
	all := []content.Text{{At: "/title", Text: p.Title}, {At: "/risk_plan", Text: p.RiskPlan}}
	for _, list := range []struct {
		at    string
		items []string
	}{{"/goals", p.Goals}, {"/tasks", p.Tasks}, {"/duties", p.Duties}} {
		for i, item := range list.items {
			all = append(all, content.Text{At: fmt.Sprintf("%s/%d", list.at, i), Text: item})
		}
	}
	return all
}

// planOf reads a project's content back.
func planOf(p model.Project) Plan {
	return Plan{
		Title: p.Title, Field: p.Field, Category: p.Category, Goals: p.Goals, Tasks: p.Tasks, Duties: p.Duties, RiskPlan: p.RiskPlan, Support: p.Support,
	}
}

// passed is nil when every text of the activity as it stands may be shown; see content.Service.Passed.
func (s *Service) passed(tx *gorm.DB, actor access.Actor, sc activityScene) error {
	d, err := draftOf(tx, sc.row)
	if err != nil {
		return err
	}
	return s.Content.Passed(tx, actor, content.Activity, sc.organiser.Path, d.texts())
}

// offered has the texts looked at that will be published later.
func (s *Service) offered(tx *gorm.DB, actor access.Actor, sc activityScene) error {
	d, err := draftOf(tx, sc.row)
	if err != nil {
		return err
	}
	return s.Content.Offered(tx, actor, content.Activity, sc.organiser.Path, d.texts())
}

// reasoned has the reason of a move looked at, which only a risky one stops.
func (s *Service) reasoned(tx *gorm.DB, actor access.Actor, use content.Use, row model.Entity, m audit.Move) error {
	if !row.MayBecome(m.To) {
		return nil // refused as such
	}
	return s.Content.Reason(tx, actor, use, m.OrgPath, m.Reason)
}
