package recommend

import (
	"slices"
	"strings"
	"time"

	"baodao/model"
	"baodao/service/matching/score"
)

// Facts are what a student reads of a position that does not depend on who reads it.
type Facts struct {
	PositionID, ActivityID, HostOrgID             int64
	Position, Activity, Host, Place               string
	Category, SignupMode                          string
	LatE6, LngE6                                  int64
	StartsAt, EndsAt                              time.Time
	SignupOpensAt, SignupClosesAt                 time.Time
	Sessions                                      int
	CountsAsVolunteer                             bool
	TrainingRequired, InsuranceRequired, Clearing bool
	Slots                                         uint64
	Need                                          int
	MinTeam                                       int64
}

// event is a published activity: what decides who may come, and its positions. It is never changed once it is built.
type event struct {
	id, programmeID, hostID     int64
	hostPath                    string
	mode                        string // of signing up
	opens, closes, starts, ends time.Time
	pairedUntil                 *time.Time
	pairedFirst                 bool
	audience                    *model.Audience
	sessions                    []span
	places                      []*place
}

// span is a time, [from, to).
type span struct{ from, to time.Time }

// place is a position of an event. It is never changed once it is built.
type place struct {
	id       int64
	event    *event
	seats    seats
	position score.Position // without its community's number; Cap is the free seats
	written  []byte         // Facts, as Service.Write made them
}

// seats are the columns of a position that sign-ups change.
type seats struct{ capacity, taken, reserved, pairedTaken, waiting int64 }

// free is how many seats somebody who comes now may have: none while others wait, and those that are kept for paired
// branches are theirs. A round gives what is free by its own rules.
func (s seats) free(e *event, paired bool, now time.Time) int64 {
	if s.waiting > 0 && !e.matched() {
		return 0
	}
	p := model.Position{Capacity: s.capacity, Taken: s.taken, Reserved: s.reserved, PairedTaken: s.pairedTaken}
	left := p.Capacity - p.Taken
	if !paired && !e.matched() {
		left -= p.Kept(e.pairedUntil, now)
	}
	return max(0, left)
}

// keeps tells whether a round would keep seats for paired branches.
func (p *place) keeps(now time.Time) bool {
	e := p.event
	return e.pairedUntil != nil && now.Before(*e.pairedUntil) && (e.pairedFirst || p.seats.reserved > p.seats.pairedTaken)
}

// open tells whether one gets in now: within the time of signing up, or by a round until it begins.
func (e *event) open(now time.Time) bool {
	if e.matched() {
		return now.Before(e.starts)
	}
	return !now.Before(e.opens) && now.Before(e.closes) && now.Before(e.starts)
}

// matched tells whether places are given by rounds.
func (e *event) matched() bool { return e.mode == matched }

// way is how the chance of a place is told.
type way uint8

const (
	byChoice  way = iota // the organiser chooses, or lots are drawn: nobody knows
	firstCome            // who comes gets in
	byRounds
)

func (e *event) way() way {
	switch e.mode {
	case model.SignupFirstCome:
		return firstCome
	case matched:
		return byRounds
	default:
		return byChoice
	}
}

// turns calls f with the times at which it opens or closes.
func (e *event) turns(f func(time.Time)) {
	f(e.opens)
	f(e.closes)
	f(e.starts)
}

// meant tells whether a student belongs to the audience.
func (e *event) meant(a *Asker) bool {
	if e.audience == nil {
		return true
	}
	inUnit := len(e.audience.OrgIDs) == 0 || slices.ContainsFunc(e.audience.OrgIDs, func(id int64) bool { return slices.Contains(a.units, id) })
	inGrade := len(e.audience.Grades) == 0 || slices.Contains(e.audience.Grades, a.grade)
	tagged := len(e.audience.Tags) == 0 || slices.ContainsFunc(a.tags, func(t string) bool { return slices.Contains(e.audience.Tags, t) })
	return inUnit && inGrade && tagged
}

// clashes tells whether one of its sessions overlaps with one of busy, which come by their beginning.
func (e *event) clashes(busy []span) bool {
	i := 0
	for _, s := range e.sessions {
		for i < len(busy) && !busy[i].to.After(s.from) {
			i++
		}
		if i < len(busy) && busy[i].from.Before(s.to) {
			return true
		}
	}
	return false
}

// below tells whether the host is one of these units or stands below one.
func (e *event) below(units []string) bool {
	return slices.ContainsFunc(units, func(top string) bool { return strings.HasPrefix(e.hostPath, top) })
}

// with is the event with other seats of its positions; those that are missing keep theirs.
func (e *event) with(now map[int64]seats) *event {
	next := *e
	next.places = make([]*place, len(e.places))
	for i, p := range e.places {
		q := *p
		q.event = &next
		if s, ok := now[p.id]; ok {
			q.seats = s
		}
		q.position.Cap = int32(min(q.seats.free(&next, true, time.Time{}), 1<<30)) //nolint:gosec // bounded
		next.places[i] = &q
	}
	return &next
}
