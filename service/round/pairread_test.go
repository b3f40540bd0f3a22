package round_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/round"
)

// all reads the pairs of an organisation, one at a time.
func (c *county) all(t *testing.T, as access.Actor, r model.MatchRound, top model.Org) (out []round.PairDetail) {
	t.Helper()
	for req := (page.Request{Limit: 1}); ; {
		got, err := c.rounds.Pairs(t.Context(), as, r.ID, top.ID, req)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got.Items...)
		if req.Cursor = got.Next; req.Cursor == "" {
			return out
		}
	}
}

func TestPairsAreReadByThoseWhomTheyConcern(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	planned := c.plan(t, c.City, c.officer)
	if _, err := c.rounds.Pairs(t.Context(), c.officer, planned.ID, c.City.ID, page.Request{}); !errors.Is(err, round.ErrNotRun) {
		t.Errorf("before it is published: %v", err)
	}
	r := c.run(t, planned)
	if got := c.all(t, c.officer, r, c.City); len(got) != 4 || got[0].Status != "" || got[0].CampusName != c.branches[0].Name || got[0].LocalName == "" {
		t.Fatalf("got %+v", got)
	}
	c.propose(t, 4)
	secretary := c.Staff("支书", access.BranchSecretary, c.branches[2])
	mine := c.all(t, secretary, r, c.branches[2])
	if len(mine) != 1 || mine[0].CampusOrgID != c.branches[2].ID || mine[0].Status != model.PairingProposed {
		t.Errorf("a branch reads %+v", mine)
	}
	n := 0
	for _, o := range c.communities {
		n += len(c.all(t, c.host, r, o))
	}
	if town, university := c.all(t, c.host, r, c.Town), c.all(t, c.secretary, r, c.University); n != 4 || len(town) != 4 || len(university) != 4 {
		t.Errorf("communities %d, town %d, university %d", n, len(town), len(university))
	}
	for name, got := range map[string]error{
		"a branch of another":    second(c.rounds.Pairs(t.Context(), secretary, r.ID, c.branches[0].ID, page.Request{})),
		"why of another":         second(c.rounds.PairsWhy(t.Context(), secretary, r.ID, c.branches[0].ID)),
		"a clerk of a community": second(c.rounds.Pairs(t.Context(), c.Staff("干事", access.HostStaff, c.communities[0]), r.ID, c.branches[0].ID, page.Request{})),
	} {
		if !errors.Is(got, access.ErrDenied) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := c.rounds.PairsWhy(t.Context(), c.secretary, r.ID, c.Department.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("who did not take part: %v", err)
	}
	c.Clock.Add(14 * 24 * time.Hour)
	if got := c.all(t, secretary, r, c.branches[2]); got[0].Status != model.PairingExpired {
		t.Errorf("nobody answered: %+v", got)
	}
}

// Three branches and a community with one place for new ones: who did not get it is told why, and so is the community.
func TestAUnitAsksWhy(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	for i, skills := range []int64{0b11, 0b01, 0, 0} {
		c.answers(c.branches[i], 1, skills)
	}
	c.answers(c.communities[0], 1, 0b11)
	c.answers(c.communities[1], 1, 0)
	c.answers(c.communities[2], 0, 0)
	r := c.run(t, c.plan(t, c.City, c.officer))
	why := func(o model.Org) round.PairWhy {
		t.Helper()
		w, err := c.rounds.PairsWhy(t.Context(), c.officer, r.ID, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := why(c.branches[0])
	if first.Side != "CAMPUS" || first.Places != 1 || len(first.Answers) != 2 || first.Answers[0].Other.ID != c.communities[0].ID || !first.Answers[0].Reason.Given() || first.Answers[1].Reason.Given() {
		t.Errorf("the best branch: %+v", first)
	}
	host := why(c.communities[0])
	if host.Side != "LOCAL" || len(host.Answers) != 4 || host.Answers[0].Other.ID != c.branches[0].ID || host.Answers[1].Other.ID != c.branches[1].ID {
		t.Errorf("the community: %+v", host)
	}
	told := 0
	for _, b := range c.branches {
		w := why(b)
		if i := slices.IndexFunc(w.Answers, func(a round.PairAnswer) bool { return a.Other.ID == c.communities[0].ID }); !w.Answers[i].Reason.Given() {
			zh, _ := w.Answers[i].Words()
			if told++; zh == "" || w.Answers[i].LastBand == 0 {
				t.Errorf("%s: %+v", b.Name, w.Answers[i])
			}
		}
	}
	if told != 3 {
		t.Errorf("%d branches did not get it", told)
	}
}

// A published round of pairing closes by itself when every proposal is answered, or nobody is left to answer.
func TestARoundOfPairingEndsWithItsAnswers(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	r := c.run(t, c.plan(t, c.City, c.officer))
	if r.AnswersUntil == nil || !r.AnswersUntil.Equal(r.PublishedAt.AddDate(0, 0, 14)) {
		t.Errorf("answers until %v, published %v", r.AnswersUntil, r.PublishedAt)
	}
	is := func(name string, want model.RoundStatus) {
		t.Helper()
		d, err := c.rounds.Get(t.Context(), c.officer, r.ID)
		if err != nil || d.Status != want {
			t.Errorf("%s: %s, want %s: %v", name, d.Status, want, err)
		}
	}
	if _, err := c.rounds.Close(t.Context(), c.officer, r.ID); !errors.Is(err, round.ErrAnswers) {
		t.Errorf("before anything was proposed: %v", err)
	}
	c.propose(t, 4)
	c.propose(t, 0)
	is("nobody answered", model.RoundPublished)
	for i, p := range c.all(t, c.officer, r, c.City) {
		if i > 1 {
			break
		}
		if _, err := c.pairings.Decline(t.Context(), c.host, *p.PairingID); err != nil {
			t.Fatal(err)
		}
	}
	c.propose(t, 0)
	is("some declined", model.RoundPublished)
	c.Clock.Add(14 * 24 * time.Hour)
	c.propose(t, 0)
	is("the others expired", model.RoundClosed)
	c.Clock.Add(366 * 24 * time.Hour)
	if n, err := c.rounds.Forget(t.Context(), 5); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	c.forgotten(t, r)
}

// forgotten reads a round of pairing that is past its time: the pairs stay, and are not explained any more.
func (c *county) forgotten(t *testing.T, r model.MatchRound) {
	t.Helper()
	if n := len(c.all(t, c.officer, r, c.City)); n != 4 {
		t.Errorf("%d pairs", n)
	}
	if _, err := c.rounds.PairsWhy(t.Context(), c.officer, r.ID, c.branches[0].ID); !errors.Is(err, round.ErrForgotten) {
		t.Errorf("got %v", err)
	}
	if _, err := c.rounds.AskReplay(t.Context(), c.officer, idem.Key{}, r.ID); !errors.Is(err, round.ErrForgotten) {
		t.Errorf("got %v", err)
	}
	var sealed, units int64
	err := errors.Join(c.DB.Model(&model.RoundInput{}).Where("round_id = ? AND LENGTH(line) > 0", r.ID).Count(&sealed).Error,
		c.DB.Model(&model.RoundInput{}).Where("round_id = ?", r.ID).Count(&units).Error)
	if err != nil || sealed != 0 || units != r.Positions {
		t.Errorf("%d lines of %d units: %v", sealed, units, err)
	}
}

// A unit that asks while the round is being forgotten hears that it is.
func TestARoundOfPairingIsForgottenWhileItIsRead(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	r := c.run(t, c.plan(t, c.City, c.officer))
	c.set(r.TableName(), r.ID, map[string]any{"status": model.RoundClosed, "closed_at": c.Clock.Now()})
	c.Clock.Add(366 * 24 * time.Hour)
	ask := func() error { return second(c.rounds.PairsWhy(t.Context(), c.secretary, r.ID, c.branches[0].ID)) }
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	forgotten := after(t, c.DB, "round_inputs", func() {
		if n, err := c.rounds.Forget(t.Context(), 10); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
	if is(t, ask(), round.ErrForgotten); !*forgotten {
		t.Error("nothing was read: the test proves nothing")
	}
}
