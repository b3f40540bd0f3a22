package attend_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/attend"
	"baodao/service/idem"
)

// whole verifies the ledger and wants it as it was written.
func (b *bench) whole(lines int64) {
	b.TB.Helper()
	if n, err := b.s.Verify(b.TB.Context()); err != nil || n != lines {
		b.TB.Fatalf("%d lines, want %d: %v", n, lines, err)
	}
}

func TestTheLedgerIsChained(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if _, err := b.s.Verify(t.Context()); err == nil {
		t.Error("a ledger without a chain is whole")
	}
	if err := b.s.OpenLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.whole(0)
	_, line := b.posted("一")
	b.whole(1)
	_, err := b.s.Reverse(t.Context(), b.officer, line.ID, "核查不实", idem.Key{})
	is(t, err, nil)
	b.posted("二")
	b.whole(3)
	if err := b.s.OpenLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.whole(3)
}

// What was written before there was a chain is taken in once, whoever comes first.
func TestOldLinesAreChained(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.term("2026-2027-1", "2026-09-01", "2027-01-20")
	me := b.Student("老生", b.Branch)
	b.old(me.StudentID, 1203)
	b.posted("新生")
	b.whole(1204)
	if n := b.count("audit_log", "action = 'ledger.chain'"); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	b.old(me.StudentID, 1)
	if err := b.s.OpenLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.flawed("a line that was put in later", "put in")
}

// old puts lines into the ledger as programs before the chain did.
func (b *bench) old(student int64, n int) {
	b.TB.Helper()
	rows := make([]any, n)
	for i := range rows {
		rows[i] = &model.HoursEntry{
			ID: b.NewID(), StudentID: student, Minutes: int64(1 + i%200), Class: model.ClassVolunteer, Basis: model.BasisCheckIn, ClaimID: b.NewID(),
			ProgrammeID: b.Programme.ID, ActivityID: b.activity.ID, ServedOn: model.Date(fmt.Sprintf("2026-%02d-01", 7+i%4)), BranchID: b.Branch.ID, BranchPath: b.Branch.Path,
			PostedBy: b.officer.UserID, PostedAt: b.Clock.Now(),
		}
	}
	b.Insert(rows...)
}

// flawed wants a flaw that says what is wrong, and returns its number in the chain.
func (b *bench) flawed(how, what string, known ...attend.Head) (seq int64) {
	b.TB.Helper()
	_, err := b.s.Verify(b.TB.Context(), known...)
	flaw, ok := errors.AsType[*attend.Flaw](err)
	if !ok || !strings.Contains(flaw.Error(), what) {
		b.TB.Fatalf("%s: %v", how, err)
	}
	return flaw.Seq
}

// force runs statements past the rules of the database that protect the ledger.
func (b *bench) force(statements ...string) {
	b.TB.Helper()
	if !testkit.OnMySQL() {
		for _, table := range []string{"hours_entries", "hours_links"} {
			for _, verb := range []string{"update", "delete"} {
				statements = append([]string{"DROP TRIGGER IF EXISTS " + table + "_no_" + verb}, statements...)
			}
		}
	}
	for _, s := range statements {
		if err := b.exec(s); err != nil {
			b.TB.Fatal(s, err)
		}
	}
}

// Whoever has the database but not the key is found out, and the first bad line is named.
func TestTampering(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		what string
		seq  int64
	}{
		"minutes":                {"UPDATE hours_entries SET minutes = 240 WHERE id = %[3]d", "changed", 3},
		"another student":        {"UPDATE hours_entries SET student_id = 5 WHERE id = %[1]d", "changed", 1},
		"a later day":            {"UPDATE hours_entries SET posted_at = '2027-01-01 00:00:00' WHERE id = %[2]d", "changed", 2},
		"a deleted line":         {"DELETE FROM hours_entries WHERE id = %[2]d", "deleted", 2},
		"a deleted link":         {"DELETE FROM hours_links WHERE seq = 2", "missing", 2},
		"line and link":          {"DELETE FROM hours_entries WHERE id = %[2]d; DELETE FROM hours_links WHERE seq = 2", "missing", 2},
		"the tail":               {"DELETE FROM hours_entries WHERE id = %[5]d; DELETE FROM hours_links WHERE seq = 5", "ends here", 4},
		"the tail and the head":  {"DELETE FROM hours_entries WHERE id = %[5]d; DELETE FROM hours_links WHERE seq = 5; UPDATE hours_heads SET seq = 4, mac = (SELECT mac FROM hours_links WHERE seq = 4)", "not signed", 4},
		"everything":             {"DELETE FROM hours_entries; DELETE FROM hours_links; UPDATE hours_heads SET seq = 0", "ends here", 0},
		"everything, unsigned":   {"DELETE FROM hours_links; UPDATE hours_heads SET seq = 0, mac = x'0000000000000000000000000000000000000000000000000000000000000000', sign = x''", "no chain", 0},
		"two lines changed over": {"UPDATE hours_links SET entry_id = -1 WHERE seq = 2; UPDATE hours_links SET entry_id = %[2]d WHERE seq = 3; UPDATE hours_links SET entry_id = %[3]d WHERE seq = 2", "changed", 2},
		"a seal":                 {"UPDATE hours_links SET mac = x'00' WHERE seq = 4", "changed", 4},
		"a link too many":        {"INSERT INTO hours_links (seq, entry_id, mac) VALUES (6, 77, x'00')", "the head is of number 5", 6},
		"a line from outside":    {"INSERT INTO hours_entries (id, student_id, minutes, class, basis, claim_id, reversal, programme_id, activity_id, served_on, branch_id, branch_path, posted_by, posted_at) SELECT 1, student_id, minutes, class, basis, 1, 0, programme_id, activity_id, served_on, branch_id, branch_path, posted_by, posted_at FROM hours_entries WHERE id = %[1]d", "put in", 0},
		"a total":                {"UPDATE hours_totals SET minutes = minutes + 1 WHERE student_id = (SELECT student_id FROM hours_entries WHERE id = %[1]d)", "1 minutes too high", 0},
		"a total too many":       {"INSERT INTO hours_totals (term_id, branch_path, programme_id, class, basis, student_id, branch_id, minutes) VALUES (1, '/1/', 1, 'X', 'X', 1, 1, 5)", "5 minutes too high", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			var ids []any
			for i := range 5 {
				_, line := b.posted(fmt.Sprint("学生", i))
				ids = append(ids, line.ID)
			}
			b.whole(5)
			for _, sql := range strings.Split(c.sql, "; ") {
				b.force(fmt.Sprintf(sql+"%[6]s", append(slices.Clone(ids), "")...))
			}
			if seq := b.flawed(name, c.what); seq != c.seq {
				t.Errorf("number %d, want %d", seq, c.seq)
			}
		})
	}
}

