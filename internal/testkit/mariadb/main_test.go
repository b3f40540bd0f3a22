package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRunWithoutAServer(t *testing.T) {
	tests := map[string]struct {
		ci   string
		want int
	}{
		"outside CI it is skipped": {ci: "", want: 0},
		"in CI it is a failure":    {ci: "true", want: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, log := try(t, map[string]string{"CI": tt.ci}, nil, "true")
			if code != tt.want || strings.Count(log, "\n") != 1 || !strings.HasPrefix(log, "MySQL half skipped: ") {
				t.Errorf("exit %d, log %q", code, log)
			}
		})
	}
}

func TestRunOnTheServerThatIsGiven(t *testing.T) {
	env := map[string]string{dsnVariable: "root@unix(/given)/"}
	tests := map[string]struct {
		script string
		want   int
	}{
		"the command sees the DSN":   {script: `test "$TEST_MYSQL_DSN" = "root@unix(/given)/"`, want: 0},
		"its exit code comes back":   {script: `exit 7`, want: 7},
		"its signal comes back":      {script: `kill -KILL $$`, want: 128 + int(syscall.SIGKILL)},
		"a missing command is one":   {script: `exec /nowhere/at/all`, want: 127},
		"a failing one is not hid":   {script: `false`, want: 1},
		"quotes reach it as written": {script: `test "a  b" = 'a  b'`, want: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if code, log := try(t, env, nil, "sh", "-c", tt.script); code != tt.want {
				t.Errorf("exit %d, want %d; %s", code, tt.want, log)
			}
		})
	}
}

func TestRunPassesSignalsOn(t *testing.T) {
	stop := make(chan os.Signal, 1)
	stop <- syscall.SIGTERM
	if code, _ := try(t, map[string]string{dsnVariable: "x"}, stop, "sleep", "60"); code != 128+int(syscall.SIGTERM) {
		t.Errorf("exit %d", code)
	}
}

func TestRunWithoutACommand(t *testing.T) {
	if code, log := try(t, nil, nil, "--"); code != 2 || !strings.HasPrefix(log, "usage:") {
		t.Errorf("exit %d, log %q", code, log)
	}
}

// installed finds a database server. Who has none runs the other tests; CI has one.
func installed(t *testing.T) programs {
	t.Helper()
	found, err := find(folders(os.Getenv("PATH")))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return found
}

func TestRunStartsAServerAndLeavesNothing(t *testing.T) {
	installed(t)
	note := t.TempDir() + "/dsn"
	var log bytes.Buffer
	r := runner{env: func(string) (string, bool) { return "", false }, folders: folders(os.Getenv("PATH")), log: &log}
	code := r.run(t.Context(), []string{"sh", "-c", `printf %s "$TEST_MYSQL_DSN" > "$0"; exit 3`, note})
	if code != 3 {
		t.Fatalf("exit %d: %s", code, log.String())
	}
	dsn, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	socket := strings.TrimSuffix(strings.TrimPrefix(string(dsn), "root@unix("), ")/")
	if !strings.HasSuffix(socket, "/s") || len(socket) > maxSocketPath {
		t.Fatalf("the socket is %q", socket)
	}
	if _, err := os.Stat(strings.TrimSuffix(socket, "/s")); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestAServerLeavesTheTablesOfOthersAlone: where a server puts its temporary tables it deletes all that it finds at its start.
func TestAServerLeavesTheTablesOfOthersAlone(t *testing.T) {
	s, err := start(t.Context(), installed(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	db, err := sql.Open("mysql", s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var place string
	if err := db.QueryRowContext(t.Context(), "SELECT @@tmpdir").Scan(&place); err != nil || filepath.Clean(place) != s.folder {
		t.Errorf("temporary tables are in %q, want %q %v", place, s.folder, err)
	}
}

func TestStartTellsWhyAServerEnded(t *testing.T) {
	folder, err := os.MkdirTemp("", "bd") //nolint:usetesting // the server's own user could not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	script := "#!/bin/sh\ncase \"$*\" in *initialize*) exit 0;; esac\necho no room left in \"$TMPDIR\" >&2\nexit 1\n"
	if err := errors.Join(os.Chmod(folder, 0o755), os.WriteFile(folder+"/mysqld", []byte(script), 0o755)); err != nil {
		t.Fatal(err)
	}
	found, err := find([]string{folder})
	if err != nil {
		t.Fatal(err)
	}
	_, err = start(t.Context(), found)
	if err == nil || !strings.Contains(err.Error(), "the server ended:\nno room left in ") {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "/bd") { // the folder of this server alone
		t.Errorf("its temporary tables are where other servers have theirs: %v", err)
	}
}

func try(t *testing.T, env map[string]string, stop <-chan os.Signal, args ...string) (int, string) {
	t.Helper()
	var log bytes.Buffer
	get := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	code := runner{env: get, stop: stop, log: &log}.run(t.Context(), args)
	return code, log.String()
}
