package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/service/access"
)

// jobs runs the jobs that tell people.
func (e *event) jobs() {
	e.TB.Helper()
	for _, job := range e.Built.Jobs {
		if job.Name == "plan-reminders" || job.Name == "spread-notices" {
			if err := job.Do(e.TB.Context()); err != nil {
				e.TB.Fatalf("%s: %v", job.Name, err)
			}
		}
	}
}

// told are the kinds in somebody's inbox, the newest first.
func (e *event) told(who access.Actor) (kinds []string) {
	e.TB.Helper()
	var list struct {
		Data []struct {
			Kind, Body, Object string
			ObjectID           string `json:"object_id"`
		}
	}
	e.Do(who, "GET /me/notifications?limit=50", nil).Status(http.StatusOK).Into(&list)
	for _, n := range list.Data {
		if n.Body == "" || n.Object == "activities" && n.ObjectID != fmt.Sprint(e.activity.ID) {
			e.TB.Errorf("%+v", n)
		}
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

// TestTheInboxAfterTheJourney: what a student, the host and the branch hear, from the pairing to the hours.
func TestTheInboxAfterTheJourney(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	secretary, twin := e.Staff("支书", access.BranchSecretary, e.Branch), e.Student("没来", e.Branch)
	e.join(twin)
	other := proposal(e.API)
	other["local_org_id"] = fmt.Sprint(e.Org(e.Town, "COMMUNITY", "别处社区").ID)
	town := e.Staff("镇委员", access.TownOfficer, e.Town)
	pairing := e.Do(secretary, "POST /pairings", other).Status(http.StatusCreated).Get("id")
	e.Do(town, "POST /pairings/"+pairing+"/accept", body{}).Status(http.StatusOK)

	e.at(-24 * time.Hour)
	e.jobs()
	to := object{"starts_at": e.session.StartsAt.Add(time.Hour), "ends_at": e.session.EndsAt.Add(time.Hour), "place": "后院", "lat": 36.65, "lng": 117.12}
	got := e.Do(e.clerk, path("POST /sessions/%d/move", e.session.ID), to, apitest.IfMatch(e.activity.Version)).Status(http.StatusOK)
	e.session.StartsAt = e.session.StartsAt.Add(time.Hour)
	if got.Get("sessions.0.place") != "后院" {
		t.Fatalf("%s", got.Body)
	}
	e.at(-time.Hour)
	e.jobs()
	claims := e.serve(e.me)
	e.jobs()
	e.Do(e.clerk, path("POST /hours-claims/%s/dispute", claims[0]), map[string]string{"reason": "早退"}).Status(http.StatusOK)
	e.Do(e.officer, path("POST /hours-claims/%s/reopen", claims[0]), map[string]string{"reason": "没有早退"}).Status(http.StatusOK)
	e.Do(e.lead, e.step("lead-confirm"), these(claims...)).Status(http.StatusOK)
	e.Do(e.clerk, e.step("host-confirm"), these(claims...)).Status(http.StatusOK)
	e.Do(e.officer, e.step("recognise"), these(claims...)).Status(http.StatusOK)

	for name, tt := range map[string]struct {
		who  access.Actor
		want []string
	}{
		"the student":        {e.me, []string{"HOURS_CONFIRMED", "HOURS_DISPUTED", "REMINDER_HOUR", "ACTIVITY_CHANGED", "REMINDER_DAY", "SIGNUP_CONFIRMED"}},
		"who did not come":   {twin, []string{"REMINDER_HOUR", "ACTIVITY_CHANGED", "REMINDER_DAY", "SIGNUP_CONFIRMED"}},
		"the secretary":      {secretary, []string{"HOURS_DISPUTED", "PAIRING_ACCEPTED"}},
		"the town":           {town, []string{"PAIRING_PROPOSED"}},
		"the lead, unsigned": {e.lead, nil},
		"the clerk":          {e.clerk, nil},
	} {
		if got := e.told(tt.who); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
