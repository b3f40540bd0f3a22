package wxstore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/internal/database"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/internal/wxstore"
)

// What a replica that is a process of its own is told; setting childSim makes this program one.
const (
	childSim = "WXSTORE_CHILD_SIM"
	childDB  = "WXSTORE_CHILD_DB"
)

const (
	replicas   = 3
	eachOne    = 20 // goroutines
	pathTokens = "/cgi-bin/stable_token"
)

func TestMain(m *testing.M) {
	if os.Getenv(childSim) == "" {
		os.Exit(m.Run()) //nolint:forbidigo // a main of its own
	}
	if err := replica(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // a main of its own
	}
}

// replica says that it is ready, and at each line of its input lets all its goroutines call WeChat at once; then it tells
// how often it asked for a token, as its metrics count it.
func replica(ctx context.Context) error {
	now := func() time.Time { return testkit.Start }
	db, err := database.Open(ctx, database.Options{URL: os.Getenv(childDB), Now: now, Conns: 4})
	if err != nil {
		return err
	}
	tokens, err := wxstore.NewTokens(db, now, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		return err
	}
	var asked atomic.Int32
	g, err := wechat.New(wechat.Config{
		AppID: appID, Secret: appSecret, BaseURL: os.Getenv(childSim), Now: now, Tokens: tokens,
		Observe: func(op, _ string, _ time.Duration) {
			if strings.HasPrefix(op, "token") {
				asked.Add(1)
			}
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var group errgroup.Group
		for range eachOne {
			group.Go(func() error {
				_, err := g.Templates(ctx)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "asked", asked.Load())
	}
	return database.Close(db)
}

// process is a running replica, from outside.
type process struct {
	cmd *exec.Cmd
	in  *bufio.Writer
	out *bufio.Reader
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	s, err := p.out.ReadString('\n')
	if err != nil {
		t.Error(err) // also asked from goroutines
	}
	return strings.TrimSpace(s)
}

func startReplica(t *testing.T, sim, db string) *process {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), childSim+"="+sim, childDB+"="+db), os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			t.Error(err)
		}
	})
	p := &process{cmd: cmd, in: bufio.NewWriter(in), out: bufio.NewReader(out)}
	if p.line(t) != "ready" {
		t.Fatal("the replica is not ready")
	}
	return p
}

// addressOf is where a database is, for another process.
func addressOf(t *testing.T, db *gorm.DB) string {
	t.Helper()
	if testkit.OnMySQL() {
		cfg, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
		if err == nil {
			err = db.Raw("SELECT DATABASE()").Scan(&cfg.DBName).Error
		}
		if err != nil {
			t.Fatal(err)
		}
		return "mysql:" + cfg.FormatDSN()
	}
	var file string
	if err := db.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file).Error; err != nil || file == "" {
		t.Fatal(file, err)
	}
	return "sqlite:" + file
}

// TestThreeProcessesShareOneToken: sixty goroutines in three processes over one database start cold, and ask for one token;
// when WeChat has taken that token back, they ask for one more, the same way.
func TestThreeProcessesShareOneToken(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	sim := httptest.NewServer(wxsim.New(wxsim.Options{Now: clock.Now, AdminKey: adminKey, Apps: []wxsim.App{{AppID: appID, Secret: appSecret}}}))
	t.Cleanup(sim.Close)
	where := addressOf(t, db)
	all := make([]*process, replicas)
	for i := range all {
		all[i] = startReplica(t, sim.URL, where)
	}
	for round := 1; round <= 2; round++ {
		var group sync.WaitGroup
		asked := make([]int, replicas)
		for i, p := range all {
			group.Go(func() {
				if _, err := p.in.WriteString("go\n"); err != nil {
					t.Error(err)
				}
				if err := p.in.Flush(); err != nil {
					t.Error(err)
				}
				if _, err := fmt.Sscanf(p.line(t), "asked %d", &asked[i]); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		paths, _ := counters(t, sim.URL)["paths"].(map[string]any)
		seen, _ := paths[pathTokens].(map[string]any)
		if sum := asked[0] + asked[1] + asked[2]; seen["calls"] != float64(round) || sum != round {
			t.Errorf("round %d: WeChat saw %v, the metrics count %v", round, seen, asked)
		}
		revoke(t, sim.URL)
	}
}
