package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/service/atomic"
	"baodao/service/org"
)

// importDivisions measures the import of 31,000 divisions with organisations (or BENCH_DATA=DIR) against multi-row inserts
// of the same rows by hand. Both read the files.
func importDivisions(ctx context.Context, s settings, engine string) (result, error) {
	files := invented()
	if s.data != "" {
		files = os.DirFS(s.data)
	}
	rows := 0
	timed := func(work func(context.Context, *stage) (int, error)) func(context.Context) (float64, error) {
		return func(ctx context.Context) (seconds float64, err error) {
			st, err := openStage(ctx, s, engine)
			if err != nil {
				return 0, err
			}
			defer func() { err = errors.Join(err, st.close()) }()
			began := time.Now()
			n, err := work(ctx, st)
			if rows != 0 && n != rows {
				err = errors.Join(err, fmt.Errorf("%d rows, the other way made %d", n, rows))
			}
			rows = n
			return time.Since(began).Seconds(), err
		}
	}
	r, err := pair(ctx,
		timed(func(ctx context.Context, st *stage) (int, error) {
			report, err := st.built.Org.ImportDivisions(ctx, files, org.DivisionOptions{Orgs: true})
			return report.OrgsCreated, err
		}),
		timed(func(ctx context.Context, st *stage) (int, error) { return st.divisionsByHand(ctx, files) }))
	r.Unit, r.Floor, r.Note = "s", "multi-row inserts by hand", fmt.Sprintf("rows=%d", rows)
	r.Engine = engine
	return r, err
}

// invented are divisions of an invented province in the columns of the real files.
func invented() fs.FS {
	const cities, areas, streets, villages = 10, 10, 10, 30
	files := map[string]*bytes.Buffer{}
	add := func(name, header string) *bytes.Buffer {
		files[name] = bytes.NewBufferString(header + "\n")
		return files[name]
	}
	fmt.Fprintln(add("provinces.csv", "code,name"), "99,某省")
	c, a := add("cities.csv", "code,name,provinceCode"), add("areas.csv", "code,name,cityCode,provinceCode")
	s, v := add("streets.csv", "code,name,areaCode,provinceCode,cityCode"), add("villages.csv", "code,name,streetCode,provinceCode,cityCode,areaCode")
	for i := range cities {
		city := fmt.Sprintf("99%02d", i+1)
		fmt.Fprintf(c, "%s,第%d市,99\n", city, i+1)
		for j := range areas {
			area := fmt.Sprintf("%s%02d", city, j+1)
			fmt.Fprintf(a, "%s,第%d区,%s,99\n", area, j+1, city)
			for k := range streets {
				street := fmt.Sprintf("%s%03d", area, k+1)
				fmt.Fprintf(s, "%s,第%d街道,%s,99,%s\n", street, k+1, area, city)
				for l := range villages {
					fmt.Fprintf(v, "%s%03d,第%d社区居民委员会,%s,99,%s,%s\n", street, l+1, l+1, street, city, area)
				}
			}
		}
	}
	out := fstest.MapFS{}
	for name, b := range files {
		out[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	return out
}

// divisionsByHand is the floor: read a file, write its regions and organisations in statements of 1,000 rows.
func (st *stage) divisionsByHand(ctx context.Context, files fs.FS) (int, error) {
	now, ids, paths, total := clock.System(), map[string]int64{}, map[string]string{}, 0
	for _, l := range []struct{ file, level, kind string }{
		{"provinces.csv", "PROVINCE", "PROVINCIAL_COMMITTEE"},
		{"cities.csv", "CITY", "CITY_COMMITTEE"},
		{"areas.csv", "COUNTY", "COUNTY_COMMITTEE"},
		{"streets.csv", "TOWN", "TOWN_YOUTH_WORK_COMMITTEE"},
		{"villages.csv", "COMMUNITY", "COMMUNITY"},
	} {
		rows, err := readCSV(files, l.file)
		if err != nil {
			return 0, err
		}
		err = atomic.Do(ctx, st.db, func(tx *gorm.DB) error {
			for from := 0; from < len(rows); from += 1000 {
				var regions, orgs []any
				part := rows[from:min(from+1000, len(rows))]
				for _, r := range part {
					code, parent := pad(r[0]), ""
					if len(r) > 2 {
						parent = pad(r[2])
					}
					id := st.ids()
					ids[code], paths[code] = id, fmt.Sprintf("%s%d/", cmp.Or(paths[parent], "/"), id)
					regions = append(regions, code, l.level, r[1], parent)
					orgs = append(orgs, id, l.kind, "LOCAL", ids[parent], paths[code], r[1], code, code, "ACTIVE", 1, now, now)
				}
				if err := insert(tx, "regions (code, level, name, parent_code)", 4, regions); err != nil {
					return err
				}
				if err := insert(tx, "orgs (id, kind, side, parent_id, path, name, region_code, import_code, status, version, created_at, updated_at)", 12, orgs); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		total += len(rows)
	}
	return total, nil
}

func insert(tx *gorm.DB, into string, columns int, args []any) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + "),"
	return tx.Exec("INSERT INTO "+into+" VALUES "+strings.TrimSuffix(strings.Repeat(one, len(args)/columns), ","), args...).Error
}

func readCSV(files fs.FS, name string) ([][]string, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	r := csv.NewReader(f)
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows[1:], nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// pad makes a division code 12 digits long.
func pad(code string) string { return code + strings.Repeat("0", 12-len(code)) }
