package lottery_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"baodao/service/matching/lottery"
)

// anyFile is a drawn lottery.
func anyFile(t *rapid.T, least int) lottery.File {
	f, err := lottery.New(anySeed(t), anyStake(t), anyEntries(t, least))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// decoded is one file after its way through JSON.
func decoded(t rapid.TB, raw []byte) lottery.File {
	t.Helper()
	files, err := lottery.Decode(bytes.NewReader(raw))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v: %s", len(files), err, raw)
	}
	return files[0]
}

func encoded(t rapid.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// document is the vector of the page that tells others how to do it.
func document(t testing.TB) []byte {
	t.Helper()
	page, err := os.ReadFile("../../../docs/lottery.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("docs/lottery.md has no test vector")
	}
	return block[1]
}

func TestTheVectorOfTheDocumentIsWhatWeDraw(t *testing.T) {
	t.Parallel()
	want := decoded(t, document(t))
	if err := lottery.Verify(want); err != nil {
		t.Fatal(err)
	}
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(i)
	}
	got, err := lottery.New(seed, want.Stake(), want.Entries)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// These stand here as well: the algorithm must not move together with the page.
	if order := fmt.Sprintf("%d %d %.8s %.8s", got.Order, got.Winners, got.Digest, got.Commitment); order != "[102 104 103 101 105] [102 104 101] f4df33f7 05dd7a10" {
		t.Error(order)
	}
}

func TestWhatWeMakeIsAcceptedAsItComesThroughJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFile(t, 0)
		back := decoded(t, encoded(t, f))
		if err := lottery.Verify(back); err != nil {
			t.Fatal(err)
		}
		back.Order, back.Winners, back.Seed = nil, nil, "" // as it was published before the draw
		if err := lottery.Verify(back); err != nil || back.Drawn() {
			t.Fatal(err)
		}
		back.Digest = ""
		if err := lottery.Verify(back); err != nil {
			t.Fatal(err)
		}
	})
}

// tampered returns one copy of the JSON for each way of changing a single thing in it.
func tampered(v any, path string) map[string]any {
	out := map[string]any{}
	put := func(name string, changed any) { out[path+name] = changed }
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			for name, changed := range tampered(value, path+"/"+key) {
				cp := maps.Clone(v)
				cp[key] = changed
				out[name] = cp
			}
			cp := maps.Clone(v)
			delete(cp, key)
			if !empty(value) {
				put("/"+key+" gone", cp)
			}
		}
	case []any:
		for i, value := range v {
			for name, changed := range tampered(value, fmt.Sprintf("%s/%d", path, i)) {
				cp := slices.Clone(v)
				cp[i] = changed
				out[name] = cp
			}
			put(fmt.Sprintf("/%d gone", i), slices.Delete(slices.Clone(v), i, i+1))
			put(fmt.Sprintf("/%d twice", i), slices.Insert(slices.Clone(v), i, value))
			if i > 0 && !strings.Contains(path, "entries") { // entries may come in any order
				cp := slices.Clone(v)
				cp[i-1], cp[i] = cp[i], cp[i-1]
				put(fmt.Sprintf("/%d swapped", i), cp)
			}
		}
	case float64:
		put(" +1", v+1)
		put(" -1", v-1)
	case string:
		put(" empty", "")
		for _, digit := range []string{"0", "7", "a"} {
			for _, at := range []int{0, len(v) - 1} {
				if changed := v[:at] + digit + v[at+1:]; changed != v {
					put(fmt.Sprintf(" %s at %d", digit, at), changed)
				}
			}
		}
		put(" longer", v+"0")
		if upper := strings.ToUpper(v); upper != v {
			put(" upper", upper)
		}
	}
	return out
}

// empty tells whether a value reads the same when it is left out.
func empty(v any) bool {
	list, isList := v.([]any)
	return v == 0.0 || isList && len(list) == 0
}

