package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/service/access"
	"baodao/service/org"
)

type bootstrapCmd struct{}

// Run prints a bootstrap code. It works beside a running server.
func (bootstrapCmd) Run(c *console) error {
	return c.withApp(func(a *app.App) error {
		code, err := a.Account.NewBootstrapCode(c.ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s\nGood for 24 hours and one person: POST /api/v1/bootstrap/redeem {\"code\":\"…\"} as the account that shall be the first security administrator.\n", code)
		return nil
	})
}

type orgCmd struct {
	Import orgImportCmd `cmd:"" help:"Import provinces.csv cities.csv areas.csv streets.csv villages.csv from a folder."`
}

type orgImportCmd struct {
	Dir  string `arg:"" type:"existingdir" help:"Folder with the CSV files."`
	Orgs bool   `help:"Also make an active organisation of every division."`
}

// Run imports divisions; running it again changes nothing that is already so.
func (o orgImportCmd) Run(c *console) error {
	return c.withApp(func(a *app.App) error {
		bar := newProgress(c.err, "divisions")
		report, err := a.Org.ImportDivisions(c.ctx, os.DirFS(o.Dir), org.DivisionOptions{Orgs: o.Orgs, Progress: bar.show})
		bar.end()
		if err != nil {
			return err
		}
		for _, e := range report.Errors {
			fmt.Fprintf(c.err, "%s line %d: %s (%s)\n", e.File, e.Line, e.EN, e.Code)
		}
		fmt.Fprintf(c.out, "rows %d, regions created %d updated %d, organisations created %d updated %d, failed %d\n",
			report.Rows, report.RegionsCreated, report.RegionsUpdated, report.OrgsCreated, report.OrgsUpdated, report.Failed)
		if report.Failed > 0 {
			return fmt.Errorf("%d rows were left out", report.Failed)
		}
		return nil
	})
}

type rosterCmd struct {
	Import rosterImportCmd `cmd:"" help:"Import students from a CSV or XLSX file."`
}

type rosterImportCmd struct {
	File       string `arg:"" type:"existingfile" help:"CSV or XLSX with a header line."`
	University int64  `required:"" placeholder:"ID" help:"Id of the university's organisation, as GET /api/v1/orgs?kind=UNIVERSITY_COMMITTEE shows it."`
	Partial    bool   `help:"Import the good rows even if others are bad."`
}

// Run imports a roster. Every bad row is reported; without --partial nothing is imported then.
func (r rosterImportCmd) Run(c *console) error {
	data, err := os.ReadFile(r.File)
	if err != nil {
		return fmt.Errorf("read roster: %w", err)
	}
	return c.withApp(func(a *app.App) error {
		report, err := a.Org.ImportRoster(c.ctx, access.System("cli.roster"), r.University, data, org.ImportOptions{Partial: r.Partial, Reason: "cli"})
		for _, e := range report.Errors {
			fmt.Fprintf(c.err, "line %d, %s: %s (%s)\n", e.Line, e.Column, e.EN, e.Code)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "rows %d, created %d, updated %d, unchanged %d, failed %d\n", report.Rows, report.Created, report.Updated, report.Unchanged, report.Failed)
		return nil
	})
}

// withApp runs a command on the opened application, beside a server that may be running.
func (c *console) withApp(do func(a *app.App) error) error {
	cfg, _, err := c.load()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(c.err, &slog.HandlerOptions{Level: slog.LevelError})) // the server says the rest
	a, err := app.Open(c.ctx, cfg, log, clock.System, nil)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Release(c.ctx), a.Close())
}
