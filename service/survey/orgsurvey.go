package survey

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/text"
)

// ErrNotAsked says that an organisation neither hosts nor sends anybody.
var ErrNotAsked = fault.Define(fault.Conflict, "survey.not_asked", "只有在用的地方接收单位和校内组织填写摸排。", "Only active hosts and campus units are asked.")

// Item is one line of an answer: a need (code: a category), a venue (its type) or support (its kind).
type Item struct {
	Code, Text string
	Amount     int64 // people needed, or people that a venue holds
}

// Answer is what an organisation says for a programme. Needs, venues and support are a host's.
type Answer struct {
	Needs, Venues []Item
	Support       []string
	Slots         Week // when it is open
	Skills        []string
	Partners      int64 // that it can work with
	Students      int64 // that a host can take, or a campus unit can send
}

// Survey is an organisation's answer; version 0 when there is none.
type Survey struct {
	Answer

	Org         model.Org
	ProgrammeID int64
	Version     int64
	UpdatedAt   *time.Time
}

// SurveyOf reads an organisation's answer. Its own people and those above it do.
func (s *Service) SurveyOf(ctx context.Context, actor access.Actor, orgID, programmeID int64) (Survey, error) {
	if err := actor.Require(access.SurveyRead); err != nil {
		return Survey{}, err
	}
	db := s.DB.WithContext(ctx)
	o, err := surveyed(db, actor, access.SurveyRead, orgID)
	if err != nil {
		return Survey{}, err
	}
	policy, err := policyOf(db, programmeID)
	if err != nil {
		return Survey{}, err
	}
	return survey(db, o, programmeID, policy)
}

// surveyed reads an organisation for which the actor has a permission.
func surveyed(tx *gorm.DB, actor access.Actor, p access.Permission, orgID int64) (model.Org, error) {
	o, err := org.ByID(tx, orgID)
	if err != nil {
		return o, err
	}
	return o, actor.Check(p, access.Object{Paths: []string{o.Path}, Public: true}) // organisations are public: never a 404
}

func survey(tx *gorm.DB, o model.Org, programmeID int64, policy model.Policy) (Survey, error) {
	out := Survey{Org: o, ProgrammeID: programmeID, Answer: Answer{Needs: []Item{}, Venues: []Item{}, Support: []string{}, Skills: []string{}}}
	var rows []model.OrgSurvey
	if err := tx.Where("org_id = ? AND programme_id = ?", o.ID, programmeID).Find(&rows).Error; err != nil {
		return out, fmt.Errorf("read survey: %w", err)
	}
	if len(rows) == 0 {
		return out, nil
	}
	r := rows[0]
	out.Version, out.UpdatedAt = r.Version, &r.UpdatedAt
	out.Slots, out.Skills, out.Partners, out.Students = Week(r.Slots), skillCodes(policy, r.Skills), r.Partners, r.Students //nolint:gosec // checked when it was written
	var items []model.OrgSurveyItem
	if err := tx.Where("org_id = ? AND programme_id = ?", o.ID, programmeID).Order("seq").Find(&items).Error; err != nil {
		return out, fmt.Errorf("read survey: %w", err)
	}
	for _, i := range items {
		switch line := (Item{Code: i.Code, Text: i.Text, Amount: i.Amount}); i.Kind {
		case model.SurveyNeed:
			out.Needs = append(out.Needs, line)
		case model.SurveyVenue:
			out.Venues = append(out.Venues, line)
		default:
			out.Support = append(out.Support, i.Code)
		}
	}
	return out, nil
}

// Answer writes all of an organisation's answer anew. version is the one the caller read, 0 for the first time. Officers above
// read its texts, which must have passed the checks.
// access.ErrDenied, ErrNotAsked, fault.ErrInvalid, fault.ErrStale, content.ErrRisky, content.ErrInReview.
func (s *Service) Answer(ctx context.Context, actor access.Actor, orgID, programmeID, version int64, in Answer) (Survey, error) {
	if err := actor.Require(access.SurveyWrite); err != nil {
		return Survey{}, err
	}
	wrong := in.settle()
	return content.Do(ctx, s.Content, actor, func() (out Survey, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			out, err = s.answer(tx, actor, model.OrgSurvey{OrgID: orgID, ProgrammeID: programmeID}, version, in, wrong)
			return err
		})
		return out, err
	})
}

// settle brings the texts into their canonical form, in copies, and returns what is wrong with them.
func (in *Answer) settle() fault.Collector {
	var c fault.Collector
	in.Needs, in.Venues = slices.Clone(in.Needs), slices.Clone(in.Venues)
	for i := range in.Needs {
		text.Settle(&c, text.Field{At: fmt.Sprintf("/needs/%d/text", i), In: &in.Needs[i].Text, Max: 200, Optional: true})
	}
	for i := range in.Venues {
		text.Settle(&c, text.Field{At: fmt.Sprintf("/venues/%d/place", i), In: &in.Venues[i].Text, Max: 100})
	}
	return c
}

