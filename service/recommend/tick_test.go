package recommend_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/project"
	"baodao/service/recommend"
	"baodao/service/signup"
)

// change writes as a service does: with a line of the log in the same transaction.
func (h *house) change(object string, id int64, sql string, args ...any) {
	h.TB.Helper()
	err := h.DB.Transaction(func(tx *gorm.DB) error {
		if sql != "" {
			if err := tx.Exec(sql, args...).Error; err != nil {
				return err
			}
		}
		return h.Audit.Write(tx, access.System("test"), audit.Entry{Action: "test", Object: object, ObjectID: id})
	})
	if err != nil {
		h.TB.Fatal(err)
	}
}

// TestAChangeIsSeenAtTheNextTick has one tick a second in the program: what is committed is shown, or gone, within two.
func TestAChangeIsSeenAtTheNextTick(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	signups := &signup.Service{DB: h.DB, Now: h.Clock.Now, NewID: h.NewID, Audit: h.Audit, Vault: h.Vault}
	projects := &project.Service{DB: h.DB, Now: h.Clock.Now, NewID: h.NewID, Audit: h.Audit, Vault: h.Vault, Signups: signups}
	officer := h.Staff("管理员", access.HostStaff, h.Community)
	me, other := h.Student("我", h.Branch), h.Student("他", h.Branch)
	h.willing(me, nil)
	a, _, p := h.Activity(h.project, 1, nil)
	later, _, q := h.Activity(h.project, 1, func(a *model.Activity, _ *model.Session) { a.SignupOpensAt = h.Clock.Now().Add(time.Hour) })
	shows := func(what string, want ...int64) {
		t.Helper()
		h.tick(h.s)
		if got := ids(h.ask(h.s, me, recommend.Ask{}, page.Request{})); !slices.Equal(got, want) {
			t.Fatalf("%s: shown are %v, want %v", what, got, want)
		}
		if cold := ids(h.ask(h.replica(), me, recommend.Ask{}, page.Request{})); !slices.Equal(cold, want) {
			t.Fatalf("%s: the database says %v, want %v", what, cold, want)
		}
	}
	shows("at first", p.ID)
	row, err := signups.Create(t.Context(), other, p.ID, "", idem.Key{})
	if err != nil {
		t.Fatal(err)
	}
	shows("the last seat is taken")
	if _, err := signups.Cancel(t.Context(), other, row.ID); err != nil {
		t.Fatal(err)
	}
	shows("it is free again", p.ID)
	if row, err = signups.Create(t.Context(), me, p.ID, "", idem.Key{}); err != nil {
		t.Fatal(err)
	}
	h.change("activities", a.ID, "UPDATE positions SET capacity = 3 WHERE id = ?", p.ID)
	shows("signed up for it")
	if _, err := signups.Cancel(t.Context(), me, row.ID); err != nil {
		t.Fatal(err)
	}
	shows("given up", p.ID)
	h.Clock.Add(time.Hour)
	shows("another one opens", p.ID, q.ID)
	h.change("position_needs", p.ID, "INSERT INTO position_needs (position_id, slots, req, want, urgency, min_team, version, updated_by, created_at, updated_at) VALUES (?, 0, 4, 0, 7, 0, 1, 0, ?, ?)", p.ID, h.Clock.Now(), h.Clock.Now())
	shows("the host asks for a skill", q.ID)
	h.change("position_needs", q.ID, "UPDATE position_needs SET req = 0 WHERE position_id = ?", p.ID)
	h.change("positions", p.ID, "")
	shows("and does not any more", p.ID, q.ID)
	if _, err := projects.CancelActivity(t.Context(), officer, a.ID, "下雨"); err != nil {
		t.Fatal(err)
	}
	shows("called off", q.ID)
	h.change("programmes", h.Programme.ID, "UPDATE programmes SET status = 'CLOSED' WHERE id = ?", h.Programme.ID)
	shows("the programme ends")
	h.change("programmes", h.Programme.ID, "UPDATE programmes SET status = 'ACTIVE' WHERE id = ?", h.Programme.ID)
	shows("and goes on", q.ID)
	h.Clock.Set(later.SignupClosesAt.Add(-time.Second))
	shows("sign-up is nearly over", q.ID)
	h.Clock.Add(time.Second)
	if got := ids(h.ask(h.s, me, recommend.Ask{}, page.Request{})); len(got) != 0 {
		t.Fatalf("shown after the end of signing up, before any tick: %v", got)
	}
	shows("sign-up is over")
}

