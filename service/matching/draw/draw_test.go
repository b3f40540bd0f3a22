package draw_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"testing"

	"baodao/service/matching/draw"
	"baodao/service/matching/score"
)

// The lottery is a permutation, by the standard HMAC, for short and long seeds and any number of workers.
func TestRanks(t *testing.T) {
	t.Parallel()
	for _, seed := range [][]byte{{1}, bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{9}, 64), bytes.Repeat([]byte{3}, 100)} {
		const n = 3000
		numbers := make([]uint64, n)
		for id := range numbers {
			h := hmac.New(sha256.New, seed)
			h.Write([]byte(strconv.Itoa(id)))
			numbers[id] = binary.BigEndian.Uint64(h.Sum(nil))
		}
		for _, workers := range []int{0, 1, 2, 8} {
			ranks, err := draw.Ranks(seed, n, workers)
			if err != nil {
				t.Fatal(err)
			}
			order := make([]int, n)
			for id, rank := range ranks {
				order[rank] = id
			}
			if !slices.IsSortedFunc(order, func(a, b int) int {
				if numbers[a] < numbers[b] {
					return -1
				}
				return 1
			}) {
				t.Fatalf("%d workers: not in the order of the numbers", workers)
			}
			slices.Sort(order)
			for id := range order {
				if order[id] != id {
					t.Fatalf("%d workers: student %d has no rank of their own", workers, id)
				}
			}
		}
	}
	if _, err := draw.Ranks([]byte{1}, score.MaxStudents+1, 1); err == nil {
		t.Error("more students than ranks")
	}
}
