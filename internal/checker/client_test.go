package checker_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"baodao/internal/checker"
	"baodao/internal/clock"
	"baodao/model"
)

// crowd are clients that do as people do with a bad network: they repeat what got no answer, mostly.
type crowd struct {
	stage  *stage
	fleet  *fleet
	http   *http.Client
	began  time.Time
	budget atomic.Int64 // operations left

	mu      sync.Mutex
	history []checker.Attempt
}

func newCrowd(s *stage, f *fleet, operations int64) *crowd {
	c := &crowd{stage: s, fleet: f, began: clock.System()}
	c.budget.Store(operations)
	c.http = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 400, DisableCompression: true}}
	return c
}

// member is a student in the hands of one client, who does one thing after the other with it.
type member struct {
	student
	of       *activity
	position *position        // of the signup
	signup   int64            // live, as far as the client knows; 0: none
	key      string           // the newest that made one
	made     *position        // by that key
	lost     bool             // the client gave up without an answer and leaves it alone
	pending  *checker.Attempt // what the client gave up: it may come back to it much later
}

type client struct {
	*crowd
	number  int
	rng     *rand.Rand
	members []*member
	turn    int // of the servers
	keys    int
}

// people deals the students of every activity out to n clients.
func (c *crowd) people(n int) []*client {
	all := make([]*client, n)
	for i := range all {
		all[i] = &client{crowd: c, number: i, turn: i, rng: rand.New(rand.NewPCG(uint64(i), 7))}
	}
	next := 0
	for _, a := range c.stage.activities {
		for _, st := range a.students {
			to := all[next%n]
			to.members = append(to.members, &member{student: st, of: a})
			next++
		}
	}
	return all
}

// run works until the operations are used up, or the time; tokens live for a quarter of an hour.
func (c *crowd) run(clients int, most time.Duration) {
	var wg sync.WaitGroup
	for _, one := range c.people(clients) {
		wg.Go(func() {
			for c.budget.Add(-1) >= 0 && clock.System().Sub(c.began) < most {
				one.step()
			}
		})
	}
	wg.Wait()
}

// step does one thing. Seven times of ten it is where everybody is just now.
func (c *client) step() {
	m := c.members[c.rng.IntN(len(c.members))]
	if hot := int(c.budget.Load() / 700); c.rng.IntN(10) < 7 {
		m = c.members[hot%len(c.members)]
	}
	at := m.of.positions[c.rng.IntN(len(m.of.positions))]
	switch dice := c.rng.IntN(100); {
	case m.pending != nil && dice < 15:
		c.resume(m, at)
	case dice < 7:
		c.resize(m.of, at)
	case dice < 20 || m.lost:
		c.look(m.of, at)
	case m.signup == 0 && m.key != "" && dice < 28:
		c.signUp(m, m.made, m.key) // long after it was cancelled
	case m.signup == 0:
		c.enter(m, at, dice)
	case dice < 30:
		c.signUp(m, m.made, m.key) // a repeat
	case dice < 40:
		c.signUp(m, at, c.newKey()) // once more
	case dice < 60:
		c.read(m)
	default:
		c.cancel(m)
	}
}

func (c *client) newKey() string { c.keys++; return fmt.Sprintf("c%d-%d", c.number, c.keys) }

// enter signs up, now and then by two requests at once: a double click, or from two phones.
func (c *client) enter(m *member, at *position, dice int) {
	key := c.newKey()
	second, other := key, at
	switch {
	case dice < 88:
		c.settle(m, at, c.signUp(m, at, key))
		return
	case dice >= 94:
		second, other = c.newKey(), m.of.positions[c.rng.IntN(len(m.of.positions))]
	}
	twin := &client{crowd: c.crowd, number: c.number, turn: c.turn + 1, rng: rand.New(rand.NewPCG(c.rng.Uint64(), 1))}
	got := make(chan checker.Attempt, 1)
	go func() { got <- twin.signUp(m, other, second) }()
	mine := c.signUp(m, at, key)
	theirs := <-got
	c.settle(m, at, mine)
	if !mine.Done() {
		c.settle(m, other, theirs)
	}
	if !final(mine) || !final(theirs) {
		m.lost, m.pending = true, nil
	}
}

