package files

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"baodao/service/matching/score"
)

// Headers of what a round makes.
const (
	listsHeader   = "student,positions\n"
	resultHeader  = "student,position\n"
	cutoffsHeader = "position,filled,closed,cutoff\n"
)

// ReadLists reads lists: a student and positions, best first, with spaces between them, in quotes or without. Who has no
// line has an empty list. The bands of the wishes are not in the file and are 0.
func ReadLists(r io.Reader, students, positions int) (score.Lists, error) {
	lists := score.NewLists(students, usualList)
	longest, seen := 1, make([]bool, students)
	err := rows(r, 2, func(_ int, f *fields) error {
		student := int(f.number(0, int64(students)-1))
		text := bytes.Trim(f.next(), `"`)
		if f.err != nil {
			return f.err
		}
		if seen[student] {
			return fmt.Errorf("student %d has two lists", student)
		}
		seen[student] = true
		n := 0
		for word := range bytes.FieldsSeq(text) {
			p, ok := decimal(word)
			if !ok || p < 0 || p >= int64(positions) {
				return fmt.Errorf("position %q: there are %d", word, positions)
			}
			if n == score.MaxList {
				return fmt.Errorf("student %d: more than %d wishes", student, score.MaxList)
			}
			if n == lists.Width {
				lists = widen(lists, score.MaxList)
			}
			list, wish := lists.Wishes[student*lists.Width:], score.NewWish(int32(p), 0) //nolint:gosec // bounded
			for _, before := range list[:n] {
				if before == wish {
					return fmt.Errorf("student %d lists position %d twice", student, p)
				}
			}
			list[n] = wish
			n++
		}
		longest = max(longest, n)
		return nil
	})
	return narrow(lists, longest), err
}

// usualList is how long lists are nearly always.
const usualList = 20

// widen makes room for longer lists.
func widen(l score.Lists, width int) score.Lists {
	students := len(l.Wishes) / l.Width
	wider := score.NewLists(students, width)
	for s := range students {
		copy(wider.Wishes[s*width:], l.Of(s))
	}
	return wider
}

// narrow closes the gaps of lists that are wider than the longest of them.
func narrow(l score.Lists, width int) score.Lists {
	students := len(l.Wishes) / l.Width
	for s := range students {
		copy(l.Wishes[s*width:(s+1)*width], l.Wishes[s*l.Width:])
	}
	return score.Lists{Width: width, Wishes: l.Wishes[:students*width]}
}

// WriteLists writes the lists of those who have one.
func WriteLists(w io.Writer, lists score.Lists) error {
	l := newLines(w, listsHeader)
	for s := range len(lists.Wishes) / max(1, lists.Width) {
		list := lists.Of(s)
		if len(list) == 0 {
			continue
		}
		l.numbers(int32(s))
		l.row = append(l.row, '"')
		for _, wish := range list {
			l.numbers(wish.Position())
			l.row[len(l.row)-1] = ' '
		}
		l.row[len(l.row)-1] = '"'
		l.row = append(l.row, ',')
		l.end()
	}
	return l.out.Flush()
}

// ReadResult reads who got which position.
func ReadResult(r io.Reader, students, positions int) ([]int32, error) {
	place := make([]int32, students)
	for s := range place {
		place[s] = score.None
	}
	err := rows(r, 2, func(_ int, f *fields) error {
		s, p := f.number(0, int64(students)-1), f.small(0, int64(positions)-1)
		if f.err != nil {
			return f.err
		}
		if place[s] != score.None {
			return fmt.Errorf("student %d has two places", s)
		}
		place[s] = p
		return nil
	})
	return place, err
}

// WriteResult writes who got which position, by rising student.
func WriteResult(w io.Writer, place []int32) error {
	l := newLines(w, resultHeader)
	for s, p := range place {
		if p != score.None {
			l.numbers(int32(s), p)
			l.end()
		}
	}
	return l.out.Flush()
}

// ReadCutoffs reads what each position ended with; the places are not in it.
func ReadCutoffs(r io.Reader, positions int) (score.Outcome, error) {
	out := score.Outcome{Filled: make([]int32, positions), Cutoffs: make([]uint32, positions), Closed: make([]bool, positions)}
	n := 0
	err := rows(r, 4, func(line int, f *fields) error {
		f.is(line)
		filled, closed, cutoff := f.small(0, score.MaxStudents), f.number(0, 1), f.number(0, math.MaxUint32)
		if f.err != nil {
			return f.err
		}
		if line >= positions {
			return fmt.Errorf("there are %d positions", positions)
		}
		out.Filled[line], out.Closed[line], out.Cutoffs[line] = filled, closed == 1, uint32(cutoff) //nolint:gosec // bounded
		n++
		return nil
	})
	if err == nil && n != positions {
		err = fmt.Errorf("%d positions: want %d", n, positions)
	}
	return out, err
}

// WriteCutoffs writes what each position ended with.
func WriteCutoffs(w io.Writer, out *score.Outcome) error {
	l := newLines(w, cutoffsHeader)
	for p := range out.Filled {
		closed := int32(0)
		if out.Closed[p] {
			closed = 1
		}
		l.numbers(int32(p), out.Filled[p], closed)
		l.row = fmt.Appendf(l.row, "%d,", out.Cutoffs[p])
		l.end()
	}
	return l.out.Flush()
}
