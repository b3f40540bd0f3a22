package router

import (
	"baodao/api"
	"baodao/service/access"
)

func demandRoutes(a *api.DemandAPI) []Route {
	texts := []string{"content.in_review", "content.risky", "wechat.unavailable"}
	return []Route{
		Post("/demands", access.DemandWrite, "createDemand", api.Handle(201, a.Create), "demands", "Draft what a host needs; everything but the title can come later"),
		Get("/demands", access.DemandBoard, "listDemandBoard", api.Handle(200, a.Board), "demands", "The board: demands that wait for a unit, the next to begin first"),
		Get("/me/demands", access.Person, "listMyDemands", api.Handle(200, a.Mine), "demands", "Demands of my hosts, and those that my units took, newest first"),
		Get("/demands/:id", access.DemandBoard, "getDemand", api.Handle(200, a.Get), "demands", "One demand; before it is verified for the host's side only"),
		Put("/demands/:id", access.DemandWrite, "updateDemand", api.Handle(200, a.Update), "demands", "Write the whole form of a draft anew", "state.conflict", "version.mismatch"),
		Post("/demands/:id/copy", access.DemandWrite, "copyDemand", api.Handle(201, a.Copy), "demands", "Draft a demand like an earlier one of the same host; only the times are left out"),
		Post("/demands/:id/submit", access.DemandWrite, "submitDemand", api.Handle(200, a.Submit), "demands", "Hand a draft to the town", append(texts, "state.conflict", "version.mismatch", "demand.incomplete", "demand.expired", "demand.taken")...),
		Post("/demands/:id/verify", access.DemandVerify, "verifyDemand", api.Handle(200, a.Verify), "demands", "Put a submitted demand on the board; never one's own", "access.own_interest", "state.conflict", "version.mismatch", "demand.expired", "demand.taken"),
		Post("/demands/:id/return", access.DemandVerify, "returnDemand", api.Handle(200, a.Return), "demands", "Send a submitted demand back with a reason; never one's own", append(texts, "access.own_interest", "access.reason_required", "state.conflict", "version.mismatch", "demand.expired", "demand.taken")...),
		Post("/demands/:id/cancel", access.DemandWrite, "cancelDemand", api.Handle(200, a.Cancel), "demands", "Withdraw a demand for the host; a unit that was asked or has accepted is told", append(texts, "access.reason_required", "state.conflict", "version.mismatch", "demand.expired", "demand.taken")...),
		Post("/demands/:id/fulfil", access.DemandWrite, "fulfilDemand", api.Handle(200, a.Fulfil), "demands", "State for the host that it was done; comes by itself when its activity is over", "state.conflict", "version.mismatch"),
		Post("/demands/:id/dispatches", access.DemandDispatch, "dispatchDemand", api.Handle(201, a.Dispatch), "demands", "Ask a campus unit to take it, or hand a request on to a unit below", "state.conflict", "version.mismatch", "demand.asked", "demand.expired", "demand.taken", "demand.out_of_programme"),
		Post("/demands/:id/take", access.DemandAnswer, "takeDemand", api.Handle(200, a.Take), "demands", "Accept a demand of the board for a unit", "state.conflict", "version.mismatch", "demand.asked", "demand.expired", "demand.taken", "demand.out_of_programme"),
		Post("/demands/:id/give-back", access.DemandAnswer, "giveBackDemand", api.Handle(200, a.GiveBack), "demands", "Give an accepted demand back with a reason, for the unit that took it; nothing follows from that", append(texts, "access.reason_required", "state.conflict", "version.mismatch", "demand.converted", "demand.expired")...),
		Get("/me/dispatches", access.Person, "listMyDispatches", api.Handle(200, a.Requests), "demands", "What my units were asked to take, newest first"),
		Post("/dispatches/:id/accept", access.DemandAnswer, "acceptDispatch", api.Handle(200, a.Accept), "demands", "Take a demand that was sent to the unit", "state.conflict", "version.mismatch", "demand.expired", "demand.taken"),
		Post("/dispatches/:id/decline", access.DemandAnswer, "declineDispatch", api.Handle(200, a.Decline), "demands", "Turn it down with a reason; nothing follows from that", append(texts, "access.reason_required", "state.conflict", "version.mismatch")...),
		Post("/dispatches/:id/withdraw", access.DemandDispatch, "withdrawDispatch", api.Handle(200, a.Recall), "demands", "Take a request back that was not answered yet, with a reason, for an officer above the host or above the unit; the unit is told", append(texts, "access.reason_required", "state.conflict", "version.mismatch", "demand.expired")...),
		Post("/demands/:id/project", access.DemandAnswer, "convertDemandToProject", api.Handle(201, a.IntoProject), "demands", "Draft a project of the unit and the host from it", "state.conflict", "version.mismatch", "demand.converted", "demand.not_paired", "project.pairing_not_active"),
		Post("/demands/:id/activity", access.DemandAnswer, "convertDemandToActivity", api.Handle(201, a.IntoActivity), "demands", "Draft an activity with its positions and times", "state.conflict", "version.mismatch", "demand.converted", "demand.expired", "demand.not_paired", "project.not_running", "project.pairing_not_active"),
		Get("/orgs/:id/demand-times", access.StatsRead, "getDemandTimes", api.Handle(200, a.Times), "demands", "How fast demands are served, end to end"),
	}
}
