package assign

import (
	"cmp"
	"math"
	"slices"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Sizes of the nets that are laid over the map, in millionths of a degree. They only change how long it takes.
const (
	rowHeight = 20_000 // of the rows in which positions are sorted
	cellSize  = 15_000 // of the cells in which students share their candidates
)

// atlas finds the positions around a point.
type atlas struct {
	ids       []int32          // by row, then from west to east
	rows      []int32          // the row of each in ids
	positions []score.Position // in the order of ids, so that neighbours lie side by side
}

func newAtlas(positions []score.Position) *atlas {
	a := &atlas{ids: make([]int32, 0, len(positions)), rows: make([]int32, 0, len(positions)), positions: make([]score.Position, 0, len(positions))}
	for id := range positions {
		if positions[id].Cap > 0 {
			a.ids = append(a.ids, int32(id))
		}
	}
	slices.SortFunc(a.ids, func(x, y int32) int {
		p, q := &positions[x], &positions[y]
		return cmp.Or(cmp.Compare(rowOf(p.LatE6), rowOf(q.LatE6)), cmp.Compare(p.LonE6, q.LonE6), cmp.Compare(x, y))
	})
	for _, id := range a.ids {
		a.rows, a.positions = append(a.rows, rowOf(positions[id].LatE6)), append(a.positions, positions[id])
	}
	return a
}

func rowOf(latE6 int32) int32 { return int32(math.Floor(float64(latE6) / rowHeight)) }

// around calls f with every position that may be within metres of the point, and some that are not.
func (a *atlas) around(latE6, lonE6 int32, metres int64, f func(id int32, p *score.Position)) {
	south, north, half, whole := geo.Window(latE6, metres)
	from, _ := slices.BinarySearch(a.rows, rowOf(south))
	for from < len(a.ids) && a.rows[from] <= rowOf(north) {
		n, _ := slices.BinarySearch(a.rows[from:], a.rows[from]+1)
		west, east := int64(lonE6)-half, int64(lonE6)+half
		if whole || west < -180e6 || east > 180e6 {
			west, east = -180e6, 180e6
		}
		line := a.positions[from : from+n]
		first, _ := slices.BinarySearchFunc(line, west, func(p score.Position, lon int64) int { return cmp.Compare(int64(p.LonE6), lon) })
		for i := first; i < n && int64(line[i].LonE6) <= east; i++ {
			f(a.ids[from+i], &line[i])
		}
		from += n
	}
}

// crowd is a number of students who share their candidates, because they start from one point or from one cell.
type crowd struct {
	students []int32
	exact    bool // they all start from one point
}

// crowds divides the students. By exact points where many share one (campuses), else by cells (homes).
func crowds(students []score.Student) []crowd {
	points, start := collect(students, len(students)/32, func(s *score.Student) [2]int32 { return [2]int32{s.LatE6, s.LonE6} })
	exact := start != nil
	if !exact {
		points, start = collect(students, len(students), func(s *score.Student) [2]int32 {
			return [2]int32{int32(math.Floor(float64(s.LatE6) / cellSize)), int32(math.Floor(float64(s.LonE6) / cellSize))}
		})
	}
	const most = 4096 // so that several workers can share a large campus
	var all []crowd
	for i := range len(start) - 1 {
		for part := range slices.Chunk(points[start[i]:start[i+1]], most) {
			all = append(all, crowd{students: part, exact: exact})
		}
	}
	slices.SortStableFunc(all, func(a, b crowd) int { // neighbours one after the other: they look at the same positions
		x, y := &students[a.students[0]], &students[b.students[0]]
		return cmp.Or(cmp.Compare(rowOf(x.LatE6), rowOf(y.LatE6)), cmp.Compare(x.LonE6, y.LonE6))
	})
	return all
}

// collect orders the students by a key, keys as they are first met: those of key i are order[start[i]:start[i+1]]. It
// gives up when there are more than most keys.
func collect(students []score.Student, most int, key func(*score.Student) [2]int32) (order, start []int32) {
	index := map[[2]int32]int32{}
	of := make([]int32, len(students))
	var counts []int32
	for i := range students {
		k := key(&students[i])
		n, ok := index[k]
		if !ok {
			if len(counts) == most {
				return nil, nil
			}
			n = int32(len(counts)) //nolint:gosec // bounded
			index[k] = n
			counts = append(counts, 0)
		}
		of[i] = n
		counts[n]++
	}
	start = make([]int32, len(counts)+1)
	for i, n := range counts {
		start[i+1] = start[i] + n
	}
	next := slices.Clone(start)
	order = make([]int32, len(students))
	for i, n := range of {
		order[next[n]] = int32(i)
		next[n]++
	}
	return order, start
}
