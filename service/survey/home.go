package survey

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"baodao/service/matching/geo"
	"baodao/service/vault"
)

// homeGrid is 500 m of latitude, in millionths of a degree.
const homeGrid = 4497

// coarse moves a point to the nearest one of a grid of about 500 m: nobody needs to know in which house somebody lives.
func coarse(p geo.Point) geo.Point {
	lat := snap(p.LatE6, homeGrid)
	wide := homeGrid * 1000 / max(geo.Point{LatE6: lat}.Squeeze(), 1)
	return geo.Point{LatE6: lat, LngE6: snap(p.LngE6, wide)}
}

func snap(v, step int64) int64 {
	return int64(math.Round(float64(v)/float64(step))) * step
}

// homeText is how a home is sealed.
func homeText(p geo.Point) string { return fmt.Sprintf("%d %d", p.LatE6, p.LngE6) }

// openHome opens a sealed home; nil when there is none, or when the person's key was destroyed.
func openHome(key *vault.Person, studentID int64, sealed []byte) (*geo.Point, error) {
	plain, err := key.Open(vault.Home, studentID, sealed)
	if err != nil || plain == "" {
		return nil, err
	}
	lat, lng, _ := strings.Cut(plain, " ")
	var p geo.Point
	if p.LatE6, err = strconv.ParseInt(lat, 10, 64); err == nil {
		p.LngE6, err = strconv.ParseInt(lng, 10, 64)
	}
	if err != nil {
		return nil, fmt.Errorf("read home of %d: %w", studentID, err)
	}
	return &p, nil
}
