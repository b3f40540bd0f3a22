package check

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"math"
	"math/bits"
	"sort"
	"strconv"

	"baodao/service/matching/pairing"
)

// sphere is the radius of the earth in metres, as the rules have it.
const sphere = 6371008

// point is where degrees in millionths are, in metres.
func point(latE6, lonE6 int32) (x, y, z float64) {
	phi, lambda := float64(latE6)/1e6*math.Pi/180, float64(lonE6)/1e6*math.Pi/180
	return math.Round(sphere * (math.Cos(phi) * math.Cos(lambda))), math.Round(sphere * (math.Cos(phi) * math.Sin(lambda))), math.Round(sphere * math.Sin(phi))
}

// metres is the chord between the two, rounded down.
func (r *round) metres(p pairing.Pair) int64 {
	b, c := &r.in.Branches[p.Branch], &r.in.Communities[p.Community]
	x, y, z := point(b.LatE6, b.LonE6)
	u, v, w := point(c.LatE6, c.LonE6)
	square := int64((x-u)*(x-u) + (y-v)*(y-v) + (z-w)*(z-w))
	root := int64(math.Sqrt(float64(square)))
	for root*root > square {
		root--
	}
	for (root+1)*(root+1) <= square {
		root++
	}
	return root
}

// allowed says whether the round may give a pair.
func (r *round) allowed(p pairing.Pair) bool {
	d := r.metres(p)
	return !r.renewed[p] && !r.never[p] && d <= int64(r.in.Radius) && d <= int64(r.in.Branches[p.Branch].Limit)
}

// points are nearness, wanted skills and staying: what counts for both sides.
func (r *round) points(p pairing.Pair) int64 {
	radius := int64(r.in.Radius)
	sum, want := 3500*(radius-r.metres(p))/radius, r.in.Communities[p.Community].Want
	if n := int64(bits.OnesCount32(want)); n > 0 {
		sum += 2000 * int64(bits.OnesCount32(want&r.in.Branches[p.Branch].Skills)) / n
	} else {
		sum += 1000
	}
	if r.former[p] {
		sum += 500
	}
	return sum
}

// worth is the score of a pair for the branch.
func (r *round) worth(p pairing.Pair) int64 {
	return r.points(p) + 100*int64(r.in.Communities[p.Community].Urgency)
}

// key is the priority of a branch at a community: band, then lottery.
func (r *round) key(p pairing.Pair) int64 {
	return r.points(p)/250*(1<<24) + (1<<24 - 1 - r.ranks[p.Branch])
}

// lottery draws the ranks of n branches: the order of the first eight bytes of HMAC-SHA256(seed, decimal id), ties by id.
func lottery(seed []byte, n int) []int64 {
	numbers, order, ranks := make([][]byte, n), make([]int, n), make([]int64, n)
	for id := range numbers {
		mac := hmac.New(sha256.New, seed)
		_, _ = mac.Write([]byte(strconv.Itoa(id))) // a hash takes everything
		numbers[id], order[id] = mac.Sum(nil)[:8], id
	}
	sort.SliceStable(order, func(i, j int) bool { return bytes.Compare(numbers[order[i]], numbers[order[j]]) < 0 })
	for rank, id := range order {
		ranks[id] = int64(rank)
	}
	return ranks
}
