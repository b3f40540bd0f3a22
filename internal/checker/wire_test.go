package checker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"baodao/internal/checker"
	"baodao/internal/clock"
)

// send is one request, and one line of the history.
func (c *client) send(token string, a checker.Attempt) checker.Attempt {
	req := c.request(a)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	a.Call = clock.System().Sub(c.began)
	res, err := c.http.Do(req)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	a.Return = clock.System().Sub(c.began)
	if err == nil {
		a.Code = res.StatusCode
		understand(&a, body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, a)
	return a
}

// request writes the request of an attempt to the next server.
func (c *client) request(a checker.Attempt) *http.Request {
	c.turn++
	base := "http://" + c.fleet.servers[c.turn%len(c.fleet.servers)].addr + "/api/v1"
	method, path, body := http.MethodPost, fmt.Sprintf("/positions/%d", a.Position), ""
	switch a.Kind {
	case checker.SignUp:
		path, body = path+"/signups", fmt.Sprintf(`{"note":%q}`, a.Key)
	case checker.Cancel:
		path = fmt.Sprintf("/signups/%d/cancel", a.Signup)
	case checker.Accept:
		path = fmt.Sprintf("/signups/%d/accept", a.Signup)
	case checker.SetCapacity:
		method, body = http.MethodPut, fmt.Sprintf(`{"capacity":%d}`, a.Seats)
	case checker.Look:
		method, path = http.MethodGet, path+"/availability"
	case checker.Read:
		method, path = http.MethodGet, fmt.Sprintf("/signups/%d", a.Signup)
	}
	req, err := http.NewRequest(method, base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		panic(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.Key != "" {
		req.Header.Set("Idempotency-Key", a.Key)
	}
	if a.Kind == checker.SetCapacity {
		req.Header.Set("If-Match", strconv.Quote(strconv.FormatInt(a.Version, 10)))
	}
	return req
}

// understand reads an answer.
func understand(a *checker.Attempt, body []byte) {
	var in struct {
		ID, Status, Code                   any
		Capacity, Confirmed, Held, Waiting int64
	}
	if json.Unmarshal(body, &in) != nil {
		a.Problem = "not JSON: " + string(body)
		return
	}
	text := func(v any) string { s, _ := v.(string); return s }
	if !a.Done() {
		a.Problem = text(in.Code)
		return
	}
	a.Status, a.Seen = text(in.Status), checker.Seats{Capacity: in.Capacity, Confirmed: in.Confirmed, Held: in.Held, Waiting: in.Waiting}
	if a.Kind == checker.SignUp {
		a.Signup, _ = strconv.ParseInt(text(in.ID), 10, 64)
		a.Body = string(body)
	}
}
