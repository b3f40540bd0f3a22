package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baodao/internal/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatal(rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func TestNobodyCountsNothing(t *testing.T) {
	t.Parallel()
	var m *metrics.Metrics
	m.Request("GET /", 200, time.Second)
	m.WeChat("login", "ok", time.Second)
	m.Notice("SENT", "accepted", 0)
	m.Pause("app", "quota")
	m.Pool("main", nil)
	m.Oldest(nil)
}

// TestLabelsStayFew: statuses, errcodes and templates that nobody foresaw must not make a new series each.
func TestLabelsStayFew(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	for i := range 5000 {
		m.Request("GET /a/:id", i-100, time.Millisecond)
		m.Notice("DROPPED", "refused", 100_000+i)
		m.Notice("DROPPED", "refused", -i)
		m.Pause(fmt.Sprintf("template:%d", i), "config")
	}
	got := scrape(t, m)
	for name, most := range map[string]int{"baodao_http_requests_total{": 6, "baodao_notices_total{": 3, "baodao_notice_lane_pauses_total{": 1} {
		if n := strings.Count(got, name); n == 0 || n > most {
			t.Errorf("%d series of %s", n, name)
		}
	}
	for _, want := range []string{
		`baodao_http_requests_total{class="2xx",operation="GET /a/:id"} 100`, `baodao_http_requests_total{class="other",operation="GET /a/:id"} 4500`,
		`baodao_notices_total{code="other",state="DROPPED",why="refused"} 9998`, `baodao_notice_lane_pauses_total{lane="template",reason="config"} 5000`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestTheOldestIsAskedAtEveryScrape(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	age, err := 90*time.Second, error(nil)
	m.Oldest(func(ctx context.Context) (time.Duration, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("a scrape may hang")
		}
		return age, err
	})
	for _, want := range []string{"baodao_notice_oldest_due_seconds 90", "baodao_notice_oldest_due_seconds -1"} {
		if got := scrape(t, m); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
		err = errors.New("away")
	}
}
