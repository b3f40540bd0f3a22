package router

import (
	"baodao/api"
	"baodao/service/access"
)

func supportRoutes(a *api.SupportAPI) []Route {
	return []Route{
		Get("/sessions/:id/help", access.HelpRead, "getHelp", api.Handle(200, a.Help), "support", "Whom to call: for those who run the session, and those with a seat while it is near"),
		Post("/sessions/:id/incidents", access.IncidentReport, "reportIncident", api.Handle(201, a.Report), "support", "Tell host, organiser and school of an incident", "content.risky", "upload.in_use"),
		Get("/incidents", access.IncidentRead, "listIncidents", api.Handle(200, a.List), "support", "Incidents that I reported or that concern my organisation, newest first"),
		Get("/incidents/:id", access.IncidentRead, "getIncident", api.Handle(200, a.Get), "support", "One incident"),
		Get("/incidents/:id/files/:file_id", access.IncidentRead, "getIncidentFile", api.Raw("image/jpeg", a.Picture), "support", "A picture of an incident"),
		Post("/incidents/:id/handle", access.IncidentHandle, "handleIncident", api.Handle(200, a.Handle), "support", "Say what was done about a reported incident", "access.reason_required", "state.conflict", "version.mismatch", "content.risky"),
		Post("/incidents/:id/close", access.IncidentHandle, "closeIncident", api.Handle(200, a.Close), "support", "Say what came of a handled incident", "access.reason_required", "state.conflict", "version.mismatch", "content.risky"),
	}
}
