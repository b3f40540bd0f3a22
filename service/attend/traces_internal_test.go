package attend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/matching/geo"
)

// cities are middles of big cities, in WGS-84.
var cities = [][2]float64{{36.651, 117.120}, {21.663, 110.925}, {31.230, 121.474}, {39.904, 116.407}, {30.573, 104.066}, {23.129, 113.264}, {45.757, 126.642}, {29.563, 106.551}}

// traces is where they are made: people with keys and consents, sessions at places, and a clock.
type traces struct {
	*testkit.World
	s       *Service
	rng     *rand.Rand
	people  []model.StudentProfile
	next    int // person not used yet
	id      int64
	at      time.Time
	pending []weighed
	told    map[string][2]int // by kind: tries, reviews
	kinds   []string
}

func newTraces(t *testing.T, people int) *traces {
	t.Helper()
	w := testkit.NewWorld(t)
	tr := &traces{World: w, rng: rand.New(rand.NewPCG(2026, 11)), at: w.Clock.Now(), id: 1 << 40, told: map[string][2]int{}}
	tr.s = &Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault}
	live := true
	ids, consents := make([]int64, people), make([]model.Consent, people)
	for i := range people {
		id := w.NewID()
		ids[i] = id
		tr.people = append(tr.people, model.StudentProfile{
			ID: id, UserID: &ids[i], PersonID: id, UniversityID: w.University.ID, BranchID: w.Branch.ID, StudentNoIdx: []byte(fmt.Sprint(i)), StudentNoEnc: []byte{}, NameEnc: []byte{}, NameIdx: []byte{}, Tags: []string{}, CreatedAt: tr.at, UpdatedAt: tr.at, Version: 1,
		})
		consents[i] = model.Consent{ID: w.NewID(), UserID: id, Purpose: model.ConsentLocation, TextVersion: "1", GrantedAt: tr.at, Live: &live}
	}
	must(t, w.DB.Transaction(func(tx *gorm.DB) error {
		if _, err := w.Vault.NewPeople(tx, ids...); err != nil {
			return err
		}
		if err := tx.CreateInBatches(tr.people, 500).Error; err != nil {
			return err
		}
		return tx.CreateInBatches(consents, 500).Error
	}))
	return tr
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person is somebody new.
func (tr *traces) person() model.StudentProfile {
	tr.next++
	return tr.people[tr.next-1]
}

// session is a new one at a place of a city.
func (tr *traces) session() model.Session {
	c := cities[tr.rng.IntN(len(cities))]
	p := geo.FromDegrees(c[0]+tr.rng.Float64()*0.2-0.1, c[1]+tr.rng.Float64()*0.2-0.1)
	tr.id++
	return model.Session{ID: tr.id, ActivityID: 1, LatE6: &p.LatE6, LngE6: &p.LngE6, RadiusM: []int64{100, 200, 200, 300, 500}[tr.rng.IntN(5)]}
}

// spot is a point in degrees of WGS-84.
type spot struct{ lat, lng float64 }

func middle(e model.Session) spot { return spot{float64(*e.LatE6) / 1e6, float64(*e.LngE6) / 1e6} }

// off goes some metres in a direction.
func (s spot) off(metres, angle float64) spot {
	const degree = 111195.0
	return spot{s.lat + metres*math.Sin(angle)/degree, s.lng + metres*math.Cos(angle)/degree/math.Cos(s.lat*math.Pi/180)}
}

func (tr *traces) angle() float64 { return tr.rng.Float64() * 2 * math.Pi }

// measured is what an honest phone says at a spot: GCJ-02 as a map gives it or plain WGS-84, six decimals or all of them.
func (tr *traces) measured(s spot, accuracy float64) *Fix {
	f := &Fix{Lat: s.lat, Lng: s.lng, Datum: model.DatumWGS84, AccuracyM: accuracy}
	if tr.rng.Float64() < 0.8 {
		f.Datum = model.DatumGCJ02
		p := toGCJ02(s)
		f.Lat, f.Lng = p.lat, p.lng
	}
	if tr.rng.Float64() < 0.6 {
		f.Lat, f.Lng = math.Round(f.Lat*1e6)/1e6, math.Round(f.Lng*1e6)/1e6
	}
	zero := 0.0
	f.AltitudeM = &zero // what wx.getLocation says when it was not asked
	return f
}

