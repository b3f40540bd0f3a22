package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/internal/wechat"
	"baodao/internal/wxstore"
	"baodao/model"
	"baodao/service/notify"
)

// PushPath is the address for WeChat's message push.
const PushPath = "/api/v1/wechat/push"

const (
	pushWithin = 3 * time.Second // to read and keep a push; WeChat waits 5 s
	pushSweep  = 5 * time.Second // between looks for events that were put off
	pushBatch  = 200
	pushGiveUp = 3 * 24 * time.Hour
)

var errPushSlow = errors.New("push could not be kept in time")

// PushConfig is what was entered at WeChat for the message push; the zero value receives nothing.
type PushConfig struct{ Token, AESKey string }

// MediaVerdicts takes what WeChat says about a picture or sound that was submitted. known is false for a trace id that nobody
// waits for (yet): the verdict may be here before the row with the trace id is committed, and is offered again.
type MediaVerdicts interface {
	MediaVerdict(ctx context.Context, traceID, suggest string, label int) (known bool, err error)
}

// Push receives WeChat's message push: it keeps the events and works on them afterwards.
type Push struct {
	Verdicts MediaVerdicts // nil: verdicts wait until somebody takes them

	inbound *wechat.Inbound
	events  *wxstore.Events
	notices *notify.Service
	now     clock.Clock
	log     *slog.Logger
	wake    chan struct{}
}

func newPush(d Deps, s *Services) (*Push, error) {
	if d.Push == (PushConfig{}) {
		return nil, nil //nolint:nilnil // no push is an answer
	}
	inbound, err := wechat.NewInbound(wechat.InboundConfig{
		AppID: d.AppID, Token: d.Push.Token, AESKey: d.Push.AESKey, Now: d.Now,
	})
	if err != nil {
		return nil, err
	}
	return &Push{
		Verdicts: pictureVerdicts{s.Content}, inbound: inbound, events: newEvents(d, s), notices: s.Notify, now: d.Now, log: d.Log, wake: make(chan struct{}, 1),
	}, nil
}

// Challenge answers WeChat's check of the address.
func (p *Push) Challenge(q url.Values) (string, error) { return p.inbound.Challenge(q) }

// Receive keeps the events of a push, within a time in which WeChat still waits for the answer. A push that comes again, with
// the same nonce or another one, finds its events there and is answered like the first.
func (p *Push) Receive(ctx context.Context, q url.Values, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	events, err := p.inbound.Open(q, "", body)
	if err != nil {
		return err
	}
	n, err := p.events.Keep(ctx, events)
	if err != nil {
		return errors.Join(errPushSlow, err)
	}
	if n > 0 {
		p.Wake()
	}
	return nil
}

// Wake makes Run look for events now.
func (p *Push) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run works on events until ctx ends. Several processes may do so at once: whatever takes an event takes it once.
func (p *Push) Run(ctx context.Context) error {
	tick := time.NewTicker(pushSweep)
	defer tick.Stop()
	for {
		if err := p.Drain(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("push events wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-tick.C:
		}
	}
}

// Drain works on everything that is due.
func (p *Push) Drain(ctx context.Context) error {
	for {
		n, err := p.once(ctx)
		if err != nil || n < pushBatch {
			return err
		}
	}
}

func (p *Push) once(ctx context.Context) (int, error) {
	rows, err := p.events.Due(ctx, pushBatch)
	if err != nil {
		return 0, err
	}
	var done [][]byte
	var failed error
	for _, row := range rows {
		known, err := p.work(ctx, row)
		if known && err == nil {
			done = append(done, row.KeyHash)
			continue
		}
		failed = errors.Join(failed, err, p.later(ctx, row, err))
	}
	return len(rows), errors.Join(failed, p.events.Done(ctx, done...))
}

// work hands one event on. known is false when nobody can take it yet.
func (p *Push) work(ctx context.Context, row model.PushEvent) (known bool, err error) {
	fact := row.Payload
	if row.Kind == model.PushMedia {
		if p.Verdicts == nil {
			return false, nil
		}
		known, err = p.Verdicts.MediaVerdict(ctx, fact.TraceID, fact.Suggest, fact.Label)
	} else {
		known, err = true, p.notices.Subscribed(ctx, []notify.SubscribeEvent{{
			Kind: row.Kind, Key: hex.EncodeToString(row.KeyHash), Person: fact.Person, Template: fact.Template, Accepted: fact.Accepted, MsgID: fact.MsgID, ErrorCode: fact.Code,
		}})
	}
	if err != nil {
		return known, fmt.Errorf("work on push event: %w", err)
	}
	return known, nil
}

// later puts an event off, or gives it up after three days.
func (p *Push) later(ctx context.Context, row model.PushEvent, cause error) error {
	if p.now().Sub(row.CreatedAt) > pushGiveUp {
		p.log.Error("push event given up", "kind", row.Kind, "attempts", row.Attempts, "error", cause)
		return p.events.Done(ctx, row.KeyHash)
	}
	waits := []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}
	return p.events.Later(ctx, row.KeyHash, waits[min(row.Attempts, len(waits)-1)])
}

func newEvents(d Deps, s *Services) *wxstore.Events {
	return &wxstore.Events{DB: d.DB, Now: d.Now, Index: s.openIDIndex}
}

// purgePush forgets nonces that are out of date and events of more than a week ago.
func purgePush(ctx context.Context, db *gorm.DB, now clock.Clock) error {
	if err := (&wxstore.Nonces{DB: db, Now: now}).Purge(ctx); err != nil {
		return err
	}
	events := &wxstore.Events{DB: db, Now: now}
	for {
		n, err := events.Purge(ctx, 1000)
		if err != nil || n < 1000 {
			return err
		}
	}
}
