// Package geo puts points of the earth into an order that a database index can search, and measures how far apart they
// are. A point is a pair of integers (millionths of a degree, WGS-84), a place in the order is an S2 leaf cell.
package geo

import (
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// earthRadiusM is the mean radius of the earth in metres (IUGG).
const earthRadiusM = 6371008.8

// maxRanges bounds how many ranges Cover returns; maxLevel is about 10 m.
const (
	maxRanges = 16
	maxLevel  = 20
)

// Point is a place in WGS-84, in millionths of a degree.
type Point struct{ LatE6, LngE6 int64 }

// FromDegrees rounds decimal degrees to the nearest millionth (11 cm).
func FromDegrees(lat, lng float64) Point {
	return Point{LatE6: int64(math.Round(lat * 1e6)), LngE6: int64(math.Round(lng * 1e6))}
}

// Degrees is the point in decimal degrees.
func (p Point) Degrees() (lat, lng float64) { return float64(p.LatE6) / 1e6, float64(p.LngE6) / 1e6 }

func (p Point) latLng() s2.LatLng { return s2.LatLngFromDegrees(p.Degrees()) }

// Squeeze is how long a degree of longitude is here against a degree of latitude, per mille.
func (p Point) Squeeze() int64 { return int64(math.Round(math.Cos(p.latLng().Lat.Radians()) * 1000)) }

// Distance is the way along the earth's surface in whole metres.
func Distance(a, b Point) int64 {
	return int64(math.Round(a.latLng().Distance(b.latLng()).Radians() * earthRadiusM))
}

// Cell is the S2 leaf cell that holds the point. Points that lie close together mostly have close cells.
func Cell(p Point) int64 { return signed(s2.CellIDFromLatLng(p.latLng())) }

// Range is a run of leaf cells, both ends included.
type Range struct{ Lo, Hi int64 }

// Cover returns at most 16 ranges, in rising order, that together hold every point at most radiusM metres from center.
// They also hold some points that are farther off: measure what you find.
func Cover(center Point, radiusM int64) []Range {
	angle := s1.Angle((float64(radiusM) + 1) / earthRadiusM) // one more, because Distance rounds
	circle := s2.CapFromCenterAngle(s2.PointFromLatLng(center.latLng()), angle)
	cells := (&s2.RegionCoverer{MaxLevel: maxLevel, LevelMod: 1, MaxCells: maxRanges}).Covering(circle)
	ranges := make([]Range, 0, len(cells))
	for _, c := range cells {
		ranges = append(ranges, Range{Lo: signed(c.RangeMin()), Hi: signed(c.RangeMax())})
	}
	slices.SortFunc(ranges, func(a, b Range) int {
		if a.Lo < b.Lo {
			return -1
		}
		return 1
	})
	return merge(ranges)
}

// merge joins ranges that follow each other without a gap: leaf cells are odd, so the next one is two further on.
func merge(ranges []Range) []Range {
	out := ranges[:0]
	for _, r := range ranges {
		if n := len(out); n > 0 && r.Lo-2 == out[n-1].Hi {
			out[n-1].Hi = r.Hi
			continue
		}
		out = append(out, r)
	}
	return out
}

// signed keeps the bits: databases have signed integers only. Within the run of one cell the order stays as it is.
func signed(c s2.CellID) int64 { return int64(c) } //nolint:gosec // the wrap is meant
