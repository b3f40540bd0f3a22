package api_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// roundWorld is a round about to be planned: an officer, three students, and a position with two seats.
type roundWorld struct {
	*apitest.API

	officer, host access.Actor
	students      []access.Actor
	position      model.Position
	other         model.Position // that nobody lists
	id            string
}

func newRoundWorld(t *testing.T) *roundWorld {
	t.Helper()
	a := &roundWorld{API: apitest.New(t)}
	a.officer = a.Staff("钱书记", access.CommitteeOfficer, a.University)
	a.host = a.Staff("孙主任", access.HostStaff, a.Community)
	a.update(&model.Org{}, a.University.ID, object{"lat_e6": 36_650_000, "lng_e6": 117_110_000})
	matched := func(x *model.Activity, s *model.Session) {
		x.SignupMode, x.StartsAt, x.EndsAt = model.SignupMatched, a.Clock.Now().AddDate(0, 0, 20), a.Clock.Now().AddDate(0, 0, 20).Add(2*time.Hour)
		s.StartsAt, s.EndsAt = x.StartsAt, x.EndsAt
	}
	project := model.Project{ProgrammeID: a.World.Programme.ID, LocalOrgID: a.Community.ID, CampusOrgID: a.Branch.ID}
	_, _, a.position = a.Activity(project, 2, matched)
	_, _, a.other = a.Activity(project, 2, matched)
	for i, name := range []string{"李一", "李二", "李三"} {
		a.students = append(a.students, a.Student(name, a.Branch))
		a.Insert(&model.Willingness{
			StudentID: a.students[i].StudentID, ProgrammeID: a.World.Programme.ID, Willing: true, Slots: 1<<42 - 1, MaxDistM: 5000, Version: 1, CreatedAt: a.Clock.Now(), UpdatedAt: a.Clock.Now(),
		})
	}
	return a
}

func (a *roundWorld) update(row any, id int64, set object) {
	a.TB.Helper()
	err := a.DB.Transaction(func(tx *gorm.DB) error { return tx.Model(row).Where("id = ?", id).Updates(map[string]any(set)).Error })
	if err != nil {
		a.TB.Fatal(err)
	}
}

func (a *roundWorld) form() object {
	now := a.Clock.Now()
	return object{
		"name": "秋季第一轮", "season": "TERM", "rule": "points-v2", "k": 20, "radius_m": 10_000, "answer_hours": 72, "draw_source": "双色球 2026135 期",
		"wishes_from": now.Format(time.RFC3339), "wishes_until": now.Add(24 * time.Hour).Format(time.RFC3339),
	}
}

func (a *roundWorld) plan() object {
	return with(a.form(), object{"kind": "POSITIONS", "programme_id": fmt.Sprint(a.World.Programme.ID), "scope_org_id": fmt.Sprint(a.University.ID)})
}

// move asks for a step of the round.
func (a *roundWorld) move(who access.Actor, what string, body any) *apitest.Answer {
	a.TB.Helper()
	return a.Do(who, "POST /match-rounds/"+a.id+"/"+what, body)
}

func (a *roundWorld) get(who access.Actor) *apitest.Answer {
	a.TB.Helper()
	return a.Do(who, "GET /match-rounds/"+a.id, nil).Status(200)
}

func (a *roundWorld) advance() {
	a.TB.Helper()
	if _, err := a.Built.Services.Round.Advance(a.TB.Context(), 10); err != nil {
		a.TB.Fatal(err)
	}
}

// wish hands in the same list for everybody.
func (a *roundWorld) wish() {
	a.TB.Helper()
	var round int64
	if _, err := fmt.Sscan(a.id, &round); err != nil {
		a.TB.Fatal(err)
	}
	for _, st := range a.students {
		a.Insert(&model.MatchWish{RoundID: round, StudentID: st.StudentID, Positions: []int64{a.position.ID}, Listed: 1, Version: 1, CreatedAt: a.Clock.Now(), UpdatedAt: a.Clock.Now()})
	}
}

