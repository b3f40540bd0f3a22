package stats

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
)

// visible tells whether there is such a programme and the actor may know of it: drafts are known to those who write them.
func visible(db *gorm.DB, actor access.Actor, programmeID int64) (bool, error) {
	var rows []struct {
		Status model.ProgrammeStatus
		Path   string
	}
	err := db.Model(&model.Programme{}).Select("programmes.status, orgs.path").
		Joins("JOIN orgs ON orgs.id = programmes.owner_org_id").Where("programmes.id = ?", programmeID).Find(&rows).Error
	if err != nil {
		return false, fmt.Errorf("read programme: %w", err)
	}
	if len(rows) == 0 {
		return false, nil
	}
	return rows[0].Status != model.ProgrammeDraft ||
		actor.Check(access.ProgrammeWrite, access.Object{Paths: []string{rows[0].Path}}) == nil, nil
}

// readPolicy reads the version of the policy that was the newest at the moment; before the first one, the first.
func (m *moment) readPolicy(db *gorm.DB) error {
	var rows []model.ProgrammePolicy
	err := db.Where("programme_id = ? AND created_at <= ?", m.programmeID, m.asOf).Order("version DESC").Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = db.Where("programme_id = ?", m.programmeID).Order("version").Limit(1).Find(&rows).Error
	}
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("programme %d has none", m.programmeID)
	}
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	m.policy, m.policyVersion = rows[0].Policy, rows[0].Version
	return nil
}

// tally is what was counted for one organisation.
type tally struct {
	OrgID                                int64
	Students, StudentsIn                 int64
	Branches, BranchesIn, BranchesPaired int64
	Volunteer, Practice                  int64
}

// The three counts, each an arm of a UNION with the ranges of one organisation as constants, so that both engines go by
// index however many organisations a page has. The + before b.kind keeps SQLite from walking all branches of the country
// by their kind; MySQL does not see it.
const (
	studentsArm = `SELECT ? AS org_id, COUNT(*) AS students, COALESCE(SUM(CASE WHEN net > 0 THEN 1 ELSE 0 END), 0) AS students_in
FROM (SELECT d.student_id, (
    SELECT SUM(h.minutes) FROM hours_entries h
    WHERE h.student_id = d.student_id AND h.programme_id = ? AND h.served_on >= ? AND h.served_on < ? AND h.posted_at <= ?) AS net
  FROM (SELECT DISTINCT m.student_id FROM orgs b JOIN memberships m ON m.org_id = b.id
    WHERE b.path >= ? AND b.path < ? AND +b.kind IN ('LEAGUE_BRANCH', 'GENERAL_BRANCH')
      AND m.from_on <= ? AND (m.to_on IS NULL OR m.to_on > ?)) d) s`

	branchesArm = `SELECT ? AS org_id, COUNT(*) AS branches,
  COALESCE(SUM(CASE WHEN EXISTS (
    SELECT h.student_id FROM hours_entries h
    WHERE h.branch_id = b.id AND h.programme_id = ? AND h.served_on >= ? AND h.served_on < ? AND h.posted_at <= ?
    GROUP BY h.student_id HAVING SUM(h.minutes) > 0) THEN 1 ELSE 0 END), 0) AS branches_in,
  COALESCE(SUM(CASE WHEN EXISTS (
    SELECT 1 FROM pairings p
    WHERE p.campus_org_id = b.id AND p.programme_id = ? AND p.status IN ('ACTIVE', 'ENDED')
      AND p.from_on <= ? AND (p.to_on IS NULL OR p.to_on > ?)) THEN 1 ELSE 0 END), 0) AS branches_paired
FROM orgs b
WHERE b.path >= ? AND b.path < ? AND +b.kind = 'LEAGUE_BRANCH' AND b.status = 'ACTIVE' AND b.created_at <= ?`

	minutesArm = `SELECT ? AS org_id, COALESCE(SUM(CASE WHEN h.class = 'VOLUNTEER' THEN h.minutes ELSE 0 END), 0) AS volunteer,
  COALESCE(SUM(CASE WHEN h.class = 'PRACTICE' THEN h.minutes ELSE 0 END), 0) AS practice
FROM hours_entries h
WHERE h.programme_id = ? AND h.branch_path >= ? AND h.branch_path < ? AND h.served_on >= ? AND h.served_on < ? AND h.posted_at <= ?`
)

// arms are the three counts with their arguments.
func (m moment) arms() []struct {
	sql  string
	args func(o model.Org) []any
} {
	return []struct {
		sql  string
		args func(o model.Org) []any
	}{
		{studentsArm, func(o model.Org) []any {
			return []any{o.ID, m.programmeID, m.from, m.to, m.asOf, o.Path, access.PathEnd(o.Path), m.day, m.day}
		}},
		{branchesArm, func(o model.Org) []any {
			return []any{o.ID, m.programmeID, m.from, m.to, m.asOf, m.programmeID, m.day, m.day, o.Path, access.PathEnd(o.Path), m.asOf}
		}},
		{minutesArm, func(o model.Org) []any {
			return []any{o.ID, m.programmeID, o.Path, access.PathEnd(o.Path), m.from, m.to, m.asOf}
		}},
	}
}

// count makes a report of each organisation, in three queries for all of them.
func count(db *gorm.DB, m moment, orgs []model.Org) ([]Report, error) {
	out := make([]Report, len(orgs))
	if len(orgs) == 0 {
		return out, nil
	}
	sums := make(map[int64]tally, len(orgs))
	for _, arm := range m.arms() {
		var args []any
		for _, o := range orgs {
			args = append(args, arm.args(o)...)
		}
		sql := strings.Repeat(arm.sql+"\nUNION ALL\n", len(orgs)-1) + arm.sql
		var rows []tally
		if err := db.Raw(sql, args...).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("count indicators: %w", err)
		}
		for _, r := range rows {
			sums[r.OrgID] = sums[r.OrgID].plus(r)
		}
	}
	for i, o := range orgs {
		out[i] = m.report(o, sums[o.ID])
	}
	return out, nil
}

// plus puts the columns of two counts together; each count leaves the others' at 0.
func (t tally) plus(u tally) tally {
	return tally{
		OrgID: u.OrgID, Students: t.Students + u.Students, StudentsIn: t.StudentsIn + u.StudentsIn,
		Branches: t.Branches + u.Branches, BranchesIn: t.BranchesIn + u.BranchesIn, BranchesPaired: t.BranchesPaired + u.BranchesPaired,
		Volunteer: t.Volunteer + u.Volunteer, Practice: t.Practice + u.Practice,
	}
}

func (m moment) report(o model.Org, t tally) Report {
	figure := func(code string, numerator, denominator, target int64) Figure {
		return Figure{
			Code: code, Definition: definition, Numerator: numerator, Denominator: denominator, TargetPermille: target,
			AsOf: m.asOf, YearFrom: m.from, YearTo: m.to,
		}
	}
	return Report{
		Org: o, ProgrammeID: m.programmeID, PolicyVersion: m.policyVersion, AsOf: m.asOf, YearFrom: m.from, YearTo: m.to,
		Figures: []Figure{
			figure(StudentParticipation, t.StudentsIn, t.Students, m.policy.StudentParticipationPermille),
			figure(BranchParticipation, t.BranchesIn, t.Branches, m.policy.BranchParticipationPermille),
			figure(BranchPairing, t.BranchesPaired, t.Branches, m.policy.BranchPairingPermille),
		},
		VolunteerMinutes: t.Volunteer, PracticeMinutes: t.Practice,
	}
}
