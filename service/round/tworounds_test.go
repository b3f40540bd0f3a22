package round_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/round"
)

// play runs a round of the university for an officer: the students list what they list, and the proposals come out.
func (f *fair) play(officer access.Actor, name string, lists map[*access.Actor][]int64) model.MatchRound {
	f.TB.Helper()
	ctx, now := f.TB.Context(), f.Clock.Now()
	d, err := f.s.Create(ctx, officer, idem.Key{}, round.New{Kind: model.RoundPositions, ProgrammeID: f.Programme.ID, ScopeOrgID: f.University.ID, Form: round.Form{
		Name: name, Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, AnswerHours: 24, WishesFrom: now, WishesUntil: now.Add(24 * time.Hour), DrawSource: "双色球",
	}})
	if err == nil {
		_, err = f.s.Open(ctx, officer, d.ID)
	}
	for who, list := range lists {
		if err == nil {
			_, err = f.s.PutWishes(ctx, *who, d.ID, 0, round.List{Positions: list})
		}
	}
	advance := func() {
		if err == nil {
			_, err = f.s.Advance(ctx, 10)
		}
	}
	f.Clock.Add(25 * time.Hour)
	for range 3 {
		advance()
	}
	if err == nil {
		_, err = f.s.Draw(ctx, officer, d.ID, "01 02 03")
	}
	for range 2 {
		advance()
	}
	if err == nil {
		_, err = f.s.Publish(ctx, officer, d.ID)
	}
	advance()
	if err != nil {
		f.TB.Fatal(err)
	}
	var r model.MatchRound
	if err := f.DB.Where("id = ?", d.ID).First(&r).Error; err != nil || r.Status != model.RoundPublished {
		f.TB.Fatalf("%s %s %v", r.Status, r.Failure, err)
	}
	return r
}

// mine is what a round proposes to a student, nil for nothing.
func (f *fair) mine(r model.MatchRound, st access.Actor) *round.Proposal {
	f.TB.Helper()
	got, err := f.s.MyProposals(f.TB.Context(), st, "", first(10))
	if err != nil {
		f.TB.Fatal(err)
	}
	for _, p := range got.Items {
		if p.RoundID == r.ID {
			return &p
		}
	}
	return nil
}

