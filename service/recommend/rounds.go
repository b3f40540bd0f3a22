package recommend

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/score"
)

// rounds are what recommendations of a programme take from its match rounds: how far one goes, and how it ended last time.
type rounds struct {
	far  []*ended // the newest of each scope and season that is open or over, newest first
	last []*ended // the newest of each scope and season whose result is public, newest first
}

// ended is a round, and how it ended where it did.
type ended struct {
	id            int64
	scope, season string
	rule          score.Rule
	radius        int32
	students      int
	cuts          map[int64]cut // by position
}

// cut is how a position ended.
type cut struct {
	key    uint32 // of the last seat; 0 while seats were free
	kept   uint32 // of the last seat of those reserved for paired branches
	closed bool
}

// of finds the newest for a student of a branch.
func of(all []*ended, season, branchPath string) *ended {
	for _, r := range all {
		if r.season == season && strings.HasPrefix(branchPath, r.scope) {
			return r
		}
	}
	return nil
}

// chance is how likely a student of this band gets a seat if all comes as then, in per mille; negative when the position was
// not there.
func (r *ended) chance(positionID int64, band uint8, reserved bool) int32 {
	c, known := r.cuts[positionID]
	if !known {
		return unknown
	}
	key := c.key
	if reserved {
		key = c.kept
	}
	o := score.Outlook{Cutoffs: []uint32{key}, Closed: []bool{c.closed}, Students: r.students}
	return o.Chance(0, band)
}

// readRounds reads the rounds of a programme in two queries.
func readRounds(db *gorm.DB, programmeID int64) (*rounds, error) {
	var rows []model.MatchRound
	err := db.Select("id", "scope_path", "season", "rule", "radius_m", "students", "status", "published_at").
		Where("programme_id = ? AND kind = ? AND status NOT IN ?", programmeID, model.RoundPositions, []model.RoundStatus{model.RoundDraft, model.RoundCancelled}).
		Order("id DESC").Limit(maxRounds).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read rounds: %w", err)
	}
	out, far, last := &rounds{}, map[[2]string]bool{}, map[[2]string]bool{}
	byID := map[int64]*ended{}
	slices.SortStableFunc(rows, func(a, b model.MatchRound) int { return published(b).Compare(published(a)) }) // those that are not come first
	for _, r := range rows {
		rule, err := score.ParseRule(r.Rule)
		if err != nil {
			return nil, fmt.Errorf("read round %d: %w", r.ID, err)
		}
		key := [2]string{r.ScopePath, r.Season}
		e := &ended{id: r.ID, scope: r.ScopePath, season: r.Season, rule: rule, radius: int32(r.RadiusM), students: int(r.Students), cuts: map[int64]cut{}} //nolint:gosec // checked when it was made
		if !far[key] {
			far[key], out.far = true, append(out.far, e)
		}
		if r.Out() && !last[key] {
			last[key], out.last, byID[r.ID] = true, append(out.last, e), e
		}
	}
	return out, readCuts(db, byID)
}

// published is when; later than any that was, when it was not.
func published(r model.MatchRound) time.Time {
	if r.PublishedAt == nil {
		return time.Unix(1<<40, 0)
	}
	return *r.PublishedAt
}

// maxRounds bounds how many rounds of a programme are looked at.
const maxRounds = 1000

// readCuts reads how the positions of some rounds ended. It scans by hand: there are many.
func readCuts(db *gorm.DB, byID map[int64]*ended) (err error) {
	if len(byID) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	rows, err := db.Raw("SELECT round_id, ref_id, closed, cutoff, kept FROM round_inputs WHERE round_id IN ? AND side = ?", ids, model.SideGiving).Rows()
	if err != nil {
		return fmt.Errorf("read cut-offs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var round, ref, key, kept int64
		var c cut
		if err := rows.Scan(&round, &ref, &c.closed, &key, &kept); err != nil {
			return fmt.Errorf("read cut-offs: %w", err)
		}
		c.key, c.kept = uint32(key), uint32(kept) //nolint:gosec // they were
		byID[round].cuts[ref] = c
	}
	return rows.Err()
}
