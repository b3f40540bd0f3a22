package router

import (
	"slices"

	"baodao/api"
	"baodao/service/access"
)

// Handlers are the resources of the API; main fills them in.
type Handlers struct {
	Account   *api.AccountAPI
	Org       *api.OrgAPI
	Member    *api.MemberAPI
	Project   *api.ProjectAPI
	Activity  *api.ActivityAPI
	Signup    *api.SignupAPI
	Attend    *api.AttendAPI
	Hours     *api.HoursAPI
	Programme *api.ProgrammeAPI
	Pairing   *api.PairingAPI
	Stats     *api.StatsAPI
	Notify    *api.NotifyAPI
	PageCode  *api.PageCodeAPI
	Push      *api.PushAPI
	Standing  *api.StandingAPI
	Demand    *api.DemandAPI
	Upload    *api.UploadAPI
	Content   *api.ContentAPI
	Appeal    *api.AppealAPI
	Support   *api.SupportAPI
	Round     *api.RoundAPI
	Wish      *api.WishAPI
	Survey    *api.SurveyAPI
	Recommend *api.RecommendAPI
}

// Routes is the whole API on one page. A line is method and path, permission, operation id, endpoint, tag, summary and
// the error codes beside the standard ones; the contract, the permission check and the tests all read this table.
func Routes(h Handlers) []Route {
	return slices.Concat(
		accountRoutes(h.Account),
		orgRoutes(h.Org),
		memberRoutes(h.Member),
		programmeRoutes(h.Programme),
		pairingRoutes(h.Pairing),
		projectRoutes(h.Project),
		activityRoutes(h.Activity),
		signupRoutes(h.Signup),
		attendRoutes(h.Attend),
		reviewRoutes(h.Attend),
		hoursRoutes(h.Hours),
		statsRoutes(h.Stats),
		notifyRoutes(h.Notify),
		pageCodeRoutes(h.PageCode),
		pushRoutes(h.Push),
		standingRoutes(h.Standing),
		demandRoutes(h.Demand),
		uploadRoutes(h.Upload),
		contentRoutes(h.Content),
		appealRoutes(h.Appeal),
		supportRoutes(h.Support),
		surveyRoutes(h.Survey),
		roundRoutes(h.Round),
		wishRoutes(h.Wish),
		roundPairRoutes(h.Round),
		recommendRoutes(h.Recommend),
	)
}

