package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
	"baodao/service/matching/verify"
)

// trial is a round and its result.
type trial struct {
	in    *score.Instance
	lists score.Lists
	out   score.Outcome
}

func invent(t testing.TB, o sample.Options) trial {
	t.Helper()
	in, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return played(t, in, assign.Lists(in, 1))
}

func played(t testing.TB, in *score.Instance, lists score.Lists) trial {
	t.Helper()
	result, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	return trial{in, lists, result.Outcome}
}

func (r trial) check() verify.Report {
	return verify.Check(r.in, r.lists, &r.out, verify.Options{Best: len(r.in.Students)})
}

// copy is so deep that a mutation of it changes nothing else.
func (r trial) copy() trial {
	in := *r.in
	in.Students, in.Positions, in.Open = slices.Clone(in.Students), slices.Clone(in.Positions), slices.Clone(in.Open)
	in.Round.Seed = slices.Clone(in.Round.Seed)
	return trial{&in, score.Lists{Width: r.lists.Width, Wishes: slices.Clone(r.lists.Wishes)}, score.Outcome{
		Place: slices.Clone(r.out.Place), Filled: slices.Clone(r.out.Filled), Cutoffs: slices.Clone(r.out.Cutoffs), Closed: slices.Clone(r.out.Closed),
		Partners: slices.Clone(r.out.Partners),
	}}
}

func (r trial) list(s int) (list []int32) {
	for _, w := range r.lists.Of(s) {
		list = append(list, w.Position())
	}
	return list
}

// student finds one by what their place, and the list, are.
func (r trial) student(t *testing.T, want func(s int, place int32, list []int32) bool) int {
	t.Helper()
	for s, p := range r.out.Place {
		if want(s, p, r.list(s)) {
			return s
		}
	}
	t.Fatal("the round has nobody of the kind")
	return 0
}

// position finds one.
func (r trial) position(t *testing.T, want func(p int) bool) int {
	t.Helper()
	for p := range r.in.Positions {
		if want(p) {
			return p
		}
	}
	t.Fatal("the round has no position of the kind")
	return 0
}

func placed(_ int, place int32, _ []int32) bool { return place >= 0 }

func (r trial) full(p int) bool { return r.out.Cutoffs[p] > 0 }

// move puts a student elsewhere and keeps the counts right.
func (r trial) move(s int, p int32) {
	if before := r.out.Place[s]; before >= 0 {
		r.out.Filled[before]--
	}
	if r.out.Place[s] = p; p >= 0 {
		r.out.Filled[p]++
	}
}

// odd bends an invented round so that the corners come up.
func odd(r *rand.Rand, in *score.Instance) {
	in.Round.K, in.Round.Rule = 1+r.IntN(score.MaxList), score.Rule(r.IntN(len(score.Rules())))
	for i := range in.Positions {
		p := &in.Positions[i]
		switch r.IntN(8) {
		case 0:
			p.Cap = 0
		case 1:
			p.Slots, p.Need = 0, 0
		case 2:
			p.Category, p.Community = score.None, score.None
		case 3:
			p.Min = min(p.Cap, int32(2+r.IntN(6)))
		}
		p.Min = min(p.Min, p.Cap)
	}
	for i := range in.Students {
		s := &in.Students[i]
		switch r.IntN(8) {
		case 0:
			s.Interests = [3]int8{3, 3, score.None}
		case 1:
			s.Slots = 0
		case 2:
			p := in.Positions[r.IntN(len(in.Positions))]
			s.LatE6, s.LonE6, s.At, s.Served = p.LatE6, p.LonE6, p.At, p.Community
		case 3:
			s.Waited = uint8(r.IntN(5))
		}
	}
}

// agree plays a round of the engine and has it checked.
func agree(t *testing.T, seed uint64) verify.Report {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	in, err := sample.New(sample.Options{
		Students: 1 + r.IntN(400), Positions: 1 + r.IntN(60), Seed: seed,
		Season: []score.Season{score.Term, score.Vacation}[r.IntN(2)], Rule: score.PointsV2,
	})
	if err != nil {
		t.Fatal(err)
	}
	odd(r, in)
	if seed%2 == 1 {
		sample.Enrich(in, seed)
	}
	if seed%4 == 3 {
		in.Open = nil
	}
	lists, best := assign.Lists(in, 2), len(in.Students)
	if r.IntN(2) == 0 { // people's own lists: in any order, and with what they cannot have
		lists, best = score.NewLists(len(in.Students), min(len(in.Positions), score.MaxList)), 0
		for s := range in.Students {
			for i, p := range r.Perm(len(in.Positions))[:r.IntN(lists.Width+1)] {
				lists.Wishes[s*lists.Width+i] = score.NewWish(int32(p), 0)
			}
		}
		raw := slices.Clone(lists.Wishes)
		if err := assign.Settle(in, lists, 2); err != nil {
			t.Fatal(err)
		}
		played := played(t, in, lists)
		report := verify.Check(in, score.Lists{Width: lists.Width, Wishes: raw}, &played.out, verify.Options{})
		if !report.OK() {
			t.Fatalf("seed %d: %v", seed, report.First)
		}
	}
	got := played(t, in, lists)
	report := verify.Check(in, lists, &got.out, verify.Options{Best: best})
	if !report.OK() {
		t.Fatalf("seed %d: %v", seed, report.First)
	}
	// Somebody else's place is never right: the result is the only one.
	if s := r.IntN(len(in.Students)); got.out.Place[s] >= 0 {
		got.move(s, score.None)
		if report := verify.Check(in, lists, &got.out, verify.Options{}); report.OK() {
			t.Fatalf("seed %d: student %d has no place and nothing is found", seed, s)
		}
	}
	return report
}

