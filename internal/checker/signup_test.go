package checker_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"baodao/internal/checker"
	"baodao/internal/testkit"
)

// size is how much a run does. CHECKER_OPS asks for another number of operations than CI's short form: make jepsen.
type size struct {
	operations, clients, activities, students int
	patience, every                           time.Duration // of the search for an order; between kills
	most                                      time.Duration // of the run
}

func small() size {
	return size{operations: 6000, clients: 60, activities: 15, students: 12, patience: time.Second, every: time.Second, most: 8 * time.Second}
}

func asked() size {
	n, err := strconv.Atoi(os.Getenv("CHECKER_OPS"))
	if err != nil {
		return small()
	}
	return size{operations: n, clients: 200, activities: 100, students: 20, patience: 2 * time.Second, every: 2 * time.Second, most: 14 * time.Minute}
}

// run sends a crowd against servers that are killed, kills all of them at the end, and judges what happened.
func run(t *testing.T, replicas int, guard string, killing bool, z size) checker.Problems {
	t.Helper()
	s := newStage(t, z.activities, z.students)
	s.loosen(guard)
	f := newFleet(t, replicas, guard, s.env)
	c := newCrowd(s, f, int64(z.operations))
	stop, done, seen := make(chan struct{}), make(chan struct{}), make(chan checker.Problems)
	go func() {
		if killing {
			f.havoc(z.every, stop)
		}
		close(done)
	}()
	looks := 0
	go func() {
		n, wrong := s.glances(stop)
		looks = n
		seen <- wrong
	}()
	c.run(z.clients, z.most)
	close(stop)
	<-done
	wrong := <-seen
	f.restart(f.servers) // what was acknowledged must be there after this
	h := checker.History{Closing: c.elapsed()}
	last := &client{crowd: c}
	for _, a := range s.activities {
		for _, p := range a.positions {
			last.look(a, p)
		}
	}
	for _, one := range f.servers {
		one.kill()
	}
	h.Attempts = c.history
	s.end(&h)
	wrong = append(wrong, checker.Check(h, z.patience)...)
	undecided := len(wrong.Of(checker.Undecided))
	wrong = slices.DeleteFunc(wrong, func(w string) bool { return strings.HasPrefix(w, checker.Undecided) })
	t.Logf("%d of %d activities undecided by search", undecided, z.activities)
	t.Logf("%s, %d kills, %d looks at the database, %s: %d problems", tally(h), f.kills, looks, h.Closing.Round(time.Second), len(wrong))
	for i, l := range f.complaints() {
		if i < 3 {
			t.Log("a server complained:", l)
		}
	}
	return wrong
}

func (c *crowd) elapsed() time.Duration {
	var last time.Duration
	for _, a := range c.history {
		last = max(last, a.Return)
	}
	return last
}

// tally is what happened in one line.
func tally(h checker.History) string {
	n := map[string]int{}
	unknown, stubborn, keys := map[string]bool{}, 0, map[string]bool{}
	for _, a := range h.Attempts {
		switch {
		case a.Done():
			n["done"]++
		case a.Unknown():
			n["unknown"]++
		default:
			n["refused"]++
		}
		if a.Code >= 500 {
			n[fmt.Sprint(a.Code)]++
		}
		if a.Kind != checker.SignUp {
			continue
		}
		if a.Unknown() {
			unknown[a.Key] = true
		} else if a.Done() && unknown[a.Key] && !keys[a.Key] {
			keys[a.Key] = true
			stubborn++
		}
	}
	return fmt.Sprintf("%d requests: %d done, %d refused, %d unknown (%d of them 503, %d keys got their answer later), %d signups, %d changes",
		len(h.Attempts), n["done"], n["refused"], n["unknown"], n["503"], stubborn, len(h.Rows), len(h.Events))
}

// TestSignUpSurvives kills one server every two seconds while a crowd signs up, cancels, accepts and resizes.
func TestSignUpSurvives(t *testing.T) {
	replicas := []int{1}
	if testkit.OnMySQL() {
		replicas = []int{1, 3}
		if os.Getenv("CHECKER_OPS") == "" {
			replicas = []int{3}
		}
	}
	if only := os.Getenv("CHECKER_REPLICAS"); only != "" {
		n, err := strconv.Atoi(only)
		if err != nil {
			t.Fatal(err)
		}
		replicas = []int{n}
	}
	for _, n := range replicas {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			for _, w := range first(run(t, n, sound, true, asked()), 20) {
				t.Error(w)
			}
		})
	}
}

func first(all checker.Problems, n int) checker.Problems { return all[:min(n, len(all))] }

// Every guard that is taken away is missed by the check that is meant for it.
func TestEveryMissingGuardIsNoticed(t *testing.T) {
	cases := []struct{ guard, check string }{
		{blind, "double"}, {generous, "oversell"}, {unfair, "overtaking"}, {forgets, "key"},
	}
	if testkit.OnMySQL() { // SQLite writes one transaction at a time: there is no lock to miss
		cases = append(cases, struct{ guard, check string }{unlocked, "oversell"})
	}
	for _, c := range cases {
		t.Run(c.guard, func(t *testing.T) {
			z := size{operations: 800, clients: 48, activities: 4, students: 24, patience: time.Second, most: 4 * time.Second}
			var found checker.Problems
			for range 12 { // on a busy machine little happens in four seconds
				if found = run(t, replicasOf(c.guard), c.guard, false, z); len(found.Of(c.check)) > 0 {
					return
				}
			}
			t.Errorf("nobody would notice:\n%s", strings.Join(first(found, 5), "\n"))
		})
	}
}

// replicasOf is how many servers show that a guard is missing: two, where they get into each other's way.
func replicasOf(guard string) int {
	if guard == unlocked {
		return 2
	}
	return 1
}
