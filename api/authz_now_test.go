package api_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// turn is a change of what somebody may do, and a request of theirs before and after it, with one and the same token.
type turn struct {
	token, line string
	body        any
	change      func()
	before      int
	after       int
	code        string
}

// TestChangesActOnTheNextRequest: nothing that a token was good for survives the change that takes it away.
func TestChangesActOnTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(a *turning) turn{
		"a role is revoked":                     (*turning).roleRevoked,
		"a role runs out":                       (*turning).roleRunsOut,
		"the last day in a team is over (read)": (*turning).leftTheTeam,
		"the lead of a team ends":               (*turning).leadEnds,
		"the advisor of a team ends":            (*turning).advisorEnds,
		"an account is suspended":               (*turning).suspended,
		"an account was suspended and is back":  (*turning).reinstated,
		"an organisation is dissolved":          (*turning).dissolved,
		"a client is revoked":                   (*turning).clientRevoked,
		"a client has a new secret":             (*turning).clientRotated,
		"a client's committee is dissolved":     (*turning).committeeDissolved,
		"a logout":                              (*turning).loggedOut,
		"a logout everywhere else":              (*turning).loggedOutElsewhere,
		"a student moves to another branch":     (*turning).moved,
		"an applicant becomes a student":        (*turning).admitted,
		"a pairing ends":                        (*turning).pairingEnds,
		"a suspension ends refreshing too":      (*turning).refreshing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &turning{crew: newCrew(t), t: t}
			u := prepare(a)
			if got := a.as(u); got.Code != u.before {
				t.Fatalf("before: %d, want %d: %s", got.Code, u.before, got.Body)
			}
			u.change()
			if u.after < 400 {
				a.as(u).Status(u.after)
				return
			}
			before := a.Snapshot()
			a.as(u).Problem(u.after, u.code)
			if after := a.Snapshot(); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("rows changed: %v, now %v", before, after)
			}
		})
	}
}

// turning is a world with a pairing in which things change.
type turning struct {
	*crew
	t *testing.T
}

func (a *turning) as(u turn) *apitest.Answer {
	a.TB.Helper()
	return a.Do(apitest.Nobody, u.line, u.body, bearer(u.token))
}

func (a *turning) team() model.Project {
	a.TB.Helper()
	p := a.World.Project(a.pairing, "茶园")
	a.Team(p, model.TeamLead, a.lead)
	a.Team(p, model.TeamAdvisor, a.advisor)
	a.Team(p, model.TeamMember, a.student)
	return p
}

// out ends the membership of the n-th person of a team: 0 the lead, 1 the advisor, 2 the member.
func (a *turning) out(p model.Project, n int) func() {
	return func() {
		a.TB.Helper()
		id := a.Do(a.secretary, on("GET /projects/%d/members", p.ID), nil).Status(200).Get(fmt.Sprintf("data.%d.id", n))
		a.Do(a.secretary, "POST /project-members/"+id+"/end", object{}).Status(200)
	}
}

func (a *turning) grant(who access.Actor, role string, org model.Org, until string) string {
	a.TB.Helper()
	body := object{"user_id": fmt.Sprint(who.UserID), "role": role}
	if until != "" {
		body["until"] = until
	}
	return a.Do(a.town, on("POST /orgs/%d/role-grants", org.ID), body).Status(201).Get("id")
}

// clerk works for another community of the town, which may therefore appoint them by number.
func (a *turning) clerk() access.Actor {
	a.TB.Helper()
	return a.Staff("新干事", access.HostStaff, a.Org(a.Town, model.OrgCommunity, "旁社区"))
}

func (a *turning) roleRevoked() turn {
	clerk := a.clerk()
	id := a.grant(clerk, "HOST_STAFF", a.Community, "")
	return turn{
		token: a.Token(clerk), line: on("GET /pairings/%d", a.pairing.ID), before: 200, after: 404, code: "resource.not_found",
		change: func() { a.Do(a.town, "POST /role-grants/"+id+"/revoke", object{"reason": "调离"}).Status(200) },
	}
}

func (a *turning) roleRunsOut() turn {
	clerk := a.clerk()
	a.grant(clerk, "HOST_STAFF", a.Community, a.Clock.Now().Add(time.Minute).Format(time.RFC3339))
	return turn{
		token: a.Token(clerk), line: on("GET /pairings/%d", a.pairing.ID), before: 200, after: 404, code: "resource.not_found",
		change: func() { a.Clock.Add(time.Minute) },
	}
}

func (a *turning) leftTheTeam() turn {
	p := a.team()
	return turn{token: a.Token(a.student), line: on("GET /projects/%d", p.ID), before: 200, after: 404, code: "resource.not_found", change: a.out(p, 2)}
}

func (a *turning) leadEnds() turn {
	p := a.team()
	activity, _, _ := a.Activity(p, 5, func(act *model.Activity, _ *model.Session) {
		act.PublishedAt, act.Status, act.ListedAt = nil, model.ActivityDraft, nil
	})
	return turn{token: a.Token(a.lead), line: on("GET /activities/%d", activity.ID), before: 200, after: 404, code: "resource.not_found", change: a.out(p, 0)}
}

func (a *turning) advisorEnds() turn {
	p := a.team()
	_, session, _ := a.Activity(p, 5, nil)
	return turn{token: a.Token(a.advisor), line: on("GET /sessions/%d/check-in-code", session.ID), before: 200, after: 403, code: "access.denied", change: a.out(p, 1)}
}

