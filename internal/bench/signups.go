package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/service/atomic"
)

// twoServers answers with group commit at ours and with a transaction for each request at solo, over one database.
type twoServers struct {
	*crowd
	ours, solo string
	stops      []func() error
}

func openTwo(ctx context.Context, s settings, engine string, students int) (*twoServers, error) {
	c, err := openCrowd(ctx, s, engine, students)
	if err != nil {
		return nil, err
	}
	t := &twoServers{crowd: c, stops: []func() error{c.close}}
	solo, err := c.build(c.db) //nolint:contextcheck // each request brings its own
	if err != nil {
		return nil, errors.Join(err, t.end())
	}
	solo.Signup.Solo, solo.Attend.Solo = true, true
	for _, b := range []struct {
		built *app.Built
		addr  *string
	}{{c.built, &t.ours}, {solo, &t.solo}} {
		addr, stop, err := serve(ctx, b.built.Handler)
		if err != nil {
			return nil, errors.Join(err, t.end())
		}
		*b.addr = addr
		t.stops = append([]func() error{stop}, t.stops...)
	}
	return t, nil
}

func (t *twoServers) end() error {
	var errs []error
	for _, stop := range t.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// run is one load on a fresh activity.
func (t *twoServers) run(addr string, conns, n, positions int, seats int64, figure func(outcome) float64) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		activity, ids, err := t.activity(ctx, positions, seats)
		if err != nil {
			return 0, err
		}
		out, err := t.rush(ctx, addr, conns, n, activity, ids)
		if err != nil {
			return 0, err
		}
		return figure(out), nil
	}
}

// Sizes of the sign-up benchmarks: requests at ours, and at the slower floor.
const (
	rushOurs = 6000
	rushSolo = 1200
)

// against measures ours against batches of one.
func against(ctx context.Context, s settings, engine string, conns, ours, solo, positions int, seats int64, unit string, figure func(outcome) float64) (result, error) {
	t, err := openTwo(ctx, s, engine, max(ours, solo))
	if err != nil {
		return result{}, err
	}
	r, err := pair(ctx, t.run(t.ours, conns, ours, positions, seats, figure), t.run(t.solo, conns, solo, positions, seats, figure))
	r.Unit, r.Floor, r.Engine = unit, "batches of one", t.db.Name()
	return r, errors.Join(err, t.end())
}

const manySeats = 100_000

// signupHot: many clients, one position, all accepted.
func signupHot(ctx context.Context, s settings, engine string) (result, error) {
	return against(ctx, s, engine, 1024, rushOurs, rushSolo, 1, manySeats, "signups/s", outcome.rate)
}

// signupBurst: 5,000 students, 30 seats, once.
func signupBurst(ctx context.Context, s settings, engine string) (result, error) {
	return against(ctx, s, engine, 1024, 5000, 5000, 1, 30, "s", func(o outcome) float64 { return o.took.Seconds() })
}

// signupFull: 30 seats are given, then everybody is refused.
func signupFull(ctx context.Context, s settings, engine string) (result, error) {
	return against(ctx, s, engine, 1024, 20_000, 4000, 1, 30, "answers/s", outcome.rate)
}

// signupSpread: many positions.
func signupSpread(ctx context.Context, s settings, engine string) (result, error) {
	return against(ctx, s, engine, 256, rushOurs, rushSolo, 1000, manySeats, "signups/s", outcome.rate)
}

// signupSingle: one client alone, median time of a request.
func signupSingle(ctx context.Context, s settings, engine string) (result, error) {
	return against(ctx, s, engine, 1, 400, 400, 1, manySeats, "ms", func(o outcome) float64 { return float64(o.p50().Microseconds()) / 1000 })
}

// signupCommit measures ours against a bare INSERT and COMMIT for each request.
func signupCommit(ctx context.Context, s settings, engine string) (result, error) {
	t, err := openTwo(ctx, s, engine, rushOurs)
	if err != nil {
		return result{}, err
	}
	bare, stop, err := t.bare(ctx)
	if err != nil {
		return result{}, errors.Join(err, t.end())
	}
	t.stops = append([]func() error{stop}, t.stops...)
	floor := func(ctx context.Context) (float64, error) {
		l := load{addr: bare, conns: 1024, check: want(http.StatusCreated), next: func(int64) []byte { return request(http.MethodPost, "/commit", "", []byte("{}")) }}
		return l.rate(ctx)
	}
	r, err := pair(ctx, t.run(t.ours, 1024, rushOurs, 1, manySeats, outcome.rate), floor)
	r.Unit, r.Floor, r.Engine = "signups/s", "INSERT and COMMIT for each request", t.db.Name()
	return r, errors.Join(err, t.end())
}

