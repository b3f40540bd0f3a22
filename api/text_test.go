package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/router"
	"baodao/service/access"
)

// riskyText is what words finds risky.
const riskyText = "赌一把"

// unasked are the texts of the contract that the request which brings them does not have looked at, and why that is right.
// Every other text is refused with content.risky when it is risky.
var unasked = []struct{ ops, pointers, why string }{
	{"refreshTokens", "/refresh_token", "a secret"},
	{"redeemBootstrap redeemInvitation createJoinRequest", "/code", "a secret"},
	{"clientToken", "/client_id /client_secret /grant_type /scope", "secrets and words of the protocol"},
	{"createJoinRequest bindStudent", "/student_no", "ASCII letters and digits, see vault.Number"},
	{"bindStudent", "/name", "compared with the roster and not kept"},
	{"putMyConsent", "/text_version", "nobody else reads it"},
	{"createActivity updateActivity createProject updateProject createDemand updateDemand", "/field /category", "codes of the programme, others are refused"},
	{"createActivity updateActivity", "/title /summary /risk_note /sessions/*/place /positions/*/title /positions/*/description", "a draft, looked at when it is submitted: TestDraftsAreLookedAtWhenTheyAreSubmitted"},
	{"createDemand updateDemand", "/title /summary /place /risk_note /positions/*/title /positions/*/needs", "a draft, looked at when it is submitted: TestDraftsAreLookedAtWhenTheyAreSubmitted"},
	{"createProject updateProject", "/title /goals/* /tasks/* /duties/* /risk_plan", "a draft, looked at when it is submitted: TestDraftsAreLookedAtWhenTheyAreSubmitted"},
	{"createProgramme", "/name /policy/fields/*/name /policy/categories/*/name /policy/skills/*/name /policy/decline_reasons/*/name /policy/signup_consent", "a draft, looked at when it opens: TestDraftsAreLookedAtWhenTheyAreSubmitted"},
	{"createSignup createGroupSignup", "/note", "looked at after the commit, shown once it has passed: TestNotesAndReasonsThroughWeChatAndWithout"},
	{"askLeave", "/reason", "looked at after the commit, shown once it has passed: TestANoteIsReadByOthersOnceItHasPassed of service/signup"},
	{"proposeHours", "/text", "needs a picture of one's own: TestHoursAreProposedAndConfirmedByTwo"},
	{"importRoster", "/file", "names of people and their majors as the school keeps them; 50,000 a file"},
	{"createUpload", "/file", "a picture, shown once it has passed: TestACoverFromUploadToThePublic"},
}

// TestEveryTextIsLookedAt puts something risky into every text of the contract, as somebody who may send it: it is refused and
// named, unless a line of unasked says why not. So a new text field is either looked at or has such a line.
func TestEveryTextIsLookedAt(t *testing.T) {
	t.Parallel()
	spared, fields := sparedTexts(), textsOfContract(t)
	inTwins(t, func(w *twins) {
		w.checker = words{}
		w.rebuild(t)
		routes := w.routesByID()
		for _, op := range slices.Sorted(maps.Keys(fields)) {
			for _, at := range fields[op] {
				if key := op + " " + at; spared[key] {
					delete(spared, key)
					continue
				}
				t.Run(op+strings.ReplaceAll(at, "/", "."), func(t *testing.T) {
					w.TB = t
					w.refusesRisky(t, routes[op], at)
				})
			}
		}
	})
	for key := range spared {
		t.Errorf("%s is no text of the contract any more", key)
	}
}

