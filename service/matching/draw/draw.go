// Package draw makes the one lottery of a round, which breaks every tie at every position. Anyone who has the published
// seed can draw it again: the rank of a student is the place of the first eight bytes of HMAC-SHA256(seed, decimal id)
// among those of all students, ties by the lower id.
package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"baodao/service/matching/score"
)

// ticket is one student's number.
type ticket struct {
	number uint64
	id     uint32
}

// Ranks draws for the students 0 to n-1: the rank of each, 0 is the best. workers only changes how long it takes.
func Ranks(seed []byte, n, workers int) ([]uint32, error) {
	if n > score.MaxStudents {
		return nil, fmt.Errorf("%d students: a round holds at most %d", n, score.MaxStudents)
	}
	tickets := make([]ticket, n)
	workers = max(1, workers)
	var wg sync.WaitGroup
	for w := range workers {
		part := tickets[n*w/workers : n*(w+1)/workers]
		wg.Go(func() { number(seed, part, n*w/workers) })
	}
	wg.Wait()
	ranks := make([]uint32, n)
	for rank, t := range sorted(tickets) {
		ranks[t.id] = uint32(rank)
	}
	return ranks, nil
}

// blockSize is the block of SHA-256.
const blockSize = 64

// number writes the tickets of the students from first on. It is HMAC-SHA256 written out, because the standard one
// allocates and saves its state for each message.
func number(seed []byte, tickets []ticket, first int) {
	key := seed
	if len(key) > blockSize {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	var inner, outer [blockSize + 32]byte
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range blockSize {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	for i := range tickets {
		message := strconv.AppendInt(inner[:blockSize], int64(first+i), 10)
		sum := sha256.Sum256(message)
		copy(outer[blockSize:], sum[:])
		sum = sha256.Sum256(outer[:])
		tickets[i] = ticket{number: binary.BigEndian.Uint64(sum[:]), id: uint32(first + i)} //nolint:gosec // bounded
	}
}

// sorted orders the tickets: one pass by the leading bits into a second array, then each small heap by itself.
func sorted(tickets []ticket) []ticket {
	const bits = 12
	var start [1<<bits + 1]int
	for _, t := range tickets {
		start[t.number>>(64-bits)+1]++
	}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	out := make([]ticket, len(tickets))
	next := start
	for _, t := range tickets {
		b := t.number >> (64 - bits)
		out[next[b]] = t
		next[b]++
	}
	for b := range 1 << bits {
		slices.SortFunc(out[start[b]:start[b+1]], func(a, b ticket) int {
			switch {
			case a.number < b.number:
				return -1
			case a.number > b.number:
				return 1
			default:
				return int(a.id) - int(b.id)
			}
		})
	}
	return out
}
