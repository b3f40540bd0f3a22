package signup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/lottery"
	"baodao/service/page"
	"baodao/service/signup"
)

// lots is a bench whose activity draws lots: announced, as by publishing.
func lots(t *testing.T, seats int64, waitlist bool) *bench {
	t.Helper()
	b := newBench(t, seats, at(func(a *model.Activity) {
		a.SignupMode, a.Waitlist, a.SignupClosesAt = model.SignupLottery, waitlist, a.StartsAt.Add(-30*hour)
	})).whole()
	b.tx(func(tx *gorm.DB) error { return b.s.Announce(tx, b.activity) })
	return b
}

// file reads the whole draw of the position, n entries a page, and writes and reads it as JSON as anybody would.
func (b *bench) file(n int) lottery.File {
	b.TB.Helper()
	var raw bytes.Buffer
	req := page.Request{Limit: n}
	for {
		f, next, err := b.s.Lottery(b.TB.Context(), access.Actor{}, b.position.ID, req)
		if err != nil {
			b.TB.Fatal(err)
		}
		if err := json.NewEncoder(&raw).Encode(f); err != nil {
			b.TB.Fatal(err)
		}
		if req.Cursor = next; next == "" {
			break
		}
	}
	pages, err := lottery.Decode(&raw)
	if err != nil {
		b.TB.Fatal(err)
	}
	whole, err := lottery.Join(pages)
	if err != nil {
		b.TB.Fatal(err)
	}
	return whole
}

func (b *bench) draw() {
	b.TB.Helper()
	if _, err := b.s.DrawDue(b.TB.Context(), 10); err != nil {
		b.TB.Fatal(err)
	}
}

func TestLottery(t *testing.T) {
	t.Parallel()
	b := lots(t, 3, true)
	s := b.students(9)
	r := b.all(s...)
	served := model.HoursEntry{ID: b.NewID(), StudentID: s[0].StudentID, Minutes: 60, Class: "PRACTICE", ProgrammeID: b.Programme.ID, ServedOn: "2026-09-01", PostedAt: b.Clock.Now(), ClaimID: 1}
	undone, last := served, served
	undone.ID, undone.StudentID, undone.ClaimID = b.NewID(), s[1].StudentID, 2
	back := undone
	back.ID, back.Minutes, back.Reversal = b.NewID(), -60, undone.ID
	last.ID, last.StudentID, last.ClaimID, last.ServedOn = b.NewID(), s[2].StudentID, 3, "2026-08-31" // of the year before
	b.Insert(&served, &undone, &back, &last)
	before := b.file(2)
	if before.Seed != "" || before.Digest != "" || len(before.Entries) != 0 || lottery.Verify(before) != nil {
		t.Errorf("%+v", before)
	}
	b.cancel(s[8], r[8])
	b.Clock.Set(b.activity.SignupClosesAt.Add(-time.Millisecond))
	if b.draw(); b.file(2).Seed != "" {
		t.Fatal("drawn before the close")
	}
	b.Clock.Add(time.Millisecond)
	b.cancel(s[7], r[7]) // after the close, but before the draw
	for _, err := range testkit.Together(3, func(int) error { _, err := b.s.DrawDue(t.Context(), 10); return err }) {
		is(t, err, nil)
	}
	f := b.file(2)
	if err := lottery.Verify(f); err != nil || f.Commitment != before.Commitment || f.Count != 7 || f.Capacity != 3 || len(f.Winners) != 3 {
		t.Fatalf("%v: %+v", err, f)
	}
	weights := map[int64]int64{}
	for _, e := range f.Entries {
		weights[e.ID] = e.Weight
	}
	if fmt.Sprint(weights[r[0].ID], weights[r[1].ID], weights[r[2].ID], weights[r[3].ID]) != "1 3 3 3" {
		t.Error(weights)
	}
	for i, id := range f.Order {
		row, err := signup.ByID(b.DB, id)
		is(t, err, nil)
		if i < 3 && (row.Status != model.SignupConfirmed || f.Winners[i] != id) || i >= 3 && (row.Status != model.SignupWaitlisted || *row.QueueNo != int64(i-2)) {
			t.Errorf("place %d: %+v", i, row)
		}
	}
	b.counts()
	b.lineFollowsTheLots(t, s, r, f)
}

