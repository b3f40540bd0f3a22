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
	"baodao/model"
	"baodao/router"
	"baodao/service/access"
	"baodao/service/matching/assign"
	"baodao/service/matching/index"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
	"baodao/service/page"
	"baodao/service/recommend"
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

// matchOnline measures the best 20 of 100,000 open positions, with score parts and reasons in words, through every
// middleware against an empty answer. All lists are compared with those of a round first, and some with what the database
// says. Students and tokens are not read from it; what that costs is in the note: whole is the program as it is.
func matchOnline(ctx context.Context, s settings, engine string) (result, error) {
	o, err := newOnline()
	if err != nil {
		return result{}, err
	}
	note, err := o.inProcess()
	if err != nil {
		return result{}, err
	}
	t, err := openTown(ctx, s, engine, o)
	if err != nil {
		return result{}, err
	}
	stop := t.follow(ctx)
	defer stop()
	sql, err := t.against(ctx, 50)
	if err != nil {
		return result{}, errors.Join(err, t.close())
	}
	r, whole, err := t.overHTTP(ctx)
	r.Unit, r.Floor, r.Engine = "req/s", "ping", engine
	r.Note = fmt.Sprintf("%s %s whole=%.0f/s whole_ratio=%.3f", note, sql, whole.Value, whole.Ratio)
	return r, errors.Join(err, t.close())
}

// overHTTP takes the rates of the route, and of the whole program with everything that it reads from the database.
func (t *town) overHTTP(ctx context.Context) (r, whole result, err error) {
	engine, err := router.New(router.Config{ //nolint:contextcheck // each request brings its own
		Auth: student{}, Now: clock.System, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))},
		[]router.Route{router.Get("/recommendations", access.SignedIn, "recommend", api.Handle(http.StatusOK, t.recommend), "bench", "Recommend")})
	if err != nil {
		return r, whole, err
	}
	ping := gin.New()
	ping.POST("/ping", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"ok": true}) })
	ours, stopOurs, err := serve(ctx, engine)
	if err != nil {
		return r, whole, err
	}
	floor, stopFloor, err := serve(ctx, ping)
	if err != nil {
		return r, whole, errors.Join(err, stopOurs())
	}
	program, stopProgram, err := serve(ctx, t.built.Handler)
	if err != nil {
		return r, whole, errors.Join(err, stopOurs(), stopFloor())
	}
	gets, signed, n := make([][]byte, len(t.askers)), make([][]byte, len(t.askers)), int64(len(t.askers))
	for i := range gets {
		gets[i] = request(http.MethodGet, fmt.Sprintf("/api/v1/recommendations?student=%d", i), strings.Repeat("x", 200), nil)
		signed[i] = request(http.MethodGet, "/api/v1/me/recommendations?programme_id=1", t.tokens[i], nil)
	}
	post := request(http.MethodPost, "/ping", "", []byte("{}"))
	get := load{addr: ours, conns: 32, check: fullList, next: func(i int64) []byte { return gets[i*7919%n] }}
	all := load{addr: program, conns: 32, check: fullList, next: func(i int64) []byte { return signed[i*7919%n] }}
	empty := load{addr: floor, conns: 32, check: want(http.StatusOK), next: func(int64) []byte { return post }}
	r, err = pair(ctx, get.rate, empty.rate)
	if err == nil {
		whole, err = pair(ctx, all.rate, empty.rate)
	}
	return r, whole, errors.Join(err, stopOurs(), stopFloor(), stopProgram())
}

// recommend is the program's handler but for who asks.
func (t *town) recommend(c *gin.Context, in *onlineIn) (*api.RecommendOut, error) {
	ctx := c.Request.Context()
	found, err := t.built.Recommend.For(ctx, t.askers[in.Student], recommend.Ask{ProgrammeID: 1, Season: model.SeasonTerm}, page.Request{})
	if err != nil {
		return nil, err
	}
	return t.pages.Answer(ctx, &found, false), nil
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
	return fmt.Sprintf("positions=%d in_process_p50_us=%.1f p99_us=%.1f fastest_of_ten_p50_us=%.1f p99_us=%.1f rebuild_ms=%.1f..%.1f differences=0",
		len(o.in.Positions), median(times), times[len(times)*99/100], median(fastest), fastest[len(fastest)*99/100], builds[0], median(builds)), nil
}

func (o *online) query(s int) *index.Query {
	return &index.Query{Student: &o.in.Students[s], Radius: o.in.Round.Radius, Limit: o.in.Round.K}
}

// fullList demands recommendations with reasons, and a whole answer.
func fullList(status int, body []byte) error {
	if err := want(http.StatusOK)(status, body); err != nil {
		return err
	}
	if n := bytes.Count(body, []byte(" 米")); n == 0 || !bytes.HasSuffix(body, []byte("}}\n")) {
		return fmt.Errorf("%d recommendations: %.300s", n, body)
	}
	return nil
}
