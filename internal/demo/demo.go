// Package demo plays the whole story over HTTP, as separate people with a phone each and one program of a province, and
// checks what comes back, refusals included. The clock is the story's own: it moves when the story says so.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/clock"
)

// Options says how to play.
type Options struct {
	Once     bool   // end after the story
	Replicas int    // servers over one database, asked in turn; 0: one
	Database string // BAODAO_DB; empty: a throw-away SQLite file
}

// Run plays the story on a throw-away database and, unless told otherwise, stays up until ctx ends. It fails when anything
// came out otherwise than the story promises.
func Run(ctx context.Context, out io.Writer, o Options) (err error) {
	dir, err := os.MkdirTemp("", "baodao-demo")
	if err != nil {
		return fmt.Errorf("make demo folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	environ := []string{config.Prefix + "DATA=" + dir}
	if o.Database != "" {
		environ = append(environ, config.Prefix+"DB="+o.Database)
	}
	cfg, err := config.Load(environ)
	if err != nil {
		return err
	}
	s := &story{ctx: ctx, out: out, hands: &hands{at: opening}}
	serving, stop := context.WithCancel(ctx)
	group, serving := errgroup.WithContext(serving)
	if o.Replicas > 1 {
		if err := s.shareWeChat(serving, group, &cfg); err != nil {
			stop()
			return errors.Join(err, group.Wait())
		}
	}
	for range max(1, o.Replicas) {
		if err := s.start(serving, group, cfg); err != nil {
			stop()
			return errors.Join(err, group.Wait())
		}
	}
	s.play()
	if s.err == nil && !o.Once {
		s.stay()
	}
	stop()
	return errors.Join(s.err, group.Wait())
}

// shareWeChat simulates one WeChat for all servers: each of them must know everybody's phone.
func (s *story) shareWeChat(ctx context.Context, group *errgroup.Group, cfg *config.Config) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	cfg.WeChat = config.WeChat{BaseURL: "http://" + listener.Addr().String(), AppID: app.SimAppID, Secret: app.SimSecret}
	group.Go(func() error { return app.ServeSimulator(ctx, listener, app.Simulator(s.hands.now, "")) })
	return nil
}

// start adds a server on a port of its own.
func (s *story) start(ctx context.Context, group *errgroup.Group, cfg config.Config) error {
	a, err := app.Open(ctx, cfg, slog.New(slog.DiscardHandler), s.hands.now, nil)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), a.Close())
	}
	group.Go(func() error { return errors.Join(a.Serve(ctx, listener), a.Close()) })
	s.app, s.bases = a, append(s.bases, "http://"+listener.Addr().String())
	return nil
}

// opening is when the story begins: a Monday morning in China.
var opening = time.Date(2026, 10, 12, 9, 0, 0, 0, clock.China()) //nolint:gochecknoglobals // a constant

// hands are the clock of the story.
type hands struct {
	mu      sync.Mutex
	at      time.Time
	running func() time.Time // nil while the clock stands
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running != nil {
		return h.running().UTC()
	}
	return h.at.UTC()
}

func (h *hands) set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = t
}

// story is one telling.
type story struct {
	ctx   context.Context //nolint:containedctx // lives as long as the telling
	out   io.Writer
	app   *app.App
	hands *hands
	bases []string // of the servers, asked in turn

	asked  int
	err    error // the first thing that went wrong
	logins int
	steps  int
	people map[string]*client
	ids    map[string]string
}

// step prints what happens next.
func (s *story) step(text string) {
	if s.err == nil {
		s.steps++
		fmt.Fprintf(s.out, "\n%2d. %s\n", s.steps, text)
	}
}

// say prints what came back.
func (s *story) say(text string, args ...any) {
	if s.err == nil {
		fmt.Fprintf(s.out, "    → %s\n", fmt.Sprintf(text, args...))
	}
}

// refused prints a refusal that the story wanted.
func (s *story) refused(a *answer, code string) {
	s.must(a.get("code") == code, "code %q, want %q", a.get("code"), code)
	s.say("被拒绝：%d %s：%s", a.status, a.get("code"), a.get("detail"))
}

// must notes the first thing that is not as promised.
func (s *story) must(ok bool, text string, args ...any) {
	if s.err == nil && !ok {
		s.err = fmt.Errorf("step %d: %s", s.steps, fmt.Sprintf(text, args...))
	}
}

// until moves the clock.
func (s *story) until(t time.Time) {
	if s.err == nil {
		s.hands.set(t)
		fmt.Fprintf(s.out, "\n    （时间来到 %s）\n", t.In(clock.China()).Format("2006-01-02 15:04:05"))
	}
}

// who returns a person, who logs in when first met.
func (s *story) who(name, shown string) *client {
	if c := s.people[name]; c != nil {
		return c
	}
	c := &client{name: name, shown: shown, story: s}
	s.people[name] = c
	c.login()
	return c
}
