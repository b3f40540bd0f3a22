package main

import (
	"cmp"
	"slices"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// surroundings find the positions in range of a point with nothing of the engine. What was found for one of a few points
// is kept: in term all students start from campuses.
type surroundings struct {
	in    *score.Instance
	north []spotted // all positions, from south to north
	known map[geo.XYZ][]spotted
	loose []spotted
}

// spotted is a position that was found: how far off, or where.
type spotted struct {
	id   int32
	dist int32
	z    int32
}

const mostKnown = 4096

func newSurroundings(in *score.Instance) *surroundings {
	a := &surroundings{in: in, known: map[geo.XYZ][]spotted{}}
	for p := range in.Positions {
		a.north = append(a.north, spotted{id: int32(p), z: in.Positions[p].At.Z})
	}
	slices.SortFunc(a.north, func(x, y spotted) int { return cmp.Compare(x.z, y.z) })
	return a
}

// of finds them in any order. They are good until the next call.
func (a *surroundings) of(at geo.XYZ) []spotted { return a.find(at, false) }

// sorted finds them, the nearest first, ties by the lower id.
func (a *surroundings) sorted(at geo.XYZ) []spotted { return a.find(at, true) }

func (a *surroundings) find(at geo.XYZ, sorted bool) []spotted {
	if spots, ok := a.known[at]; ok {
		return spots
	}
	spots := a.loose[:0]
	from, _ := slices.BinarySearchFunc(a.north, at.Z-a.in.Round.Radius-1, func(s spotted, z int32) int { return cmp.Compare(s.z, z) })
	for _, s := range a.north[from:] {
		if s.z > at.Z+a.in.Round.Radius+1 {
			break
		}
		if d := geo.Chord(at, a.in.Positions[s.id].At); d <= a.in.Round.Radius {
			spots = append(spots, spotted{id: s.id, dist: d})
		}
	}
	if sorted {
		slices.SortFunc(spots, func(x, y spotted) int { return cmp.Or(cmp.Compare(x.dist, y.dist), cmp.Compare(x.id, y.id)) })
	}
	a.loose = spots
	if len(a.known) < mostKnown {
		a.known[at] = slices.Clone(spots)
	}
	return spots
}
