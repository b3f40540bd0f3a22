package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"baodao/internal/testkit/apitest"
	"baodao/model"
)

// reference is a request of somebody who may send it, which names one more object in its body, query or path. What it
// names is out of their sight, and must be answered like what does not exist.
type reference struct {
	who, line string
	body      func(w *twins, id string) any
	name      string // an object of the mirror realm
	code      int
}

// references are all places where a request names an object beside the one it acts upon.
func references(w *twins) map[string]reference {
	r := w.home
	at := func(format string, names ...string) string {
		ids := make([]int64, len(names))
		for i, name := range names {
			ids[i] = r.ids[name]
		}
		return on(format, ids...)
	}
	field := func(base func() object, key string) func(*twins, string) any {
		return func(_ *twins, id string) any { return with(base(), object{key: id}) }
	}
	activity := func() object {
		return with(activityContents(w, r), object{"org_id": r.id("community"), "programme_id": r.id("programme")})
	}
	ofProject := func() object { return with(activity(), object{"programme_id": nil}) }
	propose := func() object { return proposalBody(w, r).(object) }
	step := func(key string, first ...string) func(*twins, string) any {
		return func(_ *twins, id string) any {
			return with(object{"all": key == "except"}, object{key: append(first, id)})
		}
	}
	return map[string]reference{
		"project of a pairing":          {"secretary", "POST /projects", field(planBody, "pairing_id"), "pairing", 404},
		"activity of a project":         {"host", "POST /activities", field(ofProject, "project_id"), "project", 404},
		"activity of a draft programme": {"host", "POST /activities", field(activity, "programme_id"), "drafted programme", 422},
		"contact of an activity":        {"host", "POST /activities", field(activity, "host_contact_id"), "user host", 422},
		"contact in an edit":            {"host", at("PUT /activities/%d", "drafted activity"), field(func() object { return activityContents(w, r) }, "host_contact_id"), "user host", 422},
		"student of a team":             {"lead", at("POST /projects/%d/members", "project"), field(func() object { return object{"role": "MEMBER"} }, "student_id"), "student", 422},
		"advisor of a team":             {"secretary", at("POST /projects/%d/members", "project"), field(func() object { return object{"role": "ADVISOR"} }, "user_id"), "user advisor", 422},
		"proposal in a draft programme": {"secretary", "POST /pairings", field(propose, "programme_id"), "drafted programme", 422},
		"proposal below a pairing":      {"secretary", "POST /pairings", field(propose, "parent_id"), "pairing", 422},
		"confirmation of a seat": {"host", at("POST /sessions/%d/confirmations", "session of present activity"), func(_ *twins, id string) any {
			return object{"kind": "IN", "reason": "核对", "signup_ids": []string{r.id("seat"), id}}
		}, "seat", 404},
		"lead's step":             {"lead", at("POST /activities/%d/hours-claims/lead-confirm", "past activity"), step("claim_ids", r.id("claim")), "claim", 404},
		"lead's step but for one": {"lead", at("POST /activities/%d/hours-claims/lead-confirm", "past activity"), step("except"), "claim", 404},
		"host's step":             {"host", at("POST /activities/%d/hours-claims/host-confirm", "past activity"), step("claim_ids", r.id("claim the lead confirmed")), "claim the lead confirmed", 404},
		"school's step":           {"department", at("POST /activities/%d/hours-claims/recognise", "past activity"), step("claim_ids", r.id("claim the host confirmed")), "claim the host confirmed", 404},
		"successor":               {"town", at("POST /orgs/%d/dissolve", "spare community"), field(func() object { return object{"reason": "合并"} }, "successor_id"), "user host", 422},
		"milestone of another":    {"university", at("DELETE /programmes/%d/milestones/", "programme"), nil, "milestone", 404},
		"indicators of a draft":   {"university", at("GET /orgs/%d/indicators?programme_id=", "university"), nil, "drafted programme", 422},
		"pairings of a unit":      {"secretary", "GET /pairings?programme_id=", nil, "programme", 200},
		"projects of a pairing":   {"secretary", "GET /projects?pairing_id=", nil, "pairing", 200},
		"activities of a unit":    {"host", "GET /managed-activities?org_id=", nil, "community", 200},
		"programmes of a unit":    {"plain", "GET /programmes?status=DRAFT&owner_org_id=", nil, "university", 200},
		"activities of a draft":   {"plain", "GET /activities?programme_id=", nil, "drafted programme", 200},
		"proofs of a student": {"secretary", at("POST /orgs/%d/proofs", "branch"), func(w *twins, id string) any {
			return with(proofBody(w, r).(object), object{"student_ids": []string{r.id("student"), id}})
		}, "student", 422},
		"student by number and name": {"plain", "POST /me/student-binding", func(_ *twins, id string) any {
			no := w.mirror.text["unbound"]
			if id == fmt.Sprint(unknown) {
				no = "S1"
			}
			return object{"university_id": w.mirror.id("university"), "student_no": no, "name": "猜的名"}
		}, "university", 422},
	}
}

