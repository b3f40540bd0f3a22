package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"baodao/internal/clock"
	"baodao/model"
)

// Sizes of checkin.redeem: each student comes and goes once in a run. The slower floor gets fewer.
const (
	redeemOurs     = 5000
	redeemSolo     = 1000
	redeemSessions = 100
	redeemConns    = 512
	redeemRepeats  = 50 // tries that are sent again afterwards
)

// checkinRedeem: 5,000 students of 100 sessions check in, and then out, in one burst.
func checkinRedeem(ctx context.Context, s settings, engine string) (result, error) {
	t, err := openTwo(ctx, s, engine, redeemOurs+1)
	if err != nil {
		return result{}, err
	}
	now := clock.System()
	err = bulk(ctx, t.db, "role_grants", []string{"id", "user_id", "role", "org_id", "from_at", "live", "granted_by", "created_at"}, 1, func(int) []any {
		return []any{1, crowdUser + redeemOurs, "HOST_STAFF", crowdUser - 2, now.Add(-time.Hour), true, 1, now}
	})
	if err != nil {
		return result{}, errors.Join(err, t.end())
	}
	var ours, solo []time.Duration
	r, err := pair(ctx, t.redeemAll(t.ours, redeemOurs, &ours), t.redeemAll(t.solo, redeemSolo, &solo))
	r.Unit, r.Floor, r.Engine = "redeems/s", "one transaction for each request", t.db.Name()
	r.Note = fmt.Sprintf("p50=%.0fms p99=%.0fms floor_p50=%.0fms floor_p99=%.0fms", at(ours, 50), at(ours, 99), at(solo, 50), at(solo, 99))
	return r, errors.Join(err, t.end())
}

// at is a percentile in milliseconds.
func at(times []time.Duration, percent int) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return float64(times[(len(times)-1)*percent/100].Microseconds()) / 1000
}

// redeemAll is one run: n students of fresh sessions come, and go.
func (t *twoServers) redeemAll(addr string, n int, times *[]time.Duration) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		d, err := t.day(ctx, addr, n)
		if err != nil {
			return 0, err
		}
		var took time.Duration
		for _, kind := range []string{model.KindIn, model.KindOut} {
			phase, err := d.burst(ctx, kind)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", kind, err)
			}
			took += phase
		}
		*times = d.times // of the last run
		return float64(2*n) / took.Seconds(), d.count(ctx)
	}
}

// day is sessions that run now, and the students who have seats in them.
type day struct {
	*crowd
	addr     string
	n        int
	first    int64 // activity
	sessions []int64
	codes    map[int64][]shown // by session

	mu    sync.Mutex
	times []time.Duration
}

// shown is a code of a screen.
type shown struct {
	Code      string    `json:"code"`
	ValidFrom time.Time `json:"valid_from"`
}

// day makes sessions that began an hour ago, and confirmed signups: student i in session i % len.
func (c *crowd) day(ctx context.Context, addr string, n int) (*day, error) {
	d := &day{crowd: c, addr: addr, n: n, first: crowdActivity + c.next.Add(1)*100_000}
	now := clock.System()
	start := now.Add(-time.Hour).Truncate(time.Minute)
	var activities []model.Activity
	var sessions []model.Session
	for i := range int64(redeemSessions) {
		id := d.first + i*100
		activities = append(activities, model.Activity{
			ID: id, ProgrammeID: 1, OrgID: crowdUser - 2, HostOrgID: crowdUser - 2, Title: "社区清洁日", Summary: "打扫", Carriers: []string{}, Mode: "ONSITE", PlacementMode: "SINGLE",
			SignupMode: model.SignupFirstCome, SignupOpensAt: start, SignupClosesAt: start, CancelUntil: start, RiskNote: "注意安全", HostContactID: 1, CountsAsVolunteer: true,
			Status: model.ActivityPublished, StartsAt: start, EndsAt: start.Add(2 * time.Hour), PublishedAt: &now, CreatedBy: 1, Version: 1, CreatedAt: now, UpdatedAt: now,
		})
		sessions = append(sessions, model.Session{ID: id + 1, ActivityID: id, StartsAt: start, EndsAt: start.Add(2 * time.Hour), Place: "社区广场", RadiusM: 200})
		d.sessions = append(d.sessions, id+1)
	}
	if err := c.insert(ctx, &activities, &sessions); err != nil {
		return nil, err
	}
	seat := d.first << 8 // ids of signups
	return d, bulk(ctx, c.db, "signups", []string{"id", "live_activity_id", "student_id", "activity_id", "position_id", "status", "note", "reason", "version", "created_at", "updated_at", "paired", "leave_reason"}, n, func(i int) []any {
		id := activities[i%redeemSessions].ID
		return []any{seat + int64(i), id, crowdStudent + i, id, id, "CONFIRMED", "", "", 1, now, now, false, ""}
	})
}

