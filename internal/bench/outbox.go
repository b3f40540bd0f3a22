package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/internal/wechat"
	"baodao/internal/wxstore"
	"baodao/model"
	txn "baodao/service/atomic"
	"baodao/service/notify"
	"baodao/service/vault"
)

const (
	drainRounds   = 6 // after a warm-up of the same size
	drainParallel = 32
	drainTemplate = "bench-once"
)

// drain is an outbox full of messages to people who accepted exactly two: one of ours and one of the floor's. A message that
// went out twice, or not at all, shows in what they have left.
type drain struct {
	*stage
	sim      *simulator
	gateway  *wechat.Gateway
	slice    int // messages of one round
	openIDs  []string
	ours     int // rounds done
	floor    int
	raw      *http.Client
	rawToken string
	heap     [3]uint64 // before, after, most in between
}

// outboxDrain measures the worker against posting the same messages straight to the simulator. Short: 10,000 messages, of which
// a round is three batches, so that the first lease and the last settlement, which overlap with nothing, weigh more than in
// the full form.
//
// What bounds it is CPU time: two changes of a row for each message (ADR 0011).
func outboxDrain(ctx context.Context, s settings, engine string) (result, error) {
	total := 10_000
	if s.full {
		total = 100_000
	}
	st, err := openStage(ctx, s, engine)
	if err != nil {
		return result{}, err
	}
	d := &drain{stage: st, slice: total / (drainRounds + 1)}
	r, err := d.measure(ctx)
	return r, errors.Join(err, d.stop(), st.close())
}

func (d *drain) stop() error {
	if d.gateway != nil {
		d.gateway.Close()
	}
	if d.sim == nil {
		return nil
	}
	return d.sim.stop()
}

func (d *drain) measure(ctx context.Context) (result, error) {
	if err := d.prepare(ctx); err != nil {
		return result{}, err
	}
	d.heap[0] = heap()
	r, err := pair(ctx, d.work, d.post)
	if err != nil {
		return result{}, err
	}
	d.heap[1] = heap()
	r.Unit, r.Floor, r.Engine = "msg/s", "raw posts of the same messages", d.db.Name()
	r.Note = fmt.Sprintf("messages=%d heap_before=%dK heap_after=%dK heap_most=%dK", d.slice*(drainRounds+1), d.heap[0]>>10, d.heap[1]>>10, d.heap[2]>>10)
	return r, d.verify(ctx)
}

