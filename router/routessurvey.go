package router

import (
	"baodao/api"
	"baodao/service/access"
)

// surveyRoutes are what both sides say before they are matched.
func surveyRoutes(a *api.SurveyAPI) []Route {
	return []Route{
		Get("/me/willingness", access.Willingness, "getMyWillingness", api.Handle(200, a.Willingness), "surveys", "What I offer to a programme: free time, skills, interests, how far; version 0 before I have said anything"),
		Put("/me/willingness", access.Willingness, "putMyWillingness", api.Handle(200, a.OfferWillingness), "surveys", "Say all of what I offer to a programme anew"),
		Get("/me/home", access.Willingness, "getMyHome", api.Handle(200, a.Home), "surveys", "Where I live in vacations, as it is kept", "resource.not_found"),
		Put("/me/home", access.Willingness, "putMyHome", api.Handle(200, a.SetHome), "surveys", "Say where I live in vacations: kept on a grid of 500 m, for the distances of vacation rounds only"),
		Delete("/me/home", access.Willingness, "removeMyHome", api.Handle(204, a.ForgetHome), "surveys", "Delete where I live"),
		Get("/me/blocked-hosts", access.Willingness, "listMyBlockedHosts", api.Handle(200, a.MyBlocks), "surveys", "Hosts that I do not want"),
		Put("/me/blocked-hosts/:id", access.Willingness, "blockHost", api.Handle(200, a.AvoidHost), "surveys", "Be neither recommended to nor matched with a host, which means what it does itself, not units below it; it does not learn of it", "block.too_many"),
		Delete("/me/blocked-hosts/:id", access.Willingness, "unblockHost", api.Handle(204, a.AllowHost), "surveys", "Take a host off the list again"),

		Get("/positions/:id/needs", access.ActivityRead, "getPositionNeeds", api.Handle(200, a.Needs), "surveys", "What a position asks of a student, in blocks of the week and skills"),
		Put("/positions/:id/needs", access.CapacityWrite, "putPositionNeeds", api.Handle(200, a.StateNeeds), "surveys", "Say all of what a position asks for anew", "state.conflict"),
		Get("/activities/:id/needs", access.ActivityRead, "listActivityNeeds", api.Handle(200, a.NeedsAt), "surveys", "What the positions of an activity ask of a student"),

		Get("/orgs/:id/survey", access.SurveyRead, "getOrgSurvey", api.Handle(200, a.Survey), "surveys", "What an organisation needs, has and offers for a programme; version 0 before it has answered"),
		Put("/orgs/:id/survey", access.SurveyWrite, "putOrgSurvey", api.Handle(200, a.Answer), "surveys", "Answer anew what the organisation needs, has and offers", "survey.not_asked", "content.in_review", "content.risky", "wechat.unavailable"),
		Get("/orgs/:id/surveys", access.SurveyRead, "listOrgSurveys", api.Handle(200, a.List), "surveys", "Who at and below an organisation has answered, and who has not"),
		Get("/orgs/:id/survey-summary", access.SurveyRead, "getSurveySummary", api.Handle(200, a.Summary), "surveys", "What the answers at and below an organisation add up to; nothing of fewer than five students"),

		Get("/orgs/:id/blocks", access.BlockWrite, "listHostBlocks", api.Handle(200, a.Blocks), "surveys", "Students whom the host keeps away, names masked; nobody else reads it"),
		Put("/orgs/:id/blocks/:student_id", access.BlockWrite, "blockStudent", api.Handle(200, a.Block), "surveys", "Keep a student away who has signed up here before, with a reason", "access.own_interest", "access.reason_required", "content.risky"),
		Delete("/orgs/:id/blocks/:student_id", access.BlockWrite, "unblockStudent", api.Handle(204, a.Unblock), "surveys", "Let a student come again"),
	}
}