// A round over HTTP, as far as everybody sees it at each step.
func TestAMatchRoundOverHTTP(t *testing.T) {
	t.Parallel()
	a := newRoundWorld(t)
	student := a.students[0]
	a.Refused(student, "POST /match-rounds", a.plan(), 403, "access.denied")
	a.Refused(a.officer, "POST /match-rounds", with(a.plan(), object{"scope_org_id": fmt.Sprint(a.Branch.ID), "programme_id": "1"}), 422, "request.invalid")
	made := a.Do(a.officer, "POST /match-rounds", a.plan()).Status(201)
	a.id = made.Get("id")
	at := "/match-rounds/" + a.id
	a.Refused(student, "GET "+at, nil, 404, "resource.not_found")
	a.Refused(a.officer, "PUT "+at, a.form(), 428, "version.required")
	a.Do(a.officer, "PUT "+at, with(a.form(), object{"k": 10}), apitest.IfMatch(1)).Status(200)
	a.Refused(a.officer, "PUT "+at, a.form(), 412, "version.mismatch", apitest.IfMatch(1))
	a.move(a.officer, "open", nil).Status(200)
	a.Refused(a.officer, "POST "+at+"/open", nil, 409, "state.conflict")
	a.Refused(a.officer, "PUT "+at, with(a.form(), object{"k": 11}), 409, "match.rules_public", apitest.IfMatch(3))
	a.Do(a.officer, "PUT "+at, with(a.form(), object{"k": 10, "wishes_until": a.Clock.Now().Add(30 * time.Hour).Format(time.RFC3339)}), apitest.IfMatch(3)).Status(200)
	public := a.get(student)
	if public.Get("secret_commitment") != made.Get("secret_commitment") || public.Get("k") != "10" || bytes.Contains(public.Body, []byte(`"work"`)) || public.Get("wishes_until") != "2026-10-13T07:00:00.000Z" {
		t.Errorf("%s", public.Body)
	}
	a.wish()
	a.Refused(a.officer, "POST "+at+"/freeze", nil, 409, "match.too_early")
	a.Refused(a.officer, "POST "+at+"/replays", nil, 409, "match.not_frozen")
	a.Refused(a.officer, "POST "+at+"/draw", object{"value": "7"}, 409, "state.conflict")
	a.Clock.Add(31 * time.Hour)
	a.Forget() // logs in again
	if got := a.move(a.officer, "freeze", nil).Status(200); got.Get("status") != "FREEZING" {
		t.Errorf("%s", got.Body)
	}
	a.advance()
	frozen := a.get(student)
	if frozen.Get("status") != "FROZEN" || frozen.Get("students") != "3" || frozen.Get("positions") != "2" || frozen.Get("seats") != "4" || len(frozen.Get("input_digest")) != 64 {
		t.Errorf("%s", frozen.Body)
	}
	if again := a.replayed(); again.Get("outcome") != "EQUAL" || again.Get("inputs_equal") != "true" || bytes.Contains(again.Body, []byte("result_equal")) {
		t.Errorf("%s", again.Body)
	}
	a.move(a.officer, "draw", object{"value": "03 09 17"}).Status(200)
	a.Refused(a.officer, "POST "+at+"/publish", nil, 409, "match.not_run")
	a.advance()
	a.published(frozen.Get("input_digest"))
}

