package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// upload makes a multipart form of a file and fields.
func upload(t *testing.T, file []byte, fields ...string) ([]byte, apitest.Option) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "名册.xlsx")
	if err == nil {
		_, err = part.Write(file)
	}
	for i := 0; i+1 < len(fields) && err == nil; i += 2 {
		err = w.WriteField(fields[i], fields[i+1])
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return body.Bytes(), apitest.Header("Content-Type", w.FormDataContentType())
}

func book(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRosterImportOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	officer, department := a.Staff("校干部", access.CommitteeOfficer, a.University), a.Staff("系干部", access.CommitteeOfficer, a.Department)
	line := on("POST /orgs/%d/roster-imports", a.University.ID)
	good := book(t, []any{"学号", "姓名", "团支部", "备注"}, []any{"2023001", "李同学", a.Branch.Name, "好"})
	body, media := upload(t, good, "reason", "新生名册")
	report := a.Do(officer, line, body, media).Status(200)
	if report.Get("created") != "1" || report.Get("ignored_columns.0") != "备注" {
		t.Fatalf("%s", report.Body)
	}
	if got := a.Do(officer, line, body, media).Status(200).Get("unchanged"); got != "1" {
		t.Error(got)
	}
	mixed := []byte("学号,姓名,团支部\n2023002,张同学," + a.Branch.Name + "\n2023003,王同学,没有的班\n")
	body, media = upload(t, mixed, "reason", "新生名册")
	refused := a.Refused(officer, line, body, 422, "import.rows_invalid", media)
	if refused.Get("errors.0.pointer") != "line:3/branch" {
		t.Errorf("%s", refused.Body)
	}
	body, media = upload(t, mixed, "reason", "新生名册", "partial", "true")
	report = a.Do(officer, line, body, media, apitest.Header("Accept-Language", "en")).Status(200)
	if report.Get("created") != "1" || report.Get("failed") != "1" || report.Get("errors.0.line") != "3" || report.Get("errors.0.detail") != "is not an active branch here" {
		t.Errorf("%s", report.Body)
	}
	body, media = upload(t, good)
	a.Refused(officer, line, body, 422, "access.reason_required", media)
	a.Refused(department, line, body, 403, "access.denied", media)
	a.Refused(apitest.Nobody, line, body, 401, "auth.required", media)
	a.Do(department, on("POST /orgs/%d/roster-imports", a.Department.ID), body, media).Status(200)
	body, media = upload(t, good[:200], "reason", "x")
	a.Refused(officer, line, body, 422, "import.unreadable", media)
	body, media = upload(t, []byte("姓名,团支部\n李,辛\n"), "reason", "x")
	a.Refused(officer, line, body, 422, "import.columns", media)
	body, media = upload(t, make([]byte, 10<<20+1), "reason", "x")
	a.Refused(officer, line, body, 413, "import.too_large", media)
	body, media = upload(t, make([]byte, 11<<20), "reason", "x")
	a.Refused(officer, line, body, 413, "request.too_large", media)
	a.Refused(officer, line, `{}`, 415, "request.media_type")

	list := a.Do(department, on("GET /orgs/%d/students", a.Department.ID), nil).Status(200)
	if list.Get("data.0.student_no") != "2023001" || list.Get("data.0.name") != "李同学" || list.Get("data.0.bound") != "false" {
		t.Errorf("%s", list.Body)
	}
	if got := a.Do(officer, on("GET /orgs/%d/students?limit=1", a.University.ID), nil).Status(200).Get("data.0.student_no"); got != "2023****01" {
		t.Error(got)
	}
	a.Refused(a.Staff("市干部", access.CommitteeOfficer, a.City), on("GET /orgs/%d/students", a.University.ID), nil, 403, "access.denied")
	a.Refused(apitest.Nobody, on("GET /orgs/%d/students", a.University.ID), nil, 401, "auth.required")
	if strings.Contains(a.Log.String(), "2023001") || strings.Contains(a.Log.String(), "李同学") {
		t.Error("personal data in the log")
	}
}

func TestStudentBindingOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	p := a.Profile("李同学", a.Branch, 0)
	person, other := access.Actor{UserID: a.User("微信用户").ID}, access.Actor{UserID: a.User("别人").ID}
	body := m{"university_id": fmt.Sprint(a.University.ID), "student_no": fmt.Sprintf("s%d", p.ID), "name": "李同学"}
	a.Do(person, "POST /me/student-binding", m{"university_id": fmt.Sprint(a.University.ID), "student_no": "1", "name": "李同学"}).Problem(422, "binding.no_match")
	a.Refused(person, "POST /me/student-binding", m{"university_id": fmt.Sprint(a.University.ID), "student_no": "!", "name": "李同学"}, 422, "request.invalid")
	a.Refused(apitest.Nobody, "POST /me/student-binding", body, 401, "auth.required")
	bound := a.Do(person, "POST /me/student-binding", body).Status(200)
	if bound.Get("id") != fmt.Sprint(p.ID) || bound.Get("bound") != "true" {
		t.Fatalf("%s", bound.Body)
	}
	a.Do(person, "POST /me/student-binding", body).Status(200)
	a.Do(other, "POST /me/student-binding", body).Problem(409, "binding.taken")
	me := a.Do(person, "GET /me", nil).Status(200)
	if me.Get("name") != "李同学" || me.Get("student.id") != fmt.Sprint(p.ID) || me.Get("student.student_no") != fmt.Sprintf("S%d", p.ID) {
		t.Errorf("%s", me.Body)
	}
	for range 9 {
		a.Do(other, "POST /me/student-binding", m{"university_id": "42", "student_no": "1", "name": "李同学"}).Problem(422, "binding.no_match")
	}
	limited := a.Refused(other, "POST /me/student-binding", body, 429, "rate.limited")
	if limited.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestJoiningOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	secretary, host := a.Staff("支书", access.BranchSecretary, a.Branch), a.Staff("社区干事", access.HostStaff, a.Community)
	foreign := a.Staff("别班支书", access.BranchSecretary, a.Org(a.Department, model.OrgLeagueBranch, "别班"))
	codes := on("POST /orgs/%d/join-codes", a.Branch.ID)
	code := a.Do(secretary, codes, m{}).Status(201)
	a.Refused(secretary, codes, m{"days": 91}, 422, "request.invalid")
	a.Refused(host, codes, m{}, 403, "access.denied")
	a.Refused(apitest.Nobody, codes, m{}, 401, "auth.required")

	ask := func(name, no string) (access.Actor, m) {
		return access.Actor{UserID: a.User("微信用户").ID}, m{"code": code.Get("code"), "student_no": no, "name": name}
	}
	first, body := ask("李同学", "2023001")
	request := a.Do(first, "POST /me/join-requests", body).Status(201)
	a.Refused(first, "POST /me/join-requests", body, 409, "join.pending")
	second, body := ask("王同学", "2023001")
	a.Refused(second, "POST /me/join-requests", m{"code": "00000", "student_no": "1", "name": "王"}, 422, "join_code.invalid")
	a.Refused(apitest.Nobody, "POST /me/join-requests", body, 401, "auth.required")
	clash := a.Do(second, "POST /me/join-requests", body).Status(201)

	list := a.Do(secretary, on("GET /orgs/%d/join-requests", a.Branch.ID), nil).Status(200)
	if list.Get("data.0.name") != "李同学" || list.Get("data.1.student_no") != "2023001" {
		t.Errorf("%s", list.Body)
	}
	a.Refused(foreign, on("GET /orgs/%d/join-requests", a.Branch.ID), nil, 403, "access.denied")
	approve := "POST /join-requests/" + request.Get("id") + "/approve"
	a.Refused(foreign, approve, nil, 404, "resource.not_found")
	a.Refused(host, approve, nil, 403, "access.denied")
	done := a.Do(secretary, approve, nil).Status(200)
	if done.Get("status") != "APPROVED" || done.Get("decided_by") != fmt.Sprint(secretary.UserID) {
		t.Errorf("%s", done.Body)
	}
	a.Refused(secretary, approve, nil, 409, "state.conflict")
	if got := a.Do(first, "GET /me", nil).Status(200).Get("student.branch_name"); got != a.Branch.Name {
		t.Error(got)
	}
	a.Refused(secretary, "POST /join-requests/"+clash.Get("id")+"/approve", nil, 409, "join.number_taken")
	reject := "POST /join-requests/" + clash.Get("id") + "/reject"
	a.Refused(secretary, reject, m{"reason": " "}, 422, "request.invalid")
	a.Refused(foreign, reject, m{"reason": "学号不符"}, 404, "resource.not_found")
	a.Do(secretary, reject, m{"reason": "学号不符"}).Status(200)
	mine := a.Do(second, "GET /me/join-requests", nil).Status(200)
	if mine.Get("data.0.reason") != "学号不符" || mine.Get("data.0.status") != "REJECTED" {
		t.Errorf("%s", mine.Body)
	}
	a.Refused(apitest.Nobody, "GET /me/join-requests", nil, 401, "auth.required")
	if got := a.Do(secretary, on("GET /orgs/%d/join-requests?status=REJECTED", a.Branch.ID), nil).Status(200).Get("data.0.id"); got != clash.Get("id") {
		t.Error(got)
	}

	revoke := "POST /join-codes/" + code.Get("id") + "/revoke"
	a.Refused(foreign, revoke, nil, 404, "resource.not_found")
	a.Do(secretary, revoke, nil).Status(200).Get("revoked_at")
	a.Refused(secretary, revoke, nil, 409, "state.conflict")
	a.Refused(second, "POST /me/join-requests", body, 422, "join_code.invalid")
}