// prepare makes people who accepted two messages each, and one message for each of them.
func (d *drain) prepare(ctx context.Context) (err error) {
	if d.sim, err = startSimulator(ctx); err != nil {
		return err
	}
	tokens, err := wxstore.NewTokens(d.db, clock.System, make([]byte, 32))
	if err != nil {
		return err
	}
	d.gateway, err = wechat.New(wechat.Config{AppID: app.SimAppID, Secret: app.SimSecret, BaseURL: d.sim.base, Now: clock.System, Tokens: tokens})
	if err != nil {
		return err
	}
	d.raw = &http.Client{Timeout: 8 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: drainParallel}}
	if err := d.rawLogin(ctx); err != nil {
		return err
	}
	d.openIDs = make([]string, d.slice*(drainRounds+1))
	var group errgroup.Group
	group.SetLimit(drainParallel)
	for i := range d.openIDs {
		group.Go(func() (err error) {
			d.openIDs[i], err = d.sim.accept(ctx, fmt.Sprintf("p%d", i), drainTemplate, 2)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return d.fill(ctx)
}

// fill writes the people, their keys, what they accepted, and the messages, which wait for their round.
func (d *drain) fill(ctx context.Context) error {
	n, now, later := len(d.openIDs), clock.System(), clock.System().Add(24*time.Hour)
	safe := d.built.Vault
	sealed := make([][]byte, n)
	const most = 500
	for from := 0; from < n; from += most {
		err := txn.Do(ctx, d.db, func(tx *gorm.DB) error {
			ids := make([]int64, 0, most)
			for i := from; i < min(n, from+most); i++ {
				ids = append(ids, drainUser(i))
			}
			people, err := safe.NewPeople(tx, ids...)
			for _, id := range ids {
				if err == nil {
					sealed[id-drainUser(0)] = people[id].Seal(vault.OpenID, id, d.openIDs[id-drainUser(0)])
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	template := model.NoticeTemplate{AppID: app.SimAppID, Kind: string(notify.SignupConfirmed), TemplateID: drainTemplate, Fields: map[string]string{}, UpdatedAt: now}
	return errors.Join(
		txn.Do(ctx, d.db, func(tx *gorm.DB) error { return tx.Create(&template).Error }),
		bulk(ctx, d.db, "users", []string{"id", "openid_enc", "openid_idx", "status", "version", "created_at", "updated_at"}, n, func(i int) []any {
			return []any{drainUser(i), sealed[i], safe.Index(vault.OpenID, d.openIDs[i]), model.UserActive, 1, now, now}
		}),
		bulk(ctx, d.db, "subscribe_ledger", []string{"user_id", "template", "granted", "used", "muted", "updated_at"}, n, func(i int) []any {
			return []any{drainUser(i), drainTemplate, 1, 0, false, now}
		}),
		bulk(ctx, d.db, "notice_outbox", []string{
			"id", "dedupe_key", "user_id", "kind", "template", "page", "fields", "state", "next_at", "attempts", "resent", "reserved", "last_code", "last_rid", "why", "msg_id", "lease_owner", "created_at", "updated_at",
		}, n, func(i int) []any {
			return []any{
				10_000_000 + i, fmt.Sprintf("SIGNUP_CONFIRMED:%d", i), drainUser(i), notify.SignupConfirmed, drainTemplate, "pages/activity?id=7",
				`{"thing1":"社区清洁日","time2":"2026年10月18日 09:00"}`, model.NoticePending, later, 0, false, false, 0, "", "", "", "", now, now,
			}
		}))
}

func drainUser(i int) int64 { return int64(1_000_000 + i) }

// work is one round of ours: a slice becomes due, the worker runs until all of it is settled.
func (d *drain) work(ctx context.Context) (float64, error) {
	from := drainUser(d.ours * d.slice)
	d.ours++
	err := txn.Do(ctx, d.db, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE notice_outbox SET next_at = ? WHERE user_id BETWEEN ? AND ?", clock.System(), from, from+int64(d.slice)-1).Error
	})
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sent, other atomic.Int64
	w := &notify.Worker{
		DB: d.db, Now: clock.System, Vault: d.built.Vault, Sender: app.NoticeSender(d.gateway), AppID: app.SimAppID,
		Log: slog.New(slog.DiscardHandler), Parallel: drainParallel,
		Observe: func(state, _ string, _ int) {
			if state != model.NoticeSent {
				other.Add(1)
			}
			if sent.Add(1) == int64(d.slice) {
				cancel()
			}
		},
	}
	began := time.Now()
	watched := d.watchHeap(ctx)
	err = w.Run(ctx)
	took := time.Since(began)
	<-watched
	if other.Load() > 0 {
		err = errors.Join(err, fmt.Errorf("%d messages were not taken", other.Load()))
	}
	return float64(d.slice) / took.Seconds(), err
}

// watchHeap notes the largest heap until ctx ends.
func (d *drain) watchHeap(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				d.heap[2] = max(d.heap[2], m.HeapInuse)
			}
		}
	}()
	return done
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// verify demands that every person has been sent exactly two messages: one of ours, one of the floor's.
func (d *drain) verify(ctx context.Context) error {
	var unsent int64
	if err := d.db.WithContext(ctx).Model(&model.Notice{}).Where("state <> ? OR msg_id = ?", model.NoticeSent, "").Count(&unsent).Error; err != nil {
		return err
	}
	sent, left, err := d.sim.tally(ctx)
	if err != nil {
		return err
	}
	if n := len(d.openIDs); unsent > 0 || sent != 2*n || left != 0 {
		return fmt.Errorf("%d of %d messages are not sent; the simulator took %d of %d, and %d acceptances are left", unsent, n, sent, 2*n, left)
	}
	return nil
}

// post is one round of the floor: the same messages to the same people by the same means, and nothing else.
func (d *drain) post(ctx context.Context) (float64, error) {
	from := d.floor * d.slice
	d.floor++
	var next atomic.Int64
	var group errgroup.Group
	began := time.Now()
	for range drainParallel {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= d.slice {
					return nil
				}
				if err := d.postOne(ctx, d.openIDs[from+i]); err != nil {
					return err
				}
			}
		})
	}
	err := group.Wait()
	return float64(d.slice) / time.Since(began).Seconds(), err
}

func (d *drain) postOne(ctx context.Context, openID string) error {
	res, err := postJSON(ctx, d.raw, d.sim.base+"/cgi-bin/message/subscribe/send?access_token="+d.rawToken, map[string]any{
		"touser": openID, "template_id": drainTemplate, "page": "pages/activity?id=7", "miniprogram_state": "formal", "lang": "zh_CN",
		"data": map[string]any{"thing1": map[string]string{"value": "社区清洁日"}, "time2": map[string]string{"value": "2026年10月18日 09:00"}},
	})
	if err != nil {
		return err
	}
	if res.Code == nil || *res.Code != 0 || res.MsgID == 0 {
		return fmt.Errorf("raw post: %+v", res)
	}
	return nil
}

// rawLogin gets the floor's token.
func (d *drain) rawLogin(ctx context.Context) error {
	res, err := postJSON(ctx, d.raw, d.sim.base+"/cgi-bin/stable_token", map[string]any{"grant_type": "client_credential", "appid": app.SimAppID, "secret": app.SimSecret})
	d.rawToken = res.Token
	return err
}

// rawAnswer is what the floor reads.
type rawAnswer struct {
	Code  *int   `json:"errcode"`
	MsgID int64  `json:"msgid"`
	Token string `json:"access_token"`
}
