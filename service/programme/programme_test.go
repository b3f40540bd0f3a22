package programme_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/programme"
)

func TestPresetsSayWhatTheDocumentsSay(t *testing.T) {
	t.Parallel()
	presets := programme.Presets()
	if len(presets) != 2 {
		t.Fatalf("%d presets", len(presets))
	}
	a, b := presets[0], presets[1]
	if p := a.Policy; p.BranchParticipationPermille != 250 || p.StudentParticipationPermille != 250 || p.PairingDue != "11-15" || p.KickoffDue != "11-20" ||
		p.CaseQuota != 3 || p.CaseMinChars != 1000 || p.CasePhotos != 5 || p.CasePhotoMinBytes != 1048576 ||
		p.DailyMinTerms != 1 || p.ConcentratedMinDays != 30 || len(p.Fields) != 9 || len(p.Categories) != 5 {
		t.Errorf("%s: %+v", a.Code, p)
	}
	if p := b.Policy; p.BranchPairingPermille != 300 || p.BranchTermMin != 2 || p.BranchTermMax != 3 || p.StudentMin != 1 ||
		p.PilotMinCounties != 2 || p.PilotMinTowns != 2 || p.PilotMinCommunities != 10 || len(p.Fields) != 9 || len(p.Categories) != 7 {
		t.Errorf("%s: %+v", b.Code, p)
	}
	if len(a.Phases) != 0 || len(b.Phases) != 3 || b.Phases[0].Kind != programme.PhasePilot || b.Phases[2].EndsOn != "" {
		t.Errorf("phases: %v, %v", a.Phases, b.Phases)
	}
}

