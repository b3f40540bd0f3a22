package sample

import (
	"math"
	"math/rand/v2"

	"baodao/service/matching/pairing"
)

// Shape of an invented round of pairing.
const (
	branchesPerCampus = 190
	pairingRadius     = 15_000
)

// Pairing invents a round of branches and communities around the campuses of the excerpt. Of last term's pairs some are
// renewed by both and some by neither; there are none when nothing was paired before.
func Pairing(branches, communities int, seed uint64) (*pairing.Input, error) {
	campuses, err := Excerpt()
	if err != nil {
		return nil, err
	}
	m := &maker{Options: Options{Students: branches * perBranch}, random: rand.New(rand.NewPCG(seed, 2026))} //nolint:gosec // nothing secret
	m.place(campuses)
	in := &pairing.Input{Seed: m.seed(), Radius: pairingRadius}
	for b := range branches {
		at := m.points[b/branchesPerCampus%len(m.points)]
		in.Branches = append(in.Branches, pairing.Branch{
			LatE6: int32(math.Round(at.lat)), LonE6: int32(math.Round(at.lon)), Skills: m.skills(3 + m.random.IntN(5)),
			Places: int32(1 + m.random.IntN(2)), Limit: [...]int32{6000, 10_000, 15_000}[m.random.IntN(3)], //nolint:gosec // small
		})
	}
	for range communities {
		at := m.scatter(m.points[m.anyone()], 14_000)
		in.Communities = append(in.Communities, pairing.Community{
			LatE6: int32(math.Round(at.lat)), LonE6: int32(math.Round(at.lon)), Want: m.skills(m.random.IntN(4)),
			Urgency: uint8(m.random.IntN(8)), Places: int32(1 + m.random.IntN(5)), //nolint:gosec // small
		})
	}
	return in, m.repeat(in)
}

// repeat runs a term before: half of its pairs are renewed, a third are left open.
func (m *maker) repeat(in *pairing.Input) error {
	before, err := pairing.Run(in)
	if err != nil {
		return err
	}
	for _, p := range before.Pairs {
		switch x := m.random.Float64(); {
		case x < 0.5:
			in.Renewed = append(in.Renewed, p.Pair)
		case x < 0.8:
			in.Former = append(in.Former, p.Pair)
		}
	}
	in.Seed = m.seed()
	return nil
}

func (m *maker) skills(n int) (all uint32) {
	for range n {
		all |= 1 << m.skill()
	}
	return all
}
