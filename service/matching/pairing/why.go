package pairing

import (
	"cmp"
	"slices"

	"baodao/service/matching/draw"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Reason is the answer to "why this pair" and "why not".
type Reason uint8

// The reasons. Of several against a pair the first in this order is given.
const (
	Unexplained       Reason = iota // nothing stands against it: the round is wrong
	Renewed                         // both sides renewed it: it is kept whatever comes
	Drawn                           // the round gives it
	Refused                         // one side has said no
	TooFar                          // farther than the round, or the branch, goes
	BranchFull                      // the pairs that the branch keeps take all its places
	CommunityFull                   // the pairs that the community keeps take all its places
	BranchGotBetter                 // the branch got communities with a higher score
	CommunityGotOther               // others came first: band and lottery number against those of the last
)

// Given tells whether the pair is there.
func (r Reason) Given() bool { return r == Renewed || r == Drawn }

// Answer is the reason and the figures behind it.
type Answer struct {
	Pair
	Reason        Reason
	Metres, Reach int32 // how far apart, and how far is allowed
	Near, Skill   int32 // parts of the score
	Urgency, Stay int32
	Band          uint8
	Lottery       uint32
	LastKey       uint32 // of the community; 0 while it has places
	LastBand      uint8
	LastNumber    uint32
}

// Score is the sum of the parts.
func (a *Answer) Score() int32 { return a.Near + a.Skill + a.Urgency + a.Stay }

// Book answers for a round that is over. It needs nothing but what the round stores.
type Book struct {
	in       *Input
	out      *Result
	ranks    []uint32
	renewed  map[Pair]bool
	former   map[Pair]bool
	never    map[Pair]bool
	drawn    map[Pair]bool
	free     []int32     // places of a branch without the renewed pairs
	left     []int32     // of a community
	worst    []candidate // the last that a branch got, everything while it has places
	branches []geo.XYZ
	at       []geo.XYZ // of the communities
}

// NewBook reads a round. It fails where the round could not be run.
func NewBook(in *Input, out *Result) (*Book, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	ranks, err := draw.Ranks(in.Seed, len(in.Branches), 1)
	if err != nil {
		return nil, err
	}
	b := &Book{in: in, out: out, ranks: ranks, renewed: set(in.Renewed), former: set(in.Former), never: set(in.Never), drawn: map[Pair]bool{}}
	for i := range in.Branches {
		b.free, b.branches, b.worst = append(b.free, in.Branches[i].Places), append(b.branches, in.Branches[i].At()), append(b.worst, everything)
	}
	for i := range in.Communities {
		b.left, b.at = append(b.left, in.Communities[i].Places), append(b.at, in.Communities[i].At())
	}
	for _, p := range in.Renewed {
		b.free[p.Branch]--
		b.left[p.Community]--
	}
	b.fill()
	return b, nil
}

// Ranks are those of the branches in the lottery.
func (k *Book) Ranks() []uint32 { return k.ranks }

func set(pairs []Pair) map[Pair]bool {
	all := make(map[Pair]bool, len(pairs))
	for _, p := range pairs {
		all[p] = true
	}
	return all
}

// fill notes what the round gave, and of each branch that has all its places filled the last that it got.
func (k *Book) fill() {
	got := make([]int32, len(k.free))
	lowest := slices.Clone(k.worst)
	for _, m := range k.out.Pairs {
		if m.Kept {
			continue
		}
		k.drawn[m.Pair] = true
		got[m.Branch]++
		lowest[m.Branch] = min(lowest[m.Branch], k.candidate(m.Pair))
	}
	for b, n := range got {
		if n >= k.free[b] {
			k.worst[b] = lowest[b]
		} else {
			k.worst[b] = 0
		}
	}
}

func (k *Book) metres(p Pair) int32 { return geo.Chord(k.branches[p.Branch], k.at[p.Community]) }

func (k *Book) candidate(p Pair) candidate {
	d, former := k.metres(p), k.former[p]
	return newCandidate(k.in.Score(p.Branch, p.Community, d, former), p.Community, k.in.Band(p.Branch, p.Community, d, former))
}

// Why answers for a branch and a community.
func (k *Book) Why(p Pair) Answer {
	branch, community := &k.in.Branches[p.Branch], &k.in.Communities[p.Community]
	a := Answer{
		Pair: p, Metres: k.metres(p), Reach: min(branch.Limit, k.in.Radius), Skill: k.in.skill(p.Branch, p.Community),
		Urgency: 100 * int32(community.Urgency), Lottery: k.ranks[p.Branch], LastKey: k.out.Cutoffs[p.Community],
	}
	a.Near = score.Near(a.Metres, k.in.Radius)
	if k.former[p] {
		a.Stay = Stay
	}
	a.Band = k.in.Band(p.Branch, p.Community, a.Metres, k.former[p])
	if a.LastKey != 0 {
		a.LastBand, a.LastNumber = score.OfKey(a.LastKey)
	}
	a.Reason = k.reason(&a)
	return a
}

func (k *Book) reason(a *Answer) Reason {
	p := a.Pair
	switch {
	case k.renewed[p]:
		return Renewed
	case k.drawn[p]:
		return Drawn
	case k.never[p]:
		return Refused
	case a.Metres > a.Reach:
		return TooFar
	case k.free[p.Branch] <= 0:
		return BranchFull
	case k.left[p.Community] <= 0:
		return CommunityFull
	case k.candidate(p) < k.worst[p.Branch]:
		return BranchGotBetter
	case score.Key(a.Band, a.Lottery) < a.LastKey:
		return CommunityGotOther
	}
	return Unexplained
}

// OfBranch answers for a branch: what it has, and then the best of what it has not, at most so many.
func (k *Book) OfBranch(b int32, most int) []Answer {
	var all []Answer
	for c := range k.in.Communities {
		all = append(all, k.Why(Pair{b, int32(c)}))
	}
	return firstOf(all, most, func(x, y *Answer) int {
		return cmp.Or(cmp.Compare(y.Score(), x.Score()), cmp.Compare(x.Community, y.Community))
	})
}

// OfCommunity answers for a community: what it has, and then those of what it has not who came nearest to it.
func (k *Book) OfCommunity(c int32, most int) []Answer {
	var all []Answer
	for b := range k.in.Branches {
		all = append(all, k.Why(Pair{int32(b), c}))
	}
	return firstOf(all, most, func(x, y *Answer) int {
		return cmp.Compare(score.Key(y.Band, y.Lottery), score.Key(x.Band, x.Lottery))
	})
}

// firstOf are the pairs that there are, all of them, and then so many of the others within reach.
func firstOf(all []Answer, most int, better func(x, y *Answer) int) []Answer {
	has := func(a *Answer) bool { return a.Reason.Given() }
	all = slices.DeleteFunc(all, func(a Answer) bool { return a.Reason == TooFar })
	slices.SortFunc(all, func(x, y Answer) int {
		if has(&x) != has(&y) {
			if has(&x) {
				return -1
			}
			return 1
		}
		return better(&x, &y)
	})
	n := 0
	for n < len(all) && has(&all[n]) {
		n++
	}
	return all[:min(len(all), n+most)]
}
