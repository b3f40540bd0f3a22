package project

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/page"
	"baodao/service/read"
)

// Filter narrows the public list; zero values do not.
type Filter struct {
	Query                          string // words of the title, the summary or the host's name
	Field, Category, Carrier, Mode string
	ProgrammeID, DemandID          int64
	OrgID                          int64     // organiser or host is this organisation or below it
	Region                         string    // division code, short or padded with zeros: everything inside it
	StartsFrom                     time.Time // zero: now
	StartsTo                       time.Time // excluded
	OpenOnly                       bool      // sign-up is open now
	Near                           *Near
}

// Near asks for activities around a place, nearest first.
type Near struct {
	Center  geo.Point
	RadiusM int64 // at most 50,000
}

// Listed is a row of the public list.
type Listed struct {
	ID                            int64
	Title                         string
	Field, Category               string
	Mode, PlacementMode           string
	CountsAsVolunteer             bool
	OrgID, HostOrgID              int64
	Organiser, Host               string
	Place                         string // of the first session
	LatE6, LngE6                  *int64
	StartsAt, EndsAt              time.Time
	SignupOpensAt, SignupClosesAt time.Time
	Seats                         Seats
	Cover                         int64  // upload that is shown as its picture, 0 for none
	DistanceM                     *int64 // whole metres, only when a place was asked for
	Phase                         model.ActivityStatus
}

// Seats explains how many seats there are and why they are not all free: of a position, or of all of an activity.
type Seats struct {
	Capacity int64
	Taken    int64 // given to students, offers included
	Held     int64 // of them, offered and not answered yet
	Reserved int64 // free, but kept for paired branches
	Waiting  int64 // students on the waiting list
}

// Left is how many seats anybody may still have.
func (s Seats) Left() int64 { return s.Capacity - s.Taken - s.Reserved }

// SeatsOf explains one position; until is its activity's paired_until.
func SeatsOf(p model.Position, until *time.Time, now time.Time) Seats {
	return Seats{Capacity: p.Capacity, Taken: p.Taken, Held: p.Held, Reserved: p.Kept(until, now), Waiting: p.Waiting}
}

func (s Seats) plus(o Seats) Seats {
	return Seats{Capacity: s.Capacity + o.Capacity, Taken: s.Taken + o.Taken, Held: s.Held + o.Held, Reserved: s.Reserved + o.Reserved, Waiting: s.Waiting + o.Waiting}
}

// Listing is a page of the public list. Truncated says that more activities lie within the radius than the 2,000 nearest
// that can be paged through.
type Listing struct {
	page.Result[Listed]
	Truncated bool
}

// Activities lists published activities, by default those that have not begun, soonest first; around a place nearest first.
// Anybody may read it. Errors: fault.ErrCursor, fault.ErrInvalid (a query without a word of two characters).
func (s *Service) Activities(ctx context.Context, f Filter, p page.Request) (Listing, error) {
	tx, now := read.Prepared(ctx, s.DB), s.Now()
	q, err := newListQuery(tx, f, now)
	if err != nil {
		return Listing{}, err
	}
	var rows []listRow
	var out Listing
	name, size := "activities", p.Size()
	if f.Near != nil {
		name = "activities_near"
	}
	key, _, err := p.Key(name, 2)
	if err != nil {
		return Listing{}, err
	}
	if f.Near != nil {
		rows, out.Truncated, err = q.near(tx, *f.Near, key, size+1)
	} else {
		rows, err = q.collect(size+1, key, func(after []int64, n int) ([]listRow, error) { return q.soonest(tx, after, n) })
	}
	if err != nil {
		return Listing{}, err
	}
	cut := page.Cut(rows, size, name, listRow.key)
	shown, err := covers(s.DB.WithContext(ctx), cut.Items)
	if err != nil {
		return Listing{}, err
	}
	ids := make([]int64, len(cut.Items))
	for i, r := range cut.Items {
		ids[i] = r.ID
	}
	seats, err := seatsOf(read.Prepared(ctx, s.DB), ids, now)
	if err != nil {
		return Listing{}, err
	}
	out.Result = page.MapResult(cut, func(r listRow) Listed { return r.listed(now, shown, seats[r.ID]) })
	return out, nil
}

