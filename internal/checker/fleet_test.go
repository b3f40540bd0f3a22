package checker_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fleet are server processes over one database. They are killed and started again on the addresses they had.
type fleet struct {
	t       *testing.T
	servers []*server
	kills   int
}

type server struct {
	addr string
	env  []string
	mu   sync.Mutex // of cmd
	cmd  *exec.Cmd
	in   io.WriteCloser
	log  tail
}

// tail keeps the beginning of what a server complained about.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps the first 64 KiB.
func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buf.Len() < 64<<10 {
		l.buf.Write(p)
	}
	return len(p), nil
}

// String is what was kept.
func (l *tail) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.String() }

// newFleet starts n servers with an environment.
func newFleet(t *testing.T, n int, guard string, env []string) *fleet {
	t.Helper()
	f := &fleet{t: t}
	for range n {
		addr := freeAddress(t)
		f.servers = append(f.servers, &server{addr: addr, env: append(slices.Clone(env), "BAODAO_ADDR="+addr, serveVariable+"="+guard)})
	}
	t.Cleanup(func() {
		for _, s := range f.servers {
			s.kill()
		}
	})
	for _, s := range f.servers {
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// freeAddress finds a port below those that the system gives to clients, so that no client takes it while its server is down.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// start starts the process and waits until it is ready.
func (s *server) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, &s.log, &s.log
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.mu.Lock()
	s.cmd, s.in = cmd, in
	s.mu.Unlock()
	for range 6000 {
		res, err := http.Get("http://" + s.addr + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		pause(20 * time.Millisecond)
	}
	return fmt.Errorf("server on %s is never ready: %s", s.addr, s.log.String())
}

// kill is kill -9.
func (s *server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = s.in.Close()
	s.cmd = nil
}

// havoc kills a server again and again, in turn, and now and then all at once, until stop is closed.
func (f *fleet) havoc(every time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		victims := f.servers[turn%len(f.servers) : turn%len(f.servers)+1]
		if turn%5 == 4 {
			victims = f.servers
		}
		f.restart(victims)
		if len(tick.C) > 0 { // starting took longer: let them live
			<-tick.C
			pause(every / 2)
		}
	}
}

// restart kills servers and starts them again.
func (f *fleet) restart(victims []*server) {
	for _, s := range victims {
		s.kill()
		f.kills++
	}
	var wg sync.WaitGroup
	for _, s := range victims {
		wg.Go(func() {
			if err := s.start(); err != nil {
				f.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// complaints are the errors that the servers logged.
func (f *fleet) complaints() []string {
	var all []string
	for _, s := range f.servers {
		for l := range strings.Lines(s.log.String()) {
			all = append(all, strings.TrimSpace(l))
		}
	}
	return all
}

// pause lets time pass.
func pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}
