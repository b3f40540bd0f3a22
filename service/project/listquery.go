package project

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/org"
)

// The student list is hot, so it is one statement by hand. The joins are outer ones though nothing is ever missing: that
// keeps the activities first in every plan, walked in the order of ix_activity_listed and stopped at the limit.
const listColumns = `SELECT a.id, a.title, %s AS summary, a.field, a.category, a.mode, a.placement_mode, a.status, a.counts_as_volunteer,
 a.org_id, a.host_org_id, COALESCE(o.name, ''), COALESCE(h.name, ''), COALESCE(s.place, ''), a.lat_e6, a.lng_e6,
 a.starts_at, a.ends_at, a.signup_opens_at, a.signup_closes_at, a.listed_at, a.cover_id
FROM activities a
LEFT JOIN orgs o ON o.id = a.org_id
LEFT JOIN orgs h ON h.id = a.host_org_id
LEFT JOIN activity_sessions s ON s.activity_id = a.id AND s.starts_at = a.starts_at
WHERE `

// maxCandidates bounds how many activities around a place are sorted by distance; searchBatch how many are read at once
// while looking for words.
const (
	maxCandidates = 2000
	searchBatch   = 100
)

// listQuery is a filter made into SQL. Its conditions speak of activities (a) only.
type listQuery struct {
	where  []string
	args   []any
	from   time.Time // listed_at >= from
	search *search
}

func (q *listQuery) add(sql string, args ...any) {
	q.where, q.args = append(q.where, sql), append(q.args, args...)
}

func newListQuery(tx *gorm.DB, f Filter, now time.Time) (*listQuery, error) {
	q := &listQuery{from: f.StartsFrom}
	if q.from.IsZero() {
		q.from = now
	}
	if !f.StartsTo.IsZero() {
		q.add("a.listed_at < ?", f.StartsTo)
	}
	for _, is := range [...]struct{ column, value string }{{"a.field", f.Field}, {"a.category", f.Category}, {"a.mode", f.Mode}} { // in one order: one text, one plan
		if is.value != "" {
			q.add(is.column+" = ?", is.value)
		}
	}
	if f.ProgrammeID != 0 {
		q.add("+a.programme_id = ?", f.ProgrammeID) // the plus keeps SQLite on the index of the list: it would sort the whole programme
	}
	if f.DemandID != 0 {
		q.add("a.demand_id = ?", f.DemandID)
	}
	if f.Carrier != "" {
		q.add("INSTR(a.carriers, ?) > 0", `"`+f.Carrier+`"`) // a JSON list of codes, which hold no quotes
	}
	if f.Region != "" {
		prefix := divisionPrefix(f.Region)
		q.add("a.region_code >= ? AND a.region_code < ?", prefix, prefix+":") // ':' comes after the digits
	}
	if f.OpenOnly {
		q.add("a.signup_opens_at <= ? AND a.signup_closes_at > ?", now, now)
	}
	if err := q.words(f.Query); err != nil {
		return nil, err
	}
	err := q.within(tx, f.OrgID)
	return q, err
}

func (q *listQuery) words(query string) error {
	if query == "" {
		return nil
	}
	s, err := newSearch(query)
	if err != nil {
		return err
	}
	q.search = &s
	for _, g := range s.grams {
		q.add("a.id IN (SELECT activity_id FROM activity_grams WHERE gram = ?)", g)
	}
	return nil
}

// within keeps to an organisation and everything below it; of one that does not exist there is nothing.
func (q *listQuery) within(tx *gorm.DB, orgID int64) error {
	if orgID == 0 {
		return nil
	}
	o, err := org.ByID(tx, orgID)
	if errors.Is(err, fault.ErrNotFound) {
		q.add("1 = 0")
		return nil
	}
	if err != nil {
		return err
	}
	const below = "IN (SELECT id FROM orgs WHERE path >= ? AND path < ?)"
	end := access.PathEnd(o.Path)
	q.add("(a.host_org_id "+below+" OR a.org_id "+below+")", o.Path, end, o.Path, end)
	return nil
}

// columns reads the summary only when words are looked for in it.
func (q *listQuery) columns() string {
	if q.search != nil {
		return fmt.Sprintf(listColumns, "a.summary")
	}
	return fmt.Sprintf(listColumns, "''")
}

// soonestSQL is the statement of the list: n rows after a key of start and id. MariaDB walks the index from the start of
// the list, not from the key, unless the key's start is a condition of its own.
func (q *listQuery) soonestSQL(after []int64, n int) (string, []any) {
	from, where, args := q.from, slices.Clone(q.where), slices.Clone(q.args)
	if after != nil {
		at := time.UnixMilli(after[0]).UTC()
		if !at.Before(from) {
			from = at
			where, args = append(where, "(a.listed_at > ? OR a.id > ?)"), append(args, at, after[1])
		}
	}
	where = append([]string{"a.listed_at >= ?"}, where...)
	args = append(append([]any{from}, args...), n)
	return q.columns() + strings.Join(where, " AND ") + " ORDER BY a.listed_at, a.id LIMIT ?", args
}

