package round

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/pairing"
	"baodao/service/org"
	"baodao/service/page"
	pairs "baodao/service/pairing"
)

// PairDetail is a pair of a round with the names of its sides, and what became of it.
type PairDetail struct {
	model.MatchPair
	CampusName, LocalName string
	Status                model.PairingStatus // of the pairing at this moment; empty when there is none
}

// pairRow is a pair with its pairing.
type pairRow struct {
	model.MatchPair
	CampusName, LocalName string
	model.Pairing         `gorm:"embedded;embeddedPrefix:g_"`
}

const listPairs = "match_pairs"

// Pairs pages the pairs that a published round of pairing gives to an organisation and all below it, by campus unit.
// access.ErrDenied for who may not read its pairings, ErrNotRun before the round is published.
func (s *Service) Pairs(ctx context.Context, actor access.Actor, id, orgID int64, req page.Request) (page.Result[PairDetail], error) {
	none := page.Result[PairDetail]{Items: []PairDetail{}}
	keys, later, err := req.Key(listPairs, 2)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	top, row, err := s.pairScene(db, actor, id, orgID)
	if err != nil {
		return none, err
	}
	q := db.Table("match_pairs AS p").Joins("JOIN orgs AS campus ON campus.id = p.campus_org_id").Joins("JOIN orgs AS host ON host.id = p.local_org_id").
		Joins("LEFT JOIN pairings AS g ON g.id = p.pairing_id").
		Select("p.*, campus.name AS campus_name, host.name AS local_name, g.status AS g_status, g.answer_due_at AS g_answer_due_at, g.to_on AS g_to_on").
		Where("p.round_id = ?", row.ID)
	q = below(q, top)
	if later {
		q = q.Where("(p.campus_org_id > ? OR (p.campus_org_id = ? AND p.local_org_id > ?))", keys[0], keys[0], keys[1])
	}
	var rows []pairRow
	if err := q.Order("p.campus_org_id, p.local_org_id").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list pairs of a round: %w", err)
	}
	out := make([]PairDetail, len(rows))
	for i := range rows {
		out[i] = PairDetail{MatchPair: rows[i].MatchPair, CampusName: rows[i].CampusName, LocalName: rows[i].LocalName}
		if rows[i].PairingID != nil {
			out[i].Status = pairs.StatusAt(rows[i].Pairing, s.Now())
		}
	}
	return page.Cut(out, req.Size(), listPairs, func(d PairDetail) []int64 { return []int64{d.CampusOrgID, d.LocalOrgID} }), nil
}

// below narrows to the pairs of an organisation and all below it.
func below(q *gorm.DB, top model.Org) *gorm.DB {
	end := access.PathEnd(top.Path)
	unit := slices.Contains([]model.OrgKind{model.OrgLeagueBranch, model.OrgCommunity}, top.Kind) // nothing is below these
	switch side := top.Kind.Side(); {
	case unit && side == model.SideCampus:
		return q.Where("p.campus_org_id = ?", top.ID)
	case unit:
		return q.Where("p.local_org_id = ?", top.ID)
	case side == model.SideCampus:
		return q.Where("campus.path >= ? AND campus.path < ?", top.Path, end)
	case side == model.SideLocal:
		return q.Where("host.path >= ? AND host.path < ?", top.Path, end)
	}
	return q.Where("((campus.path >= ? AND campus.path < ?) OR (host.path >= ? AND host.path < ?))", top.Path, end, top.Path, end)
}

// pairScene checks that the actor may read the pairings of an organisation, and that the round is one of pairing and out.
func (s *Service) pairScene(db *gorm.DB, actor access.Actor, id, orgID int64) (model.Org, model.MatchRound, error) {
	if err := actor.Require(access.PairingRead); err != nil {
		return model.Org{}, model.MatchRound{}, err
	}
	row, err := find(db, id)
	if err == nil && (row.Kind != model.RoundPairing || !actor.Sees(object(row))) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return model.Org{}, row, err
	}
	top, err := org.ByID(db, orgID)
	if err == nil {
		err = actor.Check(access.PairingRead, access.Object{Paths: []string{top.Path}, Public: true})
	}
	if err == nil && !row.Out() {
		err = ErrNotRun
	}
	return top, row, err
}

// PairWhy is what a unit asks of a round: why these, and why not the next.
type PairWhy struct {
	Org     model.Org
	Side    string // of the unit
	Places  int64
	Answers []PairAnswer
}

// PairAnswer is the answer about one of the other side.
type PairAnswer struct {
	pairing.Answer
	Other model.Org
}

// missed is how many of those that a unit did not get are explained.
const missed = 20

// PairsWhy answers a unit that took part: all that it got, and the first of what it did not get, each with the reason.
// The errors are those of Pairs; fault.ErrNotFound for a unit that did not take part.
func (s *Service) PairsWhy(ctx context.Context, actor access.Actor, id, orgID int64) (PairWhy, error) {
	db := s.DB.WithContext(ctx)
	unit, row, err := s.pairScene(db, actor, id, orgID)
	if err == nil && row.ForgottenAt != nil {
		err = ErrForgotten
	}
	if err != nil {
		return PairWhy{}, err
	}
	w, err := s.pairsWhy(ctx, &row, unit)
	return w, unforgotten(db, &row, err)
}

