package project

import (
	"time"

	"gorm.io/gorm"
)

// ListSQL is the statement of the public list, for the tests of its plan.
func ListSQL(tx *gorm.DB, f Filter, now time.Time, after []int64, n int) (string, []any, error) {
	q, err := newListQuery(tx, f, now)
	if err != nil {
		return "", nil, err
	}
	sql, args := q.soonestSQL(after, n)
	return sql, args, nil
}

// NearSQL is the statement that finds candidates around a place.
func NearSQL(tx *gorm.DB, f Filter, now time.Time) (string, []any, error) {
	q, err := newListQuery(tx, f, now)
	if err != nil {
		return "", nil, err
	}
	sql, args := q.spotsSQL(*f.Near)
	return sql, args, nil
}

// Search tells which pairs a query asks for and whether it matches a text.
func Search(query, text string) (pairs []string, matches bool, err error) {
	s, err := newSearch(query)
	return s.grams, s.matches("", text), err
}

// Fold, Grams and DivisionPrefix are the pure parts of search.
var (
	Fold           = fold
	Grams          = grams
	DivisionPrefix = divisionPrefix
)
