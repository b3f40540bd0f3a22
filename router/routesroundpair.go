package router

import (
	"baodao/api"
	"baodao/service/access"
)

// roundPairRoutes are what is read of a round of pairing beyond what is read of every round.
func roundPairRoutes(a *api.RoundAPI) []Route {
	return []Route{
		Get("/match-rounds/:id/pairs", access.PairingRead, "listRoundPairs", api.Handle(200, a.Pairs), "matching", "What a published round of pairing gives to an organisation and all below it", "match.not_run"),
		Get("/match-rounds/:id/pair-reasons", access.PairingRead, "listRoundPairReasons", api.Handle(200, a.PairReasons), "matching", "Why a unit got these in a round of pairing, and why not the next", "match.not_run", "match.forgotten"),
	}
}
