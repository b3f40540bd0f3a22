package round

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/geo"
	"baodao/service/org"
	"baodao/service/pairing"
	"baodao/service/programme"
	"baodao/service/survey"
)

// Pairs is the kind of rounds that bring campus units and communities together: docs/matching.md. Who has said nothing in
// a survey takes part with the usual places when it is a league branch or a community, and not at all when it is anything
// else that may pair.
type Pairs struct {
	DB       *gorm.DB
	Now      clock.Clock
	Survey   *survey.Service
	Pairings *pairing.Service
}

// The places of who has not said how many partners it can work with.
const (
	usualBranchPlaces    = 1
	usualCommunityPlaces = 3
)

// chunk is how many units are asked about at once.
const chunk = 500

// unit is a campus unit or a local unit as a round of pairing takes it.
type unit struct {
	id     int64
	at     geo.Point
	places int64
	skills uint32 // offered, or wanted
	alone  bool   // has no pairing that is sure to go on
	needs  int64  // open demands
}

// Collect finds the units of both sides that are within reach of each other, and what they have been to each other.
func (k *Pairs) Collect(ctx context.Context, r *model.MatchRound, put Put) error {
	db := k.DB.WithContext(ctx)
	policy, err := programme.PolicyOf(db, r.ProgrammeID)
	if err != nil {
		return err
	}
	campusBelow, localBelow, err := grounds(db, r)
	if err != nil {
		return err
	}
	branches, err := k.units(db, r.ProgrammeID, pairing.Campus, campusBelow)
	if err != nil {
		return err
	}
	communities, err := k.units(db, r.ProgrammeID, pairing.Local, localBelow)
	if err != nil {
		return err
	}
	radius := int32(r.RadiusM) //nolint:gosec // bounded when the round was planned
	branches, communities = nearTo(branches, communities, radius), nearTo(communities, branches, radius)
	bonds, err := k.bonds(db, r.ProgrammeID, policy, branches, communities)
	if err != nil {
		return err
	}
	if err := k.demands(db, r.ProgrammeID, communities); err != nil {
		return err
	}
	t := newTable(branches, communities, bonds)
	return t.put(radius, put)
}

// grounds are the paths below which campus units and local units take part: those of the round's organisation, as far as
// the programme reaches. A side that the organisation has not below it comes from wherever the programme reaches.
func grounds(db *gorm.DB, r *model.MatchRound) (campus, local string, err error) {
	p, err := programme.ByID(db, r.ProgrammeID)
	if err != nil {
		return "", "", err
	}
	orgs, err := org.ByIDs(db, r.ScopeOrgID, p.OwnerOrgID)
	if err != nil {
		return "", "", err
	}
	scope, owner := orgs[r.ScopeOrgID], orgs[p.OwnerOrgID]
	campus, local = scope.Path, scope.Path
	switch {
	case scope.Kind.Side() == model.SideCampus:
		local = ""
	case scope.Kind == model.OrgCountyCommittee:
		campus = ""
	}
	if owner.Kind == model.OrgCountyCommittee {
		local = narrower(local, owner.Path)
	} else {
		campus = narrower(campus, owner.Path)
	}
	return campus, local, nil
}

// narrower is the longer of two paths of which one stands above the other.
func narrower(a, b string) string {
	if len(a) > len(b) {
		return a
	}
	return b
}

// units reads those of one side below a path that have a place on the map and take part, by rising id.
func (k *Pairs) units(db *gorm.DB, programmeID int64, side, below string) ([]unit, error) {
	var out []unit
	for after := int64(0); ; {
		rows, err := pairing.Units(db, side, below, after, chunk)
		if err != nil || len(rows) == 0 {
			return out, err
		}
		after = rows[len(rows)-1].ID
		ids := make([]int64, len(rows))
		for i, o := range rows {
			ids[i] = o.ID
		}
		answers, err := k.Survey.Units(db, programmeID, ids...)
		if err != nil {
			return nil, err
		}
		places, err := survey.Places(db, ids...)
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			answer, answered := answers[o.ID]
			at, placed := places[o.ID]
			if u := unitOf(o, answer, answered); placed && u.places > 0 {
				u.at = at
				out = append(out, u)
			}
		}
	}
}

