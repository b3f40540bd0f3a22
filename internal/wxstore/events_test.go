package wxstore_test

import (
	"bytes"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxstore"
	"baodao/model"
)

func TestEventsAreKeptOnceUntilTheyAreDone(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	events := &wxstore.Events{DB: db, Now: clock.Now, Index: func(openID string) []byte { return bytes.Repeat([]byte{byte(len(openID))}, 32) }}
	keep := func(want int, all ...wechat.Event) {
		t.Helper()
		if n, err := events.Keep(t.Context(), all); err != nil || n != want {
			t.Fatal(n, err)
		}
	}
	due := func(want int) []model.PushEvent {
		t.Helper()
		rows, err := events.Due(t.Context(), 10)
		if err != nil || len(rows) != want {
			t.Fatalf("%+v %v", rows, err)
		}
		return rows
	}
	a := wechat.Event{Kind: wechat.EventSubscribed, Key: "a", OpenID: "oPerson", Template: "t", Accepted: true}
	b := wechat.Event{Kind: wechat.EventMediaVerdict, Key: "b", OpenID: "oPerson", TraceID: "trace", ErrorCode: 0, Verdict: wechat.Verdict{Suggest: "risky", Label: 20001}}
	keep(0)
	keep(0, wechat.Event{Kind: wechat.EventOther, Key: "x"})
	keep(2, a, b)
	keep(2, a, b)
	keep(1, a)
	rows := due(2)
	for _, r := range rows {
		if r.Kind == model.PushMedia && (r.Payload.Person != nil || r.Payload.TraceID != "trace" || r.Payload.Suggest != "risky" || r.Payload.Label != 20001) {
			t.Errorf("%+v", r)
		}
		if r.Kind == model.PushAnswer && (r.Payload.Person[0] != 7 || !r.Payload.Accepted || r.Payload.Template != "t") {
			t.Errorf("%+v", r)
		}
	}
	if err := events.Later(t.Context(), rows[0].KeyHash, time.Minute); err != nil {
		t.Fatal(err)
	}
	due(1)
	if err := events.Done(t.Context(), rows[1].KeyHash); err != nil {
		t.Fatal(err)
	}
	due(0)
	keep(2, a, b) // repeated after it was done: stays done
	due(0)
	clock.Add(time.Minute)
	if left := due(1); left[0].Attempts != 1 {
		t.Errorf("%+v", left)
	}
	if n, err := events.Purge(t.Context(), 10); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	clock.Add(8 * 24 * time.Hour)
	if n, err := events.Purge(t.Context(), 10); err != nil || n != 2 {
		t.Fatal(n, err)
	}
}