func (a *turning) suspended() turn {
	sec := a.Staff("沈安全", access.SecurityAdmin, model.Org{})
	return turn{
		token: a.Token(a.host), line: "GET /me", before: 200, after: 401, code: "auth.token_invalid",
		change: func() {
			a.Do(sec, on("POST /users/%d/suspend", a.host.UserID), object{"reason": "冒用"}).Status(200)
		},
	}
}

func (a *turning) reinstated() turn {
	u := a.suspended()
	sec := a.Staff("沈安全二", access.SecurityAdmin, model.Org{})
	suspend := u.change
	u.change = func() {
		suspend()
		a.Do(sec, on("POST /users/%d/reinstate", a.host.UserID), object{"reason": "查明"}).Status(200)
	}
	return u
}

func (a *turning) dissolved() turn {
	branch := a.Org(a.Department, model.OrgLeagueBranch, "壬班团支部")
	secretary := a.Staff("壬支书", access.BranchSecretary, branch)
	return turn{
		token: a.Token(secretary), line: on("GET /orgs/%d/students", branch.ID), before: 200, after: 403, code: "access.denied",
		change: func() {
			a.Do(a.department, on("POST /orgs/%d/dissolve", branch.ID), object{"reason": "毕业"}).Status(200)
		},
	}
}

// client makes an API client of an organisation and returns its id and an access token.
func (a *turning) client(org model.Org) (id, token string) {
	a.TB.Helper()
	sec := a.Staff("沈安全", access.SecurityAdmin, model.Org{})
	made := a.Do(sec, on("POST /orgs/%d/api-clients", org.ID), object{"name": "看板", "scopes": []string{"pairing.read"}}).Status(201)
	grant := url.Values{"grant_type": {"client_credentials"}, "client_id": {made.Get("id")}, "client_secret": {made.Get("client_secret")}}
	return made.Get("id"), a.Do(apitest.Nobody, "POST /oauth/token", grant.Encode(), apitest.Header("Content-Type", "application/x-www-form-urlencoded")).Status(200).Get("access_token")
}

func (a *turning) clientRevoked() turn { return a.clientEnds("revoke") }
func (a *turning) clientRotated() turn { return a.clientEnds("rotate") }

func (a *turning) clientEnds(how string) turn {
	id, token := a.client(a.City)
	officer := a.Staff("省干事", access.CommitteeOfficer, a.Province)
	return turn{
		token: token, line: "GET /pairings", before: 200, after: 401, code: "auth.token_invalid",
		change: func() { a.Do(officer, "POST /api-clients/"+id+"/"+how, nil).Status(200) },
	}
}

func (a *turning) committeeDissolved() turn {
	county := a.Org(a.City, model.OrgCountyCommittee, "丑县团委")
	_, token := a.client(county)
	officer := a.Staff("市干事", access.CommitteeOfficer, a.City)
	return turn{
		token: token, line: "GET /pairings", before: 200, after: 401, code: "auth.token_invalid",
		change: func() { a.Do(officer, on("POST /orgs/%d/dissolve", county.ID), object{"reason": "撤县"}).Status(200) },
	}
}

func (a *turning) loggedOut() turn {
	token, _ := fresh(a.API, a.student)
	return turn{
		token: token, line: "GET /me", before: 200, after: 401, code: "auth.token_invalid",
		change: func() { a.Do(apitest.Nobody, "POST /auth/logout", nil, bearer(token)).Status(204) },
	}
}

func (a *turning) loggedOutElsewhere() turn {
	token, _ := fresh(a.API, a.student)
	return turn{
		token: token, line: "GET /me/hours", before: 200, after: 401, code: "auth.token_invalid",
		change: func() { a.Do(a.student, "POST /auth/logout-all", nil).Status(204) },
	}
}

func (a *turning) moved() turn {
	branch := a.Org(a.Department, model.OrgLeagueBranch, "壬班团支部")
	return turn{
		token: a.Token(a.student), line: on("GET /pairings/%d", a.pairing.ID), before: 200, after: 404, code: "resource.not_found",
		change: func() {
			list := fmt.Appendf(nil, "学号,姓名,团支部\nS%d,赵同学,%s\n", a.student.StudentID, branch.Name)
			body, media := upload(a.t, list, "reason", "转班")
			a.Do(a.department, on("POST /orgs/%d/roster-imports", a.Department.ID), body, media).Status(200)
		},
	}
}

func (a *turning) admitted() turn {
	person := access.Actor{UserID: a.User("新同学").ID}
	_, _, position := a.Activity(a.World.Project(a.pairing, "茶园"), 5, nil)
	code := a.Do(a.secretary, on("POST /orgs/%d/join-codes", a.Branch.ID), object{}).Status(201).Get("code")
	return turn{
		token: a.Token(person), line: on("POST /positions/%d/signups", position.ID), body: object{}, before: 403, after: 201,
		change: func() {
			id := a.Do(person, "POST /me/join-requests", object{"code": code, "student_no": "2026001", "name": "新同学"}).Status(201).Get("id")
			a.Do(a.secretary, "POST /join-requests/"+id+"/approve", nil).Status(200)
		},
	}
}

func (a *turning) pairingEnds() turn {
	return turn{
		token: a.Token(a.secretary), line: "POST /projects", body: with(planBody(), object{"pairing_id": fmt.Sprint(a.pairing.ID)}), before: 201, after: 409, code: "project.pairing_not_active",
		change: func() {
			a.Do(a.host, on("POST /pairings/%d/end", a.pairing.ID), object{"reason": "撤并", "ends_on": "2026-10-12"}).Status(200)
		},
	}
}

func (a *turning) refreshing() turn {
	u := a.suspended()
	_, refresh := fresh(a.API, a.host)
	u.token, u.line, u.body = "not looked at", "POST /auth/refresh", object{"refresh_token": refresh}
	return u
}
