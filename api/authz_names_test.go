package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
)

// TestWholeNamesAndMaskedOnes: who reads people's names and numbers in full, who masked, and who not at all.
func TestWholeNamesAndMaskedOnes(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		r := w.home
		name, masked := r.mark+"student", r.mark+"*"
		for _, list := range []struct {
			what, line    string
			whole, partly string // of the cast
		}{
			{"roster", on("/orgs/%d/students", r.ids["branch"]), "secretary, department", "university"},
			{"signups", on("/activities/%d/signups", r.ids["booked activity"]), "advisor, secretary, host", "lead, town, department"},
			{"attendance", on("/sessions/%d/attendance", r.ids["session of present activity"]), "advisor, secretary, host", "lead, department"},
			{"claims", on("/activities/%d/hours-claims", r.ids["past activity"]), "advisor, secretary, host", "student, lead, department, university"},
			{"team", on("/projects/%d/members", r.ids["project"]), "student, lead, advisor, secretary, department", "host"},
		} {
			for who, whole := range sides(list.whole, list.partly) {
				t.Run(list.what+" for "+who, func(t *testing.T) {
					w.TB = t
					got := w.Do(r.who[who], "GET "+list.line, nil).Status(http.StatusOK)
					if list.what == "roster" && who == "university" {
						mended(t, strings.Contains(string(got.Body), name), "service/org/member.go: the university reads whole names without a reason")
					}
					if in := string(got.Body); strings.Contains(in, name) != whole || !whole && !strings.Contains(in, masked) {
						t.Errorf("whole %v: %s", whole, in)
					}
					if strings.Contains(list.what, "roster") {
						return
					}
					if number := r.id("student"); strings.Contains(string(got.Body), `"S`+number) {
						t.Errorf("the number is whole: %s", got.Body)
					}
				})
			}
		}
	})
}

// sides tells for each name whether it is of the first list.
func sides(first, second string) map[string]bool {
	out := map[string]bool{}
	for _, name := range namesIn(second) {
		out[name] = false
	}
	for _, name := range namesIn(first) {
		out[name] = true
	}
	return out
}

// mended fails when what was reported once is wrong again.
func mended(t testing.TB, wrong bool, where string) {
	t.Helper()
	if wrong {
		t.Error("again: " + where)
	}
}

