package geo_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"baodao/service/matching/geo"
)

func point(t *rapid.T, label string) geo.Point {
	return geo.Point{
		LatE6: rapid.Int64Range(-90e6, 90e6).Draw(t, label+" lat"),
		LngE6: rapid.Int64Range(-180e6, 180e6).Draw(t, label+" lng"),
	}
}

// near draws a point at most radius metres away, more or less.
func near(t *rapid.T, c geo.Point, radius int64) geo.Point {
	north := rapid.Int64Range(-radius, radius).Draw(t, "north")
	east := rapid.Int64Range(-radius, radius).Draw(t, "east")
	lat, lng := c.Degrees()
	lat2 := lat + float64(north)/111195
	lng2 := lng + float64(east)/(111195*math.Max(0.01, math.Cos(lat*math.Pi/180)))
	return geo.FromDegrees(max(-90, min(90, lat2)), math.Remainder(lng2, 360))
}

func TestCoverHoldsEveryPointOfTheCircle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, radius := point(t, "center"), rapid.Int64Range(1, 50_000).Draw(t, "radius")
		ranges := geo.Cover(c, radius)
		if n := len(ranges); n < 1 || n > 16 {
			t.Fatalf("%d ranges", n)
		}
		for i, r := range ranges {
			if r.Lo > r.Hi || (i > 0 && r.Lo <= ranges[i-1].Hi) {
				t.Fatalf("ranges out of order: %v", ranges)
			}
		}
		for range 20 {
			p := near(t, c, radius)
			if geo.Distance(c, p) <= radius && !inside(ranges, geo.Cell(p)) {
				t.Fatalf("%v is %d m from %v and not covered", p, geo.Distance(c, p), c)
			}
		}
	})
}

func inside(ranges []geo.Range, cell int64) bool {
	for _, r := range ranges {
		if r.Lo <= cell && cell <= r.Hi {
			return true
		}
	}
	return false
}

// The covering of 50 km must not be so coarse that it reads half a province.
func TestCoverIsTight(t *testing.T) {
	t.Parallel()
	jinan := geo.FromDegrees(36.651, 117.12)
	far := 0
	for i := range 360 {
		a := float64(i) * math.Pi / 180
		p := geo.FromDegrees(36.651+math.Sin(a)*0.9, 117.12+math.Cos(a)*0.9/math.Cos(36.651*math.Pi/180)) // 100 km away
		if inside(geo.Cover(jinan, 50_000), geo.Cell(p)) {
			far++
		}
	}
	if far > 36 {
		t.Fatalf("%d of 360 points twice as far as the radius are covered", far)
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		a, b geo.Point
		want int64
	}{
		"the same place":              {geo.FromDegrees(36.65, 117.12), geo.FromDegrees(36.65, 117.12), 0},
		"a degree along the equator":  {geo.FromDegrees(0, 10), geo.FromDegrees(0, 11), 111195},
		"over the date line":          {geo.FromDegrees(0, 179.5), geo.FromDegrees(0, -179.5), 111195},
		"Jinan to Qingdao":            {geo.FromDegrees(36.6512, 117.1201), geo.FromDegrees(36.0671, 120.3826), 299_117},
		"a hundred metres":            {geo.FromDegrees(36.65, 117.12), geo.FromDegrees(36.6509, 117.12), 100},
		"pole to pole":                {geo.FromDegrees(90, 0), geo.FromDegrees(-90, 0), 20015115},
		"half a metre rounds to zero": {geo.Point{LatE6: 0, LngE6: 0}, geo.Point{LatE6: 4, LngE6: 0}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := geo.Distance(tt.a, tt.b); math.Abs(float64(got-tt.want)) > float64(tt.want)/1000 || got != geo.Distance(tt.b, tt.a) {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestDegreesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := point(t, "p")
		if got := geo.FromDegrees(p.Degrees()); got != p {
			t.Fatalf("%v became %v", p, got)
		}
	})
}

func TestFromGCJ02(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ gcj, wgs geo.Point }{
		"Shanghai":   {geo.FromDegrees(31.175304, 121.531542), geo.FromDegrees(31.177428, 121.527211)},
		"Shenzhen":   {geo.FromDegrees(22.540796, 113.917176), geo.FromDegrees(22.543847, 113.912316)},
		"Beijing":    {geo.FromDegrees(39.913345, 116.384047), geo.FromDegrees(39.911954, 116.377817)},
		"not abroad": {geo.FromDegrees(48.8584, 2.2945), geo.FromDegrees(48.8584, 2.2945)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := geo.FromGCJ02(tt.gcj); geo.Distance(got, tt.wgs) > 1 {
				t.Errorf("got %v, want %v: %d m off", got, tt.wgs, geo.Distance(got, tt.wgs))
			}
		})
	}
}

func BenchmarkCover(b *testing.B) {
	c := geo.FromDegrees(36.651, 117.12)
	b.ReportAllocs()
	for b.Loop() {
		geo.Cover(c, 5000)
	}
}
