package pairing_test

import (
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"baodao/service/matching/draw"
	"baodao/service/matching/geo"
	"baodao/service/matching/pairing"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// textbook is deferred acceptance in rounds on the whole table of pairs.
type textbook struct {
	in    *pairing.Input
	ranks []uint32
}

func (t textbook) ok(b, c int32) (score int, key uint32, ok bool) {
	branch, community := &t.in.Branches[b], &t.in.Communities[c]
	d := geo.Chord(branch.At(), community.At())
	p := pairing.Pair{Branch: b, Community: c}
	former := slices.Contains(t.in.Former, p)
	ok = d <= min(branch.Limit, t.in.Radius) && !slices.Contains(t.in.Renewed, p) && !slices.Contains(t.in.Never, p)
	return int(t.in.Score(b, c, d, former)), uint32(t.in.Band(b, c, d, former))<<24 | (1<<24 - 1 - t.ranks[b]), ok
}

func (t textbook) run() []pairing.Pair {
	free, left := make([]int, len(t.in.Branches)), make([]int, len(t.in.Communities))
	for b := range free {
		free[b] = int(t.in.Branches[b].Places)
	}
	for c := range left {
		left[c] = int(t.in.Communities[c].Places)
	}
	for _, p := range t.in.Renewed {
		free[p.Branch]--
		left[p.Community]--
	}
	lists, holds := make([][]int32, len(free)), make([][]int32, len(left))
	for b := range lists {
		for c := range left {
			if _, _, ok := t.ok(int32(b), int32(c)); ok {
				lists[b] = append(lists[b], int32(c))
			}
		}
		sort.SliceStable(lists[b], func(i, j int) bool {
			x, _, _ := t.ok(int32(b), lists[b][i])
			y, _, _ := t.ok(int32(b), lists[b][j])
			return x > y
		})
	}
	for again := true; again; {
		again = false
		for b := range lists {
			for free[b] > 0 && len(lists[b]) > 0 {
				c := lists[b][0]
				lists[b], holds[c] = lists[b][1:], append(holds[c], int32(b))
				free[b]--
				again = true
			}
		}
		for c, held := range holds {
			sort.Slice(held, func(i, j int) bool {
				_, x, _ := t.ok(held[i], int32(c))
				_, y, _ := t.ok(held[j], int32(c))
				return x > y
			})
			for len(held) > left[c] {
				free[held[len(held)-1]]++
				held = held[:len(held)-1]
			}
			holds[c] = held
		}
	}
	pairs := slices.Clone(t.in.Renewed)
	for c, held := range holds {
		for _, b := range held {
			pairs = append(pairs, pairing.Pair{Branch: b, Community: int32(c)})
		}
	}
	sort.Slice(pairs, func(i, j int) bool {
		return pairs[i].Branch < pairs[j].Branch || pairs[i].Branch == pairs[j].Branch && pairs[i].Community < pairs[j].Community
	})
	return pairs
}

func TestRunIsTheTextbookAndKeepsRenewals(t *testing.T) {
	t.Parallel()
	kept, drawn := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		in, err := sample.Pairing(1+r.IntN(120), 1+r.IntN(60), seed)
		if err != nil {
			t.Fatal(err)
		}
		if seed%2 == 0 { // branches that start from their own points
			for b := range in.Branches {
				in.Branches[b].LatE6 += int32(r.IntN(20_000))
			}
		}
		refuse(r, in)
		got, err := pairing.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		ranks, err := draw.Ranks(in.Seed, len(in.Branches), 1)
		if err != nil {
			t.Fatal(err)
		}
		book := textbook{in, ranks}
		var pairs []pairing.Pair
		for _, m := range got.Pairs {
			pairs = append(pairs, m.Pair)
			if m.Kept != slices.Contains(in.Renewed, m.Pair) {
				t.Fatalf("seed %d: %v", seed, m)
			}
			if m.Kept {
				kept++
			} else {
				drawn++
			}
		}
		if want := book.run(); !slices.Equal(pairs, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, pairs, want)
		}
		stable(t, book, got)
		explained(t, book, got)
	}
	if kept == 0 || drawn == 0 {
		t.Errorf("%d kept, %d drawn: they prove nothing", kept, drawn)
	}
}

// refuse lets some pairs be refused that a round without refusals would give.
func refuse(r *rand.Rand, in *pairing.Input) {
	got, err := pairing.Run(in)
	if err != nil {
		return
	}
	for _, m := range got.Pairs {
		if !m.Kept && !slices.Contains(in.Former, m.Pair) && r.IntN(4) == 0 {
			in.Never = append(in.Never, m.Pair)
		}
	}
}

// explained asks why of every pair, and holds the answer against the facts.
func explained(t *testing.T, book textbook, got pairing.Result) {
	t.Helper()
	answers, err := pairing.NewBook(book.in, &got)
	if err != nil {
		t.Fatal(err)
	}
	for b := range book.in.Branches {
		for c := range book.in.Communities {
			p := pairing.Pair{Branch: int32(b), Community: int32(c)}
			a := answers.Why(p)
			total, key, ok := book.ok(p.Branch, p.Community)
			has := slices.ContainsFunc(got.Pairs, func(m pairing.Match) bool { return m.Pair == p })
			right := int(a.Score()) == total
			switch a.Reason {
			case pairing.Renewed:
				right = right && has && slices.Contains(book.in.Renewed, p)
			case pairing.Drawn:
				right = right && has && !slices.Contains(book.in.Renewed, p)
			case pairing.Refused:
				right = right && !has && slices.Contains(book.in.Never, p)
			case pairing.TooFar:
				right = right && !has && !ok && a.Metres > a.Reach
			case pairing.BranchFull, pairing.CommunityFull:
				right = right && !has && ok
			case pairing.BranchGotBetter:
				right = right && !has && ok && slices.Min(scores(book, got, p.Branch)) >= total
			case pairing.CommunityGotOther:
				right = right && !has && ok && key < got.Cutoffs[c]
			case pairing.Unexplained:
				right = false
			}
			zh, en := a.Words()
			if !right || zh == "" || en == "" {
				t.Fatalf("%v: %+v", p, a)
			}
		}
	}
}

