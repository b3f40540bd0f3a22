package pairing

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// BondKind is what a pairing that there is, or was, means to a round of pairing.
type BondKind string

// The kinds of bonds.
const (
	BondKept    BondKind = "KEPT"    // renewed by both for the coming term, begun in it, or a proposal that waits for an answer
	BondFormer  BondKind = "FORMER"  // in force, neither renewed by both nor ended by either
	BondRefused BondKind = "REFUSED" // declined or ended within the programme year, or about to end: one side has said no
)

// Bond is a campus unit and a local unit that know each other.
type Bond struct {
	PairingID, CampusOrgID, LocalOrgID int64
	Kind                               BondKind
	InForce                            bool // active or dormant
}

// Bonds reads what a round of pairing has to know of the pairings of a programme in which one of some units takes part,
// at most 500 of a side, in a constant number of queries: one for each campus unit and local unit. The coming term is the
// first of the campus side's university of which more than half is still to come.
func (s *Service) Bonds(tx *gorm.DB, programmeID int64, policy model.Policy, side string, units ...int64) ([]Bond, error) {
	if len(units) == 0 {
		return nil, nil
	}
	column := "pairings.campus_org_id"
	if side == Local {
		column = "pairings.local_org_id"
	}
	day := today(s.Now())
	year, _ := policy.Year(day)
	var rows []Detail
	err := withSides(tx).Where(column+" IN ? AND pairings.programme_id = ? AND pairings.level = ?", units, programmeID, model.PairingCommunityBranch).
		Where("(pairings.live_programme_id IS NOT NULL OR pairings.updated_at >= ?)", dayStart(year)).
		Order("pairings.id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read pairings of a round: %w", err)
	}
	terms, err := comingTerms(tx, rows, day)
	if err != nil {
		return nil, err
	}
	renewed, err := renewedBy(tx, rows)
	if err != nil {
		return nil, err
	}
	var out []Bond
	at := map[[2]int64]int{} // the newest pairing of the two counts
	for _, d := range rows {
		d.Status = StatusAt(d.Pairing, s.Now())
		term := terms(d.CampusPath)
		kind := bondOf(d.Pairing, term, renewed[renewal{d.ID, term.ID}] == 2)
		if kind == "" {
			continue
		}
		b := Bond{d.ID, d.CampusOrgID, d.LocalOrgID, kind, d.Status == model.PairingActive || d.Status == model.PairingDormant}
		if i, ok := at[[2]int64{b.CampusOrgID, b.LocalOrgID}]; ok {
			out[i] = b
			continue
		}
		at[[2]int64{b.CampusOrgID, b.LocalOrgID}] = len(out)
		out = append(out, b)
	}
	return out, nil
}

// bondOf is what a pairing means; "" for a proposal that nobody answered.
func bondOf(p model.Pairing, term model.Term, both bool) BondKind {
	switch p.Status {
	case model.PairingProposed:
		return BondKept
	case model.PairingActive, model.PairingDormant:
		switch {
		case p.ToOn != nil && (term.ID == 0 || *p.ToOn <= term.EndsOn):
			return BondRefused
		case both, term.ID != 0 && p.FromOn != nil && *p.FromOn >= term.StartsOn:
			return BondKept
		}
		return BondFormer
	case model.PairingDeclined, model.PairingEnded:
		return BondRefused
	case model.PairingExpired:
	}
	return ""
}

// comingTerms reads the terms of the universities of pairings and answers for a path below one.
func comingTerms(tx *gorm.DB, rows []Detail, day model.Date) (func(path string) model.Term, error) {
	var above []int64
	for _, d := range rows {
		above = append(above, org.PathIDs(d.CampusPath)...)
	}
	slices.Sort(above)
	var terms []model.Term
	err := tx.Where("university_id IN ? AND ends_on >= ?", append(slices.Compact(above), 0), day).Order("starts_on, id").Find(&terms).Error
	if err != nil {
		return nil, fmt.Errorf("read coming terms: %w", err)
	}
	return func(path string) model.Term {
		of := org.PathIDs(path)
		for _, t := range terms {
			half := dayStart(t.StartsOn).Add(dayStart(t.EndsOn).Sub(dayStart(t.StartsOn)) / 2)
			if slices.Contains(of, t.UniversityID) && !half.Before(dayStart(day)) {
				return t
			}
		}
		return model.Term{}
	}, nil
}