func TestCreateFromEveryPreset(t *testing.T) {
	t.Parallel()
	for _, preset := range programme.Presets() {
		t.Run(preset.Code, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			quota := int64(4)
			d, err := o.Create(t.Context(), o.university, idem.Key{}, programme.New{
				Code: "PLAN-2026", Name: "社区实践计划", OwnerOrgID: o.University.ID, Preset: preset.Code, Policy: programme.Override{CaseQuota: &quota},
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := o.Get(t.Context(), o.university, d.Programme.ID)
			if err != nil {
				t.Fatal(err)
			}
			want := preset.Policy
			want.CaseQuota = 4
			if !equalPolicy(got.Policy, want) || len(got.Phases) != len(preset.Phases) || got.Programme.Status != model.ProgrammeDraft || got.OwnerName != o.University.Name {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func equalPolicy(a, b model.Policy) bool {
	same := slices.Equal(a.Fields, b.Fields) && slices.Equal(a.Categories, b.Categories)
	a.Fields, a.Categories, b.Fields, b.Categories = nil, nil, nil, nil
	return same && mustEqual(a, b)
}

func TestCreateRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.create(t, o.university, o.University, programme.PresetMaoming)
	stale := o.city
	stale.LoggedInAt = o.Clock.Now().Add(-6 * time.Minute)
	client := access.Actor{ClientID: 9, Grants: o.city.Grants, Scopes: []access.Permission{access.ProgrammeWrite}}
	secretary := o.Staff("支书", access.BranchSecretary, o.Branch)
	closed := o.Org(o.City, model.OrgUniversityCommittee, "停办大学")
	good := func(change func(*programme.New)) programme.New {
		in := programme.New{Code: "NEW", Name: "新计划", OwnerOrgID: o.University.ID, Preset: programme.PresetMaoming}
		if change != nil {
			change(&in)
		}
		return in
	}
	number := func(n int64) *int64 { return &n }
	text := func(s string) *string { return &s }
	tests := map[string]struct {
		as     access.Actor
		in     programme.New
		want   error
		fields []string
	}{
		"nobody":             {access.Actor{}, good(nil), access.ErrRequired, nil},
		"a branch secretary": {secretary, good(nil), access.ErrDenied, nil},
		"a department":       {o.department, good(nil), access.ErrDenied, nil},
		"another's university": {
			o.Staff("外校", access.CommitteeOfficer, closed), good(nil), access.ErrDenied, nil,
		},
		"a county above no university": {o.county, good(nil), access.ErrDenied, nil},
		"a city with an old login":     {stale, good(func(n *programme.New) { n.OwnerOrgID = o.City.ID }), access.ErrStepUp, nil},
		"a city's API client":          {client, good(func(n *programme.New) { n.OwnerOrgID = o.City.ID }), access.ErrStepUp, nil},
		"the code is taken":            {o.university, good(func(n *programme.New) { n.Code = "P1" }), programme.ErrCodeTaken, nil},
		"no such owner":                {o.university, good(func(n *programme.New) { n.OwnerOrgID = 5 }), fault.ErrInvalid, []string{"/owner_org_id"}},
		"an owner of the wrong kind":   {o.city, good(func(n *programme.New) { n.OwnerOrgID = o.Department.ID }), fault.ErrInvalid, []string{"/owner_org_id"}},
		"no such preset":               {o.university, good(func(n *programme.New) { n.Preset = "X" }), fault.ErrInvalid, append(everyRule(), "/preset")},
		"no preset and no policy":      {o.university, good(func(n *programme.New) { n.Preset = "" }), fault.ErrInvalid, everyRule()},
		"several wrong things at once": {o.university, good(func(n *programme.New) {
			n.Code, n.Name = "小写", "名\u200b"
			n.Policy = programme.Override{
				StudentParticipationPermille: number(1001), BranchTermMin: number(3), BranchTermMax: number(2), DayMaxMinutes: number(0),
				YearStarts: text("02-29"), PairingDue: text("13-01"), Fields: &[]model.Item{},
				Categories: &[]model.Item{{Code: "A1", Name: "甲"}, {Code: "A1", Name: ""}, {Code: "a", Name: "\u202e乙"}},
			}
			n.Phases = []programme.Phase{{Kind: "PILOT", StartsOn: "2026-05-01", EndsOn: "2026-04-01"}, {Kind: "PILOT", StartsOn: "2026-02-30"}, {Kind: "LATER", StartsOn: "2027-01-01"}}
		}), fault.ErrInvalid, []string{
			"/code", "/name", "/policy/student_participation_permille", "/policy/branch_term_max", "/policy/day_max_minutes", "/policy/year_starts",
			"/policy/pairing_due", "/policy/fields", "/policy/categories/1/code", "/policy/categories/1/name", "/policy/categories/2/code", "/policy/categories/2/name",
			"/phases/0/ends_on", "/phases/1/kind", "/phases/1/starts_on", "/phases/2/kind", "/phases/2/starts_on",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o.refused(t, tt.want, tt.fields, func() error {
				_, err := o.Create(t.Context(), tt.as, idem.Key{}, tt.in)
				return err
			})
		})
	}
}

func everyRule() []string {
	names := "branch_participation_permille student_participation_permille branch_pairing_permille branch_term_min branch_term_max student_min daily_min_terms " +
		"concentrated_min_days case_quota case_min_chars case_photos case_photo_min_bytes pilot_min_counties pilot_min_towns pilot_min_communities " +
		"pairing_answer_days pairing_notice_days pairing_min_days check_in_early_minutes check_out_late_minutes presence_min_permille day_max_minutes annul_minutes correction_days pass_code_minutes " +
		"no_show_window_days no_show_limit suspension_days late_cancel_points no_show_points no_show_after_hours week_max_minutes " +
		"term_max_activities travel_kmh waitlist_cutoff_minutes offer_minutes lottery_base_weight lottery_first_practice_weight public_notice_days check_in_notice_days host_confirm_days " +
		"appeal_file_days appeal_days help_hours offline_upload_hours offline_skew_minutes makeup_days location_drift_m location_accuracy_min_m location_accuracy_max_m location_speed_kmh device_max_students position_repeats_max location_keep_days review_days round_input_days signup_consent " +
		"pairing_due kickoff_due year_starts fields categories skills"
	var out []string
	for _, name := range strings.Fields(names) {
		out = append(out, "/policy/"+name)
	}
	return out
}

func TestCreateTwiceWithOneKeyIsOneProgramme(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	key := idem.Key{Value: "k1", Hash: []byte("h")}
	in := programme.New{Code: "ONCE", Name: "一次", OwnerOrgID: o.University.ID, Preset: programme.PresetShandong}
	first, err := o.Create(t.Context(), o.university, key, in)
	if err != nil {
		t.Fatal(err)
	}
	before := o.rows(t)
	again, err := o.Create(t.Context(), o.university, key, in)
	if err != nil || !mustEqual(again, first) || o.rows(t) != before {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestACodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	got := testkit.RaceOf(8, func(int) error {
		_, err := o.Create(t.Context(), o.university, idem.Key{}, programme.New{Code: "RACE", Name: "赛", OwnerOrgID: o.University.ID, Preset: programme.PresetMaoming})
		return err
	})
	if got[""] != 1 || got[programme.ErrCodeTaken.Code] != 7 {
		t.Errorf("got %v", got)
	}
}

func TestDraftsAreSeenByTheirWritersOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	draft := o.create(t, o.university, o.University, programme.PresetMaoming).Programme
	see := func(as access.Actor) (listed, got bool) {
		list, err := o.List(t.Context(), as, programme.Filter{}, page.Request{})
		if err != nil {
			t.Fatal(err)
		}
		listed = slices.ContainsFunc(list.Items, func(r programme.Row) bool { return r.ID == draft.ID })
		_, err = o.Get(t.Context(), as, draft.ID)
		_, milestones := o.Milestones(t.Context(), as, draft.ID, page.Request{})
		if (err == nil) != (milestones == nil) {
			t.Errorf("Get %v, Milestones %v", err, milestones)
		}
		return listed, err == nil
	}
	stale := o.city
	stale.LoggedInAt = time.Time{}
	tests := map[string]struct {
		as   access.Actor
		want bool
	}{
		"nobody": {access.Actor{}, false}, "its university": {o.university, true}, "the city above, however long signed in": {stale, true},
		"the province": {o.province, true}, "a county": {o.county, false}, "its department": {o.department, false},
	}
	for name, tt := range tests {
		if listed, got := see(tt.as); listed != tt.want || got != tt.want {
			t.Errorf("%s: listed %v, got %v", name, listed, got)
		}
	}
	if _, err := o.Activate(t.Context(), o.university, draft.ID); err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		if listed, got := see(tt.as); !listed || !got {
			t.Errorf("active, %s: listed %v, got %v", name, listed, got)
		}
	}
}

func TestListPagesNewestFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := o.Org(o.City, model.OrgUniversityCommittee, "他校团委")
	want := []int64{o.Programme.ID}
	for range 4 {
		want = append([]int64{o.create(t, o.university, o.University, programme.PresetMaoming).Programme.ID}, want...)
	}
	o.AddProgramme("OTHER", other)
	var got []int64
	for req := (page.Request{Limit: 2}); ; {
		list, err := o.List(t.Context(), o.university, programme.Filter{OwnerOrgID: o.University.ID}, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Items {
			got = append(got, r.ID)
			if r.OwnerName != o.University.Name {
				t.Errorf("owner %q", r.OwnerName)
			}
		}
		if req.Cursor = list.Next; req.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	active, err := o.List(t.Context(), o.university, programme.Filter{Status: model.ProgrammeActive}, page.Request{})
	if err != nil || len(active.Items) != 2 {
		t.Errorf("got %v, %v", active.Items, err)
	}
}
