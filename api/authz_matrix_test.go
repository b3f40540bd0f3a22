package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/router"
)

// unknown is an id that nothing has.
const unknown = 9007199254740991

// TestAuthorisationMatrix sends every operation of the route table, by every kind of caller, to an object of the own realm
// and to one of the mirror realm, and compares the answer with the authorisation matrix.
func TestAuthorisationMatrix(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		routes, tried := w.routesByID(), map[string]bool{}
		for _, u := range allRules() {
			route, ok := routes[u.op]
			if !ok {
				t.Fatalf("the table speaks of %s, which is no operation", u.op)
			}
			tried[u.op] = true
			t.Run(u.op+" "+strings.Join(namesIn(u.on), "+"), func(t *testing.T) {
				w.TB = t
				w.hold(t, u, route)
			})
		}
		for _, op := range operations(routes) {
			if !tried[op] {
				t.Errorf("%s is in no line of the table: say who may call it", op)
			}
		}
	})
}

// hold holds one rule against the program. Everything is undone at the end.
func (w *twins) hold(t *testing.T, u authzRule, route router.Route) {
	t.Helper()
	realms := []*realm{w.home, w.mirror}
	if u.on == "" && u.is == "" || u.is == "system" || len(u.shows) > 0 && u.on == "" {
		realms = realms[:1] // it names no object
	}
	undone := errors.New("undone")
	err := w.DB.Transaction(func(*gorm.DB) error {
		before := w.fingerprint()
		for _, r := range realms {
			for _, c := range w.callers() {
				w.ask(t, u, route, c, r)
			}
		}
		if w.fingerprint() != before {
			t.Errorf("%s: a refused request of somebody left a trace", u.op)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
}

// ask sends one request, and one about an object that does not exist.
func (w *twins) ask(t *testing.T, u authzRule, route router.Route, c authzCaller, r *realm) {
	t.Helper()
	what := fmt.Sprintf("%s asks for %s of realm %s", c.name, u.op, r.mark)
	got, want := w.trial(u, route, c, r, nil), u.expect(route, c, r)
	if good := want == got.Code || want == 0 && got.Code < http.StatusBadRequest; !good {
		t.Errorf("%s: %d, the matrix says %d: %s", what, got.Code, want, got.Body)
	}
	w.hides(t, what, c, got)
	w.shown(t, what, u, route, c, r, got)
	if u.on == "" || u.is == "system" || raced && got.Code != http.StatusNotFound {
		return
	}
	missing := w.trial(u, route, c, r, map[string]int64{namesIn(u.on)[len(namesIn(u.on))-1]: unknown})
	if missing.Code < http.StatusBadRequest {
		t.Errorf("%s: what does not exist is answered %d", what, missing.Code)
	}
	if got.Code == http.StatusNotFound && anonymous(got) != anonymous(missing) {
		t.Errorf("%s: told apart from what does not exist:\n%s\n%s", what, anonymous(got), anonymous(missing))
	}
}

// trial sends the request and undoes what a success did. ids overrides those of the path.
func (w *twins) trial(u authzRule, route router.Route, c authzCaller, r *realm, ids map[string]int64) *apitest.Answer {
	w.TB.Helper()
	var body any
	if u.body != nil {
		body = u.body(w, r)
	}
	var answer *apitest.Answer
	undone := errors.New("undone")
	err := w.DB.Transaction(func(*gorm.DB) error {
		answer = w.send(u.line(route, r, ids), c, body)
		if answer.Code < http.StatusBadRequest {
			return undone
		}
		return nil
	})
	if err != nil && !errors.Is(err, undone) {
		w.TB.Fatal(err)
	}
	return answer
}

// line is the request line of a rule.
func (u authzRule) line(route router.Route, r *realm, ids map[string]int64) string {
	path, names := strings.TrimPrefix(route.Path, router.Prefix), namesIn(u.on)
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, ":") {
			id, ok := ids[names[0]]
			if !ok {
				id = r.ids[names[0]]
			}
			part = fmt.Sprint(id)
			if id == 0 {
				part = names[0] // a code, not an id
			}
			names = names[1:]
		}
		parts = append(parts, part)
	}
	query := ""
	if u.query != "" {
		query = "?" + u.query
		for name := range r.ids {
			query = strings.ReplaceAll(query, "{"+name+"}", r.id(name))
		}
	}
	return route.Method + " " + strings.Join(parts, "/") + query
}

// send sends a request as a caller, with a version that fits and a key of its own. It does what Do does, but holds refusals
// of one kind against the contract only once: there are thousands.
func (w *twins) send(line string, c authzCaller, body any) *apitest.Answer {
	w.TB.Helper()
	method, path, _ := strings.Cut(line, " ")
	raw, contentType := []byte(nil), ""
	other, special := body.(otherMedia)
	switch {
	case special:
		raw, contentType = []byte(other.content), other.contentType
	case body != nil:
		var err error
		if raw, err = json.Marshal(body); err != nil {
			w.TB.Fatal(err)
		}
		contentType = "application/json"
	}
	req := httptest.NewRequestWithContext(w.TB.Context(), method, "http://baodao.test"+router.Prefix+path, bytes.NewReader(raw))
	req.Header.Set("If-Match", `"1"`)
	req.Header.Set("Idempotency-Key", fmt.Sprintf("matrix-%d", w.NewID()))
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token := w.tokenOf(c); token != "" && !other.noToken {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.Built.Handler.ServeHTTP(rec, req)
	answer := &apitest.Answer{Code: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes()}
	pattern, _, _ := strings.Cut(line, "?")
	if kind := fmt.Sprint(pattern, " ", answer.Code); answer.Code < http.StatusBadRequest || !w.checked[kind] {
		w.checked[kind] = true
		apitest.Contract(w.TB).Check(w.TB, req, rec.Result(), answer.Body)
	}
	return answer
}

// tokenOf is what a caller shows.
func (w *twins) tokenOf(c authzCaller) string {
	if c.actor.UserID == 0 {
		return c.token
	}
	return w.Token(c.actor)
}

// hides demands that an answer says nothing of what the mirror realm keeps to itself.
func (w *twins) hides(t *testing.T, what string, c authzCaller, got *apitest.Answer) {
	t.Helper()
	if c.realm == w.home && strings.Contains(string(got.Body), w.mirror.mark) {
		t.Errorf("%s: is told of the other realm: %s", what, got.Body)
	}
}

// shown compares a list with what its reader may see.
func (w *twins) shown(t *testing.T, what string, u authzRule, route router.Route, c authzCaller, asked *realm, got *apitest.Answer) {
	t.Helper()
	if got.Code != http.StatusOK {
		return
	}
	for _, r := range []*realm{w.home, w.mirror} {
		for name := range u.shows {
			may := u.listed(route, name, c, asked, r)
			if has := strings.Contains(string(got.Body), `"id":"`+r.id(name)+`"`) || strings.Contains(string(got.Body), `"signup_id":"`+r.id(name)+`"`); has != may {
				t.Errorf("%s: finds %s of realm %s: %v, the matrix says %v", what, name, r.mark, has, may)
			}
		}
	}
}

// anonymous is an answer without what differs from one request to the next.
func anonymous(a *apitest.Answer) string {
	var body map[string]any
	if err := json.Unmarshal(a.Body, &body); err != nil {
		return string(a.Body)
	}
	delete(body, "request_id")
	h := a.Header.Clone()
	h.Del("X-Request-Id")
	h.Del("Content-Length")
	raw, err := json.Marshal([]any{a.Code, body, h})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// fingerprint is the content of every table, but for what a login writes and the tries to check in, which are kept on purpose.
func (w *twins) fingerprint() string {
	w.TB.Helper()
	tables, err := w.DB.Migrator().GetTables()
	if err != nil {
		w.TB.Fatal(err)
	}
	sum := sha256.New()
	for _, name := range tables {
		if strings.HasPrefix(name, "sqlite_") || name == "login_sessions" || name == "check_ins" {
			continue
		}
		var rows []map[string]any
		q := w.DB.Table(name)
		if name == "audit_log" {
			q = q.Where("action NOT LIKE 'auth.%' AND action <> ?", "student.bind_try") // a try is counted whatever comes of it
		}
		if err := q.Find(&rows).Error; err != nil {
			w.TB.Fatal(err)
		}
		fmt.Fprintln(sum, name, rows)
	}
	return string(sum.Sum(nil))
}
