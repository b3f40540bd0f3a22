package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/model"
	dbatomic "baodao/service/atomic"
)

// Ids of the crowd's rows, far from those that the program makes.
const (
	crowdUser     = 1 << 40
	crowdStudent  = 2 << 40
	crowdSession  = 3 << 40
	crowdActivity = 4 << 40
)

// crowd is many students with tokens, and activities that they sign up for.
type crowd struct {
	*stage
	tokens []string
	next   atomic.Int64 // activities made so far
}

// openCrowd seeds n students of one branch, their logins, and a programme whose rules are all on.
func openCrowd(ctx context.Context, s settings, engine string, n int) (*crowd, error) {
	st, err := openStage(ctx, s, engine)
	if err != nil {
		return nil, err
	}
	c := &crowd{stage: st}
	if err := c.seed(ctx, n); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return c, nil
}

func (c *crowd) seed(ctx context.Context, n int) error {
	now := clock.System()
	nobody := []byte{0}
	errs := []error{
		bulk(ctx, c.db, "orgs", []string{"id", "kind", "side", "parent_id", "path", "name", "region_code", "status", "version", "created_at", "updated_at"}, 2, func(i int) []any {
			kind, side := "LEAGUE_BRANCH", "CAMPUS"
			if i == 1 {
				kind, side = "COMMUNITY", "LOCAL"
			}
			return []any{crowdUser - 1 - i, kind, side, 0, fmt.Sprintf("/%d/", crowdUser-1-i), fmt.Sprintf("单位%d", i), "370102001002", "ACTIVE", 1, now, now}
		}),
		bulk(ctx, c.db, "users", []string{"id", "status", "version", "created_at", "updated_at"}, n, func(i int) []any {
			return []any{crowdUser + i, "ACTIVE", 1, now, now}
		}),
		bulk(ctx, c.db, "student_profiles", []string{
			"id", "person_id", "user_id", "university_id", "student_no_enc", "student_no_idx", "name_enc", "name_idx", "branch_id", "major", "grade", "tags", "home_region", "version", "created_at", "updated_at",
		}, n, func(i int) []any {
			return []any{crowdStudent + i, crowdUser + i, crowdUser + i, 1, nobody, binary.BigEndian.AppendUint64(nil, uint64(i)), nobody, nobody, crowdUser - 1, "", "2025", "[]", "", 1, now, now} //nolint:gosec // small
		}),
		bulk(ctx, c.db, "login_sessions", []string{"id", "user_id", "counter", "rotated_at", "logged_in_at", "expires_at", "ends_at", "revoked_why"}, n, func(i int) []any {
			return []any{crowdSession + i, crowdUser + i, 1, now, now, now.AddDate(0, 0, 7), now.AddDate(0, 0, 90), ""}
		}),
		bulk(ctx, c.db, "programmes", []string{"id", "code", "name", "owner_org_id", "status", "policy_version", "version", "created_at", "updated_at"}, 1, func(int) []any {
			return []any{1, "BENCH", "计划", 1, "ACTIVE", 1, 1, now, now}
		}),
		bulk(ctx, c.db, "programme_policies", []string{"programme_id", "version", "policy", "created_by", "created_at"}, 1, func(int) []any {
			return []any{1, 1, `{"year_starts":"09-01","week_max_minutes":2400,"travel_kmh":20,"no_show_limit":3}`, 1, now}
		}),
		bulk(ctx, c.db, "notice_templates", []string{"app_id", "kind", "template_id", "page", "fields", "long_term", "updated_at"}, 1, func(int) []any {
			return []any{benchApp, "SIGNUP_CONFIRMED", "tmpl-1", "pages/activity?id=1", `{"thing1":"{activity}","time2":"{time}"}`, false, now}
		}),
	}
	for i := range n {
		token, err := c.token(i, now)
		errs = append(errs, err)
		c.tokens = append(c.tokens, token)
	}
	if c.db.Name() == database.MySQL {
		errs = append(errs, c.db.WithContext(ctx).Exec("ANALYZE TABLE users, student_profiles, login_sessions").Error)
	}
	return errors.Join(errs...)
}

// token signs student i's access token as a login does.
func (c *crowd) token(i int, now time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "baodao", "aud": []string{"baodao-api"}, "sub": strconv.Itoa(crowdUser + i), "sid": strconv.Itoa(crowdSession + i), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	t.Header["typ"], t.Header["kid"] = "at+jwt", c.keys.Token.Current
	return t.SignedString(c.keys.Token.Keys[c.keys.Token.Current])
}

