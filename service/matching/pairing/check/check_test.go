package check_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"

	"baodao/service/matching/files"
	"baodao/service/matching/pairing"
	"baodao/service/matching/pairing/check"
	"baodao/service/matching/sample"
)

func made(t *testing.T, branches, communities int, seed uint64) (*pairing.Input, check.Result) {
	t.Helper()
	in, err := sample.Pairing(branches, communities, seed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pairing.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	return in, check.Result{Pairs: got.Pairs, Filled: got.Filled(), Cutoffs: got.Cutoffs}
}

func TestWhatIsMadeIsFoundGood(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		in, out := made(t, 20+int(seed)*7, 10+int(seed)*3, seed)
		if faults := check.Round(in, out); faults != nil {
			t.Fatalf("seed %d: %v", seed, faults)
		}
	}
}

// Every change of a result or of what it was made from is found.
func TestEveryMutationIsFound(t *testing.T) {
	t.Parallel()
	drawn := func(out check.Result) int {
		return slices.IndexFunc(out.Pairs, func(m pairing.Match) bool { return !m.Kept })
	}
	for name, spoil := range map[string]func(*pairing.Input, *check.Result){
		"a pair is dropped": func(_ *pairing.Input, out *check.Result) {
			i := drawn(*out)
			out.Pairs = slices.Delete(out.Pairs, i, i+1)
		},
		"a pair moves":             func(_ *pairing.Input, out *check.Result) { out.Pairs[drawn(*out)].Community ^= 1 },
		"a cut-off is raised":      func(_ *pairing.Input, out *check.Result) { out.Cutoffs[0]++ },
		"a count is raised":        func(_ *pairing.Input, out *check.Result) { out.Filled[0]++ },
		"a community is missing":   func(_ *pairing.Input, out *check.Result) { out.Filled = out.Filled[1:] },
		"another seed":             func(in *pairing.Input, _ *check.Result) { in.Seed[0]++ },
		"a drawn pair was refused": func(in *pairing.Input, out *check.Result) { in.Never = append(in.Never, out.Pairs[drawn(*out)].Pair) },
		"a branch has a place less": func(in *pairing.Input, _ *check.Result) {
			for b := range in.Branches {
				in.Branches[b].Places = 0
			}
		},
		"nothing was drawn": func(in *pairing.Input, out *check.Result) {
			out.Pairs = slices.DeleteFunc(out.Pairs, func(m pairing.Match) bool { return !m.Kept })
			out.Filled, out.Cutoffs = make([]int32, len(in.Communities)), make([]uint32, len(in.Communities))
			for _, m := range out.Pairs {
				out.Filled[m.Community]++
			}
		},
	} {
		in, out := made(t, 120, 50, 3)
		spoil(in, &out)
		if check.Round(in, out) == nil {
			t.Error(name)
		}
	}
}

// What is written is read again, byte for byte.
func TestARoundOfPairingIsWrittenAndRead(t *testing.T) {
	t.Parallel()
	in, out := made(t, 80, 30, 5)
	in.Never = []pairing.Pair{{Branch: 3, Community: 29}}
	round := &files.PairRound{Number: 4, Input: *in}
	dir := fstest.MapFS{}
	put := func(name string, err error, b *bytes.Buffer) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		dir[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	var r, b, c, i, p, k bytes.Buffer
	put(files.RoundFile, files.WritePairRound(&r, round), &r)
	put(files.BranchesFile, files.WriteBranches(&b, in.Branches), &b)
	put(files.CommunitiesFile, files.WriteCommunities(&c, in.Communities), &c)
	put(files.IncumbentsFile, files.WriteIncumbents(&i, in), &i)
	got, err := files.LoadPairing(dir)
	if err != nil || !reflect.DeepEqual(got, round) || !files.IsPairing(dir) {
		t.Fatalf("read again: %v", err)
	}
	result := &pairing.Result{Pairs: out.Pairs, Cutoffs: out.Cutoffs}
	put(files.ResultFile, files.WritePairs(&p, result), &p)
	put(files.CutoffsFile, files.WritePairCutoffs(&k, result), &k)
	pairs, err := files.ReadPairs(&p, in)
	if err != nil || !slices.Equal(pairs, out.Pairs) {
		t.Fatalf("result: %v", err)
	}
	filled, cutoffs, err := files.ReadPairCutoffs(&k, len(in.Communities))
	if err != nil || !slices.Equal(filled, out.Filled) || !slices.Equal(cutoffs, out.Cutoffs) {
		t.Fatalf("cut-offs: %v", err)
	}
	for name, text := range map[string]string{
		files.RoundFile:       `{"round":1,"seed":"00","radius_m":1,"rule":"points-v2"}`,
		files.BranchesFile:    "h\n0,1,1,0,1\n",
		files.CommunitiesFile: "h\n0,1,1,0,9,1\n",
		files.IncumbentsFile:  "h\n0,0,once\n",
	} {
		spoilt := fstest.MapFS{}
		for n, f := range dir {
			spoilt[n] = f
		}
		spoilt[name] = &fstest.MapFile{Data: []byte(text)}
		if _, err := files.LoadPairing(spoilt); err == nil {
			t.Errorf("%s: %q was read", name, text)
		}
	}
}
