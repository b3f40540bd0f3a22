package sample

import (
	"math/rand/v2"
	"slices"

	"baodao/service/matching/score"
)

// Enrich adds to a round what most rounds do without: students and communities who keep apart, more paired branches, seats
// reserved for them, and students who agree to whatever else suits.
func Enrich(in *score.Instance, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 19)) //nolint:gosec // nothing secret
	for i := range in.Positions {
		p := &in.Positions[i]
		base := p.Partner
		if base == score.None {
			base = in.Students[r.IntN(len(in.Students))].Branch
		}
		for range r.IntN(4) {
			if branch := max(0, base+int32(r.IntN(5))-2); branch != p.Partner && !slices.Contains(p.Partners, branch) { //nolint:gosec // bounded
				p.Partners = append(p.Partners, branch)
			}
		}
		slices.Sort(p.Partners)
		if p.Cap > 0 && r.IntN(2) == 0 {
			p.Reserved = 1 + int32(r.IntN(int(p.Cap))) //nolint:gosec // bounded
		}
	}
	in.Open, in.Blocked = make([]bool, len(in.Students)), map[int32][]int32{}
	for i := range in.Students {
		var blocked []int32
		in.Open[i] = r.IntN(2) == 0
		for range max(0, r.IntN(9)-6) {
			if c := in.Positions[r.IntN(len(in.Positions))].Community; c != score.None && !slices.Contains(blocked, c) {
				blocked = append(blocked, c)
			}
		}
		if slices.Sort(blocked); len(blocked) > 0 {
			in.Blocked[int32(i)] = blocked
		}
	}
}
