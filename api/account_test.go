package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// bearer sends a token that As did not make.
func bearer(token string) apitest.Option { return apitest.Header("Authorization", "Bearer "+token) }

func form() apitest.Option {
	return apitest.Header("Content-Type", "application/x-www-form-urlencoded")
}

// fresh logs an actor in and returns both tokens.
func fresh(a *apitest.API, who access.Actor) (accessToken, refreshToken string) {
	a.TB.Helper()
	out := a.SignIn(who).Status(http.StatusOK)
	return out.Get("access_token"), out.Get("refresh_token")
}

func TestLoginRefreshLogout(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	student := a.Student("李同学", a.Branch)
	token, refresh := fresh(a, student)
	me := a.Do(apitest.Nobody, "GET /me", nil, bearer(token)).Status(http.StatusOK)
	if me.Get("name") != "李同学" || me.Get("student.branch_name") != a.Branch.Name || me.Header.Get("ETag") != `"1"` || me.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s", me.Body)
	}
	next := a.Do(apitest.Nobody, "POST /auth/refresh", map[string]string{"refresh_token": refresh}, bearer("an old one is not looked at")).Status(http.StatusOK)
	repeat := a.Do(apitest.Nobody, "POST /auth/refresh", map[string]string{"refresh_token": refresh}).Status(http.StatusOK)
	if next.Get("refresh_token") == refresh || repeat.Get("refresh_token") != next.Get("refresh_token") || next.Get("token_type") != "Bearer" {
		t.Fatalf("%s %s", next.Body, repeat.Body)
	}
	a.Clock.Add(31 * time.Second)
	a.Do(apitest.Nobody, "POST /auth/refresh", map[string]string{"refresh_token": refresh}).Problem(401, "auth.token_reused")
	a.Refused(apitest.Nobody, "GET /me", nil, 401, "auth.token_invalid", bearer(token))
	a.Refused(apitest.Nobody, "POST /auth/refresh", map[string]string{"refresh_token": "x"}, 401, "auth.token_invalid")
	a.Refused(apitest.Nobody, "POST /auth/refresh", map[string]string{}, 422, "request.invalid")

	token, _ = fresh(a, student)
	other, _ := fresh(a, student)
	a.Do(apitest.Nobody, "POST /auth/logout", nil, bearer(token)).Status(http.StatusNoContent)
	a.Refused(apitest.Nobody, "POST /auth/logout", nil, 401, "auth.token_invalid", bearer(token))
	third, _ := fresh(a, student)
	a.Do(apitest.Nobody, "POST /auth/logout-all", nil, bearer(third)).Status(http.StatusNoContent)
	a.Refused(apitest.Nobody, "GET /me", nil, 401, "auth.token_invalid", bearer(other))
	a.Refused(apitest.Nobody, "POST /auth/logout-all", nil, 401, "auth.required")
	a.Refused(apitest.Nobody, "POST /auth/logout", nil, 401, "auth.required")
	a.Refused(apitest.Nobody, "GET /me", nil, 401, "auth.required")
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	for _, body := range []string{`{}`, `{"code":"short"}`, `{"code":"with space 1234"}`, `{"code":"abcdefgh&appid=evil"}`, `{"code":"` + strings.Repeat("a", 129) + `"}`, `{"code":"dev-li-0001","role":"PRV"}`, `{"code":5}`} {
		a.Refused(apitest.Nobody, "POST /auth/login", body, 422, "request.invalid")
	}
	a.Refused(apitest.Nobody, "POST /auth/login", `{"code":"dev-li-0001"`, 400, "request.malformed")
	a.Refused(apitest.Nobody, "POST /auth/login", `{"code":"dev-li-0001","code":"dev-li-0002"}`, 400, "request.malformed")
}

func TestTheLogHoldsNoTokens(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	student := a.Student("李同学", a.Branch)
	token, refresh := fresh(a, student)
	a.Do(apitest.Nobody, "GET /me", nil, bearer(token)).Status(http.StatusOK)
	a.Do(apitest.Nobody, "GET /me", nil, bearer(token[:len(token)-3])).Problem(401, "auth.token_invalid")
	for _, secret := range []string{token[len(token)-20:], refresh[len(refresh)-20:], "李同学", a.OpenIDs[student.UserID]} {
		if strings.Contains(a.Log.String(), secret) {
			t.Fatalf("%q is in the log", secret)
		}
	}
}

