package pagecode_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/internal/wechat"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/pagecode"
)

func TestACodeIsMadeOnceAndThenGivenOutWithoutWeChat(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first, err := k.poster(t, k.Codes)
	if err != nil || first.Media != "image/jpeg" || !bytes.HasPrefix(first.Data, []byte{0xff, 0xd8, 0xff}) || first.Home {
		t.Fatalf("%s %d %v", first.Media, len(first.Data), err)
	}
	k.want(1, 1)
	k.sim.Close() // WeChat is gone
	for _, s := range []*pagecode.Service{k.Codes, k.replica(t)} {
		if again, err := k.poster(t, s); err != nil || !bytes.Equal(again.Data, first.Data) || again.Media != first.Media {
			t.Fatal(err)
		}
	}
	if r := k.rows(); len(r) != 1 || r[0].Scene == "" || r[0].Page != detail || r[0].Env != "release" || r[0].Width != width || r[0].AppID != appID || r[0].RetryAt != nil {
		t.Fatalf("%+v", r)
	}
}

func TestEveryPartOfTheKeyMakesAnotherPicture(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	host := k.Staff("干事", access.HostStaff, k.Community)
	ask := func(s *pagecode.Service, width int64) {
		t.Helper()
		if _, err := s.OfActivity(t.Context(), nobody, k.Activity.ID, width); err != nil {
			t.Fatal(err)
		}
	}
	ask(k.Codes, 430)
	ask(k.Codes, 280)
	if _, err := k.Codes.OfSession(t.Context(), host, k.Session.ID, 430); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*pagecode.Pages){
		func(p *pagecode.Pages) { p.Env = "trial" }, func(p *pagecode.Pages) { p.AppID = "wx1" }, func(p *pagecode.Pages) { p.Activity = "pages/other" },
	} {
		other := k.replica(t)
		change(&other.Pages)
		ask(other, 430)
		ask(other, 430)
	}
	k.want(6, 6)
}

func TestTwentyAtOnceStoreOnePicture(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	replicas := []*pagecode.Service{k.Codes, k.replica(t), k.replica(t)}
	pictures, errs := make([]pagecode.Picture, 20), make([]error, 20)
	var all sync.WaitGroup
	for i := range pictures {
		all.Go(func() { pictures[i], errs[i] = k.poster(t, replicas[i%3]) })
	}
	all.Wait()
	for i := range pictures {
		if errs[i] != nil || !bytes.Equal(pictures[i].Data, pictures[0].Data) {
			t.Fatal(errs[i])
		}
	}
	if n := k.calls(); n < 1 || n > len(replicas) {
		t.Errorf("%d calls for 20 requests to 3 processes", n)
	}
	if n := len(k.rows()); n != 1 {
		t.Errorf("%d pictures kept", n)
	}
}

// slow is a maker that waits to be let through.
type slow struct {
	pagecode.Maker
	asked chan struct{}
	pass  chan struct{}
}

func (m slow) PageCode(ctx context.Context, o pagecode.Order) (pagecode.Made, error) {
	close(m.asked)
	<-m.pass
	return m.Maker.PageCode(ctx, o)
}

func TestTheFirstToStoreDecides(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	late := k.replica(t)
	gate := slow{fixed("\xff\xd8\xfflate"), make(chan struct{}), make(chan struct{})}
	late.Maker = gate
	got := make(chan pagecode.Picture)
	go func() {
		p, err := k.poster(t, late)
		if err != nil {
			t.Error(err)
		}
		got <- p
	}()
	<-gate.asked
	first, err := k.poster(t, k.Codes)
	if err != nil {
		t.Fatal(err)
	}
	close(gate.pass)
	if p := <-got; !bytes.Equal(p.Data, first.Data) {
		t.Errorf("the loser gives out its own picture: %q", p.Data)
	}
	if rows := k.rows(); len(rows) != 1 || !bytes.Equal(rows[0].Picture, first.Data) {
		t.Errorf("%d rows", len(rows))
	}
}

