package api_test

import (
	"baodao/service/access"
)

// authzTargets are the kinds of objects. Organisations are not listed: each owns itself, and everybody sees it.
var authzTargets = map[string]authzTarget{
	"system":               {seen: everybody},
	"user":                 {},
	"user of the branch":   {orgs: "branch"},
	"client":               {orgs: "university"},
	"grant":                {orgs: "community", seen: perms(access.GrantRead)},
	"invitation":           {orgs: "community"},
	"join code":            {orgs: "branch"},
	"join request":         {orgs: "branch"},
	"programme":            {orgs: "university", seen: everybody},
	"drafted programme":    {orgs: "university"},
	"open round":           {orgs: "department", seen: perms(access.MatchRead)},
	"round in the drawer":  {orgs: "department"},
	"seats of a round":     {orgs: "community, department", seen: perms(access.MatchSeats)},
	"pairing":              {orgs: "branch, community", seen: perms(access.PairingRead)},
	"both sides":           {orgs: "branch, community", seen: everybody},
	"project":              {orgs: "branch, community", own: "student, lead", team: true, seen: perms(access.ProjectRead)},
	"draft":                {orgs: "branch, community", team: true, seen: perms(access.ActivityManage)},
	"draft without a team": {orgs: "department, community", seen: perms(access.ActivityManage)},
	"published":            {orgs: "branch, community", team: true, seen: everybody},
	"team":                 {team: true, seen: perms(access.ProjectRead)},
	"signup":               {orgs: "branch, community", own: "student", team: true, seen: perms(access.SignupList)},
	"check-in":             {orgs: "branch, community", own: "student", team: true, seen: perms(access.CheckInRead)},
	"claim":                {orgs: "branch, community", own: "student", team: true, seen: perms(access.HoursRead)},
	"hours to propose":     {orgs: "branch, community", own: "student", team: true, seen: everybody},
	"hours":                {orgs: "branch, community", own: "student", team: true, seen: everybody},
	"proof":                {orgs: "branch", own: "student", seen: perms(access.ProofRead)},
	"penalty":              {orgs: "branch", own: "student", seen: perms(access.ReliabilityRead)},
	"own record":           {own: "student"},
	"doubtful check-in":    {orgs: "branch, community"},
	"appeal":               {orgs: "department", own: "student", seen: perms(access.AppealRead)},
	"session":              {orgs: "branch, community", own: "student", team: true, seen: everybody},
	"incident":             {orgs: "branch, community", own: "student", seen: perms(access.IncidentRead)},
	"appeal above":         {orgs: "city", own: "student", seen: perms(access.AppealRead)},
	"checked content":      {orgs: "community"},
	"checked picture":      {orgs: "branch"},
	"need":                 {orgs: "community", seen: perms(access.DemandRead)},
	"open need":            {orgs: "community", seen: perms(access.DemandBoard)},
	"request":              {orgs: "branch", seen: perms(access.DemandRead)},
	"asked unit":           {orgs: "branch, community", seen: perms(access.DemandRead)},
	"answer":               {orgs: "branch", seen: perms(access.DemandAnswer)},
	"round of students":    {own: "student, lead, mate", seen: everybody},
	"entry":                {orgs: "branch", own: "student", seen: perms(access.HoursRead)},
}

var (
	everybody = perms(access.Public)
	people    = perms(access.Person)
)

func perms(p ...access.Permission) []access.Permission { return p }

