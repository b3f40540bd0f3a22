package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/lottery"
)

// fair adds a published activity with one position.
func fair(a *apitest.API, seats int64, change func(*model.Activity)) (model.Activity, model.Position) {
	a.TB.Helper()
	project := model.Project{ProgrammeID: a.World.Programme.ID, LocalOrgID: a.Community.ID, CampusOrgID: a.Branch.ID}
	activity, _, position := a.Activity(project, seats, func(x *model.Activity, _ *model.Session) { change(x) })
	return activity, position
}

func (a *crew) sweep() {
	a.TB.Helper()
	if _, err := a.Built.Services.Signup.Sweep(a.TB.Context(), 100); err != nil {
		a.TB.Fatal(err)
	}
}

// offers makes the waiting list ask before it gives a seat.
func offers(a *apitest.API, minutes int64) {
	a.TB.Helper()
	p := a.Policy
	p.OfferMinutes = minutes
	a.Insert(&model.ProgrammePolicy{ProgrammeID: a.World.Programme.ID, Version: 2, Policy: p, CreatedAt: a.Clock.Now()})
}

func TestAnOfferFromTheWaitingList(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	offers(a, 30)
	_, position := fair(a, 1, func(x *model.Activity) { x.Waitlist = true })
	one, two, three := a.Student("一", a.Branch), a.Student("二", a.Branch), a.Student("三", a.Branch)
	signUp := path("POST /positions/%d/signups", position.ID)
	seat := a.Do(one, signUp, object{}).Status(http.StatusCreated).Get("id")
	second, third := a.Do(two, signUp, object{}).Status(http.StatusCreated), a.Do(three, signUp, object{}).Status(http.StatusCreated)
	if second.Get("status") != "WAITLISTED" || a.Do(three, "GET /signups/"+third.Get("id"), nil).Get("turn") != "2" {
		t.Errorf("%s", second.Body)
	}
	accept := "POST /signups/" + second.Get("id") + "/accept"
	a.Refused(two, accept, nil, 409, "state.conflict")
	a.Refused(three, accept, nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, accept, nil, 401, "auth.required")
	a.Do(one, "POST /signups/"+seat+"/cancel", nil).Status(http.StatusOK)
	offered := a.Do(two, "GET /signups/"+second.Get("id"), nil).Status(http.StatusOK)
	if offered.Get("status") != "OFFERED" || offered.Get("offered_until") != "2026-10-12T01:30:00.000Z" {
		t.Errorf("%s", offered.Body)
	}
	seats := a.Do(apitest.Nobody, path("GET /positions/%d/availability", position.ID), nil)
	if seats.Get("held") != "1" || seats.Get("waiting") != "1" || seats.Get("left") != "0" || seats.Get("confirmed") != "0" {
		t.Errorf("%s", seats.Body)
	}
	for range 2 {
		if got := a.Do(two, accept, nil).Status(http.StatusOK); got.Get("status") != "CONFIRMED" {
			t.Errorf("%s", got.Body)
		}
	}
	a.Do(two, "POST /signups/"+second.Get("id")+"/cancel", nil).Status(http.StatusOK)
	a.Clock.Add(30 * time.Minute)
	a.Forget()
	a.Refused(three, "POST /signups/"+third.Get("id")+"/accept", nil, 409, "signup.offer_over")
	(&crew{API: a}).sweep()
	if got := a.Do(three, "GET /signups/"+third.Get("id"), nil); got.Get("status") != "OFFER_EXPIRED" || got.Get("reason") == "" {
		t.Errorf("%s", got.Body)
	}
	inbox := a.Do(three, "GET /me/notifications", nil).Status(http.StatusOK)
	for _, kind := range []string{"SIGNUP_WAITLISTED", "WAITLIST_OFFER", "SIGNUP_DECLINED"} {
		if !strings.Contains(string(inbox.Body), kind) {
			t.Errorf("nobody was told %s: %s", kind, inbox.Body)
		}
	}
}