// listRow is what one query reads of an activity for the list.
type listRow struct {
	ID                            int64
	Title, Summary                string
	Field, Category               string
	Mode, PlacementMode, Status   string
	CountsAsVolunteer             bool
	OrgID, HostOrgID              int64
	Organiser, Host, Place        string
	LatE6, LngE6                  *int64
	StartsAt, EndsAt              time.Time
	SignupOpensAt, SignupClosesAt time.Time
	ListedAt                      time.Time
	coverID                       *int64
	distance                      *int64
}

// read runs a statement of listColumns. It scans by hand: reflection would cost as much as the query.
func (q *listQuery) read(tx *gorm.DB, sql string, args ...any) (out []listRow, err error) {
	rows, err := tx.Raw(sql, args...).Rows()
	if err != nil {
		return nil, fmt.Errorf("list activities: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r listRow
		if err := rows.Scan(&r.ID, &r.Title, &r.Summary, &r.Field, &r.Category, &r.Mode, &r.PlacementMode, &r.Status, &r.CountsAsVolunteer,
			&r.OrgID, &r.HostOrgID, &r.Organiser, &r.Host, &r.Place, &r.LatE6, &r.LngE6,
			&r.StartsAt, &r.EndsAt, &r.SignupOpensAt, &r.SignupClosesAt, &r.ListedAt, &r.coverID); err != nil {
			return nil, fmt.Errorf("list activities: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// key is where the row stands in its list: start or distance, then id.
func (r listRow) key() []int64 {
	if r.distance != nil {
		return []int64{*r.distance, r.ID}
	}
	return []int64{r.ListedAt.UnixMilli(), r.ID}
}

// listed is the row as it is shown; shown are the covers that may be.
func (r listRow) listed(now time.Time, shown map[int64]bool, seats Seats) Listed {
	a := model.Activity{
		Status: model.ActivityStatus(r.Status), StartsAt: r.StartsAt, EndsAt: r.EndsAt,
		SignupOpensAt: r.SignupOpensAt, SignupClosesAt: r.SignupClosesAt,
	}
	cover := int64(0)
	if r.coverID != nil && shown[*r.coverID] {
		cover = *r.coverID
	}
	return Listed{
		ID: r.ID, Title: r.Title, Field: r.Field, Category: r.Category, Mode: r.Mode, PlacementMode: r.PlacementMode, CountsAsVolunteer: r.CountsAsVolunteer,
		OrgID: r.OrgID, HostOrgID: r.HostOrgID, Organiser: r.Organiser, Host: r.Host, Place: r.Place, LatE6: r.LatE6, LngE6: r.LngE6,
		StartsAt: r.StartsAt, EndsAt: r.EndsAt, SignupOpensAt: r.SignupOpensAt, SignupClosesAt: r.SignupClosesAt,
		Seats: seats, Cover: cover, DistanceM: r.distance, Phase: a.Phase(now),
	}
}

// seatsOf sums up the positions of all these activities in one query.
func seatsOf(tx *gorm.DB, ids []int64, now time.Time) (out map[int64]Seats, err error) {
	out = make(map[int64]Seats, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := tx.Raw(`SELECT p.activity_id, p.capacity, p.taken, p.held, p.waiting, p.reserved, p.paired_taken, a.paired_until
FROM positions p JOIN activities a ON a.id = p.activity_id WHERE p.activity_id IN ?`, ids).Rows()
	if err != nil {
		return nil, fmt.Errorf("sum up seats: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p model.Position
		var until *time.Time
		if err := rows.Scan(&p.ActivityID, &p.Capacity, &p.Taken, &p.Held, &p.Waiting, &p.Reserved, &p.PairedTaken, &until); err != nil {
			return nil, fmt.Errorf("sum up seats: %w", err)
		}
		out[p.ActivityID] = out[p.ActivityID].plus(SeatsOf(p, until, now))
	}
	return out, rows.Err()
}

// divisionPrefix cuts the zeros off a division code, at the borders between its levels: 370100000000 is 3701.
func divisionPrefix(code string) string {
	if len(code) != 12 {
		return code
	}
	for _, border := range []int{9, 6, 4, 2} {
		if strings.Trim(code[border:], "0") != "" {
			break
		}
		code = code[:border]
	}
	return code
}
