package pairing

import (
	"cmp"
	"slices"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// block is how many communities a branch gets at once.
const block = 16

// candidate is a community for a branch, with the branch's band there; the greater comes first: the higher score, then
// the lower community.
type candidate uint64

const everything candidate = 1<<64 - 1

func newCandidate(total, community int32, band uint8) candidate {
	return candidate(total)<<32 | candidate(score.MaxPositions-community)<<8 | candidate(band) //nolint:gosec // none is negative
}

func (c candidate) community() int32 { return score.MaxPositions - int32(c>>8&score.MaxPositions) }
func (c candidate) band() uint8      { return uint8(c & 0xff) }

// finder finds the best communities of a branch.
type finder struct {
	in      *Input
	cutoffs []uint32
	at      []geo.XYZ // of the communities
	byLat   []int32   // communities from south to north
	barred  []Pair    // renewed, or never to be proposed; sorted
	former  []Pair    // sorted
	around  map[geo.XYZ][]spot
	best    [block]candidate
}

// spot is a community in range of a point.
type spot struct{ id, dist int32 }

func newFinder(in *Input) *finder {
	f := &finder{in: in, around: map[geo.XYZ][]spot{}, barred: slices.Concat(in.Renewed, in.Never), former: slices.Clone(in.Former)}
	slices.SortFunc(f.barred, byPair)
	slices.SortFunc(f.former, byPair)
	for c := range in.Communities {
		f.at, f.byLat = append(f.at, in.Communities[c].At()), append(f.byLat, int32(c))
	}
	slices.SortFunc(f.byLat, func(a, b int32) int { return cmp.Or(cmp.Compare(f.at[a].Z, f.at[b].Z), cmp.Compare(a, b)) })
	return f
}

// spots are the communities in range of a point; those from where several branches start are kept.
func (f *finder) spots(at geo.XYZ) []spot {
	if known, ok := f.around[at]; ok {
		return known
	}
	var all []spot
	from, _ := slices.BinarySearchFunc(f.byLat, at.Z-f.in.Radius-1, func(c, z int32) int { return cmp.Compare(f.at[c].Z, z) })
	for _, c := range f.byLat[from:] {
		if f.at[c].Z > at.Z+f.in.Radius+1 {
			break
		}
		if d := geo.Chord(at, f.at[c]); d <= f.in.Radius {
			all = append(all, spot{c, d})
		}
	}
	f.around[at] = all
	return all
}

// find are the best communities of a branch that come after a candidate and whose cut-off is still in reach. Cut-offs only
// rise, so nothing that is left out could be had later.
func (f *finder) find(b int32, low uint32, after candidate) []candidate {
	branch, n := &f.in.Branches[b], 0
	former, barred := of(f.former, b), of(f.barred, b)
	for _, s := range f.spots(branch.At()) {
		if s.dist > branch.Limit || f.cutoffs[s.id] == full {
			continue
		}
		pair := Pair{b, s.id}
		stays := len(former) > 0 && slices.Contains(former, pair)
		c := newCandidate(f.in.Score(b, s.id, s.dist, stays), s.id, f.in.Band(b, s.id, s.dist, stays))
		if c >= after || n == block && c < f.best[block-1] || uint32(c.band())<<24|low < f.cutoffs[s.id] {
			continue
		}
		if len(barred) > 0 && slices.Contains(barred, pair) {
			continue
		}
		n = min(n+1, block)
		i := n - 1
		for ; i > 0 && f.best[i-1] < c; i-- {
			f.best[i] = f.best[i-1]
		}
		f.best[i] = c
	}
	return slices.Clone(f.best[:n])
}

// of are the pairs of a branch among sorted ones.
func of(pairs []Pair, b int32) []Pair {
	from, _ := slices.BinarySearchFunc(pairs, b, func(p Pair, b int32) int { return cmp.Compare(p.Branch, b) })
	to := from
	for to < len(pairs) && pairs[to].Branch == b {
		to++
	}
	return pairs[from:to]
}
