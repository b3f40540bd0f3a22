package access

// ColumnOf tells which column a role reads, given the kind of its organisation ("" for system roles).
func ColumnOf(role Role, orgKind string) Column {
	switch role {
	case Advisor:
		return ADV
	case BranchSecretary, ClubLead:
		return BRS
	case HostStaff:
		return COM
	case TownOfficer:
		return TWN
	case Operator:
		return OPS
	case SecurityAdmin:
		return SEC
	case Auditor:
		return AUD
	case CommitteeOfficer:
		return officerColumn(orgKind)
	case Student, TeamLead:
		return USER // these follow from the profile and the teams, not from a grant
	}
	return USER
}

func officerColumn(orgKind string) Column {
	switch orgKind {
	case "DEPARTMENT_COMMITTEE", "GENERAL_BRANCH":
		return DEP
	case "UNIVERSITY_COMMITTEE":
		return UNI
	case "COUNTY_COMMITTEE":
		return CTY
	case "CITY_COMMITTEE":
		return CIT
	case "PROVINCIAL_COMMITTEE":
		return PRV
	}
	return USER
}