// refusesRisky sends the bodies of all rules of an operation, with something risky in one place.
func (w *twins) refusesRisky(t *testing.T, route router.Route, at string) {
	t.Helper()
	sent := false
	for _, u := range allRules() {
		if u.op != route.ID || u.body == nil || u.want != 0 || u.on == "drafted programme" { // all of which is looked at when it opens
			continue
		}
		body := risky(t, u.body(w, w.home), at)
		if body == nil {
			continue
		}
		sent = true
		undone := errors.New("undone")
		err := w.DB.Transaction(func(*gorm.DB) error {
			namesRisky(t, w.send(u.line(route, w.home, nil), w.allowed(u, route), body), strings.ReplaceAll(at, "*", "0"))
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
	}
	if !sent {
		t.Errorf("no body of %s has a place for %s", route.ID, at)
	}
}

// namesRisky demands that a request was refused because of what stands at a pointer, and of nothing else.
func namesRisky(t *testing.T, got *apitest.Answer, at string) {
	t.Helper()
	var p struct {
		Code   string
		Errors []struct{ Pointer string }
	}
	err := json.Unmarshal(got.Body, &p)
	if err != nil || got.Code != http.StatusUnprocessableEntity || p.Code != "content.risky" || len(p.Errors) != 1 || p.Errors[0].Pointer != at {
		t.Errorf("something risky in %s: %d %s", at, got.Code, got.Body)
	}
}

// risky is a body with something risky at a pointer, the first item of lists; nil when the body has no such place.
func risky(t *testing.T, body any, at string) any {
	t.Helper()
	if form, ok := body.(otherMedia); ok {
		form.content = strings.Replace(form.content, "新生", riskyText, 1) // the reason of rosterBody
		return form
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	if !plantText(tree, strings.Split(at, "/")[1:]) {
		return nil
	}
	return tree
}

func plantText(tree any, path []string) bool {
	switch node := tree.(type) {
	case map[string]any:
		if len(path) == 1 {
			node[path[0]] = riskyText
			return true
		}
		return plantText(node[path[0]], path[1:])
	case []any:
		if len(node) == 0 || path[0] != "*" {
			return false
		}
		if len(path) == 1 {
			node[0] = riskyText
			return true
		}
		return plantText(node[0], path[1:])
	}
	return false
}

func sparedTexts() map[string]bool {
	out := map[string]bool{}
	for _, line := range unasked {
		for op := range strings.FieldsSeq(line.ops) {
			for at := range strings.FieldsSeq(line.pointers) {
				out[op+" "+at] = true
			}
		}
	}
	return out
}

// textsOfContract are the places of all bodies that take riskyText, and files.
func textsOfContract(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody == nil || op.OperationID == "receiveWeChatPush" { // WeChat's own words
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				out[op.OperationID] = append(out[op.OperationID], textsOf(media.Schema.Value, "")...)
			}
		}
	}
	return out
}

func textsOf(s *openapi3.Schema, at string) []string {
	var out []string
	switch {
	case s.Type.Includes("object"):
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			out = append(out, textsOf(s.Properties[name].Value, at+"/"+name)...)
		}
		if more := s.AdditionalProperties.Schema; more != nil {
			out = append(out, textsOf(more.Value, at+"/*")...)
		}
	case s.Type.Includes("array"):
		return textsOf(s.Items.Value, at+"/*")
	case s.Type.Includes("integer"), s.Type.Includes("number"), s.Type.Includes("boolean"):
	case len(s.Enum) > 0, s.Format != "" && s.Format != "binary":
	case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(riskyText):
	default:
		out = append(out, at)
	}
	return out
}

// TestDraftsAreLookedAtWhenTheyAreSubmitted: what only its authors read may be anything, until others shall read it.
func TestDraftsAreLookedAtWhenTheyAreSubmitted(t *testing.T) {
	t.Parallel()
	a, _ := checkedCrew(t)
	project := with(planBody(), object{"pairing_id": fmt.Sprint(a.pairing.ID)})
	item := []object{{"code": "OWN", "name": "自定"}}
	programme := object{"code": "P-1", "name": "新计划", "owner_org_id": fmt.Sprint(a.University.ID), "preset": "MAOMING_2022", "policy": object{"fields": item, "categories": item, "skills": item, "decline_reasons": item}}
	need := object{
		"title": "四点半课堂", "place": "党群服务中心", "risk_note": "注意路口", "contact_id": fmt.Sprint(a.host.UserID), "programme_id": fmt.Sprint(a.Programme.ID), "host_org_id": fmt.Sprint(a.Community.ID),
		"positions": []object{{"title": "辅导员", "count": 2}}, "windows": []object{{"starts_at": "2026-12-05T01:00:00Z", "ends_at": "2026-12-05T03:00:00Z"}},
	}
	spared := sparedTexts()
	made := 0
	for op, at := range textsOfContract(t) {
		draft, ok := map[string]struct {
			who        access.Actor
			path, next string
			body       object
		}{
			"createActivity":  {a.host, "/activities", "/submit", a.activityBody()},
			"createDemand":    {a.host, "/demands", "/submit", need},
			"createProject":   {a.secretary, "/projects", "/submit", project},
			"createProgramme": {a.university, "/programmes", "/activate", programme},
		}[op]
		if !ok {
			continue
		}
		for _, at := range at {
			if !spared[op+" "+at] || at == "/field" || at == "/category" {
				continue
			}
			made++
			if op == "createProgramme" {
				draft.body["code"] = "P-" + strconv.Itoa(made)
			}
			id := a.Do(draft.who, "POST "+draft.path, risky(t, draft.body, at)).Status(http.StatusCreated).Get("id")
			namesRisky(t, a.Do(draft.who, "POST "+draft.path+"/"+id+draft.next, nil), strings.ReplaceAll(at, "*", "0"))
		}
	}
	if made < 15 {
		t.Errorf("only %d texts of drafts were tried", made)
	}
}