// activity publishes an activity of its own week, with positions of so many seats each, and returns their ids.
func (c *crowd) activity(ctx context.Context, positions int, seats int64) (activity int64, ids []int64, err error) {
	k := c.next.Add(1)
	activity = crowdActivity + k*100_000
	now := clock.System()
	start := now.AddDate(0, 0, int(30+7*k)).Truncate(time.Minute)
	a := model.Activity{
		ID: activity, ProgrammeID: 1, OrgID: crowdUser - 2, HostOrgID: crowdUser - 2, Title: "社区清洁日", Summary: "打扫", Carriers: []string{}, Mode: "ONSITE", PlacementMode: "SINGLE",
		SignupMode: model.SignupFirstCome, SignupOpensAt: now.Add(-time.Hour), SignupClosesAt: start, CancelUntil: start, RiskNote: "注意安全", HostContactID: 1,
		Status: model.ActivityPublished, StartsAt: start, EndsAt: start.Add(2 * time.Hour), PublishedAt: &now, CreatedBy: 1, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	lat, lng := int64(36650000), int64(117120000)
	session := model.Session{ID: activity + 1, ActivityID: activity, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Place: "社区广场", LatE6: &lat, LngE6: &lng, RadiusM: 200}
	rows := make([]model.Position, positions)
	for i := range rows {
		rows[i] = model.Position{ID: activity + 10 + int64(i), ActivityID: activity, Title: "志愿者", Capacity: seats, Version: 1, CreatedAt: now, UpdatedAt: now}
		ids = append(ids, rows[i].ID)
	}
	return activity, ids, c.insert(ctx, &a, &session, &rows)
}

// outcome is what came back of one run.
type outcome struct {
	took     time.Duration
	accepted int
	full     int
	times    []time.Duration // of each request
}

// rate is answers a second.
func (o outcome) rate() float64 { return float64(o.accepted+o.full) / o.took.Seconds() }

// rush lets n students ask for seats over so many connections: student i for positions[i % len]. Every answer must be a seat
// or "full"; afterwards the seats are counted in the database.
func (c *crowd) rush(ctx context.Context, addr string, conns, n int, activity int64, positions []int64) (outcome, error) {
	var out outcome
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	fails := make(chan error, conns)
	began := time.Now()
	for range conns {
		wg.Go(func() {
			mine, err := c.client(ctx, addr, n, &next, positions)
			mu.Lock()
			defer mu.Unlock()
			out.accepted += mine.accepted
			out.full += mine.full
			out.times = append(out.times, mine.times...)
			if err != nil {
				fails <- err
			}
		})
	}
	wg.Wait()
	out.took = time.Since(began)
	close(fails)
	if err := <-fails; err != nil {
		return out, err
	}
	return out, c.count(ctx, activity, positions, out.accepted)
}

func (c *crowd) client(ctx context.Context, addr string, n int, next *atomic.Int64, positions []int64) (out outcome, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return out, err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost
	r := bufio.NewReaderSize(conn, 8<<10)
	var body []byte
	for ctx.Err() == nil {
		i := int(next.Add(1)) - 1
		if i >= n {
			return out, nil
		}
		path := fmt.Sprintf("/api/v1/positions/%d/signups", positions[i%len(positions)])
		sent := time.Now()
		if _, err := conn.Write(requestWith(http.MethodPost, path, c.tokens[i%len(c.tokens)], fmt.Sprintf("k%d-%d", positions[0], i), []byte("{}"))); err != nil {
			return out, err
		}
		status, read, err := readAnswer(r, body)
		if err != nil {
			return out, err
		}
		body = read
		out.times = append(out.times, time.Since(sent))
		switch status {
		case http.StatusCreated:
			out.accepted++
		case http.StatusConflict:
			out.full++
		default:
			return out, fmt.Errorf("answer %d: %.300s", status, body)
		}
	}
	return out, nil
}

// count demands that the database holds exactly what was acknowledged, and never more than the seats.
func (c *crowd) count(ctx context.Context, activity int64, positions []int64, acknowledged int) error {
	var rows, taken, over int64
	db := c.db.WithContext(ctx)
	errs := errors.Join(
		db.Model(&model.Signup{}).Where("activity_id = ? AND status = ?", activity, model.SignupConfirmed).Count(&rows).Error,
		db.Model(&model.Position{}).Where("id IN ?", positions).Select("COALESCE(SUM(taken), 0)").Scan(&taken).Error,
		db.Model(&model.Position{}).Where("id IN ? AND taken > capacity", positions).Count(&over).Error,
	)
	if errs != nil {
		return errs
	}
	if rows != int64(acknowledged) || taken != rows || over != 0 {
		return fmt.Errorf("%d acknowledged, %d rows, %d seats taken, %d positions oversold", acknowledged, rows, taken, over)
	}
	return nil
}

// p50 is the median of the times.
func (o outcome) p50() time.Duration {
	slices.Sort(o.times)
	return o.times[len(o.times)/2]
}

// rushBoth lets half of the students ask at each address, and returns seats a second over both.
func (c *crowd) rushBoth(ctx context.Context, addrs []string, conns, n int, activity int64, positions []int64) (float64, error) {
	var next atomic.Int64
	var accepted atomic.Int64
	var wg sync.WaitGroup
	fails := make(chan error, conns*len(addrs))
	began := time.Now()
	for _, addr := range addrs {
		for range conns {
			wg.Go(func() {
				out, err := c.client(ctx, addr, n, &next, positions)
				accepted.Add(int64(out.accepted))
				if err != nil {
					fails <- err
				}
			})
		}
	}
	wg.Wait()
	took := time.Since(began)
	close(fails)
	if err := <-fails; err != nil {
		return 0, err
	}
	return float64(accepted.Load()) / took.Seconds(), c.count(ctx, activity, positions, int(accepted.Load()))
}

// insertMost is how many rows one statement writes.
const insertMost = 500

// insert writes rows.
func (c *crowd) insert(ctx context.Context, rows ...any) error {
	return dbatomic.Do(ctx, c.db, func(tx *gorm.DB) error {
		for _, row := range rows {
			if err := tx.CreateInBatches(row, insertMost).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
