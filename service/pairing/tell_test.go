package pairing_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/pairing"
)

// loudStreet is a street whose service tells people.
func loudStreet(t *testing.T) *street {
	t.Helper()
	s := newStreet(t)
	s.Service.Notify = s.World.Notices()
	return s
}

func TestAProposalIsToldToThoseWhoMayAnswer(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	d := s.propose(t, s.secretary, nil)
	s.Told(notify.PairingProposed, s.host)
	s.Inbox(notify.PairingProposed, s.host, "辛班团支部邀请与您所在的组织结对。")
	if _, err := s.Accept(t.Context(), s.host, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingAccepted, s.secretary)
	s.Inbox(notify.PairingAccepted, s.secretary, "戊社区接受了结对。")
	s.Told(notify.PairingDeclined)
}

func TestARecommendationIsToldToBothSides(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	d := s.propose(t, s.county, nil)
	s.Told(notify.PairingProposed, s.host, s.secretary)
	s.Inbox(notify.PairingProposed, s.host, "辛班团支部（上级推荐）邀请与您所在的组织结对。")
	s.Inbox(notify.PairingProposed, s.secretary, "戊社区（上级推荐）邀请与您所在的组织结对。")
	if _, err := s.Accept(t.Context(), s.department, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingAccepted) // the other side has not answered
	if _, err := s.Accept(t.Context(), s.host, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingAccepted, s.county, s.department, s.secretary)
	s.Inbox(notify.PairingAccepted, s.county, "戊社区接受了结对。")
}

func TestARefusalIsToldToWhoProposed(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	d := s.propose(t, s.department, nil) // for the branch below
	if _, err := s.Decline(t.Context(), s.town, d.ID); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingDeclined, s.department, s.secretary)
	s.Inbox(notify.PairingDeclined, s.department, "戊社区没有接受结对。")
	d = s.propose(t, s.secretary, nil)
	if _, err := s.Decline(t.Context(), s.secretary, d.ID); err != nil { // takes it back
		t.Fatal(err)
	}
	s.Told(notify.PairingDeclined, s.department, s.secretary, s.host)
	s.Inbox(notify.PairingDeclined, s.host, "辛班团支部没有接受结对。")
}

func TestNobodyIsToldOfAProposalThatFailed(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	key := idem.Key{Value: "k", Hash: make([]byte, 32)}
	for range 2 { // the repeat gets the first answer and tells nothing
		if _, err := s.Propose(t.Context(), s.secretary, key, s.proposal(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Propose(t.Context(), s.secretary, idem.Key{}, s.proposal(nil)); err == nil {
		t.Fatal("proposed twice")
	}
	s.Told(notify.PairingProposed, s.host)
	var d model.Pairing
	if err := s.World.DB.First(&d).Error; err != nil {
		t.Fatal(err)
	}
	s.World.Break("notice_templates") // what cannot be told does not happen
	if _, err := s.Accept(t.Context(), s.host, d.ID, ""); err == nil {
		t.Error("accepted although it could not be told")
	}
	if err := s.World.DB.First(&d).Error; err != nil || d.Status != model.PairingProposed {
		t.Error(d.Status, err)
	}
	s.Told(notify.PairingAccepted)
}

func TestNoticeIsGivenToTheOtherSide(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	d := s.active(t)
	day := model.Date(s.Clock.Now().AddDate(0, 0, 20).Format(time.DateOnly))
	if _, err := s.End(t.Context(), s.host, d.ID, "社区撤并", day); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingEnding, s.secretary)
	s.Inbox(notify.PairingEnding, s.secretary, "戊社区提出自"+notify.Day(day).ZH+"起结束结对。社区撤并")
	if _, err := s.End(t.Context(), s.secretary, d.ID, "那就今天", model.Date(s.Clock.Now().Format(time.DateOnly))); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingEnding, s.secretary, s.host)
	s.Inbox(notify.PairingEnding, s.host, "辛班团支部提出自"+notify.Day(model.Date(s.Clock.Now().Format(time.DateOnly))).ZH+"起结束结对。那就今天")
}

func TestWhoWasNotAnsweredIsTold(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	s.propose(t, s.secretary, nil)
	s.propose(t, s.county, func(in *pairing.New) { in.LocalOrgID = s.elsewhere.ID }) // neither side answers
	s.Clock.Add(15 * 24 * time.Hour)
	for range 2 { // the second time there is nothing left to tell
		if _, err := s.ExpireDue(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
	s.Told(notify.PairingDeclined, s.secretary, s.county)
	s.Inbox(notify.PairingDeclined, s.secretary, "戊社区没有接受结对。到期没有答复，邀请已失效。")
}

func TestARenewalAsksTheOtherSide(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	d := s.active(t)
	term := s.term(t, "2026-09-01", "2027-01-20")
	for range 2 { // again changes nothing
		if _, err := s.Renew(t.Context(), s.host, d.ID, term, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.Told(notify.PairingRenewal, s.secretary)
	s.Inbox(notify.PairingRenewal, s.secretary, "戊社区愿意在“2026-09-01”学期继续结对，请确认是否续约。")
	if _, err := s.Renew(t.Context(), s.secretary, d.ID, term, ""); err != nil {
		t.Fatal(err)
	}
	s.Told(notify.PairingRenewal, s.secretary) // the host has said so itself
}

func TestAPairingThatFallsAsleepIsTold(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	s.set(t, "pairings", s.active(t).ID, "from_on", "2026-09-01")
	s.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	s.rest(t, 1)
	s.rest(t, 0)
	s.Told(notify.PairingDormant, s.secretary, s.host)
	s.Inbox(notify.PairingDormant, s.host, "与辛班团支部的结对一个学期没有开展活动，已转为休眠；双方续约或再开展活动即恢复。")
}
