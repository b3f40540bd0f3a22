package project_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/page"
	"baodao/service/project"
)

// all reads a list to its end, n rows at a time, as nobody.
func (h *house) all(t *testing.T, f project.Filter, n int) []project.Listed {
	t.Helper()
	var rows []project.Listed
	req := limit(n)
	for range 1000 {
		res, err := h.Activities(t.Context(), f, req)
		must(t, err)
		if len(res.Items) > n {
			t.Fatalf("%d rows on a page of %d", len(res.Items), n)
		}
		rows = append(rows, res.Items...)
		if req.Cursor = res.Next; res.Next == "" {
			return rows
		}
	}
	t.Fatal("the list never ends")
	return nil
}

func ids(rows []project.Listed) []int64 {
	out := []int64{}
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// fill writes n published activities of the world's project; change gets each with its number.
func (h *house) fill(t testing.TB, n int, change func(i int, a *model.Activity)) []model.Activity {
	t.Helper()
	p := h.running()
	now := h.Clock.Now()
	all := make([]model.Activity, n)
	sessions := make([]model.Session, n)
	positions := make([]model.Position, 0, 2*n)
	for i := range all {
		start := now.Add(time.Duration(i+1) * time.Hour)
		a := model.Activity{
			ID: h.World.NewID(), ProgrammeID: p.ProgrammeID, ProjectID: &p.ID, OrgID: p.LocalOrgID, CampusOrgID: p.CampusOrgID, HostOrgID: p.LocalOrgID,
			Title: fmt.Sprintf("活动%03d", i), Field: "ECOLOGY", Category: "GOVERNANCE", Carriers: []string{}, Mode: "ONSITE", PlacementMode: "SINGLE",
			SignupMode: "FIRST_COME", SignupOpensAt: now, SignupClosesAt: start, CancelUntil: start, Status: model.ActivityPublished, StartsAt: start, EndsAt: start.Add(time.Hour),
			PublishedAt: &now, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		if change != nil {
			change(i, &a)
		}
		if a.Status == model.ActivityPublished {
			a.ListedAt = &a.StartsAt
			if a.LatE6 != nil {
				cell := geo.Cell(geo.Point{LatE6: *a.LatE6, LngE6: *a.LngE6})
				a.ListedCell = &cell
			}
		}
		all[i] = a
		sessions[i] = model.Session{ID: h.World.NewID(), ActivityID: a.ID, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Place: "广场"}
		for _, seats := range []int64{3, 5} {
			positions = append(positions, model.Position{ID: h.World.NewID(), ActivityID: a.ID, Title: "志愿者", Capacity: seats, Taken: 2, Version: 1, CreatedAt: now, UpdatedAt: now})
		}
	}
	h.write(t, func(tx *gorm.DB) error {
		for _, rows := range []any{&all, &sessions, &positions} {
			if err := tx.CreateInBatches(rows, 200).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

func TestListShowsWhatIsPublicSoonestFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.fill(t, 30, func(i int, a *model.Activity) {
		switch {
		case i%5 == 4: // the same start as the one before
			a.StartsAt = h.Clock.Now().Add(time.Duration(i) * time.Hour)
		case i == 7:
			a.Status = model.ActivityCancelled
		case i == 8:
			a.Status, a.PublishedAt = model.ActivityDraft, nil
		case i == 0:
			a.StartsAt, a.EndsAt = h.Clock.Now().Add(-time.Hour), h.Clock.Now().Add(time.Hour) // has begun
		}
	})
	var want []model.Activity
	for i, a := range all {
		if i != 7 && i != 8 && i != 0 {
			want = append(want, a)
		}
	}
	slices.SortFunc(want, func(a, b model.Activity) int {
		if c := a.StartsAt.Compare(b.StartsAt); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	wantIDs := []int64{}
	for _, a := range want {
		wantIDs = append(wantIDs, a.ID)
	}
	for _, size := range []int{1, 2, 7, 100} {
		if diff := cmp.Diff(wantIDs, ids(h.all(t, project.Filter{}, size))); diff != "" {
			t.Errorf("pages of %d: %s", size, diff)
		}
	}
	past := h.all(t, project.Filter{StartsFrom: h.Clock.Now().Add(-2 * time.Hour)}, 100)
	if past[0].ID != all[0].ID || past[0].Phase != model.ActivityOngoing {
		t.Errorf("asked for the past, got %+v", past[0])
	}
	got := h.all(t, project.Filter{}, 1)[0]
	wantRow := project.Listed{
		ID: all[1].ID, Title: "活动001", Field: "ECOLOGY", Category: "GOVERNANCE", Mode: "ONSITE", PlacementMode: "SINGLE",
		OrgID: h.Community.ID, HostOrgID: h.Community.ID, Organiser: "戊社区", Host: "戊社区", Place: "广场",
		StartsAt: all[1].StartsAt, EndsAt: all[1].EndsAt, SignupOpensAt: all[1].SignupOpensAt, SignupClosesAt: all[1].SignupClosesAt,
		Seats: project.Seats{Capacity: 8, Taken: 4}, Phase: model.ActivitySignupOpen,
	}
	if diff := cmp.Diff(wantRow, got); diff != "" {
		t.Error(diff)
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	town := h.Org(h.County, model.OrgTownYouthCommittee, "子镇青工委")
	venue := h.Org(town, model.OrgVenue, "丑青年之家")
	h.fill(t, 6, func(i int, a *model.Activity) {
		switch i {
		case 0:
			a.Field, a.RegionCode = "HEALTH", "370102001001"
		case 1:
			a.Category, a.RegionCode = "CULTURE", "370103001001"
		case 2:
			a.Carriers, a.Mode = []string{"SAN_XIA_XIANG", "HOME_RETURN"}, "REMOTE"
		case 3:
			a.Carriers, a.HostOrgID = []string{"HOME"}, venue.ID
		case 4:
			a.OrgID, a.ProgrammeID = venue.ID, 77
		case 5:
			a.SignupOpensAt = h.Clock.Now().Add(time.Hour)
		}
	})
	now := h.Clock.Now()
	tests := map[string]struct {
		f    project.Filter
		want []int // numbers of activities
	}{
		"field":                         {project.Filter{Field: "HEALTH"}, []int{0}},
		"category":                      {project.Filter{Category: "CULTURE"}, []int{1}},
		"carrier":                       {project.Filter{Carrier: "HOME_RETURN"}, []int{2}},
		"a carrier is not part of one":  {project.Filter{Carrier: "HOME"}, []int{3}},
		"an underscore is no wild card": {project.Filter{Carrier: "SAN_XIA-XIANG"}, []int{}},
		"mode":                          {project.Filter{Mode: "REMOTE"}, []int{2}},
		"programme":                     {project.Filter{ProgrammeID: 77}, []int{4}},
		"host or organiser":             {project.Filter{OrgID: venue.ID}, []int{3, 4}},
		"below an organisation":         {project.Filter{OrgID: town.ID}, []int{3, 4}},
		"no such organisation":          {project.Filter{OrgID: 1}, []int{}},
		"a city, short":                 {project.Filter{Region: "3701"}, []int{0, 1}},
		"a city, padded":                {project.Filter{Region: "370100000000"}, []int{0, 1}},
		"a district, padded":            {project.Filter{Region: "370103000000"}, []int{1}},
		"a community":                   {project.Filter{Region: "370102001001"}, []int{0}},
		"sign-up is open":               {project.Filter{OpenOnly: true}, []int{0, 1, 2, 3, 4}},
		"starts from":                   {project.Filter{StartsFrom: now.Add(5 * time.Hour)}, []int{4, 5}},
		"starts before":                 {project.Filter{StartsTo: now.Add(3 * time.Hour)}, []int{0, 1}},
		"several":                       {project.Filter{Region: "37", Field: "HEALTH", OpenOnly: true}, []int{0}},
		"several that none has":         {project.Filter{Region: "37", Field: "HEALTH", Mode: "REMOTE"}, []int{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := []int{}
			for _, r := range h.all(t, tt.f, 2) {
				var n int
				_, err := fmt.Sscanf(r.Title, "活动%03d", &n)
				must(t, err)
				got = append(got, n)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestACursorBelongsToItsList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t, 3, func(_ int, a *model.Activity) { a.LatE6, a.LngE6 = new(int64), new(int64) })
	res, err := h.Activities(t.Context(), project.Filter{}, limit(1))
	must(t, err)
	near := project.Filter{Near: &project.Near{RadiusM: 10}}
	_, err = h.Activities(t.Context(), near, page.Request{Cursor: res.Next})
	wants(t, err, fault.ErrCursor)
	_, err = h.ManagedActivities(t.Context(), h.host, project.ManagedFilter{}, page.Request{Cursor: res.Next})
	wants(t, err, fault.ErrCursor)
	_, err = h.Activities(t.Context(), project.Filter{}, page.Request{Cursor: "%"})
	wants(t, err, fault.ErrCursor)
}

func TestDivisionPrefix(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"370000000000": "37", "370100000000": "3701", "370102000000": "370102", "370102001000": "370102001", "370102001001": "370102001001",
		"3701": "3701", "370102": "370102", "110000000000": "11", "500200000000": "5002", "370102100000": "370102100",
	} {
		if got := project.DivisionPrefix(code); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
}