func TestEditMe(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	staff := a.Staff("陈干事", access.CommitteeOfficer, a.Department)
	me := a.Do(staff, "GET /me", nil).Status(http.StatusOK)
	if me.Get("roles.0.role") != "COMMITTEE_OFFICER" || me.Get("roles.0.org_name") != a.Department.Name {
		t.Fatalf("%s", me.Body)
	}
	edited := a.Do(staff, "PUT /me", map[string]string{"name": "陈晓明"}, me.ETag()).Status(http.StatusOK)
	if edited.Get("name") != "陈晓明" || edited.Header.Get("ETag") != `"2"` {
		t.Fatalf("%s", edited.Body)
	}
	a.Refused(staff, "PUT /me", map[string]string{"name": "陈"}, 412, "version.mismatch", me.ETag())
	a.Refused(staff, "PUT /me", map[string]string{"name": "陈"}, 428, "version.required")
	a.Refused(staff, "PUT /me", map[string]string{"name": "<b>"}, 422, "request.invalid", edited.ETag())
	a.Refused(staff, "PUT /me", map[string]string{"name": "陈", "status": "CLOSED"}, 422, "request.invalid", edited.ETag())
	a.Refused(apitest.Nobody, "PUT /me", map[string]string{"name": "陈"}, 401, "auth.required", edited.ETag())
	a.Refused(a.Student("李同学", a.Branch), "PUT /me", map[string]string{"name": "李"}, 409, "account.name_from_roster", apitest.IfMatch(1))
}

func TestBootstrapOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	first, second := access.Actor{UserID: a.User("沈安全").ID}, access.Actor{UserID: a.User("别人").ID}
	code, err := a.Built.Account.NewBootstrapCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.Refused(apitest.Nobody, "POST /bootstrap/redeem", map[string]string{"code": code}, 401, "auth.required")
	a.Refused(first, "POST /bootstrap/redeem", map[string]string{"code": "0000-0000"}, 422, "bootstrap.code_invalid")
	done := a.Do(first, "POST /bootstrap/redeem", map[string]string{"code": strings.ToLower(code)}).Status(http.StatusOK)
	if done.Get("role") != "SECURITY_ADMIN" {
		t.Fatalf("%s", done.Body)
	}
	a.Refused(second, "POST /bootstrap/redeem", map[string]string{"code": code}, 422, "bootstrap.code_invalid")
	if a.Do(first, "GET /me", nil).Status(http.StatusOK).Get("roles.0.role") != "SECURITY_ADMIN" {
		t.Fatal("the role must act on the next request, with the old token")
	}
}

func TestSuspendOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	sec := a.Staff("沈安全", access.SecurityAdmin, model.Org{})
	student := a.Student("李同学", a.Branch)
	token := a.Token(student)
	path := fmt.Sprintf("POST /users/%d", student.UserID)
	why := map[string]string{"reason": "冒用他人身份"}
	for name, who := range map[string]access.Actor{
		"student": student, "officer": a.Staff("省干事", access.CommitteeOfficer, a.Province), "auditor": a.Staff("审计", access.Auditor, model.Org{}),
	} {
		t.Log(name)
		a.Refused(who, path+"/suspend", why, 403, "access.denied")
		a.Refused(who, path+"/reinstate", why, 403, "access.denied")
	}
	a.Refused(apitest.Nobody, path+"/suspend", why, 401, "auth.required")
	a.Refused(sec, path+"/suspend", map[string]string{"reason": "  "}, 422, "request.invalid")
	a.Refused(sec, fmt.Sprintf("POST /users/%d/suspend", sec.UserID), why, 403, "access.own_interest")
	a.Refused(sec, "POST /users/42/suspend", why, 404, "resource.not_found")
	a.Refused(sec, path+"/reinstate", why, 409, "state.conflict")
	if a.Do(sec, path+"/suspend", why).Status(http.StatusOK).Get("status") != "SUSPENDED" {
		t.Fatal("not suspended")
	}
	a.Refused(apitest.Nobody, "GET /me", nil, 401, "auth.token_invalid", bearer(token))
	a.SignIn(student).Problem(403, "auth.user_suspended")
	a.Do(sec, path+"/reinstate", why).Status(http.StatusOK)
	a.SignIn(student).Status(http.StatusOK)
}

func TestAPIClientsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	officer := a.Staff("省干事", access.CommitteeOfficer, a.Province)
	county := a.Staff("县干事", access.CommitteeOfficer, a.County)
	path := fmt.Sprintf("/orgs/%d/api-clients", a.City.ID)
	body := map[string]any{"name": "数据看板", "scopes": []string{"org.read", "stats.read"}}
	once := apitest.Header("Idempotency-Key", "client-1")
	made := a.Do(officer, "POST "+path, body, once).Status(http.StatusCreated)
	again := a.Do(officer, "POST "+path, body, once).Status(http.StatusCreated)
	if again.Get("id") != made.Get("id") || again.Get("client_secret") != made.Get("client_secret") {
		t.Fatalf("%s %s", made.Body, again.Body)
	}
	a.Refused(officer, "POST "+path, map[string]any{"name": "别的", "scopes": []string{"org.read"}}, 422, "idempotency.mismatch", once)
	a.Refused(officer, "POST "+path, body, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	a.Refused(county, "POST "+path, body, 403, "access.denied")
	a.Refused(apitest.Nobody, "POST "+path, body, 401, "auth.required")
	a.Refused(officer, "POST "+path, map[string]any{"name": "x", "scopes": []string{"grant.write"}}, 422, "request.invalid")
	a.Refused(officer, fmt.Sprintf("POST /orgs/%d/api-clients", a.Branch.ID), body, 422, "api_client.not_committee")
	a.Refused(officer, "POST /orgs/42/api-clients", body, 404, "resource.not_found")

	if list := a.Do(officer, "GET "+path, nil).Status(http.StatusOK); list.Get("data.0.id") != made.Get("id") || strings.Contains(string(list.Body), "secret") {
		t.Fatalf("%s", list.Body)
	}
	a.Refused(county, "GET "+path, nil, 403, "access.denied")

	client := "POST /api-clients/" + made.Get("id")
	a.Refused(county, client+"/rotate", nil, 404, "resource.not_found")
	a.Refused(county, client+"/revoke", nil, 404, "resource.not_found")
	rotated := a.Do(officer, client+"/rotate", nil).Status(http.StatusOK)
	if rotated.Get("client_secret") == made.Get("client_secret") {
		t.Fatal("the same secret again")
	}
	a.Clock.Add(6 * time.Minute)
	a.Refused(officer, client+"/revoke", nil, 403, "access.fresh_login_required")
	a.Refused(officer, "POST "+path, body, 403, "access.fresh_login_required")
	a.Forget()
	if a.Do(officer, client+"/revoke", nil).Status(http.StatusOK).Get("revoked_at") == "" {
		t.Fatal("not revoked")
	}
	a.Refused(officer, client+"/revoke", nil, 409, "state.conflict")
	a.Refused(officer, client+"/rotate", nil, 409, "state.conflict")
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	officer := a.Staff("省干事", access.CommitteeOfficer, a.Province)
	made := a.Do(officer, fmt.Sprintf("POST /orgs/%d/api-clients", a.Province.ID), map[string]any{"name": "数据看板", "scopes": []string{"org.read", "stats.read"}}).Status(http.StatusCreated)
	name, secret := made.Get("id"), made.Get("client_secret")
	basic := apitest.Header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+secret)))
	grant := url.Values{"grant_type": {"client_credentials"}}
	inForm := func(more ...string) string {
		v := url.Values{"grant_type": {"client_credentials"}, "client_id": {name}, "client_secret": {secret}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v.Encode()
	}
	byHeader := a.Do(apitest.Nobody, "POST /oauth/token", grant.Encode(), form(), basic).Status(http.StatusOK)
	byForm := a.Do(apitest.Nobody, "POST /oauth/token", inForm("scope", "org.read", "resource", "ignored"), form()).Status(http.StatusOK)
	if byHeader.Get("token_type") != "Bearer" || byHeader.Get("expires_in") != "900" || byHeader.Get("scope") != "org.read stats.read" || byForm.Get("scope") != "org.read" {
		t.Fatalf("%s %s", byHeader.Body, byForm.Body)
	}
	if byHeader.Header.Get("Cache-Control") != "no-store" || byHeader.Header.Get("Pragma") != "no-cache" {
		t.Fatal(byHeader.Header)
	}
	a.Refused(apitest.Nobody, "GET /me", nil, 403, "access.denied", bearer(byHeader.Get("access_token")))
	a.Refused(apitest.Nobody, fmt.Sprintf("POST /orgs/%d/api-clients", a.City.ID), map[string]any{"name": "x", "scopes": []string{"org.read"}}, 403, "access.denied", bearer(byHeader.Get("access_token")))

	refused := map[string]struct {
		body    string
		status  int
		error   string
		options []apitest.Option
	}{
		"wrong secret":          {body: inForm("client_secret", "x"), status: 401, error: "invalid_client"},
		"no client":             {body: grant.Encode(), status: 401, error: "invalid_client"},
		"basic that is none":    {body: grant.Encode(), status: 401, error: "invalid_client", options: []apitest.Option{apitest.Header("Authorization", "Basic !!!")}},
		"bearer in its place":   {body: grant.Encode(), status: 401, error: "invalid_client", options: []apitest.Option{bearer("x")}},
		"both ways":             {body: inForm(), status: 400, error: "invalid_request", options: []apitest.Option{basic}},
		"another grant":         {body: inForm("grant_type", "password"), status: 400, error: "unsupported_grant_type"},
		"no grant":              {body: inForm("grant_type", ""), status: 400, error: "invalid_request"},
		"too much scope":        {body: inForm("scope", "org.read pairing.read"), status: 400, error: "invalid_scope"},
		"a parameter twice":     {body: inForm() + "&client_id=7", status: 400, error: "invalid_request"},
		"not form-encoded":      {body: `{"grant_type":"client_credentials"}`, status: 415, error: "invalid_request", options: []apitest.Option{apitest.Header("Content-Type", "application/json")}},
		"an over-long password": {body: inForm("client_secret", strings.Repeat("x", 201)), status: 400, error: "invalid_request"},
	}
	for what, c := range refused {
		answer := a.Do(apitest.Nobody, "POST /oauth/token", c.body, append([]apitest.Option{form()}, c.options...)...)
		if answer.Code != c.status || answer.Get("error") != c.error || c.status == 401 && !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: %d %s", what, answer.Code, answer.Body)
		}
	}
	empty := a.Do(apitest.Nobody, "POST /oauth/token", "", form()).Status(400)
	if empty.Get("error") != "invalid_request" || empty.Get("error_description") != "The form is empty: send grant_type=client_credentials." {
		t.Errorf("%s", empty.Body)
	}
}