// published goes on with a round that was run.
func (a *roundWorld) published(inputs string) {
	a.TB.Helper()
	t, student, at := a.TB, a.students[0], "/match-rounds/"+a.id
	if run := a.get(a.officer); run.Get("work.ready") != "true" || run.Get("placed") != "2" {
		t.Errorf("%s", run.Body)
	}
	if run := a.get(student); run.Get("placed") != "0" || bytes.Contains(run.Body, []byte(`"result_digest"`)) || bytes.Contains(run.Body, []byte(`"secret"`)) {
		t.Errorf("nobody is to know yet: %s", run.Body)
	}
	why, seats := fmt.Sprintf("GET %s/positions/%d/why", at, a.position.ID), fmt.Sprintf("GET %s/positions/%d/seats", at, a.position.ID)
	a.Refused(student, why, nil, 409, "match.not_published")
	a.Refused(a.host, seats, nil, 409, "match.not_published")
	a.move(a.officer, "publish", nil).Status(200)
	a.Refused(a.officer, "POST "+at+"/cancel", object{"reason": "晚了"}, 409, "state.conflict")
	a.Refused(a.officer, "POST "+at+"/close", nil, 409, "match.answers_open")
	out := a.get(student)
	secret, err := hex.DecodeString(out.Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	digest, err := hex.DecodeString(inputs)
	if err != nil {
		t.Fatal(err)
	}
	commitment := sha256.Sum256(secret)
	seed := sha256.Sum256(append(append(digest, secret...), "03 09 17"...))
	if out.Get("status") != "PUBLISHED" || out.Get("secret_commitment") != hex.EncodeToString(commitment[:]) || out.Get("seed") != hex.EncodeToString(seed[:]) || out.Get("placed") != "2" {
		t.Errorf("%s", out.Body)
	}
	reasons := map[string]int{}
	for _, st := range a.students {
		reasons[a.Do(st, why, nil).Status(200).Get("reason")]++
		if got := a.Do(st, fmt.Sprintf("GET %s/positions/%d/why", at, a.other.ID), nil).Status(200); got.Get("reason") != "NOT_LISTED" {
			t.Errorf("%s", got.Body)
		}
	}
	if reasons["PLACED"] != 2 || reasons["BELOW_CUTOFF"] != 1 {
		t.Error(reasons)
	}
	a.Refused(a.Student("外人", a.Branch), why, nil, 404, "match.not_in_round")
	a.Refused(student, fmt.Sprintf("GET %s/positions/1/why", at), nil, 404, "match.not_in_round")
	team := a.Do(a.host, seats, nil).Status(200)
	if team.Get("filled") != "2" || team.Get("listed") != "3" || team.Get("below") != "1" || team.Get("people.0.student.name") != "李*" || team.Get("people.0.band") < team.Get("people.1.band") {
		t.Errorf("%s", team.Body)
	}
	a.handedOut(at)
}

func (a *roundWorld) handedOut(at string) {
	a.TB.Helper()
	t := a.TB
	a.Clock.Add(6 * time.Minute)
	a.Refused(a.host, "GET "+at+"/export", nil, 403, "access.denied")
	a.Refused(a.officer, "GET "+at+"/export", nil, 403, "access.fresh_login_required")
	a.Forget()
	file := a.Do(a.officer, "GET "+at+"/export", nil).Status(200)
	z, err := zip.NewReader(bytes.NewReader(file.Body), int64(len(file.Body)))
	if err != nil || len(z.File) < 6 {
		t.Fatal(z, err)
	}
	if again := a.replayed(); again.Get("outcome") != "EQUAL" || again.Get("result_equal") != "true" || again.Get("result_digest") != a.get(a.officer).Get("result_digest") {
		t.Errorf("%s", again.Body)
	}
	a.turned()
	list := a.Do(a.students[0], "GET /match-rounds?status=PUBLISHED&kind=POSITIONS&limit=1", nil).Status(200)
	if list.Get("data.0.id") != a.id {
		t.Errorf("%s", list.Body)
	}
	err = a.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.MatchProposal{}).Where("position_id = ?", a.position.ID).Update("status", model.ProposalLapsed).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	a.move(a.officer, "close", nil).Status(200)
	defer a.forgotten(at)
	reasons := map[string]int{}
	for _, st := range a.students {
		reasons[a.Do(st, fmt.Sprintf("GET %s/positions/%d/why", at, a.position.ID), nil).Status(200).Get("reason")]++
	}
	if reasons["DECLINED"] != 2 || reasons["BELOW_CUTOFF"] != 1 {
		t.Error(reasons)
	}
}

// replayed has the round played again, and reads what came of it.
func (a *roundWorld) replayed() *apitest.Answer {
	a.TB.Helper()
	key := apitest.Header("Idempotency-Key", "again-"+fmt.Sprint(a.NewID()))
	asked := a.Do(a.officer, "POST /match-rounds/"+a.id+"/replays", nil, key).Status(202)
	one := "GET /match-rounds/" + a.id + "/replays/" + asked.Get("id")
	if waiting := a.Do(a.officer, one, nil).Status(200); waiting.Get("status") != "QUEUED" || waiting.Get("asked_by") != fmt.Sprint(a.officer.UserID) {
		a.TB.Errorf("%s", waiting.Body)
	}
	a.Refused(a.students[0], one, nil, 403, "access.denied")
	a.Refused(a.students[0], "GET /match-rounds/"+a.id+"/replays", nil, 403, "access.denied")
	a.Refused(a.officer, "GET /match-rounds/"+a.id+"/replays/1", nil, 404, "resource.not_found")
	if n, err := a.Built.Round.PlayAgain(a.TB.Context(), 5); n != 1 || err != nil {
		a.TB.Fatal(n, err)
	}
	if repeat := a.Do(a.officer, "POST /match-rounds/"+a.id+"/replays", nil, key).Status(202); repeat.Get("id") != asked.Get("id") {
		a.TB.Errorf("the same request again: %s", repeat.Body)
	}
	done := a.Do(a.officer, one, nil).Status(200)
	if list := a.Do(a.officer, "GET /match-rounds/"+a.id+"/replays?limit=1", nil).Status(200); list.Get("data.0.id") != done.Get("id") || list.Get("data.0.status") != "DONE" || done.Get("duration_ms") == "" {
		a.TB.Errorf("%s", list.Body)
	}
	return done
}