// bare serves the floor of signupCommit.
func (t *twoServers) bare(ctx context.Context) (addr string, stop func() error, err error) {
	create := "CREATE TABLE bench_commit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL)"
	if t.db.Name() == database.MySQL {
		create = "CREATE TABLE bench_commit (id BIGINT PRIMARY KEY AUTO_INCREMENT, at BIGINT NOT NULL)"
	}
	if err := atomic.Do(ctx, t.db, func(tx *gorm.DB) error { return tx.Exec(create).Error }); err != nil {
		return "", nil, err
	}
	pool, err := t.db.DB()
	if err != nil {
		return "", nil, err
	}
	insert, err := pool.PrepareContext(ctx, "INSERT INTO bench_commit (at) VALUES (?)")
	if err != nil {
		return "", nil, err
	}
	engine := gin.New()
	engine.POST("/commit", commit(insert)) //nolint:contextcheck // each request brings its own
	addr, end, err := serve(ctx, engine)
	return addr, func() error { return errors.Join(end(), insert.Close()) }, err
}

func commit(insert *sql.Stmt) gin.HandlerFunc {
	return func(c *gin.Context) {
		if _, err := insert.ExecContext(c.Request.Context(), clock.System().UnixMilli()); err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.JSON(http.StatusCreated, gin.H{"ok": true})
	}
}

// signupReplicas: two programs over one database, one position, against one program.
func signupReplicas(ctx context.Context, s settings, engine string) (result, error) {
	t, err := openTwo(ctx, s, engine, rushOurs)
	if err != nil {
		return result{}, err
	}
	own, err := database.Open(ctx, database.Options{URL: t.url, Now: clock.System})
	if err != nil {
		return result{}, errors.Join(err, t.end())
	}
	t.stops = append([]func() error{func() error { return database.Close(own) }}, t.stops...)
	second, err := t.build(own) //nolint:contextcheck // each request brings its own
	if err != nil {
		return result{}, errors.Join(err, t.end())
	}
	other, stop, err := serve(ctx, second.Handler)
	if err != nil {
		return result{}, errors.Join(err, t.end())
	}
	t.stops = append([]func() error{stop}, t.stops...)
	both := func(ctx context.Context) (float64, error) {
		activity, ids, err := t.activity(ctx, 1, manySeats)
		if err != nil {
			return 0, err
		}
		return t.rushBoth(ctx, []string{t.ours, other}, 512, rushOurs, activity, ids)
	}
	r, err := pair(ctx, both, t.run(t.ours, 1024, rushOurs, 1, manySeats, outcome.rate))
	r.Unit, r.Floor, r.Engine = "signups/s", "one replica", t.db.Name()
	return r, errors.Join(err, t.end())
}

// signupGrowth compares the rate beside 10,000 old signups with the rate beside a million (BENCH_FULL=1: ten million).
func signupGrowth(ctx context.Context, s settings, engine string) (result, error) {
	many := 1_000_000
	if s.full {
		many = 10_000_000
	}
	var stages [2]*twoServers
	var errs error
	for i, rows := range []int{10_000, many} {
		t, err := openTwo(ctx, s, engine, rushOurs)
		if err != nil {
			return result{}, errors.Join(errs, err)
		}
		stages[i] = t
		if err := t.history(ctx, rows); err != nil {
			return result{}, errors.Join(err, t.end())
		}
	}
	r, err := pair(ctx, stages[0].run(stages[0].ours, 1024, rushOurs, 1, manySeats, outcome.rate), stages[1].run(stages[1].ours, 1024, rushOurs, 1, manySeats, outcome.rate))
	r.Unit, r.Floor, r.Engine = "signups/s", "beside many rows", stages[0].db.Name()
	return r, errors.Join(err, stages[0].end(), stages[1].end())
}

// history fills old signups of others, a hundred for each activity.
func (t *twoServers) history(ctx context.Context, n int) error {
	now := clock.System().AddDate(-1, 0, 0)
	const each = 100_000 // rows of a transaction
	for from := 0; from < n; from += each {
		err := bulk(ctx, t.db, "signups", []string{"id", "live_activity_id", "student_id", "activity_id", "position_id", "status", "note", "reason", "version", "created_at", "updated_at", "paired", "leave_reason"}, min(each, n-from), func(i int) []any {
			k := from + i
			activity := 5<<40 + k/100
			return []any{5<<40 + k, activity, 6<<40 + k*7919%200_000, activity, activity, "COMPLETED", "", "", 1, now, now, false, ""}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