// unitOf is what an organisation brings to a round; without places it does not take part.
func unitOf(o model.Org, answer survey.Unit, answered bool) unit {
	u := unit{id: o.ID, alone: true}
	switch {
	case answered:
		u.places, u.skills = answer.Partners, answer.Skills
	case o.Kind == model.OrgLeagueBranch:
		u.places = usualBranchPlaces
	case o.Kind == model.OrgCommunity:
		u.places = usualCommunityPlaces
	}
	return u
}

// nearTo leaves those that are in reach of any of the others.
func nearTo(units, others []unit, radius int32) []unit {
	var from []geo.XYZ
	for _, o := range others {
		from = append(from, o.at.XYZ())
	}
	slices.SortFunc(from, func(a, b geo.XYZ) int { return int(a.Z) - int(b.Z) })
	from = slices.Compact(from)
	known := map[geo.XYZ]bool{}
	return slices.DeleteFunc(slices.Clone(units), func(u unit) bool {
		at := u.at.XYZ()
		near, ok := known[at]
		if !ok {
			near = reaches(from, at, radius)
			known[at] = near
		}
		return !near
	})
}

// reaches tells whether any of some points, by rising Z, is in reach.
func reaches(from []geo.XYZ, at geo.XYZ, radius int32) bool {
	i, _ := slices.BinarySearchFunc(from, at.Z-radius, func(p geo.XYZ, z int32) int { return int(p.Z) - int(z) })
	for ; i < len(from) && from[i].Z <= at.Z+radius; i++ {
		if geo.Chord(from[i], at) <= radius {
			return true
		}
	}
	return false
}

func idsOf(units []unit) []int64 {
	ids := make([]int64, len(units))
	for i, u := range units {
		ids[i] = u.id
	}
	return ids
}

// bonds reads what the units of a round have been to each other, and to others, by rising pairing.
func (k *Pairs) bonds(db *gorm.DB, programmeID int64, policy model.Policy, branches, communities []unit) ([]pairing.Bond, error) {
	var all []pairing.Bond
	for side, units := range map[string][]unit{pairing.Campus: branches, pairing.Local: communities} {
		for part := range slices.Chunk(idsOf(units), chunk) {
			some, err := k.Pairings.Bonds(db, programmeID, policy, side, part...)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	}
	slices.SortFunc(all, func(a, b pairing.Bond) int { return int(a.PairingID - b.PairingID) })
	return slices.Compact(all), nil
}

// demands notes how many demands of each community wait for a unit.
func (k *Pairs) demands(db *gorm.DB, programmeID int64, communities []unit) error {
	for part := range slices.Chunk(communities, chunk) {
		open, err := pairing.OpenDemands(db, programmeID, k.Now(), idsOf(part)...)
		if err != nil {
			return err
		}
		for i := range part {
			part[i].needs = open[part[i].id]
		}
	}
	return nil
}

// Load makes a game of what was put down.
func (k *Pairs) Load(r *model.MatchRound, each Each) (Game, error) { return loadPairs(r, each) }

// Publish gives the days in which pairings are answered to the round. Propose makes the proposals.
func (k *Pairs) Publish(tx *gorm.DB, _ access.Actor, r *model.MatchRound) error {
	policy, err := programme.PolicyOf(tx, r.ProgrammeID)
	if err != nil {
		return err
	}
	until := r.PublishedAt.AddDate(0, 0, int(policy.PairingAnswerDays))
	r.AnswersUntil = &until
	if err := tx.Model(&model.MatchRound{}).Where("id = ?", r.ID).UpdateColumn("answers_until", until).Error; err != nil {
		return fmt.Errorf("set days to answer of a round: %w", err)
	}
	return nil
}

// note tells the two why they are proposed to each other.
func note(r *model.MatchRound, p model.MatchPair) string {
	parts := []string{"“" + r.Name + "”建议：相距约 " + metres(p.Metres)}
	if p.Skill > 1000 {
		parts = append(parts, "能提供所需的技能")
	}
	if p.Urgency > 0 {
		parts = append(parts, "社区需要支持")
	}
	return strings.Join(parts, "；") + "。"
}
