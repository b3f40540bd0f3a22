package wechat

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

const (
	faultsMost = 5               // faults in a row that open a breaker
	openLeast  = 5 * time.Second // how long it stays open at first …
	openMost   = 30 * time.Second
	probeWait  = time.Second // what those are told who come while one call finds out
)

// breaker refuses the calls of one group of operations at once while WeChat does not answer them, so that nobody waits for
// what will not come. After a while one call is let through to find out. WeChat saying no is an answer.
//
// It is our own because it must go by the Gateway's clock; the breakers that are to be had read the machine's.
type breaker struct {
	now func() time.Time

	mu      sync.Mutex
	faults  int       // in a row
	until   time.Time // open at least until then; zero while closed
	wait    time.Duration
	probing bool
	round   int // counts openings and closings; a call's end counts only in the round that it began in
}

// openError is a call that was not made.
type openError struct{ until time.Time }

func (e *openError) Error() string { return "not called: WeChat does not answer" }

// end is how a call ended, as far as the breaker cares.
type end int

const (
	endUnknown  end = iota // the caller gave up: nothing was learnt
	endAnswered            // WeChat answered, be it with a refusal
	endFault
)

// enter asks for permission. Every call that got it must leave.
func (b *breaker) enter() (round int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return b.round, nil
	}
	now := b.now()
	if left := b.until.Sub(now); left > 0 && left <= openMost { // more than that is a clock that was put back
		return 0, &openError{b.until}
	}
	if b.probing {
		return 0, &openError{now.Add(probeWait)}
	}
	b.probing = true
	return b.round, nil
}

func (b *breaker) leave(round int, e end) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if round != b.round {
		return
	}
	probe := b.probing
	b.probing = false
	switch e {
	case endUnknown:
	case endAnswered:
		if probe {
			b.round++
		}
		b.faults, b.until, b.wait = 0, time.Time{}, 0
	case endFault:
		if b.faults++; !probe && b.faults < faultsMost {
			return
		}
		b.wait = min(max(2*b.wait, openLeast), openMost)
		b.round++
		b.faults, b.until = 0, b.now().Add(b.wait)
	}
}

// newBreakers makes the breakers, by group. The token endpoint has none: its source cools down by itself, for all replicas.
func newBreakers(now func() time.Time) map[string]*breaker {
	out := map[string]*breaker{}
	for _, group := range []string{"login", "phone", "notices", "content", "codes"} {
		out[group] = &breaker{now: now}
	}
	return out
}

func groupOf(path string) string {
	switch path {
	case pathLogin:
		return "login"
	case pathPhone:
		return "phone"
	case pathNotify, pathTemplates:
		return "notices"
	case pathCheckText, pathMedia:
		return "content"
	case pathPageCode, pathShareLink:
		return "codes"
	}
	return ""
}

// guarded makes one call through the breaker of its group.
func (g *Gateway) guarded(ctx context.Context, path string, call func() ([]byte, error)) ([]byte, error) {
	b := g.breakers[groupOf(path)]
	if b == nil {
		return call()
	}
	round, err := b.enter()
	if err != nil {
		return nil, err
	}
	e := endUnknown
	defer func() { b.leave(round, e) }()
	raw, err := call()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
	case err != nil || !answers(path, raw):
		e = endFault
	default:
		e = endAnswered
	}
	return raw, err
}

// answers tells whether raw is something that WeChat may say: an object, or a picture where there can be one.
func answers(path string, raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	if path == pathPageCode {
		return !bytes.HasPrefix(raw, []byte("<"))
	}
	return bytes.HasPrefix(raw, []byte("{"))
}