func (s *Service) answer(tx *gorm.DB, actor access.Actor, row model.OrgSurvey, version int64, in Answer, wrong fault.Collector) (Survey, error) {
	o, err := surveyed(tx, actor, access.SurveyWrite, row.OrgID)
	if err != nil {
		return Survey{}, err
	}
	if o.Side == model.SideLeague || o.Status != model.OrgActive {
		return Survey{}, ErrNotAsked
	}
	policy, err := policyOf(tx, row.ProgrammeID)
	if err != nil {
		return Survey{}, err
	}
	if row.Skills, err = in.check(wrong, o.Side, policy); err != nil {
		return Survey{}, err
	}
	if err := s.Content.Passed(tx, actor, content.Org, o.Path, in.texts()); err != nil {
		return Survey{}, err
	}
	row.Slots, row.Partners, row.Students = int64(in.Slots), in.Partners, in.Students //nolint:gosec // 42 bits
	row.Version, row.UpdatedBy, row.UpdatedAt = version+1, actor.UserID, s.Now()
	if err := putSurvey(tx, version, row, in); err != nil {
		return Survey{}, err
	}
	err = s.Audit.Write(tx, actor, audit.Entry{
		Action: "survey.answer", Object: row.TableName(), ObjectID: o.ID, OrgPath: o.Path, Data: map[string]any{"programme_id": row.ProgrammeID, "version": row.Version},
	})
	if err != nil {
		return Survey{}, err
	}
	return survey(tx, o, row.ProgrammeID, policy)
}

// check adds codes that the programme does not have, and what only hosts are asked, to what is wrong with the texts. It returns
// the skills as bits.
func (in Answer) check(c fault.Collector, side string, policy model.Policy) (int64, error) {
	for i, n := range in.Needs {
		checkCategory(&c, fmt.Sprintf("/needs/%d/category", i), policy, n.Code)
	}
	campus := side == model.SideCampus
	c.Add(campus && len(in.Needs) > 0, "/needs", "not_allowed", "由地方接收单位填写", "is for hosts")
	c.Add(campus && len(in.Venues) > 0, "/venues", "not_allowed", "由地方接收单位填写", "is for hosts")
	c.Add(campus && len(in.Support) > 0, "/support", "not_allowed", "由地方接收单位填写", "is for hosts")
	skills := skillBits(&c, "/skills", policy, in.Skills)
	return skills, c.Err()
}

func (in Answer) texts() []content.Text {
	var out []content.Text
	for i, n := range in.Needs {
		out = append(out, content.Text{At: fmt.Sprintf("/needs/%d/text", i), Text: n.Text})
	}
	for i, v := range in.Venues {
		out = append(out, content.Text{At: fmt.Sprintf("/venues/%d/place", i), Text: v.Text})
	}
	return out
}

// putSurvey inserts the first version of an answer or replaces the one that was read.
func putSurvey(tx *gorm.DB, version int64, row model.OrgSurvey, in Answer) error {
	var err error
	if version == 0 {
		row.CreatedAt = row.UpdatedAt
		err = inserted(tx.Create(&row).Error)
	} else {
		err = replaced(tx.Model(&model.OrgSurvey{}).Where("org_id = ? AND programme_id = ? AND version = ?", row.OrgID, row.ProgrammeID, version).
			Select("slots", "skills", "partners", "students", "version", "updated_by", "updated_at").Updates(&row))
	}
	if err != nil {
		return err
	}
	if err := tx.Where("org_id = ? AND programme_id = ?", row.OrgID, row.ProgrammeID).Delete(&model.OrgSurveyItem{}).Error; err != nil {
		return fmt.Errorf("replace lines: %w", err)
	}
	if items := in.items(row.OrgID, row.ProgrammeID); len(items) > 0 {
		if err := tx.Create(&items).Error; err != nil {
			return fmt.Errorf("write lines: %w", err)
		}
	}
	return nil
}

// items are the lines of an answer as they are stored.
func (in Answer) items(orgID, programmeID int64) []model.OrgSurveyItem {
	var out []model.OrgSurveyItem
	add := func(kind string, i Item) {
		out = append(out, model.OrgSurveyItem{OrgID: orgID, ProgrammeID: programmeID, Seq: int64(len(out)), Kind: kind, Code: i.Code, Text: i.Text, Amount: i.Amount})
	}
	for _, n := range in.Needs {
		add(model.SurveyNeed, n)
	}
	for _, v := range in.Venues {
		add(model.SurveyVenue, v)
	}
	for _, code := range in.Support {
		add(model.SurveySupport, Item{Code: code})
	}
	return out
}