// burst lets everybody redeem the code that the screen of their session shows, and a few of them again.
func (d *day) burst(ctx context.Context, kind string) (time.Duration, error) {
	if err := d.screens(ctx, kind); err != nil {
		return 0, err
	}
	answers := make([][]byte, redeemRepeats)
	began := time.Now()
	if err := d.rush(ctx, kind, d.n, answers); err != nil {
		return 0, err
	}
	took := time.Since(began)
	again := make([][]byte, redeemRepeats)
	if err := d.rush(ctx, kind, redeemRepeats, again); err != nil {
		return 0, err
	}
	for i := range answers {
		if !bytes.Equal(answers[i], again[i]) {
			return 0, fmt.Errorf("a repeat got %s after %s", again[i], answers[i])
		}
	}
	return took, nil
}

// screens reads what the screens show for the next minute.
func (d *day) screens(ctx context.Context, kind string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost
	r := bufio.NewReaderSize(conn, 32<<10)
	d.codes = map[int64][]shown{}
	for _, id := range d.sessions {
		if _, err := conn.Write(request(http.MethodGet, fmt.Sprintf("/api/v1/sessions/%d/check-in-code?kind=%s", id, kind), d.tokens[redeemOurs], nil)); err != nil {
			return err
		}
		status, body, err := readAnswer(r, nil)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("code: answer %d: %.300s %w", status, body, err)
		}
		var codes struct {
			shown
			Next []shown `json:"next"`
		}
		if err := json.Unmarshal(body, &codes); err != nil {
			return err
		}
		d.codes[id] = append([]shown{codes.shown}, codes.Next...)
	}
	return nil
}

// rush sends the tries of the first n students, and keeps the answers of the first len(answers).
func (d *day) rush(ctx context.Context, kind string, n int, answers [][]byte) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	fails := make(chan error, redeemConns)
	for range redeemConns {
		wg.Go(func() {
			if err := d.client(ctx, kind, n, &next, answers); err != nil {
				fails <- err
			}
		})
	}
	wg.Wait()
	close(fails)
	return <-fails
}

func (d *day) client(ctx context.Context, kind string, n int, next *atomic.Int64, answers [][]byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost
	r := bufio.NewReaderSize(conn, 8<<10)
	var body []byte
	var times []time.Duration
	for ctx.Err() == nil {
		i := int(next.Add(1)) - 1
		if i >= n {
			break
		}
		codes := d.codes[d.sessions[i%redeemSessions]]
		now := clock.System()
		for len(codes) > 1 && !now.Before(codes[1].ValidFrom) {
			codes = codes[1:]
		}
		sent := time.Now()
		try := fmt.Appendf(nil, `{"code":%q,"nonce":"%d-%d-%s"}`, codes[0].Code, d.first, i, kind)
		if _, err := conn.Write(request(http.MethodPost, "/api/v1/check-ins/redeem", d.tokens[i], try)); err != nil {
			return err
		}
		status, read, err := readAnswer(r, body)
		if err != nil {
			return err
		}
		body = read
		times = append(times, time.Since(sent))
		if status != http.StatusOK {
			return fmt.Errorf("answer %d: %.300s", status, body)
		}
		if i < len(answers) {
			answers[i] = bytes.Clone(body)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.times = append(d.times, times...)
	return nil
}

// count demands that the database holds exactly what was acknowledged.
func (d *day) count(ctx context.Context) error {
	db := d.db.WithContext(ctx)
	last := d.first + redeemSessions*100
	var rows, pairs, claims, done, acts int64
	errs := errors.Join(
		db.Model(&model.CheckIn{}).Where("session_id BETWEEN ? AND ? AND verdict = ?", d.first, last, model.VerdictOK).Count(&rows).Error,
		db.Model(&model.Attendance{}).Where("session_id BETWEEN ? AND ? AND in_id IS NOT NULL AND out_at >= in_at", d.first, last).Count(&pairs).Error,
		db.Model(&model.HoursClaim{}).Where("activity_id BETWEEN ? AND ?", d.first, last).Count(&claims).Error,
		db.Model(&model.Signup{}).Where("activity_id BETWEEN ? AND ? AND status = ?", d.first, last, model.SignupCompleted).Count(&done).Error,
		db.Model(&model.AuditEntry{}).Where("object = ? AND object_id IN (?)", "check_ins", db.Model(&model.CheckIn{}).Select("id").Where("session_id BETWEEN ? AND ?", d.first, last)).Count(&acts).Error,
	)
	if n := int64(d.n); errs == nil && (rows != 2*n || pairs != n || claims != n || done != n || acts != 2*n) {
		return fmt.Errorf("%d students: %d check-ins, %d closed pairs, %d claims, %d completed, %d audited", n, rows, pairs, claims, done, acts)
	}
	return errs
}
