package notify_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/notify"
)

// crowd is an audience of n people whose accounts are their keys; it counts how often it is asked.
type crowd struct {
	n     int64
	asked int
	most  int                              // people that were asked for at once
	fail  func(f model.NoticeFanout) error // may be nil
	mu    sync.Mutex
}

func (c *crowd) next(_ *gorm.DB, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.most = max(c.most, limit)
	if c.fail != nil {
		if err := c.fail(f); err != nil {
			return notify.Event{}, nil, err
		}
	}
	var people []notify.Recipient
	for id := f.AfterID + 1; id <= c.n && len(people) < limit; id++ {
		people = append(people, notify.Recipient{Key: id, UserID: id})
	}
	return notify.Event{Kind: notify.Kind(f.Kind), Fact: []string{"fact"}, Object: f.Object, ObjectID: f.ObjectID, Data: map[string]notify.Words{"activity": notify.Own("清洁")}}, people, nil
}

func fanned(t *testing.T, at ...int64) (*testkit.World, *notify.Service) {
	t.Helper()
	w := testkit.NewWorld(t)
	s := w.Notices()
	for _, id := range at {
		for range 2 { // noted twice is noted once
			err := w.DB.Transaction(func(tx *gorm.DB) error {
				return s.FanOut(tx, notify.Fact{Kind: notify.ActivityPublished, Object: "activities", ObjectID: id, At: w.Clock.Now()})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return w, s
}

// told demands that the people 1 to n have one entry each, and no one else.
func told(t *testing.T, w *testkit.World, n int) {
	t.Helper()
	var users []int64
	if err := w.DB.Model(&model.Notification{}).Order("user_id").Pluck("user_id", &users).Error; err != nil {
		t.Fatal(err)
	}
	for i, id := range users {
		if id != int64(i+1) {
			t.Fatalf("entry %d is of user %d", i, id)
		}
	}
	if len(users) != n {
		t.Errorf("%d told, want %d", len(users), n)
	}
}

func open(t *testing.T, w *testkit.World) (n int64) {
	t.Helper()
	if err := w.DB.Model(&model.NoticeFanout{}).Where("done_at IS NULL").Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTenThousandAreToldInBatches(t *testing.T) {
	t.Parallel()
	w, s := fanned(t, 7)
	statements := 0
	for _, c := range []interface {
		Register(name string, fn func(*gorm.DB)) error
	}{w.DB.Callback().Create().Before("*"), w.DB.Callback().Query().Before("*"), w.DB.Callback().Update().Before("*")} {
		if err := c.Register("count", func(*gorm.DB) { statements++ }); err != nil {
			t.Fatal(err)
		}
	}
	c := &crowd{n: 10_000}
	if err := s.Spread(t.Context(), c.next); err != nil {
		t.Fatal(err)
	}
	if c.asked != 21 || c.most != 500 || statements > 5*c.asked+1 {
		t.Errorf("asked %d times for %d at most, %d statements", c.asked, c.most, statements)
	}
	if err := s.Spread(t.Context(), c.next); err != nil || c.asked != 21 || open(t, w) != 0 {
		t.Errorf("done, and asked again: %d, %v", c.asked, err)
	}
	told(t, w, 10_000)
}

// TestACrashGoesOnWhereItStopped: the batch that fails leaves nothing, those before it stay.
func TestACrashGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	w, s := fanned(t, 7)
	dead := errors.New("killed")
	c := &crowd{n: 1700, fail: func(f model.NoticeFanout) error {
		if f.AfterID == 1000 {
			return dead
		}
		return nil
	}}
	if err := s.Spread(t.Context(), c.next); !errors.Is(err, dead) || open(t, w) != 1 {
		t.Fatal(err)
	}
	told(t, w, 1000)
	c.fail, c.asked = nil, 0
	if err := s.Spread(t.Context(), c.next); err != nil || c.asked != 2 || open(t, w) != 0 {
		t.Error(c.asked, err)
	}
	told(t, w, 1700)
}

func TestAFailingFanOutDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	w, s := fanned(t, 7, 8)
	c := &crowd{n: 3, fail: func(f model.NoticeFanout) error {
		if f.ObjectID == 7 {
			return errors.New("broken")
		}
		return nil
	}}
	if err := s.Spread(t.Context(), c.next); err == nil || !strings.Contains(err.Error(), "activities 7") || open(t, w) != 1 {
		t.Error(err)
	}
	told(t, w, 3)
}

func TestTwoRunnersTellEverybodyOnce(t *testing.T) {
	t.Parallel()
	w, s := fanned(t, 7)
	c := &crowd{n: 2300}
	var runners sync.WaitGroup
	for range 3 {
		runners.Go(func() {
			if err := s.Spread(t.Context(), c.next); err != nil {
				t.Error(err)
			}
		})
	}
	runners.Wait()
	if err := s.Spread(t.Context(), c.next); err != nil || open(t, w) != 0 {
		t.Error(err)
	}
	told(t, w, 2300)
}

// TestWhatNoLongerHoldsIsNotSent: it waited for WeChat, and meanwhile it became wrong.
func TestWhatNoLongerHoldsIsNotSent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li, wang := k.person("li"), k.person("wang")
	now := k.Clock.Now()
	k.Insert(&model.NoticeTemplate{AppID: appID, Kind: string(notify.ReminderDay), TemplateID: always, Fields: map[string]string{"thing1": "{activity}"}, LongTerm: true, UpdatedAt: now})
	k.accept("li", once, always)
	k.accept("wang", always)
	k.tell(notify.ReminderDay, li, wang)
	k.tell(notify.SignupConfirmed, li) // not of a kind that is looked at again
	w, asked := k.worker(), 0
	w.Recheck = func(_ *gorm.DB, entries []model.Notification) (map[string]bool, error) {
		out := map[string]bool{}
		for _, e := range entries {
			asked++
			out[e.DedupeKey] = e.UserID == li
			if e.Kind != string(notify.ReminderDay) || e.ObjectID != 7 {
				t.Errorf("asked about %+v", e)
			}
		}
		return out, nil
	}
	for range 3 {
		k.drain(w)
		k.Clock.Add(2 * time.Second)
	}
	rows := k.notices()
	if k.states() != "DROPPED SENT SENT" || rows[0].Why != "outdated" || asked != 2 || k.calls() != 2 {
		t.Errorf("%s %s, asked %d times, %d calls", k.states(), rows[0].Why, asked, k.calls())
	}
	if len(k.inbox(li)) != 2 {
		t.Error("the inbox lost an entry")
	}
}

func TestNobodyIsToldTooEarlyAndOldFanOutsGo(t *testing.T) {
	t.Parallel()
	w, s := fanned(t)
	at := w.Clock.Now().Add(time.Hour)
	err := w.DB.Transaction(func(tx *gorm.DB) error {
		return s.FanOut(tx, notify.Fact{Kind: notify.ActivityPublished, Object: "activities", ObjectID: 7, At: w.Clock.Now(), From: at})
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{n: 3}
	for _, now := range []time.Time{at.Add(-time.Millisecond), at} {
		told(t, w, 0)
		w.Clock.Set(now)
		if err := s.Spread(t.Context(), c.next); err != nil {
			t.Fatal(err)
		}
	}
	told(t, w, 3)
	for _, want := range []int{0, 1, 0} {
		if n, err := s.Purge(t.Context(), 10); n != want || err != nil {
			t.Errorf("purged %d %v, want %d", n, err, want)
		}
		w.Clock.Add(91 * 24 * time.Hour)
	}
}