// toGCJ02 searches the point that converts back to this one.
func toGCJ02(s spot) spot {
	g := s
	for range 8 {
		lat, lng := geo.FromGCJ02(geo.FromDegrees(g.lat, g.lng)).Degrees()
		g = spot{g.lat + s.lat - lat, g.lng + s.lng - lng}
	}
	return g
}

// phone is the id of a person's own.
func phone(p model.StudentProfile) string { return fmt.Sprintf("phone-%d", p.ID) }

// try puts a check-in or check-out on the scale; a batch is weighed when it is full.
func (tr *traces) try(kind string, p model.StudentProfile, e model.Session, at time.Time, ev Evidence) {
	tr.TB.Helper()
	tr.id++
	row := &model.CheckIn{ID: tr.id, StudentID: p.ID, SignupID: p.ID, SessionID: e.ID, LogicalAt: at, ReceivedAt: at, Verdict: model.VerdictOK}
	tr.pending, tr.kinds = append(tr.pending, weighed{row: row, session: e, policy: tr.Policy, evidence: ev}), append(tr.kinds, kind)
	if len(tr.pending) == 100 {
		tr.weigh()
	}
}

func (tr *traces) weigh() {
	tr.TB.Helper()
	must(tr.TB, tr.DB.Transaction(func(tx *gorm.DB) error {
		doubts, err := tr.s.weigh(tx, tr.pending)
		if err != nil {
			return err
		}
		for i, kind := range tr.kinds {
			n := tr.told[kind]
			n[0]++
			if row := tr.pending[i].row; len(doubts[i]) > 0 {
				n[1]++
				if row.Verdict != model.VerdictReview || row.Reason != doubts[i][0] {
					tr.TB.Errorf("%+v with %v", row, doubts[i])
				}
			} else if row.Verdict != model.VerdictOK || row.Reason != "" {
				tr.TB.Errorf("%+v without doubts", row)
			}
			tr.told[kind] = n
		}
		return tr.s.keep(tx, tr.pending)
	}))
	tr.pending, tr.kinds = nil, nil
}

// TestHonestTracesAreRarelyReviewed: ten thousand check-ins and check-outs of people who were there, with what phones do to
// them: jitter as large as they say, drift between tall buildings that they do not know of, old positions, positions of a
// mast, none at all, a borrowed phone.
func TestHonestTracesAreRarelyReviewed(t *testing.T) {
	t.Parallel()
	tr := newTraces(t, 2500)
	for range 50 {
		crowd := make([]model.StudentProfile, 50)
		for i := range crowd {
			crowd[i] = tr.person()
		}
		e, at := tr.session(), tr.at
		for range 2 { // two sessions of the same people, the second one somewhere near on the same day
			arrived := make([]Evidence, len(crowd))
			for i, p := range crowd {
				arrived[i] = tr.honest(p, e)
				tr.try("in", p, e, at.Add(time.Duration(tr.rng.IntN(1200))*time.Second), arrived[i])
			}
			for i, p := range crowd {
				ev := tr.honest(p, e)
				if tr.rng.Float64() < 0.05 {
					ev = arrived[i] // the phone lay still and gives what it measured before
				}
				tr.try("out", p, e, at.Add(2*time.Hour+time.Duration(tr.rng.IntN(608))*time.Second), ev)
			}
			next := tr.session()
			near := middle(e).off(500+tr.rng.Float64()*15_000, tr.angle())
			next.LatE6, next.LngE6 = e6(near.lat), e6(near.lng)
			e, at = next, at.Add(3*time.Hour)
		}
		tr.at = tr.at.Add(24 * time.Hour)
	}
	in, out := tr.told["in"], tr.told["out"]
	all, reviews := in[0]+out[0], in[1]+out[1]
	t.Logf("%d of %d honest tries to review (%.2f %%)", reviews, all, 100*float64(reviews)/float64(all))
	if all != 10_000 || reviews > 100 {
		t.Errorf("%d of %d honest tries to review, at most 1 %% may be", reviews, all)
	}
	if reviews == 0 {
		t.Error("not even a borrowed phone is looked at: the traces are too easy")
	}
}

