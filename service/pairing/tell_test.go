package pairing_test

import (
	"testing"

	"baodao/model"
	"baodao/service/idem"
	"baodao/service/notify"
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
	s.Inbox(notify.PairingProposed, s.host, "辛班团支部邀请与您所在的组织结对。")
	s.Inbox(notify.PairingProposed, s.secretary, "戊社区邀请与您所在的组织结对。")
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
