package survey_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/page"
	"baodao/service/survey"
)

// TestNoStatementReadsAWholeTable: among many others, everything that is read here comes through an index.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, p := d.saturday(4)
	d.met(d.student)
	d.crowd(600)
	no := false
	said := d.heard(func(s *survey.Service) {
		for _, do := range []func() error{
			func() error { return d.offers(s) },
			func() error { _, err := s.AvoidHost(t.Context(), d.student, d.other.ID); return err },
			func() error {
				_, err := s.Block(t.Context(), d.host, d.Community.ID, d.student.StudentID, "不来")
				return err
			},
			func() error { _, err := s.Blocks(t.Context(), d.host, d.Community.ID, page.Request{}); return err },
			func() error { _, err := s.StateNeeds(t.Context(), d.host, p.ID, 0, survey.Needs{}); return err },
			func() error { _, err := s.NeedsAt(t.Context(), d.host, p.ActivityID); return err },
			func() error {
				_, err := s.Answer(t.Context(), d.host, d.Community.ID, d.Programme.ID, 0, hostAnswer())
				return err
			},
			func() error {
				_, err := s.Surveys(t.Context(), d.town, d.Town.ID, d.Programme.ID, survey.Filter{Answered: &no}, page.Request{})
				return err
			},
			func() error { _, err := s.SummaryOf(t.Context(), d.secretary, d.Branch.ID, d.Programme.ID); return err },
			func() error { _, err := s.Students(s.DB, d.Programme.ID, true, d.student.StudentID, 4, 5); return err },
			func() error { _, err := s.Positions(s.DB, d.Programme.ID, p.ID, 4, 5); return err },
			func() error { _, err := s.Units(s.DB, d.Programme.ID, d.Community.ID, 4, 5); return err },
			func() error { _, err := survey.Places(s.DB, d.Community.ID, 4, 5); return err },
			func() error { _, err := survey.BlocksOf(s.DB, d.student.StudentID, 4, 5); return err },
			func() error {
				_, err := survey.KeptAway(s.DB, []int64{d.student.StudentID, 4}, []int64{d.Community.ID, 5})
				return err
			},
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if len(said) < 40 {
		t.Errorf("only %d statements were looked at", len(said))
	}
	for _, sql := range said {
		for _, how := range testkit.ReadsWhole(t, d.plain(), sql, large...) {
			t.Errorf("reads all of %s: %s", how, sql)
		}
	}
}

func (d *desk) offers(s *survey.Service) error {
	_, err := s.OfferWillingness(d.TB.Context(), d.student, d.Programme.ID, 0, offer(nil))
	return err
}

// large are the tables that grow.
var large = []string{"orgs", "signups", "positions", "activities", "activity_sessions", "student_profiles", "student_willingness", "student_homes", "org_surveys", "org_survey_items", "match_blocks", "position_needs"}

// crowd adds n students of another programme, hosts in another town with surveys, and blocks.
func (d *desk) crowd(n int) {
	d.TB.Helper()
	county := d.Org(d.City, model.OrgCountyCommittee, "别县团委")
	town := d.Org(county, model.OrgTownYouthCommittee, "别镇青工委")
	now := d.Clock.Now()
	var rows []any
	for i := range n {
		id, org := d.NewID(), d.NewID()
		a := model.Activity{ID: d.NewID(), ProgrammeID: d.NewID(), HostOrgID: org, Carriers: []string{}, SignupOpensAt: now, SignupClosesAt: now, CancelUntil: now, StartsAt: now, EndsAt: now, CreatedAt: now, UpdatedAt: now}
		p := model.Position{ID: d.NewID(), ActivityID: a.ID, Capacity: 1, CreatedAt: now, UpdatedAt: now}
		rows = append(rows,
			&model.StudentProfile{ID: id, PersonID: id, BranchID: org, StudentNoIdx: fmt.Appendf(nil, "%032d", i), NameIdx: make([]byte, 32), StudentNoEnc: []byte{1}, NameEnc: []byte{1}, Tags: []string{}, CreatedAt: now, UpdatedAt: now},
			&model.Willingness{StudentID: id, ProgrammeID: a.ProgrammeID, Willing: true, Slots: 1, Version: 1, CreatedAt: now, UpdatedAt: now}, &model.StudentHome{StudentID: id, HomeEnc: []byte{1}, UpdatedAt: now},
			&model.Org{ID: org, Kind: model.OrgCommunity, Side: model.SideLocal, ParentID: town.ID, Path: fmt.Sprintf("%s%d/", town.Path, org), Name: fmt.Sprint(i), Status: model.OrgActive, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.OrgSurvey{OrgID: org, ProgrammeID: d.Programme.ID, Version: 1, CreatedAt: now, UpdatedAt: now}, &model.OrgSurveyItem{OrgID: org, ProgrammeID: d.Programme.ID, Kind: model.SurveyNeed, Code: "CULTURE"},
			&model.MatchBlock{StudentID: id, OrgID: org, Side: model.BlockByHost, ReasonEnc: []byte{}, CreatedAt: now}, &a, &p,
			&model.Session{ID: d.NewID(), ActivityID: a.ID, StartsAt: now, EndsAt: now}, &model.PositionNeeds{PositionID: p.ID, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.Signup{ID: d.NewID(), StudentID: id, ActivityID: a.ID, PositionID: p.ID, Status: model.SignupCancelled, Version: 1, CreatedAt: now, UpdatedAt: now},
		)
	}
	d.Insert(rows...)
	err := d.plain().Transaction(func(tx *gorm.DB) error {
		if testkit.OnMySQL() {
			return tx.Exec("ANALYZE TABLE " + strings.Join(large, ", ")).Error
		}
		return tx.Exec("ANALYZE").Error
	})
	if err != nil {
		d.TB.Fatal(err)
	}
}
