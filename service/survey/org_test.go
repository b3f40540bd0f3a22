package survey_test

import (
	"reflect"
	"slices"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/survey"
)

// hostAnswer is a good one of a host.
func hostAnswer() survey.Answer {
	return survey.Answer{
		Needs:   []survey.Item{{Code: "CULTURE", Text: "带孩子读书", Amount: 6}, {Code: "GOVERNANCE", Amount: 2}, {Code: "CULTURE", Text: "合唱", Amount: 4}},
		Venues:  []survey.Item{{Code: "YOUTH_HOME", Text: "青年之家", Amount: 40}},
		Support: []string{"MEAL", "INSURANCE"}, Slots: survey.Block(5, 0), Skills: []string{"ART"}, Partners: 3, Students: 12,
	}
}

// unitAnswer is a good one of a campus unit.
func unitAnswer() survey.Answer {
	return survey.Answer{Needs: []survey.Item{}, Venues: []survey.Item{}, Support: []string{}, Slots: survey.Block(5, 0) | survey.Block(6, 5), Skills: []string{"TUTORING"}, Partners: 1, Students: 30}
}

func TestSurveysAreAnsweredAndAnsweredAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	none, err := d.SurveyOf(t.Context(), d.county, d.Community.ID, d.Programme.ID)
	if err != nil || none.Version != 0 || none.UpdatedAt != nil || none.Needs == nil || none.Support == nil || none.Org.Name != d.Community.Name {
		t.Fatalf("%+v, %v", none, err)
	}
	first, err := d.Answer(t.Context(), d.host, d.Community.ID, d.Programme.ID, 0, hostAnswer())
	if err != nil || first.Version != 1 || !reflect.DeepEqual(first.Answer, hostAnswer()) {
		t.Fatalf("%+v, %v", first, err)
	}
	less := hostAnswer()
	less.Needs, less.Venues, less.Support = []survey.Item{{Code: "GOVERNANCE", Text: " 楼道 "}}, []survey.Item{}, []string{}
	second, err := d.Answer(t.Context(), d.town, d.Community.ID, d.Programme.ID, 1, less)
	if err != nil || second.Version != 2 || len(second.Venues)+len(second.Support) != 0 || !slices.Equal(second.Needs, []survey.Item{{Code: "GOVERNANCE", Text: "楼道"}}) {
		t.Fatalf("%+v, %v", second, err)
	}
	if unit, err := d.Answer(t.Context(), d.secretary, d.Branch.ID, d.Programme.ID, 0, unitAnswer()); err != nil || !reflect.DeepEqual(unit.Answer, unitAnswer()) {
		t.Errorf("%+v, %v", unit, err)
	}
	var got map[int64]survey.Unit
	said := d.heard(func(s *survey.Service) {
		got, err = s.Units(s.DB, d.Programme.ID, d.Community.ID, d.Branch.ID, d.other.ID)
	})
	want := map[int64]survey.Unit{
		d.Community.ID: {OrgID: d.Community.ID, Slots: survey.Block(5, 0), Skills: 2, Partners: 3, Students: 12, Categories: []int8{0}},
		d.Branch.ID:    {OrgID: d.Branch.ID, Slots: survey.Block(5, 0) | survey.Block(6, 5), Skills: 1, Partners: 1, Students: 30},
	}
	if err != nil || !reflect.DeepEqual(got, want) || len(said) != 3 {
		t.Errorf("%d queries, %+v, %v", len(said), got, err)
	}
}

func TestSurveysAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	try := func(as access.Actor, org, version int64, in survey.Answer) error {
		_, err := d.Answer(t.Context(), as, org, d.Programme.ID, version, in)
		return err
	}
	bad := hostAnswer()
	bad.Needs[1].Code, bad.Needs[0].Text, bad.Venues[0].Text, bad.Skills = "NONE", "\u202e", " ", []string{"ART", "NONE"}
	wants(t, try(d.host, d.Community.ID, 0, bad), fault.ErrInvalid, "/needs/0/text", "/venues/0/place", "/needs/1/category", "/skills/1")
	wants(t, try(d.secretary, d.Branch.ID, 0, hostAnswer()), fault.ErrInvalid, "/needs", "/venues", "/support")
	wants(t, try(d.host, d.other.ID, 0, hostAnswer()), access.ErrDenied)
	wants(t, try(d.county, d.Community.ID, 0, hostAnswer()), access.ErrDenied)
	wants(t, try(d.department, d.Branch.ID, 0, unitAnswer()), access.ErrDenied)
	wants(t, try(d.student, d.Branch.ID, 0, unitAnswer()), access.ErrDenied)
	wants(t, try(d.host, 5, 0, hostAnswer()), fault.ErrNotFound)
	wants(t, try(d.host, d.Community.ID, 1, hostAnswer()), fault.ErrStale)
	d.set("orgs", "id = ?", d.other.ID, map[string]any{"status": model.OrgSuspended})
	wants(t, try(d.town, d.other.ID, 0, hostAnswer()), survey.ErrNotAsked)
	_, err := d.SurveyOf(t.Context(), d.host, d.other.ID, d.Programme.ID)
	wants(t, err, access.ErrDenied)
	got := testkit.RaceOf(6, func(int) error { return try(d.host, d.Community.ID, 0, hostAnswer()) })
	must(t, 0, try(d.host, d.Community.ID, 1, hostAnswer()))
	wants(t, try(d.host, d.Community.ID, 1, hostAnswer()), fault.ErrStale)
	if got[""] != 1 || got[fault.ErrStale.Code] != 5 {
		t.Errorf("%v", got)
	}
}

func TestWhoHasAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Org(d.Town, model.OrgVenue, "馆")
	gone := d.Org(d.Town, model.OrgCommunity, "撤了的社区")
	d.set("orgs", "id = ?", gone.ID, map[string]any{"status": model.OrgDissolved})
	_, err := d.Answer(t.Context(), d.host, d.Community.ID, d.Programme.ID, 0, hostAnswer())
	must(t, 0, err)
	yes, no := true, false
	for name, c := range map[string]struct {
		as   access.Actor
		org  model.Org
		f    survey.Filter
		want []string
	}{
		"everybody below a county":  {d.county, d.County, survey.Filter{}, []string{"丁镇青工委", "戊社区", "另一社区", "馆"}},
		"who has not answered":      {d.county, d.County, survey.Filter{Answered: &no, Kind: model.OrgCommunity}, []string{"另一社区"}},
		"who has":                   {d.province, d.Province, survey.Filter{Answered: &yes}, []string{"戊社区"}},
		"the campus side of a city": {d.province, d.City, survey.Filter{Side: model.SideCampus}, []string{"己大学团委", "庚系团委", "辛班团支部"}},
		"a host: itself":            {d.host, d.Community, survey.Filter{}, []string{"戊社区"}},
	} {
		var names []string
		req := page.Request{Limit: 1}
		for {
			got, err := d.Surveys(t.Context(), c.as, c.org.ID, d.Programme.ID, c.f, req)
			must(t, 0, err)
			for _, row := range got.Items {
				names = append(names, row.Name)
				if (row.AnsweredAt != nil) != (row.ID == d.Community.ID) || row.AnsweredAt != nil && (row.Partners != 3 || row.Students != 12) {
					t.Errorf("%s: %+v", name, row)
				}
			}
			if req.Cursor = got.Next; got.Next == "" {
				break
			}
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: %v", name, names)
		}
	}
	_, err = d.Surveys(t.Context(), d.host, d.Town.ID, d.Programme.ID, survey.Filter{}, page.Request{})
	wants(t, err, access.ErrDenied)
	_, err = d.Surveys(t.Context(), d.county, d.County.ID, 5, survey.Filter{}, page.Request{})
	wants(t, err, fault.ErrInvalid, "/programme_id")
}

