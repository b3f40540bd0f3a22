package geo

import "math"

// FromGCJ02 turns a point of the Chinese map datum GCJ-02 (what wx.getLocation and Chinese maps give) into WGS-84, to
// about a tenth of a metre. Outside China the two are the same.
func FromGCJ02(p Point) Point {
	lat, lng := p.Degrees()
	if abroad(lat, lng) {
		return p
	}
	guessLat, guessLng := lat, lng
	for range 6 { // each round divides the error by more than ten
		dLat, dLng := offset(guessLat, guessLng)
		guessLat, guessLng = lat-dLat, lng-dLng
	}
	return FromDegrees(guessLat, guessLng)
}

// abroad is the rectangle outside of which GCJ-02 does not shift.
func abroad(lat, lng float64) bool {
	return lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271
}

// offset is GCJ-02 minus WGS-84 in degrees at a WGS-84 point, on the Krasovsky ellipsoid.
func offset(lat, lng float64) (dLat, dLng float64) {
	const axis, eccentricity2 = 6378245.0, 0.00669342162296594323
	x, y := lng-105, lat-35
	rad := lat / 180 * math.Pi
	sin := math.Sin(rad)
	w := math.Sqrt(1 - eccentricity2*sin*sin)
	dLat = shiftLat(x, y) * 180 / ((axis * (1 - eccentricity2)) / (w * w * w) * math.Pi)
	dLng = shiftLng(x, y) * 180 / (axis / w * math.Cos(rad) * math.Pi)
	return dLat, dLng
}

func shiftLat(x, y float64) float64 {
	v := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x))
	v += (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	v += (20*math.Sin(y*math.Pi) + 40*math.Sin(y/3*math.Pi)) * 2 / 3
	return v + (160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
}

func shiftLng(x, y float64) float64 {
	v := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x))
	v += (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	v += (20*math.Sin(x*math.Pi) + 40*math.Sin(x/3*math.Pi)) * 2 / 3
	return v + (150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
}