// resume asks again, with the same key, what was given up.
func (c *client) resume(m *member, at *position) {
	a := checker.Attempt{
		Kind: m.pending.Kind, Activity: m.pending.Activity, Position: m.pending.Position, Student: m.pending.Student, Signup: m.pending.Signup, Key: m.pending.Key,
	}
	got := c.insist(m.token, a)
	if !final(got) {
		return
	}
	m.lost, m.pending = false, nil
	switch a.Kind {
	case checker.SignUp:
		for _, p := range m.of.positions {
			if p.id == a.Position {
				at = p
			}
		}
		c.settle(m, at, got)
	case checker.Cancel:
		m.signup = 0
	default:
	}
}

// giveUp leaves a member alone after a request without an answer that says something.
func (m *member) giveUp(a checker.Attempt) {
	if !final(a) {
		m.lost, m.pending = true, &a
	}
}

// settle notes what a sign-up came to.
func (c *client) settle(m *member, at *position, a checker.Attempt) {
	m.giveUp(a)
	if a.Done() {
		m.signup, m.position, m.key, m.made = a.Signup, at, a.Key, at
	}
}

// signUp sends a sign-up until it has an answer that says something, or the client gives up.
func (c *client) signUp(m *member, at *position, key string) checker.Attempt {
	return c.insist(m.token, checker.Attempt{Kind: checker.SignUp, Activity: m.of.id, Position: at.id, Student: m.id, Key: key})
}

func (c *client) cancel(m *member) {
	a := c.insist(m.token, checker.Attempt{Kind: checker.Cancel, Activity: m.of.id, Position: m.position.id, Student: m.id, Signup: m.signup})
	m.giveUp(a)
	if final(a) {
		m.signup = 0
	}
}

// read reads the signup and accepts what is offered.
func (c *client) read(m *member) {
	a := checker.Attempt{Kind: checker.Read, Activity: m.of.id, Position: m.position.id, Student: m.id, Signup: m.signup}
	if a = c.insist(m.token, a); a.Status == "OFFERED" {
		a = c.insist(m.token, checker.Attempt{Kind: checker.Accept, Activity: m.of.id, Position: m.position.id, Student: m.id, Signup: m.signup})
		m.giveUp(a)
	}
}

func (c *client) look(of *activity, at *position) {
	c.send("", checker.Attempt{Kind: checker.Look, Activity: of.id, Position: at.id})
}

// resize raises or lowers the capacity. Who resizes a position does so alone, so that the version is mostly the newest.
func (c *client) resize(of *activity, at *position) {
	at.mu.Lock()
	defer at.mu.Unlock()
	var row model.Position
	if err := c.stage.DB.Select("version").Where("id = ?", at.id).First(&row).Error; err != nil {
		c.stage.t.Error(err)
		return
	}
	c.send(of.admin, checker.Attempt{Kind: checker.SetCapacity, Activity: of.id, Position: at.id, Version: row.Version, Seats: int64(1 + c.rng.IntN(7))})
}

// final tells whether a client may go on from an answer.
func final(a checker.Attempt) bool {
	return !a.Unknown() && a.Problem != "rate.limited" && a.Problem != "idempotency.in_progress"
}

// insist sends again, to the next server, what got no answer; one time of thirty, and when it is too much, the client gives up.
func (c *client) insist(token string, a checker.Attempt) checker.Attempt {
	for {
		got := c.send(token, a)
		if final(got) || got.Problem == "rate.limited" || c.rng.IntN(30) == 0 {
			return got
		}
		pause(time.Duration(c.rng.IntN(100)) * time.Millisecond)
	}
}
