package signup

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// errSeatsMoved says that somebody changed a position without its lock.
var errSeatsMoved = errors.New("the seats of a position were changed by somebody without its lock")

// seats are the seats of a locked position, as they were read and as they are to become.
type seats struct {
	model.Position
	was model.Position

	lapsed bool // offers that nobody answered are taken back
	held   bool // a group that waits holds up everybody, see fill

	limitless bool // only in a test that shows what happens then
}

// kept is how many free seats are kept for paired branches.
func (p *seats) kept(e *event, now time.Time) int64 { return p.Kept(e.PairedUntil, now) }

// free is how many seats a student may have now.
func (p *seats) free(e *event, paired bool, now time.Time) int64 {
	if p.limitless {
		return 1 << 30
	}
	left := p.Capacity - p.Taken
	if !paired {
		left -= p.kept(e, now)
	}
	return max(0, left)
}

// open is how many seats a student who comes now may have: none that somebody waits for. While others wait, seats that are
// kept for paired branches are free only because nobody there may have them, unless a group holds up everybody.
func (p *seats) open(e *event, paired bool, now time.Time) int64 {
	switch {
	case p.Waiting == 0 || !now.Before(e.cutoff()):
		return p.free(e, paired, now)
	case paired && !p.held:
		return p.kept(e, now)
	default:
		return 0
	}
}

// take gives a seat; offered says that it is held for an answer.
func (p *seats) take(paired, offered bool) {
	p.Taken++
	if paired {
		p.PairedTaken++
	}
	if offered {
		p.Held++
	}
}

// giveBack frees the seat of a signup.
func (p *seats) giveBack(row *model.Signup) {
	p.Taken--
	if row.Paired {
		p.PairedTaken--
	}
	if row.Status == model.SignupOffered {
		p.Held--
	}
}

// queue gives a signup the next number of the waiting list.
func (p *seats) queue() int64 {
	p.Waiting++
	p.QueueNo++
	return p.QueueNo
}

// save writes what changed, if the position still is as it was read and no seat is given that is not there. It is the one
// statement by which seats are given.
func (p *seats) save(tx *gorm.DB) error {
	if p.Position == p.was {
		return nil
	}
	q := tx.Model(&model.Position{}).Where("id = ? AND taken = ? AND queue_no = ? AND waiting = ?", p.ID, p.was.Taken, p.was.QueueNo, p.was.Waiting)
	if p.Taken > p.was.Taken && !p.limitless {
		q = q.Where("capacity >= ?", p.Taken)
	}
	res := q.UpdateColumns(map[string]any{
		"taken": p.Taken, "paired_taken": p.PairedTaken, "held": p.Held, "waiting": p.Waiting, "queue_no": p.QueueNo,
	})
	if res.Error != nil {
		return fmt.Errorf("save seats: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return fmt.Errorf("save seats of position %d: %w", p.ID, errSeatsMoved)
	}
	p.was = p.Position
	return nil
}