func e6(v float64) *int64 {
	n := int64(math.Round(v * 1e6))
	return &n
}

// honest is what the phone of somebody says who is at the place of a session.
func (tr *traces) honest(p model.StudentProfile, e model.Session) Evidence {
	ev := Evidence{Device: phone(p)}
	if tr.rng.Float64() < 0.002 {
		ev.Device = phone(tr.people[tr.rng.IntN(max(tr.next, 1))]) // a friend's, for the own one is flat
	}
	if tr.rng.Float64() < 0.2 {
		return ev // no consent, no permission, or no signal
	}
	here := middle(e).off(float64(e.RadiusM)*math.Sqrt(tr.rng.Float64()), tr.angle())
	accuracy := min(5+tr.rng.ExpFloat64()*20, 400)
	switch dice := tr.rng.Float64(); {
	case dice < 0.20: // a city: the phone does not know how wrong it is
		here, accuracy = here.off(30+tr.rng.Float64()*50, tr.angle()), 10+tr.rng.Float64()*20
	case dice < 0.23: // indoors, by the networks around
		accuracy = 60 + tr.rng.Float64()*240
	case dice < 0.233: // by a mast
		accuracy = 550 + tr.rng.Float64()*1000
	}
	ev.Fix = tr.measured(here.off(math.Abs(tr.rng.NormFloat64())*accuracy/1.5, tr.angle()), accuracy)
	return ev
}

// TestCheatsAreNotCreditedByThemselves: a thousand cheats, each of which must at least be looked at by a person.
func TestCheatsAreNotCreditedByThemselves(t *testing.T) {
	t.Parallel()
	tr := newTraces(t, 3000)
	for range 125 {
		for _, cheat := range []func(){tr.fromAfar, tr.fromNextDoor, tr.teleports, tr.onePhone, tr.copied, tr.replayed, tr.typed, tr.wrongDatum} {
			cheat()
		}
		tr.at = tr.at.Add(time.Hour)
	}
	tr.weigh()
	all, caught := 0, 0
	for kind, n := range tr.told {
		if kind == "honest" {
			continue
		}
		t.Logf("%-14s %3d of %3d", kind, n[1], n[0])
		all, caught = all+n[0], caught+n[1]
		if n[1] < n[0]*4/5 {
			t.Errorf("%s: %d of %d are credited at once", kind, n[0]-n[1], n[0])
		}
	}
	t.Logf("%d of %d cheats are looked at (%.1f %%)", caught, all, 100*float64(caught)/float64(all))
	if all != 1000 || caught < 950 {
		t.Errorf("%d of %d cheats are looked at, want 95 %%", caught, all)
	}
	if n := tr.told["honest"]; n[1] > n[0]/50 {
		t.Errorf("%d of %d honest ones beside them as well", n[1], n[0])
	}
}

// fromAfar sends the true position from somewhere else.
func (tr *traces) fromAfar() {
	p, e := tr.person(), tr.session()
	away := middle(e).off(2000+tr.rng.Float64()*30_000, tr.angle())
	tr.try("afar", p, e, tr.at, Evidence{Fix: tr.measured(away, 5+tr.rng.Float64()*200), Device: phone(p)})
}

// fromNextDoor sends it from a dormitory close by, with an accuracy as bad as it is believed.
func (tr *traces) fromNextDoor() {
	p, e := tr.person(), tr.session()
	away := middle(e).off(float64(e.RadiusM)+150+tr.rng.Float64()*1200, tr.angle())
	tr.try("next door", p, e, tr.at, Evidence{Fix: tr.measured(away, 5+tr.rng.ExpFloat64()*60), Device: phone(p)})
}

