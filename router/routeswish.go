package router

import (
	"baodao/api"
	"baodao/service/access"
)

// wishRoutes are what students and hosts do in a match round.
func wishRoutes(a *api.WishAPI) []Route {
	part := []string{"match.wishes_early", "match.wishes_over", "match.out_of_scope", "match.needs_willingness", "match.needs_home"}
	seat := []string{
		"match.proposal_over", "state.conflict", "signup.suspended", "signup.conflict", "signup.load_cap", "signup.needs_training", "signup.needs_insurance", "signup.needs_clearance", "signup.needs_consent",
	}
	return []Route{
		Get("/match-rounds/:id/wishes", access.MatchAsk, "getMyWishes", api.Handle(200, a.Wishes), "matching", "My list for a round, with the chance of each wish; version 0 before the first", "match.forgotten"),
		Put("/match-rounds/:id/wishes", access.MatchAsk, "putMyWishes", api.Handle(200, a.PutWishes), "matching", "Write my list anew, or have it filled with what is recommended", append(part, "match.friends_list")...),
		Get("/match-rounds/:id/group", access.MatchAsk, "getMyMatchGroup", api.Handle(200, a.Group), "matching", "My group of friends in a round"),
		Post("/match-rounds/:id/group", access.MatchAsk, "createMatchGroup", api.Handle(201, a.MakeGroup), "matching", "Begin a group of two to four friends who want the same position, by my list", append(part, "match.grouped")...),
		Post("/match-rounds/:id/group/join", access.MatchAsk, "joinMatchGroup", api.Handle(200, a.JoinGroup), "matching", "Join a group by its code; the list of whoever began it is the list of all", append(part, "match.grouped", "match.group_code", "match.group_full")...).Limited(LimitJoin),
		Delete("/match-rounds/:id/group", access.MatchAsk, "leaveMatchGroup", api.Handle(204, a.LeaveGroup), "matching", "Leave my group; when who began it leaves, there is none any more", "match.wishes_over", "match.wishes_early"),

		Get("/me/proposals", access.Person, "listMyProposals", api.Handle(200, a.MyProposals), "matching", "What match rounds propose to me, newest first"),
		Post("/match-proposals/:id/accept", access.MatchAsk, "acceptProposal", api.Handle(200, a.Accept), "matching", "Say yes; when the host has said yes too, there is a seat", seat...),
		Post("/match-proposals/:id/decline", access.MatchAsk, "declineProposal", api.Handle(200, a.Decline), "matching", "Say no; nothing follows from it", "match.proposal_over", "state.conflict"),
		Get("/orgs/:id/match-proposals", access.MatchSeats, "listHostProposals", api.Handle(200, a.HostProposals), "matching", "What match rounds propose to a host, names masked"),
		Post("/orgs/:id/match-proposals/answer", access.MatchAnswer, "answerProposals", api.Handle(200, a.Answer), "matching", "Say yes or no for a host to up to 100 proposals, each judged by itself", "access.own_interest", "content.risky", "version.mismatch"),
	}
}