// fixed is a maker of always the same bytes.
type fixed string

func (f fixed) PageCode(context.Context, pagecode.Order) (pagecode.Made, error) {
	return pagecode.Made{Data: []byte(f), Media: "image/jpeg"}, nil
}

func TestWhoGoesAwayDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	gate := slow{k.Codes.Maker, make(chan struct{}), make(chan struct{})}
	k.Codes.Maker = gate
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := k.Codes.OfActivity(ctx, nobody, k.Activity.ID, width); left <- err }()
	<-gate.asked
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(gate.pass)
	if p, err := k.poster(t, k.Codes); err != nil || len(p.Data) == 0 {
		t.Fatal(err)
	}
	k.want(1, 1)
}

// hung is a maker that answers when the test is over.
type hung struct {
	asked chan struct{}
	over  <-chan struct{}
}

func (m hung) PageCode(ctx context.Context, _ pagecode.Order) (pagecode.Made, error) {
	m.asked <- struct{}{}
	select {
	case <-m.over:
	case <-ctx.Done():
	}
	return pagecode.Made{}, wechat.ErrUnavailable
}

func TestAWeChatThatHangsHoldsUpOnlyAFew(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	over := make(chan struct{})
	maker := hung{make(chan struct{}), over}
	k.Codes.Maker = maker
	var all sync.WaitGroup
	for n := range int64(16) {
		all.Go(func() {
			if _, err := k.Codes.OfActivity(t.Context(), nobody, k.Activity.ID, 280+n); !errors.Is(err, wechat.ErrUnavailable) {
				t.Error(err)
			}
		})
		<-maker.asked
	}
	if _, err := k.poster(t, k.Codes); !errors.Is(err, fault.ErrBusy) {
		t.Error("one more:", err)
	}
	close(over)
	all.Wait()
	k.Codes.Maker = fixed("picture")
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Error("afterwards:", err)
	}
}

func TestAFailureStoresNothingAndTellsHowLongToWait(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Clock.Add(20 * time.Second)
	for _, c := range []struct {
		mode        string
		more        map[string]any
		least, most time.Duration // of Retry-After; 0: it is a mistake of ours
	}{
		{"errcode", map[string]any{"errcode": 45009}, 35 * time.Second, 45 * time.Second}, // the minute's quota: to the next minute
		{"errcode", map[string]any{"errcode": -1}, 5 * time.Second, 5 * time.Second},
		{"errcode", map[string]any{"errcode": 48001}, 10 * time.Minute, 10 * time.Minute}, // not granted: the operator's
		{"errcode", map[string]any{"errcode": 99999}, 5 * time.Second, 5 * time.Second},
		{"errcode", map[string]any{"errcode": 40169}, 0, 0},
		{"errcode", map[string]any{"errcode": 40097}, 0, 0},
		{"errcode", map[string]any{"errcode": 40129}, 0, 0},
		{"status", map[string]any{"status": 502}, 5 * time.Second, 5 * time.Second},
		{"html", nil, 5 * time.Second, 5 * time.Second},
		{"truncated", nil, 5 * time.Second, 5 * time.Second}, // half a picture must not be kept
		{"close_after", nil, 5 * time.Second, 5 * time.Second},
	} {
		body := map[string]any{"count": 1}
		for key, value := range c.more {
			body[key] = value
		}
		k.fail(c.mode, body)
		_, err := k.poster(t, k.Codes)
		f, told := errors.AsType[*fault.Fault](err)
		switch {
		case err == nil || told != (c.least > 0) || told && !errors.Is(err, wechat.ErrUnavailable):
			t.Errorf("%s %v: %v", c.mode, c.more, err)
		case told && (f.RetryAfter < c.least || f.RetryAfter > c.most):
			t.Errorf("%s %v: wait %v", c.mode, c.more, f.RetryAfter)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the secret is in %v", c.mode, err)
		}
	}
	if n := len(k.rows()); n != 0 {
		t.Fatalf("%d pictures kept", n)
	}
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Fatal("when WeChat is back:", err)
	}
}