func TestTheEngineIsRight(t *testing.T) {
	t.Parallel()
	wronged, closed, void := int64(0), int64(0), int64(0)
	for seed := range uint64(100) {
		r := agree(t, seed)
		wronged, closed, void = wronged+r.Wronged, closed+r.Closed, void+r.Void
	}
	if wronged == 0 || closed == 0 {
		t.Errorf("%d closed and %d wronged: these rounds prove nothing of teams", closed, wronged)
	}
}

func FuzzEngine(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(1000 + seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { agree(t, seed) })
}

// withFriends is a round in which some come as a group.
func withFriends(t *testing.T, seed uint64) (trial, assign.Result) {
	t.Helper()
	in, err := sample.New(sample.Options{Students: 600, Positions: 60, Season: score.Term, Rule: score.PointsV2, Seed: seed, Groups: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if seed%2 == 1 {
		sample.Enrich(in, seed)
		in.Round.K = 3
	}
	lists := assign.Lists(in, 1)
	if err := assign.ShareLists(in, lists); err != nil {
		t.Fatal(err)
	}
	result, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	return trial{in, lists, result.Outcome}, result
}

func TestFriendsAreChecked(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r, result := withFriends(t, seed)
		published := int64(len(result.Blocking))
		report := verify.Check(r.in, r.lists, &r.out, verify.Options{Published: published, Best: len(r.in.Students)})
		if !report.OK() || report.Groups == 0 || report.Remaining != published {
			t.Fatalf("seed %d: %d groups, %d remain of %d: %v", seed, report.Groups, report.Remaining, published, report.First)
		}
		if report.Wronged != int64(len(result.Wronged)) {
			t.Errorf("seed %d: %d wronged, want %d", seed, report.Wronged, len(result.Wronged))
		}
		s := r.student(t, func(s int, place int32, _ []int32) bool { return place >= 0 && r.in.Students[s].Group >= 0 })
		apart := r.copy()
		apart.move(s, score.None)
		apart.lists.Of(s)[0] = score.End // the list of one of them is shorter than what friends were proposed together
		if verify.Check(apart.in, apart.lists, &apart.out, verify.Options{Best: len(r.in.Students)}).Counts[verify.NotBest] != 1 {
			t.Errorf("seed %d: a list of friends is not theirs and it is not found", seed)
		}
		if verify.Check(apart.in, apart.lists, &apart.out, verify.Options{Published: published}).Counts[verify.Apart] == 0 {
			t.Errorf("seed %d: friends are apart and it is not found", seed)
		}
		for f := range r.in.Students { // the whole group loses its place
			if r.in.Students[f].Group == r.in.Students[s].Group {
				r.move(f, score.None)
			}
		}
		if verify.Check(r.in, r.lists, &r.out, verify.Options{Published: published}).Counts[verify.Blocking] == 0 {
			t.Errorf("seed %d: a group could have its place and it is not found", seed)
		}
	}
}

func TestOpenRoundsAreChecked(t *testing.T) {
	t.Parallel()
	differ := 0
	for seed := range uint64(10) {
		r := invent(t, sample.Options{Students: 500, Positions: 30, Season: score.Term, Rule: score.PointsV2, Seed: seed})
		open := make([]bool, len(r.in.Students))
		for s := range open {
			open[s] = true
		}
		short := score.NewLists(len(open), 3)
		for s := range open {
			copy(short.Wishes[3*s:3*s+3], r.lists.Of(s))
			slices.Reverse(short.Wishes[3*s : 3*s+len(short.Of(s))])
		}
		for _, lists := range []score.Lists{{}, short} {
			result, err := assign.RunOpen(r.in, lists, open, 1)
			if err != nil {
				t.Fatal(err)
			}
			report := verify.Check(r.in, lists, &result.Outcome, verify.Options{Open: true})
			if !report.OK() {
				t.Fatalf("seed %d: %v", seed, report.First)
			}
			if report := verify.Check(r.in, short, &result.Outcome, verify.Options{}); !report.OK() {
				differ++
			}
		}
	}
	if differ < 5 {
		t.Errorf("only %d rounds were wrong for those who are not open: they prove nothing", differ)
	}
}

// The checker would prove nothing with the code that it checks: of package score it may use the records alone.
func TestNothingOfTheEngineIsUsed(t *testing.T) {
	t.Parallel()
	allowed := []string{"Instance", "Student", "Position", "Lists", "Wish", "Outcome", "None", "End"}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if path := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(path, "baodao/") && path != "baodao/service/matching/score" {
				t.Errorf("%s imports %s", e.Name(), path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "score" && !slices.Contains(allowed, sel.Sel.Name) {
					t.Errorf("%s uses score.%s", e.Name(), sel.Sel.Name)
				}
			}
			return true
		})
	}
}
