package api_test

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/standing"
)

// TestAnAppealOverHTTP: a no-show that the program marked, proved wrong with a picture; denied, taken further, upheld.
func TestAnAppealOverHTTP(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	second := a.Staff("系干事", access.CommitteeOfficer, a.Department)
	err := a.DB.Transaction(func(tx *gorm.DB) error {
		return a.Built.Standing.Penalise(tx, access.System("test"), standing.Penalty{StudentID: a.student.StudentID, SignupID: 1, ProgrammeID: a.Programme.ID, Kind: model.ReliabilityNoShow})
	})
	if err != nil {
		t.Fatal(err)
	}
	line := a.Do(a.student, "GET /me/reliability", nil).Status(200).Get("data.0.id")
	body, media := upload(t, tinyPicture())
	file := a.Do(a.student, "POST /uploads", body, media).Status(201).Get("id")
	in := object{"subject_kind": "RELIABILITY_ENTRY", "subject_id": line, "text": "当天因病住院，有医院证明", "file_ids": []string{file}}

	a.Refused(apitest.Nobody, "POST /appeals", in, 401, "auth.required")
	a.Refused(a.host, "POST /appeals", in, 403, "access.denied")
	a.Refused(a.lead, "POST /appeals", in, 404, "resource.not_found")
	a.Refused(a.student, "POST /appeals", with(in, object{"text": " "}), 422, "request.invalid")
	a.Refused(a.student, "POST /appeals", with(in, object{"file_ids": []string{"5"}}), 422, "request.invalid")
	made := a.Do(a.student, "POST /appeals", in).Status(201)
	if made.Get("status") != "FILED" || made.Get("desk") != a.Department.Name || made.Get("due_at") != "2026-10-22T16:00:00.000Z" || made.Get("student.name") == "赵同学" {
		t.Fatalf("%s", made.Body)
	}
	a.Refused(a.student, "POST /appeals", with(in, object{"file_ids": nil}), 409, "appeal.exists")
	one := "/appeals/" + made.Get("id")

	if got := a.Do(a.department, "GET /appeals", nil).Status(200); got.Get("data.0.id") != made.Get("id") || got.Get("has_more") != "false" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.host, "GET /appeals", nil, 403, "access.denied")
	a.Refused(a.department, "GET /appeals?status=OPEN", nil, 422, "request.invalid")
	if got := a.Do(a.department, "GET "+one, nil).Status(200); got.Get("text") != "当天因病住院，有医院证明" || got.Get("decision.state") != "NO_SHOW" || got.Get("decision.points") != "-3" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.lead, "GET "+one, nil, 404, "resource.not_found")
	picture := strings.TrimPrefix(made.Get("files.0"), "/api/v1")
	if got := a.Do(a.department, "GET "+picture, nil).Status(200); got.Header.Get("Content-Type") != "image/jpeg" {
		t.Error(got.Header)
	}
	a.Refused(a.lead, "GET "+picture, nil, 404, "resource.not_found")
	a.Refused(a.department, "GET /media/"+file, nil, 404, "resource.not_found")

	if got := a.Do(a.department, "POST "+one+"/take", nil).Status(200); got.Get("status") != "IN_REVIEW" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.secretary, "POST "+one+"/take", nil, 403, "access.denied")
	deny := object{"outcome": "DENIED", "reason": "证明看不清"}
	a.Refused(a.department, "POST "+one+"/decide", with(deny, object{"reason": ""}), 422, "request.invalid")
	a.Refused(a.lead, "POST "+one+"/decide", deny, 403, "access.denied")
	denied := a.Do(a.department, "POST "+one+"/decide", deny).Status(200)
	if denied.Get("status") != "DENIED" || denied.Get("due_at") == "" {
		t.Errorf("%s", denied.Body)
	}
	a.Refused(second, "POST "+one+"/decide", deny, 409, "state.conflict")
	a.Refused(a.student, "POST "+one+"/withdraw", nil, 409, "state.conflict")
	if got := a.Do(a.student, "POST "+one+"/escalate", nil).Status(200); got.Get("status") != "ESCALATED" || got.Get("desk") != a.University.Name {
		t.Errorf("%s", got.Body)
	}
	a.Refused(second, "POST "+one+"/decide", deny, 404, "resource.not_found")
	if got := a.Do(a.university, "POST "+one+"/decide", object{"outcome": "UPHELD", "reason": "原件属实"}).Status(200); got.Get("status") != "FINAL" || got.Get("outcome") != "UPHELD" || got.Get("effect") != "REVERSED" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(a.student, "GET /me/reliability", nil).Status(200); got.Get("points") != "0" || got.Get("data.0.reason") != "原件属实" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(a.student, "GET /me/appeals?limit=1", nil).Status(200); got.Get("data.0.reason") != "原件属实" || got.Get("has_more") != "false" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.student, "GET /me/appeals?limit=0", nil, 422, "request.invalid")
	if got := a.Do(a.student, "GET /me/notifications", nil).Status(200); !strings.Contains(string(got.Body), "原件属实") {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.student, "POST "+one+"/escalate", nil, 409, "state.conflict")
}

func TestAnAppealIsWithdrawnOrGoesUpByItself(t *testing.T) {
	t.Parallel()
	a := newCrew(t)
	err := a.DB.Transaction(func(tx *gorm.DB) error {
		return a.Built.Standing.Penalise(tx, access.System("test"), standing.Penalty{StudentID: a.student.StudentID, SignupID: 1, ProgrammeID: a.Programme.ID, Kind: model.ReliabilityNoShow})
	})
	if err != nil {
		t.Fatal(err)
	}
	in := object{"subject_kind": "RELIABILITY_ENTRY", "subject_id": a.Do(a.student, "GET /me/reliability", nil).Status(200).Get("data.0.id"), "text": "当天住院"}
	first := "/appeals/" + a.Do(a.student, "POST /appeals", in).Status(201).Get("id")
	a.Refused(a.lead, "POST "+first+"/withdraw", nil, 404, "resource.not_found")
	if got := a.Do(a.student, "POST "+first+"/withdraw", nil).Status(200); got.Get("status") != "WITHDRAWN" {
		t.Errorf("%s", got.Body)
	}
	again := "/appeals/" + a.Do(a.student, "POST /appeals", in).Status(201).Get("id")
	a.Clock.Add(11 * 24 * time.Hour)
	for _, job := range a.Built.Jobs {
		if job.Name == "sweep-appeals" {
			if err := job.Do(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.Forget()
	if got := a.Do(a.student, "GET "+again, nil).Status(200); got.Get("status") != "ESCALATED" || got.Get("desk") != a.University.Name || got.Get("escalations") != "1" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.department, "GET "+again, nil, 404, "resource.not_found")
	a.Do(a.university, "GET "+again, nil).Status(200)
}