func TestEverySingleTamperingIsRejected(t *testing.T) {
	t.Parallel()
	tried := 0
	rapid.Check(t, func(rt *rapid.T) {
		var tree any
		if err := json.Unmarshal(encoded(rt, anyFile(rt, 1)), &tree); err != nil {
			rt.Fatal(err)
		}
		all := tampered(tree, "")
		names := slices.Sorted(maps.Keys(all))
		for range min(len(names), 60) {
			name := rapid.SampledFrom(names).Draw(rt, "tampering")
			tried++
			files, err := lottery.Decode(bytes.NewReader(encoded(rt, all[name])))
			if err == nil && lottery.Verify(files[0]) == nil {
				rt.Fatalf("accepted: %s", name)
			}
		}
	})
	var vector any
	if err := json.Unmarshal(document(t), &vector); err != nil {
		t.Fatal(err)
	}
	for name, changed := range tampered(vector, "") {
		tried++
		files, err := lottery.Decode(bytes.NewReader(encoded(t, changed)))
		if err == nil && lottery.Verify(files[0]) == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	if tried < 300 {
		t.Errorf("only %d tried", tried)
	}
}

func TestVerifyNamesWhatDoesNotHold(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(f *lottery.File){
		"algorithm \"baodao-lottery-2\"":                          func(f *lottery.File) { f.Algorithm = "baodao-lottery-2" },
		"4 entries after the first 0, of 5: give all pages":       func(f *lottery.File) { f.Entries = f.Entries[:4] },
		"5 entries after the first 1, of 5":                       func(f *lottery.File) { f.Start = 1 },
		"entry 104 has weight 0":                                  func(f *lottery.File) { f.Entries[3].Weight = 0 },
		"commitment \"\": want 64 lower-case hex digits":          func(f *lottery.File) { f.Commitment = "" },
		"seed \"xyz\": want 64":                                   func(f *lottery.File) { f.Seed = "xyz" },
		"the seed is not the one committed to: the commitment is": func(f *lottery.File) { f.Commitment = f.Digest },
		"the digest does not belong to the entries":               func(f *lottery.File) { f.Capacity++ },
		"there is an order or there are winners, but no seed":     func(f *lottery.File) { f.Seed = "" },
		"order, place 2: the file says entry 103, the seed draws entry 104": func(f *lottery.File) {
			f.Order[1], f.Order[2] = f.Order[2], f.Order[1]
		},
		"order, place 5: the file ends here, the seed draws entry 105":                       func(f *lottery.File) { f.Order = f.Order[:4] },
		"order, place 6: the file says entry 101, the seed draws nobody":                     func(f *lottery.File) { f.Order = append(f.Order, 101) },
		"winners, place 3: the file says entry 103, the order and the seats give entry 101":  func(f *lottery.File) { f.Winners[2] = 103 },
		"winners, place 4: the file says entry 105, the order and the seats give nobody":     func(f *lottery.File) { f.Winners = append(f.Winners, 105) },
		"winners, place 1: the file ends here, the order and the seats give entry 102":       func(f *lottery.File) { f.Winners = nil },
		"the digest does not belong to the entries: the file says , the stake and the entri": func(f *lottery.File) { f.Digest = "" },
	} {
		f := decoded(t, document(t))
		change(&f)
		if err := lottery.Verify(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestPagesMakeTheWholeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := anyFile(t, 1)
		var pages []lottery.File
		for at := 0; at < len(whole.Entries); {
			end := rapid.IntRange(at+1, len(whole.Entries)).Draw(t, "end")
			p := whole
			p.Start, p.Entries, p.Order, p.Winners = at, whole.Entries[at:end], whole.Order[at:end], nil
			for _, id := range p.Order {
				if slices.Contains(whole.Winners, id) {
					p.Winners = append(p.Winners, id)
				}
			}
			pages, at = append(pages, p), end
		}
		pages = rapid.Permutation(pages).Draw(t, "pages")
		joined, err := lottery.Join(pages)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, joined); diff != "" {
			t.Fatal(diff)
		}
		gone := rapid.IntRange(0, len(pages)-1).Draw(t, "gone")
		if joined, err := lottery.Join(slices.Delete(slices.Clone(pages), gone, gone+1)); err == nil && lottery.Verify(joined) == nil {
			t.Fatal("a missing page is not seen")
		}
		if _, err := lottery.Join(append(pages, pages[gone])); err == nil {
			t.Fatal("a page that is there twice is not seen")
		}
	})
}

