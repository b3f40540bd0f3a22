package round

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/explain"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
)

// outcome is what came of a round of positions.
type outcome struct {
	kind    *Positions
	in      *score.Instance
	settled score.Lists // what was eligible of the lists
	result  assign.Result
	ranks   []uint32
	book    *explain.Book
	sites   map[int64]site // of positions, as far as they were asked for
}

// Digest of the result.
func (o *outcome) Digest() ([]byte, error) {
	d, err := audit.Result(&o.result.Outcome)
	return d[:], err
}

// Figures of the result.
func (o *outcome) Figures() Figures {
	f := Figures{Blocking: int64(len(o.result.Blocking))}
	for _, p := range o.result.Place {
		if p != score.None {
			f.Placed++
		}
	}
	return f
}

// Files of the result.
func (o *outcome) Files(add AddFile) error {
	err := errors.Join(
		add(files.ResultFile, func(w io.Writer) error { return files.WriteResult(w, o.result.Place) }),
		add(files.CutoffsFile, func(w io.Writer) error { return files.WriteCutoffs(w, &o.result.Outcome) }),
	)
	if len(o.result.Partners) > 0 {
		err = errors.Join(err, add(files.PartnerCutoffsFile, func(w io.Writer) error { return files.WritePartnerCutoffs(w, o.result.Partners) }))
	}
	return err
}

// Ranks of the lottery.
func (o *outcome) Ranks() []uint32 { return o.ranks }

// Given is what each position ended with, and what became of those who listed it.
func (o *outcome) Given() []Given {
	out := make([]Given, len(o.in.Positions))
	for p := range out {
		out[p] = Given{Filled: int64(o.result.Filled[p]), Cutoff: int64(o.result.Cutoffs[p]), Closed: o.result.Closed[p]}
	}
	for _, c := range o.result.Partners {
		out[c.Position].Kept = int64(c.Cutoff)
	}
	for s := range o.in.Students {
		place, got := o.result.Place[s], false
		for _, wish := range o.settled.Of(s) {
			g := &out[wish.Position()]
			g.Listed++
			switch {
			case wish.Position() == place:
				got = true
			case got:
				g.Better++
			case !g.Closed:
				g.Below++
			}
		}
	}
	return out
}

// Store writes the proposals to some students.
func (o *outcome) Store(tx *gorm.DB, r *model.MatchRound, refs [2][]int64, from, to int) error {
	first, last := refs[model.SideAsking][from], refs[model.SideAsking][to-1]
	err := tx.Where("round_id = ? AND student_id >= ? AND student_id <= ?", r.ID, first, last).Delete(&model.MatchProposal{}).Error
	if err != nil {
		return fmt.Errorf("delete proposals of an earlier try: %w", err)
	}
	var rows []model.MatchProposal
	for s := from; s < to; s++ {
		if place := o.result.Place[s]; place != score.None {
			rows = append(rows, o.proposal(r, int32(s), place, refs)) //nolint:gosec // at most 16 million
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := o.sited(tx, rows); err != nil {
		return err
	}
	return tx.CreateInBatches(rows, atATime).Error
}

// proposal is one with its figures.
func (o *outcome) proposal(r *model.MatchRound, s, place int32, refs [2][]int64) model.MatchProposal {
	now := o.kind.Now()
	a := o.book.Why(s, place)
	student, position := &o.in.Students[s], &o.in.Positions[place]
	fit := score.Measure(student, position)
	parts := score.Of(student, position, fit, o.in.Round.Radius)
	row := model.MatchProposal{
		ID: o.kind.NewID(), RoundID: r.ID, StudentID: refs[model.SideAsking][s], PositionID: refs[model.SideGiving][place],
		Band: int64(a.Band), Lottery: int64(a.Lottery), Score: int64(parts.Total()), Status: model.ProposalProposed,
		Parts: model.ProposalParts{
			Metres: fit.Dist, Overlap: int32(fit.Overlap), Near: parts.Near, Time: parts.Time, Skill: parts.Skill, Interest: parts.Interest, //nolint:gosec // at most 42
			Urgency: parts.Urgency, Served: parts.Served, Points: o.in.Round.Rule.PointsOf(student, position, fit, o.in.Round.Radius).Total(), Seats: int32(a.Size), //nolint:gosec // at most 4
		},
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if a.Wish <= score.MaxList {
		row.WishNo = int64(a.Wish)
	}
	return row
}

// site is where a position is.
type site struct{ activity, host int64 }

// sited fills in where the positions of proposals are. Each is looked up once in a round: asked for with every batch, SQLite
// would read all activities each time.
func (o *outcome) sited(tx *gorm.DB, rows []model.MatchProposal) error {
	var unknown []int64
	for _, p := range rows {
		if _, ok := o.sites[p.PositionID]; !ok {
			unknown = append(unknown, p.PositionID)
		}
	}
	slices.Sort(unknown)
	for part := range slices.Chunk(slices.Compact(unknown), chunkSize) {
		if err := o.visit(tx, part); err != nil {
			return fmt.Errorf("read positions of proposals: %w", err)
		}
	}
	for i := range rows {
		at, ok := o.sites[rows[i].PositionID]
		if !ok {
			return fmt.Errorf("%w: position %d is gone", errInputs, rows[i].PositionID)
		}
		rows[i].ActivityID, rows[i].HostOrgID = at.activity, at.host
	}
	return nil
}

// visit looks positions up by keys alone.
func (o *outcome) visit(tx *gorm.DB, positions []int64) error {
	var at []model.Position
	if err := tx.Select("id", "activity_id").Where("id IN ?", positions).Find(&at).Error; err != nil {
		return err
	}
	ids := make([]int64, len(at))
	for i, p := range at {
		ids[i] = p.ActivityID
	}
	var of []model.Activity
	if err := tx.Select("id", "host_org_id").Where("id IN ?", ids).Find(&of).Error; err != nil {
		return err
	}
	hosts := make(map[int64]int64, len(of))
	for _, a := range of {
		hosts[a.ID] = a.HostOrgID
	}
	if o.sites == nil {
		o.sites = map[int64]site{}
	}
	for _, p := range at {
		if host, ok := hosts[p.ActivityID]; ok {
			o.sites[p.ID] = site{activity: p.ActivityID, host: host}
		}
	}
	return nil
}
