package api_test

import (
	"fmt"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/standing"
)

func TestProofsOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	of := on("/students/%d/proofs", a.student.StudentID)
	made := a.Do(a.secretary, "POST "+of, proofBody(nil, nil)).Status(201)
	if made.Get("kind") != "INSURANCE" || made.Get("to_on") != "2027-09-01" || made.Get("note") != "保单 17" || made.Get("recorded_by") != fmt.Sprint(a.secretary.UserID) {
		t.Fatalf("%s", made.Body)
	}
	a.Refused(a.student, "POST "+of, proofBody(nil, nil), 403, "access.denied")
	a.Refused(apitest.Nobody, "POST "+of, proofBody(nil, nil), 401, "auth.required")
	a.Refused(a.secretary, "POST "+of, object{"kind": "INSURANCE", "from_on": "2026-09-01", "to_on": "2026-09-01"}, 422, "request.invalid")
	a.Refused(a.host, "GET "+of, nil, 403, "access.denied")
	own := a.Grant(a.student, access.BranchSecretary, a.Branch)
	a.Refused(own, "POST "+of, proofBody(nil, nil), 403, "access.own_interest")

	many := on("POST /orgs/%d/proofs", a.Department.ID)
	bad := a.Refused(a.department, many, object{"kind": "TRAINING", "from_on": "2026-09-01", "student_ids": []string{"5", on("%d", a.lead.StudentID), "6"}}, 422, "request.invalid")
	if bad.Get("errors.0.pointer") != "/student_ids/0" || bad.Get("errors.1.pointer") != "/student_ids/2" {
		t.Errorf("%s", bad.Body)
	}
	all := a.Do(a.department, many, object{"kind": "TRAINING", "from_on": "2026-09-01", "student_ids": []string{on("%d", a.student.StudentID), on("%d", a.lead.StudentID)}}).Status(201)
	if all.Get("data.1.student_id") != fmt.Sprint(a.lead.StudentID) || all.Get("has_more") != "false" {
		t.Errorf("%s", all.Body)
	}

	revoke := "POST /proofs/" + made.Get("id") + "/revoke"
	a.Refused(a.secretary, revoke, object{"reason": " "}, 422, "request.invalid")
	if got := a.Do(a.department, revoke, object{"reason": "退保"}).Status(200); got.Get("reason") != "退保" || got.Get("revoked_at") == "" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.department, revoke, object{"reason": "退保"}, 409, "state.conflict")
	if got := a.Do(a.department, "GET "+of+"?limit=1", nil).Status(200); got.Get("data.0.kind") != "TRAINING" || got.Get("has_more") != "true" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(a.student, "GET /me/proofs", nil).Status(200); got.Get("data.1.revoked_by") != fmt.Sprint(a.department.UserID) {
		t.Errorf("%s", got.Body)
	}
	a.Refused(apitest.Nobody, "GET /me/proofs", nil, 401, "auth.required")
}

func TestConsentsOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	const share = "/me/consents/SIGNUP_SHARE"
	first := a.Do(a.student, "PUT "+share, object{"text_version": "2026-09"}).Status(200)
	if again := a.Do(a.student, "PUT "+share, object{"text_version": "2026-09"}).Status(200); again.Get("id") != first.Get("id") {
		t.Errorf("%s", again.Body)
	}
	a.Refused(a.student, "PUT /me/consents/ADVERTISING", object{"text_version": "1"}, 422, "request.invalid")
	a.Refused(a.student, "PUT "+share, object{"text_version": ""}, 422, "request.invalid")
	a.Refused(apitest.Nobody, "PUT "+share, object{"text_version": "1"}, 401, "auth.required")
	for range 2 {
		a.Do(a.student, "DELETE "+share, nil).Status(204)
	}
	a.Refused(apitest.Nobody, "DELETE "+share, nil, 401, "auth.required")
	a.Refused(a.student, "DELETE /me/consents/share", nil, 422, "request.invalid")
	if got := a.Do(a.student, "GET /me/consents", nil).Status(200); got.Get("data.0.withdrawn_at") == "" || got.Get("has_more") != "false" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.student, "GET /me/consents?limit=0", nil, 422, "request.invalid")
}

func TestReliabilityOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	for i := range 3 {
		err := a.DB.Transaction(func(tx *gorm.DB) error {
			return a.Built.Standing.Penalise(tx, access.System("test"), standing.Penalty{StudentID: a.student.StudentID, SignupID: int64(i + 1), ProgrammeID: a.Programme.ID, Kind: model.ReliabilityNoShow})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mine := a.Do(a.student, "GET /me/reliability?limit=2", nil).Status(200)
	if mine.Get("points") != "-9" || mine.Get("suspension.reason") != "NO_SHOWS" || mine.Get("suspension.until") != "2026-10-19T01:00:00.000Z" || mine.Get("has_more") != "true" {
		t.Fatalf("%s", mine.Body)
	}
	of := on("GET /students/%d/reliability", a.student.StudentID)
	if got := a.Do(a.secretary, of+"?limit=2&cursor="+mine.Get("next_cursor"), nil).Status(200); got.Get("data.0.signup_id") != "1" || got.Get("has_more") != "false" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.lead, of, nil, 404, "resource.not_found")
	a.Refused(a.host, of, nil, 403, "access.denied")
	a.Refused(apitest.Nobody, "GET /me/reliability", nil, 401, "auth.required")

	reverse := "POST /reliability-entries/" + mine.Get("data.1.id") + "/reverse"
	a.Refused(a.secretary, reverse, object{"reason": "核实"}, 403, "access.denied")
	a.Refused(a.department, reverse, object{"reason": ""}, 422, "request.invalid")
	back := a.Do(a.department, reverse, object{"reason": "当天因病"}).Status(201)
	if back.Get("points") != "3" || back.Get("reverses_id") != mine.Get("data.1.id") {
		t.Errorf("%s", back.Body)
	}
	a.Refused(a.department, reverse, object{"reason": "当天因病"}, 409, "reliability.reversed")
	a.Refused(a.department, "POST /reliability-entries/"+back.Get("id")+"/reverse", object{"reason": "再来"}, 409, "state.conflict")
	now := a.Do(a.student, "GET /me/reliability", nil).Status(200)
	var view struct{ Suspension *struct{} }
	if now.Into(&view); view.Suspension != nil || now.Get("points") != "-6" || now.Get("data.0.reason") != "当天因病" || now.Get("data.2.reversed_by") != back.Get("id") {
		t.Errorf("%s", now.Body)
	}
}

// TestThePolicyCarriesTheRulesOfSigningUp: what is written is what is read, in both directions.
func TestThePolicyCarriesTheRulesOfSigningUp(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	numbers := object{
		"no_show_window_days": 90, "no_show_limit": 2, "suspension_days": 14, "late_cancel_points": 4, "no_show_points": 5, "no_show_after_hours": 24, "week_max_minutes": 1200,
		"term_max_activities": 6, "travel_kmh": 15, "waitlist_cutoff_minutes": 60, "offer_minutes": 30, "lottery_base_weight": 2, "lottery_first_practice_weight": 9,
		"appeal_file_days": 20, "appeal_days": 5, "help_hours": 12, "round_input_days": 30,
		"public_notice_days": 8, "check_in_notice_days": 3, "host_confirm_days": 5,
		"review_days":      2,
		"location_drift_m": 99, "location_accuracy_min_m": 2, "location_accuracy_max_m": 499, "location_speed_kmh": 199, "device_max_students": 2, "position_repeats_max": 2, "location_keep_days": 29,
		"offline_upload_hours": 12, "offline_skew_minutes": 3, "makeup_days": 10,
		"signup_consent": "2026-09",
	}
	holds := func(got *apitest.Answer) {
		t.Helper()
		for name, want := range numbers {
			if is := got.Get("policy." + name); is != fmt.Sprint(want) {
				t.Errorf("%s is %s, want %v", name, is, want)
			}
		}
	}
	made := a.Do(a.university, "POST /programmes", object{"code": "RULES", "name": "规则计划", "owner_org_id": on("%d", a.University.ID), "preset": "MAOMING_2022", "policy": numbers}).Status(201)
	holds(made)
	var whole struct{ Policy object }
	made.Into(&whole)
	numbers["offer_minutes"], numbers["signup_consent"], whole.Policy["offer_minutes"], whole.Policy["signup_consent"] = 0, "", 0, ""
	path := "/programmes/" + made.Get("id")
	holds(a.Do(a.university, "PUT "+path+"/policy", whole.Policy, apitest.IfMatch(1)).Status(200))
	a.Refused(a.university, "PUT "+path+"/policy", with(whole.Policy, object{"travel_kmh": 201}), 422, "request.invalid", apitest.IfMatch(2))
}
