package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/clock"
	"baodao/router"
	"baodao/service/access"
	"baodao/service/matching/assign"
	"baodao/service/matching/index"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// online is what match.online asks: a thousand students of a million, a hundred thousand open positions.
type online struct {
	in       *score.Instance
	snapshot *index.Snapshot
	want     score.Lists
}

type onlineIn struct {
	Student int `query:"student" minimum:"0" maximum:"999"`
}

type onlineOut struct {
	Body struct {
		Data []onlinePick `json:"data" nullable:"false"`
	}
}

// onlinePick is a recommendation as a student reads it.
type onlinePick struct {
	PositionID api.ID      `json:"position_id"`
	Score      int32       `json:"score"`
	Parts      score.Parts `json:"parts"`
	Metres     int32       `json:"metres"`
	Chance     int32       `json:"chance"`
	Reasons    string      `json:"reasons"`
}

// matchOnline measures the best 20 of 100,000 open positions, with score parts and reasons in words, through every
// middleware against an empty answer. All lists are compared with those of a round first. Rows of positions and tokens
// are not read from a database.
func matchOnline(ctx context.Context, _ settings, _ string) (result, error) {
	o, err := newOnline()
	if err != nil {
		return result{}, err
	}
	note, err := o.inProcess()
	if err != nil {
		return result{}, err
	}
	engine, err := router.New(router.Config{ //nolint:contextcheck // each request brings its own
		Auth: student{}, Now: clock.System, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))},
		[]router.Route{router.Get("/recommendations", access.SignedIn, "recommend", api.Handle(http.StatusOK, o.recommend), "bench", "Recommend")})
	if err != nil {
		return result{}, err
	}
	ours, stopOurs, err := serve(ctx, engine)
	if err != nil {
		return result{}, err
	}
	ping := gin.New()
	ping.POST("/ping", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"ok": true}) })
	floor, stopFloor, err := serve(ctx, ping)
	if err != nil {
		return result{}, errors.Join(err, stopOurs())
	}
	gets := make([][]byte, len(o.in.Students))
	for s := range gets {
		gets[s] = request(http.MethodGet, fmt.Sprintf("/api/v1/recommendations?student=%d", s), strings.Repeat("x", 200), nil)
	}
	post := request(http.MethodPost, "/ping", "", []byte("{}"))
	get := load{addr: ours, conns: 32, check: fullList, next: func(i int64) []byte { return gets[i*7919%int64(len(gets))] }}
	empty := load{addr: floor, conns: 32, check: want(http.StatusOK), next: func(int64) []byte { return post }}
	r, err := pair(ctx, get.rate, empty.rate)
	r.Unit, r.Floor, r.Note = "req/s", "ping", note
	return r, errors.Join(err, stopOurs(), stopFloor())
}

func newOnline() (*online, error) {
	in, err := sample.New(sample.Options{Students: 1_000_000, Positions: 100_000, Season: score.Term, Rule: score.PointsV2, Seed: 1})
	if err != nil {
		return nil, err
	}
	o := &online{in: &score.Instance{Round: in.Round, Positions: in.Positions}}
	for s := 0; s < len(in.Students); s += 1000 {
		o.in.Students = append(o.in.Students, in.Students[s])
	}
	o.want = assign.Lists(o.in, 2)
	o.snapshot, err = o.build()
	return o, err
}

func (o *online) build() (*index.Snapshot, error) {
	entries := make([]index.Entry, len(o.in.Positions))
	for p := range o.in.Positions {
		entries[p] = index.Entry{ID: int64(p) + 1, Position: o.in.Positions[p]}
	}
	return index.Build(entries, o.in.Round.Rule, len(o.in.Students))
}

// inProcess compares every list with the round's, and takes the times without HTTP.
func (o *online) inProcess() (note string, err error) {
	var times, builds []float64
	fastest := make([]float64, len(o.in.Students)) // of ten: what the work takes when nobody else is at it
	picks := make([]index.Pick, 0, o.in.Round.K)
	for range 10 {
		for s := range o.in.Students {
			began := time.Now()
			picks = o.snapshot.Recommend(o.query(s), picks[:0])
			took := float64(time.Since(began).Nanoseconds()) / 1000
			times = append(times, took)
			if fastest[s] == 0 || took < fastest[s] {
				fastest[s] = took
			}
			list := o.want.Of(s)
			same := slices.EqualFunc(picks, list, func(p index.Pick, w score.Wish) bool { return p.ID == int64(w.Position())+1 && p.Band == w.Band() })
			if !same {
				return "", fmt.Errorf("student %d is shown what the round would not list", s)
			}
		}
		began := time.Now()
		if _, err := o.build(); err != nil {
			return "", err
		}
		builds = append(builds, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(times)
	slices.Sort(builds)
	slices.Sort(fastest)
	return fmt.Sprintf("positions=%d in_process_p50_us=%.1f p99_us=%.1f fastest_of_ten_p50_us=%.1f p99_us=%.1f rebuild_ms=%.1f..%.1f differences=0 database=none",
		len(o.in.Positions), median(times), times[len(times)*99/100], median(fastest), fastest[len(fastest)*99/100], builds[0], median(builds)), nil
}

func (o *online) query(s int) *index.Query {
	return &index.Query{Student: &o.in.Students[s], Radius: o.in.Round.Radius, Limit: o.in.Round.K}
}

func (o *online) recommend(_ *gin.Context, in *onlineIn) (*onlineOut, error) {
	var picks [20]index.Pick
	out, words := &onlineOut{}, make([]byte, 0, 256)
	out.Body.Data = make([]onlinePick, 0, len(picks))
	for _, p := range o.snapshot.Recommend(o.query(in.Student), picks[:0]) {
		words = p.Words(words[:0], false)
		out.Body.Data = append(out.Body.Data, onlinePick{
			PositionID: api.ID(p.ID), Score: p.Parts.Total(), Parts: p.Parts, Metres: p.Fit.Dist, Chance: p.Chance, Reasons: string(words),
		})
	}
	return out, nil
}

// fullList demands recommendations with reasons.
func fullList(status int, body []byte) error {
	if err := want(http.StatusOK)(status, body); err != nil {
		return err
	}
	if n := bytes.Count(body, []byte(`"position_id":`)); n == 0 || bytes.Count(body, []byte(" 米")) != n {
		return fmt.Errorf("%d recommendations: %.300s", n, body)
	}
	return nil
}
