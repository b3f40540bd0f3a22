package router

import (
	"baodao/api"
	"baodao/service/access"
)

func appealRoutes(a *api.AppealAPI) []Route {
	return []Route{
		Post("/appeals", access.AppealFile, "fileAppeal", api.Handle(201, a.File), "appeals", "Have a decision about me looked at again by somebody else", "resource.not_found", "appeal.exists", "appeal.nothing_to_decide", "appeal.too_late", "content.risky", "upload.in_use"),
		Get("/me/appeals", access.Person, "listMyAppeals", api.Handle(200, a.ListMine), "appeals", "My appeals, newest first"),
		Get("/appeals", access.AppealDecide, "listAppeals", api.Handle(200, a.List), "appeals", "Appeals that lie with my organisation or one below, oldest first"),
		Get("/appeals/:id", access.AppealRead, "getAppeal", api.Handle(200, a.Get), "appeals", "One appeal with the decision it is about"),
		Get("/appeals/:id/files/:file_id", access.AppealRead, "getAppealFile", api.Raw("image/jpeg", a.Picture), "appeals", "A picture that proves an appeal"),
		Post("/appeals/:id/take", access.AppealDecide, "takeAppeal", api.Handle(200, a.Take), "appeals", "Say that I look at it; never one's own, nor a decision of one's own", "access.own_interest", "state.conflict", "version.mismatch"),
		Post("/appeals/:id/decide", access.AppealDecide, "decideAppeal", api.Handle(200, a.Decide), "appeals", "Uphold or deny it; upholding takes the decision back at once", "access.own_interest", "access.reason_required", "appeal.nothing_to_decide", "state.conflict", "version.mismatch", "content.risky"),
		Post("/appeals/:id/escalate", access.AppealFile, "escalateAppeal", api.Handle(200, a.Escalate), "appeals", "Take my denied appeal to the organisation above", "appeal.too_late", "state.conflict", "version.mismatch"),
		Post("/appeals/:id/withdraw", access.AppealFile, "withdrawAppeal", api.Handle(200, a.Withdraw), "appeals", "Take my appeal back while nobody has decided", "state.conflict", "version.mismatch"),
	}
}
