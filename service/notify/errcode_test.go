package notify_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/notify"
)

// reaction is what an errcode must lead to in the tables.
type reaction struct {
	codes    []int
	state    string
	used     int64 // of one unit
	attempts int
	from, to time.Duration // next_at, when to is above 0
	lane     string
	stale    bool // the person's binding is marked
	disabled bool // the template is marked
	calls    int  // 0: one
}

const (
	minutesTen = 10 * time.Minute
	tomorrow   = 15 * time.Hour // at most: the test's clock begins at nine in the morning in China
)

// reactions are the rows of the table of WeChat's error codes, as far as they can answer a message.
var reactions = []reaction{
	{codes: []int{-1, 200001, 85431}, state: model.NoticePending, attempts: 1, from: 4 * time.Second, to: 6 * time.Second},
	{codes: []int{43108}, state: model.NoticePending, attempts: 1, from: 2 * time.Second, to: 5 * time.Second},
	{codes: []int{99999, 45002}, state: model.NoticePending, attempts: 1, from: 4 * time.Second, to: 6 * time.Second},
	{codes: []int{45011}, state: model.NoticePending, from: time.Minute, to: 65 * time.Second, lane: "app"},
	{codes: []int{45009}, state: model.NoticePending, from: tomorrow - time.Hour, to: tomorrow, lane: "app"},
	{
		codes: []int{40002, 40013, 40125, 41002, 41004, 40164, 89501, 89503, 40243, 50004, 50007, 61024, 50002, 45103, 45109, 48001},
		state: model.NoticePending, from: minutesTen, to: minutesTen, lane: "app",
	},
	{codes: []int{89506}, state: model.NoticePending, from: 24 * time.Hour, to: 24 * time.Hour, lane: "app"},
	{codes: []int{89507}, state: model.NoticePending, from: time.Hour, to: time.Hour, lane: "app"},
	{codes: []int{43107}, state: model.NoticePending, from: minutesTen, to: minutesTen, lane: "template:" + once},
	{codes: []int{43101}, state: model.NoticeParked, used: 1},
	{codes: []int{40003, 43104}, state: model.NoticeDropped, stale: true},
	{codes: []int{40037}, state: model.NoticeDropped, disabled: true},
	{codes: []int{41030}, state: model.NoticeDropped, calls: 2}, // refused without the page too
	{codes: []int{40029, 40163, 40226, 45168, 61010, 87014, 41028, 41029, 47001, 47003, 40097, 40129, 40165, 40169, 40212, 41001, 40066}, state: model.NoticeDropped},
}

// TestEachErrcodeLeadsToItsReaction sends one message for each code over HTTP, and looks at the message, the ledger, the lanes
// and the marks.
func TestEachErrcodeLeadsToItsReaction(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	n := 0
	for _, want := range reactions {
		for _, code := range want.codes {
			n++
			name := fmt.Sprintf("c%d", n)
			user := k.person(name)
			k.accept(name, once)
			k.tell(notify.SignupConfirmed, user)
			k.Clock.Set(k.Clock.Now().Truncate(time.Minute).Add(time.Minute))
			before, now := k.calls(), k.Clock.Now()
			k.fail("errcode", map[string]any{"errcode": code})
			k.drain(k.worker())
			k.reacted(code, user, want, now)
			if calls := k.calls() - before; calls != max(want.calls, 1) {
				t.Errorf("%d: %d calls", code, calls)
			}
			k.afresh()
		}
	}
}

// reacted compares the tables with what is wanted.
func (k *kit) reacted(code int, user int64, want reaction, now time.Time) {
	k.TB.Helper()
	var n model.Notice
	var lanes []model.NoticeLane
	var stale, disabled int64
	for _, err := range []error{
		k.DB.Where("user_id = ?", user).Take(&n).Error, k.DB.Find(&lanes).Error,
		k.DB.Model(&model.StaleBinding{}).Where("user_id = ?", user).Count(&stale).Error,
		k.DB.Model(&model.NoticeTemplate{}).Where("template_id = ? AND disabled_at IS NOT NULL", once).Count(&disabled).Error,
	} {
		if err != nil {
			k.TB.Fatal(err)
		}
	}
	if n.State != want.state || n.Attempts != want.attempts || n.LastCode != code || n.LastRID == "" || n.BusyUserID != nil || n.LeaseUntil != nil {
		k.TB.Errorf("%d: %s, %d attempts, last code %d, rid %q, busy %v", code, n.State, n.Attempts, n.LastCode, n.LastRID, n.BusyUserID)
	}
	if wait := n.NextAt.Sub(now); want.to > 0 && (wait < want.from || wait > want.to) {
		k.TB.Errorf("%d: next after %s, want %s to %s", code, wait, want.from, want.to)
	}
	if y, m, d := n.NextAt.Add(8 * time.Hour).Date(); code == 45009 && !n.NextAt.Equal(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Add(-8*time.Hour)) {
		k.TB.Errorf("%d: next at %s, want midnight in China", code, n.NextAt)
	}
	if l := k.ledger(user, once); l.Granted != 1 || l.Used != want.used || n.Reserved != (want.used > 0 && want.state != model.NoticeParked) {
		k.TB.Errorf("%d: ledger %d of %d used, reserved %v", code, l.Used, l.Granted, n.Reserved)
	}
	lane := ""
	if len(lanes) > 0 {
		lane = lanes[0].Name
	}
	if lane != want.lane || len(lanes) > 1 || lane != "" && !lanes[0].PausedUntil.Equal(n.NextAt) {
		k.TB.Errorf("%d: lanes %+v", code, lanes)
	}
	if stale > 0 != want.stale || disabled > 0 != want.disabled {
		k.TB.Errorf("%d: stale %d, disabled %d", code, stale, disabled)
	}
}