// scores are those of what a branch was drawn.
func scores(book textbook, got pairing.Result, b int32) (all []int) {
	for _, m := range got.Pairs {
		if m.Branch == b && !m.Kept {
			total, _, _ := book.ok(b, m.Community)
			all = append(all, total)
		}
	}
	return all
}

// What a unit has comes first, all of it; then the best of the rest.
func TestAUnitIsToldWhatItHasAndWhatItMissed(t *testing.T) {
	t.Parallel()
	in, err := sample.Pairing(200, 60, 7)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pairing.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	book, err := pairing.NewBook(in, &got)
	if err != nil {
		t.Fatal(err)
	}
	missed := 0
	for u := range int32(60) {
		of := func(all []pairing.Answer, mine func(pairing.Match) bool) {
			n := 0
			for _, m := range got.Pairs {
				if mine(m) {
					n++
				}
			}
			for i, a := range all {
				if has := a.Reason == pairing.Drawn || a.Reason == pairing.Renewed; has != (i < n) || a.Reason == pairing.TooFar {
					t.Errorf("unit %d: %d. of %d it has: %+v", u, i, n, a)
				}
			}
			if len(all) < n || len(all) > n+5 {
				t.Errorf("unit %d: %d answers, has %d", u, len(all), n)
			}
			missed += len(all) - n
		}
		of(book.OfBranch(u, 5), func(m pairing.Match) bool { return m.Branch == u })
		of(book.OfCommunity(u, 5), func(m pairing.Match) bool { return m.Community == u })
	}
	if missed == 0 {
		t.Error("nobody missed anything: it proves nothing")
	}
}

// stable looks for a branch and a community that would both rather have each other.
func stable(t *testing.T, book textbook, got pairing.Result) {
	t.Helper()
	have := make([][]int32, len(book.in.Branches))
	for _, m := range got.Pairs {
		have[m.Branch] = append(have[m.Branch], m.Community)
	}
	for b := range book.in.Branches {
		for c := range book.in.Communities {
			total, key, ok := book.ok(int32(b), int32(c))
			if !ok || slices.Contains(have[b], int32(c)) || book.in.Communities[c].Places == 0 {
				continue
			}
			wants := len(have[b]) < int(book.in.Branches[b].Places)
			for _, other := range have[b] {
				worse, _, drawn := book.ok(int32(b), other)
				wants = wants || drawn && worse < total
			}
			if wants && key >= got.Cutoffs[c] && free(book.in, got, int32(c)) {
				t.Fatalf("branch %d and community %d would rather have each other", b, c)
			}
		}
	}
}

// free says whether a community has any place that is not held by a renewed pair.
func free(in *pairing.Input, got pairing.Result, c int32) bool {
	n := in.Communities[c].Places
	for _, m := range got.Pairs {
		if m.Kept && m.Community == c {
			n--
		}
	}
	return n > 0
}

// A former pair stays when a new one is only a little better, and yields when it is much better.
func TestStayIsAWeightNotAWall(t *testing.T) {
	t.Parallel()
	for metres, stays := range map[int32]bool{300: true, 4000: false} {
		in := &pairing.Input{
			Seed: []byte{1}, Radius: 10_000,
			Branches: []pairing.Branch{{LatE6: 36_000_000, LonE6: 117_000_000, Places: 1, Limit: 10_000}},
			Communities: []pairing.Community{
				{LatE6: 36_000_000 + 5000*9, LonE6: 117_000_000, Places: 1},
				{LatE6: 36_000_000 + (5000-metres)*9, LonE6: 117_000_000, Places: 1},
			},
			Former: []pairing.Pair{{Branch: 0, Community: 0}},
		}
		got, err := pairing.Run(in)
		if err != nil || len(got.Pairs) != 1 || (got.Pairs[0].Community == 0) != stays {
			t.Errorf("%d m nearer: %v %v", metres, got.Pairs, err)
		}
	}
}

func TestWhatCannotBeRunIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*pairing.Input){
		"no seed":        func(in *pairing.Input) { in.Seed = nil },
		"no radius":      func(in *pairing.Input) { in.Radius = 0 },
		"unknown branch": func(in *pairing.Input) { in.Renewed = []pairing.Pair{{Branch: 9}} },
		"twice":          func(in *pairing.Input) { in.Renewed = []pairing.Pair{{}, {}} },
		"too many":       func(in *pairing.Input) { in.Communities[0].Places, in.Renewed = 0, []pairing.Pair{{}} },
		"less than none": func(in *pairing.Input) { in.Branches[0].Places = -1 },
		"urgency":        func(in *pairing.Input) { in.Communities[0].Urgency = score.MaxUrgency + 1 },
	} {
		in := &pairing.Input{Seed: []byte{1}, Radius: 1000, Branches: []pairing.Branch{{Places: 2}}, Communities: []pairing.Community{{Places: 2}}}
		spoil(in)
		if _, err := pairing.Run(in); err == nil {
			t.Error(name)
		}
	}
}
