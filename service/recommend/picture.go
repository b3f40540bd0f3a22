package recommend

import (
	"cmp"
	"slices"
	"time"

	"baodao/model"
	"baodao/service/matching/index"
	"baodao/service/matching/score"
)

// picture is what one programme's students are shown from. It is never changed: a new one takes its place.
type picture struct {
	places   []*place      // those that are open, by rising id
	entries  []index.Entry // of places
	snapshot *index.Snapshot
	special  []bool          // those about which more must be asked than whether they are in the picture
	ways     []way           // how one gets in: beside each other, because a search asks for many and memory is slow
	cards    []card          // what is shown
	hosts    map[int64]int32 // numbers of the communities
	turns    time.Time       // when somebody opens or closes next; zero for never
	rounds   *rounds
	policy   *model.Policy // nil: not read
}

// card is what is shown of a place, so that nothing else of it is looked at: the rest is far away in memory.
type card struct {
	written []byte
	left    int64 // seats for whoever comes
}

// newPicture draws the places that are open now. all come by rising id.
func newPicture(all []*place, now time.Time, last *rounds, policy *model.Policy) (*picture, error) {
	p := &picture{hosts: map[int64]int32{}, rounds: last, policy: policy}
	p.open(all, now)
	var err error
	p.snapshot, err = index.Build(p.entries, score.PointsV2, 0)
	return p, err
}

// open takes what is open now out of all.
func (p *picture) open(all []*place, now time.Time) {
	turn := func(at time.Time) {
		if at.After(now) && (p.turns.IsZero() || at.Before(p.turns)) {
			p.turns = at
		}
	}
	p.places, p.entries = make([]*place, 0, len(all)), make([]index.Entry, 0, len(all))
	p.special, p.ways, p.cards = make([]bool, 0, len(all)), make([]way, 0, len(all)), make([]card, 0, len(all))
	var before *event
	for _, x := range all {
		if x.event != before { // most events have one position
			before = x.event
			x.event.turns(turn)
		}
		if x.position.Cap < 1 || !x.event.open(now) || len(p.entries) == index.Max {
			continue
		}
		host, known := p.hosts[x.event.hostID]
		if !known {
			host = int32(len(p.hosts)) //nolint:gosec // bounded by the positions
			p.hosts[x.event.hostID] = host
		}
		p.places, p.entries = append(p.places, x), append(p.entries, index.Entry{ID: x.id, Position: x.position})
		p.special, p.ways = append(p.special, x.event.audience != nil || x.event.pairedUntil != nil), append(p.ways, x.event.way())
		p.cards = append(p.cards, card{written: x.written, left: x.seats.capacity - x.seats.taken})
		p.entries[len(p.entries)-1].Position.Community = host
	}
}

// merge puts changed places into all, both by rising id. The places of the events that changed are taken out of all.
func merge(all, changed []*place, gone func(*event) bool) []*place {
	slices.SortFunc(changed, func(a, b *place) int { return cmp.Compare(a.id, b.id) })
	out := make([]*place, 0, len(all)+len(changed))
	for _, p := range all {
		if gone(p.event) {
			continue
		}
		for len(changed) > 0 && changed[0].id < p.id {
			out, changed = append(out, changed[0]), changed[1:]
		}
		out = append(out, p)
	}
	return append(out, changed...)
}
