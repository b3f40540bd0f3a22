package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"baodao/internal/app"
	"baodao/internal/database"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxstore"
	"baodao/service/notify"
	"baodao/service/vault"
)

// What the worker that is a process of its own is told.
const (
	childStep  = "NOTIFY_CHILD_STEP" // where it dies; setting it makes this program that worker
	childAfter = "NOTIFY_CHILD_AFTER"
	childDB    = "NOTIFY_CHILD_DB"
	childSim   = "NOTIFY_CHILD_SIM"
	childNow   = "NOTIFY_CHILD_NOW"
)

func TestMain(m *testing.M) {
	if step := os.Getenv(childStep); step != "" {
		err := dyingWorker(context.Background(), step)
		fmt.Fprintln(os.Stderr, "the worker outlived its death:", err)
		os.Exit(1) //nolint:forbidigo // a main of its own
	}
	os.Exit(m.Run()) //nolint:forbidigo // a main of its own
}

// dyingWorker takes one batch and kills its own process at the step: nothing is undone, closed or said.
func dyingWorker(ctx context.Context, step string) error {
	after, err1 := strconv.Atoi(os.Getenv(childAfter))
	unix, err2 := strconv.ParseInt(os.Getenv(childNow), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	now := func() time.Time { return time.UnixMilli(unix).UTC() }
	db, err := database.Open(ctx, database.Options{URL: os.Getenv(childDB), Now: now, Conns: 4})
	if err != nil {
		return err
	}
	safe, err := vault.New("test", map[string][]byte{"test": make([]byte, vault.KeyBytes)}, make([]byte, vault.KeyBytes), now)
	if err != nil {
		return err
	}
	tokens, err := wxstore.NewTokens(db, now, make([]byte, 32))
	if err != nil {
		return err
	}
	g, err := wechat.New(wechat.Config{AppID: appID, Secret: appSecret, BaseURL: os.Getenv(childSim), Now: now, Tokens: tokens})
	if err != nil {
		return err
	}
	w := &notify.Worker{DB: db, Now: now, Vault: safe, Sender: app.NoticeSender(g), AppID: appID, Log: slog.New(slog.DiscardHandler)}
	var seen atomic.Int64
	w.KillAt(func(at string) error {
		if at == step && seen.Add(1) > int64(after) {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	})
	_, err = w.Once(ctx)
	return err
}

// address is where the kit's database is, for another process.
func (k *kit) address() string {
	k.TB.Helper()
	if testkit.OnMySQL() {
		cfg, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
		if err == nil {
			err = k.DB.Raw("SELECT DATABASE()").Scan(&cfg.DBName).Error
		}
		if err != nil {
			k.TB.Fatal(err)
		}
		return "mysql:" + cfg.FormatDSN()
	}
	var file string
	if err := k.DB.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file).Error; err != nil || file == "" {
		k.TB.Fatal(file, err)
	}
	return "sqlite:" + file
}

// killed runs a worker as a process of its own, which is killed with signal 9 at the step.
func (k *kit) killed(step string, after int) {
	k.TB.Helper()
	cmd := exec.CommandContext(k.TB.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childStep+"="+step, fmt.Sprint(childAfter, "=", after), childDB+"="+k.address(), childSim+"="+k.sim,
		fmt.Sprint(childNow, "=", k.Clock.Now().UnixMilli()))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		k.TB.Fatalf("%v: %s", err, out)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		k.TB.Fatalf("%v: %s", err, out)
	}
}

// TestAKilledProcessDoublesAndLosesNothing kills a real worker process at every step. Everybody has accepted one message more
// than there is, so that nothing but our own care prevents a double. WeChat's events prove what was sent.
func TestAKilledProcessDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"due", "leasing", "claimed", "sending", "answered", "sent", "settling"} {
		for _, after := range []int{0, 4} {
			if after > 0 && step != "sending" && step != "answered" {
				continue // comes once a batch
			}
			t.Run(fmt.Sprint(step, after), func(t *testing.T) {
				t.Parallel()
				k := newKit(t)
				k.crowd(6, 1)
				for p := range 6 {
					k.accept(fmt.Sprintf("p%d", p), once)
				}
				k.killed(step, after)
				k.goOn(true)
				k.wantOnce(6)
			})
		}
	}
}

// goOn lets another worker go on for some minutes.
func (k *kit) goOn(events bool) {
	k.TB.Helper()
	other := k.worker()
	for range 6 {
		k.Clock.Add(time.Minute)
		if events {
			k.push()
		}
		k.drain(other)
	}
}

// TestAKilledProcessWithoutAnyProofRepeatsOnce: the events are lost too. Then what may have been sent is sent once more, as
// documented, and never again; and what cannot have been sent is not repeated at all.
func TestAKilledProcessWithoutAnyProofRepeatsOnce(t *testing.T) {
	t.Parallel()
	for step, times := range map[string]int{"due": 1, "leasing": 1, "claimed": 1, "sent": 2, "settling": 2} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.crowd(4, 1)
			for range 3 {
				for p := range 4 {
					k.accept(fmt.Sprintf("p%d", p), once)
				}
			}
			k.killed(step, 0)
			k.goOn(false)
			got := k.delivered()
			for what, n := range got {
				if n != times {
					t.Errorf("%s was taken %d times, want %d", what, n, times)
				}
			}
			if len(got) != 4 || k.calls() != 4*times || k.states() != "SENT SENT SENT SENT" {
				t.Errorf("%d messages in %d calls: %s", len(got), k.calls(), k.states())
			}
		})
	}
}