// authzRules is the whole API as the authorisation matrix has it: an operation, its object, the rows of the matrix that decide.
// Each operation needs at least one line.
var authzRules = []authzRule{
	// Who one is: nobody needs a role for that.
	{op: "login", by: everybody, body: loginBody},
	{op: "refreshTokens", by: everybody, body: refreshBody},
	{op: "clientToken", by: everybody, body: clientTokenBody},
	{op: "logout", by: people},
	{op: "logoutAll", by: people},
	{op: "redeemBootstrap", by: people, body: fieldBody("code", "0000-0000"), want: 422},
	{op: "getMe", by: people},
	{op: "updateMe", by: people, body: fieldBody("name", "新名"), but: except(409, "the roster gives a student's name", "student, lead, mate")},
	{op: "listMyJoinRequests", by: people},
	{op: "listMySignups", by: people},
	{op: "listMyCheckIns", by: people},
	{op: "listMyHours", by: people},
	{op: "getMyRecord", by: people},
	{op: "createJoinRequest", is: "branch", by: people, body: joinBody, but: boundAlready},
	{op: "bindStudent", is: "university", by: people, body: bindBody, but: boundAlready},

	// Accounts, roles and API clients.
	{op: "suspendUser", on: "user visitor", is: "user", by: perms(access.UserBan), body: reasonBody},
	{op: "suspendUser", on: "user mate", is: "user of the branch", by: perms(access.UserBan), body: reasonBody},
	{op: "suspendUser", on: "user host", is: "user", by: perms(access.UserBan), body: reasonBody},
	{op: "reinstateUser", on: "user suspended", is: "user of the branch", by: perms(access.UserBan), body: reasonBody},
	{op: "createAPIClient", on: "university", by: perms(access.APIClientWrite), body: clientBody},
	{op: "listAPIClients", on: "university", by: perms(access.APIClientWrite), shows: map[string]string{"client": "client"}},
	{op: "rotateAPIClient", on: "client", by: perms(access.APIClientWrite)},
	{op: "revokeAPIClient", on: "client", by: perms(access.APIClientWrite)},
	{op: "listRoleGrants", on: "community", by: perms(access.GrantRead), shows: map[string]string{"grant": "grant"}},
	{op: "listRoleGrants", on: "department", by: perms(access.GrantRead)},
	{op: "createRoleGrant", on: "branch", by: perms(access.GrantWrite), body: roleBody("BRANCH_SECRETARY", "other secretary")},
	{op: "createRoleGrant", on: "community", by: perms(access.GrantWrite), body: roleBody("HOST_STAFF", "author")},
	{op: "createRoleGrant", on: "department", at: "university", by: perms(access.GrantWrite), body: roleBody("COMMITTEE_OFFICER", "other secretary")}, // strictly below one's rank
	{op: "createRoleGrant", on: "town", at: "county", by: perms(access.GrantWrite), body: roleBody("TOWN_OFFICER", "host")},
	{op: "createRoleGrant", on: "province", at: "-", by: perms(access.GrantWrite), body: roleBody("COMMITTEE_OFFICER", "visitor")},
	{op: "revokeRoleGrant", on: "grant", by: perms(access.GrantWrite), body: reasonBody},
	{op: "listSystemRoleGrants", is: "system", by: perms(access.GrantRead)},
	{op: "createSystemRoleGrant", is: "system", by: perms(access.GrantWrite), body: roleBody("AUDITOR", "visitor")},
	{op: "createInvitation", on: "community", by: perms(access.Invite), body: fieldBody("role", "HOST_STAFF")},
	{op: "createInvitation", on: "university", at: "city", by: perms(access.Invite), body: fieldBody("role", "COMMITTEE_OFFICER")},
	{op: "listInvitations", on: "community", by: perms(access.Invite), shows: map[string]string{"invitation": "invitation"}},
	{op: "revokeInvitation", on: "invitation", by: perms(access.Invite)},
	{op: "redeemInvitation", is: "community", by: people, body: invitationBody, but: redeemsNothing},

	// Organisations and who belongs to them.
	{op: "listRegions", by: perms(access.OrgRead)},
	{op: "getRegion", on: "370000000000", is: "system", by: perms(access.OrgRead)},
	{op: "listOrgs", by: perms(access.OrgRead)},
	{op: "getOrg", on: "community", by: perms(access.OrgRead)},
	{op: "listTerms", on: "university", by: perms(access.OrgRead)},
	{op: "createOrg", is: "town", by: perms(access.OrgWrite), body: orgBody("COMMUNITY", "town")},
	{op: "createOrg", is: "department", by: perms(access.OrgWrite), body: orgBody("LEAGUE_BRANCH", "department")},
	{op: "updateOrg", on: "community", at: "town", by: perms(access.OrgWrite), body: fieldBody("name", "新名")}, // below one's own
	{op: "updateOrg", on: "department", at: "university", by: perms(access.OrgWrite), body: fieldBody("name", "新名")},
	{op: "dissolveOrg", on: "spare community", at: "town", by: perms(access.OrgWrite), body: reasonBody},
	{op: "dissolveOrg", on: "spare branch", at: "department", by: perms(access.OrgWrite), body: reasonBody},
	{op: "createTerm", on: "university", by: perms(access.TermWrite), body: termBody},
	{op: "listStudents", on: "branch", by: perms(access.OrgMember)},
	{op: "importRoster", on: "branch", by: perms(access.RosterImport), body: rosterBody},
	{op: "createJoinCode", on: "branch", by: perms(access.JoinCode), body: emptyBody},
	{op: "revokeJoinCode", on: "join code", by: perms(access.JoinCode)},
	{op: "listJoinRequests", on: "branch", by: perms(access.JoinApprove), shows: map[string]string{"join request": "join request"}},
	{op: "approveJoinRequest", on: "join request", by: perms(access.JoinApprove)},
	{op: "rejectJoinRequest", on: "join request", by: perms(access.JoinApprove), body: reasonBody},

	// Programmes and indicators.
	{op: "listProgrammePresets", by: everybody},
	{op: "listProgrammes", by: everybody, reads: access.ProgrammeWrite, shows: map[string]string{"drafted programme": "drafted programme"}},
	{op: "getProgramme", on: "programme", by: everybody},
	{op: "getProgramme", on: "drafted programme", by: perms(access.ProgrammeWrite)},
	{op: "listMilestones", on: "programme", by: everybody},
	{op: "listMilestones", on: "drafted programme", by: perms(access.ProgrammeWrite)},
	{op: "createProgramme", is: "university", by: perms(access.ProgrammeWrite), body: programmeBody},
	{op: "updateProgramme", on: "programme", by: perms(access.ProgrammeWrite), body: fieldBody("name", "新名")},
	{op: "updateProgramme", on: "drafted programme", by: perms(access.ProgrammeWrite), body: fieldBody("name", "新名")},
	{op: "putProgrammePolicy", on: "programme", by: perms(access.ProgrammeWrite), body: policyBody},
	{op: "putProgrammePolicy", on: "drafted programme", by: perms(access.ProgrammeWrite), body: policyBody},
	{op: "activateProgramme", on: "drafted programme", by: perms(access.ProgrammeWrite)},
	{op: "closeProgramme", on: "programme", by: perms(access.ProgrammeWrite)},
	{op: "addMilestone", on: "programme", by: perms(access.ProgrammeWrite), body: milestoneBody},
	{op: "deriveMilestones", on: "programme", by: perms(access.ProgrammeWrite), body: yearBody},
	{op: "removeMilestone", on: "programme, milestone", is: "programme", by: perms(access.ProgrammeWrite)},
	{op: "removeMilestone", on: "drafted programme, drafted milestone", is: "drafted programme", by: perms(access.ProgrammeWrite)},
	{op: "getIndicators", on: "branch", query: "programme_id={programme}", by: perms(access.StatsRead)},
	{op: "getIndicators", on: "community", query: "programme_id={programme}", by: perms(access.StatsRead)},
	{op: "listIndicatorsOfChildren", on: "department", query: "programme_id={programme}", by: perms(access.StatsRead)},

	// Pairings.
	{op: "proposePairing", is: "both sides", by: perms(access.PairingPropose, access.PairingRecommend), body: proposalBody},
	{op: "listPairings", by: everybody, reads: access.PairingRead, shows: map[string]string{"pairing": "pairing", "proposal": "pairing"}},
	{op: "getPairing", on: "pairing", by: perms(access.PairingRead)},
	{op: "acceptPairing", on: "proposal", is: "pairing", by: perms(access.PairingPropose), body: emptyBody},
	{op: "declinePairing", on: "proposal", is: "pairing", by: perms(access.PairingPropose)},
	{op: "endPairing", on: "pairing", by: perms(access.PairingPropose), body: endBody},
	{op: "renewPairing", on: "pairing", by: perms(access.PairingPropose), body: renewBody},
	{op: "listPairingRenewals", on: "pairing", by: perms(access.PairingRead)},
	{op: "listPairingHistory", on: "pairing", by: perms(access.PairingRead)},
	{op: "listPairingSuggestions", on: "branch", query: "programme_id={programme}", by: perms(access.PairingPropose, access.PairingRecommend)},
	{op: "listPairingSuggestions", on: "community", query: "programme_id={programme}", by: perms(access.PairingPropose, access.PairingRecommend)},
	{op: "getPairingCoverage", on: "department", query: "programme_id={programme}", by: perms(access.StatsRead)},
	{op: "listUnpairedUnits", on: "town", query: "programme_id={programme}", by: perms(access.StatsRead)},
}
