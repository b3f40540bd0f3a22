package router

import (
	"baodao/api"
	"baodao/service/access"
)

// roundRoutes run match rounds, and answer why not and why these.
func roundRoutes(a *api.RoundAPI) []Route {
	texts := []string{"content.in_review", "content.risky", "wechat.unavailable"}
	moves := []string{"state.conflict", "version.mismatch"}
	return []Route{
		Post("/match-rounds", access.MatchRound, "createMatchRound", api.Handle(201, a.Create), "matching", "Draft a match round; its secret is drawn, and only the SHA-256 of it is shown", append(texts, "resource.not_found")...),
		Get("/match-rounds", access.MatchRead, "listMatchRounds", api.Handle(200, a.List), "matching", "Match rounds, newest first; drafts for those who may run them"),
		Get("/match-rounds/:id", access.MatchRead, "getMatchRound", api.Handle(200, a.Get), "matching", "One match round: rules, dates, commitment, digests and figures"),
		Put("/match-rounds/:id", access.MatchRound, "updateMatchRound", api.Handle(200, a.Update), "matching", "Plan a draft anew; of an open round the end of the wishes can be brought later", append(texts, "state.conflict", "match.rules_public")...),
		Post("/match-rounds/:id/open", access.MatchRound, "openMatchRound", api.Handle(200, a.Open), "matching", "Publish the rules and the commitment", moves...),
		Post("/match-rounds/:id/freeze", access.MatchRound, "freezeMatchRound", api.Handle(200, a.Freeze), "matching", "End the wishes when their time is over; comes by itself", append(moves, "match.too_early")...),
		Post("/match-rounds/:id/draw", access.MatchRound, "drawMatchRound", api.Handle(200, a.Draw), "matching", "Enter what was drawn in public; the round is matched then", append(texts, moves...)...),
		Post("/match-rounds/:id/publish", access.MatchRound, "publishMatchRound", api.Handle(200, a.Publish), "matching", "Show the proposals to both sides", append(moves, "match.not_run")...),
		Post("/match-rounds/:id/close", access.MatchRound, "closeMatchRound", api.Handle(200, a.Close), "matching", "End a published round when nothing waits for an answer; comes by itself", append(moves, "match.answers_open")...),
		Post("/match-rounds/:id/cancel", access.MatchRound, "cancelMatchRound", api.Handle(200, a.Cancel), "matching", "Give a round up before it is published, with a reason", append(moves, "access.reason_required", "content.risky")...),
		Post("/match-rounds/:id/retry", access.MatchRound, "retryMatchRound", api.Handle(200, a.Retry), "matching", "Try a round that failed again now, instead of when its pause is over", moves...),
		Post("/match-rounds/:id/replays", access.MatchRound, "replayMatchRound", api.Handle(202, a.AskReplay), "matching", "Have a round played again from its stored inputs and compare digests; while one is under way, that one", "match.not_frozen", "match.forgotten").KeyOptional(),
		Get("/match-rounds/:id/replays", access.MatchRound, "listMatchReplays", api.Handle(200, a.Replays), "matching", "How a round came out when it was played again, newest first"),
		Get("/match-rounds/:id/replays/:replay_id", access.MatchRound, "getMatchReplay", api.Handle(200, a.Replay), "matching", "One replay: waiting, at work, equal or different"),
		Get("/match-rounds/:id/export", access.MatchRound, "exportMatchRound", api.Raw("application/zip", a.Export), "matching", "The directory of a frozen round as a zip, for baodao match verify; each time is in the audit log", "match.not_frozen", "match.forgotten", "match.too_large").StepUp(),
		Get("/match-rounds/:id/positions/:position_id/why", access.MatchAsk, "getMatchWhy", api.Handle(200, a.Why), "matching", "Why I did not get this position", "match.not_published", "match.forgotten", "match.not_in_round"),
		Get("/match-rounds/:id/positions/:position_id/seats", access.MatchSeats, "getMatchSeats", api.Handle(200, a.Seats), "matching", "Why these are proposed for the position, names masked", "match.not_published", "match.forgotten", "match.not_in_round"),
	}
}
