package main

import (
	"strings"
	"testing"
)

func TestLedgerVerifyAndRecount(t *testing.T) {
	t.Parallel()
	env := []string{"BAODAO_DATA=" + t.TempDir(), "BAODAO_LOG_LEVEL=error"}
	if code, _, errs := command(t, env, "ledger", "verify"); code != exitError || !strings.Contains(errs, "begins when the server starts") {
		t.Errorf("a database in which no server ran: exit %d: %s", code, errs)
	}
	if code, out, errs := command(t, env, "ledger", "recount"); code != exitOK || !strings.Contains(out, "0 totals were wrong") {
		t.Fatalf("recount: exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := command(t, env, "ledger", "verify"); code != exitOK || !strings.Contains(out, "0 lines are as they were written; 0 kept heads") {
		t.Errorf("verify: exit %d: %s%s", code, out, errs)
	}
	if code, _, errs := command(t, env, "ledger", "verify", "--heads", "gone.log"); code != exitError || !strings.Contains(errs, "gone.log") {
		t.Errorf("a file that is not there: exit %d: %s", code, errs)
	}
}
