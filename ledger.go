package main

import (
	"fmt"

	"baodao/internal/app"
)

type ledgerCmd struct {
	Verify  ledgerVerifyCmd  `cmd:"" help:"Hold every line to the chain, every total to its lines and the chain to the heads that were kept; exit 1 and the first bad line otherwise."`
	Recount ledgerRecountCmd `cmd:"" help:"Make all totals anew from the lines."`
}

type ledgerVerifyCmd struct {
	Heads string `type:"path" placeholder:"FILE" help:"Heads that were kept; BAODAO_LEDGER_HEADS by default."`
}

// Run reads the whole ledger while others may write to it.
func (l ledgerVerifyCmd) Run(c *console) error {
	return c.withApp(func(a *app.App) error {
		lines, heads, err := a.VerifyLedger(c.ctx, l.Heads)
		if err == nil {
			fmt.Fprintf(c.out, "%d lines are as they were written; %d kept heads and all totals agree\n", lines, heads)
		}
		return err
	})
}

type ledgerRecountCmd struct{}

// Run adds up; nobody posts meanwhile.
func (ledgerRecountCmd) Run(c *console) error {
	return c.withApp(func(a *app.App) error {
		wrong, err := a.Attend.Recount(c.ctx)
		if err == nil {
			fmt.Fprintf(c.out, "%d totals were wrong\n", wrong)
		}
		return err
	})
}