// afresh ends what a code left behind, but for its message.
func (k *kit) afresh() {
	k.TB.Helper()
	k.admin(http.MethodPost, "fail", map[string]any{"mode": "clear"})
	k.write(func(tx *gorm.DB) error {
		return errors.Join(
			tx.Where("1 = 1").Delete(&model.NoticeLane{}).Error,
			tx.Where("1 = 1").Delete(&model.Notice{}).Error,
			tx.Model(&model.NoticeTemplate{}).Where("1 = 1").Update("disabled_at", nil).Error)
	})
}

// TestTheTokenEndpointsCodesLeadToTheirReaction: there a refusal is about the app, never about the message.
func TestTheTokenEndpointsCodesLeadToTheirReaction(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]reaction{
		-1:    {state: model.NoticePending, from: 4 * time.Second, to: 6 * time.Second},
		40001: {state: model.NoticePending, from: minutesTen, to: minutesTen, lane: "app"},
		40125: {state: model.NoticePending, from: minutesTen, to: minutesTen, lane: "app"},
		40164: {state: model.NoticePending, from: minutesTen, to: minutesTen, lane: "app"},
		89507: {state: model.NoticePending, from: time.Hour, to: time.Hour, lane: "app"},
		45009: {state: model.NoticePending, from: tomorrow - time.Hour, to: tomorrow, lane: "app"},
		45011: {state: model.NoticePending, from: time.Minute, to: 65 * time.Second, lane: "app"},
		47003: {state: model.NoticePending, from: minutesTen, to: minutesTen, lane: "app"},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			user := k.person("li")
			k.accept("li", once)
			k.tell(notify.SignupConfirmed, user)
			k.Clock.Set(k.Clock.Now().Truncate(time.Minute).Add(time.Minute))
			now := k.Clock.Now()
			k.admin(http.MethodPost, "fail", map[string]any{"mode": "errcode", "errcode": code, "path": "/cgi-bin/stable_token"})
			k.drain(k.worker())
			n := k.notices()[0]
			var lanes []model.NoticeLane
			if err := k.DB.Find(&lanes).Error; err != nil {
				t.Fatal(err)
			}
			wait, closed := n.NextAt.Sub(now), 0
			if want.lane != "" {
				closed = 1
			}
			if n.State != want.state || wait < want.from || wait > want.to || len(lanes) != closed || closed > 0 && lanes[0].Name != want.lane || k.ledger(user, once).Used != 0 || k.calls() != 0 {
				t.Errorf("%s after %s, code %d, lanes %+v, %d calls", n.State, wait, n.LastCode, lanes, k.calls())
			}
		})
	}
}

// TestATokenThatWasTakenBackCostsOneMoreCall: the three codes of a bad token.
func TestATokenThatWasTakenBackCostsOneMoreCall(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		k := newKit(t)
		user := k.person("li")
		k.accept("li", once)
		k.tell(notify.SignupConfirmed, user)
		k.fail("errcode", map[string]any{"errcode": code, "count": 1})
		k.drain(k.worker())
		if k.states() != model.NoticeSent || k.calls() != 2 || k.ledger(user, once).Used != 1 {
			t.Errorf("%d: %s in %d calls", code, k.states(), k.calls())
		}
	}
}

// TestAnUnknownErrcodeIsGivenUpAfterThreeAttempts: it says that nothing was sent, but not whether it ever can be.
func TestAnUnknownErrcodeIsGivenUpAfterThreeAttempts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.accept("li", once)
	k.tell(notify.SignupConfirmed, user)
	k.fail("errcode", map[string]any{"errcode": 99999})
	for range 6 {
		k.drain(k.worker())
		k.Clock.Add(time.Hour)
	}
	if n := k.notices()[0]; n.State != model.NoticeDropped || n.Attempts != 3 || k.calls() != 3 || k.ledger(user, once).Used != 0 {
		t.Errorf("%s after %d attempts, %d calls", n.State, n.Attempts, k.calls())
	}
}

// TestAMessageWithoutItsPageIsSentAndSaid: the page is not in the released version.
func TestAMessageWithoutItsPageIsSentAndSaid(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.accept("li", once)
	k.tell(notify.SignupConfirmed, user)
	k.fail("errcode", map[string]any{"errcode": 41030, "count": 1})
	k.drain(k.worker())
	if k.states() != model.NoticeSent || k.calls() != 2 || k.ledger(user, once).Used != 1 {
		t.Errorf("%s in %d calls", k.states(), k.calls())
	}
}
