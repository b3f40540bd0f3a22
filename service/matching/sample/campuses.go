package sample

import (
	"bytes"
	_ "embed" // the excerpt of campuses
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
)

//go:embed campuses.csv
var excerpt []byte

// Campus is where students of a university live in term.
type Campus struct {
	Name         string
	LatE6, LonE6 int32
}

// Excerpt are some campuses of Shandong, city by city, as public lists have them.
func Excerpt() ([]Campus, error) { return Campuses(bytes.NewReader(excerpt)) }

// Campuses reads a list with the columns name, lat, lng.
func Campuses(r io.Reader) ([]Campus, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	var all []Campus
	for i, row := range rows {
		if i == 0 {
			continue
		}
		if len(row) != 3 {
			return nil, fmt.Errorf("row %d: want name, lat, lng", i+1)
		}
		lat, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			return nil, err
		}
		lng, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, err
		}
		all = append(all, Campus{Name: row[0], LatE6: int32(math.Round(lat * 1e6)), LonE6: int32(math.Round(lng * 1e6))})
	}
	return all, nil
}
