package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// serve lets people check in at the start and out at the end, and returns their claims by id, oldest first.
func (e *event) serve(who ...access.Actor) []string {
	e.TB.Helper()
	e.at(0)
	for _, a := range who {
		e.Do(a, redeem, scan(e.code("IN"), "nonce-in-1")).Status(http.StatusOK)
	}
	e.at(2 * time.Hour)
	for _, a := range who {
		e.Do(a, redeem, scan(e.code("OUT"), "nonce-out-1")).Status(http.StatusOK)
	}
	list := e.Do(e.clerk, path("GET /activities/%d/hours-claims", e.activity.ID), nil).Status(http.StatusOK)
	ids := make([]string, len(who))
	for i := range who {
		ids[i] = list.Get(fmt.Sprintf("data.%d.id", i))
	}
	return ids
}

func these(ids ...string) map[string]any { return map[string]any{"claim_ids": ids} }

// step is the path of a step.
func (e *event) step(name string) string {
	return path("POST /activities/%d/hours-claims/%s", e.activity.ID, name)
}

func TestHoursFromCheckOutToRecord(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.join(e.lead)
	claims := e.serve(e.me, e.lead)
	mine, leads := claims[0], claims[1]

	e.Refused(e.lead, e.step("lead-confirm"), these(mine, leads), 403, "access.own_interest")
	e.Refused(e.lead, e.step("lead-confirm"), these("99"), 404, "resource.not_found")
	e.Refused(e.lead, e.step("lead-confirm"), map[string]any{}, 422, "request.invalid")
	e.Refused(e.me, e.step("lead-confirm"), these(mine), 403, "access.denied")
	e.Refused(e.clerk, e.step("host-confirm"), these(mine), 409, "state.conflict")
	e.Refused(e.Staff("支书", access.BranchSecretary, e.Branch), e.step("lead-confirm"), these(leads), 403, "hours.needs_advisor")
	if got := e.Do(e.lead, e.step("lead-confirm"), map[string]any{"all": true}).Status(http.StatusOK); got.Get("data.0.id") != mine || got.Get("data.0.status") != "LEAD_CONFIRMED" || got.Get("has_more") != "false" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.officer, e.step("host-confirm"), these(mine), 403, "access.denied")
	e.Do(e.clerk, e.step("host-confirm"), these(mine)).Status(http.StatusOK)
	e.Refused(e.officer, e.step("recognise"), these(mine, leads), 409, "state.conflict")
	e.Refused(e.clerk, e.step("recognise"), these(mine), 403, "access.denied")
	if got := e.Do(e.officer, e.step("recognise"), these(mine)).Status(http.StatusOK); got.Get("data.0.status") != "POSTED" || got.Get("data.0.minutes") != "120" {
		t.Errorf("%s", got.Body)
	}

	hours := e.Do(e.me, "GET /me/hours", nil).Status(http.StatusOK)
	if hours.Get("data.0.minutes") != "120" || hours.Get("data.0.served_on") != "2026-10-14" || hours.Get("data.0.activity_title") != e.activity.Title {
		t.Errorf("%s", hours.Body)
	}
	record := e.Do(e.me, "GET /me/record", nil).Status(http.StatusOK)
	if record.Get("minutes") != "120" || record.Get("volunteer_minutes") != "120" || record.Get("parts.0.minutes") != "120" || record.Get("as_of") != "2026-10-14T03:00:00.000Z" {
		t.Errorf("%s", record.Body)
	}
	past := e.Do(e.me, "GET /me/record?as_of="+url.QueryEscape("2026-10-14T10:59:59+08:00"), nil).Status(http.StatusOK)
	if past.Get("minutes") != "0" || past.Get("as_of") != "2026-10-14T02:59:59.000Z" {
		t.Errorf("%s", past.Body)
	}
	e.Refused(e.me, "GET /me/record?as_of=yesterday", nil, 422, "request.invalid")
	e.Refused(apitest.Nobody, "GET /me/record", nil, 401, "auth.required")
	e.Refused(apitest.Nobody, "GET /me/hours", nil, 401, "auth.required")

	totals := path("GET /orgs/%d/hours-totals", e.University.ID)
	if sum := e.Do(e.Staff("校书记", access.CommitteeOfficer, e.University), totals, nil).Status(http.StatusOK); sum.Get("minutes") != "120" || sum.Get("students") != "1" || sum.Get("parts.0.basis") != "CHECKIN" || sum.Get("hidden") != "false" {
		t.Errorf("%s", sum.Body)
	}
	city := e.Staff("市书记", access.CommitteeOfficer, e.City)
	if sum := e.Do(city, totals, nil).Status(http.StatusOK); sum.Get("minutes") != "0" || sum.Get("hidden") != "false" {
		t.Errorf("the city is told of today: %s", sum.Body)
	}
	e.Clock.Add(24 * time.Hour)
	if sum := e.Do(e.Staff("市里另一位", access.CommitteeOfficer, e.City), totals, nil).Status(http.StatusOK); sum.Get("minutes") != "0" || strings.Contains(string(sum.Body), `"students"`) || sum.Get("hidden") != "true" {
		t.Errorf("the city is told of one student: %s", sum.Body)
	}
	e.Clock.Add(-24 * time.Hour)
	if sum := e.Do(e.lead, path("GET /projects/%d/hours-totals", *e.activity.ProjectID), nil).Status(http.StatusOK); sum.Get("volunteer_minutes") != "120" {
		t.Errorf("%s", sum.Body)
	}
	if sum := e.Do(e.clerk, path("GET /orgs/%d/hours-totals", e.Community.ID), nil).Status(http.StatusOK); sum.Get("minutes") != "120" {
		t.Errorf("%s", sum.Body)
	}
	e.Refused(e.me, totals, nil, 403, "access.denied")
	e.Refused(e.me, path("GET /projects/%d/hours-totals", *e.activity.ProjectID), nil, 404, "resource.not_found")
	if sum := e.Do(e.officer, path("GET /students/%d/record", e.me.StudentID), nil).Status(http.StatusOK); sum.Get("parts.0.basis") != "CHECKIN" {
		t.Errorf("%s", sum.Body)
	}
	e.Refused(e.lead, path("GET /students/%d/record", e.me.StudentID), nil, 404, "resource.not_found")

	reverse := path("POST /hours-entries/%s/reverse", hours.Get("data.0.id"))
	why := map[string]string{"reason": "核查发现代签"}
	e.Refused(e.me, reverse, why, 403, "access.denied")
	e.Refused(e.officer, reverse, why, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	back := e.Do(e.officer, reverse, why).Status(http.StatusCreated)
	if back.Get("minutes") != "-120" || back.Get("reverses_id") != hours.Get("data.0.id") {
		t.Errorf("%s", back.Body)
	}
	e.Refused(e.officer, reverse, why, 409, "hours.reversed")
	if record := e.Do(e.me, "GET /me/record", nil).Status(http.StatusOK); record.Get("minutes") != "0" {
		t.Errorf("%s", record.Body)
	}
}