func (q *listQuery) soonest(tx *gorm.DB, after []int64, n int) ([]listRow, error) {
	sql, args := q.soonestSQL(after, n)
	return q.read(tx, sql, args...)
}

// collect reads n rows in order; while looking for words it reads on until n rows really hold them.
func (q *listQuery) collect(n int, after []int64, next func(after []int64, n int) ([]listRow, error)) ([]listRow, error) {
	if q.search == nil {
		return next(after, n)
	}
	var found []listRow
	for {
		batch, err := next(after, searchBatch)
		if err != nil {
			return nil, err
		}
		for _, r := range batch {
			if q.search.matches(r.Title, r.Summary, r.Host) {
				found = append(found, r)
			}
			if len(found) == n {
				return found, nil
			}
		}
		if len(batch) < searchBatch {
			return found, nil
		}
		after = batch[len(batch)-1].key()
	}
}

// spot is an activity around a place.
type spot struct {
	ID       int64
	LatE6    int64 `gorm:"column:lat_e6"`
	LngE6    int64 `gorm:"column:lng_e6"`
	distance int64
}

// near reads n rows after a key of distance and id, nearest first. truncated: there are more than can be sorted.
func (q *listQuery) near(tx *gorm.DB, near Near, after []int64, n int) (rows []listRow, truncated bool, err error) {
	spots, truncated, err := q.spots(tx, near)
	if err != nil {
		return nil, false, err
	}
	rows, err = q.collect(n, after, func(after []int64, n int) ([]listRow, error) {
		begin := 0
		if after != nil {
			begin, _ = slices.BinarySearchFunc(spots, spot{distance: after[0], ID: after[1] + 1}, spot.compare)
		}
		return q.rowsOf(tx, spots[begin:min(begin+n, len(spots))])
	})
	return rows, truncated, err
}

func (s spot) compare(o spot) int {
	if s.distance != o.distance {
		return int(s.distance - o.distance)
	}
	return int(min(1, max(-1, s.ID-o.ID)))
}

// spotsSQL takes the nearest candidates out of the cells that cover the circle. The order is that of the flat map, good
// enough to cut at the limit; distances are measured afterwards.
func (q *listQuery) spotsSQL(near Near) (string, []any) {
	var cells []string
	args := []any{q.from}
	for _, r := range geo.Cover(near.Center, near.RadiusM) {
		cells, args = append(cells, "a.listed_cell BETWEEN ? AND ?"), append(args, r.Lo, r.Hi)
	}
	where := append([]string{"a.listed_at >= ?", "(" + strings.Join(cells, " OR ") + ")"}, q.where...)
	args = append(args, q.args...)
	squeeze := near.Center.Squeeze()
	args = append(args, near.Center.LatE6, near.Center.LatE6, near.Center.LngE6, squeeze, near.Center.LngE6, squeeze, maxCandidates+1)
	return "SELECT a.id, a.lat_e6, a.lng_e6 FROM activities a WHERE " + strings.Join(where, " AND ") +
		" ORDER BY (a.lat_e6 - ?) * (a.lat_e6 - ?) + ((a.lng_e6 - ?) * ? / 1000) * ((a.lng_e6 - ?) * ? / 1000) LIMIT ?", args
}

// spots are the candidates within the radius, nearest first.
func (q *listQuery) spots(tx *gorm.DB, near Near) (spots []spot, truncated bool, err error) {
	sql, args := q.spotsSQL(near)
	if err := tx.Raw(sql, args...).Scan(&spots).Error; err != nil {
		return nil, false, fmt.Errorf("list activities near a place: %w", err)
	}
	for i, s := range spots {
		spots[i].distance = geo.Distance(near.Center, geo.Point{LatE6: s.LatE6, LngE6: s.LngE6})
	}
	if len(spots) > maxCandidates {
		truncated = spots[maxCandidates].distance <= near.RadiusM
		spots = spots[:maxCandidates]
	}
	spots = slices.DeleteFunc(spots, func(s spot) bool { return s.distance > near.RadiusM })
	slices.SortFunc(spots, spot.compare)
	return spots, truncated, nil
}

// rowsOf reads the rows of some spots, in their order.
func (q *listQuery) rowsOf(tx *gorm.DB, spots []spot) ([]listRow, error) {
	if len(spots) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(spots))
	for i, s := range spots {
		ids[i] = s.ID
	}
	rows, err := q.read(tx, q.columns()+"a.id IN ?", ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]listRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	out := make([]listRow, len(spots))
	for i, s := range spots {
		out[i] = byID[s.ID]
		out[i].distance = &s.distance
	}
	return out, nil
}