func TestSums(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Insert(&model.OrgSurvey{OrgID: d.Community.ID, ProgrammeID: d.AddProgramme("P2", d.University).ID, Partners: 50})
	_, err := d.Answer(t.Context(), d.host, d.Community.ID, d.Programme.ID, 0, hostAnswer())
	must(t, 0, err)
	_, err = d.Answer(t.Context(), d.town, d.other.ID, d.Programme.ID, 0, hostAnswer())
	must(t, 0, err)
	_, err = d.Answer(t.Context(), d.secretary, d.Branch.ID, d.Programme.ID, 0, unitAnswer())
	must(t, 0, err)
	for i := range 7 {
		_, err := d.OfferWillingness(t.Context(), d.Student("学生", d.Branch), d.Programme.ID, 0, offer(func(o *survey.Offer) {
			o.Willing = i > 0 // six are
			if i > 2 {
				o.Skills, o.Interests, o.Slots = []string{"TUTORING"}, []string{"CULTURE"}, survey.Block(5, 0) // four do not have LAW, GOVERNANCE, or the second block
			}
		}))
		must(t, 0, err)
	}
	hosts := survey.SideSum{Asked: 3, Answered: 2, Partners: 6, Students: 24, Slots: []survey.SlotSum{{Day: 5, Count: 2}}}
	got, err := d.SummaryOf(t.Context(), d.province, d.Province.ID, d.Programme.ID)
	want := survey.Summary{
		Hosts: hosts, Campus: survey.SideSum{Asked: 3, Answered: 1, Partners: 1, Students: 30, Slots: []survey.SlotSum{{Day: 5, Count: 1}, {Day: 6, Block: 5, Count: 1}}},
		Needs:   []survey.LineSum{{Kind: "NEED", Code: "CULTURE", Orgs: 2, Amount: 20}, {Kind: "NEED", Code: "GOVERNANCE", Orgs: 2, Amount: 4}},
		Venues:  []survey.LineSum{{Kind: "VENUE", Code: "YOUTH_HOME", Orgs: 2, Amount: 80}},
		Support: []survey.LineSum{{Kind: "SUPPORT", Code: "INSURANCE", Orgs: 2}, {Kind: "SUPPORT", Code: "MEAL", Orgs: 2}},
		Willing: 5, Interests: []survey.CodeSum{{Code: "CULTURE", Count: 5}}, Skills: []survey.CodeSum{{Code: "TUTORING", Count: 5}}, Slots: []survey.SlotSum{{Day: 5, Count: 5}}, Hidden: true, // of six, in steps of five
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n%+v\n%+v", err, got, want)
	}
	town, err := d.SummaryOf(t.Context(), d.town, d.Town.ID, d.Programme.ID)
	if err != nil || !reflect.DeepEqual(town.Hosts, hosts) || town.Willing != 0 || town.Campus.Asked != 0 || town.Hidden || len(town.Needs) != 2 {
		t.Errorf("%+v, %v", town, err)
	}
	empty := d.Org(d.Department, model.OrgLeagueBranch, "空支部")
	for range 4 {
		_, err = d.OfferWillingness(t.Context(), d.Student("独", empty), d.Programme.ID, 0, offer(nil))
		must(t, 0, err)
	}
	alone, err := d.SummaryOf(t.Context(), d.Staff("空书记", access.BranchSecretary, empty), empty.ID, d.Programme.ID)
	if err != nil || !alone.Hidden || alone.Willing != 0 || len(alone.Skills)+len(alone.Slots)+len(alone.Interests) != 0 || len(alone.Needs) != 0 {
		t.Errorf("%+v, %v", alone, err)
	}
	_, err = d.SummaryOf(t.Context(), d.town, d.County.ID, d.Programme.ID)
	wants(t, err, access.ErrDenied)
}