func TestClaimsAndTheirDisputes(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	mine := e.serve(e.me)[0]
	list := path("GET /activities/%d/hours-claims", e.activity.ID)
	if got := e.Do(e.me, list+"?status=COMPUTED", nil).Status(http.StatusOK); got.Get("data.0.id") != mine || got.Get("data.0.class") != model.ClassVolunteer {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.Staff("市里", access.CommitteeOfficer, e.City), list, nil, 403, "access.denied")
	e.Refused(e.clerk, "GET /activities/99/hours-claims", nil, 404, "resource.not_found")
	e.Refused(e.clerk, list+"?status=NEW", nil, 422, "request.invalid")

	why := map[string]string{"reason": "中途离开"}
	move := func(name string) string { return path("POST /hours-claims/%s/%s", mine, name) }
	e.Refused(e.Student("别人", e.Branch), move("dispute"), why, 404, "resource.not_found")
	e.Refused(e.officer, move("dispute"), why, 403, "access.denied")
	e.Refused(e.clerk, move("dispute"), map[string]string{"reason": ""}, 422, "request.invalid")
	if got := e.Do(e.clerk, move("dispute"), why).Status(http.StatusOK); got.Get("status") != "DISPUTED" || got.Get("reason") != "中途离开" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.lead, e.step("lead-confirm"), these(mine), 409, "state.conflict")
	e.Refused(e.clerk, move("reopen"), why, 403, "access.denied")
	if got := e.Do(e.officer, move("reopen"), map[string]string{"reason": "已核实"}).Status(http.StatusOK); got.Get("status") != "COMPUTED" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.Staff("外系", access.CommitteeOfficer, e.Org(e.University, model.OrgDepartmentCommittee, "外系")), move("reject"), why, 404, "resource.not_found")
	if got := e.Do(e.officer, move("reject"), why).Status(http.StatusOK); got.Get("status") != "REJECTED" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.officer, move("reopen"), map[string]string{"reason": "再看"}, 409, "state.conflict")
}

