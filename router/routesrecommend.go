package router

import (
	"baodao/api"
	"baodao/service/access"
)

// recommendRoutes are what is recommended to students.
func recommendRoutes(a *api.RecommendAPI) []Route {
	return []Route{
		Get("/me/recommendations", access.Willingness, "listMyRecommendations", api.Handle(200, a.List), "recommendations", "The best open positions for me now, with reasons and chances; not what is full, not meant for me, at a time at which I am busy, or done from afar", "resource.not_found", "recommend.no_home", "recommend.no_location"),
	}
}