// lineFollowsTheLots cancels a winner's seat: the first of the others has it.
func (b *bench) lineFollowsTheLots(t *testing.T, s []access.Actor, r []model.Signup, f lottery.File) {
	t.Helper()
	for i := range r {
		if r[i].ID == f.Winners[0] {
			b.cancel(s[i], r[i])
			if b.heard(s[i]) != "SIGNUP_CONFIRMED" {
				t.Error(b.heard(s[i]))
			}
		}
	}
	if b.state(f.Order[3]) != model.SignupConfirmed || b.state(f.Order[4]) != model.SignupWaitlisted {
		t.Error(b.state(f.Order[3]), b.state(f.Order[4]))
	}
	if again := b.file(100); lottery.Verify(again) != nil || fmt.Sprint(again) != fmt.Sprint(f) {
		t.Error("what is published changed afterwards")
	}
	b.counts()
}

func TestLotteryWithoutALine(t *testing.T) {
	t.Parallel()
	b := lots(t, 1, false)
	s := b.students(3)
	r := b.all(s...)
	b.Clock.Set(b.activity.SignupClosesAt)
	b.draw()
	f := b.file(100)
	for i := range r {
		want, heard := model.SignupLostLottery, "SIGNUP_DECLINED"
		if r[i].ID == f.Winners[0] {
			want, heard = model.SignupConfirmed, "SIGNUP_CONFIRMED"
		}
		if b.state(r[i].ID) != want || b.heard(s[i]) != heard {
			t.Error(b.state(r[i].ID), b.heard(s[i]))
		}
	}
	b.counts()
}

func TestLotteryOfNobody(t *testing.T) {
	t.Parallel()
	b := lots(t, 3, true)
	b.Clock.Set(b.activity.SignupClosesAt)
	b.draw()
	if f := b.file(9); lottery.Verify(f) != nil || f.Seed == "" || f.Count != 0 {
		t.Errorf("%+v", f)
	}
}

func TestACancelledActivityIsNotDrawn(t *testing.T) {
	t.Parallel()
	b := lots(t, 1, true)
	row := b.all(b.students(1)...)[0]
	if err := cancelActivity(b, access.System("test")); err != nil {
		t.Fatal(err)
	}
	b.Clock.Set(b.activity.SignupClosesAt)
	b.draw()
	if b.file(9).Seed != "" || b.state(row.ID) != model.SignupRemoved {
		t.Error("drawn")
	}
}

// One lottery that cannot be drawn does not keep the others from it.
func TestABrokenLotteryHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := lots(t, 1, true)
	b.all(b.students(1)...)
	broken := model.Lottery{ActivityID: b.NewID(), Nonce: make([]byte, 32), Commitment: make([]byte, 32), CreatedAt: b.Clock.Now()}
	a := b.activity
	a.ID, a.SignupClosesAt = broken.ActivityID, a.SignupClosesAt.Add(-hour)
	p := model.Position{ID: b.NewID(), ActivityID: a.ID, Title: "岗位", Capacity: 1, Version: 1, CreatedAt: a.CreatedAt, UpdatedAt: a.CreatedAt}
	b.Insert(&a, &p, &broken, &model.LotteryDraw{PositionID: p.ID, ActivityID: a.ID, Digest: make([]byte, 32)})
	b.Clock.Set(b.activity.SignupClosesAt)
	if _, err := b.s.DrawDue(t.Context(), 10); err == nil {
		t.Error("the broken one is not named")
	}
	if b.file(9).Seed == "" {
		t.Error("the other one was not drawn")
	}
}

func TestWhoReadsALottery(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	read := func(position int64, cursor string, want *fault.Fault) {
		t.Helper()
		_, _, err := b.s.Lottery(t.Context(), access.Actor{}, position, page.Request{Cursor: cursor})
		is(t, err, want)
	}
	read(b.position.ID, "", signup.ErrNoLottery)
	read(99, "", fault.ErrNotFound)
	b.put("activities", b.activity.ID, map[string]any{"published_at": nil, "status": model.ActivityDraft})
	read(b.position.ID, "", fault.ErrNotFound)
	b = lots(t, 1, true)
	b.Clock.Set(b.activity.SignupClosesAt)
	b.draw()
	read(b.position.ID, "x", fault.ErrCursor)
}
