package survey_test

import (
	"reflect"
	"slices"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/survey"
)

// saturday is an activity with a session on Saturday, 9 to 13 o'clock, and one on Sunday evening.
func (d *desk) saturday(seats int64) (model.Activity, model.Position) {
	d.TB.Helper()
	a, p := d.published(seats, func(a *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = at(12, 9, 0), at(12, 13, 0)
		a.StartsAt, a.EndsAt, a.Category = s.StartsAt, at(13, 20, 0), "CULTURE"
	})
	d.Insert(&model.Session{ID: d.NewID(), ActivityID: a.ID, StartsAt: at(13, 19, 0), EndsAt: at(13, 20, 0), Place: "广场", RadiusM: 200})
	return a, p
}

var weekend = survey.Block(5, 0) | survey.Block(5, 1) | survey.Block(5, 2) | survey.Block(6, 5)

func number(n int64) *int64 { return &n }

func TestWhatAHostDoesNotSayFollowsFromTheSessions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, p := d.saturday(4)
	n, err := d.NeedsOf(t.Context(), access.Actor{}, p.ID)
	if err != nil || n.Version != 0 || n.Slots != weekend || n.Need != 3 || n.MinTeam != 0 || n.Said.Slots != 0 || n.Said.Need != nil || n.Title != "志愿者" || n.ActivityID != a.ID {
		t.Fatalf("%+v, %v", n, err)
	}
	said := survey.Needs{Need: number(1), Required: []string{"LAW"}, Wanted: []string{"TUTORING", "ART"}, Urgency: 7, MinTeam: 4}
	if n, err = d.StateNeeds(t.Context(), d.host, p.ID, 0, said); err != nil || n.Version != 1 || n.Slots != weekend || n.Need != 1 || !reflect.DeepEqual(n.Said, said) {
		t.Fatalf("%+v, %v", n, err)
	}
	said = survey.Needs{Slots: survey.Block(0, 0) | survey.Block(0, 1), Required: []string{}, Wanted: []string{}}
	if n, err = d.StateNeeds(t.Context(), d.secretary, p.ID, 1, said); err != nil || n.Version != 2 || n.Slots != said.Slots || n.Need != 2 || !reflect.DeepEqual(n.Said, said) {
		t.Fatalf("fewer blocks than one session touches: %+v, %v", n, err)
	}
	all, err := d.NeedsAt(t.Context(), access.Actor{}, a.ID)
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], n) {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestNeedsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, p := d.saturday(4)
	good := survey.Needs{MinTeam: 2}
	try := func(as access.Actor, version int64, in survey.Needs) error {
		_, err := d.StateNeeds(t.Context(), as, p.ID, version, in)
		return err
	}
	wants(t, try(d.host, 0, survey.Needs{Slots: 1, Need: number(2), Required: []string{"NONE"}, Wanted: []string{"ART", "NONE"}, MinTeam: 5}), fault.ErrInvalid,
		"/required_skills/0", "/wanted_skills/1", "/min_team", "/need_blocks")
	wants(t, try(d.host, 1, good), fault.ErrStale)
	wants(t, try(d.student, 0, good), access.ErrDenied)
	wants(t, try(d.Staff("外人", access.HostStaff, d.other), 0, good), access.ErrDenied)
	if err := try(d.town, 0, good); err != nil {
		t.Error(err)
	}
	wants(t, try(d.host, 0, good), fault.ErrStale)
	_, err := d.StateNeeds(t.Context(), d.host, 5, 0, good)
	wants(t, err, fault.ErrNotFound)
	d.set("activities", "id = ?", a.ID, map[string]any{"status": model.ActivityDraft, "published_at": nil})
	wants(t, try(d.Staff("外人", access.HostStaff, d.other), 1, good), fault.ErrNotFound)
	_, err = d.NeedsOf(t.Context(), d.student, p.ID)
	wants(t, err, fault.ErrNotFound)
	_, err = d.NeedsAt(t.Context(), access.Actor{}, a.ID)
	wants(t, err, fault.ErrNotFound)
	if n, err := d.NeedsOf(t.Context(), d.host, p.ID); err != nil || n.MinTeam != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	for _, status := range []model.ActivityStatus{model.ActivitySubmitted, model.ActivityCancelled, model.ActivityMerged, model.ActivityClosed} {
		d.set("activities", "id = ?", a.ID, map[string]any{"status": status, "published_at": d.Clock.Now()})
		wants(t, try(d.host, 1, good), fault.ErrState)
	}
	d.set("activities", "id = ?", a.ID, map[string]any{"status": model.ActivityPublished})
	d.Clock.Set(a.EndsAt)
	wants(t, try(d.host, 1, good), fault.ErrState)
}

func TestOfRacingNeedsOneWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, p := d.saturday(4)
	for version := range int64(2) {
		got := testkit.RaceOf(8, func(int) error {
			_, err := d.StateNeeds(t.Context(), d.host, p.ID, version, survey.Needs{})
			return err
		})
		if got[""] != 1 || got[fault.ErrStale.Code] != 7 {
			t.Errorf("version %d: %v", version, got)
		}
	}
}

func TestManyPositions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, first := d.saturday(4)
	_, second := d.published(3, func(a *model.Activity, s *model.Session) {
		a.Category, a.LatE6, a.LngE6, s.LatE6, s.LngE6 = "OLD", nil, nil, nil, nil
	})
	_, third := d.published(3, nil)
	_, err := d.StateNeeds(t.Context(), d.host, first.ID, 0, survey.Needs{Slots: 3, Need: number(0), Required: []string{"ART"}, Wanted: []string{"TUTORING", "LAW"}, Urgency: 5, MinTeam: 4})
	must(t, 0, err)
	d.set("positions", "id = ?", first.ID, map[string]any{"capacity": 2})
	elsewhere := d.AddProgramme("P2", d.University)
	d.set("activities", "id = ?", third.ActivityID, map[string]any{"programme_id": elsewhere.ID})
	var got []survey.Position
	said := d.heard(func(s *survey.Service) {
		got, err = s.Positions(s.DB, d.Programme.ID, third.ID, second.ID, first.ID, first.ID, 5)
	})
	want := []survey.Position{
		{
			PositionID: first.ID, ActivityID: first.ActivityID, HostOrgID: d.Community.ID, CampusOrgID: d.Branch.ID, At: &geo.Point{LatE6: 36_650_000, LngE6: 117_120_000}, Category: 1,
			Slots: 3, Need: 0, Req: 2, Want: 5, Urgency: 5, Capacity: 2, MinTeam: 2,
		},
		{PositionID: second.ID, ActivityID: second.ActivityID, HostOrgID: d.Community.ID, CampusOrgID: d.Branch.ID, Category: score.None, Capacity: 3},
	}
	if len(got) == 2 {
		if got[1].Slots == 0 || int(got[1].Need) != got[1].Slots.Len() {
			t.Errorf("%+v", got[1])
		}
		got[1].Slots, got[1].Need = 0, 0
	}
	if err != nil || !reflect.DeepEqual(got, want) || len(said) != 4 {
		t.Errorf("%d queries, %v\n%+v\n%+v", len(said), err, got, want)
	}
}

// A draft that is written anew has new positions: what was said of them goes to those with the same title.
func TestNeedsAreCarriedOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var was, now []model.Position
	for i, title := range []string{"甲", "乙", "丙", "乙"} {
		_, p := d.published(4, nil)
		p.Title = title
		was = append(was, p)
		_, err := d.StateNeeds(t.Context(), d.host, p.ID, 0, survey.Needs{Urgency: int64(i + 1)})
		must(t, 0, err)
	}
	for _, title := range []string{"乙", "丁", "甲", "甲"} {
		_, p := d.published(4, nil)
		p.Title = title
		now = append(now, p)
	}
	if err := d.plain().Transaction(func(tx *gorm.DB) error { return d.Carry(tx, was, now) }); err != nil {
		t.Fatal(err)
	}
	var rows []model.PositionNeeds
	if err := d.plain().Order("position_id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	var got [][2]int64
	for _, r := range rows {
		got = append(got, [2]int64{r.PositionID, r.Urgency})
	}
	if want := [][2]int64{{now[0].ID, 2}, {now[2].ID, 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("orgs", "id = ?", d.University.ID, map[string]any{"lat_e6": 1, "lng_e6": 2})
	d.set("orgs", "id = ?", d.Branch.ID, map[string]any{"lat_e6": 3}) // half a location is none
	d.set("orgs", "id = ?", d.other.ID, map[string]any{"lat_e6": 5, "lng_e6": 6})
	got, err := survey.Places(d.plain(), d.Branch.ID, d.Department.ID, d.other.ID, d.Community.ID, 9)
	campus := geo.Point{LatE6: 1, LngE6: 2}
	want := map[int64]geo.Point{d.Branch.ID: campus, d.Department.ID: campus, d.other.ID: {LatE6: 5, LngE6: 6}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}
