package access

// Column is one column of the authorisation table.
type Column uint8

// The columns. USER is any signed-in person; TL and ADV speak of the teams that a person leads or advises;
// DEP, UNI, CTY, CIT and PRV are committee officers by the level of their committee.
const (
	ANON Column = iota
	USER
	STU
	TL
	ADV
	BRS
	COM
	TWN
	DEP
	UNI
	CTY
	CIT
	PRV
	OPS
	SEC
	AUD
	columns
)

// Scope is how far a permission reaches.
type Scope uint8

// The scopes, narrowest first. Org is the actor's own node on either side of the object (so it covers "the other side of
// a pairing" and "the activities I run" too); Sub is the node and all below; Pub is whatever is published.
const (
	None Scope = iota
	Own
	Team
	Org
	Sub
	Pub
	All
)

// Permission names one action on one kind of object.
type Permission string

// Permissions that are not rows of the table.
const (
	Public   Permission = "public"    // nobody need be signed in
	SignedIn Permission = "signed_in" // a person or an API client
	Person   Permission = "person"    // a person, not an API client
)

// The permissions, by resource.
const (
	OrgRead   Permission = "org.read"
	OrgWrite  Permission = "org.write"
	OrgMember Permission = "org.members" // names of students and staff below

	StudentRead  Permission = "student.read" // a student's profile with full fields
	RosterImport Permission = "roster.import"

	GrantRead  Permission = "grant.read"
	GrantWrite Permission = "grant.write"
	Invite     Permission = "grant.invite"

	JoinCode    Permission = "join_code.write"
	JoinApprove Permission = "join_request.decide"

	APIClientWrite Permission = "api_client.write"
	UserBan        Permission = "user.ban" // suspend and reinstate an account

	ProgrammeRead  Permission = "programme.read"
	ProgrammeWrite Permission = "programme.write"
	TermWrite      Permission = "term.write"

	PairingPropose Permission = "pairing.propose" // propose, accept, decline, end: for one's own side
	PairingRead    Permission = "pairing.read"
	// PairingRecommend suggests a pairing to two units, at least one of them below; both still have to accept.
	PairingRecommend Permission = "pairing.recommend"

	DemandWrite    Permission = "demand.write" // draft, submit, cancel for the host
	DemandBoard    Permission = "demand.board" // read what is verified
	DemandVerify   Permission = "demand.verify"
	DemandRead     Permission = "demand.read"     // before it is on the board, and to whom it was sent
	DemandDispatch Permission = "demand.dispatch" // ask a unit to take it
	DemandAnswer   Permission = "demand.answer"   // take, accept, decline, convert for a campus unit

	Willingness Permission = "willingness.write" // what a student offers, where they live, whom they do not want
	SurveyWrite Permission = "survey.write"      // what an organisation needs, has and offers
	SurveyRead  Permission = "survey.read"
	BlockWrite  Permission = "block.write" // students whom a host does not want; for nobody else to read

	ProjectWrite   Permission = "project.write"
	ProjectConfirm Permission = "project.confirm" // for one's own side
	ProjectRead    Permission = "project.read"
	TeamWrite      Permission = "team.write"

	ActivityWrite   Permission = "activity.write"
	ActivityApprove Permission = "activity.approve"
	ActivityPublish Permission = "activity.publish"
	ActivityRead    Permission = "activity.read"   // published ones
	ActivityManage  Permission = "activity.manage" // see drafts and internals
	CapacityWrite   Permission = "position.write"

	SignupCreate Permission = "signup.create"
	SignupList   Permission = "signup.list"   // who signed up, names masked
	SignupGroup  Permission = "signup.group"  // sign people of one's unit or team up
	SignupDecide Permission = "signup.decide" // approve, reject, remove, excuse, mark as absent; draw the lottery
	SignupNames  Permission = "signup.names"  // whole names in lists of signups, attendance and claims

	CheckInMake Permission = "check_in.make"
	CheckInShow Permission = "check_in.code" // show the rotating code, confirm by list
	CheckInRead Permission = "check_in.read"
	// CheckInOffline takes the list of a session along and sends in later what was recorded without a network.
	CheckInOffline Permission = "check_in.offline_batch"
	// CheckInReview reads the doubts of a check-in and decides about it; its position as long as nobody has.
	CheckInReview Permission = "check_in.review"

	HoursPropose   Permission = "hours.propose" // hours that no check-in shows
	HoursLead      Permission = "hours.lead_confirm"
	HoursHost      Permission = "hours.host_confirm"
	HoursRecognise Permission = "hours.recognise"
	HoursRead      Permission = "hours.read"
	HoursNotice    Permission = "hours.notice" // hours that are publicised before they count, names masked
	HoursTotals    Permission = "hours.totals" // sums without names; above the school and its hosts none of fewer than five people

	ProofWrite Permission = "proof.write" // training, insurance, clearance of a student
	ProofRead  Permission = "proof.read"

	ReliabilityRead    Permission = "reliability.read"
	ReliabilityReverse Permission = "reliability.reverse"
	ContentReview      Permission = "content.review" // what WeChat could not judge; what belongs to no organisation is the security administrator's

	AppealFile   Permission = "appeal.file"
	AppealRead   Permission = "appeal.read" // those that lie with one's organisation
	AppealDecide Permission = "appeal.decide"

	HelpRead       Permission = "help.read" // whom to call around a session
	IncidentReport Permission = "incident.report"
	IncidentRead   Permission = "incident.read"
	IncidentHandle Permission = "incident.handle"

	StatsRead Permission = "stats.read"
	AuditRead Permission = "audit.read"
)