// renewal is a pairing and a term.
type renewal struct{ pairing, term int64 }

// renewedBy counts the sides that renewed pairings for terms.
func renewedBy(tx *gorm.DB, rows []Detail) (map[renewal]int, error) {
	out := map[renewal]int{}
	var ids []int64
	for _, d := range rows {
		ids = append(ids, d.ID)
	}
	for part := range slices.Chunk(ids, 500) {
		var all []model.PairingRenewal
		if err := tx.Where("pairing_id IN ?", part).Find(&all).Error; err != nil {
			return nil, fmt.Errorf("read renewals: %w", err)
		}
		for _, r := range all {
			out[renewal{r.PairingID, r.TermID}]++
		}
	}
	return out, nil
}

// Units pages active units of the level of communities and branches that stand below a path, of one side, by rising id
// after one.
func Units(tx *gorm.DB, side, below string, after int64, limit int) ([]model.Org, error) {
	campus, local := kinds(model.PairingCommunityBranch)
	wanted := campus
	if side == Local {
		wanted = local
	}
	q := tx.Where("id > ? AND kind IN ? AND status = ?", after, wanted, model.OrgActive)
	if below != "" {
		q = q.Where("path >= ? AND path < ?", below, access.PathEnd(below))
	}
	var rows []model.Org
	if err := q.Order("id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read units that pair: %w", err)
	}
	return rows, nil
}

// OpenDemands counts the demands of a programme that wait for a unit, for each of some hosts.
func OpenDemands(tx *gorm.DB, programmeID int64, now time.Time, hosts ...int64) (map[int64]int64, error) {
	var rows []struct{ OrgID, N int64 }
	err := tx.Model(&model.Demand{}).Select("host_org_id AS org_id, COUNT(*) AS n").
		Where("host_org_id IN ? AND programme_id = ? AND status = ? AND starts_at > ?", hosts, programmeID, model.DemandOpen, now).Group("host_org_id").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count open demands: %w", err)
	}
	out := map[int64]int64{}
	for _, r := range rows {
		out[r.OrgID] = r.N
	}
	return out, nil
}

// Match is what a round of pairing gives to two units.
type Match struct {
	RoundID, ProgrammeID, CampusOrgID, LocalOrgID int64
	By                                            int64 // who made the round
	Note                                          string
}

// Recommend proposes what a round of pairing gives, as a committee would: both sides still have to accept, with the same
// days to answer, and declining costs nothing. It stands below the pairing of the town and the department when there is
// one. The refusals are those of Propose; nothing is written then.
func (s *Service) Recommend(tx *gorm.DB, m Match) (Detail, error) {
	d, err := s.draft(tx, New{ProgrammeID: m.ProgrammeID, CampusOrgID: m.CampusOrgID, LocalOrgID: m.LocalOrgID, Level: model.PairingCommunityBranch, Note: m.Note})
	if err != nil {
		return Detail{}, err
	}
	d.Origin, d.ProposedBy = model.OriginCommittee, m.By
	if d.ParentID, err = s.parentOf(tx, d); err != nil {
		return Detail{}, err
	}
	return d, s.add(tx, access.System(fmt.Sprintf("match-round-%d", m.RoundID)), d)
}

// parentOf finds the pairing in force of a town and a department above the two.
func (s *Service) parentOf(tx *gorm.DB, d Detail) (*int64, error) {
	var ids []int64
	q := tx.Model(&model.Pairing{}).Where("programme_id = ? AND level = ? AND campus_org_id IN ? AND local_org_id IN ?",
		d.ProgrammeID, model.PairingTownDepartment, org.PathIDs(d.CampusPath), org.PathIDs(d.LocalPath))
	if err := whereStatus(q, model.PairingActive, s.Now()).Order("id").Limit(1).Pluck("id", &ids).Error; err != nil {
		return nil, fmt.Errorf("look for the pairing above: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // most have none
	}
	return &ids[0], nil
}
