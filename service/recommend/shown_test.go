package recommend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/score"
	"baodao/service/page"
	"baodao/service/recommend"
)

// shown is one case: an activity, what else is there, and who is shown it.
type shown struct {
	change           func(a *model.Activity, s *model.Session)
	more             func(h *house, a model.Activity, p model.Position, me access.Actor)
	paired, stranger bool
}

func shownCases() map[string]shown {
	until := func(first bool) func(*model.Activity, *model.Session) {
		return func(a *model.Activity, _ *model.Session) {
			at := a.SignupOpensAt.Add(2 * time.Hour)
			a.PairedUntil, a.PairedFirst = &at, first
		}
	}
	mode := func(mode string) func(*model.Activity, *model.Session) {
		return func(a *model.Activity, _ *model.Session) { a.SignupMode = mode }
	}
	seats := func(set string) func(*house, model.Activity, model.Position, access.Actor) {
		return func(h *house, _ model.Activity, p model.Position, _ access.Actor) {
			h.write("UPDATE positions SET "+set+" WHERE id = ?", p.ID)
		}
	}
	block := func(side string) func(*house, model.Activity, model.Position, access.Actor) {
		return func(h *house, a model.Activity, _ model.Position, me access.Actor) {
			h.Insert(&model.MatchBlock{StudentID: me.StudentID, OrgID: a.HostOrgID, Side: side, ReasonEnc: []byte{}, CreatedAt: h.Clock.Now()})
		}
	}
	busy := func(from, to time.Duration) func(*house, model.Activity, model.Position, access.Actor) {
		return func(h *house, a model.Activity, _ model.Position, me access.Actor) {
			h.elsewhere(me, a.StartsAt.Add(from), a.StartsAt.Add(to))
		}
	}
	return map[string]shown{
		"anybody's":                      {paired: true, stranger: true},
		"full":                           {more: seats("taken = capacity")},
		"others wait":                    {more: seats("waiting = 1")},
		"others wait, but a round gives": {change: mode("MATCHED"), more: seats("waiting = 1"), paired: true, stranger: true},
		"kept for pairs":                 {change: until(false), more: seats("reserved = capacity"), paired: true},
		"pairs first":                    {change: until(true), paired: true},
		"pairs first, but a round gives": {change: func(a *model.Activity, s *model.Session) { until(true)(a, s); a.SignupMode = "MATCHED" }, paired: true, stranger: true},
		"chosen by the organiser":        {change: mode("REVIEW"), paired: true, stranger: true},
		"drawn":                          {change: mode("LOTTERY"), paired: true, stranger: true},
		"another grade's":                {change: func(a *model.Activity, _ *model.Session) { a.Audience = &model.Audience{Grades: []string{"2024"}} }},
		"our grade's":                    {change: func(a *model.Activity, _ *model.Session) { a.Audience = &model.Audience{Grades: []string{"2025"}} }, paired: true, stranger: true},
		"opens later":                    {change: func(a *model.Activity, _ *model.Session) { a.SignupOpensAt = a.SignupOpensAt.Add(2 * time.Hour) }},
		"opens later, but a round gives": {change: func(a *model.Activity, _ *model.Session) {
			a.SignupOpensAt = a.StartsAt.Add(-time.Minute)
			a.SignupMode = "MATCHED"
		}, paired: true, stranger: true},
		"from afar":                   {change: func(a *model.Activity, _ *model.Session) { a.Mode = "REMOTE" }},
		"the host does not want them": {more: block(model.BlockByHost), stranger: true},
		"they do not want the host":   {more: block(model.BlockByStudent), stranger: true},
		"at the same time as another": {more: busy(-time.Hour, time.Minute), stranger: true},
		"just before another":         {more: busy(2*time.Hour, 3*time.Hour), paired: true, stranger: true},
		"just after another":          {more: busy(-time.Hour, 0), paired: true, stranger: true},
		"signed up": {more: func(h *house, a model.Activity, p model.Position, me access.Actor) {
			now := h.Clock.Now()
			h.Insert(&model.Signup{ID: h.NewID(), LiveActivityID: &a.ID, StudentID: me.StudentID, ActivityID: a.ID, PositionID: p.ID, Status: model.SignupPendingReview, Version: 1, CreatedAt: now, UpdatedAt: now})
		}, stranger: true},
	}
}

