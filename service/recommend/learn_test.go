package recommend_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/page"
	"baodao/service/recommend"
)

// TestAPictureFollowsThePolicy turns the categories around: what a student is interested in is still the same.
func TestAPictureFollowsThePolicy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("我", h.Branch)
	h.willing(me, func(w *model.Willingness) { w.Interest1 = "CULTURE" })
	h.Activity(h.project, 3, func(a *model.Activity, _ *model.Session) { a.Category = "CULTURE" })
	h.Activity(h.project, 3, func(a *model.Activity, _ *model.Session) { a.Category = "GOVERNANCE" })
	for turned := range 2 {
		h.tick(h.s)
		for _, ask := range []recommend.Ask{{}, {Category: "CULTURE"}} {
			cold, warm := h.ask(h.replica(), me, ask, page.Request{}), h.ask(h.s, me, ask, page.Request{})
			if diff := cmp.Diff(cold, warm); diff != "" {
				t.Fatalf("turned %d times, %+v: %s", turned, ask, diff)
			}
			if x := warm.Items[0]; x.Parts.Interest != 1500 || len(ask.Category) > 0 && len(warm.Items) != 1 {
				t.Fatalf("turned %d times, %+v: %+v", turned, ask, warm.Items)
			}
		}
		var row model.ProgrammePolicy
		if err := h.DB.Where("programme_id = ?", h.Programme.ID).Order("version DESC").First(&row).Error; err != nil {
			t.Fatal(err)
		}
		row.Version++
		slices.Reverse(row.Policy.Categories)
		h.Insert(&row)
		h.change("programmes", h.Programme.ID, "")
	}
}

// TestWhoHasWaitedStandsHigher has a round that is over, of which a student got nothing: that counts for chances.
func TestWhoHasWaitedStandsHigher(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me, other := h.Student("我", h.Branch), h.Student("他", h.Branch)
	h.Activity(h.project, 3, func(a *model.Activity, _ *model.Session) { a.SignupMode = model.SignupMatched })
	h.ended()
	h.write("UPDATE round_inputs SET cutoff = 0, closed = FALSE")
	var round model.MatchRound
	if err := h.DB.First(&round).Error; err != nil {
		t.Fatal(err)
	}
	now := h.Clock.Now()
	h.Insert(&model.MatchWish{RoundID: round.ID, StudentID: me.StudentID, Positions: []int64{1, 2, 3, 4, 5}, Listed: 5, Version: 1, CreatedAt: now, UpdatedAt: now})
	h.tick(h.s)
	for _, s := range []*recommend.Service{h.s, h.replica()} {
		mine, theirs := h.ask(s, me, recommend.Ask{}, page.Request{}), h.ask(s, other, recommend.Ask{}, page.Request{})
		if len(mine.Items) != 1 || len(theirs.Items) != 1 || mine.Items[0].Band != theirs.Items[0].Band+1 {
			t.Errorf("%+v, %+v: want one band more", mine.Items, theirs.Items)
		}
	}
}

// TestHowOftenTheDatabaseIsAsked counts the queries of a recommendation before a picture.
func TestHowOftenTheDatabaseIsAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("我", h.Branch)
	h.Activity(h.project, 3, nil)
	db, heard := testkit.Hear(h.s.DB, "SELECT")
	h.s.DB = db
	for _, want := range []int{7, 8} {
		h.tick(h.s)
		before := len(heard.Said())
		h.ask(h.s, me, recommend.Ask{Category: "CULTURE"}, page.Request{})
		if got := heard.Said()[before:]; len(got) != want {
			t.Errorf("%d queries, want %d: %q", len(got), want, got)
		}
		h.ended() // now it counts how often one has waited
		h.change("match_rounds", h.round().ID, "")
	}
}

// round is the one that there is.
func (h *house) round() (r model.MatchRound) {
	h.TB.Helper()
	if err := h.DB.Order("id DESC").First(&r).Error; err != nil {
		h.TB.Fatal(err)
	}
	return r
}

// TestSeatsThatAreLeft tells strangers without those that are kept for paired branches.
func TestSeatsThatAreLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me, stranger := h.Student("我", h.Branch), h.Student("他", h.Org(h.Department, model.OrgLeagueBranch, "壬班团支部"))
	_, _, p := h.Activity(h.project, 9, func(a *model.Activity, _ *model.Session) {
		until := a.SignupOpensAt.Add(2 * time.Hour)
		a.PairedUntil = &until
	})
	h.write("UPDATE positions SET reserved = 3, taken = 2 WHERE id = ?", p.ID)
	h.tick(h.s)
	for _, s := range []*recommend.Service{h.s, h.replica()} {
		mine, theirs := h.ask(s, me, recommend.Ask{}, page.Request{}), h.ask(s, stranger, recommend.Ask{}, page.Request{})
		if len(mine.Items) != 1 || len(theirs.Items) != 1 || mine.Items[0].Left != 7 || theirs.Items[0].Left != 4 {
			t.Errorf("%+v, %+v: want 7 and 4 seats", mine.Items, theirs.Items)
		}
	}
}
