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

// Window is the band of latitudes, and half the width in longitude, in millionths of a degree, outside of which every
// point is farther off than so many metres of chord. whole says that all longitudes belong to it.
func Window(latE6 int32, metres int64) (south, north int32, half int64, whole bool) {
	angle := 2*math.Asin(min(1, float64(metres+4)/(2*chordRadius))) + 1e-7 // four metres for the rounding to metres
	lat := float64(latE6) * (math.Pi / 180e6)
	const e6 = 180e6 / math.Pi
	south, north = int32(max(-90e6, (lat-angle)*e6-1)), int32(min(90e6, (lat+angle)*e6+1))
	if math.Abs(lat)+angle >= math.Pi/2 {
		return south, north, 0, true
	}
	return south, north, int64(math.Asin(min(1, math.Sin(angle)/math.Cos(lat)))*e6) + 2, false
}
