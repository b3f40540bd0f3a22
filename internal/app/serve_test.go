package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/model"
)

// shared is a log that a running server writes while the test reads.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds a line.
func (s *shared) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }

// attr returns an attribute of the first line that has it.
func (s *shared) attr(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.b.String()) {
		var all map[string]any
		if json.Unmarshal([]byte(line), &all) == nil && all[name] != nil {
			return fmt.Sprint(all[name])
		}
	}
	return ""
}

// TestTheLoopRunsWithNothingConfigured: a newcomer's server, a subscription at its simulator, and the ledger counts it.
func TestTheLoopRunsWithNothingConfigured(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load([]string{"BAODAO_DATA=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	log := &shared{}
	a, err := app.Open(t.Context(), cfg, slog.New(slog.NewJSONHandler(log, nil)), clock.System, nil)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, listener) }()
	tb := &plain{T: t, wx: log.attr("simulator"), base: "http://" + listener.Addr().String(), key: log.attr("admin_key")}
	tb.enter("li")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		var rows []model.SubscribeLedger
		if err := a.DB.Find(&rows).Error; err != nil {
			t.Fatal(err)
		}
		if len(rows) == 1 && rows[0].Granted >= 1 {
			break
		}
		if i%20 == 0 { // until the server has entered its address at the simulator, nothing is told
			tb.subscribe("li")
		}
		if i == 1500 {
			t.Fatalf("never counted: %+v", rows)
		}
		<-tick.C
	}
	var templates int64
	if err := a.DB.Model(&model.NoticeTemplate{}).Where("app_id = ? AND disabled_at IS NULL", app.SimAppID).Count(&templates).Error; err != nil || templates != 51 {
		t.Errorf("%d templates, %v", templates, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// plain talks to a server and its simulator.
type plain struct {
	*testing.T

	wx, base, key string
}

func (p *plain) post(address, header, value string, body any) {
	p.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.Context(), http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(header, value)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.Fatal(address, resp.Status)
	}
}

func (p *plain) enter(name string) {
	p.Helper()
	p.post(p.base+"/api/v1/auth/login", "X", "", map[string]string{"code": "dev-" + name + "-0001"})
}

func (p *plain) subscribe(name string) {
	p.Helper()
	p.post(p.wx+"/_sim/subscribe", "X-Sim-Key", p.key, map[string]string{"name": name, "template": signupTemplate, "result": "accept"})
}
