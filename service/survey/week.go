package survey

import (
	"math/bits"
	"time"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/matching/score"
)

// Week is a set of blocks of the week: bit day*6+block, Monday 0, six blocks of two hours from eight to twenty o'clock in
// China.
type Week uint64

// blocksADay and the hours of the day that blocks cover.
const (
	blocksADay = score.Slots / 7
	firstHour  = 8
	blockHours = 2
)

// Len is how many blocks there are.
func (w Week) Len() int { return bits.OnesCount64(uint64(w)) }

// Blocks are those that a time touches, [from, to). What lies before the first block of a day or after the last counts for
// that block. Seven days and more touch everything.
func Blocks(from, to time.Time) Week {
	if !from.Before(to) {
		return 0
	}
	if to.Sub(from) >= 7*24*time.Hour {
		return 1<<score.Slots - 1
	}
	var w Week
	last := blockOf(to.Add(-time.Nanosecond))
	for at := from; ; at = nextBlock(at) {
		b := blockOf(at)
		w |= 1 << b
		if b == last && to.Sub(at) <= 24*time.Hour {
			return w
		}
	}
}

// blockOf is the block that an instant counts for.
func blockOf(t time.Time) int {
	t = t.In(clock.China())
	day := (int(t.Weekday()) + 6) % 7
	return day*blocksADay + min(max(t.Hour()-firstHour, 0)/blockHours, blocksADay-1)
}

// nextBlock is the first instant that counts for the block after the one of t.
func nextBlock(t time.Time) time.Time {
	t = t.In(clock.China())
	block := min(max(t.Hour()-firstHour, 0)/blockHours, blocksADay-1)
	if block == blocksADay-1 {
		return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, clock.China())
	}
	return time.Date(t.Year(), t.Month(), t.Day(), firstHour+(block+1)*blockHours, 0, 0, 0, clock.China())
}

// weekOf is the union of the blocks that sessions touch, and the most that one of them touches.
func weekOf(sessions []model.Session) (w Week, most int) {
	for _, s := range sessions {
		one := Blocks(s.StartsAt, s.EndsAt)
		w |= one
		most = max(most, one.Len())
	}
	return w, most
}

// Block is the set of one block; nothing outside the week.
func Block(day, block int) Week {
	if day < 0 || day > 6 || block < 0 || block >= blocksADay {
		return 0
	}
	return 1 << (day*blocksADay + block)
}

// Rows draws a set as seven rows of six marks, 1 for a block that is in it.
func (w Week) Rows() []string {
	rows := make([]string, 7)
	for day := range rows {
		for block := range blocksADay {
			mark := "0"
			if w&Block(day, block) != 0 {
				mark = "1"
			}
			rows[day] += mark
		}
	}
	return rows
}