type row [columns]Scope

// officers gives the five committee levels the same scope.
func officers(s Scope, rest row) row {
	rest[DEP], rest[UNI], rest[CTY], rest[CIT], rest[PRV] = s, s, s, s, s
	return rest
}

// matrix is the whole table: a permission that is not here is granted to nobody, a column that is not named has none.
var matrix = map[Permission]row{ //nolint:gochecknoglobals // the table itself; never written
	OrgRead:   officers(All, row{USER: All, TWN: All}),
	OrgWrite:  {TWN: Sub, DEP: Sub, UNI: Sub, CTY: Sub, CIT: Sub, PRV: Sub, SEC: All},
	OrgMember: {BRS: Org, DEP: Sub, UNI: Sub},

	StudentRead:  {STU: Own, BRS: Org, DEP: Sub, UNI: Sub},
	RosterImport: {BRS: Org, DEP: Sub, UNI: Sub},

	GrantRead:  {TWN: Sub, DEP: Sub, UNI: Sub, CTY: Sub, CIT: Sub, PRV: Sub, SEC: All, AUD: All},
	GrantWrite: {TWN: Sub, DEP: Sub, UNI: Sub, CTY: Sub, CIT: Sub, PRV: Sub, SEC: All},
	Invite:     {TWN: Sub, DEP: Sub, UNI: Sub, CTY: Sub, CIT: Sub, PRV: Sub, SEC: All},

	JoinCode:    {BRS: Org, DEP: Sub, UNI: Sub},
	JoinApprove: {BRS: Org, DEP: Sub, UNI: Sub},

	APIClientWrite: {UNI: Org, CTY: Sub, CIT: Sub, PRV: Sub, SEC: All},
	UserBan:        {DEP: Sub, UNI: Sub, SEC: All},

	ProgrammeRead:  {ANON: All},
	ProgrammeWrite: {UNI: Org, CTY: Sub, CIT: Sub, PRV: Sub},
	TermWrite:      {UNI: Org},

	PairingPropose:   {BRS: Org, COM: Org, TWN: Sub, DEP: Sub, UNI: Sub},
	PairingRecommend: {CTY: Sub, CIT: Sub, PRV: Sub},
	PairingRead:      officers(Sub, row{STU: Org, ADV: Org, BRS: Org, COM: Org, TWN: Sub}),

	DemandWrite:    {COM: Org, TWN: Sub},
	DemandBoard:    officers(All, row{USER: All, TWN: All}),
	DemandVerify:   {TWN: Sub, CTY: Sub},
	DemandRead:     officers(Sub, row{BRS: Org, COM: Org, TWN: Sub}),
	DemandDispatch: officers(Sub, row{TWN: Sub}),
	DemandAnswer:   {BRS: Org, DEP: Sub, UNI: Sub},

	Willingness: {STU: Own},
	SurveyWrite: {BRS: Org, COM: Org, TWN: Sub, DEP: Org, UNI: Org},
	SurveyRead:  officers(Sub, row{BRS: Org, COM: Org, TWN: Sub}),
	BlockWrite:  {COM: Org, TWN: Org},

	ProjectWrite:   {ADV: Org, BRS: Org, COM: Org, TWN: Sub, DEP: Org, UNI: Org},
	ProjectConfirm: {BRS: Org, COM: Org, TWN: Sub, DEP: Sub, UNI: Sub},
	ProjectRead:    officers(Sub, row{STU: Own, TL: Team, ADV: Org, BRS: Org, COM: Org, TWN: Sub}),
	TeamWrite:      {TL: Team, ADV: Team, BRS: Org, DEP: Sub, UNI: Sub},

	ActivityWrite:   {ADV: Org, BRS: Org, COM: Org, TWN: Sub, DEP: Org, UNI: Org},
	ActivityApprove: officers(Sub, row{TWN: Sub}),
	ActivityPublish: officers(Sub, row{COM: Org, TWN: Sub}),
	ActivityRead:    {ANON: Pub},
	ActivityManage:  officers(Sub, row{TL: Team, ADV: Org, BRS: Org, COM: Org, TWN: Sub}),
	CapacityWrite:   {ADV: Org, BRS: Org, COM: Org, TWN: Sub, DEP: Org, UNI: Org},

	SignupCreate: {STU: Own},
	SignupList:   {STU: Own, TL: Team, ADV: Team, BRS: Org, COM: Org, TWN: Sub, DEP: Sub},
	SignupNames:  {ADV: Team, BRS: Org, COM: Org},
	SignupGroup:  {TL: Team, BRS: Org, DEP: Sub, UNI: Sub},
	SignupDecide: {BRS: Org, COM: Org, DEP: Org, UNI: Org},

	CheckInMake: {STU: Own},
	CheckInShow: {ADV: Team, BRS: Org, COM: Org, DEP: Org, UNI: Org},
	CheckInRead: {STU: Own, TL: Team, ADV: Team, BRS: Org, COM: Org, DEP: Sub},

	CheckInReview:  {COM: Org, DEP: Sub},
	CheckInOffline: {TL: Team, ADV: Team, COM: Org},

	HoursPropose:   {STU: Own, TL: Team, ADV: Team, COM: Org},
	HoursLead:      {TL: Team, ADV: Team, BRS: Org},
	HoursHost:      {COM: Org, TWN: Sub},
	HoursRecognise: {BRS: Org, DEP: Sub, UNI: Sub},
	HoursRead:      {STU: Own, TL: Team, ADV: Team, BRS: Org, COM: Org, DEP: Sub, UNI: Sub},

	HoursNotice: {STU: Org, ADV: Org, BRS: Org, DEP: Sub, UNI: Sub},
	HoursTotals: officers(Sub, row{TL: Team, ADV: Team, BRS: Org, COM: Org, TWN: Sub}),

	ProofWrite: {BRS: Org, DEP: Sub, UNI: Sub},
	ProofRead:  {STU: Own, BRS: Org, DEP: Sub, UNI: Sub},

	ReliabilityRead:    {STU: Own, BRS: Org, DEP: Sub, UNI: Sub},
	ReliabilityReverse: {DEP: Sub, UNI: Sub},
	ContentReview:      officers(Sub, row{TWN: Sub, SEC: All}),

	// Committees above a university or a town see what has come up to them, and nothing below.
	AppealFile:   {STU: Own},
	AppealRead:   {STU: Own, TWN: Sub, DEP: Sub, UNI: Sub, CTY: Org, CIT: Org, PRV: Org},
	AppealDecide: officers(Org, row{TWN: Org}), // at whose desk it lies, not above

	HelpRead:       {STU: Own, TL: Team, ADV: Team, BRS: Org, COM: Org, TWN: Sub, DEP: Sub, UNI: Sub},
	IncidentReport: {STU: Own, TL: Team, ADV: Team, BRS: Org, COM: Org, TWN: Sub, DEP: Sub, UNI: Sub},
	IncidentRead:   {STU: Own, ADV: Own, BRS: Org, COM: Org, TWN: Sub, DEP: Sub, UNI: Sub},
	IncidentHandle: {BRS: Org, COM: Org, TWN: Sub, DEP: Sub, UNI: Sub},

	MatchRead:   officers(All, row{USER: All, TWN: All}),
	MatchRound:  officers(Sub, row{}),
	MatchAsk:    {STU: Own},
	MatchAnswer: {COM: Org, TWN: Sub},
	MatchSeats:  officers(Sub, row{COM: Org, TWN: Sub}),

	StatsRead: officers(Sub, row{BRS: Org, COM: Org, TWN: Sub}),
	AuditRead: {AUD: All},
}

// Permissions lists every permission of the table.
func Permissions() []Permission {
	all := make([]Permission, 0, len(matrix))
	for p := range matrix {
		all = append(all, p)
	}
	return all
}

// ScopeOf reads one cell of the table.
func ScopeOf(p Permission, c Column) Scope { return matrix[p][c] }
