package round_test

import (
	"errors"
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/round"
	"baodao/service/survey"
)

// Whom a position is not meant for, whom its host keeps away, who keeps away from the host, and all of it at once: it is one
// answer, at one place, so that nobody reads from it who wanted it.
func TestNobodyLearnsWhoKeepsAway(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	me := f.willing(f.Branch)
	at := func(grade string, sides ...string) model.Position {
		place := f.project
		place.LocalOrgID = f.Org(f.Town, model.OrgCommunity, "社区").ID
		_, _, p := f.Activity(place, 2, func(a *model.Activity, s *model.Session) {
			lat := int64(36_750_000)
			a.LatE6, s.LatE6, a.SignupMode = &lat, &lat, model.SignupMatched
			if grade != "" {
				a.Audience = &model.Audience{Grades: []string{grade}}
			}
		})
		f.Insert(&model.PositionNeeds{PositionID: p.ID, Req: 0b1000, Version: 1, CreatedAt: f.Clock.Now(), UpdatedAt: f.Clock.Now()})
		for _, side := range sides {
			f.Insert(&model.MatchBlock{StudentID: me.StudentID, OrgID: place.LocalOrgID, Side: side, ReasonEnc: []byte{}, CreatedAt: f.Clock.Now()})
		}
		return p
	}
	list := ids(at("1999"), at("", model.BlockByHost), at("", model.BlockByStudent), at("1999", model.BlockByHost), at("", model.BlockByHost, model.BlockByStudent))
	_, err := f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: list})
	why, _ := errors.AsType[*fault.Fault](err)
	if why == nil || len(why.Fields) != len(list) {
		t.Fatalf("%+v", err)
	}
	for _, field := range why.Fields {
		if field.ZH != why.Fields[0].ZH || field.EN != why.Fields[0].EN || strings.Count(field.ZH, "不在这个岗位的安排范围内；距离") != 1 {
			t.Errorf("%s: %s %s", field.Pointer, field.ZH, field.EN)
		}
	}
}

// What keeps a friend away is the friend's to read, and so are the figures: they would tell where a friend lives.
func TestFriendsReadTheirOwnFigures(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	a, b := f.willing(f.Branch), f.Student("友", f.Branch)
	_, err := f.s.Survey.OfferWillingness(t.Context(), b, f.Programme.ID, 0, survey.Offer{Willing: true, Slots: always, MaxDistM: 4000})
	if err != nil {
		t.Fatal(err)
	}
	_, _, liked := f.matched(3, func(x *model.Activity, _ *model.Session) { x.Category = "CULTURE" })
	made, err := f.s.MakeGroup(t.Context(), a, idem.Key{}, r.ID)
	if err == nil {
		_, err = f.s.JoinGroup(t.Context(), b, r.ID, made.Code)
	}
	if err == nil {
		_, err = f.s.PutWishes(t.Context(), a, r.ID, 0, round.List{Positions: ids(liked)})
	}
	if err != nil {
		t.Fatal(err)
	}
	lead, err := f.s.MyWishes(t.Context(), a, r.ID)
	if err != nil || lead.Wishes[0].Parts.Interest != 1500 || lead.Wishes[0].UnfitZH != "" {
		t.Fatalf("%+v %v", lead, err)
	}
	friend, err := f.s.MyWishes(t.Context(), b, r.ID)
	if err != nil || friend.Wishes[0].Parts.Interest != 0 || friend.Wishes[0].Parts.Near == 0 {
		t.Fatalf("a friend reads the figures of who leads: %+v %v", friend, err)
	}
	if _, err = f.s.Survey.OfferWillingness(t.Context(), b, f.Programme.ID, 1, survey.Offer{Willing: true, Slots: always, MaxDistM: 200}); err != nil {
		t.Fatal(err)
	}
	lead, err = f.s.MyWishes(t.Context(), a, r.ID)
	if err != nil || lead.Wishes[0].UnfitZH != "同组有人不符合条件，请各自查看原因" || strings.ContainsAny(lead.Wishes[0].UnfitEN, "0123456789") {
		t.Errorf("%+v %v", lead, err)
	}
	friend, err = f.s.MyWishes(t.Context(), b, r.ID)
	if err != nil || !strings.HasSuffix(friend.Wishes[0].UnfitZH, "超出您的上限 200 米") {
		t.Errorf("%+v %v", friend, err)
	}
}