// Nobody writes behind a head that is not signed; a head that was kept tells when a signed one was put back.
func TestTheTailIsNotCutOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.posted("一")
	early, err := b.s.LedgerHead(t.Context(), attend.Head{})
	is(t, err, nil)
	_, c := b.served("二")
	b.post(c)
	_, d := b.served("三")
	late, err := b.s.LedgerHead(t.Context(), early)
	is(t, err, nil)
	if early.Seq != 1 || late.Seq != 2 {
		t.Fatal(early, late)
	}
	b.force("DELETE FROM hours_entries WHERE claim_id = "+fmt.Sprint(c.ID), "DELETE FROM hours_links WHERE seq = 2",
		"UPDATE hours_heads SET seq = 1, mac = (SELECT mac FROM hours_links WHERE seq = 1)")
	ctx := t.Context()
	if _, err := b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, ids(d)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.HostConfirm(ctx, b.clerk, b.activity.ID, ids(d)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Recognise(ctx, b.officer, b.activity.ID, ids(d)); err == nil || b.count("hours_entries") != 1 {
		t.Fatal("written behind an unsigned head", err)
	}
	b.force(fmt.Sprintf("UPDATE hours_heads SET sign = x'%x'", early.Sign)) // the head of then, kept by the forger
	b.force("DELETE FROM hours_totals WHERE student_id = " + fmt.Sprint(c.StudentID))
	b.whole(1)
	b.flawed("with a head that was kept", "cut off", early, late)
	if _, err := b.s.LedgerHead(ctx, late); err == nil {
		t.Error("the head that was kept is not missed")
	}
	if _, err := b.s.Recognise(ctx, b.officer, b.activity.ID, ids(d)); err != nil {
		t.Fatal(err)
	}
	b.flawed("with other lines in place of the old ones", "kept elsewhere", late)
	if _, err := b.s.LedgerHead(ctx, late); err == nil {
		t.Error("a head that was kept is not compared")
	}
}

// 1,000 forgeries by somebody with everything but the key; none is missed, and an honest ledger is never accused.
func TestEveryForgeryIsFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 16))
	honest := attend.Forge(r, 200)
	if flaw := honest.Check(); flaw != nil {
		t.Fatal(flaw)
	}
	kinds := map[string]int{}
	for range 1000 {
		forged, how, at := honest.Tamper(r)
		kinds[how]++
		if flaw := forged.Check(); flaw == nil || flaw.Seq > at {
			t.Fatalf("%s at %d: %v", how, at, flaw)
		}
	}
	if len(kinds) < 9 {
		t.Errorf("only %v", kinds)
	}
}

func TestAnHonestLedgerIsNeverAccused(t *testing.T) {
	t.Parallel()
	n := 50_000
	if long, err := strconv.Atoi(os.Getenv("LEDGER_LINES")); err == nil {
		n = long
	}
	if flaw := attend.Forge(rand.New(rand.NewPCG(6, 16)), n).Check(); flaw != nil {
		t.Fatal(flaw)
	}
}

func TestWhoPostsAtOnceWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	claims := make([]model.HoursClaim, 12)
	for i := range claims {
		_, claims[i] = b.served(fmt.Sprint("学生", i))
	}
	ctx := t.Context()
	_, err := b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, ids(claims...))
	is(t, err, nil)
	_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, ids(claims...))
	is(t, err, nil)
	for _, err := range testkit.Together(len(claims), func(i int) error {
		_, err := b.s.Recognise(ctx, b.officer, b.activity.ID, ids(claims[i]))
		return err
	}) {
		is(t, err, nil)
	}
	b.whole(12)
}

func TestRecount(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, line := b.posted("一")
	b.posted("二")
	b.force("UPDATE hours_totals SET minutes = 7 WHERE student_id = "+fmt.Sprint(line.StudentID), "DELETE FROM hours_totals WHERE student_id <> "+fmt.Sprint(line.StudentID))
	b.flawed("totals", "too high")
	if n, err := b.s.Recount(t.Context()); err != nil || n != 2 {
		t.Fatalf("%d were wrong: %v", n, err)
	}
	b.whole(2)
	if n, err := b.s.Recount(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d were wrong: %v", n, err)
	}
	b.Clock.Add(time.Hour)
	_, err := b.s.Reverse(t.Context(), b.officer, line.ID, "核查不实", idem.Key{})
	is(t, err, nil)
	b.whole(3)
}
