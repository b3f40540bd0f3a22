package round_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/round"
	"baodao/service/survey"
)

// Whoever is willing and belongs to the scope is told once, when lists are taken; a scope of many branches is read another way.
func TestTheWillingAreToldThatARoundTakesLists(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	f.s.Kinds = map[string]round.Kind{model.RoundPositions: &round.Positions{DB: f.DB, Now: f.Clock.Now, NewID: f.NewID, Survey: f.s.Survey}}
	other := f.Org(f.Department, model.OrgLeagueBranch, "壬班团支部")
	here, there, unwilling, silent := f.willing(f.Branch), f.willing(other), f.willing(f.Branch), f.Student("没说", f.Branch)
	_, err := f.s.Survey.OfferWillingness(t.Context(), unwilling, f.Programme.ID, 1, survey.Offer{Slots: always, MaxDistM: 5000})
	if err != nil {
		t.Fatal(err)
	}
	officer := f.Staff("系团委", access.CommitteeOfficer, f.Department)
	now := f.Clock.Now()
	open := func(scope model.Org) {
		t.Helper()
		d, err := f.s.Create(t.Context(), officer, idem.Key{}, round.New{Kind: model.RoundPositions, ProgrammeID: f.Programme.ID, ScopeOrgID: scope.ID, Form: round.Form{
			Name: "秋季轮次", Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, AnswerHours: 24,
			WishesFrom: now.Add(time.Hour), WishesUntil: now.Add(24 * time.Hour), DrawSource: "双色球",
		}})
		if err == nil {
			_, err = f.s.Open(t.Context(), officer, d.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	spread := func() {
		t.Helper()
		err := f.s.Notify.Spread(t.Context(), func(tx *gorm.DB, fan model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
			return round.Audience(tx, f.Clock.Now, fan, limit)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	hear := func(want map[*access.Actor]string) {
		t.Helper()
		for who, kinds := range want {
			if got, _ := f.heard(*who); got != kinds {
				t.Errorf("%d heard %q, want %q", who.UserID, got, kinds)
			}
		}
	}
	open(f.Department)
	spread()
	hear(map[*access.Actor]string{&here: "", &there: ""}) // lists are not taken yet
	f.Clock.Add(time.Hour)
	spread()
	spread()
	hear(map[*access.Actor]string{&here: "MATCH_OPEN", &there: "MATCH_OPEN", &unwilling: "", &silent: ""})

	for i := range 501 {
		f.Org(f.Branch, model.OrgStudentClub, fmt.Sprint("第", i, "社"))
	}
	now = f.Clock.Now()
	open(f.Department)
	f.Clock.Add(time.Hour)
	spread()
	hear(map[*access.Actor]string{&here: "MATCH_OPEN MATCH_OPEN", &there: "MATCH_OPEN MATCH_OPEN", &unwilling: ""})
}
