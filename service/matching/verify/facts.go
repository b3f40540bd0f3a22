package verify

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"baodao/service/matching/score"
)

// sphere is the radius of the earth in metres, as the rules have it.
const sphere = 6371008

// misplaced says whether a record's point is not where its degrees say: each coordinate must be the rounded one.
func misplaced(latE6, lonE6, x, y, z int32) bool {
	phi, lambda := float64(latE6)/1e6*math.Pi/180, float64(lonE6)/1e6*math.Pi/180
	off := func(have int32, want float64) bool { return math.Abs(float64(have)-sphere*want) > 0.5+1e-6 }
	return off(x, math.Cos(phi)*math.Cos(lambda)) || off(y, math.Cos(phi)*math.Sin(lambda)) || off(z, math.Sin(phi))
}

// metres is the chord between the two, rounded down.
func metres(s *score.Student, p *score.Position) int64 {
	dx, dy, dz := int64(s.At.X)-int64(p.At.X), int64(s.At.Y)-int64(p.At.Y), int64(s.At.Z)-int64(p.At.Z)
	square := dx*dx + dy*dy + dz*dz
	root := int64(math.Sqrt(float64(square)))
	for root*root > square {
		root--
	}
	for (root+1)*(root+1) <= square {
		root++
	}
	return root
}

// eligible says whether the rules let the student go there.
func (c *checker) eligible(student, position int32) bool {
	s, p := &c.in.Students[student], &c.in.Positions[position]
	if p.Cap <= 0 || s.Skills&p.Req != p.Req || bits.OnesCount64(s.Slots&p.Slots) < int(p.Need) {
		return false
	}
	if p.Community >= 0 && slices.Contains(c.in.Blocked[student], p.Community) {
		return false
	}
	d := metres(s, p)
	return d <= int64(s.MaxDist) && d <= int64(c.in.Round.Radius)
}

// part is a share of so many points, rounded down; of nothing it is as told.
func part(points, have, of, ofNothing int64) int64 {
	if of == 0 {
		return ofNothing
	}
	return points * have / of
}

// common counts what a pair has in common: blocks, and skills that are wanted.
func common(s *score.Student, p *score.Position) (overlap, blocks, hits, wanted int64) {
	return int64(bits.OnesCount64(s.Slots & p.Slots)), int64(bits.OnesCount64(p.Slots)),
		int64(bits.OnesCount32(s.Skills & p.Want)), int64(bits.OnesCount32(p.Want))
}

// worth is the score of an eligible pair.
func (c *checker) worth(s *score.Student, p *score.Position) int64 {
	radius := int64(c.in.Round.Radius)
	overlap, blocks, hits, wanted := common(s, p)
	total := part(3500, radius-metres(s, p), radius, 0) + part(2000, overlap, blocks, 0) + part(2000, hits, wanted, 1000) + 100*int64(p.Urgency)
	if p.Category >= 0 {
		if i := slices.Index(s.Interests[:], p.Category); i >= 0 {
			total += int64([]int{1500, 1000, 500}[i])
		}
	}
	if s.Served >= 0 && s.Served == p.Community {
		total += 300
	}
	return total
}

// band is the priority class of an eligible pair by the round's rule.
func (c *checker) band(s *score.Student, p *score.Position) uint32 {
	radius := int64(c.in.Round.Radius)
	overlap, blocks, hits, wanted := common(s, p)
	skill, time := part(2500, hits, wanted, 1250), part(1500, overlap, blocks, 0)
	served, paired, earlier := int64(0), int64(0), int64(min(s.Waited, 2))
	if s.Served >= 0 && s.Served == p.Community {
		served = 1
	}
	if partner(s, p) {
		paired = 1
	}
	switch c.in.Round.Rule.String() {
	case "points-v1":
		return uint32((skill + time + 3000*served + 2000*paired + 500*earlier) / 250) //nolint:gosec // at most 40
	case "score":
		return uint32(c.worth(s, p) / 40) //nolint:gosec // at most 250
	case "lottery":
		return 0
	}
	near := part(3500, radius-metres(s, p), radius, 0)
	points := skill*6/5 + time*4/3 + near*6/7 + 1000*served + 500*paired + 250*earlier
	if c.in.Round.Rule.String() == "points-v3" {
		return uint32(points / 40) //nolint:gosec // at most 250
	}
	return uint32(points / 250) //nolint:gosec // at most 40
}

// lottery draws the ranks of n students: the order of the first eight bytes of HMAC-SHA256(seed, decimal id), ties by id.
func lottery(seed []byte, n int) []uint32 {
	type ticket struct {
		number uint64
		id     uint32
	}
	tickets, ranks := make([]ticket, n), make([]uint32, n)
	mac, sum, text := hmac.New(sha256.New, seed), []byte(nil), []byte(nil)
	for id := range tickets {
		mac.Reset()
		text = strconv.AppendInt(text[:0], int64(id), 10)
		_, _ = mac.Write(text) // a hash takes everything
		sum = mac.Sum(sum[:0])
		tickets[id] = ticket{binary.BigEndian.Uint64(sum), uint32(id)}
	}
	slices.SortFunc(tickets, func(a, b ticket) int { return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.id, b.id)) })
	for rank, t := range tickets {
		ranks[t.id] = uint32(rank)
	}
	return ranks
}
