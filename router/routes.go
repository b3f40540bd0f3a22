package router

import (
	"slices"

	"baodao/api"
	"baodao/service/access"
)

// Handlers are the resources of the API; main fills them in.
type Handlers struct {
	Account *api.AccountAPI
}

// Routes is the whole API on one page. A line is method and path, permission, operation id, endpoint, tag, summary and
// the error codes beside the standard ones; the contract, the permission check and the tests all read this table.
func Routes(h Handlers) []Route {
	return slices.Concat(
		accountRoutes(h.Account),
	)
}

func accountRoutes(a *api.AccountAPI) []Route {
	return []Route{
		Post("/auth/login", access.Public, "login", api.Handle(200, a.Login), "auth", "Log in with the code of wx.login", "auth.user_suspended", "wechat.code_invalid", "wechat.user_blocked", "wechat.too_many_logins", "wechat.unavailable").IgnoreToken(),
		Post("/auth/refresh", access.Public, "refreshTokens", api.Handle(200, a.Refresh), "auth", "Exchange a refresh token for new tokens", "auth.token_reused", "auth.user_suspended").IgnoreToken(),
		Post("/auth/logout", access.Person, "logout", api.Handle(204, a.Logout), "auth", "End this login"),
		Post("/auth/logout-all", access.Person, "logoutAll", api.Handle(204, a.LogoutAll), "auth", "End all my logins, on every device"),
		Post("/oauth/token", access.Public, "clientToken", api.HandleOAuth(200, a.ClientToken), "auth", "Access token for an API client (OAuth 2.0 client credentials)", "oauth.invalid_client", "oauth.invalid_request", "oauth.invalid_scope", "oauth.unsupported_grant_type").IgnoreToken(),
		Post("/bootstrap/redeem", access.Person, "redeemBootstrap", api.Handle(200, a.RedeemBootstrap), "auth", "Become the first security administrator", "bootstrap.code_invalid", "bootstrap.done", "bootstrap.other_roles"),

		Get("/me", access.Person, "getMe", api.Handle(200, a.Me), "me", "My account, roles and student profile"),
		Put("/me", access.Person, "updateMe", api.Handle(200, a.UpdateMe), "me", "Set my name", "account.name_from_roster"),
		Post("/users/:id/suspend", access.UserBan, "suspendUser", api.Handle(200, a.Suspend), "users", "Stop an account and end its logins", "access.own_interest", "access.reason_required", "state.conflict"),
		Post("/users/:id/reinstate", access.UserBan, "reinstateUser", api.Handle(200, a.Reinstate), "users", "Let a suspended person log in again", "access.own_interest", "access.reason_required", "state.conflict"),

		Post("/orgs/:id/api-clients", access.APIClientWrite, "createAPIClient", api.Handle(201, a.CreateClient), "api-clients", "Make an API client of a committee", "api_client.not_committee", "state.conflict").StepUp(),
		Get("/orgs/:id/api-clients", access.APIClientWrite, "listAPIClients", api.Handle(200, a.ListClients), "api-clients", "API clients of a committee, newest first"),
		Post("/api-clients/:id/rotate", access.APIClientWrite, "rotateAPIClient", api.Handle(200, a.RotateClient), "api-clients", "Give an API client a new secret", "state.conflict").StepUp(),
		Post("/api-clients/:id/revoke", access.APIClientWrite, "revokeAPIClient", api.Handle(200, a.RevokeClient), "api-clients", "End an API client", "state.conflict").StepUp(),
	}
}