// TestWhatNobodyToldIsReadAgain changes rows without a line of the log.
func TestWhatNobodyToldIsReadAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("我", h.Branch)
	var all []model.Position
	for range 5 {
		_, _, p := h.Activity(h.project, 3, nil)
		all = append(all, p)
	}
	h.tick(h.s)
	h.write("UPDATE orgs SET name = '新名社区' WHERE id = ?", h.Community.ID)
	h.write("UPDATE activities SET listed_at = NULL, status = 'CANCELLED' WHERE id = ?", all[1].ActivityID)
	for range 25 {
		h.tick(h.s)
	}
	cold, warm := h.ask(h.replica(), me, recommend.Ask{}, page.Request{}), h.ask(h.s, me, recommend.Ask{}, page.Request{})
	if diff := cmp.Diff(cold, warm); diff != "" || len(warm.Items) != 4 {
		t.Fatalf("got %d: %s", len(warm.Items), diff)
	}
}

// TestALateCommitIsNotMissed lets a line of the log be older than lines that were read before it was committed.
func TestALateCommitIsNotMissed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("我", h.Branch)
	a, _, p := h.Activity(h.project, 3, nil)
	h.tick(h.s)
	early := h.NewID()
	h.change("orgs", 1, "")
	h.tick(h.s)
	h.Insert(&model.AuditEntry{ID: early, At: h.Clock.Now(), Action: "test", Object: "activities", ObjectID: a.ID, Data: "{}"})
	h.write("UPDATE positions SET taken = capacity WHERE id = ?", p.ID)
	h.tick(h.s)
	if got := ids(h.ask(h.s, me, recommend.Ask{}, page.Request{})); len(got) != 0 {
		t.Fatalf("a full position is shown: %v", got)
	}
}

// TestARushIsFollowed has more lines of the log in a quarter of a minute than are worth following at once. Each was new at one
// tick only: nothing is read anew, neither after a start in the middle of the rush.
func TestARushIsFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("我", h.Branch)
	a, _, p := h.Activity(h.project, 3, nil)
	rush := func(n int) {
		rows := make([]model.AuditEntry, n)
		for i := range rows {
			rows[i] = model.AuditEntry{ID: h.NewID(), At: h.Clock.Now(), Action: "test", Object: "orgs", ObjectID: 1, Data: "{}"}
		}
		if err := h.DB.Transaction(func(tx *gorm.DB) error { return tx.CreateInBatches(rows, 2000).Error }); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(s *recommend.Service, what string, want ...int64) {
		t.Helper()
		h.tick(s)
		if got := ids(h.ask(s, me, recommend.Ask{}, page.Request{})); !slices.Equal(got, want) {
			t.Fatalf("%s: shown are %v, want %v", what, got, want)
		}
	}
	sees(h.s, "at first", p.ID)
	for range 2 {
		rush(15_000)
		sees(h.s, "15,000 lines later", p.ID)
	}
	rush(15_000)
	late := h.replica()
	h.write("UPDATE positions SET taken = capacity WHERE id = ?", p.ID) // without a line: only who reads anew sees it
	sees(h.s, "45,000 lines later", p.ID)
	sees(late, "a start in the rush")
	h.write("UPDATE positions SET taken = 0 WHERE id = ?", p.ID)
	sees(late, "a tick after the start")
	h.change("activities", a.ID, "")
	sees(late, "told", p.ID)
	h.change("activities", a.ID, "UPDATE positions SET taken = capacity WHERE id = ?", p.ID)
	sees(h.s, "told of the last seat")
	rush(11_000)
	rush(11_000)
	h.change("activities", a.ID, "UPDATE positions SET taken = 0 WHERE id = ?", p.ID)
	sees(h.s, "more than is worth following at once", p.ID)
}
