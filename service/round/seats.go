package round

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/score"
	"baodao/service/signup"
)

// Team is the answer to a host who asks why these.
type Team struct {
	Rule   string
	Place  int64 // number of the position in the files of the round
	Seats  int64 // that the round had to give
	Input  model.RoundInput
	Last   *Key // of the last who holds a seat for everybody; nil while seats were free
	Own    *Key // of the last paired one where seats are kept for them; nil while such were free
	People []Seat
}

// Key is a place in the order of one position.
type Key struct {
	Band    uint8
	Lottery uint32
}

// Seat is one proposal, by the order in which seats were given.
type Seat struct {
	model.MatchProposal
	Student signup.Student // name and number masked
}

// Seats answers a host from what the round has stored, and those who look after the host or the round.
func (s *Service) Seats(ctx context.Context, actor access.Actor, id, positionID int64) (Team, error) {
	if err := actor.Require(access.MatchSeats); err != nil {
		return Team{}, err
	}
	db := s.DB.WithContext(ctx)
	row, err := find(db, id)
	if err == nil && !public(row) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Team{}, err
	}
	if err := s.maySeeSeats(db, actor, row, positionID); err != nil {
		return Team{}, err
	}
	if !row.Out() {
		return Team{}, ErrNotOut
	}
	t, err := s.seats(db, &row, positionID)
	return t, unforgotten(db, &row, err)
}

// maySeeSeats checks that the actor stands for the host or above it, or runs the round.
func (s *Service) maySeeSeats(db *gorm.DB, actor access.Actor, row model.MatchRound, positionID int64) error {
	var paths []string
	err := db.Table("positions AS p").Joins("JOIN activities AS a ON a.id = p.activity_id").Joins("JOIN orgs AS o ON o.id = a.host_org_id").
		Where("p.id = ?", positionID).Pluck("o.path", &paths).Error
	if err != nil {
		return fmt.Errorf("read host of position: %w", err)
	}
	if len(paths) == 0 {
		return fault.ErrNotFound
	}
	return actor.Check(access.MatchSeats, access.Object{Paths: append(paths, row.ScopePath), Read: access.MatchSeats})
}

func (s *Service) seats(db *gorm.DB, row *model.MatchRound, positionID int64) (Team, error) {
	var rows []model.RoundInput
	if err := db.Where("round_id = ? AND side = ? AND ref_id = ?", row.ID, model.SideGiving, positionID).Limit(1).Find(&rows).Error; err != nil {
		return Team{}, fmt.Errorf("read input of match round: %w", err)
	}
	if len(rows) == 0 || row.Kind != model.RoundPositions {
		return Team{}, ErrNotIn
	}
	key, err := s.key(db, row.ID)
	if err != nil {
		return Team{}, err
	}
	in, err := opened(key, &rows[0])
	if err != nil {
		return Team{}, err
	}
	q := &question{row: row, givers: map[int64]giver{}}
	if err := q.take(in, &rows[0]); err != nil {
		return Team{}, err
	}
	at := q.givers[rows[0].Seq]
	t := Team{Rule: row.Rule, Place: rows[0].Seq, Seats: int64(at.Cap), Input: rows[0], Last: keyOf(rows[0].Cutoff)}
	if at.Reserved > 0 {
		t.Own = keyOf(rows[0].Kept)
	}
	t.People, err = s.people(db, row.ID, positionID)
	return t, err
}

// keyOf takes a cut-off apart; seats were free where it is 0, and nobody but paired ones got one where it is the highest.
func keyOf(cutoff int64) *Key {
	if cutoff == 0 || cutoff == score.Nobody {
		return nil
	}
	band, rank := score.OfKey(uint32(cutoff)) //nolint:gosec // a key
	return &Key{Band: band, Lottery: rank}
}

func (s *Service) people(db *gorm.DB, round, positionID int64) ([]Seat, error) {
	var rows []model.MatchProposal
	err := db.Where("round_id = ? AND position_id = ?", round, positionID).Order("band DESC, lottery, student_id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, p := range rows {
		ids[i] = p.StudentID
	}
	students, err := signup.Students(db, s.Vault, false, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]Seat, len(rows))
	for i, p := range rows {
		out[i] = Seat{MatchProposal: p, Student: students[p.StudentID]}
	}
	return out, nil
}
