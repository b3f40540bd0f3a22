package files

import (
	"bufio"
	"io"
	"math"
	"strconv"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Headers of the files.
const (
	studentsHeader  = "id,campus,lat_e6,lon_e6,slots,skills,i1,i2,i3,maxdist_m,served,waited,branch,group\n"
	positionsHeader = "id,community,category,lat_e6,lon_e6,cap,min,slots,need,req,want,urgency,partner\n"
)

// Bounds of coordinates in millionths of a degree.
const (
	maxLat = 90_000_000
	maxLon = 180_000_000
)

// ReadStudents reads students.csv.
func ReadStudents(r io.Reader) ([]score.Student, error) {
	var all []score.Student
	err := rows(r, 14, func(line int, f *fields) error {
		f.is(line)
		s := score.Student{
			Campus: f.id(), LatE6: f.small(-maxLat, maxLat), LonE6: f.small(-maxLon, maxLon),
			Slots: f.bitmap(score.Slots), Skills: uint32(f.bitmap(score.Skills)), //nolint:gosec // bounded
			Interests: [3]int8{f.category(), f.category(), f.category()},
			MaxDist:   f.small(0, math.MaxInt32),
			Served:    f.id(), Waited: f.byte(math.MaxUint8), Branch: f.id(), Group: f.id(),
		}
		s.At = geo.Point{LatE6: int64(s.LatE6), LngE6: int64(s.LonE6)}.XYZ()
		all = append(all, s)
		return nil
	})
	return all, err
}

// ReadPositions reads positions.csv.
func ReadPositions(r io.Reader) ([]score.Position, error) {
	var all []score.Position
	err := rows(r, 13, func(line int, f *fields) error {
		f.is(line)
		p := score.Position{
			Community: f.id(), Category: f.category(),
			LatE6: f.small(-maxLat, maxLat), LonE6: f.small(-maxLon, maxLon),
			Cap: f.small(0, score.MaxStudents), Min: f.small(0, score.MaxStudents), Slots: f.bitmap(score.Slots),
			Need: f.byte(score.Slots), Req: uint32(f.bitmap(score.Skills)), Want: uint32(f.bitmap(score.Skills)), //nolint:gosec // bounded
			Urgency: f.byte(score.MaxUrgency), Partner: f.id(),
		}
		p.At = geo.Point{LatE6: int64(p.LatE6), LngE6: int64(p.LonE6)}.XYZ()
		all = append(all, p)
		return nil
	})
	return all, err
}

func (f *fields) category() int8 { return f.tiny(score.None, score.Categories-1) }

// lines writes rows through one buffer.
type lines struct {
	out *bufio.Writer
	row []byte
}

func newLines(w io.Writer, header string) *lines {
	l := &lines{out: bufio.NewWriterSize(w, bufferSize)}
	l.row = append(l.row, header...)
	l.flush()
	return l
}

func (l *lines) flush() {
	_, _ = l.out.Write(l.row) // the buffer keeps the first error and tells it at the end
	l.row = l.row[:0]
}

// numbers appends whole numbers, each with a comma after it.
func (l *lines) numbers(all ...int32) {
	for _, n := range all {
		l.row = append(strconv.AppendInt(l.row, int64(n), 10), ',')
	}
}

func (l *lines) bitmap(n uint64) { l.row = append(strconv.AppendUint(l.row, n, 16), ',') }

// end closes the row: its last comma becomes a line feed.
func (l *lines) end() {
	l.row[len(l.row)-1] = '\n'
	l.flush()
}

// WriteStudents writes students.csv.
func WriteStudents(w io.Writer, all []score.Student) error {
	l := newLines(w, studentsHeader)
	for i := range all {
		s := &all[i]
		l.numbers(int32(i), s.Campus, s.LatE6, s.LonE6)
		l.bitmap(s.Slots)
		l.bitmap(uint64(s.Skills))
		l.numbers(int32(s.Interests[0]), int32(s.Interests[1]), int32(s.Interests[2]), s.MaxDist, s.Served, int32(s.Waited), s.Branch, s.Group)
		l.end()
	}
	return l.out.Flush()
}

// WritePositions writes positions.csv.
func WritePositions(w io.Writer, all []score.Position) error {
	l := newLines(w, positionsHeader)
	for i := range all {
		p := &all[i]
		l.numbers(int32(i), p.Community, int32(p.Category), p.LatE6, p.LonE6, p.Cap, p.Min)
		l.bitmap(p.Slots)
		l.numbers(int32(p.Need))
		l.bitmap(uint64(p.Req))
		l.bitmap(uint64(p.Want))
		l.numbers(int32(p.Urgency), p.Partner)
		l.end()
	}
	return l.out.Flush()
}
