// Package index recommends open positions to one student at once, from a picture of all of them in memory. A picture is
// never changed: a new one is built and takes its place, while those who read the old one finish. It is at most as old as
// whoever builds it lets it become; seats are the database's to give, so an old picture can disappoint and not do harm.
package index

import (
	"cmp"
	"errors"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Entry is an open position. Cap is how many seats are free.
type Entry struct {
	ID       int64
	Position score.Position
	Cutoff   uint32 // of the last round; 0 while seats were free, or when it was not there
	Closed   bool   // in the last round, for too small a team
	// Partners is the cut-off of the last round for students of the paired branches. It is looked at where seats are
	// reserved now; where none were, it is as Cutoff.
	Partners uint32
}

// Index holds the picture of now.
type Index struct{ now atomic.Pointer[Snapshot] }

// New is an index of nothing.
func New() *Index {
	x := &Index{}
	x.now.Store(&Snapshot{})
	return x
}

// Now is the picture of now: whoever asks several times keeps it.
func (x *Index) Now() *Snapshot { return x.now.Load() }

// Swap puts a new picture in place.
func (x *Index) Swap(s *Snapshot) { x.now.Store(s) }

// Snapshot is a picture of all open positions.
type Snapshot struct {
	entries []Entry // by rising id
	records []record
	lons    []int32 // of the records
	cells   []int32 // of each row of the map and each kind the first record; one more for the end
	where   []int32 // of each entry its record
	time    [64 * 64]int16
	skill   [64 * 64]int16
	rule    score.Rule
	last    score.Outlook
	known   *origins
}

// record is what a search looks at, in one line of the cache.
type record struct {
	id        int64
	slots     uint64
	at        geo.XYZ
	req, want uint32
	entry     int32
	community int32
	urgency   int16 // its score
	category  int8  // from 1; 0 is none
	need      uint8
	nslots    uint8
	nwant     uint8
	_         [8]byte // so that none lies in two lines
}

// The map is cut into rows of two hundredths of a degree; the records of a row lie by kind and then from west to east.
const (
	rowHeight = 20_000
	rowCount  = 180_000_000/rowHeight + 1
	kinds     = score.Categories + 1 // 0 is none
	entryBits = 21
)

// Max is how many positions a snapshot holds.
const Max = 1 << entryBits

// Build makes a picture. students is how many took part in the last round, and rule is what ordered them: chances are told
// from these. The entries are kept; they must come by rising id.
func Build(entries []Entry, rule score.Rule, students int) (*Snapshot, error) {
	if len(entries) > Max {
		return nil, errors.New("too many positions for one snapshot: at most 2,097,152")
	}
	if !slices.IsSortedFunc(entries, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) }) {
		return nil, errors.New("entries: want them by rising id")
	}
	s := &Snapshot{entries: entries, rule: rule, cells: make([]int32, rowCount*kinds+1), known: &origins{}}
	s.last = score.Outlook{Cutoffs: make([]uint32, len(entries)), Closed: make([]bool, len(entries)), Students: students}
	for there := range 64 {
		for fits := range there + 1 {
			s.time[there<<6|fits], s.skill[there<<6|fits] = int16(score.Time(fits, there)), int16(score.Skill(fits, there)) //nolint:gosec // at most 2000
		}
	}
	for i := range entries {
		s.last.Cutoffs[i], s.last.Closed[i] = entries[i].Cutoff, entries[i].Closed
		if entries[i].Position.Reserved > 0 {
			s.last.Partners = append(s.last.Partners, score.PartnerCutoff{Position: int32(i), Cutoff: entries[i].Partners})
		}
		if p := &entries[i].Position; p.Cap > 0 {
			s.cells[cellOf(p)+1]++
		}
	}
	for cell := range rowCount * kinds {
		s.cells[cell+1] += s.cells[cell]
	}
	s.place()
	return s, nil
}

// place puts the records into their cells.
func (s *Snapshot) place() {
	keys, next := make([]uint64, s.cells[len(s.cells)-1]), slices.Clone(s.cells)
	for i := range s.entries {
		if p := &s.entries[i].Position; p.Cap > 0 {
			cell := cellOf(p)
			keys[next[cell]] = uint64(int64(p.LonE6)+180e6)<<entryBits | uint64(i) //nolint:gosec // not negative
			next[cell]++
		}
	}
	s.records, s.lons, s.where = make([]record, len(keys)), make([]int32, len(keys)), make([]int32, len(s.entries))
	for cell := range rowCount * kinds {
		slices.Sort(keys[s.cells[cell]:s.cells[cell+1]])
	}
	for i, key := range keys {
		entry := int32(key & (Max - 1))
		e := &s.entries[entry]
		s.records[i], s.lons[i], s.where[entry] = newRecord(e, entry), e.Position.LonE6, int32(i)
	}
}

func cellOf(p *score.Position) int32 { return rowOf(p.LatE6)*kinds + int32(p.Category) + 1 }

func newRecord(e *Entry, entry int32) record {
	p := &e.Position
	return record{
		id: e.ID, slots: p.Slots, at: p.At, req: p.Req, want: p.Want, entry: entry, community: p.Community,
		urgency: int16(score.Urgency(p)), category: p.Category + 1, need: p.Need, //nolint:gosec // at most 700
		nslots: uint8(bits.OnesCount64(p.Slots)), nwant: uint8(bits.OnesCount32(p.Want)), //nolint:gosec // at most 64
	}
}

func rowOf(latE6 int32) int32 { return int32(math.Floor((float64(latE6) + 90e6) / rowHeight)) }

// Len is how many positions are in it.
func (s *Snapshot) Len() int { return len(s.records) }
