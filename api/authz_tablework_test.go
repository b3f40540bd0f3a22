package api_test

import "baodao/service/access"

// authzWorkRules are the rules of projects, activities, signups, check-ins and hours.
var authzWorkRules = []authzRule{
	// Projects and their teams.
	{op: "createProject", is: "pairing", by: perms(access.ProjectWrite), body: projectBody},
	{op: "listProjects", by: everybody, but: advises, shows: map[string]string{"project": "project", "drafted project": "project"}},
	{op: "getProject", on: "project", by: perms(access.ProjectRead), but: advises},
	{op: "updateProject", on: "drafted project", is: "project", by: perms(access.ProjectWrite), body: plannedBody, but: readsOnly},
	{op: "submitProject", on: "drafted project", is: "project", by: perms(access.ProjectWrite), but: readsOnly},
	{op: "confirmProject", on: "submitted project", is: "project", by: perms(access.ProjectConfirm), body: emptyBody},
	{op: "returnProject", on: "submitted project", is: "project", by: perms(access.ProjectConfirm), body: reasonBody},
	{op: "stopProject", on: "submitted project", is: "project", by: perms(access.ProjectConfirm), body: reasonBody},
	{op: "listProjectMembers", on: "project", by: perms(access.ProjectWrite, access.ProjectConfirm, access.TeamWrite), but: knowsTheTeam}, // who works on it; above that only numbers
	{op: "addProjectMember", on: "project", by: perms(access.TeamWrite), body: memberBody},
	{op: "endProjectMember", on: "project: student", is: "project", by: perms(access.TeamWrite), body: emptyBody},

	// Activities.
	{op: "listActivities", by: everybody},
	{op: "getActivity", on: "open activity", is: "published", by: everybody},
	{op: "getActivity", on: "drafted activity", is: "draft", by: perms(access.ActivityManage), but: advises},
	{op: "createActivity", is: "community", by: perms(access.ActivityWrite), body: activityBody("community")},
	{op: "createActivity", is: "branch", by: perms(access.ActivityWrite), body: activityBody("branch")},
	{op: "updateActivity", on: "drafted activity", is: "draft", at: "community", by: perms(access.ActivityWrite), body: rewrittenBody, but: readsOnly},
	{op: "submitActivity", on: "drafted activity", is: "draft", at: "community", by: perms(access.ActivityWrite), but: readsOnly},
	{op: "approveActivity", on: "submitted activity", is: "draft", at: "town", by: perms(access.ActivityApprove)}, // the organiser's parent
	{op: "returnActivity", on: "submitted activity", is: "draft", at: "town", by: perms(access.ActivityApprove), body: reasonBody},
	{op: "submitActivity", on: "department's draft", is: "draft without a team", at: "department", by: perms(access.ActivityWrite)},
	{op: "updateActivity", on: "department's draft", is: "draft without a team", at: "department", by: perms(access.ActivityWrite), body: rewrittenBody},
	{op: "approveActivity", on: "department's submission", is: "draft without a team", at: "university", by: perms(access.ActivityApprove)}, // never its own
	{op: "returnActivity", on: "department's submission", is: "draft without a team", at: "university", by: perms(access.ActivityApprove), body: reasonBody},
	{op: "publishActivity", on: "approved activity", is: "draft", at: "community", by: perms(access.ActivityPublish)},
	{op: "cancelActivity", on: "open activity", is: "published", at: "community", by: perms(access.ActivityPublish), body: reasonBody},
	{op: "cancelActivity", on: "drafted activity", is: "draft", at: "community", by: perms(access.ActivityPublish, access.ActivityWrite), body: reasonBody, but: readsOnly}, // never public: its writer may too
	{op: "mergeActivity", on: "open activity", is: "published", at: "community", by: perms(access.ActivityPublish), body: mergeBody("booked activity")},
	{op: "mergeActivity", on: "open activity", is: "published", at: "community", by: perms(access.ActivityPublish), want: 409, body: mergeBody("drafted activity")}, // the other one is not public
	{op: "listManagedActivities", by: everybody, but: advises, shows: map[string]string{"drafted activity": "draft", "open activity": "draft"}},
	{op: "setPositionCapacity", on: "position of drafted activity", is: "draft", by: perms(access.CapacityWrite), body: capacityBody, but: readsOnly},
	{op: "setPositionCapacity", on: "position of open activity", is: "published", by: perms(access.CapacityWrite), body: capacityBody},
	{op: "moveSession", on: "session of open activity", is: "published", by: perms(access.CapacityWrite), body: moveBody},

	// Signups.
	{op: "createSignup", on: "position of open activity", is: "published", by: perms(access.SignupCreate), body: emptyBody, but: seatForStudents},
	{op: "getAvailability", on: "position of open activity", is: "published", by: everybody},
	{op: "getAvailability", on: "position of drafted activity", is: "draft", by: perms(access.ActivityManage), but: advises},
	{op: "getSignup", on: "signup", by: perms(access.SignupList)},
	{op: "cancelSignup", on: "signup", by: perms(access.SignupCreate)},
	{op: "acceptSignupOffer", on: "signup", by: perms(access.SignupCreate)}, // accepting again what one has
	{op: "askLeave", on: "signup", by: perms(access.SignupCreate), body: reasonBody},
	{op: "createGroupSignup", on: "position of open activity", is: "branch", by: perms(access.SignupGroup), body: branchPartyBody},
	{op: "createGroupSignup", on: "position of open activity", is: "team", by: perms(access.SignupGroup), body: teamPartyBody},
	{op: "decideSignups", on: "booked activity", is: "published", by: perms(access.SignupDecide), body: leaveBody},
	{op: "getLottery", on: "position of lots activity", is: "published", by: everybody},
	{op: "listActivitySignups", on: "booked activity", is: "published", by: perms(access.SignupList), shows: map[string]string{"signup": "signup"}},

	// Check-ins.
	{op: "getCheckInCode", on: "session of present activity", is: "published", by: perms(access.CheckInShow)},
	{op: "getCheckInCodePicture", on: "session of present activity", is: "published", by: perms(access.CheckInShow)},
	{op: "getCheckInCodeVector", on: "session of present activity", is: "published", by: perms(access.CheckInShow)},
	{op: "getMyCheckInCode", on: "session of present activity", is: "check-in", by: perms(access.CheckInMake), but: noSeat},
	{op: "getMyCheckInCodePicture", on: "session of present activity", is: "check-in", by: perms(access.CheckInMake), but: noSeat},
	{op: "getMyCheckInCodeVector", on: "session of present activity", is: "check-in", by: perms(access.CheckInMake), but: noSeat},
	{op: "scanStudentCode", on: "session of present activity", is: "published", by: perms(access.CheckInShow), body: showBody},
	{op: "openPassCode", on: "session of present activity", is: "published", by: perms(access.CheckInShow), body: openPassBody},
	{op: "getPassCode", on: "session of present activity", is: "published", by: perms(access.CheckInShow)},
	{op: "redeemPassCode", is: "check-in", by: perms(access.CheckInMake), body: passBody, but: noSeat},
	{op: "correctAttendance", on: "session of present activity", is: "published", by: perms(access.CheckInShow), body: correctBody},
	{op: "redeemCheckInCode", is: "check-in", by: perms(access.CheckInMake), body: scanBody, but: noSeat},
	{op: "confirmCheckIns", on: "session of present activity", is: "published", by: perms(access.CheckInShow), body: presentBody},
	{op: "getOfflineList", on: "session of present activity", is: "published", by: perms(access.CheckInOffline)},
	{op: "uploadOfflineBatch", on: "session of present activity", is: "published", by: perms(access.CheckInOffline), body: offlineBody},
	{op: "annulCheckIn", on: "check-in", by: nil, body: reasonBody, but: except(0, "who made it takes it back", "student")},
	{op: "listAttendance", on: "session of present activity", is: "published", by: perms(access.CheckInRead), shows: map[string]string{"seat": "signup"}},

	// Mini-program codes.
	{op: "getActivityPageCode", on: "open activity", is: "published", by: everybody},
	{op: "getActivityPageCode", on: "drafted activity", is: "draft", by: perms(access.ActivityManage), want: 409, but: advisesDraft}, // not public yet
	{op: "getSessionPageCode", on: "session of present activity", is: "published", by: perms(access.CheckInShow)},
	{op: "resolveScene", on: "a.zzzzzz", is: "system", by: everybody, want: 404}, // an id that nothing has

	// Hours.
	{op: "listHoursClaims", on: "past activity", is: "hours", by: perms(access.HoursRead), shows: map[string]string{"claim": "claim", "posted claim": "claim"}},
	{op: "leadConfirmHours", on: "past activity", is: "published", by: perms(access.HoursLead), body: fewerBody("claim")},
	{op: "hostConfirmHours", on: "past activity", is: "published", at: "community", by: perms(access.HoursHost), body: fewerBody("claim the lead confirmed")},
	{op: "recogniseHours", on: "past activity", is: "claim", at: "branch", by: perms(access.HoursRecognise), body: claimsBody("claim the host confirmed")},
	{op: "disputeHours", on: "claim", by: perms(access.HoursLead, access.HoursHost), body: reasonBody, but: except(0, "it is about them", "student")},
	{op: "rejectHours", on: "claim", at: "branch", by: perms(access.HoursRecognise), body: reasonBody},
	{op: "reopenHours", on: "disputed claim", is: "claim", at: "branch", by: perms(access.HoursRecognise), body: reasonBody},
	{op: "reverseHours", on: "entry", by: perms(access.HoursRecognise), body: reasonBody},
	{op: "listOverdueHours", on: "community", by: perms(access.HoursHost)},
	{op: "listHoursNotices", on: "branch", by: perms(access.HoursNotice)},
	{op: "getRecord", on: "student", is: "entry", by: perms(access.HoursRead)},
	{op: "getOrgHoursTotals", on: "branch", by: perms(access.HoursTotals)},
	{op: "getOrgHoursTotals", on: "community", by: perms(access.HoursTotals)},
	{op: "getOrgHoursTotals", on: "university", by: perms(access.HoursTotals)},
	{op: "getProjectHoursTotals", on: "project", by: perms(access.HoursTotals)},
}

// The named exceptions: where the product is right to differ from the matrix, or says more than it.
var (
	boundAlready   = except(409, "a student is bound already", "student, lead, mate").and(except(409, "a student is bound already", "foreign student, foreign lead, foreign mate"))
	redeemsNothing = except(409, "holds this role already", "host").and(except(409, "system roles stand alone", "security, auditor, operator"))
	// The matrix gives an advisor the scope "team" over the projects they advise, wherever their own role hangs.
	advises = except(0, "an advisor reads what their team does", "advisor")
	// So what they may not do to it is refused, not hidden.
	readsOnly = except(403, "an advisor reads what their team does", "advisor")
	// And sees of a draft's poster what others see who manage it.
	advisesDraft = except(409, "not public yet", "advisor")
	// The people of a team know each other.
	knowsTheTeam = except(0, "is of the team", "student, lead, advisor")
	// A published activity is open to the students of every university.
	seatForStudents = except(0, "any student may take a seat", "student, lead, mate, foreign student, foreign lead, foreign mate")
	// Whoever scans a good code is told what is wrong with their seat.
	noSeat = except(409, "the code is good, the scanner has no seat", "lead, foreign student, foreign lead, foreign mate").and(except(0, "has a seat", "mate"))
)