// turned plays the round again after somebody has turned what is stored.
func (a *roundWorld) turned() {
	a.TB.Helper()
	var id int64
	if _, err := fmt.Sscan(a.id, &id); err != nil {
		a.TB.Fatal(err)
	}
	digest := a.get(a.officer).Get("result_digest")
	a.update(&model.MatchRound{}, id, object{"result_digest": make([]byte, 32)})
	if again := a.replayed(); again.Get("outcome") != "DIFFERENT" || again.Get("inputs_equal") != "true" || again.Get("result_equal") != "false" || again.Get("result_digest") != digest {
		a.TB.Errorf("%s", again.Body)
	}
	raw, err := hex.DecodeString(digest)
	if err != nil {
		a.TB.Fatal(err)
	}
	a.update(&model.MatchRound{}, id, object{"result_digest": raw})
}

// forgotten reads the round when its time is over.
func (a *roundWorld) forgotten(at string) {
	a.TB.Helper()
	a.Clock.Add(366 * 24 * time.Hour)
	a.Forget()
	if n, err := a.Built.Round.Forget(a.TB.Context(), 5); n != 1 || err != nil {
		a.TB.Fatal(n, err)
	}
	position := fmt.Sprintf("%s/positions/%d", at, a.position.ID)
	a.Refused(a.students[0], "GET "+position+"/why", nil, 409, "match.forgotten")
	a.Refused(a.host, "GET "+position+"/seats", nil, 409, "match.forgotten")
	a.Refused(a.students[0], "GET "+at+"/wishes", nil, 409, "match.forgotten")
	a.Refused(a.officer, "GET "+at+"/export", nil, 409, "match.forgotten")
	a.Refused(a.officer, "POST "+at+"/replays", nil, 409, "match.forgotten")
	if got := a.get(a.students[0]); got.Get("forgotten_at") == "" || len(got.Get("result_digest")) != 64 || got.Get("placed") != "2" {
		a.TB.Errorf("%s", got.Body)
	}
}

// A round that fails says so to those who run it, and when it is tried again; they need not wait.
func TestAMatchRoundThatFails(t *testing.T) {
	t.Parallel()
	a := newRoundWorld(t)
	a.id = a.Do(a.officer, "POST /match-rounds", a.plan()).Status(201).Get("id")
	a.move(a.officer, "open", nil).Status(200)
	a.Refused(a.officer, "POST /match-rounds/"+a.id+"/retry", nil, 409, "state.conflict")
	a.Clock.Add(25 * time.Hour)
	a.Forget()
	a.move(a.officer, "freeze", nil).Status(200)
	var id int64
	if _, err := fmt.Sscan(a.id, &id); err != nil {
		t.Fatal(err)
	}
	next := a.Clock.Now().Add(time.Hour)
	a.update(&model.MatchRound{}, id, object{"failure": "disk full", "failures": 9, "retry_at": next})
	a.advance()
	if got := a.get(a.officer); got.Get("status") != "FREEZING" || got.Get("work.failures") != "9" || got.Get("work.failure") != "disk full" || got.Get("work.next_try_at") != next.UTC().Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.students[0], "POST /match-rounds/"+a.id+"/retry", nil, 403, "access.denied")
	if got := a.move(a.officer, "retry", nil).Status(200); got.Get("work.failures") != "0" || bytes.Contains(got.Body, []byte("next_try_at")) {
		t.Errorf("%s", got.Body)
	}
	a.advance()
	if got := a.get(a.officer); got.Get("status") != "FROZEN" || bytes.Contains(got.Body, []byte(`"failure"`)) {
		t.Errorf("%s", got.Body)
	}
}

// A round that is given up says why, and its work is not shown to others.
func TestAMatchRoundIsGivenUp(t *testing.T) {
	t.Parallel()
	a := newRoundWorld(t)
	a.id = a.Do(a.officer, "POST /match-rounds", a.plan()).Status(201).Get("id")
	a.move(a.officer, "open", nil).Status(200)
	a.Refused(a.officer, "POST /match-rounds/"+a.id+"/cancel", object{"reason": " "}, 422, "request.invalid")
	a.move(a.officer, "cancel", object{"reason": "日期改了"}).Status(200)
	if got := a.get(a.students[0]); got.Get("status") != "CANCELLED" || got.Get("reason") != "日期改了" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(a.officer, "POST /match-rounds/"+a.id+"/open", nil, 409, "state.conflict")
}
