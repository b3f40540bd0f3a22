// Command baodao is the backend of a WeChat mini-program that brings university students into community practice.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"baodao/config"
	"baodao/service/fault"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// cli is the command line.
type cli struct {
	Serve       serveCmd       `cmd:"" default:"1" help:"Answer HTTP requests (the default)."`
	Demo        demoCmd        `cmd:"" help:"Play the whole story over HTTP on a throw-away database, then stay up."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database schema up to date, or look at it."`
	Wxsim       wxsimCmd       `cmd:"" help:"Run the simulated WeChat as a process of its own."`
	Bootstrap   bootstrapCmd   `cmd:"" help:"Print once a code that makes its redeemer the first security administrator."`
	Org         orgCmd         `cmd:"" help:"Import administrative divisions and organisations."`
	Roster      rosterCmd      `cmd:"" help:"Import a university's students."`
	Notices     noticesCmd     `cmd:"" help:"Import or check the templates of WeChat messages."`
	Ledger      ledgerCmd      `cmd:"" help:"Check the ledger of hours, or add its totals up anew."`
	Lottery     lotteryCmd     `cmd:"" help:"Check a lottery: docs/lottery.md."`
	Match       matchCmd       `cmd:"" help:"Match students and positions by files: docs/matching.md."`
	OpenAPI     openapiCmd     `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Docs        docsCmd        `cmd:"" hidden:"" help:"Print a generated page of docs/."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running server whether it is healthy; exit 1 if not."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// console is where a command reads its settings and writes.
type console struct {
	ctx      context.Context //nolint:containedctx // lives exactly as long as the command
	environ  []string
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: tests call it with their own arguments and environment.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) (code int) {
	exited := -1
	parser, err := kong.New(&cli{}, kong.Name("baodao"), kong.Description("报到 Baodao: students into communities."),
		kong.Writers(stdout, stderr), kong.Exit(func(c int) { exited = c }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, "baodao:", err)
		return exitError
	}
	cmd, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help
	}
	if err != nil {
		fmt.Fprintf(stderr, "baodao: %v (see baodao --help)\n", err)
		return exitUsage
	}
	err = cmd.Run(&console{ctx: ctx, environ: environ, out: stdout, err: stderr})
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "baodao: %v (see baodao --help)\n", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "baodao:", inWords(err))
		return exitError
	}
}

// inWords tells a refusal of a service in its own words.
func inWords(err error) string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err.Error()
	}
	text := f.EN
	for _, field := range f.Fields {
		text += "\n  " + field.Pointer + ": " + field.EN
	}
	return text + " (" + f.Code + ")"
}

// usageError is a mistake of the person who typed the command.
type usageError struct{ error }

// load reads the settings and makes the log.
func (c *console) load() (config.Config, *slog.Logger, error) { return c.settle(config.Load) }

// look is load for commands that only look: it makes no keys.
func (c *console) look() (config.Config, *slog.Logger, error) { return c.settle(config.Look) }

func (c *console) settle(load func(environ []string) (config.Config, error)) (config.Config, *slog.Logger, error) {
	cfg, err := load(c.environ)
	if err != nil {
		return cfg, nil, fmt.Errorf("the settings are wrong:\n%w", err)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		return cfg, nil, err
	}
	return cfg, slog.New(slog.NewJSONHandler(c.err, &slog.HandlerOptions{Level: level})), nil
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return v
}
