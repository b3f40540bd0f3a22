package attend

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"baodao/model"
)

// Forged is a ledger in memory, for forgers.
type Forged struct {
	links []model.HoursLink
	lines map[int64]model.HoursEntry
	head  model.HoursHead
}

// forgeKey is what no forger has.
var forgeKey = []byte("not in the database")

// Forge makes an honest ledger.
func Forge(r *rand.Rand, n int) Forged {
	f := Forged{lines: make(map[int64]model.HoursEntry, n)}
	for i := range n {
		e := randomLine(r, int64(1000+i))
		f.links, f.lines[e.ID] = append(f.links, model.HoursLink{EntryID: e.ID}), e
	}
	f.reseal(0, forgeKey)
	return f
}

func randomLine(r *rand.Rand, id int64) model.HoursEntry {
	return model.HoursEntry{
		ID: id, StudentID: r.Int64N(50), Minutes: r.Int64N(400) - 100, Class: []string{"VOLUNTEER", "PRACTICE"}[r.IntN(2)], Basis: "CHECKIN", ClaimID: r.Int64N(1e6),
		ProgrammeID: r.Int64N(3), ActivityID: r.Int64N(9), ServedOn: model.Date(fmt.Sprintf("2028-02-%02d", 1+r.IntN(29))), BranchID: r.Int64N(7),
		BranchPath: fmt.Sprintf("/1/%d/", r.IntN(7)), PostedBy: r.Int64N(5), PostedAt: time.UnixMilli(r.Int64N(1 << 40)),
	}
}

// reseal makes all links from one on anew with a key, and the head.
func (f *Forged) reseal(from int, key []byte) {
	c := &chain{key: key, mac: make([]byte, 32)}
	if from > 0 {
		c.seq, c.mac = f.links[from-1].Seq, f.links[from-1].MAC
	}
	for i := from; i < len(f.links); i++ {
		f.links[i] = c.seal(f.lines[f.links[i].EntryID])
	}
	f.head = model.HoursHead{ID: 1, Seq: c.seq, MAC: c.mac, Sign: c.sign()}
}

// Check is Verify without a database and without totals.
func (f Forged) Check() *Flaw {
	c := &chain{key: forgeKey, mac: make([]byte, 32)}
	for _, l := range f.links {
		if flaw := c.next(l, f.lines[l.EntryID]); flaw != nil {
			return flaw
		}
	}
	if flaw := c.last(f.head); flaw != nil {
		return flaw
	}
	if len(f.lines) != len(f.links) {
		return &Flaw{What: "a line from outside"}
	}
	return nil
}

// Tamper returns a forged copy, how it was forged, and the last number that may be named for it.
func (f Forged) Tamper(r *rand.Rand) (out Forged, how string, at int64) {
	out = Forged{links: slices.Clone(f.links), lines: maps.Clone(f.lines), head: f.head}
	i := r.IntN(len(f.links) - 1)
	id, at := f.links[i].EntryID, int64(i+1)
	j := i + 1 + r.IntN(len(f.links)-i-1)
	switch r.IntN(11) {
	case 0, 1, 2:
		return out, "column " + out.change(r, id), at
	case 3:
		delete(out.lines, id)
		return out, "line deleted", at
	case 4:
		out.links = slices.Delete(out.links, i, i+1)
		return out, "link deleted", at
	case 5:
		delete(out.lines, id)
		out.links = slices.Delete(out.links, i, i+1)
		for k := i; k < len(out.links); k++ {
			out.links[k].Seq--
		}
		return out, "taken out and numbered again", at
	case 6:
		out.links = out.links[:i]
		maps.DeleteFunc(out.lines, func(id int64, _ model.HoursEntry) bool { return id >= f.links[i].EntryID })
		if i > 0 && r.IntN(2) == 0 {
			out.head.Seq, out.head.MAC = f.links[i-1].Seq, f.links[i-1].MAC
			return out, "tail cut off, head put back", at
		}
		return out, "tail cut off", at
	case 7:
		a, b := out.lines[id], out.lines[f.links[j].EntryID]
		a.ID, b.ID = b.ID, a.ID
		out.lines[a.ID], out.lines[b.ID] = a, b
		return out, "two lines changed over", at
	case 8:
		out.links[i], out.links[j] = out.links[j], out.links[i]
		if r.IntN(2) == 0 {
			out.links[i].Seq, out.links[j].Seq = out.links[j].Seq, out.links[i].Seq
		}
		return out, "order changed", at
	case 9:
		e := randomLine(r, 5)
		out.lines[e.ID] = e
		if r.IntN(2) == 0 {
			return out, "line put in", int64(len(f.links))
		}
		out.links = slices.Insert(out.links, i, model.HoursLink{EntryID: e.ID})
		out.reseal(i, []byte("a guess"))
		return out, "line and links put in", at
	default:
		out.change(r, id)
		out.reseal(i, []byte("a guess"))
		return out, "chain written anew without the key", at
	}
}

// change changes one column of a line.
func (f *Forged) change(r *rand.Rand, id int64) (column string) {
	e := f.lines[id]
	columns := map[string]func(){
		"minutes": func() { e.Minutes += 60 }, "student": func() { e.StudentID += 100 }, "class": func() { e.Class += "X" }, "basis": func() { e.Basis = "MAKEUP" },
		"claim": func() { e.ClaimID++ }, "reversal": func() { e.Reversal++ }, "programme": func() { e.ProgrammeID++ }, "activity": func() { e.ActivityID++ },
		"day": func() { e.ServedOn += "0" }, "branch": func() { e.BranchID++ }, "path": func() { e.BranchPath += "2/" }, "by": func() { e.PostedBy++ },
		"at": func() { e.PostedAt = e.PostedAt.Add(time.Millisecond) },
	}
	names := slices.Sorted(maps.Keys(columns))
	column = names[r.IntN(len(names))]
	columns[column]()
	f.lines[id] = e
	return column
}