// elsewhere binds a student at a time, at another host, who is not shown.
func (h *house) elsewhere(me access.Actor, from, to time.Time) {
	other := h.Org(h.Town, model.OrgCommunity, "己社区")
	a, _, p := h.Activity(h.project, 1, func(a *model.Activity, s *model.Session) {
		a.HostOrgID, a.Mode, a.StartsAt, a.EndsAt, a.ListedAt = other.ID, "REMOTE", from, to, &from
		s.StartsAt, s.EndsAt = from, to
	})
	now := h.Clock.Now()
	h.Insert(&model.Signup{ID: h.NewID(), LiveActivityID: &a.ID, StudentID: me.StudentID, ActivityID: a.ID, PositionID: p.ID, Status: model.SignupConfirmed, Version: 1, CreatedAt: now, UpdatedAt: now})
}

// TestWhoIsShownWhat asks a student of a paired branch and one of another branch, from a picture and from the database.
func TestWhoIsShownWhat(t *testing.T) {
	t.Parallel()
	for name, tt := range shownCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			me, stranger := h.Student("我", h.Branch), h.Student("他", h.Org(h.Department, model.OrgLeagueBranch, "壬班团支部"))
			a, _, p := h.Activity(h.project, 3, tt.change)
			if tt.more != nil {
				tt.more(h, a, p, me)
			}
			h.tick(h.s)
			for _, s := range []*recommend.Service{h.s, h.replica()} {
				for i, who := range []access.Actor{me, stranger} {
					want := []bool{tt.paired, tt.stranger}[i]
					got := h.ask(s, who, recommend.Ask{}, page.Request{})
					if len(got.Items) > 1 || (len(got.Items) == 1) != want {
						t.Errorf("student %d is shown %v, want %v", i, ids(got), want)
					}
				}
			}
		})
	}
}

// TestChancesComeFromTheLastRound: a paired student and a stranger with the same facts at positions that ended differently.
func TestChancesComeFromTheLastRound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me, stranger := h.Student("我", h.Branch), h.Student("他", h.Org(h.Department, model.OrgLeagueBranch, "壬班团支部"))
	h.ended() // before there are positions: nothing of it is known
	var round model.MatchRound
	if err := h.DB.First(&round).Error; err != nil {
		t.Fatal(err)
	}
	// Everything fits and is near: the stranger is in band 26, the partner two bands above.
	for i, tt := range []struct {
		keeps            bool
		cutoff, kept     int64
		closed, absent   bool
		paired, stranger int32
	}{
		{paired: 1000, stranger: 1000},
		{cutoff: int64(score.Key(27, 0)), paired: 1000, stranger: 0},
		{cutoff: int64(score.Key(40, 0)), paired: 0, stranger: 0},
		{cutoff: int64(score.Key(40, 0)), kept: int64(score.Key(20, 0)), paired: 0, stranger: 0},
		{cutoff: int64(score.Key(40, 0)), kept: int64(score.Key(20, 0)), keeps: true, paired: 1000, stranger: 0},
		{cutoff: int64(score.Key(20, 0)), closed: true, paired: 0, stranger: 0},
		{absent: true, paired: -1, stranger: -1},
	} {
		_, _, p := h.Activity(h.project, 3, func(a *model.Activity, _ *model.Session) {
			a.SignupMode = model.SignupMatched
			if tt.keeps {
				at := a.StartsAt
				a.PairedUntil = &at
			}
		})
		h.write("UPDATE positions SET reserved = 2 WHERE id = ?", p.ID)
		if !tt.absent {
			h.Insert(&model.RoundInput{RoundID: round.ID, Side: model.SideGiving, Seq: int64(i), RefID: p.ID, Line: []byte{}, Cutoff: tt.cutoff, Kept: tt.kept, Closed: tt.closed})
		}
		h.change("match_rounds", round.ID, "")
		h.change("activities", p.ActivityID, "")
		h.tick(h.s)
		for who, want := range []int32{tt.paired, tt.stranger} {
			got := h.ask(h.s, []access.Actor{me, stranger}[who], recommend.Ask{}, page.Request{})
			for _, x := range got.Items {
				if x.ID == p.ID && (x.Chance != want || x.Paired() != (who == 0) || got.RadiusM != 9000 || got.RoundID != round.ID) {
					t.Errorf("case %d: student %d in band %d has %d, want %d", i, who, x.Band, x.Chance, want)
				}
			}
			if len(got.Items) != i+1 {
				t.Errorf("case %d: %d positions", i, len(got.Items))
			}
		}
	}
}
