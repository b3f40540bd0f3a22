// Command mariadb starts a private MariaDB or MySQL server in a temporary folder, runs a command
// with TEST_MYSQL_DSN set to it (and TEST_MYSQL_PRIVATE=1: schemas may be used again), and takes the server and its data away:
//
//	go run ./internal/testkit/mariadb -- go test ./service/...
//
// Its exit code is the command's. Without a server binary it prints one line and exits 0, or 1 when
// CI=true. When TEST_MYSQL_DSN is set already, the command simply runs against that server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

const (
	dsnVariable     = "TEST_MYSQL_DSN"
	privateVariable = "TEST_MYSQL_PRIVATE" // the server is thrown away afterwards: tests may leave schemas behind and use them again
)

func main() {
	runtime.LockOSThread() // the server dies with the thread that started it: keep this one
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	r := runner{env: os.LookupEnv, folders: folders(os.Getenv("PATH")), stop: stop, log: os.Stderr}
	os.Exit(r.run(context.Background(), os.Args[1:]))
}

// runner is what a run needs of the world.
type runner struct {
	env     func(string) (string, bool)
	folders []string // where to look for a server
	stop    <-chan os.Signal
	log     io.Writer
}

// run returns the exit code: the command's own, 2 for wrong usage, 1 when the server fails.
func (r runner) run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		r.say("usage: go run ./internal/testkit/mariadb -- COMMAND [ARGUMENT...]")
		return 2
	}
	if dsn, ok := r.env(dsnVariable); ok && dsn != "" {
		return r.command(ctx, args, dsnVariable+"="+dsn)
	}
	programs, err := find(r.folders)
	if err != nil {
		r.say("MySQL half skipped: " + err.Error())
		if ci, _ := r.env("CI"); ci == "true" {
			return 1
		}
		return 0
	}
	server, err := start(ctx, programs)
	if err != nil {
		r.say("start the database server: " + err.Error())
		return 1
	}
	defer server.stop()
	return r.command(ctx, args, dsnVariable+"="+server.dsn, privateVariable+"=1")
}

// command runs args with more in its environment, passes signals on and returns its exit code.
func (r runner) command(ctx context.Context, args []string, environment ...string) int {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), environment...)
	if err := cmd.Start(); err != nil {
		r.say(err.Error())
		return 1
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-r.stop:
			_ = cmd.Process.Signal(s) // gone already: Wait says so
		case err := <-done:
			return exitCode(err)
		}
	}
}

// exitCode is the code a shell would show: 128 plus the number when a signal ended the command.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

func (r runner) say(line string) { _, _ = fmt.Fprintln(r.log, line) }
