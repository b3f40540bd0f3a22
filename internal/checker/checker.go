// Package checker judges what a crowd of clients saw of sign-up against what the database holds at the end, while servers
// were killed all the time. It knows nothing of HTTP or SQL: its tests run real processes and bring it what happened.
package checker

import (
	"fmt"
	"slices"
	"time"
)

// Kind is what a request asks for.
type Kind string

// The kinds.
const (
	SignUp      Kind = "sign up"
	Cancel      Kind = "cancel"
	Accept      Kind = "accept"
	SetCapacity Kind = "set capacity"
	Look        Kind = "look at availability"
	Read        Kind = "read a signup"
)

// Attempt is one request and what came back.
type Attempt struct {
	Kind                        Kind
	Activity, Position, Student int64
	Signup                      int64         // asked for, or made
	Key                         string        // of a sign-up; its note is the same
	Version, Seats              int64         // of SetCapacity: If-Match and the new capacity
	Call, Return                time.Duration // since the beginning of the run
	Code                        int           // HTTP status; 0: no answer
	Problem                     string        // code of a refusal
	Status                      string        // of the signup in the answer
	Seen                        Seats         // by Look
	Body                        string        // of a 201
}

// Seats are the numbers of a position.
type Seats struct{ Capacity, Confirmed, Held, Waiting int64 }

// Done tells whether the answer is 2xx.
func (a Attempt) Done() bool { return a.Code >= 200 && a.Code < 300 }

// Unknown tells whether nobody knows what became of it: a 5xx, or no answer.
func (a Attempt) Unknown() bool { return a.Code == 0 || a.Code >= 500 }

// refused tells whether the answer promises that the key has had no effect. A request that is stopped at the door says
// nothing about those before it.
func (a Attempt) refused() bool {
	return !a.Done() && !a.Unknown() && a.Problem != "rate.limited" && a.Problem != "idempotency.in_progress"
}

// Position is a position as it is at the end.
type Position struct {
	ID, Activity          int64
	First                 int64 // its capacity at the beginning
	Waitlist, Offers      bool
	Capacity, Taken, Held int64
	Waiting               int64
}

// Row is a signup as it is at the end.
type Row struct {
	ID, Activity, Position, Student int64
	Key                             string
	Status                          string
}

// Statuses of signups that matter here.
const (
	confirmed  = "CONFIRMED"
	offered    = "OFFERED"
	waitlisted = "WAITLISTED"
	cancelled  = "CANCELLED_BY_USER"
)

func (r Row) live() bool {
	return r.Status == confirmed || r.Status == offered || r.Status == waitlisted
}

// Event is a change as the database wrote it down in the transaction itself, in the order of the commits of its position: a
// signup that gets a status, or (Signup 0) a position that gets a capacity and with it a version.
type Event struct {
	Position, Signup, Student int64
	QueueNo                   int64 // of who joins the waiting list
	Status                    string
	Version, Seats            int64
	At                        string // what one statement changed has the same
}

// Glance is a position and its rows in one look at the database while the servers run.
type Glance struct {
	Position, Capacity, Taken, Held, Waiting int64
	Seated, InLine                           int64 // rows
}

// History is all that happened.
type History struct {
	Attempts  []Attempt
	Positions []Position
	Rows      []Row
	Events    []Event
	Closing   time.Duration // nothing that was asked before takes effect after
}

// Problems are what is wrong, each with the name of the check in front.
type Problems []string

func (p *Problems) add(check, format string, args ...any) {
	*p = append(*p, check+": "+fmt.Sprintf(format, args...))
}

// Of returns those of one check.
func (p Problems) Of(check string) Problems {
	return slices.DeleteFunc(slices.Clone(p), func(s string) bool { return len(s) < len(check) || s[:len(check)] != check })
}

// Check runs every check; patience bounds the search for a linear order of each activity.
func Check(h History, patience time.Duration) Problems {
	var out Problems
	for _, activity := range h.activities() {
		one := h.of(activity)
		for _, check := range []func(History, *Problems){answers, acknowledged, explained, doubles, keys, counters, line, commits} {
			check(one, &out)
		}
		linear(one, activity, patience, &out)
	}
	return out
}

// Glances finds positions that were over their capacity, or whose counters were not their rows, at one look.
func Glances(all []Glance) Problems {
	var out Problems
	for _, g := range all {
		if g.Taken > g.Capacity || g.Seated > g.Capacity {
			out.add("oversell", "position %d has %d taken and %d rows of %d seats", g.Position, g.Taken, g.Seated, g.Capacity)
		}
		if g.Taken != g.Seated || g.Waiting != g.InLine {
			out.add("counter", "position %d says %d taken and %d waiting, there are %d and %d rows", g.Position, g.Taken, g.Waiting, g.Seated, g.InLine)
		}
	}
	return out
}

// resized finds the event of a resize.
func (h History) resized(a Attempt) bool {
	return slices.ContainsFunc(h.Events, func(e Event) bool {
		return e.Signup == 0 && e.Position == a.Position && e.Version == a.Version+1 && e.Seats == a.Seats
	})
}

// of is the part of a history that is about one activity.
func (h History) of(activity int64) History {
	one := History{Closing: h.Closing}
	in := map[int64]bool{}
	for _, p := range h.Positions {
		if p.Activity == activity {
			one.Positions, in[p.ID] = append(one.Positions, p), true
		}
	}
	for _, a := range h.Attempts {
		if a.Activity == activity {
			one.Attempts = append(one.Attempts, a)
		}
	}
	for _, r := range h.Rows {
		if r.Activity == activity {
			one.Rows = append(one.Rows, r)
		}
	}
	for _, e := range h.Events {
		if in[e.Position] {
			one.Events = append(one.Events, e)
		}
	}
	return one
}

// activities are those of the positions.
func (h History) activities() []int64 {
	var all []int64
	for _, p := range h.Positions {
		all = append(all, p.Activity)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