func accountRoutes(a *api.AccountAPI) []Route {
	return []Route{
		Post("/auth/login", access.Public, "login", api.Handle(200, a.Login), "auth", "Log in with the code of wx.login", "auth.user_suspended", "wechat.code_invalid", "wechat.user_blocked", "wechat.too_many_logins", "wechat.unavailable").IgnoreToken().Limited(LimitLogin),
		Post("/auth/refresh", access.Public, "refreshTokens", api.Handle(200, a.Refresh), "auth", "Exchange a refresh token for new tokens", "auth.token_reused", "auth.user_suspended").IgnoreToken().Limited(LimitRefresh),
		Post("/auth/logout", access.Person, "logout", api.Handle(204, a.Logout), "auth", "End this login"),
		Post("/auth/logout-all", access.Person, "logoutAll", api.Handle(204, a.LogoutAll), "auth", "End all my logins, on every device"),
		Post("/oauth/token", access.Public, "clientToken", api.HandleOAuth(200, a.ClientToken), "auth", "Access token for an API client (OAuth 2.0 client credentials)", "oauth.invalid_client", "oauth.invalid_request", "oauth.invalid_scope", "oauth.unsupported_grant_type").IgnoreToken(),
		Post("/bootstrap/redeem", access.Person, "redeemBootstrap", api.Handle(200, a.RedeemBootstrap), "auth", "Become the first security administrator", "bootstrap.code_invalid", "bootstrap.done", "bootstrap.other_roles").Limited(LimitBootstrap),

		Get("/me", access.Person, "getMe", api.Handle(200, a.Me), "me", "My account, roles and student profile"),
		Put("/me", access.Person, "updateMe", api.Handle(200, a.UpdateMe), "me", "Set my name", "account.name_from_roster", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/me/phone", access.Person, "bindMyPhone", api.Handle(200, a.BindPhone), "me", "Set my phone number with the code of the phone button, three times a day", "wechat.phone_code_invalid", "wechat.unavailable", "account.phone_unusable").Limited(LimitPhone),
		Delete("/me/phone", access.Person, "removeMyPhone", api.Handle(200, a.RemovePhone), "me", "Take my phone number back"),
		Post("/users/:id/suspend", access.UserBan, "suspendUser", api.Handle(200, a.Suspend), "users", "Stop an account and end its logins", "access.own_interest", "access.reason_required", "state.conflict", "content.risky"),
		Post("/users/:id/reinstate", access.UserBan, "reinstateUser", api.Handle(200, a.Reinstate), "users", "Let a suspended person log in again", "access.own_interest", "access.reason_required", "state.conflict", "content.risky"),

		Post("/orgs/:id/api-clients", access.APIClientWrite, "createAPIClient", api.Handle(201, a.CreateClient), "api-clients", "Make an API client of a committee", "api_client.not_committee", "state.conflict", "content.risky").StepUp(),
		Get("/orgs/:id/api-clients", access.APIClientWrite, "listAPIClients", api.Handle(200, a.ListClients), "api-clients", "API clients of a committee, newest first"),
		Post("/api-clients/:id/rotate", access.APIClientWrite, "rotateAPIClient", api.Handle(200, a.RotateClient), "api-clients", "Give an API client a new secret", "state.conflict").StepUp(),
		Post("/api-clients/:id/revoke", access.APIClientWrite, "revokeAPIClient", api.Handle(200, a.RevokeClient), "api-clients", "End an API client", "state.conflict").StepUp(),
	}
}

func orgRoutes(a *api.OrgAPI) []Route {
	return []Route{
		Get("/regions", access.OrgRead, "listRegions", api.Handle(200, a.ListRegions), "orgs", "Administrative divisions directly below one"),
		Get("/regions/:code", access.OrgRead, "getRegion", api.Handle(200, a.GetRegion), "orgs", "One administrative division"),
		Get("/orgs", access.OrgRead, "listOrgs", api.Handle(200, a.List), "orgs", "Organisations, by parent, kind, division or name"),
		Get("/orgs/:id", access.OrgRead, "getOrg", api.Handle(200, a.Get), "orgs", "One organisation"),
		Post("/orgs", access.OrgWrite, "createOrg", api.Handle(201, a.Create), "orgs", "Set up an organisation below another one", "resource.not_found", "org.kind_misfit", "org.not_active", "org.name_taken", "content.in_review", "content.risky", "wechat.unavailable"),
		Put("/orgs/:id", access.OrgWrite, "updateOrg", api.Handle(200, a.Update), "orgs", "Edit an organisation below one's own", "org.not_active", "org.name_taken", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/orgs/:id/dissolve", access.OrgWrite, "dissolveOrg", api.Handle(200, a.Dissolve), "orgs", "End an organisation below one's own", "access.reason_required", "org.in_use", "org.successor_misfit", "state.conflict", "content.risky"),
		Get("/orgs/:id/terms", access.OrgRead, "listTerms", api.Handle(200, a.ListTerms), "orgs", "Terms of a university, newest first"),
		Post("/orgs/:id/terms", access.TermWrite, "createTerm", api.Handle(201, a.CreateTerm), "orgs", "Add a term to a university", "org.not_university", "term.overlap", "content.in_review", "content.risky", "wechat.unavailable"),

		Get("/orgs/:id/role-grants", access.GrantRead, "listRoleGrants", api.Handle(200, a.ListGrants), "roles", "Roles held in an organisation"),
		Post("/orgs/:id/role-grants", access.GrantWrite, "createRoleGrant", api.Handle(201, a.CreateGrant), "roles", "Give a person a role strictly below one's own rank", "access.fresh_login_required", "grant.beyond_rank", "grant.exists", "grant.own", "grant.role_misfit", "grant.separation", "grant.stranger", "org.not_active"),
		Post("/role-grants/:id/revoke", access.GrantWrite, "revokeRoleGrant", api.Handle(200, a.RevokeGrant), "roles", "Take a role away", "access.fresh_login_required", "access.reason_required", "grant.beyond_rank", "grant.own", "state.conflict", "content.risky"),
		Get("/system/role-grants", access.GrantRead, "listSystemRoleGrants", api.Handle(200, a.ListSystemGrants), "roles", "Who operates, secures and audits the system"),
		Post("/system/role-grants", access.GrantWrite, "createSystemRoleGrant", api.Handle(201, a.CreateSystemGrant), "roles", "Give a person a system role", "access.fresh_login_required", "grant.exists", "grant.own", "grant.separation"),
		Post("/orgs/:id/invitations", access.Invite, "createInvitation", api.Handle(201, a.CreateInvitation), "roles", "Offer a role to whoever redeems the code", "access.fresh_login_required", "grant.beyond_rank", "grant.role_misfit", "org.not_active", "content.risky"),
		Get("/orgs/:id/invitations", access.Invite, "listInvitations", api.Handle(200, a.ListInvitations), "roles", "Invitations of an organisation, newest first"),
		Post("/invitations/:id/revoke", access.Invite, "revokeInvitation", api.Handle(200, a.RevokeInvitation), "roles", "Withdraw an open invitation", "access.fresh_login_required", "grant.beyond_rank", "state.conflict"),
		Post("/invitations/redeem", access.Person, "redeemInvitation", api.Handle(201, a.RedeemInvitation), "roles", "Take the role of an invitation", "grant.exists", "grant.own", "grant.separation", "invitation.invalid").Limited(LimitInvitation),
	}
}

func memberRoutes(a *api.MemberAPI) []Route {
	return []Route{
		Get("/orgs/:id/students", access.OrgMember, "listStudents", api.Handle(200, a.ListStudents), "students", "Students of an organisation and all below it"),
		Post("/orgs/:id/roster-imports", access.RosterImport, "importRoster", api.Upload(200, api.MaxRosterUpload, a.ImportRoster), "students", "Import students from XLSX or CSV", "access.reason_required", "import.columns", "import.rows_invalid", "import.too_large", "import.unreadable", "version.mismatch", "content.risky"),
		Post("/me/student-binding", access.Person, "bindStudent", api.Handle(200, a.BindStudent), "students", "Tie my account to a student of a university's roster", "binding.already", "binding.no_match", "binding.taken", "rate.limited", "version.mismatch"),

		Post("/orgs/:id/join-codes", access.JoinCode, "createJoinCode", api.Handle(201, a.CreateJoinCode), "students", "Make a code by which students ask to join a branch", "org.not_active", "org.not_branch"),
		Post("/join-codes/:id/revoke", access.JoinCode, "revokeJoinCode", api.Handle(200, a.RevokeJoinCode), "students", "Withdraw a join code", "state.conflict"),
		Post("/me/join-requests", access.Person, "createJoinRequest", api.Handle(201, a.CreateJoinRequest), "students", "Ask to join a branch", "binding.already", "join.pending", "join_code.invalid", "content.risky").Limited(LimitJoin),
		Get("/me/join-requests", access.Person, "listMyJoinRequests", api.Handle(200, a.ListMyJoinRequests), "students", "My requests to join a branch, newest first"),
		Get("/orgs/:id/join-requests", access.JoinApprove, "listJoinRequests", api.Handle(200, a.ListJoinRequests), "students", "Requests to join a branch"),
		Post("/join-requests/:id/approve", access.JoinApprove, "approveJoinRequest", api.Handle(200, a.ApproveJoinRequest), "students", "Take a person into the branch", "access.own_interest", "binding.already", "join.number_taken", "org.not_active", "state.conflict", "version.mismatch"),
		Post("/join-requests/:id/reject", access.JoinApprove, "rejectJoinRequest", api.Handle(200, a.RejectJoinRequest), "students", "Refuse a request to join", "access.own_interest", "access.reason_required", "state.conflict", "version.mismatch", "content.risky"),
	}
}

func programmeRoutes(a *api.ProgrammeAPI) []Route {
	return []Route{
		Get("/programme-presets", access.Public, "listProgrammePresets", api.Handle(200, a.Presets), "programmes", "The rules of the two published documents, ready to use"),
		Get("/programmes", access.Public, "listProgrammes", api.Handle(200, a.List), "programmes", "Programmes, newest first; drafts only for those who may write them"),
		Get("/programmes/:id", access.Public, "getProgramme", api.Handle(200, a.Get), "programmes", "One programme with policy, phases and milestones"),
		Post("/programmes", access.ProgrammeWrite, "createProgramme", api.Handle(201, a.Create), "programmes", "Draft a programme from a preset or with rules of its own", "access.fresh_login_required", "programme.code_taken"),
		Put("/programmes/:id", access.ProgrammeWrite, "updateProgramme", api.Handle(200, a.Update), "programmes", "Change name and phases", "access.fresh_login_required", "programme.closed", "content.in_review", "content.risky", "wechat.unavailable"),
		Put("/programmes/:id/policy", access.ProgrammeWrite, "putProgrammePolicy", api.Handle(200, a.PutPolicy), "programmes", "Add a version of the policy; the old ones stay", "access.fresh_login_required", "programme.closed", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/programmes/:id/activate", access.ProgrammeWrite, "activateProgramme", api.Handle(200, a.Activate), "programmes", "Open a draft to everybody", "access.fresh_login_required", "state.conflict", "version.mismatch", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/programmes/:id/close", access.ProgrammeWrite, "closeProgramme", api.Handle(200, a.Close), "programmes", "End a programme; what is there stays readable", "access.fresh_login_required", "state.conflict", "version.mismatch"),
		Get("/programmes/:id/milestones", access.Public, "listMilestones", api.Handle(200, a.ListMilestones), "programmes", "Due days of a programme, earliest first"),
		Post("/programmes/:id/milestones", access.ProgrammeWrite, "addMilestone", api.Handle(201, a.AddMilestone), "programmes", "Add a due day", "access.fresh_login_required", "programme.closed", "programme.milestone_exists", "programme.milestones_full", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/programmes/:id/milestones/derive", access.ProgrammeWrite, "deriveMilestones", api.Handle(200, a.DeriveMilestones), "programmes", "Add the due days that the policy sets for a programme year, as far as they are missing", "access.fresh_login_required", "programme.closed", "programme.milestones_full"),
		Delete("/programmes/:id/milestones/:milestone_id", access.ProgrammeWrite, "removeMilestone", api.Handle(204, a.RemoveMilestone), "programmes", "Take a due day away", "access.fresh_login_required", "programme.closed"),
	}
}

func pairingRoutes(a *api.PairingAPI) []Route {
	return []Route{
		Post("/pairings", access.Person, "proposePairing", api.Handle(201, a.Propose), "pairings", "Propose a pairing for one side (pairing.propose), or recommend one for a committee above (pairing.recommend)", "programme.not_active", "pairing.exists", "pairing.org_inactive", "pairing.out_of_programme", "content.in_review", "content.risky", "wechat.unavailable"),
		Get("/pairings", access.PairingRead, "listPairings", api.Handle(200, a.List), "pairings", "Pairings of which I see a side, newest first"),
		Get("/pairings/:id", access.PairingRead, "getPairing", api.Handle(200, a.Get), "pairings", "One pairing"),
		Post("/pairings/:id/accept", access.PairingPropose, "acceptPairing", api.Handle(200, a.Accept), "pairings", "Accept for one side; the second acceptance makes the pairing active", "access.own_interest", "programme.not_active", "pairing.already_accepted", "pairing.expired", "pairing.org_inactive", "state.conflict", "version.mismatch"),
		Post("/pairings/:id/decline", access.PairingPropose, "declinePairing", api.Handle(200, a.Decline), "pairings", "Turn a proposal down, or take one's own back; no reason is asked", "pairing.expired", "state.conflict", "version.mismatch"),
		Post("/pairings/:id/end", access.PairingPropose, "endPairing", api.Handle(200, a.End), "pairings", "End a pairing with a reason, with notice, or today where both sides want it", "pairing.ending", "state.conflict", "version.mismatch", "content.risky"),
		Post("/pairings/:id/renew", access.PairingPropose, "renewPairing", api.Handle(200, a.Renew), "pairings", "Say for one side that it goes on in a term, never for both; when both have, a dormant pairing wakes", "access.own_interest", "pairing.ending", "state.conflict", "version.mismatch"),
		Get("/pairings/:id/renewals", access.PairingRead, "listPairingRenewals", api.Handle(200, a.Renewals), "pairings", "For which terms the sides have renewed, newest first"),
		Get("/pairings/:id/history", access.PairingRead, "listPairingHistory", api.Handle(200, a.History), "pairings", "What happened to a pairing, newest first"),
		Get("/orgs/:id/pairing-suggestions", access.Person, "listPairingSuggestions", api.Handle(200, a.Suggest), "pairings", "Units to pair with, the best first, with what speaks for them", "pairing.no_location"),
		Get("/orgs/:id/pairing-coverage", access.StatsRead, "getPairingCoverage", api.Handle(200, a.Coverage), "pairings", "How many units are paired, in all and for each organisation directly below"),
		Get("/orgs/:id/unpaired-units", access.StatsRead, "listUnpairedUnits", api.Handle(200, a.Unpaired), "pairings", "Units at or below that have no pairing in force"),
	}
}

func statsRoutes(a *api.StatsAPI) []Route {
	return []Route{
		Get("/orgs/:id/indicators", access.StatsRead, "getIndicators", api.Handle(200, a.Indicators), "indicators", "Participation and pairing ratios of an organisation and all below it, against the programme's targets"),
		Get("/orgs/:id/indicators/children", access.StatsRead, "listIndicatorsOfChildren", api.Handle(200, a.Children), "indicators", "The same figures for each organisation directly below"),
	}
}

func projectRoutes(a *api.ProjectAPI) []Route {
	return []Route{
		Post("/projects", access.ProjectWrite, "createProject", api.Handle(201, a.Create), "projects", "Draft a project of an active pairing", "resource.not_found", "project.pairing_not_active"),
		Get("/projects", access.ProjectRead, "listProjects", api.Handle(200, a.List), "projects", "Projects in my sight, newest first"),
		Get("/projects/:id", access.ProjectRead, "getProject", api.Handle(200, a.Get), "projects", "One project"),
		Put("/projects/:id", access.ProjectWrite, "updateProject", api.Handle(200, a.Update), "projects", "Write a draft anew, or adjust goals, tasks and duties of a running project", "state.conflict", "project.locked_fields", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/projects/:id/submit", access.ProjectWrite, "submitProject", api.Handle(200, a.Submit), "projects", "Put a draft before both sides", "state.conflict", "version.mismatch", "project.incomplete", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/projects/:id/confirm", access.ProjectConfirm, "confirmProject", api.Handle(200, a.Confirm), "projects", "Say yes for one side; the second yes starts the project", "state.conflict", "version.mismatch", "access.own_interest", "project.already_confirmed", "project.team_incomplete", "project.pairing_not_active"),
		Post("/projects/:id/return", access.ProjectConfirm, "returnProject", api.Handle(200, a.Return), "projects", "Send a submitted project back with a reason", "state.conflict", "version.mismatch", "access.reason_required", "content.risky"),
		Post("/projects/:id/stop", access.ProjectConfirm, "stopProject", api.Handle(200, a.Stop), "projects", "End a project for good", "state.conflict", "version.mismatch", "access.reason_required", "project.activities_open", "content.risky"),
		Get("/projects/:id/members", access.ProjectRead, "listProjectMembers", api.Handle(200, a.ListMembers), "projects", "Everyone who is or was in the team"),
		Post("/projects/:id/members", access.TeamWrite, "addProjectMember", api.Handle(201, a.AddMember), "projects", "Put a student or an advisor into the team", "state.conflict", "project.already_member"),
		Post("/project-members/:id/end", access.TeamWrite, "endProjectMember", api.Handle(200, a.EndMember), "projects", "End a membership of a team", "state.conflict"),
	}
}

func activityRoutes(a *api.ActivityAPI) []Route {
	return []Route{
		Get("/activities", access.Public, "listActivities", api.Handle(200, a.List), "activities", "Published activities, soonest first, or nearest first around a place").Rendered().Limited(LimitSearch),
		Get("/activities/:id", access.Public, "getActivity", api.Handle(200, a.Get), "activities", "One activity with sessions, positions and free seats; drafts only for those who manage them"),
		Post("/activities", access.ActivityWrite, "createActivity", api.Handle(201, a.Create), "activities", "Draft an activity with sessions and positions", "resource.not_found", "project.not_running", "project.pairing_not_active"),
		Put("/activities/:id", access.ActivityWrite, "updateActivity", api.Handle(200, a.Update), "activities", "Write a draft anew; after approval only title, summary, risk note and host contact", "state.conflict", "activity.locked_fields", "activity.incomplete", "content.in_review", "content.risky", "wechat.unavailable"),
		Put("/activities/:id/cover", access.ActivityWrite, "setActivityCover", api.Handle(200, a.SetCover), "activities", "Give an activity a picture; others see it once it has passed", "state.conflict", "upload.in_use", "content.risky"),
		Delete("/activities/:id/cover", access.ActivityWrite, "removeActivityCover", api.Handle(200, a.RemoveCover), "activities", "Take the picture of an activity away", "state.conflict", "version.mismatch", "version.required"),
		Post("/activities/:id/submit", access.ActivityWrite, "submitActivity", api.Handle(200, a.Submit), "activities", "Ask for approval", "state.conflict", "version.mismatch", "project.not_running", "project.pairing_not_active", "content.risky"),
		Post("/activities/:id/approve", access.ActivityApprove, "approveActivity", api.Handle(200, a.Approve), "activities", "Approve, for an organisation above the organiser", "state.conflict", "version.mismatch", "access.own_interest", "project.not_running", "project.pairing_not_active"),
		Post("/activities/:id/return", access.ActivityApprove, "returnActivity", api.Handle(200, a.Return), "activities", "Send back with a reason, for an organisation above the organiser", "state.conflict", "version.mismatch", "access.own_interest", "access.reason_required", "content.risky"),
		Post("/activities/:id/publish", access.ActivityPublish, "publishActivity", api.Handle(200, a.Publish), "activities", "Make an approved activity public", "state.conflict", "version.mismatch", "activity.incomplete", "project.not_running", "project.pairing_not_active", "content.in_review", "content.risky", "wechat.unavailable"),
		Post("/activities/:id/cancel", access.ActivityManage, "cancelActivity", api.Handle(200, a.Cancel), "activities", "Call an activity off before it begins; every seat is given back", "state.conflict", "version.mismatch", "access.reason_required", "activity.started", "content.risky"),
		Post("/activities/:id/merge", access.ActivityManage, "mergeActivity", api.Handle(200, a.Merge), "activities", "Make an activity with too few students part of another one; everybody is moved as far as the rules allow", "state.conflict", "version.mismatch", "access.reason_required", "activity.started", "activity.merge_unrelated", "activity.merge_target", "activity.merge_enough", "activity.merge_many", "content.risky"),
		Get("/managed-activities", access.ActivityManage, "listManagedActivities", api.Handle(200, a.ListManaged), "activities", "Activities in any state that I may see from inside, newest first"),
		Put("/positions/:id", access.CapacityWrite, "setPositionCapacity", api.Handle(200, a.SetCapacity), "activities", "Change the seats of a position, never below those taken", "state.conflict", "position.capacity_below_taken"),
		Post("/sessions/:id/move", access.CapacityWrite, "moveSession", api.Handle(200, a.MoveSession), "activities", "Change time or place of a session; cancelling is free again until the next start", "state.conflict", "session.started", "content.in_review", "content.risky", "wechat.unavailable"),
	}
}

func signupRoutes(a *api.SignupAPI) []Route {
	return []Route{
		Post("/positions/:id/signups", access.Person, "createSignup", api.Handle(201, a.Create), "signups", "Sign up for a position: a seat, a place in the waiting list, before the organiser or in the lottery", "signup.needs_student", "signup.not_open", "signup.closed", "signup.matched", "signup.duplicate", "signup.full", "signup.suspended", "signup.not_eligible", "signup.conflict", "signup.load_cap", "signup.needs_training", "signup.needs_insurance", "signup.needs_clearance", "signup.needs_consent").Limited(LimitSignup),
		Post("/positions/:id/group-signups", access.SignupGroup, "createGroupSignup", api.Handle(201, a.CreateGroup), "signups", "Sign people of a branch, club or project team up as one", "signup.closed", "signup.matched", "signup.full", "signup.group_mode", "signup.group_refused", "signup.not_open"),
		Get("/positions/:id/availability", access.Public, "getAvailability", api.Handle(200, a.Availability), "signups", "How many seats are left, and why; cheap to poll with If-None-Match"),
		Get("/me/signups", access.Person, "listMySignups", api.Handle(200, a.ListMine), "signups", "My signups, newest first"),
		Get("/signups/:id", access.SignupList, "getSignup", api.Handle(200, a.Get), "signups", "One signup: my own, or one in an activity whose signups I may read"),
		Post("/signups/:id/accept", access.SignupCreate, "acceptSignupOffer", api.Handle(200, a.Accept), "signups", "Take the seat that the waiting list offers me", "signup.offer_over", "state.conflict"),
		Post("/signups/:id/leave-request", access.SignupCreate, "askLeave", api.Handle(200, a.AskLeave), "signups", "Ask the organiser to be excused", "state.conflict", "version.mismatch"),
		Post("/activities/:id/signup-decisions", access.SignupDecide, "decideSignups", api.Handle(200, a.Decide), "signups", "Approve, reject, remove, excuse or mark as absent, up to 200 signups at once, all or none", "access.own_interest", "signup.decision_misfit", "version.mismatch", "content.risky"),
		Get("/positions/:id/lottery", access.Public, "getLottery", api.Handle(200, a.Lottery), "signups", "Everything needed to draw the lots of a position again", "lottery.none"),
		Post("/signups/:id/cancel", access.SignupCreate, "cancelSignup", api.Handle(200, a.Cancel), "signups", "Give my seat back; free before cancel_until, late until the activity begins", "signup.started", "state.conflict"),
		Get("/activities/:id/signups", access.SignupList, "listActivitySignups", api.Handle(200, a.ListOfActivity), "signups", "Signups of an activity, in the order they came"),
	}
}

func notifyRoutes(a *api.NotifyAPI) []Route {
	return []Route{
		Get("/me/notifications", access.Person, "listMyNotifications", api.Handle(200, a.List), "notifications", "My inbox, newest first"),
		Get("/me/notifications/unread-count", access.Person, "countMyUnread", api.Handle(200, a.UnreadCount), "notifications", "How many entries I have not read, up to 100"),
		Post("/me/notifications/:id/read", access.Person, "readNotification", api.Handle(200, a.Read), "notifications", "Mark one entry as read"),
		Post("/me/notifications/read-all", access.Person, "readAllNotifications", api.Handle(204, a.ReadAll), "notifications", "Mark all as read"),
		Get("/me/notification-preferences", access.Person, "getMyNotificationPreferences", api.Handle(200, a.Preferences), "notifications", "Which kinds I also want as WeChat messages"),
		Put("/me/notification-preferences", access.Person, "putMyNotificationPreferences", api.Handle(200, a.SetPreferences), "notifications", "Switch WeChat messages on or off by kind; the inbox always has everything", "notification.kind_unknown"),
		Post("/me/subscriptions", access.Person, "reportMySubscriptions", api.Handle(204, a.ReportSubscriptions), "notifications", "Tell what wx.requestSubscribeMessage answered; a hint until WeChat's own event comes", "notification.template_unknown"),
	}
}

func pushRoutes(a *api.PushAPI) []Route {
	return []Route{
		Get("/wechat/push", access.Public, "checkWeChatPush", api.Plain[api.PushCheckIn](a.Check), "wechat", "WeChat's check of the push address; for WeChat only").IgnoreToken(),
		Post("/wechat/push", access.Public, "receiveWeChatPush", api.Plain[api.PushIn](a.Receive), "wechat", "WeChat's message push in safe mode, JSON or XML of at most 64 KiB; for WeChat only").IgnoreToken(),
	}
}

func pageCodeRoutes(a *api.PageCodeAPI) []Route {
	return []Route{
		Get("/activities/:id/page-code", access.Public, "getActivityPageCode", api.Raw("image/jpeg,image/png", a.Activity), "page-codes", "The mini-program code for the poster of a published activity", "state.conflict", "wechat.unavailable"),
		Get("/sessions/:id/page-code", access.CheckInShow, "getSessionPageCode", api.Raw("image/jpeg,image/png", a.Session), "page-codes", "The mini-program code at the entry to a session: it opens the check-in page, and is no check-in code", "state.conflict", "wechat.unavailable"),
		Get("/scenes/:scene", access.Public, "resolveScene", api.Handle(200, a.Resolve), "page-codes", "What the scene of a mini-program code leads to", "scene.malformed"),
	}
}

func standingRoutes(a *api.StandingAPI) []Route {
	return []Route{
		Post("/students/:id/proofs", access.ProofWrite, "recordProof", api.Handle(201, a.RecordProof), "proofs", "Record training, insurance or clearance of a student", "access.own_interest", "content.risky"),
		Post("/orgs/:id/proofs", access.ProofWrite, "recordProofs", api.Handle(201, a.RecordProofs), "proofs", "Record the same proof for many students of an organisation and all below it, all or none", "content.risky"),
		Post("/proofs/:id/revoke", access.ProofWrite, "revokeProof", api.Handle(200, a.RevokeProof), "proofs", "End a proof at once", "access.own_interest", "access.reason_required", "state.conflict", "content.risky"),
		Get("/students/:id/proofs", access.ProofRead, "listProofs", api.Handle(200, a.ListProofs), "proofs", "Proofs of a student, newest first, revoked ones too"),
		Get("/me/proofs", access.Person, "listMyProofs", api.Handle(200, a.MyProofs), "proofs", "My proofs, newest first"),

		Get("/me/consents", access.Person, "listMyConsents", api.Handle(200, a.MyConsents), "consents", "Everything I ever agreed to, newest first"),
		Put("/me/consents/:purpose", access.Person, "putMyConsent", api.Handle(200, a.Agree), "consents", "Agree to a text; again to the same changes nothing"),
		Delete("/me/consents/:purpose", access.Person, "withdrawMyConsent", api.Handle(204, a.Withdraw), "consents", "Withdraw my consent; what was agreed to stays on record"),

		Get("/me/reliability", access.Person, "getMyReliability", api.Handle(200, a.MyReliability), "reliability", "My late cancellations and no-shows, and whether I may sign up"),
		Get("/students/:id/reliability", access.ReliabilityRead, "getReliability", api.Handle(200, a.Reliability), "reliability", "Late cancellations and no-shows of a student"),
		Post("/reliability-entries/:id/reverse", access.ReliabilityReverse, "reverseReliabilityEntry", api.Handle(201, a.ReverseReliability), "reliability", "Take a penalty back; a suspension that loses its reason ends", "access.own_interest", "access.reason_required", "reliability.reversed", "state.conflict", "content.risky"),
	}
}

func uploadRoutes(a *api.UploadAPI) []Route {
	return []Route{
		Post("/uploads", access.Person, "createUpload", api.Upload(201, api.MaxPictureUpload, a.Create), "uploads", "Send a picture; its id is good for 24 hours, and a repeat gets the same one until it is used", "upload.not_an_image", "upload.quota", "upload.too_large", "upload.too_many_pixels", "upload.unreadable").Limited(LimitUpload),
		Get("/uploads/:id", access.Person, "getUpload", api.Handle(200, a.Get), "uploads", "One of my pictures and what became of its check"),
		Get("/media/:id", access.Public, "getMedia", api.Raw("image/jpeg", a.Show), "uploads", "A picture: public once it has passed and something public shows it, before that its sender's"),
		Get("/media/checks/:link", access.Public, "getMediaForCheck", api.Raw("image/jpeg", a.ShowForCheck), "uploads", "A picture for WeChat to look at, under a signed address that ends").IgnoreToken(),
	}
}

func contentRoutes(a *api.ContentAPI) []Route {
	return []Route{
		Get("/content-reviews", access.ContentReview, "listContentReviews", api.Handle(200, a.List), "content", "What waits for a person in my scope, the oldest first"),
		Get("/content-reviews/:id", access.ContentReview, "getContentReview", api.Handle(200, a.Get), "content", "One check with its texts"),
		Get("/content-reviews/:id/picture", access.ContentReview, "getContentReviewPicture", api.Raw("image/jpeg", a.Picture), "content", "The picture of a check"),
		Post("/content-reviews/:id/pass", access.ContentReview, "passContent", api.Handle(200, a.Pass), "content", "Let it be shown; never one's own", "access.own_interest", "state.conflict", "version.mismatch"),
		Post("/content-reviews/:id/reject", access.ContentReview, "rejectContent", api.Handle(200, a.Reject), "content", "Keep it from being shown, with a reason; never one's own", "access.own_interest", "access.reason_required", "state.conflict", "version.mismatch", "content.risky"),
	}
}
