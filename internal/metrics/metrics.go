// Package metrics counts what the program does, for Prometheus. Every label has a small, fixed set of values and none of
// them says anything about a person. A nil *Metrics counts nothing.
package metrics

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	other       = "other"
	scrapeLimit = 3 * time.Second
)

// Metrics is the registry of one process.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	calls    *prometheus.CounterVec
	calling  *prometheus.HistogramVec
	notices  *prometheus.CounterVec
	pauses   *prometheus.CounterVec
}

// New makes an empty registry with the process's own figures.
func New() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "baodao", Name: name, Help: help}, labels)
	}
	seconds := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "baodao", Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("http_requests_total", "Requests by operation and status class.", "operation", "class"),
		duration: seconds("http_request_seconds", "Time to answer, by operation.", []float64{.001, .005, .025, .1, .5, 2, 10}, "operation"),
		calls:    counter("wechat_calls_total", "Operations at WeChat; token and token_forced are refreshes of the token.", "op", "outcome"),
		calling:  seconds("wechat_call_seconds", "Time of operations at WeChat.", []float64{.05, .1, .25, .5, 1, 3, 8}, "op"),
		notices:  counter("notices_total", "Outcomes of WeChat messages, by the state they lead to, why, and WeChat's errcode.", "state", "why", "code"),
		pauses:   counter("notice_lane_pauses_total", "Pauses of the whole outbox (app) or one template.", "lane", "reason"),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.duration, m.calls, m.calling, m.notices, m.pauses)
	return m
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 2 * scrapeLimit})
}

// Request counts an answered request. operation is a method and a route's template, never a path.
func (m *Metrics) Request(operation string, status int, took time.Duration) {
	if m == nil {
		return
	}
	class := other
	if status >= 100 && status < 600 {
		class = strconv.Itoa(status/100) + "xx"
	}
	m.requests.WithLabelValues(operation, class).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
}

// WeChat counts an operation of the gateway.
func (m *Metrics) WeChat(op, outcome string, took time.Duration) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(op, outcome).Inc()
	m.calling.WithLabelValues(op).Observe(took.Seconds())
}

// codes are the errcodes that are told apart; WeChat may invent any number of others.
var codes = []int{ //nolint:gochecknoglobals // a table
	0, -1, 40001, 40003, 40014, 40037, 41028, 41029, 41030, 42001, 43101, 43104, 43107, 43108, 45009, 45011, 45103, 45109, 45168, 47001, 47003, 48001,
	50002, 200001, 85431,
}

// Notice counts what became of a message.
func (m *Metrics) Notice(state, why string, code int) {
	if m == nil {
		return
	}
	label := other
	if slices.Contains(codes, code) {
		label = strconv.Itoa(code)
	}
	m.notices.WithLabelValues(state, why, label).Inc()
}

// Pause counts a closed lane. The template's name is left out.
func (m *Metrics) Pause(lane, reason string) {
	if m == nil {
		return
	}
	kind, _, _ := strings.Cut(lane, ":")
	m.pauses.WithLabelValues(kind, reason).Inc()
}

// Pool adds the figures of a pool of database connections.
func (m *Metrics) Pool(name string, pool *sql.DB) {
	if m != nil {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
}

// Oldest adds the age of the oldest message that is due; age is asked at every scrape. A failure shows as -1.
func (m *Metrics) Oldest(age func(context.Context) (time.Duration, error)) {
	if m == nil {
		return
	}
	opts := prometheus.GaugeOpts{Namespace: "baodao", Name: "notice_oldest_due_seconds", Help: "Age of the oldest WeChat message that is due, 0 for none, -1 when the database does not say."}
	m.registry.MustRegister(prometheus.NewGaugeFunc(opts, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit) //nolint:forbidigo // a scrape has no context here
		defer cancel()
		d, err := age(ctx)
		if err != nil {
			return -1
		}
		return d.Seconds()
	}))
}
