package project_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/project"
)

// slot is a good new time for the first session: a day later, at another place.
func slotAfter(d project.Detail, by time.Duration) project.Slot {
	at := geo.FromDegrees(36.7, 117)
	s := d.Sessions[0]
	return project.Slot{StartsAt: s.StartsAt.Add(by), EndsAt: s.EndsAt.Add(by), Place: "新址", At: &at, RadiusM: 300}
}

func TestMoveSessionReopensFreeCancelling(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, nil)
	a := d.Activity
	later := slotAfter(d, 5*time.Hour)
	got, err := h.MoveSession(t.Context(), h.host, d.Sessions[0].ID, a.Version, later)
	must(t, err)
	b := got.Activity
	if !b.StartsAt.Equal(later.StartsAt) || !b.ListedAt.Equal(later.StartsAt) || !b.CancelUntil.Equal(later.StartsAt) || !b.SignupClosesAt.Equal(a.SignupClosesAt) {
		t.Errorf("later: %+v", b)
	}
	if *b.ListedCell != geo.Cell(*later.At) || *b.LatE6 != 36700000 || got.Sessions[0].Place != "新址" || got.Sessions[0].RadiusM != 300 {
		t.Errorf("place: %+v", got)
	}
	if b.Version != a.Version+1 || h.audits(t, "session.move") != 1 {
		t.Error("no trace of the move")
	}

	sooner := slotAfter(d, -10*time.Hour) // before sign-up closes
	got, err = h.MoveSession(t.Context(), h.host, d.Sessions[0].ID, b.Version, sooner)
	must(t, err)
	if c := got.Activity; !c.SignupClosesAt.Equal(sooner.StartsAt) || !c.CancelUntil.Equal(sooner.StartsAt) || !c.StartsAt.Equal(sooner.StartsAt) {
		t.Errorf("sooner: %+v", c)
	}

	last := project.Slot{StartsAt: d.Sessions[1].StartsAt.Add(-45 * time.Hour), EndsAt: d.Sessions[1].StartsAt.Add(-44 * time.Hour), Place: "第一场"}
	got, err = h.MoveSession(t.Context(), h.host, d.Sessions[1].ID, got.Activity.Version, last) // the second becomes the first
	must(t, err)
	if c := got.Activity; !c.StartsAt.Equal(last.StartsAt) || c.ListedCell != nil || c.LatE6 != nil || !c.EndsAt.Equal(sooner.EndsAt) || got.Sessions[0].ID != d.Sessions[1].ID {
		t.Errorf("turned round: %+v", c)
	}
}

func TestMoveALaterSessionWhileTheActivityIsOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, nil)
	h.Clock.Set(d.Sessions[0].EndsAt)
	_, err := h.MoveSession(t.Context(), h.host, d.Sessions[0].ID, d.Activity.Version, slotAfter(d, 100*time.Hour))
	wants(t, err, project.ErrSessionStarted)
	to := slotAfter(d, 48*time.Hour)
	got, err := h.MoveSession(t.Context(), h.host, d.Sessions[1].ID, d.Activity.Version, to)
	must(t, err)
	if a := got.Activity; !a.StartsAt.Equal(d.Activity.StartsAt) || !a.ListedAt.Equal(a.StartsAt) || !a.CancelUntil.Equal(to.StartsAt) || !a.EndsAt.Equal(to.EndsAt) {
		t.Errorf("got %+v", a)
	}
}

func TestMoveSessionIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, func(in *project.NewActivity) { in.SignupOpensAt = h.Clock.Now().Add(24 * time.Hour) })
	draft := h.drafted(t, nil)
	good := slotAfter(d, 5*time.Hour)
	with := func(change func(*project.Slot)) project.Slot {
		s := good
		change(&s)
		return s
	}
	tests := map[string]struct {
		by      access.Actor
		session int64
		version int64
		to      project.Slot
		want    error
		fields  []string
	}{
		"somebody was faster": {version: 1, want: fault.ErrStale},
		"over the other session": {to: with(func(s *project.Slot) {
			s.StartsAt, s.EndsAt = d.Sessions[1].StartsAt.Add(-time.Hour), d.Sessions[1].EndsAt
		}), want: fault.ErrInvalid, fields: []string{"/starts_at"}},
		"into the past": {to: with(func(s *project.Slot) { s.StartsAt, s.EndsAt = h.Clock.Now(), h.Clock.Now().Add(time.Hour) }), want: fault.ErrInvalid, fields: []string{"/starts_at", "/starts_at"}},
		"before sign-up opens": {to: with(func(s *project.Slot) {
			s.StartsAt, s.EndsAt = h.Clock.Now().Add(23*time.Hour), h.Clock.Now().Add(24*time.Hour)
		}), want: fault.ErrInvalid, fields: []string{"/starts_at"}},
		"turned round, nowhere":     {to: with(func(s *project.Slot) { s.EndsAt, s.Place = s.StartsAt, "" }), want: fault.ErrInvalid, fields: []string{"/ends_at", "/place"}},
		"too long":                  {session: d.Sessions[1].ID, to: with(func(s *project.Slot) { s.EndsAt = s.StartsAt.Add(25 * time.Hour) }), want: fault.ErrInvalid, fields: []string{"/ends_at"}},
		"of a draft":                {session: draft.Sessions[0].ID, version: draft.Activity.Version, want: fault.ErrState},
		"no such session":           {session: 1, want: fault.ErrNotFound},
		"by a student":              {by: h.student, want: access.ErrDenied},
		"by another community":      {by: h.other, want: access.ErrDenied},
		"of a draft one cannot see": {by: h.other, session: draft.Sessions[0].ID, want: fault.ErrNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.by.UserID == 0 {
				tt.by = h.host
			}
			if tt.session == 0 {
				tt.session = d.Sessions[0].ID
			}
			if tt.version == 0 {
				tt.version = d.Activity.Version
			}
			if tt.to.StartsAt.IsZero() {
				tt.to = good
			}
			_, err := h.MoveSession(t.Context(), tt.by, tt.session, tt.version, tt.to)
			wants(t, err, tt.want)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
			now, err := h.Service.Activity(t.Context(), h.host, d.Activity.ID)
			must(t, err)
			if diff := cmp.Diff(d, now); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSetCapacity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	a, _, pos := h.World.Activity(p, 10, nil)
	h.write(t, func(tx *gorm.DB) error {
		return tx.Model(&model.Position{}).Where("id = ?", pos.ID).Update("taken", 4).Error
	})
	tests := map[string]struct {
		by       access.Actor
		id       int64
		stale    bool
		capacity int64
		want     error
	}{
		"more":                    {by: h.host, capacity: 20},
		"fewer":                   {by: h.host, capacity: 5},
		"down to those taken":     {by: h.host, capacity: 4},
		"below those taken":       {by: h.host, capacity: 3, want: project.ErrBelowTaken},
		"the campus side too":     {by: h.secretary, capacity: 12},
		"somebody was faster":     {by: h.host, capacity: 20, stale: true, want: fault.ErrStale},
		"faster, and below":       {by: h.host, capacity: 1, stale: true, want: fault.ErrStale},
		"by another community":    {by: h.other, capacity: 20, want: access.ErrDenied},
		"by the lead":             {by: h.lead, capacity: 20, want: access.ErrDenied},
		"of no such position":     {by: h.host, id: 1, capacity: 20, want: fault.ErrNotFound},
		"by nobody":               {capacity: 20, want: access.ErrRequired},
		"by an officer far above": {by: h.county, capacity: 20, want: access.ErrDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := h.position(t, pos.ID)
			if tt.id == 0 {
				tt.id = pos.ID
			}
			version := before.Version
			if tt.stale {
				version--
			}
			log := h.audits(t, "position.capacity")
			got, _, err := h.SetCapacity(t.Context(), tt.by, tt.id, version, tt.capacity)
			wants(t, err, tt.want)
			after := h.position(t, pos.ID)
			if tt.want != nil {
				if after.Capacity != before.Capacity || after.Version != before.Version || h.audits(t, "position.capacity") != log {
					t.Error("changed by a refusal")
				}
				return
			}
			if diff := cmp.Diff(after, got); diff != "" || after.Capacity != tt.capacity || after.Taken != 4 || after.Version != version+1 || h.audits(t, "position.capacity") != log+1 {
				t.Errorf("got %+v %s", after, diff)
			}
		})
	}
	h.Clock.Set(a.EndsAt)
	_, _, err := h.SetCapacity(t.Context(), h.host, pos.ID, h.position(t, pos.ID).Version, 50)
	wants(t, err, fault.ErrState)
}

func (h *house) position(t *testing.T, id int64) model.Position {
	t.Helper()
	var p model.Position
	must(t, h.World.DB.Where("id = ?", id).First(&p).Error)
	return p
}

// Seats are taken while capacity goes down: at no time may more be taken than there are.
func TestCapacityNeverFallsBelowWhatIsBeingTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, _, pos := h.World.Activity(h.running(), 50, nil)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			err := h.World.DB.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
				return tx.Model(&model.Position{}).Where("id = ? AND taken < capacity", pos.ID).Update("taken", gorm.Expr("taken + 1")).Error
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for n := range int64(10) {
		wg.Go(func() {
			version := h.position(t, pos.ID).Version
			_, _, _ = h.SetCapacity(t.Context(), h.host, pos.ID, version, 45-4*n) // some are stale or too low
		})
	}
	wg.Wait()
	p := h.position(t, pos.ID)
	if p.Taken > p.Capacity || p.Taken == 0 {
		t.Errorf("%d of %d seats are taken", p.Taken, p.Capacity)
	}
	if n := h.audits(t, "position.capacity"); n != p.Version-1 {
		t.Errorf("version %d after %d changes", p.Version, n)
	}
}
