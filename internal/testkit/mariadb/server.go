package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
)

// patience is how long the server may take until it answers.
const patience = 2 * time.Minute

// maxSocketPath is the longest path of a unix socket that Linux takes.
const maxSocketPath = 107

// programs are the binaries needed. installer is empty for MySQL, whose server initialises itself.
type programs struct{ server, installer string }

// folders are those of PATH and those in which distributions keep a server out of it.
func folders(path string) []string {
	return append(filepath.SplitList(path), "/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/mysql/bin")
}

// find looks for a server, MariaDB first.
func find(folders []string) (programs, error) {
	if server := search(folders, "mariadbd"); server != "" {
		installer := search(folders, "mariadb-install-db", "mysql_install_db")
		if installer == "" {
			return programs{}, errors.New("mariadbd is there, but mariadb-install-db is missing")
		}
		return programs{server: server, installer: installer}, nil
	}
	if server := search(folders, "mysqld"); server != "" {
		return programs{server: server}, nil
	}
	return programs{}, errors.New("no mariadbd or mysqld on this machine")
}

func search(folders []string, names ...string) string {
	for _, name := range names {
		for _, folder := range folders {
			if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return filepath.Join(folder, name)
			}
		}
	}
	return ""
}

// server is a running database server that lives in one folder.
type server struct {
	folder string
	dsn    string
	cmd    *exec.Cmd
	output bytes.Buffer
	gone   chan struct{} // closed when the process has ended
}

// start makes a data folder, starts a server on it and waits until it answers.
func start(ctx context.Context, p programs) (*server, error) {
	folder, err := shortFolder()
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder, gone: make(chan struct{})}
	if err := s.launch(ctx, p); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// shortFolder makes a private folder in which the socket's path stays within its limit.
func shortFolder() (string, error) {
	folder, err := os.MkdirTemp("", "bd")
	if err == nil && len(folder)+len("/s") > maxSocketPath {
		_ = os.Remove(folder)
		folder, err = os.MkdirTemp("/tmp", "bd")
	}
	return folder, err
}

func (s *server) launch(ctx context.Context, p programs) error {
	owner, err := s.owner()
	if err != nil {
		return err
	}
	data, socket := filepath.Join(s.folder, "d"), filepath.Join(s.folder, "s")
	initialise := exec.CommandContext(ctx, p.server, "--no-defaults", "--initialize-insecure", "--datadir="+data)
	if p.installer != "" {
		initialise = exec.CommandContext(ctx, p.installer, "--no-defaults", "--datadir="+data,
			"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--force")
	}
	initialise.Dir, initialise.Env, initialise.SysProcAttr = s.folder, s.environment(), attributes(owner)
	if out, err := initialise.CombinedOutput(); err != nil {
		return fmt.Errorf("initialise the data folder: %w\n%s", err, out)
	}
	s.cmd = exec.CommandContext(ctx, p.server, options(data, socket)...)
	s.cmd.Dir, s.cmd.Env, s.cmd.SysProcAttr = s.folder, s.environment(), attributes(owner)
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	go func() {
		_ = s.cmd.Wait() // the reason stands in the output
		close(s.gone)
	}()
	s.dsn = "root@unix(" + socket + ")/"
	return s.ready(ctx)
}

// environment gives the server a place for temporary tables of its own: one that starts deletes whatever temporary tables lie
// where it is to put its own, and a server whose tables go so dies.
func (s *server) environment() []string { return append(os.Environ(), "TMPDIR="+s.folder) }

// options make a server for tests: fast, not durable (but for MARIADB_DURABLE=1, which benchmarks want), and with a time zone
// of its own, so that a program that trusts the server's zone fails its tests. The tests of permissions run in one transaction,
// in which every prepared statement stays until its end.
func options(data, socket string) []string {
	fast := []string{
		"--innodb-flush-log-at-trx-commit=0", "--loose-innodb-flush-method=nosync", "--innodb-doublewrite=OFF", "--loose-sync-frm=0",
	}
	if os.Getenv("MARIADB_DURABLE") == "1" {
		fast = []string{"--innodb-flush-log-at-trx-commit=1"}
	}
	return append(append([]string{"--no-defaults"}, fast...), []string{
		"--datadir=" + data, "--socket=" + socket, "--pid-file=" + data + ".pid",
		"--skip-networking", "--skip-log-bin", "--loose-mysqlx=OFF", "--skip-name-resolve",
		"--performance-schema=OFF", "--innodb-buffer-pool-size=256M", "--max-connections=1000", "--max-prepared-stmt-count=1000000", "--default-time-zone=+03:00",
	}...)
}

// owner is who the server runs as. It refuses to be root, so root lends it to mysql or nobody,
// who then own the folder. It is nil for everybody else.
func (s *server) owner() (*owner, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // nobody to change to
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(errUID, errGID, os.Chown(s.folder, int(uid), int(gid))); err != nil {
		return nil, err
	}
	return &owner{uid: uint32(uid), gid: uint32(gid)}, nil
}

type owner struct{ uid, gid uint32 }

// ready waits until the server answers, has ended, or patience has.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	db, err := sql.Open("mysql", s.dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.gone:
			return errors.New("the server ended:\n" + strings.TrimSpace(s.output.String()))
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", patience, err)
		}
	}
}

// stop ends the server at once, since nobody needs its data, and removes the folder.
func (s *server) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.gone
	}
	_ = os.RemoveAll(s.folder)
}
