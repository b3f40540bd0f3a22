package api_test

import "baodao/service/access"

// authzRecommendRules are the rules of recommendations: every student has their own.
var authzRecommendRules = []authzRule{
	{op: "listMyRecommendations", is: "system", by: perms(access.Willingness), query: "season=VACATION&programme_id={programme}", but: ownAnswer},
}