func TestReviewAndLeave(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	activity, position := fair(a, 1, func(x *model.Activity) { x.SignupMode = model.SignupReview })
	clerk, me, other := a.Staff("干事", access.HostStaff, a.Community), a.Student("我", a.Branch), a.Student("别人", a.Branch)
	signUp, decide := path("POST /positions/%d/signups", position.ID), path("POST /activities/%d/signup-decisions", activity.ID)
	mine := a.Do(me, signUp, object{}).Status(http.StatusCreated)
	theirs := a.Do(other, signUp, object{}).Status(http.StatusCreated)
	if mine.Get("status") != "PENDING_REVIEW" {
		t.Errorf("%s", mine.Body)
	}
	one, two := mine.Get("id"), theirs.Get("id")
	say := func(decision, reason string, ids ...string) object {
		out := object{"decision": decision, "signup_ids": ids}
		if reason != "" {
			out["reason"] = reason
		}
		return out
	}
	a.Refused(me, decide, say("APPROVE", "", one), 403, "access.denied")
	a.Refused(apitest.Nobody, decide, say("APPROVE", "", one), 401, "auth.required")
	a.Refused(clerk, "POST /activities/99/signup-decisions", say("APPROVE", "", one), 404, "resource.not_found")
	for pointer, body := range map[string]object{
		"/reason": say("REJECT", "", one), "/signup_ids/1": say("APPROVE", "", one, "99"), "/decision": say("PERHAPS", "", one),
		"/signup_ids": say("APPROVE", ""),
	} {
		if got := a.Do(clerk, decide, body).Status(422); !strings.Contains(string(got.Body), `"pointer":"`+pointer+`"`) {
			t.Errorf("%s is not named: %s", pointer, got.Body)
		}
	}
	a.Do(clerk, decide, say("APPROVE", "", one, one)).Status(422)
	if got := a.Do(clerk, decide, say("APPROVE", "", two, one)).Status(409); got.Get("code") != "signup.decision_misfit" || got.Get("errors.0.pointer") != "/signup_ids/0" {
		t.Errorf("%s", got.Body) // one seat for two
	}
	if got := a.Do(clerk, decide, say("APPROVE", "", one)).Status(http.StatusOK); got.Get("signups.0.status") != "CONFIRMED" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(clerk, decide, say("REJECT", "岗位需要急救证", two)).Status(http.StatusOK); got.Get("signups.0.status") != "REJECTED" || got.Get("signups.0.reason") != "岗位需要急救证" {
		t.Errorf("%s", got.Body)
	}
	leave := "POST /signups/" + one + "/leave-request"
	a.Refused(me, leave, object{"reason": " "}, 422, "request.invalid")
	a.Refused(me, leave, object{}, 422, "request.invalid")
	a.Refused(other, leave, object{"reason": "家中有事"}, 404, "resource.not_found")
	a.Refused(other, "POST /signups/"+two+"/leave-request", object{"reason": "家中有事"}, 409, "state.conflict")
	if got := a.Do(me, leave, object{"reason": "家中有事"}).Status(http.StatusOK); got.Get("leave_reason") != "家中有事" || got.Get("status") != "CONFIRMED" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(clerk, decide, say("LEAVE", "", one)).Status(http.StatusOK); got.Get("signups.0.status") != "LEAVE_APPROVED" {
		t.Errorf("%s", got.Body)
	}
	own := a.Grant(me, access.HostStaff, a.Community)
	a.Forget()
	a.Refused(own, decide, say("LEAVE", "", one), 403, "access.own_interest")
}

