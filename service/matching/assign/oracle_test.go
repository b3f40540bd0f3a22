package assign_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strconv"

	"baodao/service/matching/score"
)

// The oracle is the textbook: every pair is compared, with the published rules written down a second time.

type oracle struct {
	in    *score.Instance
	ranks []int
}

func newOracle(in *score.Instance) *oracle {
	type ticket struct {
		number uint64
		id     int
	}
	tickets := make([]ticket, len(in.Students))
	for id := range tickets {
		h := hmac.New(sha256.New, in.Round.Seed)
		h.Write([]byte(strconv.Itoa(id)))
		tickets[id] = ticket{binary.BigEndian.Uint64(h.Sum(nil)[:8]), id}
	}
	sort.SliceStable(tickets, func(i, j int) bool { return tickets[i].number < tickets[j].number })
	o := &oracle{in: in, ranks: make([]int, len(tickets))}
	for rank, t := range tickets {
		o.ranks[t.id] = rank
	}
	return o
}

func (o *oracle) distance(s *score.Student, p *score.Position) int {
	xyz := func(lat, lon int32) [3]float64 {
		φ, λ := float64(lat)/1e6*math.Pi/180, float64(lon)/1e6*math.Pi/180
		return [3]float64{math.Round(6371008 * math.Cos(φ) * math.Cos(λ)), math.Round(6371008 * math.Cos(φ) * math.Sin(λ)), math.Round(6371008 * math.Sin(φ))}
	}
	a, b, sum := xyz(s.LatE6, s.LonE6), xyz(p.LatE6, p.LonE6), 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return int(math.Floor(math.Sqrt(sum)))
}

func (o *oracle) eligible(student, position int) bool {
	s, p := &o.in.Students[student], &o.in.Positions[position]
	return p.Cap > 0 && (p.Community < 0 || !slices.Contains(o.in.Blocked[int32(student)], p.Community)) && s.Skills&p.Req == p.Req && bits.OnesCount64(s.Slots&p.Slots) >= int(p.Need) &&
		o.distance(s, p) <= int(min(s.MaxDist, o.in.Round.Radius))
}

func (o *oracle) score(s *score.Student, p *score.Position) int {
	r := int(o.in.Round.Radius)
	total := 3500 * (r - o.distance(s, p)) / r
	if n := bits.OnesCount64(p.Slots); n > 0 {
		total += 2000 * bits.OnesCount64(s.Slots&p.Slots) / n
	}
	if n := bits.OnesCount32(p.Want); n > 0 {
		total += 2000 * bits.OnesCount32(s.Skills&p.Want) / n
	} else {
		total += 1000
	}
	if i := slices.Index(s.Interests[:], p.Category); i >= 0 && p.Category >= 0 {
		total += []int{1500, 1000, 500}[i]
	}
	total += 100 * int(p.Urgency)
	if s.Served >= 0 && s.Served == p.Community {
		total += 300
	}
	return total
}

func (o *oracle) paired(s *score.Student, p *score.Position) bool {
	return s.Branch >= 0 && (s.Branch == p.Partner || slices.Contains(p.Partners, s.Branch))
}

// choose is whom a position takes of those who ask: first the best of its partners on the reserved seats, then the best
// of the rest on what is left, by falling key.
func (o *oracle) choose(asking []int, p int) (chosen []int) {
	at := &o.in.Positions[p]
	asking = slices.Clone(asking)
	sort.Slice(asking, func(i, j int) bool { return o.key(asking[i], p) > o.key(asking[j], p) })
	for _, s := range asking {
		if o.paired(&o.in.Students[s], at) && len(chosen) < int(min(at.Reserved, at.Cap)) {
			chosen = append(chosen, s)
		}
	}
	for _, s := range asking {
		if len(chosen) < int(at.Cap) && !slices.Contains(chosen, s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func (o *oracle) band(s *score.Student, p *score.Position) int {
	r := int(o.in.Round.Radius)
	skill, time, near := 1250, 0, 3500*(r-o.distance(s, p))/r
	if n := bits.OnesCount32(p.Want); n > 0 {
		skill = 2500 * bits.OnesCount32(s.Skills&p.Want) / n
	}
	if n := bits.OnesCount64(p.Slots); n > 0 {
		time = 1500 * bits.OnesCount64(s.Slots&p.Slots) / n
	}
	served, partner, waited := s.Served >= 0 && s.Served == p.Community, o.paired(s, p), min(int(s.Waited), 2)
	count := func(yes bool, points int) int {
		if yes {
			return points
		}
		return 0
	}
	switch o.in.Round.Rule {
	case score.PointsV1:
		return (skill + time + count(served, 3000) + count(partner, 2000) + 500*waited) / 250
	case score.PointsV2:
		return (skill*6/5 + time*4/3 + near*6/7 + count(served, 1000) + count(partner, 500) + 250*waited) / 250
	case score.PointsV3:
		return (skill*6/5 + time*4/3 + near*6/7 + count(served, 1000) + count(partner, 500) + 250*waited) / 40
	case score.ByScore:
		return o.score(s, p) / 40
	default:
		return 0
	}
}

func (o *oracle) key(s, p int) uint32 {
	return uint32(o.band(&o.in.Students[s], &o.in.Positions[p])<<24 | (1<<24 - 1 - o.ranks[s]))
}

// list is the complete list of a student.
func (o *oracle) list(s int) []int {
	var all []int
	for p := range o.in.Positions {
		if o.eligible(s, p) {
			all = append(all, p)
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		return o.score(&o.in.Students[s], &o.in.Positions[all[i]]) > o.score(&o.in.Students[s], &o.in.Positions[all[j]])
	})
	return all
}

// match is deferred acceptance in rounds, as Gale and Shapley wrote it: all who are free propose, each position keeps its
// best and refuses the others.
func (o *oracle) match(lists [][]int, closed []bool) (place []int) {
	next, holds := make([]int, len(lists)), make([][]int, len(o.in.Positions))
	place = make([]int, len(lists))
	for s := range place {
		place[s] = -1
	}
	for again := true; again; {
		again = false
		for s, list := range lists {
			if place[s] >= 0 || next[s] == len(list) {
				continue
			}
			p := list[next[s]]
			next[s]++
			again = true
			if p < len(closed) && closed[p] {
				continue
			}
			holds[p], place[s] = append(holds[p], s), p
		}
		for p, held := range holds {
			holds[p] = o.choose(held, p)
			for _, s := range held {
				if !slices.Contains(holds[p], s) {
					place[s] = -1
				}
			}
		}
	}
	return place
}
