package programme

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
)

// named are the names in a policy that its readers see; prefix is where the policy stands.
func named(prefix string, p model.Policy) []content.Text {
	all := []content.Text{{At: prefix + "/signup_consent", Text: p.SignupConsent}}
	for _, list := range []struct {
		at    string
		items []model.Item
	}{{"/fields", p.Fields}, {"/categories", p.Categories}, {"/skills", p.SkillItems()}, {"/decline_reasons", p.DeclineItems()}} {
		for i, item := range list.items {
			all = append(all, content.Text{At: fmt.Sprintf("%s%s/%d/name", prefix, list.at, i), Text: item.Name})
		}
	}
	return all
}

// passed is nil when texts that are new in a programme may be shown; nobody sees a draft. See content.Service.Passed.
func (s *Service) passed(tx *gorm.DB, actor access.Actor, p model.Programme, owner model.Org, texts ...content.Text) error {
	if p.Status == model.ProgrammeDraft {
		return nil
	}
	return s.Content.Passed(tx, actor, content.Programme, owner.Path, texts)
}

// allPassed is nil when every text of a programme may be shown.
func (s *Service) allPassed(tx *gorm.DB, actor access.Actor, p model.Programme, owner model.Org) error {
	d, err := detail(tx, p, owner)
	if err != nil {
		return err
	}
	texts := append([]content.Text{{At: "/name", Text: p.Name}}, named("/policy", d.Policy)...)
	for i, m := range d.Milestones {
		texts = append(texts, content.Text{At: fmt.Sprintf("/milestones/%d/name", i), Text: m.Name})
	}
	return s.Content.Passed(tx, actor, content.Programme, owner.Path, texts)
}

// newNames are the names of a policy that the present one does not have: only these are new to its readers.
func newNames(tx *gorm.DB, programmeID int64, policy model.Policy) ([]content.Text, error) {
	present, err := PolicyOf(tx, programmeID)
	if err != nil {
		return nil, err
	}
	old := map[string]bool{}
	for _, t := range named("", present) {
		old[t.Text] = true
	}
	var fresh []content.Text
	for _, t := range named("", policy) {
		if !old[t.Text] {
			fresh = append(fresh, t)
		}
	}
	return fresh, nil
}
