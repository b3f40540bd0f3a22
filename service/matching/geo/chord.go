package geo

import "math"

// chordRadius is the radius of the sphere on which matching measures, in metres.
const chordRadius = 6371008

// XYZ is a point of the sphere in whole metres from its centre. Distances between such points are exact on every machine.
type XYZ struct{ X, Y, Z int32 }

// XYZ rounds the point to whole metres.
func (p Point) XYZ() XYZ {
	lat, lng := float64(p.LatE6)*(math.Pi/180e6), float64(p.LngE6)*(math.Pi/180e6)
	cos := math.Cos(lat)
	return XYZ{X: metres(cos * math.Cos(lng)), Y: metres(cos * math.Sin(lng)), Z: metres(math.Sin(lat))}
}

func metres(unit float64) int32 { return int32(math.Round(chordRadius * unit)) }

// Chord is the straight way between two points in metres, rounded down: below 30 km less than 0.1 m short of the way
// along the surface.
func Chord(a, b XYZ) int32 {
	dx, dy, dz := int64(a.X-b.X), int64(a.Y-b.Y), int64(a.Z-b.Z)
	return int32(math.Sqrt(float64(dx*dx + dy*dy + dz*dz))) // below 2^53 the root of an integer rounds down rightly
}
