package round

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/explain"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
	"baodao/service/programme"
)

// Why is the answer to a student who asks why not this position.
type Why struct {
	explain.Answer
	Number  int64    // of the student in the files of the round
	Place   int64    // number of the position
	Missing []string // names of the required skills that are not there
	ZH, EN  string
}

// WhyNot answers a student from what the round has stored. ErrNotOut before the round is published, ErrNotIn for who or what did
// not take part, ErrForgotten when the key of the round is gone.
func (s *Service) WhyNot(ctx context.Context, actor access.Actor, id, positionID int64) (Why, error) {
	if err := actor.Require(access.MatchAsk); err != nil {
		return Why{}, err
	}
	db := s.DB.WithContext(ctx)
	row, err := find(db, id)
	switch {
	case err != nil:
		return Why{}, err
	case !public(row):
		return Why{}, fault.ErrNotFound
	case !row.Out():
		return Why{}, ErrNotOut
	case row.Kind != model.RoundPositions || actor.StudentID == 0:
		return Why{}, ErrNotIn
	}
	var w Why
	q, err := s.question(db, &row, actor.StudentID, positionID)
	if err == nil {
		w, err = q.answer(db)
	}
	return w, unforgotten(db, &row, err)
}

// question is what is stored of a student, of friends, of a position, and of the place that they got.
type question struct {
	row      *model.MatchRound
	round    score.Round
	own      int64 // number of the student
	asked    *model.RoundInput
	got      *model.RoundInput // nil without a place, or the same as asked
	givers   map[int64]giver   // by number
	askers   []asker           // the student, or all friends, by rising number
	rank     uint32            // of the first of them
	declined bool              // the asked position was proposed, and came to nothing
	placed   bool
}

type giver struct {
	score.Position
	audience uint32
}

type asker struct {
	score.Student
	seq     int64
	open    bool
	blocked []int32
	wishes  []int32
}

func (s *Service) question(db *gorm.DB, row *model.MatchRound, student, position int64) (*question, error) {
	q := &question{row: row, givers: map[int64]giver{}}
	var err error
	if q.round, err = roundOf(row); err != nil {
		return nil, err
	}
	key, err := s.key(db, row.ID)
	if err != nil {
		return nil, err
	}
	friends, err := membersOf(db, row.ID, student)
	if err != nil {
		return nil, err
	}
	refs, proposal, err := q.proposal(db, student, position)
	if err != nil {
		return nil, err
	}
	var rows []model.RoundInput
	err = db.Where("round_id = ? AND (side = ? AND ref_id IN ? OR side = ? AND ref_id IN ?)", row.ID, model.SideAsking, friends, model.SideGiving, refs).
		Order("side, seq").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read inputs of match round: %w", err)
	}
	q.own = -1
	for i := range rows {
		r := &rows[i]
		in, err := opened(key, r)
		if err == nil {
			err = q.take(in, r)
		}
		if err != nil {
			return nil, err
		}
		switch {
		case r.Side == model.SideAsking && r.RefID == student:
			q.own = r.Seq
		case r.Side == model.SideGiving && r.RefID == position:
			q.asked = r
		case r.Side == model.SideGiving && r.RefID == proposal:
			q.got = r
		}
	}
	if q.own < 0 || q.asked == nil {
		return nil, ErrNotIn
	}
	q.rank, err = rankOf(db, row.ID, q.askers[0].seq)
	return q, err
}

// proposal finds the place that the student got: its id and that of the asked position.
func (q *question) proposal(db *gorm.DB, student, position int64) (refs []int64, got int64, err error) {
	var rows []model.MatchProposal
	if err := db.Where("round_id = ? AND student_id = ?", q.row.ID, student).Limit(1).Find(&rows).Error; err != nil {
		return nil, 0, fmt.Errorf("read proposal: %w", err)
	}
	refs = []int64{position}
	for _, p := range rows {
		q.placed, got = true, p.PositionID
		q.declined = got == position && (p.Status == model.ProposalRejected || p.Status == model.ProposalLapsed)
		refs = append(refs, got)
	}
	return refs, got, nil
}

// rankOf is the place of one of the asking side in the lottery.
func rankOf(db *gorm.DB, round, seq int64) (uint32, error) {
	var row model.RoundRanks
	if err := db.Where("round_id = ? AND chunk = ?", round, seq/model.RanksChunk).First(&row).Error; err != nil {
		return 0, fmt.Errorf("read lottery: %w", err)
	}
	return binary.BigEndian.Uint32(row.Ranks[4*(seq%model.RanksChunk):]), nil
}

