package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// A student makes a list, is proposed a position, and has a seat when the host agrees; every answer as a client reads it.
func TestFromAListToASeat(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	project := a.Project(a.Pair(a.Branch, a.Community), "清洁")
	_, _, position := a.Activity(project, 1, func(x *model.Activity, _ *model.Session) {
		x.SignupMode = model.SignupMatched
		*x.LatE6, *x.LngE6 = 36_650_000, 117_120_000
	})
	_, _, direct := a.Activity(project, 1, nil)
	me, clerk := a.Student("赵甲", a.Branch), a.Staff("干事", access.HostStaff, a.Community)
	now := a.Clock.Now()
	until := now.Add(24 * time.Hour)
	row := model.MatchRound{
		ID: a.NewID(), Kind: model.RoundPositions, ProgrammeID: a.Programme.ID, ScopeOrgID: a.University.ID, ScopePath: a.University.Path, Name: "秋季第一轮", Number: a.NewID(), Season: model.SeasonTerm,
		Rule: "points-v2", K: 20, RadiusM: 10_000, WishesFrom: now, WishesUntil: until, AnswerHours: 24, DrawSource: "双色球", SecretCommit: make([]byte, 32), Secret: []byte{1},
		Status: model.RoundOpen, OpenedAt: &now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	a.Insert(&row)
	put := func(what any, id int64, set object) {
		t.Helper()
		if err := a.DB.Transaction(func(tx *gorm.DB) error { return tx.Model(what).Where("id = ?", id).Updates(map[string]any(set)).Error }); err != nil {
			t.Fatal(err)
		}
	}
	put(&model.Org{}, a.University.ID, object{"lat_e6": 36_650_000, "lng_e6": 117_120_000})
	list := fmt.Sprintf("/match-rounds/%d/wishes", row.ID)
	a.Do(me, fmt.Sprintf("POST /positions/%d/signups", position.ID), object{}).Problem(409, "signup.matched")
	a.Do(me, "PUT "+list, object{"positions": []string{}}, apitest.IfMatch(0)).Problem(409, "match.needs_willingness")
	offer := offerBody(nil, nil).(object)
	offer["slots"] = []string{"111111", "111111", "111111", "111111", "111111", "111111", "111111"}
	a.Do(me, fmt.Sprintf("PUT /me/willingness?programme_id=%d", a.Programme.ID), offer, apitest.IfMatch(0)).Status(200)
	wrong := a.Do(me, "PUT "+list, object{"positions": []string{fmt.Sprint(position.ID), fmt.Sprint(direct.ID)}}, apitest.IfMatch(0)).Status(422)
	if !strings.Contains(string(wrong.Body), `"/positions/1"`) || strings.Contains(string(wrong.Body), `"/positions/0"`) {
		t.Errorf("%s", wrong.Body)
	}
	made := a.Do(me, "PUT "+list, object{"positions": []string{}, "from_recommendations": true, "open": true}, apitest.IfMatch(0)).Status(200)
	if made.Get("wishes.0.position_id") != fmt.Sprint(position.ID) || made.Get("advice.enough") != "false" || made.Get("wishes.0.parts.near") != "3500" || made.Get("open") != "true" {
		t.Errorf("%s", made.Body)
	}
	a.Do(me, "PUT "+list, object{"positions": []string{}}, apitest.IfMatch(0)).Problem(412, "version.mismatch")
	put(&model.MatchRound{}, row.ID, object{"status": model.RoundPublished, "answers_until": until})
	p := model.MatchProposal{
		ID: a.NewID(), RoundID: row.ID, StudentID: me.StudentID, PositionID: position.ID, ActivityID: position.ActivityID, HostOrgID: a.Community.ID, WishNo: 1, Band: 20, Score: 7000,
		Status: model.ProposalProposed, AnswersUntil: &until, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	a.Insert(&p)
	if got := a.Do(me, "GET /me/proposals?status=PROPOSED", nil).Status(200); got.Get("data.0.id") != fmt.Sprint(p.ID) || got.Get("data.0.wish_no") != "1" {
		t.Errorf("%s", got.Body)
	}
	hosts := fmt.Sprintf("/orgs/%d/match-proposals", a.Community.ID)
	if got := a.Do(clerk, "GET "+hosts, nil).Status(200); strings.Contains(string(got.Body), "赵甲") || got.Get("data.0.student.name") != "赵*" {
		t.Errorf("%s", got.Body)
	}
	if got := a.Do(clerk, "POST "+hosts+"/answer", object{"proposal_ids": []string{fmt.Sprint(p.ID)}, "answer": "ACCEPT"}).Status(200); got.Get("items.0.status") != "PROPOSED" {
		t.Errorf("%s", got.Body)
	}
	got := a.Do(me, fmt.Sprintf("POST /match-proposals/%d/accept", p.ID), nil).Status(200)
	a.Do(me, "GET /signups/"+got.Get("signup_id"), nil).Status(200)
	a.Do(me, fmt.Sprintf("POST /match-proposals/%d/decline", p.ID), nil).Problem(409, "state.conflict")
}

// proposedBy adds a published round that proposes a position of the community to a student.
func proposedBy(a *apitest.API, me access.Actor) model.MatchProposal {
	a.TB.Helper()
	project := a.Project(model.Pairing{ProgrammeID: a.Programme.ID, CampusOrgID: a.Branch.ID, LocalOrgID: a.Community.ID}, "清洁")
	_, _, position := a.Activity(project, 1, func(x *model.Activity, _ *model.Session) { x.SignupMode = model.SignupMatched })
	now := a.Clock.Now()
	until := now.Add(24 * time.Hour)
	r := model.MatchRound{
		ID: a.NewID(), Kind: model.RoundPositions, ProgrammeID: a.Programme.ID, ScopeOrgID: a.University.ID, ScopePath: a.University.Path, Name: "秋季第一轮", Number: 1, Season: model.SeasonTerm,
		Rule: "points-v2", K: 20, RadiusM: 10_000, WishesFrom: now, WishesUntil: now, AnswerHours: 24, DrawSource: "双色球", SecretCommit: make([]byte, 32), Secret: []byte{1},
		Status: model.RoundPublished, OpenedAt: &now, PublishedAt: &now, AnswersUntil: &until, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	p := model.MatchProposal{
		ID: a.NewID(), RoundID: r.ID, StudentID: me.StudentID, PositionID: position.ID, ActivityID: position.ActivityID, HostOrgID: a.Community.ID, WishNo: 1, Band: 20, Score: 7000,
		Status: model.ProposalProposed, AnswersUntil: &until, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	a.Insert(&r, &p)
	return p
}

// What is proposed to a suspended account ends with it: the host is not to wait for an answer that cannot come.
func TestASuspendedAccountEndsItsProposals(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	me, clerk, security := a.Student("赵甲", a.Branch), a.Staff("干事", access.HostStaff, a.Community), a.Staff("安管", access.SecurityAdmin, model.Org{})
	proposedBy(a, me)
	a.Do(security, fmt.Sprintf("POST /users/%d/suspend", me.UserID), object{"reason": "冒用他人身份"}).Status(200)
	got := a.Do(clerk, fmt.Sprintf("GET /orgs/%d/match-proposals", a.Community.ID), nil).Status(200)
	if got.Get("data.0.status") != "REJECTED" || got.Get("data.0.rejected_by") != "RULES" || strings.Contains(string(got.Body), "停用") {
		t.Errorf("%s", got.Body)
	}
}

// A host's words are looked at before a student reads them.
func TestTheReasonOfARefusalIsLookedAt(t *testing.T) {
	t.Parallel()
	a, _ := checkedCrew(t)
	p := proposedBy(a.API, a.Student("赵甲", a.Branch))
	path := fmt.Sprintf("POST /orgs/%d/match-proposals/answer", a.Community.ID)
	no := object{"proposal_ids": []string{fmt.Sprint(p.ID)}, "answer": "DECLINE", "reason_code": "OTHER", "reason": "教你赌博"}
	a.Do(a.host, path, no).Problem(422, "content.risky")
	if got := a.Do(a.host, path, with(no, object{"reason": "场地装修"})).Status(200); got.Get("items.0.status") != "REJECTED" {
		t.Errorf("%s", got.Body)
	}
}
