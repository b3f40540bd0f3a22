package api_test

import (
	"net/http"
	"strings"
	"testing"

	"baodao/model"
)

// TestASchoolSeesOnlyItsOwnStudents: a student of the home realm serves in an activity of the mirror realm. Their own school
// reads and recognises their claim there, and learns of no other.
func TestASchoolSeesOnlyItsOwnStudents(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		w.TB = t
		home, abroad := w.home, w.mirror
		w.serveAbroad()
		list := on("GET /activities/%d/hours-claims", abroad.ids["past activity"])
		recognise := on("POST /activities/%d/hours-claims/recognise", abroad.ids["past activity"])
		for _, who := range []string{"mate", "secretary", "department", "university"} {
			got := w.Do(home.who[who], list, nil).Status(http.StatusOK)
			if in := string(got.Body); got.Get("data.0.id") != home.id("claim abroad") || strings.Contains(in, abroad.mark) || strings.Contains(in, abroad.id("claim")) {
				t.Errorf("%s: %s", who, in)
			}
		}
		for _, who := range []string{"student", "lead", "other secretary", "club lead", "host"} {
			w.Do(home.who[who], list, nil).Problem(http.StatusForbidden, "access.denied")
		}
		before := w.fingerprint()
		for _, who := range []string{"secretary", "department", "university"} {
			foreign := w.Do(home.who[who], recognise, claimsBody("claim the host confirmed")(w, abroad)).Problem(http.StatusNotFound, "resource.not_found")
			unknown := w.Do(home.who[who], recognise, object{"claim_ids": []string{"9007199254740991"}}).Problem(http.StatusNotFound, "resource.not_found")
			both := w.Do(home.who[who], recognise, object{"claim_ids": []string{home.id("claim abroad"), abroad.id("claim the host confirmed")}})
			if anonymous(foreign) != anonymous(unknown) || anonymous(both) != anonymous(unknown) {
				t.Errorf("%s: told apart:\n%s\n%s\n%s", who, foreign.Body, both.Body, unknown.Body)
			}
		}
		if w.fingerprint() != before {
			t.Error("a refused step left a trace")
		}
		all := w.Do(home.who["department"], recognise, object{"all": true}).Status(http.StatusOK)
		if all.Get("data.0.id") != home.id("claim abroad") || strings.Contains(string(all.Body), abroad.id("claim the host confirmed")) {
			t.Errorf("%s", all.Body)
		}
	})
}

// serveAbroad gives the mate of the home realm a claim in the past activity of the mirror realm, confirmed by its host.
func (w *twins) serveAbroad() {
	w.TB.Helper()
	home, abroad := w.home, w.mirror
	act, now, third, fourth := abroad.ids["past activity"], w.Clock.Now(), int64(3), int64(4)
	seat := model.Signup{
		ID: w.NewID(), LiveActivityID: &act, StudentID: home.ids["mate"], ActivityID: act, PositionID: abroad.ids["position of past activity"],
		Status: model.SignupCompleted, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	var session model.Session
	if err := w.DB.Where("id = ?", abroad.ids["session of past activity"]).First(&session).Error; err != nil {
		w.TB.Fatal(err)
	}
	claim := model.HoursClaim{
		ID: w.NewID(), SignupID: seat.ID, SessionID: session.ID, ActivityID: act, StudentID: seat.StudentID, Minutes: 120, Class: model.ClassVolunteer, Basis: "CHECKIN",
		StartsAt: session.StartsAt, EndsAt: session.EndsAt, Status: model.ClaimHost, LeadBy: &third, HostBy: &fourth, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	w.Insert(&seat, &claim)
	home.ids["claim abroad"] = claim.ID
}