// teleports is at two places within minutes.
func (tr *traces) teleports() {
	p, e, f := tr.person(), tr.session(), tr.session()
	far := middle(e).off(40_000+tr.rng.Float64()*200_000, tr.angle())
	f.LatE6, f.LngE6 = e6(far.lat), e6(far.lng)
	tr.try("honest", p, e, tr.at, Evidence{Fix: tr.measured(middle(e), 20), Device: phone(p)})
	tr.try("teleport", p, f, tr.at.Add(time.Duration(1+tr.rng.IntN(10))*time.Minute), Evidence{Fix: tr.measured(middle(f), 20), Device: phone(p)})
}

// onePhone checks a friend in who is not there, with a position that is good.
func (tr *traces) onePhone() {
	me, friend, e := tr.person(), tr.person(), tr.session()
	tr.try("honest", me, e, tr.at, Evidence{Fix: tr.measured(middle(e).off(20, tr.angle()), 20), Device: phone(me)})
	tr.try("one phone", friend, e, tr.at.Add(20*time.Second), Evidence{Fix: tr.measured(middle(e).off(20, tr.angle()), 20), Device: phone(me)})
}

// copied sends a friend's coordinates from a phone of one's own.
func (tr *traces) copied() {
	me, friend, e := tr.person(), tr.person(), tr.session()
	fix := tr.measured(middle(e).off(20, tr.angle()), 20)
	tr.try("honest", me, e, tr.at, Evidence{Fix: fix, Device: phone(me)})
	same := *fix
	same.AccuracyM = 10 + tr.rng.Float64()*50
	tr.try("copied", friend, e, tr.at.Add(time.Minute), Evidence{Fix: &same, Device: phone(friend)})
}

// replayed sends one's own coordinates of last week.
func (tr *traces) replayed() {
	p, e := tr.person(), tr.session()
	fix := tr.measured(middle(e).off(20, tr.angle()), 20)
	tr.try("honest", p, e, tr.at, Evidence{Fix: fix, Device: phone(p)})
	later := e
	tr.id++
	later.ID = tr.id
	tr.try("replayed", p, later, tr.at.Add(7*24*time.Hour), Evidence{Fix: fix, Device: phone(p)})
}

// typed sends numbers that no phone measured.
func (tr *traces) typed() {
	p, e := tr.person(), tr.session()
	fix := tr.measured(middle(e).off(10, tr.angle()), 20)
	high, fast := 12_000.0, 250.0
	switch tr.rng.IntN(5) {
	case 0:
		fix.Lat, fix.Lng = math.Round(fix.Lat*1e3)/1e3, math.Round(fix.Lng*1e3)/1e3
	case 1:
		fix.AccuracyM = 0
	case 2:
		fix.AccuracyM = 5000 + tr.rng.Float64()*1e5
	case 3:
		fix.AltitudeM = &high
	case 4:
		fix.SpeedMS = &fast
	}
	tr.try("typed", p, e, tr.at, Evidence{Fix: fix, Device: phone(p)})
}

// wrongDatum copies the place from a map in WGS-84 and says that it is GCJ-02, or the other way round.
func (tr *traces) wrongDatum() {
	p, e := tr.person(), tr.session()
	s := middle(e).off(tr.rng.Float64()*30, tr.angle())
	fix := &Fix{Lat: s.lat, Lng: s.lng, Datum: model.DatumGCJ02, AccuracyM: 5 + tr.rng.Float64()*30}
	if tr.rng.IntN(2) == 0 {
		g := toGCJ02(s)
		fix.Lat, fix.Lng, fix.Datum = g.lat, g.lng, model.DatumWGS84
	}
	tr.try("wrong datum", p, e, tr.at, Evidence{Fix: fix, Device: phone(p)})
}
