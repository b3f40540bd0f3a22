package wxsim

import (
	"maps"
	"time"
)

// pacer counts uses per name within the running minute. Memory is one minute's names.
type pacer struct {
	minute time.Time
	used   map[string]int
}

func newPacer() *pacer { return &pacer{used: map[string]int{}} }

// take counts one use of name and tells whether it is within the limit of this minute.
func (p *pacer) take(name string, limit int, now time.Time) bool {
	if minute := now.Truncate(time.Minute); !minute.Equal(p.minute) {
		p.minute = minute
		clear(p.used)
	}
	if p.used[name] >= limit {
		return false
	}
	p.used[name]++
	return true
}

// count is how often a path was called, and which errcodes it answered.
type count struct {
	Calls  int         `json:"calls"`
	Errors map[int]int `json:"errors,omitempty"`
}

// count enters a finished call in the counters.
func (s *Simulator) count(c *call, errcode int) {
	a := s.app(c.appID())
	if _, known := s.routes[c.path]; !known || a == nil {
		s.mu.Lock()
		s.unknown++
		s.mu.Unlock()
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.counts[c.path]
	if n == nil {
		n = &count{Errors: map[int]int{}}
		a.counts[c.path] = n
	}
	n.Calls++
	if errcode != 0 {
		n.Errors[errcode]++
	}
}

func (n *count) copy() count { return count{Calls: n.Calls, Errors: maps.Clone(n.Errors)} }