// take parses one stored line.
func (q *question) take(in Input, r *model.RoundInput) error {
	var m more
	if in.More != "" {
		if err := json.Unmarshal([]byte(in.More), &m); err != nil {
			return fmt.Errorf("input of match round: %w", err)
		}
	}
	line := strings.NewReader("header\n0," + in.Line + "\n")
	if r.Side == model.SideGiving {
		all, err := files.ReadPositions(line)
		if err != nil {
			return fmt.Errorf("input of match round: %w", err)
		}
		all[0].Partners, all[0].Reserved = m.Partners, m.Reserved
		q.givers[r.Seq] = giver{Position: all[0], audience: m.Audience}
		return nil
	}
	all, err := files.ReadStudents(line)
	if err != nil {
		return fmt.Errorf("input of match round: %w", err)
	}
	a := asker{Student: all[0], seq: r.Seq, open: m.Open, blocked: m.Blocked}
	a.wishes, err = appendWishes(nil, in.Wishes, score.MaxPositions)
	q.askers = append(q.askers, a)
	return err
}

// answer asks a book of the few who matter: the same that explains a whole round.
func (q *question) answer(db *gorm.DB) (Why, error) {
	a := q.book().Why(q.me(), q.index(q.asked.Seq))
	a.Silent = len(q.askers) > 1 && q.round.Season == score.Vacation // else friends could reckon where the others live
	if q.declined && a.Reason == explain.Placed {
		a.Reason = explain.Declined
	}
	if a.Reason == explain.NotEligible && len(q.askers) > 1 {
		all := a
		if a = q.alone(all); a.Misfits == 0 {
			a.Reason, a.Misfits, a.Points = all.Reason, all.Misfits, all.Points
			return Why{Answer: a, Number: q.own, Place: q.asked.Seq, ZH: ofFriendsZH + "。", EN: "Not eligible: " + ofFriendsEN + "."}, nil
		}
	}
	w := Why{Answer: a, Number: q.own, Place: q.asked.Seq}
	if a.Misfits&score.MissingSkill == 0 {
		w.ZH, w.EN = a.Words()
		return w, nil
	}
	policy, err := programme.PolicyOf(db, q.row.ProgrammeID)
	if err != nil {
		return w, err
	}
	skills, audience := policy.SkillItems(), q.givers[q.asked.Seq].audience
	w.Missing = skillNames(skills, a.Missing&^audience)
	w.ZH, w.EN = a.WordsWith(lacking(skills, audience))
	return w, nil
}

// alone answers for the student without the friends, by the same wish: what keeps a friend away is the friend's to read.
func (q *question) alone(group explain.Answer) explain.Answer {
	me, p := &q.askers[q.me()], q.givers[q.asked.Seq].Position
	return explain.Why(&explain.Question{
		Round: &q.round, Position: &p, Student: &me.Student, Wish: group.Wish, Got: group.Got, Rank: group.Lottery, Cutoff: group.LastKey, Apart: p.OfAny(me.blocked),
	})
}

// me is the student's place among the friends.
func (q *question) me() int32 {
	return int32(slices.IndexFunc(q.askers, func(a asker) bool { return a.seq == q.own })) //nolint:gosec // at most four
}

// index is the place of a position among the few: asked and granted by rising number, then one that stands for all others.
func (q *question) index(seq int64) int32 {
	few := q.few()
	if i := slices.IndexFunc(few, func(r *model.RoundInput) bool { return r.Seq == seq }); i >= 0 {
		return int32(i) //nolint:gosec // at most two
	}
	return int32(len(few)) //nolint:gosec // at most two
}

func (q *question) few() []*model.RoundInput {
	few := []*model.RoundInput{q.asked}
	if q.got != nil {
		few = append(few, q.got)
	}
	slices.SortFunc(few, func(a, b *model.RoundInput) int { return cmp.Compare(a.Seq, b.Seq) })
	return few
}

func (q *question) book() *explain.Book {
	in, out := &score.Instance{Round: q.round, Blocked: map[int32][]int32{}}, &score.Outcome{}
	for i, r := range q.few() {
		in.Positions = append(in.Positions, q.givers[r.Seq].Position)
		out.Cutoffs, out.Closed = append(out.Cutoffs, uint32(r.Cutoff)), append(out.Closed, r.Closed) //nolint:gosec // a key
		if in.Positions[i].Reserved > 0 {
			out.Partners = append(out.Partners, score.PartnerCutoff{Position: int32(i), Cutoff: uint32(r.Kept)}) //nolint:gosec // a key
		}
	}
	place := int32(score.None)
	switch {
	case q.got != nil:
		place = q.index(q.got.Seq)
	case q.placed:
		place = q.index(q.asked.Seq)
	}
	lists := score.NewLists(len(q.askers), score.MaxList)
	ranks := make([]uint32, len(q.askers))
	for i, a := range q.askers {
		in.Students, out.Place = append(in.Students, a.Student), append(out.Place, place)
		in.Open, in.Blocked[int32(i)] = append(in.Open, a.open), a.blocked
		for n, wish := range a.wishes[:len(a.wishes)-1] {
			lists.Wishes[i*lists.Width+n] = score.NewWish(q.index(int64(wish)), 0)
		}
	}
	ranks[0] = q.rank
	return explain.NewBook(in, lists, out, ranks, false)
}
