package attend

import (
	"cmp"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
)

// kind is what a part is a sum of.
type kind struct {
	programme    int64
	class, basis string
}

// run adds up while it reads: a database that groups by student sorts, which costs more than handing the rows over.
func (s *summing) run(db *gorm.DB) (Totals, error) {
	out := Totals{AsOf: s.AsOf, Parts: []TotalPart{}}
	each, all, err := s.read(db)
	if err != nil {
		return out, err
	}
	ids := make([]int64, 0, len(each))
	for k := range each {
		ids = append(ids, k.programme)
	}
	programmes, err := namesOf(db, ids)
	if err != nil {
		return out, err
	}
	for k, of := range each {
		p := TotalPart{ProgrammeID: k.programme, ProgrammeName: programmes[k.programme], Class: k.class, Basis: k.basis, Students: above(of)}
		for _, minutes := range of {
			p.Minutes += minutes
		}
		if p.Minutes != 0 || p.Students > 0 {
			out.Parts = append(out.Parts, p)
		}
	}
	slices.SortFunc(out.Parts, func(a, b TotalPart) int {
		return cmp.Or(cmp.Compare(a.ProgrammeID, b.ProgrammeID), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Basis, b.Basis))
	})
	out.Students = above(all)
	out.addUp()
	return out, nil
}

// read adds up what each student has of each kind, and of all.
func (s *summing) read(db *gorm.DB) (each map[kind]map[int64]int64, all map[int64]int64, err error) {
	each, all = map[kind]map[int64]int64{}, map[int64]int64{}
	rows, err := db.Raw(s.sql, s.args...).Rows()
	if err != nil {
		return nil, nil, fmt.Errorf("add up hours: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var k, last kind
	var student, minutes int64
	var of map[int64]int64
	for rows.Next() {
		if err := rows.Scan(&k.programme, &k.class, &k.basis, &student, &minutes); err != nil {
			return nil, nil, fmt.Errorf("add up hours: %w", err)
		}
		if of == nil || k != last {
			if of = each[k]; of == nil {
				of = map[int64]int64{}
				each[k] = of
			}
			last = k
		}
		of[student] += minutes
		all[student] += minutes
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("add up hours: %w", err)
	}
	return each, all, nil
}

// above counts the students with more than no minutes.
func above(minutes map[int64]int64) (n int64) {
	for _, m := range minutes {
		if m > 0 {
			n++
		}
	}
	return n
}

// namesOf reads the names of programmes.
func namesOf(db *gorm.DB, ids []int64) (map[int64]string, error) {
	var rows []model.Programme
	if err := db.Select("id", "name").Where("id IN ?", append(ids, 0)).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read programmes: %w", err)
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}
