package api_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/router"
)

// TestTheOtherRealmChangesNothing: whatever happens to the private objects of the mirror realm, no answer to anybody of the
// home realm changes by a byte, an ETag or a total.
func TestTheOtherRealmChangesNothing(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		w.TB = t
		before := w.everythingRead()
		for _, stage := range []struct {
			what string
			do   func()
		}{
			{"changes", func() {
				w.privately("UPDATE %s SET status = 'X' WHERE %s", "projects", "signups", "hours_claims", "pairings", "join_requests")
				w.privately("UPDATE %s SET minutes = minutes + 1 WHERE %s", "hours_claims")
				w.privately("UPDATE %s SET note = 'x' WHERE %s", "signups", "pairings", "invitations")
				w.post(w.mirror)
			}},
			{"deletions", func() {
				w.privately("DELETE FROM %s WHERE %s", "hours_claims", "signups", "attendances", "project_members", "projects", "pairings",
					"join_requests", "join_codes", "invitations", "api_clients", "role_grants", "student_proofs", "consents", "reliability_entries", "signup_suspensions", "student_profiles", "memberships")
			}},
		} {
			stage.do()
			after := w.everythingRead()
			for what, answer := range before {
				if after[what] != answer {
					t.Errorf("%s in the other realm show to %s:\n%s\n%s", stage.what, what, answer, after[what])
				}
			}
		}
		t.Logf("%d answers compared", 2*len(before))
	})
}

// everythingRead are all answers that anybody of the home realm gets to reading, without their request ids.
func (w *twins) everythingRead() map[string]string {
	w.TB.Helper()
	routes, out := w.routesByID(), map[string]string{}
	for _, u := range allRules() {
		if routes[u.op].Method != http.MethodGet {
			continue
		}
		for i, c := range w.callers() {
			if c.realm == nil && c.name != "nobody" || raced && i%4 != 0 {
				continue // the system's own people stand above both
			}
			out[c.name+" "+u.op+" "+u.on] = anonymous(w.trial(u, routes[u.op], c, w.home, nil))
		}
	}
	return out
}

// privately runs a statement on the rows of the mirror realm, which were made after all those of the home realm.
func (w *twins) privately(statement string, tables ...string) {
	w.TB.Helper()
	first, last := w.mirror.ids["province"], w.mirror.ids["entry"]
	for _, table := range tables {
		key := "id"
		if table == "attendances" {
			key = "signup_id"
		}
		where := key + " BETWEEN " + strconv.FormatInt(first, 10) + " AND " + strconv.FormatInt(last, 10)
		sql := strings.Replace(strings.Replace(statement, "%s", table, 1), "%s", where, 1)
		if res := w.DB.Exec(sql); res.Error != nil || res.RowsAffected == 0 {
			w.TB.Fatalf("%s: %d rows, %v", sql, res.RowsAffected, res.Error)
		}
	}
}

// post adds a line to the ledger of a realm.
func (w *twins) post(r *realm) {
	w.TB.Helper()
	w.Insert(&model.HoursEntry{
		ID: w.NewID(), StudentID: r.ids["lead"], Minutes: 60, Class: model.ClassVolunteer, Basis: model.BasisCheckIn, ClaimID: w.NewID(), ProgrammeID: r.ids["programme"], ActivityID: r.ids["past activity"],
		ServedOn: "2026-10-11", BranchID: r.ids["branch"], BranchPath: r.orgs["branch"].Path, PostedBy: 1, PostedAt: w.Clock.Now(),
	})
}

// TestACursorOpensNothing: the place in one list is no way into another one.
func TestACursorOpensNothing(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		w.TB = t
		first := w.Do(w.mirror.who["department"], on("GET /orgs/%d/students?limit=1", w.mirror.ids["branch"]), nil).Status(200)
		next := first.Get("next_cursor")
		mine := w.Do(w.home.who["department"], on("GET /orgs/%d/students?limit=100&cursor=", w.home.ids["branch"])+next, nil).Status(200)
		if strings.Contains(string(mine.Body), w.mirror.mark) {
			t.Errorf("a foreign cursor leads abroad: %s", mine.Body)
		}
		w.Do(w.home.who["department"], "GET /projects?cursor="+next, nil).Problem(400, "page.cursor_invalid")
		raw, err := base64.RawURLEncoding.DecodeString(next)
		if err != nil || bytes.Contains(raw, []byte(w.mirror.mark)) {
			t.Errorf("%q %v", raw, err)
		}
	})
}

// TestOnlyTheTableIsServed: other methods and other spellings of every path are refused, whoever asks.
func TestOnlyTheTableIsServed(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		w.TB = t
		before := w.fingerprint()
		for _, route := range w.routesByID() {
			path := strings.TrimPrefix(route.Path, router.Prefix)
			for _, part := range strings.Split(path, "/") {
				if strings.HasPrefix(part, ":") {
					path = strings.Replace(path, part, w.home.id("project"), 1)
				}
			}
			for _, line := range []string{
				"HEAD " + path, "OPTIONS " + path, "PATCH " + path, "TRACE " + path, "get " + path, route.Method + " " + path + "/", route.Method + " /" + path,
				route.Method + " " + strings.ToUpper(path), route.Method + " " + path + "%2f", route.Method + " " + path + ";x", route.Method + " /." + path,
			} {
				got := w.Do(w.home.who["province"], line, nil, apitest.Header("X-HTTP-Method-Override", "DELETE"))
				if got.Code < http.StatusBadRequest {
					t.Errorf("%s: %d %s", line, got.Code, got.Body)
				}
			}
		}
		if w.fingerprint() != before {
			t.Error("something changed")
		}
	})
}
