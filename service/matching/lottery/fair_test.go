package lottery_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"baodao/service/matching/lottery"
)

// rare is the chance below which a deviation counts as a bias. The seeds are fixed: the test gives the same answer always.
const rare = 1e-6

// chance is the probability of a chi-square of at least x with an even number of degrees of freedom.
func chance(x float64, degrees int) float64 {
	sum, term := 0.0, 1.0
	for i := range degrees / 2 {
		if i > 0 {
			term *= x / 2 / float64(i)
		}
		sum += term
	}
	return math.Exp(-x/2) * sum
}

// chiSquare compares counts with shares of n.
func chiSquare(counts []int, shares []float64, n int) (x float64) {
	for i, share := range shares {
		want := share * float64(n)
		x += (float64(counts[i]) - want) * (float64(counts[i]) - want) / want
	}
	return x
}

// draws draws many lotteries and calls with the places of each: index of the entry by place.
func draws(t *testing.T, weights []int64, n int, each func(places []int)) {
	t.Helper()
	entries := make([]lottery.Entry, len(weights))
	for i, w := range weights {
		entries[i] = lottery.Entry{ID: int64(i) + 1, Weight: w, Seats: 1}
	}
	places := make([]int, len(weights))
	for i := range n {
		seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		for place, id := range mustOrder(t, seed, lottery.Stake{ActivityID: 1, PositionID: 1}, entries) {
			places[place] = int(id) - 1
		}
		each(places)
	}
}

func TestTheFirstPlaceGoesByWeight(t *testing.T) {
	t.Parallel()
	const n = 40_000
	for _, weights := range [][]int64{{1, 1, 1}, {1, 2, 3, 5, 9}, {1000, 1, 999, 1000, 500, 250, 1000}, {1, 1, 1, 1, 1, 1, 1, 1, 1000}} {
		t.Run(fmt.Sprint(weights), func(t *testing.T) {
			t.Parallel()
			total := int64(0)
			for _, w := range weights {
				total += w
			}
			shares, counts := make([]float64, len(weights)), make([]int, len(weights))
			for i, w := range weights {
				shares[i] = float64(w) / float64(total)
			}
			draws(t, weights, n, func(places []int) { counts[places[0]]++ })
			if p := chance(chiSquare(counts, shares, n), len(weights)-1); p < rare {
				t.Errorf("first places %v of %d, shares %.4f: chance %g", counts, n, shares, p)
			}
		})
	}
}

// TestTheSecondPlaceGoesByTheWeightsLeft looks at the second place for each first one: two degrees of freedom for each.
func TestTheSecondPlaceGoesByTheWeightsLeft(t *testing.T) {
	t.Parallel()
	weights := []int64{1, 2, 4, 7}
	var counts [4][4]int
	draws(t, weights, 60_000, func(places []int) { counts[places[0]][places[1]]++ })
	sum := 0.0
	for first, w := range weights {
		var seconds []int
		var shares []float64
		n := 0
		for second, v := range weights {
			if second != first {
				seconds, shares = append(seconds, counts[first][second]), append(shares, float64(v)/float64(14-w))
				n += counts[first][second]
			}
		}
		sum += chiSquare(seconds, shares, n)
	}
	if p := chance(sum, 8); p < rare {
		t.Errorf("second places by first %v: chance %g", counts, p)
	}
}

func TestTheJudgeItselfKnowsABias(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]float64{9.488: 0.05, 13.277: 0.01} { // from a printed table, 4 degrees of freedom
		if got := chance(x, 4); math.Abs(got-want) > 1e-4 {
			t.Errorf("chance of %g: %g, want %g", x, got, want)
		}
	}
	if p := chance(chiSquare([]int{13_000, 13_500, 13_500}, []float64{1. / 3, 1. / 3, 1. / 3}, 40_000), 2); p < rare {
		t.Error("an ordinary deviation is called a bias")
	}
	if p := chance(chiSquare([]int{12_600, 13_700, 13_700}, []float64{1. / 3, 1. / 3, 1. / 3}, 40_000), 2); p >= rare {
		t.Error("a bias is not seen")
	}
}
