// Package lottery draws an order by weights that anyone can draw again and compare. It knows no database, no clock and no
// network: the same seed, stake and entries give the same order, on every machine and in every language. The algorithm
// is written down in docs/lottery.md; a change of it is a new name.
package lottery

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
)

// Algorithm is the name of what this package does. It is part of everything that is hashed.
const Algorithm = "baodao-lottery-1"

// MaxWeight is the largest weight of an entry; the smallest is 1.
const MaxWeight = 1000

// What each hash begins with, so that none of them can be taken for another.
const (
	prefixCommit  = Algorithm + " commit\n"
	prefixEntries = Algorithm + " entries\n"
	prefixOrder   = Algorithm + " order\n"
)

// Stake is what is drawn for: the free seats of one position of one activity, as they were when the entries were closed.
type Stake struct {
	ActivityID int64
	PositionID int64
	Capacity   int64
}

// Entry is one who takes part: a student with one seat, or a group that signs up as one with a seat for each member.
type Entry struct {
	ID     int64 `json:"id,string"` // of the signup or group, never of a person
	Weight int64 `json:"weight"`    // 1 to 1000: chances grow in proportion
	Seats  int64 `json:"seats"`     // 1 or more
}

// Commit is what is published when the entries open: it fixes the seed and does not tell it.
func Commit(seed [32]byte) [32]byte {
	return sha256.Sum256(append([]byte(prefixCommit), seed[:]...))
}

// Digest is what is published when the entries close: it fixes everything but the seed that the result follows from.
// It hashes this text, entries by rising id, every line with its end:
//
//	baodao-lottery-1 entries
//	ACTIVITY:POSITION:CAPACITY
//	ID:WEIGHT:SEATS
func Digest(stake Stake, entries []Entry) [32]byte {
	text := make([]byte, 0, len(prefixEntries)+24*(len(entries)+1))
	text = append(text, prefixEntries...)
	text = line(text, stake.ActivityID, stake.PositionID, stake.Capacity)
	for _, e := range byID(entries) {
		text = line(text, e.ID, e.Weight, e.Seats)
	}
	return sha256.Sum256(text)
}

func line(text []byte, a, b, c int64) []byte {
	text = append(strconv.AppendInt(text, a, 10), ':')
	text = append(strconv.AppendInt(text, b, 10), ':')
	return append(strconv.AppendInt(text, c, 10), '\n')
}

// byID returns a copy in the one order that counts: the order in which entries came must not matter.
func byID(entries []Entry) []Entry {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return sorted
}

// Order draws all entries one after the other: each time one of those left, with the chance of its weight among theirs.
// It fails on a negative capacity, on ids below 1 or met twice, and on weights or seats out of range.
// No entries make an empty order.
func Order(seed [32]byte, stake Stake, entries []Entry) ([]int64, error) {
	if err := check(stake, entries); err != nil {
		return nil, err
	}
	sorted := byID(entries)
	left := newTree(sorted)
	numbers := newStream(seed, Digest(stake, entries))
	order := make([]int64, 0, len(sorted))
	for range sorted {
		order = append(order, sorted[left.take(below(left.total, numbers.next))].ID)
	}
	return order, nil
}

// check tells what is wrong with what shall be drawn.
func check(stake Stake, entries []Entry) error {
	if stake.ActivityID < 1 || stake.PositionID < 1 {
		return fmt.Errorf("activity %d, position %d: ids begin at 1", stake.ActivityID, stake.PositionID)
	}
	if stake.Capacity < 0 {
		return fmt.Errorf("capacity %d: want 0 or more", stake.Capacity)
	}
	seen := make(map[int64]bool, len(entries))
	for _, e := range entries {
		switch {
		case e.ID < 1:
			return fmt.Errorf("entry %d: ids begin at 1", e.ID)
		case seen[e.ID]:
			return fmt.Errorf("entry %d is there twice", e.ID)
		case e.Weight < 1 || e.Weight > MaxWeight:
			return fmt.Errorf("entry %d has weight %d: want 1 to %d", e.ID, e.Weight, MaxWeight)
		case e.Seats < 1:
			return fmt.Errorf("entry %d has %d seats: want 1 or more", e.ID, e.Seats)
		}
		seen[e.ID] = true
	}
	return nil
}

// Seats deals the seats out in the drawn order: an entry wins when all its seats fit into what is left, otherwise it waits
// at its place, and those after it may still fill what is left. Both lists keep the drawn order.
//
// So a group that does not fit whole is passed over here, and only here. The other rule, to stop at the first that does
// not fit, would leave seats empty that no waiting group can use, and one large group could keep everybody out. The rule
// is the same for all, needs no choice by anyone, and nobody who waits loses a place: the waiting list moves up strictly
// in its order. An id that is not among the entries waits.
func Seats(order []int64, entries []Entry, capacity int64) (winners, waiting []int64) {
	need := make(map[int64]int64, len(entries))
	for _, e := range entries {
		need[e.ID] = e.Seats
	}
	left := capacity
	for _, id := range order {
		if n := need[id]; n >= 1 && n <= left {
			winners, left = append(winners, id), left-n
			continue
		}
		waiting = append(waiting, id)
	}
	return winners, waiting
}