func TestGroupSignup(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	_, position := fair(a, 2, func(*model.Activity) {})
	secretary := a.Staff("支书", access.BranchSecretary, a.Branch)
	var ids []string
	for i := range 3 {
		ids = append(ids, fmt.Sprint(a.Student(fmt.Sprint("同学", i), a.Branch).StudentID))
	}
	group := path("POST /positions/%d/group-signups", position.ID)
	body := func(all bool, ids ...string) object {
		return object{"org_id": fmt.Sprint(a.Branch.ID), "student_ids": ids, "all_or_none": all}
	}
	a.Refused(secretary, group, body(true, ids...), 409, "signup.full")
	a.Refused(secretary, group, body(true, ids...), 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	a.Refused(secretary, "POST /positions/99/group-signups", body(true, ids...), 404, "resource.not_found")
	a.Refused(secretary, group, with(body(true, ids...), object{"project_id": "7"}), 422, "request.invalid")
	a.Refused(secretary, group, body(true, ids[0], ids[0]), 422, "request.invalid")
	a.Refused(secretary, group, body(true), 422, "request.invalid")
	a.Refused(a.Student("路人", a.Branch), group, body(true, ids...), 403, "access.denied")
	if got := a.Do(secretary, group, body(true, ids[0], "99")).Status(422); got.Get("errors.0.pointer") != "/student_ids/1" {
		t.Errorf("%s", got.Body)
	}
	key := apitest.Header("Idempotency-Key", "group")
	made := a.Do(secretary, group, body(false, ids...), key).Status(http.StatusCreated)
	again := a.Do(secretary, group, body(false, ids...), key).Status(http.StatusCreated)
	if !bytes.Equal(made.Body, again.Body) || made.Get("signups.1.status") != "CONFIRMED" || made.Get("refused.0.code") != "signup.full" || made.Get("refused.0.student_id") != ids[2] {
		t.Errorf("%s\n%s", made.Body, again.Body)
	}
	refused := a.Do(secretary, group, body(true, ids[2], ids[0]), apitest.Header("Accept-Language", "en")).Status(409)
	if refused.Get("code") != "signup.group_refused" || refused.Get("errors.0.code") != "signup.full" || refused.Get("errors.1.code") != "signup.duplicate" {
		t.Errorf("%s", refused.Body)
	}
	_, lots := fair(a, 2, func(x *model.Activity) { x.SignupMode = model.SignupLottery })
	a.Refused(secretary, path("POST /positions/%d/group-signups", lots.ID), body(false, ids[2]), 409, "signup.group_mode")
}

// A lottery over HTTP, from the draft to the file that anybody checks.
func TestALotteryIsPublishedAndChecked(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	start := a.Clock.Now().Add(72 * time.Hour)
	made := a.public(t, with(a.activityBody(), object{
		"signup_mode": "LOTTERY", "waitlist": true, "signup_closes_at": start.Add(-24 * time.Hour), "positions": []object{{"title": "志愿者", "capacity": 2}},
	}))
	position := made.Get("positions.0.id")
	file := "GET /positions/" + position + "/lottery"
	before := a.Do(apitest.Nobody, file, nil).Status(http.StatusOK)
	if len(before.Get("commitment")) != 64 || before.Get("seed") != "" || before.Get("order") != "[]" {
		t.Errorf("%s", before.Body)
	}
	var students []access.Actor
	for i := range 5 {
		me := a.Student(fmt.Sprint("同学", i), a.Branch)
		students = append(students, me)
		if got := a.Do(me, "POST /positions/"+position+"/signups", object{}).Status(http.StatusCreated); got.Get("status") != "IN_LOTTERY" {
			t.Errorf("%s", got.Body)
		}
	}
	moved := object{"starts_at": start.Add(time.Hour), "ends_at": start.Add(2 * time.Hour), "place": "新址"}
	a.Do(a.host, "POST /sessions/"+made.Get("sessions.0.id")+"/move", moved, apitest.IfMatch(4)).Status(http.StatusOK)
	for _, me := range students {
		if inbox := a.Do(me, "GET /me/notifications", nil); strings.Count(string(inbox.Body), "ACTIVITY_CHANGED") != 1 || !strings.Contains(string(inbox.Body), "新址") {
			t.Errorf("not told of the move: %s", inbox.Body)
		}
	}
	a.Clock.Set(start.Add(-24 * time.Hour))
	if _, err := a.Built.Services.Signup.DrawDue(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	var pages bytes.Buffer
	for next := "?limit=2"; next != ""; {
		got := a.Do(apitest.Nobody, file+next, nil).Status(http.StatusOK)
		pages.Write(got.Body)
		if next = ""; strings.Contains(string(got.Body), "next_cursor") {
			next = "?limit=2&cursor=" + got.Get("next_cursor")
		}
	}
	read, err := lottery.Decode(&pages)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := lottery.Join(read)
	if err != nil {
		t.Fatal(err)
	}
	if err := lottery.Verify(whole); err != nil || whole.Count != 5 || len(whole.Winners) != 2 || whole.Commitment != before.Get("commitment") {
		t.Errorf("%v %+v", err, whole)
	}
	_, plain := fair(a.API, 1, func(*model.Activity) {})
	a.Refused(apitest.Nobody, path("GET /positions/%d/lottery", plain.ID), nil, 404, "lottery.none")
	a.Refused(apitest.Nobody, "GET /positions/99/lottery", nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, file+"?cursor=x", nil, 400, fault.ErrCursor.Code)
}

// A draft with rules that do not fit each other names every field.
func TestRulesThatDoNotFit(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	opens, closes := a.Clock.Now(), a.Clock.Now().Add(72*time.Hour)
	reserved := func(n int) []object { return []object{{"title": "志愿者", "capacity": 3, "reserved": n}} }
	tests := map[string]struct {
		change object
		names  []string
	}{
		"more reserved than there are": {object{"positions": reserved(4), "paired_until": closes}, []string{"/positions/0/reserved"}},
		"reserved for ever":            {object{"positions": reserved(1)}, []string{"/positions/0/reserved"}},
		"reserved in a lottery":        {object{"positions": reserved(1), "paired_until": closes, "signup_mode": "LOTTERY"}, []string{"/positions/0/reserved"}},
		"paired first, but until when": {object{"paired_first": true}, []string{"/paired_until"}},
		"a time for nothing":           {object{"paired_until": closes}, []string{"/paired_until"}},
		"until before it opens":        {object{"paired_first": true, "paired_until": opens}, []string{"/paired_until"}},
		"until after it closes":        {object{"paired_first": true, "paired_until": closes.Add(time.Minute)}, []string{"/paired_until"}},
		"assigned to nobody":           {object{"signup_mode": "ASSIGNED_UNIT"}, []string{"/audience/org_ids"}},
		"assigned to a grade":          {object{"signup_mode": "ASSIGNED_UNIT", "audience": object{"grades": []string{"2025"}}}, []string{"/audience/org_ids"}},
		"a round with a waiting list":  {object{"signup_mode": "MATCHED", "waitlist": true}, []string{"/signup_mode"}},
		"a round with paired first":    {object{"signup_mode": "MATCHED", "paired_first": true, "paired_until": closes}, []string{"/signup_mode"}},
		"a round for remote work":      {object{"signup_mode": "MATCHED", "mode": "REMOTE"}, []string{"/signup_mode"}},
		"a host as audience":           {object{"audience": object{"org_ids": []string{fmt.Sprint(a.Branch.ID), fmt.Sprint(a.Community.ID), "99"}}}, []string{"/audience/org_ids/1", "/audience/org_ids/2"}},
		"everything at once": {
			object{"positions": reserved(4), "paired_first": true, "signup_mode": "ASSIGNED_UNIT", "audience": object{"org_ids": []string{"99"}}},
			[]string{"/positions/0/reserved", "/paired_until", "/audience/org_ids/0"},
		},
		"an unknown mode": {object{"signup_mode": "AUCTION"}, []string{"/signup_mode"}},
		"an unknown tag":  {object{"audience": object{"tags": []string{"HERO"}}}, []string{"/audience/tags/0"}},
	}
	for name, c := range tests {
		got := a.Do(a.host, "POST /activities", with(a.activityBody(), c.change)).Status(422)
		for _, pointer := range c.names {
			if !strings.Contains(string(got.Body), `"pointer":"`+pointer+`"`) {
				t.Errorf("%s: %s is not named: %s", name, pointer, got.Body)
			}
		}
	}
	fine := a.Do(a.host, "POST /activities", with(a.activityBody(), object{
		"positions": reserved(3), "paired_until": closes, "paired_first": true, "waitlist": true, "signup_mode": "REVIEW",
		"audience": object{"org_ids": []string{fmt.Sprint(a.Branch.ID)}, "grades": []string{"2025", "2024", "2025"}, "tags": []string{"LEAGUE_MEMBER"}},
	})).Status(http.StatusCreated)
	if !strings.Contains(string(fine.Body), `"grades":["2024","2025"]`) || fine.Get("positions.0.reserved") != "3" || fine.Get("paired_first") != "true" || fine.Get("signup_mode") != "REVIEW" {
		t.Errorf("%s", fine.Body)
	}
}
