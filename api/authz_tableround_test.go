package api_test

import (
	"fmt"
	"time"

	"baodao/model"
	"baodao/service/access"
)

// authzRoundRules are the rules of running match rounds, and of asking why.
var authzRoundRules = []authzRule{
	{op: "createMatchRound", is: "department", by: perms(access.MatchRound), body: roundBody},
	{op: "listMatchRounds", by: perms(access.MatchRead), reads: access.MatchRound, shows: map[string]string{"drafted round": "round in the drawer"}},
	{op: "getMatchRound", on: "open round", is: "open round", by: perms(access.MatchRead)},
	{op: "getMatchRound", on: "drafted round", is: "round in the drawer", by: perms(access.MatchRound)},
	{op: "updateMatchRound", on: "drafted round", is: "round in the drawer", by: perms(access.MatchRound), body: roundForm},
	{op: "openMatchRound", on: "drafted round", is: "round in the drawer", by: perms(access.MatchRound)},
	{op: "freezeMatchRound", on: "due round", is: "open round", by: perms(access.MatchRound)},
	{op: "drawMatchRound", on: "frozen round", is: "open round", by: perms(access.MatchRound), body: fieldBody("value", "03 09 17")},
	{op: "publishMatchRound", on: "finished round", is: "open round", by: perms(access.MatchRound)},
	{op: "closeMatchRound", on: "answered round", is: "open round", by: perms(access.MatchRound)},
	{op: "cancelMatchRound", on: "open round", is: "open round", by: perms(access.MatchRound), body: reasonBody},
	{op: "replayMatchRound", on: "finished round", is: "open round", by: perms(access.MatchRound)},
	{op: "listMatchReplays", on: "finished round", is: "open round", by: perms(access.MatchRound)},
	{op: "getMatchReplay", on: "finished round, replay", is: "open round", by: perms(access.MatchRound)},
	{op: "retryMatchRound", on: "failed round", is: "open round", by: perms(access.MatchRound)},
	{op: "exportMatchRound", on: "finished round", is: "open round", by: perms(access.MatchRound)},
	{op: "getMatchWhy", on: "published round, position of rounds activity", is: "own record", by: perms(access.MatchAsk)},
	{op: "getMatchSeats", on: "published round, position of rounds activity", is: "seats of a round", by: perms(access.MatchSeats)},
}

func roundForm(w *twins, _ *realm) any {
	now := w.Clock.Now()
	return object{
		"name": "春季", "season": "TERM", "rule": "points-v2", "k": 20, "radius_m": 10_000, "answer_hours": 72, "draw_source": "双色球",
		"wishes_from": now.Format(time.RFC3339), "wishes_until": now.Add(24 * time.Hour).Format(time.RFC3339),
	}
}

func roundBody(w *twins, r *realm) any {
	return with(roundForm(w, r).(object), object{"kind": "POSITIONS", "programme_id": r.id("programme"), "scope_org_id": r.id("department")})
}

// rounds gives the department of a realm a match round in every state in which something can be done with it. A student of it has
// made a list with one position, and got it.
func (w *twins) rounds(r *realm) {
	w.TB.Helper()
	now := w.Clock.Now()
	w.activity(r, "rounds activity", func(a *model.Activity, s *model.Session) {
		from := now.Add(300 * time.Hour)
		a.SignupMode, a.StartsAt, a.EndsAt, s.StartsAt, s.EndsAt = model.SignupMatched, from, from.Add(2*time.Hour), from, from.Add(2*time.Hour)
	})
	for _, name := range []string{"branch", "department"} {
		w.set(&model.Org{}, r.ids[name], object{"lat_e6": 36_650_000, "lng_e6": 117_120_000})
	}
	if err := w.DB.Where("student_id = ?", r.ids["student"]).Delete(&model.Willingness{}).Error; err != nil {
		w.TB.Fatal(err)
	}
	w.Insert(&model.Willingness{StudentID: r.ids["student"], ProgrammeID: r.ids["programme"], Willing: true, Slots: 1<<42 - 1, MaxDistM: 5000, Version: 1, CreatedAt: now, UpdatedAt: now})
	do := func(name, what string, body any) {
		w.TB.Helper()
		w.Do(r.who["department"], fmt.Sprintf("POST /match-rounds/%d/%s", r.ids[name], what), body).Status(200)
	}
	for _, name := range []string{"drafted round", "open round", "due round", "failed round", "frozen round", "finished round", "published round", "answered round"} {
		body := roundBody(w, r).(object)
		if name == "drafted round" {
			body["name"] = r.mark
		}
		r.keep(name, w.Do(r.who["department"], "POST /match-rounds", body).Status(201))
		if name == "drafted round" {
			continue
		}
		do(name, "open", nil)
		if name == "open round" || name == "due round" {
			continue
		}
		if name == "published round" {
			w.Insert(&model.MatchWish{
				RoundID: r.ids[name], StudentID: r.ids["student"], Positions: []int64{r.ids["position of rounds activity"]}, Listed: 1, Version: 1, CreatedAt: now, UpdatedAt: now,
			})
		}
		w.set(&model.MatchRound{}, r.ids[name], object{"wishes_until": now})
		do(name, "freeze", nil)
		if name == "failed round" {
			w.set(&model.MatchRound{}, r.ids[name], object{"failures": 9, "retry_at": now.AddDate(1, 0, 0)})
			continue
		}
		w.advance()
		if name == "frozen round" {
			continue
		}
		do(name, "draw", object{"value": "1"})
		w.advance()
		if name != "finished round" {
			do(name, "publish", nil)
		}
	}
	r.keep("replay", w.Do(r.who["department"], fmt.Sprintf("POST /match-rounds/%d/replays", r.ids["finished round"]), nil).Status(202))
	w.due(r)
	if w.home != nil {
		w.due(w.home) // the job came by for this realm and froze it
	}
}

// due ends the time for wishes of a round that nobody has frozen yet.
func (w *twins) due(r *realm) {
	w.TB.Helper()
	w.set(&model.MatchRound{}, r.ids["due round"], object{"wishes_until": w.Clock.Now(), "status": model.RoundOpen, "input_digest": nil})
}

// advance lets the job run.
func (w *twins) advance() {
	w.TB.Helper()
	if _, err := w.Built.Services.Round.Advance(w.TB.Context(), 10); err != nil {
		w.TB.Fatal(err)
	}
}
