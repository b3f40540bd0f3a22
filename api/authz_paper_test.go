package api_test

import (
	"slices"
	"strings"
	"testing"

	"baodao/service/access"
)

// paper is the authorisation matrix as it was agreed, read off the paper and not off the program: a line for each
// permission, a cell for each column. own, team, org and sub are scopes; all is everything; a dash is nothing. The paper's
// "positions I run" and "other side of a pairing" are org, its "numbers only" is sub for indicators and nothing for lists of people.
var paper = map[access.Permission]string{
	//                       STU  TL   ADV  BRS COM TWN DEP UNI CTY CIT PRV OPS SEC AUD
	access.OrgWrite:         "-   -    -    -   -   sub sub sub sub sub sub -   all -",
	access.OrgMember:        "own team team org org sub sub sub sub sub sub -   -   -",
	access.StudentRead:      "own team team org org sub sub sub sub sub sub -   -   -",
	access.RosterImport:     "-   -    -    org -   -   sub sub -   -   -   -   -   -",
	access.GrantRead:        "-   -    -    -   -   sub sub sub sub sub sub -   all -",
	access.GrantWrite:       "-   -    -    -   -   sub sub sub sub sub sub -   all -",
	access.Invite:           "-   -    -    -   -   sub sub sub sub sub sub -   all -",
	access.JoinCode:         "-   -    -    org -   -   sub sub -   -   -   -   -   -",
	access.JoinApprove:      "-   -    -    org -   -   sub sub -   -   -   -   -   -",
	access.APIClientWrite:   "-   -    -    -   -   -   -   org sub sub sub -   all -",
	access.UserBan:          "-   -    -    -   -   -   sub sub -   -   -   -   all -",
	access.ProgrammeWrite:   "-   -    -    -   -   -   -   org sub sub sub -   -   -",
	access.TermWrite:        "-   -    -    -   -   -   -   org -   -   -   -   -   -",
	access.PairingPropose:   "-   -    -    org org sub sub sub -   -   -   -   -   -",
	access.PairingRecommend: "-   -    -    -   -   -   -   -   sub sub sub -   -   -",
	access.ProjectWrite:     "-   -    org  org org sub org org -   -   -   -   -   -",
	access.ProjectConfirm:   "-   -    -    org org sub sub sub -   -   -   -   -   -",
	access.TeamWrite:        "-   team -    -   -   -   -   -   -   -   -   -   -   -",
	access.ActivityWrite:    "-   -    org  org org sub org org -   -   -   -   -   -",
	access.ActivityApprove:  "-   -    -    -   -   sub sub sub sub sub sub -   -   -",
	access.ActivityPublish:  "-   -    -    -   org sub sub sub sub sub sub -   -   -",
	access.CapacityWrite:    "-   -    org  org org sub org org -   -   -   -   -   -",
	access.SignupCreate:     "own team -    -   -   -   -   -   -   -   -   -   -   -",
	access.SignupDecide:     "-   -    -    org org -   org org -   -   -   -   -   -",
	access.SignupList:       "own team team org org sub sub -   -   -   -   -   -   -",
	access.SignupNames:      "-   -    team org org -   -   -   -   -   -   -   -   -",
	access.CheckInMake:      "own own  own  -   -   -   -   -   -   -   -   -   -   -",
	access.CheckInShow:      "-   -    team org org -   org org -   -   -   -   -   -",
	access.CheckInRead:      "own team team org org -   sub -   -   -   -   -   -   -",
	access.CheckInOffline:   "-   team team -   org -   -   -   -   -   -   -   -   -",
	access.HoursPropose:     "own team team -   org -   -   -   -   -   -   -   -   -",
	access.CheckInReview:    "own - - - org - sub - - - - - - -",
	access.HoursLead:        "-   team team org -   -   -   -   -   -   -   -   -   -",
	access.HoursHost:        "-   -    -    -   org sub -   -   -   -   -   -   -   -",
	access.HoursRecognise:   "-   -    -    org -   -   sub sub -   -   -   -   -   -",
	access.HoursRead:        "own team team org org -   sub sub -   -   -   -   -   -",
	access.HoursTotals:      "own team team org org sub sub sub sub sub sub -   -   -",
	access.StatsRead:        "own team team org org sub sub sub sub sub sub -   -   -",
	// agreed with the rules of signing up
	access.ProofWrite:         "-   -    -    org -   -   sub sub -   -   -   -   -   -",
	access.ProofRead:          "own -    -    org -   -   sub sub -   -   -   -   -   -",
	access.ReliabilityRead:    "own -    -    org -   -   sub sub -   -   -   -   -   -",
	access.ReliabilityReverse: "-   -    -    -   -   -   sub sub -   -   -   -   -   -",
	// agreed with appeals and incidents: committees above a university see what has come up to them
	access.AppealFile:     "own -    -    -   -   -   -   -   -   -   -   -   -   -",
	access.AppealRead:     "own -    -    -   -   sub sub sub org org org -   -   -",
	access.AppealDecide:   "-   -    -    -   -   sub sub sub org org org -   -   -",
	access.HelpRead:       "own team team org org sub sub sub -   -   -   -   -   -",
	access.IncidentReport: "own team team org org sub sub sub -   -   -   -   -   -",
	access.IncidentRead:   "own -    own  org org sub sub sub -   -   -   -   -   -",
	access.IncidentHandle: "-   -    -    org org sub sub sub -   -   -   -   -   -",

	// agreed with demands
	access.DemandWrite:    "-   -    -    -   org sub -   -   -   -   -   -   -   -",
	access.DemandVerify:   "-   -    -    -   -   sub -   -   sub -   -   -   -   -",
	access.DemandRead:     "-   -    -    org org sub sub sub sub sub sub -   -   -",
	access.DemandDispatch: "-   -    -    -   -   sub sub sub sub sub sub -   -   -",
	access.DemandAnswer:   "-   -    -    org -   -   sub sub -   -   -   -   -   -",

	// agreed with surveys
	access.Willingness: "own -    -    -   -   -   -   -   -   -   -   -   -   -",
	access.SurveyWrite: "-   -    -    org org sub org org -   -   -   -   -   -",
	access.SurveyRead:  "-   -    -    org org sub sub sub sub sub sub -   -   -",
	access.BlockWrite:  "-   -    -    -   org org -   -   -   -   -   -   -   -",

	// agreed with match rounds: whoever confirms hours for the host answers for it
	access.MatchAnswer: "-   -    -    -   org sub -   -   -   -   -   -   -   -",
	access.MatchSeats:  "-   -    -    -   org sub sub sub sub sub sub -   -   -",
	access.MatchAsk:    "own -    -    -   -   -   -   -   -   -   -   -   -   -",
	access.MatchRound:  "-   -    -    -   -   -   sub sub sub sub sub -   -   -",

	access.AuditRead: "own own  own  own own own own org org org org -   -   all",
}