// TestPublicNoticeAndSilentHost: hours that a policy has publicised, a host that does not answer, and a whole session with
// an exception, over HTTP.
func TestPublicNoticeAndSilentHost(t *testing.T) {
	t.Parallel()
	e := newEvent(t)
	e.policy(func(p *model.Policy) { p.CheckInNoticeDays, p.HostConfirmDays = 7, 2 })
	e.join(e.lead)
	mine := e.serve(e.me, e.lead)[0]
	session := map[string]any{"all": true, "session_id": fmt.Sprint(e.session.ID), "corrections": []any{map[string]any{"claim_id": mine, "minutes": 90, "reason": "中途离开"}}}
	if got := e.Do(e.lead, e.step("lead-confirm"), session).Status(http.StatusOK); got.Get("data.0.minutes") != "90" || got.Get("data.0.due_at") != "2026-10-16T03:00:00.000Z" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.clerk, e.step("host-confirm"), map[string]any{"claim_ids": []string{mine}, "corrections": []any{map[string]any{"claim_id": mine, "minutes": 91, "reason": "多给"}}}, 422, "hours.more_minutes")
	town, overdue := e.Staff("镇干", access.TownOfficer, e.Town), path("GET /orgs/%d/overdue-hours", e.Town.ID)
	if got := e.Do(town, overdue, nil).Status(http.StatusOK); strings.Contains(string(got.Body), mine) {
		t.Errorf("%s", got.Body)
	}
	e.Clock.Add(48 * time.Hour)
	e.Forget()
	e.job("escalate-hours")
	if got := e.Do(town, overdue, nil).Status(http.StatusOK); got.Get("data.0.id") != mine || got.Get("data.0.escalated_at") != "2026-10-16T03:00:00.000Z" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.me, overdue, nil, 403, "access.denied")
	e.Do(town, e.step("host-confirm"), these(mine)).Status(http.StatusOK)
	if got := e.Do(e.officer, e.step("recognise"), these(mine)).Status(http.StatusOK); got.Get("data.0.status") != "PUBLICISED" || got.Get("data.0.due_at") != "2026-10-23T03:00:00.000Z" {
		t.Errorf("%s", got.Body)
	}
	notices := path("GET /orgs/%d/hours-notices", e.Branch.ID)
	if got := e.Do(e.Student("同班", e.Branch), notices, nil).Status(http.StatusOK); got.Get("data.0.id") != mine || got.Get("data.0.activity_title") != e.activity.Title || !strings.Contains(got.Get("data.0.student.name"), "*") {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.clerk, notices, nil, 403, "access.denied")
	e.Clock.Add(7 * 24 * time.Hour)
	e.Forget()
	e.job("post-hours")
	if record := e.Do(e.me, "GET /me/record", nil).Status(http.StatusOK); record.Get("minutes") != "90" {
		t.Errorf("%s", record.Body)
	}
}

// policy writes a new version of the programme's policy.
func (e *event) policy(change func(*model.Policy)) {
	e.TB.Helper()
	p := e.Policy
	change(&p)
	e.Insert(&model.ProgrammePolicy{ProgrammeID: e.Programme.ID, Version: 2, Policy: p, CreatedBy: 1, CreatedAt: e.Clock.Now()})
	err := e.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.Programme{}).Where("id = ?", e.Programme.ID).Update("policy_version", 2).Error
	})
	if err != nil {
		e.TB.Fatal(err)
	}
}

// job runs a job of the program once.
func (e *event) job(name string) {
	e.TB.Helper()
	for _, j := range e.Built.Jobs {
		if j.Name == name {
			if err := j.Do(e.TB.Context()); err != nil {
				e.TB.Fatal(err)
			}
			return
		}
	}
	e.TB.Fatal("no job", name)
}