// Two seats, three students. One of the two who are proposed says nothing: the seat goes into the next round by itself, to whom
// the first round had none for.
func TestOpenSeatsFlowIntoTheNextRound(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	f.put("orgs", f.University.ID, map[string]any{"lat_e6": 36_659_000, "lng_e6": 117_120_000})
	f.s.Kinds = map[string]round.Kind{model.RoundPositions: &round.Positions{DB: f.DB, Now: f.Clock.Now, NewID: f.NewID, Survey: f.s.Survey}}
	officer := f.Staff("校团委", access.CommitteeOfficer, f.University)
	at := func(a *model.Activity, s *model.Session) {
		from := f.Clock.Now().Add(30 * 24 * time.Hour)
		a.StartsAt, a.EndsAt, s.StartsAt, s.EndsAt = from, from.Add(2*time.Hour), from, from.Add(2*time.Hour)
	}
	f.activity, f.session, f.position = f.matched(2, at)
	wishes := []int64{f.position.ID}
	s := []access.Actor{f.willing(f.Branch), f.willing(f.Branch), f.willing(f.Branch)}
	one := f.play(officer, "第一轮", map[*access.Actor][]int64{&s[0]: wishes, &s[1]: wishes, &s[2]: wishes})
	var lucky []access.Actor
	var left access.Actor
	for _, st := range s {
		if f.mine(one, st) != nil {
			lucky = append(lucky, st)
		} else {
			left = st
		}
	}
	if len(lucky) != 2 {
		t.Fatal(len(lucky), "proposals for two seats")
	}
	p := f.mine(one, lucky[0])
	if p.WishNo != 1 || p.Parts.Near == 0 || p.Parts.Points == 0 {
		t.Errorf("%+v", p)
	}
	f.yes(p.MatchProposal, f.mine(one, lucky[1]).MatchProposal)
	if _, err := f.s.Accept(t.Context(), lucky[0], p.ID); err != nil {
		t.Fatal(err)
	}
	f.Clock.Add(24 * time.Hour)
	if n, err := f.s.Lapse(t.Context(), 100); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	two := f.play(officer, "第二轮", map[*access.Actor][]int64{&left: wishes})
	p = f.mine(two, left)
	if p == nil || two.Seats != 1 {
		t.Fatalf("%d seats, %+v", two.Seats, p)
	}
	f.yes(p.MatchProposal)
	if got, err := f.s.Accept(t.Context(), left, p.ID); err != nil || got.Status != model.ProposalConfirmed || f.seats() != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	if kinds, _ := f.heard(f.clerk); kinds != "MATCH_ENDED" {
		t.Error("the host heard", kinds)
	}
	var open int64
	if _, err := f.s.Lapse(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Model(&model.MatchRound{}).Where("id IN ? AND status = ?", []int64{one.ID, two.ID}, model.RoundPublished).Count(&open).Error; err != nil || open != 0 {
		t.Error(open, "rounds are still open", err)
	}
}

// A seat that one round has proposed is not proposed by another one before it is free again.
func TestASeatIsNotPromisedTwice(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	f.put("orgs", f.University.ID, map[string]any{"lat_e6": 36_659_000, "lng_e6": 117_120_000})
	f.s.Kinds = map[string]round.Kind{model.RoundPositions: &round.Positions{DB: f.DB, Now: f.Clock.Now, NewID: f.NewID, Survey: f.s.Survey}}
	f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
	officer := f.Staff("校团委", access.CommitteeOfficer, f.University)
	var ids []int64
	for _, seats := range []int64{1, 2} {
		_, _, p := f.matched(seats, func(a *model.Activity, s *model.Session) {
			from := f.Clock.Now().Add(30 * 24 * time.Hour)
			from = from.Add(time.Duration(seats) * 24 * time.Hour)
			a.StartsAt, a.EndsAt, s.StartsAt, s.EndsAt = from, from.Add(2*time.Hour), from, from.Add(2*time.Hour)
		})
		ids = append(ids, p.ID)
	}
	s := []access.Actor{f.willing(f.Branch), f.willing(f.Branch), f.willing(f.Branch)}
	one := f.play(officer, "第一轮", map[*access.Actor][]int64{&s[0]: ids[:1], &s[1]: ids[1:]})
	if one.Seats != 3 || one.Placed != 2 {
		t.Fatalf("%d seats, %d placed", one.Seats, one.Placed)
	}
	// it takes as long as the students have to answer, and more
	f.put("match_rounds", one.ID, map[string]any{"answers_until": f.Clock.Now().Add(72 * time.Hour)})
	for _, st := range s[:2] {
		f.put("match_proposals", f.mine(one, st).ID, map[string]any{"answers_until": f.Clock.Now().Add(72 * time.Hour)})
	}
	two := f.play(officer, "第二轮", map[*access.Actor][]int64{&s[2]: {ids[0], ids[1]}})
	p := f.mine(two, s[2])
	if two.Seats != 1 || two.Positions != 1 || p == nil || p.PositionID != ids[1] {
		t.Fatalf("%d seats of %d positions, %+v", two.Seats, two.Positions, p)
	}
	if _, err := f.s.Decline(t.Context(), s[0], f.mine(one, s[0]).ID); err != nil {
		t.Fatal(err)
	}
	f.Clock.Add(48 * time.Hour) // those of the first round are over now
	three := f.play(officer, "第三轮", map[*access.Actor][]int64{&s[0]: ids})
	if three.Seats != 3 {
		t.Fatalf("%d seats", three.Seats)
	}
}
