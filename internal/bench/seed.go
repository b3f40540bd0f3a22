package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	counter "sync/atomic"
	"time"

	"gorm.io/gorm"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/service/atomic"

	"github.com/go-sql-driver/mysql"
)

// stage is a database of its own with the whole program over it.
type stage struct {
	db    *gorm.DB
	built *app.Built
	ids   func() int64
	keys  config.Keys
	url   string
	close func() error
}

// openStage makes an empty, migrated database on the engine and builds the program.
func openStage(ctx context.Context, s settings, engine string) (*stage, error) {
	dir, err := os.MkdirTemp("", "baodao-bench")
	if err != nil {
		return nil, err
	}
	address := "sqlite:" + filepath.Join(dir, "bench.db")
	drop := func() error { return os.RemoveAll(dir) }
	if engine == database.MySQL {
		if address, drop, err = makeSchema(ctx, s.mysql, drop); err != nil {
			return nil, err
		}
	}
	db, err := database.Open(ctx, database.Options{URL: address, Now: clock.System})
	if err != nil {
		return nil, errors.Join(err, drop())
	}
	st := &stage{db: db, url: address, close: func() error { return errors.Join(database.Close(db), drop()) }}
	if _, err := database.Migrate(ctx, db); err != nil {
		return nil, errors.Join(err, st.close())
	}
	var last counter.Int64
	st.ids = func() int64 { return last.Add(1) }
	zero := make([]byte, 32)
	ring := config.Ring{Current: "k", Keys: map[string][]byte{"k": zero}}
	st.keys = config.Keys{Token: ring, Field: ring, Refresh: zero, Index: zero, Code: zero, Invite: zero, Client: zero}
	if st.built, err = st.build(db); err != nil { //nolint:contextcheck // each request brings its own
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

// build builds the program over a database.
func (st *stage) build(db *gorm.DB) (*app.Built, error) {
	return app.Build(app.Deps{
		DB: db, Now: clock.System, NewID: st.ids, PageLife: time.Second, WeChat: anyone{}, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Keys: st.keys, AppID: benchApp, MaxInFlight: 4096,
	})
}

// benchApp is the mini-program.
const benchApp = "wxbench"

func makeSchema(ctx context.Context, dsn string, drop func() error) (string, func() error, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", nil, err
	}
	server, err := database.Open(ctx, database.Options{URL: "mysql:" + dsn, Now: clock.System})
	if err != nil {
		return "", nil, err
	}
	cfg.DBName = fmt.Sprintf("bench_%d", rand.Uint64()) //nolint:gosec // a name
	if err := server.Exec("CREATE DATABASE " + cfg.DBName + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin").Error; err != nil {
		return "", nil, err
	}
	return "mysql:" + cfg.FormatDSN(), func() error {
		return errors.Join(server.Exec("DROP DATABASE "+cfg.DBName).Error, database.Close(server), drop())
	}, nil
}

// anyone is a WeChat in which every code is the openid itself.
type anyone struct{}

// Login knows everybody.
func (anyone) Login(_ context.Context, code string) (openID, unionID string, err error) {
	return code, "", nil
}

// token logs a person in.
func (st *stage) token(ctx context.Context, name string) (string, error) {
	t, err := st.built.Account.Login(ctx, name, "bench")
	if err != nil {
		return "", err
	}
	return t.AccessToken, nil
}

// bulk inserts n rows in statements of up to 500.
func bulk(ctx context.Context, db *gorm.DB, table string, columns []string, n int, row func(i int) []any) error {
	const most = 500
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",") + ")"
	return atomic.Do(ctx, db, func(tx *gorm.DB) error {
		for from := 0; from < n; from += most {
			count := min(most, n-from)
			args := make([]any, 0, count*len(columns))
			for i := range count {
				args = append(args, row(from+i)...)
			}
			sql := "INSERT INTO " + table + " (" + strings.Join(columns, ",") + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+",", count), ",")
			if err := tx.Exec(sql, args...).Error; err != nil {
				return fmt.Errorf("fill %s: %w", table, err)
			}
		}
		return nil
	})
}

// Sizes of the list benchmarks.
const (
	seedOrgs       = 2000
	seedActivities = 200_000
)

// seedLists fills organisations and published activities, with one session and one position each, from tomorrow on.
func (st *stage) seedLists(ctx context.Context) (first time.Time, err error) {
	now := clock.System()
	first = now.Add(24 * time.Hour)
	starts := func(i int) time.Time { return first.Add(time.Duration(i) * time.Minute).Truncate(time.Millisecond) }
	errs := []error{
		bulk(ctx, st.db, "orgs", []string{"id", "kind", "side", "parent_id", "path", "name", "region_code", "status", "version", "created_at", "updated_at"}, seedOrgs, func(i int) []any {
			return []any{i + 1, "COMMUNITY", "LOCAL", 0, fmt.Sprintf("/%d/", i+1), fmt.Sprintf("第%d社区居民委员会", i+1), "370102001002", "ACTIVE", 1, now, now}
		}),
		bulk(ctx, st.db, "activities", []string{
			"id", "programme_id", "org_id", "campus_org_id", "host_org_id", "title", "summary", "field", "category", "carriers", "mode", "placement_mode", "signup_mode",
			"signup_opens_at", "signup_closes_at", "cancel_until", "min_turnout", "counts_as_volunteer", "insurance_required", "training_required", "minors_contact",
			"risk_note", "host_contact_id", "status", "starts_at", "ends_at", "listed_at", "lat_e6", "lng_e6", "region_code", "published_at", "created_by", "version", "created_at", "updated_at",
		}, seedActivities, func(i int) []any {
			host := i%seedOrgs + 1
			return []any{
				10_000 + i, 1, host, 0, host, fmt.Sprintf("社区清洁日第%d场", i), "和居民一起打扫楼道与广场，带上水杯。", "ECOLOGY", "GOVERNANCE", "[]", "ONSITE", "SINGLE", "FIRST_COME",
				now, starts(i), starts(i), 0, true, false, false, false, "注意交通安全", 1, "PUBLISHED", starts(i), starts(i).Add(2 * time.Hour), starts(i),
				36650000 + i%1000, 117120000 + i%1000, "370102001002", now, 1, 1, now, now,
			}
		}),
		bulk(ctx, st.db, "activity_sessions", []string{"id", "activity_id", "starts_at", "ends_at", "place", "lat_e6", "lng_e6", "radius_m"}, seedActivities, func(i int) []any {
			return []any{1_000_000 + i, 10_000 + i, starts(i), starts(i).Add(2 * time.Hour), "社区广场", 36650000 + i%1000, 117120000 + i%1000, 200}
		}),
		bulk(ctx, st.db, "positions", []string{"id", "activity_id", "title", "description", "capacity", "taken", "version", "created_at", "updated_at"}, seedActivities, func(i int) []any {
			return []any{2_000_000 + i, 10_000 + i, "志愿者", "打扫", 30, i % 30, 1, now, now}
		}),
	}
	if st.db.Name() == database.MySQL {
		errs = append(errs, st.db.Exec("ANALYZE TABLE activities, activity_sessions, positions, orgs").Error)
	} else {
		errs = append(errs, atomic.Do(ctx, st.db, func(tx *gorm.DB) error { return tx.Exec("ANALYZE").Error }))
	}
	return first, errors.Join(errs...)
}
