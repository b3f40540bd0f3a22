package api_test

import (
	"fmt"
	"time"

	"baodao/model"
	"baodao/service/access"
)

// authzWishRules are the rules of lists, groups of friends and proposals.
var authzWishRules = []authzRule{
	{op: "getMyWishes", on: "wish round", is: "round of students", by: perms(access.MatchAsk), but: readsToo},
	{op: "putMyWishes", on: "wish round", is: "round of students", by: perms(access.MatchAsk), body: listBody, but: outOfScope},
	{op: "getMyMatchGroup", on: "wish round", is: "round of students", by: perms(access.MatchAsk), but: readsToo},
	{op: "createMatchGroup", on: "wish round", is: "round of students", by: perms(access.MatchAsk), but: grouped},
	{op: "joinMatchGroup", on: "wish round", is: "round of students", by: perms(access.MatchAsk), body: groupCodeBody, but: outOfScope},
	{op: "leaveMatchGroup", on: "wish round", is: "round of students", by: perms(access.MatchAsk), but: readsToo},
	{op: "listMyProposals", by: people, reads: access.MatchAsk, shows: map[string]string{"match proposal": "own record"}},
	{op: "acceptProposal", on: "match proposal", is: "own record", by: perms(access.MatchAsk)},
	{op: "declineProposal", on: "match proposal", is: "own record", by: perms(access.MatchAsk)},
	{op: "listHostProposals", on: "community", by: perms(access.MatchSeats)},
	{op: "answerProposals", on: "community", by: perms(access.MatchAnswer), body: declineBody},
}

var (
	readsToo   = except(0, "their own, of a round that is public", "foreign student, foreign lead, foreign mate")
	grouped    = except(409, "in a group already, or the round is not for their unit", "mate, foreign student, foreign lead, foreign mate")
	outOfScope = except(409, "the round is not for their unit", "foreign student, foreign lead, foreign mate")
)

func listBody(_ *twins, _ *realm) any { return object{"positions": []string{}, "open": true} }

func declineBody(_ *twins, r *realm) any {
	return object{"proposal_ids": []string{fmt.Sprint(r.ids["match proposal"])}, "answer": "DECLINE", "reason_code": "OTHER", "reason": "场地装修"}
}

func groupCodeBody(_ *twins, r *realm) any { return object{"code": r.text["group code"]} }

// wishes gives the university of a realm a round that takes lists, and one whose proposal waits for its student and the host.
func (w *twins) wishes(r *realm) {
	w.TB.Helper()
	now := w.Clock.Now()
	until := now.AddDate(0, 0, 3)
	w.activity(r, "matched activity", func(a *model.Activity, s *model.Session) {
		from := now.Add(200 * time.Hour)
		a.SignupMode, a.StartsAt, a.EndsAt, s.StartsAt, s.EndsAt = model.SignupMatched, from, from.Add(2*time.Hour), from, from.Add(2*time.Hour)
	})
	for name, status := range map[string]model.RoundStatus{"wish round": model.RoundOpen, "proposal round": model.RoundPublished} {
		row := model.MatchRound{
			ID: w.NewID(), Kind: model.RoundPositions, ProgrammeID: r.ids["programme"], ScopeOrgID: r.ids["university"], ScopePath: r.orgs["university"].Path, Name: "一轮",
			Number: w.NewID(), Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, WishesFrom: now.AddDate(0, 0, -1), WishesUntil: until, AnswerHours: 72, DrawSource: "双色球",
			SecretCommit: make([]byte, 32), Secret: []byte{1}, Status: status, OpenedAt: &now, PublishedAt: &now, AnswersUntil: &until, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		r.ids[name] = row.ID
		w.Insert(&row)
	}
	for _, name := range realmStudents {
		w.Insert(&model.MatchWish{RoundID: r.ids["wish round"], StudentID: r.ids[name], Positions: []int64{}, Version: 1, CreatedAt: now, UpdatedAt: now})
	}
	r.text["group code"] = w.Do(r.who["mate"], fmt.Sprintf("POST /match-rounds/%d/group", r.ids["wish round"]), nil).Status(201).Get("code")
	r.ids["match proposal"] = w.NewID()
	w.Insert(&model.MatchProposal{
		ID: r.ids["match proposal"], RoundID: r.ids["proposal round"], StudentID: r.ids["student"], PositionID: r.ids["position of matched activity"], ActivityID: r.ids["matched activity"],
		HostOrgID: r.ids["community"], WishNo: 1, Band: 20, Status: model.ProposalProposed, AnswersUntil: &until, Version: 1, CreatedAt: now, UpdatedAt: now,
	})
}