func TestPagesOfTwoLotteriesAreNotPutTogether(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(f *lottery.File){
		"algorithm":   func(f *lottery.File) { f.Algorithm = "x" },
		"activity_id": func(f *lottery.File) { f.ActivityID++ },
		"position_id": func(f *lottery.File) { f.PositionID++ },
		"capacity":    func(f *lottery.File) { f.Capacity++ },
		"commitment":  func(f *lottery.File) { f.Commitment = "x" },
		"digest":      func(f *lottery.File) { f.Digest = "x" },
		"seed":        func(f *lottery.File) { f.Seed = "x" },
		"count":       func(f *lottery.File) { f.Count++ },
	} {
		first, last := decoded(t, document(t)), decoded(t, document(t))
		first.Entries, last.Entries, last.Start = first.Entries[:3], last.Entries[3:], 3
		change(&last)
		if _, err := lottery.Join([]lottery.File{first, last}); err == nil || !strings.HasSuffix(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := lottery.Join(nil); err == nil {
		t.Error("no pages make a lottery")
	}
}

func TestIDsAreStringsInJSON(t *testing.T) {
	t.Parallel()
	raw := string(encoded(t, lottery.File{ActivityID: 1<<53 + 1, Entries: []lottery.Entry{{ID: 9}}, Order: lottery.IDs{1<<53 + 1}}))
	for _, want := range []string{`"activity_id":"9007199254740993"`, `"id":"9"`, `"order":["9007199254740993"]`, `"winners":[]`} {
		if !strings.Contains(raw, want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
	for _, bad := range []string{``, ` `, `[]`, `{"order":[1]}`, `{"order":["01"]}`, `{"order":["x"]}`, `{"order":["9223372036854775808"]}`, `{"activity_id":1}`, `{} {`, `<html>`} {
		if files, err := lottery.Decode(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, files)
		}
	}
}

// FuzzDecode feeds what anybody may hand in. What is accepted must say the same after another way through JSON, and must be
// what we would have drawn ourselves.
func FuzzDecode(f *testing.F) {
	f.Add(document(f))
	f.Add([]byte(`{"algorithm":"baodao-lottery-1","activity_id":"1","position_id":"1","commitment":"05dd7a1051191c62983f46bc674350ed07d549469eb1ccf4b1469cff7212ed47"}`))
	f.Add([]byte(`{"start":0}{"start":-1,"order":["1"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		pages, err := lottery.Decode(bytes.NewReader(raw))
		if err != nil {
			return
		}
		whole, err := lottery.Join(pages)
		if err != nil || lottery.Verify(whole) != nil {
			return
		}
		again := decoded(t, encoded(t, whole))
		if err := lottery.Verify(again); err != nil {
			t.Fatalf("accepted, but not a second time: %v", err)
		}
		if !whole.Drawn() {
			return
		}
		order, err := lottery.Order(seedOf(t, whole), whole.Stake(), whole.Entries)
		if err != nil || !slices.Equal(order, whole.Order) {
			t.Fatalf("accepted %v, drawn %v, %v", whole.Order, order, err)
		}
	})
}

func seedOf(t *testing.T, f lottery.File) [32]byte {
	t.Helper()
	raw, err := hex.DecodeString(f.Seed)
	if err != nil {
		t.Fatal(err)
	}
	return [32]byte(raw)
}
