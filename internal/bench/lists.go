package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// listPage measures a page of 20 activities from a random moment on, as a student, against the same page written by hand.
func listPage(ctx context.Context, s settings, engine string) (result, error) {
	st, err := openStage(ctx, s, engine)
	if err != nil {
		return result{}, err
	}
	r, err := st.listPage(ctx)
	return r, errors.Join(err, st.close())
}

func (st *stage) listPage(ctx context.Context) (result, error) {
	first, err := st.seedLists(ctx)
	if err != nil {
		return result{}, err
	}
	token, err := st.token(ctx, "bench-student")
	if err != nil {
		return result{}, err
	}
	pool, err := st.readers()
	if err != nil {
		return result{}, err
	}
	hand, err := newByHand(ctx, pool)
	if err != nil {
		return result{}, err
	}
	ours, stopOurs, err := serve(ctx, st.built.Handler)
	if err != nil {
		return result{}, err
	}
	floor, stopFloor, err := serve(ctx, hand)
	if err != nil {
		return result{}, errors.Join(err, stopOurs())
	}
	shoot := func(addr, token string) func(context.Context) (float64, error) {
		l := load{addr: addr, conns: 32, check: twentyRows, next: func(int64) []byte {
			from := first.Add(time.Duration(rand.IntN(seedActivities-100)) * time.Minute) //nolint:gosec // load
			return request(http.MethodGet, "/api/v1/activities?limit=20&starts_from="+from.Format(time.RFC3339), token, nil)
		}}
		return l.rate
	}
	r, err := pair(ctx, shoot(ours, token), shoot(floor, ""))
	r.Unit, r.Floor, r.Engine = "req/s", "net/http and database/sql by hand", st.db.Name()
	return r, errors.Join(err, stopOurs(), stopFloor(), hand.close())
}

// readers is the pool that the floor reads from: the one that the program reads from.
func (st *stage) readers() (*sql.DB, error) {
	if p, ok := st.db.ConnPool.(interface{ Readers() *sql.DB }); ok {
		return p.Readers(), nil
	}
	return st.db.DB()
}

// twentyRows demands a full page.
func twentyRows(status int, body []byte) error {
	if err := want(http.StatusOK)(status, body); err != nil {
		return err
	}
	if n := strings.Count(string(body), `"starts_at"`); n != 20 {
		return fmt.Errorf("%d rows, want 20: %.300s", n, body)
	}
	return nil
}

// byHand is the floor: the same page with prepared statements and structs, nothing else.
type byHand struct{ page *sql.Stmt }

type handRow struct {
	ID                string    `json:"id"`
	Title             string    `json:"title"`
	Field             string    `json:"field"`
	Category          string    `json:"category"`
	Mode              string    `json:"mode"`
	PlacementMode     string    `json:"placement_mode"`
	CountsAsVolunteer bool      `json:"counts_as_volunteer"`
	OrgID             string    `json:"org_id"`
	Organiser         string    `json:"organiser"`
	HostOrgID         string    `json:"host_org_id"`
	Host              string    `json:"host"`
	Place             string    `json:"place"`
	Lat               float64   `json:"lat"`
	Lng               float64   `json:"lng"`
	StartsAt          time.Time `json:"starts_at"`
	EndsAt            time.Time `json:"ends_at"`
	SignupOpensAt     time.Time `json:"signup_opens_at"`
	SignupClosesAt    time.Time `json:"signup_closes_at"`
	Capacity          int64     `json:"capacity"`
	Taken             int64     `json:"taken"`
}

const handSQL = `SELECT a.id, a.title, a.field, a.category, a.mode, a.placement_mode, a.counts_as_volunteer, a.org_id, o.name, a.host_org_id, h.name, s.place,
 a.lat_e6, a.lng_e6, a.starts_at, a.ends_at, a.signup_opens_at, a.signup_closes_at,
 (SELECT SUM(capacity) FROM positions p WHERE p.activity_id = a.id), (SELECT SUM(taken) FROM positions p WHERE p.activity_id = a.id)
FROM activities a LEFT JOIN orgs o ON o.id = a.org_id LEFT JOIN orgs h ON h.id = a.host_org_id
LEFT JOIN activity_sessions s ON s.activity_id = a.id AND s.starts_at = a.starts_at
WHERE a.listed_at >= ? ORDER BY a.listed_at, a.id LIMIT 21`

func newByHand(ctx context.Context, pool *sql.DB) (*byHand, error) {
	stmt, err := pool.PrepareContext(ctx, handSQL)
	return &byHand{page: stmt}, err
}

func (h *byHand) close() error { return h.page.Close() }

// ServeHTTP answers one page.
func (h *byHand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(time.RFC3339, r.URL.Query().Get("starts_from"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	rows, err := h.read(r.Context(), from)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	more := len(rows) > 20
	body, err := json.Marshal(map[string]any{"data": rows[:min(20, len(rows))], "has_more": more, "next_cursor": rows[len(rows)-1].ID})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body) //nolint:errcheck // the client may be gone
}

func (h *byHand) read(ctx context.Context, from time.Time) ([]handRow, error) {
	rows, err := h.page.QueryContext(ctx, from)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []handRow
	for rows.Next() {
		var r handRow
		var id, org, host, lat, lng int64
		err := rows.Scan(&id, &r.Title, &r.Field, &r.Category, &r.Mode, &r.PlacementMode, &r.CountsAsVolunteer, &org, &r.Organiser, &host, &r.Host, &r.Place,
			&lat, &lng, &r.StartsAt, &r.EndsAt, &r.SignupOpensAt, &r.SignupClosesAt, &r.Capacity, &r.Taken)
		if err != nil {
			return nil, err
		}
		r.ID, r.OrgID, r.HostOrgID = strconv.FormatInt(id, 10), strconv.FormatInt(org, 10), strconv.FormatInt(host, 10)
		r.Lat, r.Lng = float64(lat)/1e6, float64(lng)/1e6
		out = append(out, r)
	}
	return out, rows.Err()
}

// listPublic measures the public first page, which nobody signed in reads, against an empty POST through Gin.
func listPublic(ctx context.Context, s settings, engine string) (result, error) {
	st, err := openStage(ctx, s, engine)
	if err != nil {
		return result{}, err
	}
	r, err := st.listPublic(ctx)
	return r, errors.Join(err, st.close())
}

func (st *stage) listPublic(ctx context.Context) (result, error) {
	if _, err := st.seedLists(ctx); err != nil {
		return result{}, err
	}
	gin.SetMode(gin.ReleaseMode)
	ping := gin.New()
	ping.POST("/ping", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"ok": true}) })
	ours, stopOurs, err := serve(ctx, st.built.Handler)
	if err != nil {
		return result{}, err
	}
	floor, stopFloor, err := serve(ctx, ping)
	if err != nil {
		return result{}, errors.Join(err, stopOurs())
	}
	shoot := func(l load) func(context.Context) (float64, error) {
		l.conns = 32
		return l.rate
	}
	get, post := request(http.MethodGet, "/api/v1/activities", "", nil), request(http.MethodPost, "/ping", "", []byte("{}"))
	r, err := pair(ctx,
		shoot(load{addr: ours, next: func(int64) []byte { return get }, check: twentyRows}),
		shoot(load{addr: floor, next: func(int64) []byte { return post }, check: want(http.StatusOK)}))
	r.Unit, r.Floor, r.Engine = "req/s", "empty POST through gin", st.db.Name()
	return r, errors.Join(err, stopOurs(), stopFloor())
}
