package pairing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"baodao/model"
	"baodao/service/org"

	"gorm.io/gorm"
)

// known is what the database says about the candidates.
type known struct {
	live    map[int64]bool  // paired with the unit, or asked
	before  map[int64]bool  // were paired with it
	served  map[int64]bool  // an activity of the two took place
	pairs   map[int64]int64 // pairings in the programme
	needs   map[int64]bool  // have an open demand
	parents [][2]string     // paths of towns and departments that are paired
}

func (s *Service) knownOf(db *gorm.DB, unit model.Org, programmeID int64, found []Suggestion) (known, error) {
	k := known{live: map[int64]bool{}, before: map[int64]bool{}, served: map[int64]bool{}, pairs: map[int64]int64{}, needs: map[int64]bool{}}
	if len(found) == 0 {
		return k, nil
	}
	ids := make([]int64, len(found))
	for i, f := range found {
		ids[i] = f.Org.ID
	}
	mine, theirs := "campus_org_id", "local_org_id"
	if unit.Side == model.SideLocal {
		mine, theirs = theirs, mine
	}
	var own []model.Pairing
	err := db.Where(mine+" = ? AND "+theirs+" IN ?", unit.ID, ids).Find(&own).Error
	if err != nil {
		return k, fmt.Errorf("read own pairings: %w", err)
	}
	for _, p := range own {
		other := p.LocalOrgID
		if unit.Side == model.SideLocal {
			other = p.CampusOrgID
		}
		k.live[other] = k.live[other] || (p.LiveProgrammeID != nil && *p.LiveProgrammeID == programmeID)
		k.before[other] = k.before[other] || p.FromOn != nil
	}
	if err := k.count(db, theirs, programmeID, ids, s.Now()); err != nil {
		return k, err
	}
	if err := k.together(db, unit, ids, s.Now()); err != nil {
		return k, err
	}
	hosts := ids
	if unit.Side == model.SideLocal {
		hosts = []int64{unit.ID}
	}
	var needing []int64
	err = db.Model(&model.Demand{}).Where("host_org_id IN ? AND status = ? AND starts_at > ?", hosts, model.DemandOpen, s.Now()).Distinct().Pluck("host_org_id", &needing).Error
	if err != nil {
		return k, fmt.Errorf("read open demands: %w", err)
	}
	for _, id := range needing {
		k.needs[id] = true
	}
	err = k.above(db, unit, programmeID, s.Now())
	return k, err
}

// count counts the pairings of the candidates in the programme.
func (k *known) count(db *gorm.DB, column string, programmeID int64, ids []int64, now time.Time) error {
	var rows []struct{ OrgID, N int64 }
	q := db.Model(&model.Pairing{}).Select(column+" AS org_id, COUNT(*) AS n").Where(column+" IN ? AND programme_id = ?", ids, programmeID)
	if err := whereStatus(q, model.PairingActive, now).Group(column).Scan(&rows).Error; err != nil {
		return fmt.Errorf("count pairings: %w", err)
	}
	for _, r := range rows {
		k.pairs[r.OrgID] = r.N
	}
	return nil
}

// together reads with which candidates the unit has served.
func (k *known) together(db *gorm.DB, unit model.Org, ids []int64, now time.Time) error {
	mine, theirs := "campus_org_id", "host_org_id"
	if unit.Side == model.SideLocal {
		mine, theirs = theirs, mine
	}
	var served []int64
	err := db.Model(&model.Activity{}).Where(mine+" = ? AND "+theirs+" IN ? AND published_at IS NOT NULL AND status <> ? AND ends_at <= ?", unit.ID, ids, model.ActivityCancelled, now).
		Distinct().Pluck(theirs, &served).Error
	if err != nil {
		return fmt.Errorf("read past activities: %w", err)
	}
	for _, id := range served {
		k.served[id] = true
	}
	return nil
}

// above reads which towns and departments are paired in the programme, of those above the unit on its side.
func (k *known) above(db *gorm.DB, unit model.Org, programmeID int64, now time.Time) error {
	column := "campus_org_id"
	if unit.Side == model.SideLocal {
		column = "local_org_id"
	}
	var rows []Detail
	q := withSides(db).Where("pairings.programme_id = ? AND pairings.level = ? AND pairings."+column+" IN ?", programmeID, model.PairingTownDepartment, org.PathIDs(unit.Path))
	if err := whereStatus(q, model.PairingActive, now).Find(&rows).Error; err != nil {
		return fmt.Errorf("read pairings of towns: %w", err)
	}
	for _, d := range rows {
		k.parents = append(k.parents, [2]string{d.CampusPath, d.LocalPath})
	}
	return nil
}

// parts says what speaks for a candidate.
func (k *known) parts(unit model.Org, f Suggestion) Parts {
	campus, local := unit, f.Org
	if unit.Side == model.SideLocal {
		campus, local = f.Org, unit
	}
	p := Parts{Near: 5000 * (radius - f.DistanceM) / radius}
	if k.needs[local.ID] {
		p.Need = 2000
	}
	switch {
	case k.served[f.Org.ID]:
		p.Served = 2000
	case k.before[f.Org.ID]:
		p.Served = 1000
	}
	if slices.ContainsFunc(k.parents, func(pair [2]string) bool { return below(campus.Path, pair[0]) && below(local.Path, pair[1]) }) {
		p.Parent = 1000
	}
	switch k.pairs[f.Org.ID] {
	case 0:
		p.Free = 1000
	case 1:
		p.Free = 500
	}
	return p
}

// below tells whether a unit stands below another.
func below(path, top string) bool { return len(path) > len(top) && path[:len(top)] == top }

// Reasons says in words what speaks for a suggestion.
func (x Suggestion) Reasons(english bool) string {
	zh := []string{fmt.Sprintf("相距 %d 米", x.DistanceM)}
	en := []string{fmt.Sprintf("%d m away", x.DistanceM)}
	add := func(part, points int64, inZH, inEN string) {
		if part == points {
			zh, en = append(zh, inZH), append(en, inEN)
		}
	}
	add(x.Parts.Need, 2000, "社区有需求等待接单", "a demand of the community waits for a unit")
	add(x.Parts.Served, 2000, "以前一起开展过活动", "the two have served together")
	add(x.Parts.Served, 1000, "以前结对过", "the two were paired before")
	add(x.Parts.Parent, 1000, "双方的镇街与院系已结对", "the town and the department above them are paired")
	add(x.Parts.Free, 1000, "还没有结对", "has no pairing yet")
	add(x.Parts.Free, 500, "只有一个结对", "has one pairing")
	if english {
		return strings.Join(en, "; ")
	}
	return strings.Join(zh, "；")
}