func (s *Service) pairsWhy(ctx context.Context, row *model.MatchRound, unit model.Org) (PairWhy, error) {
	db := s.DB.WithContext(ctx)
	w, own, others := PairWhy{Org: unit, Side: pairs.Campus}, int64(model.SideAsking), int64(model.SideGiving)
	if unit.Kind.Side() == model.SideLocal {
		w.Side, own, others = pairs.Local, others, own
	}
	seq, err := numbered(db, row.ID, own, unit.ID)
	if err == nil && seq < 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return PairWhy{}, err
	}
	g, book, err := s.pairBook(ctx, row)
	if err != nil {
		return PairWhy{}, err
	}
	var answers []pairing.Answer
	if w.Side == pairs.Campus {
		w.Places, answers = int64(g.Branches[seq].Places), book.OfBranch(int32(seq), missed) //nolint:gosec // bounded
	} else {
		w.Places, answers = int64(g.Communities[seq].Places), book.OfCommunity(int32(seq), missed) //nolint:gosec // bounded
	}
	w.Answers, err = s.named(db, row.ID, others, answers)
	return w, err
}

// pairBook makes the book of a round from what is stored of it.
func (s *Service) pairBook(ctx context.Context, row *model.MatchRound) (*pairGame, *pairing.Book, error) {
	game, err := s.load(ctx, row)
	if err != nil {
		return nil, nil, err
	}
	g, ok := game.(*pairGame)
	if !ok {
		return nil, nil, fault.ErrNotFound
	}
	refs, err := (&hold{s: s, row: *row}).bothRefs(ctx)
	if err != nil {
		return nil, nil, err
	}
	out, err := s.pairResult(ctx, row, refs)
	if err != nil {
		return nil, nil, err
	}
	book, err := pairing.NewBook(&g.Input, &out)
	return g, book, err
}

// pairResult reads what came of a round.
func (s *Service) pairResult(ctx context.Context, row *model.MatchRound, refs [2][]int64) (out pairing.Result, err error) {
	db := s.DB.WithContext(ctx)
	var rows []model.MatchPair
	err = db.Select("campus_org_id", "local_org_id", "kind").Where("round_id = ?", row.ID).Order("campus_org_id, local_org_id").Find(&rows).Error
	if err != nil {
		return out, fmt.Errorf("read pairs of a round: %w", err)
	}
	var cutoffs []int64
	err = db.Model(&model.RoundInput{}).Where("round_id = ? AND side = ?", row.ID, model.SideGiving).Order("seq").Pluck("cutoff", &cutoffs).Error
	if err != nil {
		return out, fmt.Errorf("read cut-offs of a round: %w", err)
	}
	for _, c := range cutoffs {
		out.Cutoffs = append(out.Cutoffs, uint32(c)) //nolint:gosec // was one
	}
	for _, p := range rows {
		b, okB := slices.BinarySearch(refs[model.SideAsking], p.CampusOrgID)
		c, okC := slices.BinarySearch(refs[model.SideGiving], p.LocalOrgID)
		if okB && okC {
			out.Pairs = append(out.Pairs, pairing.Match{Pair: pairing.Pair{Branch: int32(b), Community: int32(c)}, Kept: p.Kind == model.PairKept}) //nolint:gosec // bounded
		}
	}
	return out, nil
}

// named puts the organisations of the other side to the answers.
func (s *Service) named(db *gorm.DB, round, side int64, answers []pairing.Answer) ([]PairAnswer, error) {
	of := func(a *pairing.Answer) int64 {
		if side == model.SideGiving {
			return int64(a.Community)
		}
		return int64(a.Branch)
	}
	seqs := make([]int64, len(answers))
	for i := range answers {
		seqs[i] = of(&answers[i])
	}
	var rows []struct {
		Seq int64
		model.Org
	}
	err := db.Table("round_inputs AS i").Joins("JOIN orgs AS o ON o.id = i.ref_id").Select("i.seq, o.*").
		Where("i.round_id = ? AND i.side = ? AND i.seq IN ?", round, side, append(seqs, -1)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read units of a round: %w", err)
	}
	at := map[int64]model.Org{}
	for _, r := range rows {
		at[r.Seq] = r.Org
	}
	out := make([]PairAnswer, len(answers))
	for i := range answers {
		out[i] = PairAnswer{answers[i], at[of(&answers[i])]}
	}
	return out, nil
}

// numbered reads the number that a unit has in a frozen round, -1 when it does not take part.
func numbered(db *gorm.DB, round, side, ref int64) (int64, error) {
	var seq []int64
	err := db.Model(&model.RoundInput{}).Where("round_id = ? AND side = ? AND ref_id = ?", round, side, ref).Limit(1).Pluck("seq", &seq).Error
	if err != nil {
		return -1, fmt.Errorf("read input of round: %w", err)
	}
	if len(seq) == 0 {
		return -1, nil
	}
	return seq[0], nil
}