// TestForeignReferences sends each of them with a foreign id and with an unknown one.
func TestForeignReferences(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		for what, ref := range references(w) {
			t.Run(what, func(t *testing.T) {
				w.TB = t
				before := w.fingerprint()
				foreign, none := w.refer(ref, w.mirror.id(ref.name)), w.refer(ref, fmt.Sprint(unknown))
				if foreign.Code != ref.code || anonymous(foreign) != anonymous(none) {
					t.Errorf("want %d and no difference:\n%s\n%s", ref.code, anonymous(foreign), anonymous(none))
				}
				if w.fingerprint() != before {
					t.Error("left a trace")
				}
				w.hides(t, what, authzCaller{realm: w.home}, foreign)
			})
		}
	})
}

func (w *twins) refer(ref reference, id string) *apitest.Answer {
	w.TB.Helper()
	if ref.body == nil {
		return w.Do(w.home.who[ref.who], ref.line+id, nil)
	}
	return w.Do(w.home.who[ref.who], ref.line, ref.body(w, id), apitest.IfMatch(1))
}

// TestNobodyIsDrawnIn: naming a foreign unit, which anybody may see, does not let one act for it.
func TestNobodyIsDrawnIn(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		r, foreign := w.home, w.mirror
		w.TB = t
		for what, c := range map[string]struct {
			who, line string
			body      object
		}{
			"an activity of another unit":  {"host", "POST /activities", with(activityContents(w, r), object{"org_id": foreign.id("community"), "programme_id": foreign.id("programme")})},
			"a programme of another":       {"university", "POST /programmes", with(programmeBody(w, r).(object), object{"owner_org_id": foreign.id("university")})},
			"an organisation below":        {"city", "POST /orgs", object{"kind": model.OrgCountyCommittee, "parent_id": foreign.id("city"), "name": "新"}},
			"a pairing of two others":      {"secretary", "POST /pairings", proposalBody(w, foreign).(object)},
			"a recommendation to others":   {"city", "POST /pairings", proposalBody(w, foreign).(object)},
			"a role in another unit":       {"town", on("POST /orgs/%d/role-grants", foreign.ids["community"]), object{"role": "HOST_STAFF", "user_id": r.id("user visitor")}},
			"an invitation to another":     {"town", on("POST /orgs/%d/invitations", foreign.ids["community"]), object{"role": "HOST_STAFF"}},
			"a client of another":          {"city", on("POST /orgs/%d/api-clients", foreign.ids["city"]), object{"name": "x", "scopes": []string{"org.read"}}},
			"a join code of another":       {"secretary", on("POST /orgs/%d/join-codes", foreign.ids["branch"]), object{}},
			"proofs of another unit":       {"secretary", on("POST /orgs/%d/proofs", foreign.ids["branch"]), proofsBody(w, foreign).(object)},
			"the end of another":           {"city", on("POST /orgs/%d/dissolve", foreign.ids["spare branch"]), object{"reason": "合并"}},
			"a term of another university": {"university", on("POST /orgs/%d/terms", foreign.ids["university"]), termBody(w, r).(object)},
		} {
			before := w.fingerprint()
			if got := w.Do(r.who[c.who], c.line, c.body); got.Code != http.StatusForbidden || w.fingerprint() != before {
				t.Errorf("%s: %d %s", what, got.Code, got.Body)
			}
		}
	})
}