// paperColumns are the columns of paper, in order.
var paperColumns = []access.Column{
	access.STU, access.TL, access.ADV, access.BRS, access.COM, access.TWN, access.DEP, access.UNI, access.CTY, access.CIT, access.PRV, access.OPS, access.SEC, access.AUD,
}

// unwritten are permissions for which the paper has no line of their own.
var unwritten = map[access.Permission]string{
	access.HoursNotice: "the unit: members and secretary of the branch, and the school's officers above it",
	access.SignupGroup: "the lead of the team, and whoever speaks for the unit: each student is told and may cancel alone",
	access.DemandBoard: "whoever is signed in: what is verified",
	access.MatchRead:   "whoever is signed in: rules, dates and figures of rounds that were opened",
	access.OrgRead:     "public", access.ProgrammeRead: "public", access.ActivityRead: "what is published",
	access.PairingRead:    "whoever proposes, recommends or stands above a side; members of a side",
	access.ProjectRead:    "both sides, those above them, and the team",
	access.ContentReview:  "officers and town officers over what lies below them; the security administrator what belongs to nobody",
	access.ActivityManage: "both sides, those above them, and the lead: drafts and internals",
}

// offPaper are the cells in which the program differs on purpose: "PERMISSION COLUMN-NAMES: what it does instead", and why.
var offPaper = []struct {
	p     access.Permission
	cells string
	scope access.Scope
	why   string
}{
	{access.OrgMember, "STU TL ADV COM TWN CTY CIT PRV", access.None, "narrower: the roster is the school's; others meet names in the team, the signups and the claims"},
	{access.StudentRead, "TL ADV COM TWN CTY CIT PRV", access.None, "narrower, as above"},
	{access.GrantRead, "AUD", access.All, "an auditor sees who holds which power, with masked names"},
	{access.TeamWrite, "ADV", access.Team, "who advises puts a successor in when a lead leaves"},
	{access.TeamWrite, "BRS", access.Org, "the campus side names the first lead"},
	{access.TeamWrite, "DEP UNI", access.Sub, "the campus side names the advisors, who hang on department or university"},
	{access.SignupCreate, "TL", access.None, "narrower: signing others up has a permission of its own"},
	{access.CheckInMake, "TL ADV", access.None, "a lead checks in as the student they are; an advisor has no seat"},
	{access.HoursTotals, "STU", access.None, "narrower: a student has /me/record"},
	{access.CheckInReview, "STU", access.None, "one's own is read at /check-ins/{id}/evidence, and decided by others"},
	{access.StatsRead, "STU TL ADV", access.None, "narrower: a student has /me/record"},
	{access.AuditRead, "STU TL ADV BRS COM TWN DEP UNI CTY CIT PRV", access.None, "narrower: no route reads the audit log yet"},
}

// TestTheMatrixIsThePaper compares every cell of the program's table with the paper.
func TestTheMatrixIsThePaper(t *testing.T) {
	t.Parallel()
	scopes := map[string]access.Scope{"-": access.None, "own": access.Own, "team": access.Team, "org": access.Org, "sub": access.Sub, "all": access.All}
	names := strings.Fields("STU TL ADV BRS COM TWN DEP UNI CTY CIT PRV OPS SEC AUD")
	used := 0
	for _, p := range access.Permissions() {
		line, written := paper[p]
		if _, open := unwritten[p]; open {
			continue
		}
		if !written {
			t.Errorf("%s is not on the paper: read its line off the agreed matrix", p)
			continue
		}
		for i, cell := range strings.Fields(line) {
			want := scopes[cell]
			for _, e := range offPaper {
				if e.p == p && slices.Contains(strings.Fields(e.cells), names[i]) {
					if e.scope == want {
						t.Errorf("%s, %s: no exception is needed", p, names[i])
					}
					want = e.scope
					used++
				}
			}
			if got := access.ScopeOf(p, paperColumns[i]); got != want {
				t.Errorf("%s, %s: scope %d, the paper says %d", p, names[i], got, want)
			}
		}
		for _, c := range []access.Column{access.ANON, access.USER} {
			if access.ScopeOf(p, c) != access.None {
				t.Errorf("%s is given to people without a role", p)
			}
		}
	}
	if used == 0 {
		t.Error("no exception was looked at")
	}
}