// TestWeaknessesStayMended are weaknesses that were found once, each with the request that showed it.
func TestWeaknessesStayMended(t *testing.T) {
	t.Parallel()
	probes := map[string]func(w *twins){
		"a host is not drawn into an activity without a pairing": func(w *twins) {
			r, foreign := w.home, w.mirror
			body := with(activityContents(w, r), object{
				"org_id": r.id("branch"), "programme_id": r.id("programme"), "host_org_id": foreign.id("community"), "host_contact_id": foreign.id("user host"),
			})
			got := w.Do(r.who["secretary"], "POST /activities", body)
			mended(w.TB, got.Code == http.StatusCreated, "service/project/activity.go placeAlone: any campus unit names any host, which never agreed")
		},
		"a unit does not enter a foreign programme": func(w *twins) {
			body := with(activityContents(w, w.home), object{"org_id": w.home.id("community"), "programme_id": w.mirror.id("programme")})
			got := w.Do(w.home.who["host"], "POST /activities", body)
			mended(w.TB, got.Code == http.StatusCreated, "service/project/activity.go placeAlone: the programme's scope is not looked at")
		},
		"giving a role to a stranger does not tell their name": func(w *twins) {
			r, line := w.home, on("/orgs/%d/role-grants", w.home.ids["community"])
			w.Do(r.who["town"], "POST "+line, object{"role": "HOST_STAFF", "user_id": w.mirror.id("user student")}).Problem(http.StatusConflict, "grant.stranger")
			got := w.Do(r.who["town"], "GET "+line, nil)
			mended(w.TB, strings.Contains(string(got.Body), w.mirror.mark), "service/org/grant.go: anybody's name by the number of their account")
		},
		"numbers, not people, go up": func(w *twins) {
			for _, who := range []string{"county", "city", "province"} {
				got := w.Do(w.home.who[who], on("GET /projects/%d/members", w.home.ids["project"]), nil)
				mended(w.TB, got.Code == http.StatusOK, "service/project/team.go Members: "+who+" lists the team")
			}
			got := w.Do(apitest.Nobody, on("GET /projects/%d/members", w.home.ids["project"]), nil, bearer(w.home.tokens["client"]))
			mended(w.TB, got.Code == http.StatusOK, "service/project/team.go Members: an API client lists the team")
		},
		"an advisor who lost the role is out of the team": func(w *twins) {
			adv := w.home.who["advisor"]
			if err := w.DB.Exec("UPDATE role_grants SET live = NULL, revoked_at = ? WHERE user_id = ?", w.Clock.Now(), adv.UserID).Error; err != nil {
				w.TB.Fatal(err)
			}
			w.Grant(adv, "HOST_STAFF", w.mirror.orgs["community"])
			got := w.Do(adv, on("GET /projects/%d", w.home.ids["project"]), nil)
			mended(w.TB, got.Code == http.StatusOK, "service/project/projectread.go advises: any other role anywhere is enough")
			for _, list := range []string{"GET /projects", "GET /managed-activities"} {
				got := w.Do(adv, list, nil).Status(http.StatusOK)
				mended(w.TB, strings.Contains(string(got.Body), w.home.mark), "service/project: "+list+" shows what the detail hides")
			}
		},
		"a repeat shows no secret to who has moved on": func(w *twins) {
			officer, key := w.home.who["university"], apitest.Header("Idempotency-Key", "kept")
			line := on("POST /orgs/%d/api-clients", w.home.ids["university"])
			w.Do(officer, line, clientBody(w, w.home), key).Status(http.StatusCreated)
			if err := w.DB.Exec("UPDATE role_grants SET org_id = ? WHERE user_id = ?", w.mirror.ids["university"], officer.UserID).Error; err != nil {
				w.TB.Fatal(err)
			}
			got := w.Do(officer, line, clientBody(w, w.home), key)
			mended(w.TB, got.Code == http.StatusCreated, "service/account/client.go CreateClient: a stored answer is given before the scope is asked")
		},
		"what one may read is not answered as unknown": func(w *twins) {
			adv := w.home.who["advisor"]
			w.Do(adv, on("GET /projects/%d", w.home.ids["drafted project"]), nil).Status(http.StatusOK)
			got := w.Do(adv, on("PUT /projects/%d", w.home.ids["drafted project"]), planBody(), apitest.IfMatch(1))
			mended(w.TB, got.Code == http.StatusNotFound, "service/project/project.go UpdateProject: the advisor of the team hears 404")
			got.Problem(http.StatusForbidden, "access.denied")
			w.Do(adv, on("GET /activities/%d", w.home.ids["drafted activity"]), nil).Status(http.StatusOK)
			got = w.Do(adv, on("GET /positions/%d/availability", w.home.ids["position of drafted activity"]), nil)
			mended(w.TB, got.Code == http.StatusNotFound, "service/signup/query.go positionOf: the advisor of the team hears 404")
		},
		"a form field that nobody knows is refused": func(w *twins) {
			body, media := upload(t, []byte("学号,姓名\nR1,册\n"), "reason", "新生", "PARTIAL", "true", "status", "ACTIVE")
			got := w.Do(w.home.who["secretary"], on("POST /orgs/%d/roster-imports", w.home.ids["branch"]), body, media)
			mended(w.TB, got.Code == http.StatusOK, "api/gate.go: unknown fields of a multipart form are ignored")
			if got.Get("errors.0.pointer")+got.Get("errors.1.pointer") != "/PARTIAL/status" || got.Get("errors.0.code") != "unknown_field" {
				w.TB.Errorf("%s", got.Body)
			}
		},
	}
	inTwins(t, func(w *twins) {
		for name, probe := range probes {
			t.Run(name, func(t *testing.T) {
				w.TB = t
				undone := errors.New("undone")
				err := w.DB.Transaction(func(*gorm.DB) error {
					probe(w)
					return undone
				})
				if !errors.Is(err, undone) {
					t.Fatal(err)
				}
			})
		}
	})
}
