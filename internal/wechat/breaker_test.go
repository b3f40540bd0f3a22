package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"baodao/internal/wechat"
	"baodao/service/fault"
)

// down makes WeChat answer nothing but one thing on a path, until up.
func (r rig) down(path string) {
	r.t.Helper()
	r.admin(http.MethodPost, "fail", map[string]any{"mode": "status", "status": 502, "path": path})
}

func (r rig) up() {
	r.t.Helper()
	r.admin(http.MethodPost, "fail", map[string]any{"mode": "clear"})
}

func (r rig) login(n int) error {
	_, _, err := r.Login(r.t.Context(), fmt.Sprintf("dev-li-%d", n))
	return err
}

// TestTheBreakerOpensProbesAndCloses: five faults, then silence, then one call at a time, then everybody again.
func TestTheBreakerOpensProbesAndCloses(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.down(loginPath)
	for i := range 20 {
		err := r.login(i)
		var f *fault.Fault
		if !errors.Is(err, wechat.ErrUnavailable) || !errors.As(err, &f) || f.RetryAfter <= 0 {
			t.Fatal(err)
		}
	}
	if n := r.calls(loginPath); n != 5 {
		t.Fatalf("%d calls, want 5", n)
	}
	for opened, wait := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second} {
		r.clock.Advance(wait - time.Millisecond)
		_ = r.login(1)
		if n := r.calls(loginPath); n != 5+opened {
			t.Fatalf("opening %d: %d calls before its end", opened, n)
		}
		r.clock.Advance(time.Millisecond)
		var group errgroup.Group
		for i := range 10 {
			group.Go(func() error {
				if err := r.login(100 + i); !errors.Is(err, wechat.ErrUnavailable) {
					return fmt.Errorf("login %d: %w", i, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if n := r.calls(loginPath); n != 6+opened {
			t.Fatalf("opening %d: %d calls, want one probe", opened, n)
		}
	}
	r.up()
	r.clock.Advance(30 * time.Second)
	for i := range 10 {
		if err := r.login(1000 + i); err != nil {
			t.Fatal(err)
		}
	}
}

// TestARefusalIsAnAnswer: nine refusals in a row, and everybody else still gets in.
func TestARefusalIsAnAnswer(t *testing.T) {
	t.Parallel()
	r := start(t)
	for range 4 {
		r.fail(loginPath, "close_before", nil)
	}
	for i := range 4 {
		if err := r.login(i); !errors.Is(err, wechat.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	for range 9 {
		if err := r.login(0); err == nil {
			r.fail(loginPath, "errcode", map[string]any{"errcode": -1})
		}
	}
	for range 4 { // not five in a row
		r.fail(loginPath, "html", nil)
	}
	for i := range 4 {
		_ = r.login(10 + i)
	}
	if err := r.login(20); err != nil {
		t.Fatal(err)
	}
}

func TestAWebPageIsNoAnswer(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.admin(http.MethodPost, "fail", map[string]any{"mode": "html", "path": loginPath})
	for i := range 9 {
		_ = r.login(i)
	}
	if n := r.calls(loginPath); n != 5 {
		t.Fatalf("%d calls, want 5", n)
	}
}

// TestThePeopleWhoGiveUpOpenNothing: impatient callers are no outage, and one who was the probe lets the next be it.
func TestThePeopleWhoGiveUpOpenNothing(t *testing.T) {
	t.Parallel()
	r := start(t)
	impatient := func() {
		before := r.calling.Load()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() {
			_, _, err := r.Login(ctx, "dev-li-impatient")
			done <- err
		}()
		for r.calling.Load() == before && len(done) == 0 { // a call that is never sent would leave the hanging to the next one
			runtime.Gosched()
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for r.called.Load() < r.calling.Load() {
			runtime.Gosched()
		}
	}
	for range 7 {
		r.fail(loginPath, "hang", nil)
		impatient()
	}
	if err := r.login(1); err != nil {
		t.Fatal(err)
	}
	r.down(loginPath)
	for i := range 5 {
		_ = r.login(10 + i)
	}
	r.up()
	r.clock.Advance(5 * time.Second)
	r.fail(loginPath, "hang", nil)
	impatient()
	if err := r.login(2); err != nil {
		t.Fatal(err)
	}
}

// TestAMessageThatTheBreakerStopsIsNotInDoubt: it was never sent, so that it may be sent later; and the other groups go on.
func TestAMessageThatTheBreakerStopsIsNotInDoubt(t *testing.T) {
	t.Parallel()
	r := startApp(t, noticeApp())
	id := r.person("li", 1)
	r.down(sendPath)
	for range 5 {
		_, err := r.Notify(t.Context(), notice(id))
		wantFailure(t, err, 0, wechat.KindUnknown)
	}
	r.up()
	_, err := r.Notify(t.Context(), notice(id))
	f := wantFailure(t, err, 0, wechat.KindBusy)
	if !f.RetryAt.Equal(r.clock.Now().Add(5*time.Second)) || !strings.Contains(err.Error(), "not called") {
		t.Errorf("%v, again at %s", err, f.RetryAt)
	}
	if err := r.login(7); err != nil {
		t.Error("an outage of messages stops logins", err)
	}
	r.clock.Advance(5 * time.Second)
	if _, err := r.Notify(t.Context(), notice(id)); err != nil {
		t.Error(err)
	}
}
