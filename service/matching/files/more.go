package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"

	"baodao/service/matching/score"
)

// Names of the files that a round has only where they have something to say.
const (
	BlocksFile         = "blocks.csv"
	PartnersFile       = "partners.csv"
	ReservesFile       = "reserves.csv"
	OpenFile           = "open.csv"
	PartnerCutoffsFile = "partner-cutoffs.csv"
)

const (
	blocksHeader         = "student,community\n"
	partnersHeader       = "position,branch\n"
	reservesHeader       = "position,seats\n"
	openHeader           = "student\n"
	partnerCutoffsHeader = "position,cutoff\n"
)

// Part is one of these files.
type Part struct {
	Name  string
	Write func(io.Writer) error
}

// More are the files beside students.csv and positions.csv that a round needs, in the order in which they are digested.
func More(in *score.Instance) (all []Part) {
	add := func(when bool, name string, write func(io.Writer) error) {
		if when {
			all = append(all, Part{name, write})
		}
	}
	add(someone(in.Blocked), BlocksFile, func(w io.Writer) error { return WriteBlocks(w, in.Blocked) })
	add(slices.ContainsFunc(in.Positions, func(p score.Position) bool { return len(others(&p)) > 0 }),
		PartnersFile, func(w io.Writer) error { return WritePartners(w, in.Positions) })
	add(slices.ContainsFunc(in.Positions, func(p score.Position) bool { return p.Reserved > 0 }),
		ReservesFile, func(w io.Writer) error { return WriteReserves(w, in.Positions) })
	add(slices.Contains(in.Open, true), OpenFile, func(w io.Writer) error { return WriteOpen(w, in.Open) })
	return all
}

func someone(blocked map[int32][]int32) bool {
	for _, communities := range blocked {
		if len(communities) > 0 {
			return true
		}
	}
	return false
}

// loadMore reads those that are there.
func loadMore(dir fs.FS, in *score.Instance) error {
	maybe := func(name string, with func(io.Reader) error) error {
		if err := read(dir, name, with); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return errors.Join(
		maybe(BlocksFile, func(r io.Reader) (err error) { in.Blocked, err = ReadBlocks(r, len(in.Students)); return err }),
		maybe(PartnersFile, func(r io.Reader) error { return ReadPartners(r, in.Positions) }),
		maybe(ReservesFile, func(r io.Reader) error { return ReadReserves(r, in.Positions) }),
		maybe(OpenFile, func(r io.Reader) (err error) { in.Open, err = ReadOpen(r, len(in.Students)); return err }),
	)
}

// pairs reads lines of two numbers: the first is below n, the second within its bounds.
func pairs(r io.Reader, n int, low, high int64, take func(i int, value int32) bool) error {
	return rows(r, 2, func(_ int, f *fields) error {
		i, value := f.number(0, int64(n)-1), f.small(low, high)
		if f.err == nil && !take(int(i), value) {
			return fmt.Errorf("%d has %d already", i, value)
		}
		return f.err
	})
}

// ReadBlocks reads blocks.csv: of each student the communities.
func ReadBlocks(r io.Reader, students int) (map[int32][]int32, error) {
	all := map[int32][]int32{}
	err := pairs(r, students, 0, math.MaxInt32, func(i int, community int32) bool {
		communities := all[int32(i)] //nolint:gosec // bounded
		ok := added(&communities, community)
		all[int32(i)] = communities //nolint:gosec // bounded
		return ok
	})
	return all, err
}

// ReadPartners reads partners.csv into the positions.
func ReadPartners(r io.Reader, all []score.Position) error {
	return pairs(r, len(all), 0, math.MaxInt32, func(i int, branch int32) bool {
		return all[i].Partner != branch && added(&all[i].Partners, branch)
	})
}

// ReadReserves reads reserves.csv into the positions.
func ReadReserves(r io.Reader, all []score.Position) error {
	return pairs(r, len(all), 1, score.MaxStudents, func(i int, seats int32) bool {
		again := all[i].Reserved > 0
		all[i].Reserved = seats
		return !again
	})
}

// added puts a number where it belongs in a rising list, unless it is there.
func added(list *[]int32, n int32) bool {
	at, ok := slices.BinarySearch(*list, n)
	if !ok {
		*list = slices.Insert(*list, at, n)
	}
	return !ok
}

// ReadOpen reads open.csv.
func ReadOpen(r io.Reader, students int) ([]bool, error) {
	open := make([]bool, students)
	err := rows(r, 1, func(_ int, f *fields) error {
		s := f.number(0, int64(students)-1)
		if f.err == nil && open[s] {
			return fmt.Errorf("student %d is there twice", s)
		}
		if f.err == nil {
			open[s] = true
		}
		return f.err
	})
	return open, err
}

// WriteBlocks writes blocks.csv: by rising student, then community.
func WriteBlocks(w io.Writer, all map[int32][]int32) error {
	l := newLines(w, blocksHeader)
	for _, s := range slices.Sorted(maps.Keys(all)) {
		l.each(s, all[s])
	}
	return l.out.Flush()
}

// WritePartners writes partners.csv: by rising position, then branch. The one in positions.csv is not in it.
func WritePartners(w io.Writer, all []score.Position) error {
	l := newLines(w, partnersHeader)
	for i := range all {
		l.each(int32(i), others(&all[i]))
	}
	return l.out.Flush()
}

// others are the branches of a position that positions.csv does not name.
func others(p *score.Position) []int32 {
	if !slices.Contains(p.Partners, p.Partner) {
		return p.Partners
	}
	return slices.DeleteFunc(slices.Clone(p.Partners), func(branch int32) bool { return branch == p.Partner })
}

// each writes a line for each of some numbers, by rising number.
func (l *lines) each(id int32, all []int32) {
	if !slices.IsSorted(all) {
		all = slices.Sorted(slices.Values(all))
	}
	for i, n := range all {
		if i == 0 || n != all[i-1] {
			l.numbers(id, n)
			l.end()
		}
	}
}

// WriteReserves writes reserves.csv: by rising position.
func WriteReserves(w io.Writer, all []score.Position) error {
	l := newLines(w, reservesHeader)
	for i := range all {
		if all[i].Reserved > 0 {
			l.numbers(int32(i), all[i].Reserved)
			l.end()
		}
	}
	return l.out.Flush()
}

// WriteOpen writes open.csv: by rising student.
func WriteOpen(w io.Writer, open []bool) error {
	l := newLines(w, openHeader)
	for s, yes := range open {
		if yes {
			l.numbers(int32(s))
			l.end()
		}
	}
	return l.out.Flush()
}

// ReadPartnerCutoffs reads the cut-offs of the positions with reserved seats for students of the paired branches.
func ReadPartnerCutoffs(r io.Reader, positions int) (all []score.PartnerCutoff, err error) {
	err = rows(r, 2, func(_ int, f *fields) error {
		p, cutoff := f.small(0, int64(positions)-1), f.number(0, math.MaxUint32)
		if f.err == nil && len(all) > 0 && all[len(all)-1].Position >= p {
			return errors.New("positions must rise")
		}
		all = append(all, score.PartnerCutoff{Position: p, Cutoff: uint32(cutoff)}) //nolint:gosec // bounded
		return f.err
	})
	return all, err
}

// WritePartnerCutoffs writes them.
func WritePartnerCutoffs(w io.Writer, all []score.PartnerCutoff) error {
	l := newLines(w, partnerCutoffsHeader)
	for _, c := range all {
		l.numbers(c.Position)
		l.row = fmt.Appendf(l.row, "%d,", c.Cutoff)
		l.end()
	}
	return l.out.Flush()
}
