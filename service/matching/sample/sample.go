// Package sample invents rounds of matching around real campuses: the same options make the same round. Sizes go from a
// handful to a million students; shares (free time, skills, limits) are guesses, not a survey. What is not a guess is kept:
// positions of one community lie together, people live where communities are, and the work that one studies, likes and can
// do is often the same.
package sample

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// Options say what is wanted.
type Options struct {
	Students  int
	Positions int
	Season    score.Season
	Rule      score.Rule
	Seed      uint64
	Groups    float64  // share of students who come with friends
	Campuses  []Campus // nil is the excerpt
}

// Shape of an invented round.
const (
	perCampus      = 6667 // students, when there are many
	perBranch      = 35
	termRadius     = 10_000
	vacationRadius = 15_000
	listLength     = 20
	perCommunity   = 5    // positions
	neighbourhood  = 400  // metres around the place of a community in which its positions are
	parish         = 1000 // metres around a position in which people live
)

// New invents a round.
func New(o Options) (*score.Instance, error) {
	if o.Students < 1 || o.Positions < 1 {
		return nil, errors.New("a sample needs students and positions")
	}
	campuses := o.Campuses
	if campuses == nil {
		var err error
		if campuses, err = Excerpt(); err != nil {
			return nil, err
		}
	}
	m := &maker{Options: o, random: rand.New(rand.NewPCG(o.Seed, 2026))} //nolint:gosec // nothing secret
	m.in = &score.Instance{
		Round:     score.Round{Number: 1, Season: o.Season, Seed: m.seed(), K: listLength, Radius: termRadius, Rule: o.Rule},
		Students:  make([]score.Student, o.Students),
		Positions: make([]score.Position, o.Positions),
	}
	if o.Season == score.Vacation {
		m.in.Round.Radius = vacationRadius
	}
	m.place(campuses)
	for p := range m.in.Positions {
		m.in.Positions[p] = m.position(p)
	}
	for s := range m.in.Students {
		m.in.Students[s] = m.student()
	}
	m.befriend()
	return m.in, m.in.Check()
}

type maker struct {
	Options
	random *rand.Rand
	in     *score.Instance
	points []point   // campuses, or the towns people come from
	share  []float64 // of the students, added up
	near   [][]int32 // positions that were placed around each point
	host   host      // of the positions made last
}

// host is a community, the campus or town it belongs to, and the branch it is paired with.
type host struct {
	at      int
	lies    point
	partner int32
}

type point struct{ lat, lon float64 } // millionths of a degree

func (m *maker) seed() []byte {
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = byte(m.random.Uint32()) //nolint:gosec // bounded
	}
	return seed
}

// place lays out the campuses in proportion to the students, or the towns around them in the vacation.
func (m *maker) place(campuses []Campus) {
	n, towns, each := min(150, max(1, (m.Students+perCampus/2)/perCampus)), 1, 5
	if m.Season == score.Vacation {
		n, towns, each = min((n+3)/4, len(campuses)), 24, 1
	}
	each = max(each, (n+len(campuses)-1)/len(campuses))
	total := 0.0
	for i := range n {
		c := campuses[i/each]
		for range towns {
			at := point{float64(c.LatE6), float64(c.LonE6)}
			if i%each > 0 {
				at = m.scatter(at, 7000)
			}
			if towns > 1 {
				at = m.scatter(at, 45_000)
			}
			m.points = append(m.points, at)
			total += math.Exp(m.random.NormFloat64() * 0.6)
			m.share = append(m.share, total)
		}
	}
	m.near = make([][]int32, len(m.points))
}

// scatter is a point at most radius metres away, evenly over the circle.
func (m *maker) scatter(p point, radius float64) point {
	const metresPerDegree = 111_195
	r, angle := radius*math.Sqrt(m.random.Float64()), 2*math.Pi*m.random.Float64()
	lat := p.lat + r*math.Cos(angle)/metresPerDegree*1e6
	return point{lat, p.lon + r*math.Sin(angle)/(metresPerDegree*math.Cos(p.lat/1e6*math.Pi/180))*1e6}
}

// anyone draws a point by its share of the students.
func (m *maker) anyone() int {
	x := m.random.Float64() * m.share[len(m.share)-1]
	lo, hi := 0, len(m.share)-1
	for lo < hi {
		if mid := (lo + hi) / 2; m.share[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// settleHost draws where a community is: mostly where the people are, but not only.
func (m *maker) settleHost() host {
	at, spread := m.anyone(), 6500.0
	if m.random.Float64() < 0.5 {
		at = m.random.IntN(len(m.points))
	}
	if m.random.Float64() < 0.35 {
		spread = 17_000
	}
	h := host{at, m.scatter(m.points[at], spread), score.None}
	if m.random.Float64() < 0.4 {
		h.partner = m.branch(at)
	}
	return h
}

func (m *maker) position(id int) score.Position {
	if id%perCommunity == 0 {
		m.host = m.settleHost()
	}
	at := m.host.at
	lat, lon, xyz := settle(m.scatter(m.host.lies, neighbourhood))
	m.near[at] = append(m.near[at], int32(id)) //nolint:gosec // bounded
	p := score.Position{
		LatE6: lat, LonE6: lon, At: xyz, Community: int32(id / perCommunity), Category: m.work(), //nolint:gosec // bounded
		Urgency: uint8(m.random.IntN(score.MaxUrgency + 1)), Partner: m.host.partner, //nolint:gosec // bounded
	}
	p.Cap = [...]int32{2, 4, 6, 8, 10, 12, 16, 20, 30}[m.random.IntN(9)]
	if m.random.Float64() < 0.3 {
		p.Min = min(p.Cap, int32(2+m.random.IntN(4))) //nolint:gosec // bounded
	}
	blocks := 1 + m.random.IntN(5)
	for range blocks {
		p.Slots |= 1 << m.block()
	}
	p.Need = 1
	if blocks > 2 && m.random.Float64() < 0.4 {
		p.Need = 2
	}
	if m.random.Float64() < 0.15 {
		p.Req = m.ownSkill(p.Category)
	}
	p.Want = m.wanted(p.Category)
	return p
}

// block draws a block of the week; weekends and evenings are more often worked in.
func (m *maker) block() int {
	if m.random.Float64() < 0.5 {
		return 30 + m.random.IntN(12)
	}
	return m.random.IntN(score.Slots)
}

// skill draws a skill; the low ones are common.
func (m *maker) skill() int {
	return min(m.random.IntN(score.Skills), m.random.IntN(score.Skills))
}

func (m *maker) branch(at int) int32 {
	each := max(1, m.Students/perBranch/len(m.points))
	return int32(at*each + m.random.IntN(each)) //nolint:gosec // bounded
}

func (m *maker) student() score.Student {
	at := m.anyone()
	where := m.points[at]
	if m.Season == score.Vacation {
		where = m.home(at)
	}
	lat, lon, xyz := settle(where)
	s := score.Student{
		LatE6: lat, LonE6: lon, At: xyz, Campus: int32(at), Served: score.None, Branch: m.branch(at), Group: score.None, //nolint:gosec // bounded
		MaxDist:   [...]int32{3000, 6000, 10_000, 15_000}[m.random.IntN(4)],
		Interests: [3]int8{score.None, score.None, score.None},
	}
	leisure := 0.4 + 1.2*m.random.Float64() // some have hardly an evening, some half the week
	for b := range score.Slots {
		chance := 0.55 // ten to twelve of thirty blocks are lectures, and some are for learning
		if b >= 30 {
			chance = 0.75
		}
		if m.random.Float64() < chance*leisure {
			s.Slots |= 1 << b
		}
	}
	m.talents(&s)
	if x := m.random.Float64(); x < 0.225 {
		s.Waited = 1
		if x < 0.05 {
			s.Waited = 2
		}
	}
	if m.random.Float64() < 0.1 {
		s.Served = m.before(&s)
	}
	return s
}

// home draws where somebody of a town lives: in a community or beside it.
func (m *maker) home(town int) point {
	near := m.near[town]
	if len(near) == 0 {
		return m.scatter(m.points[town], 7000)
	}
	p := &m.in.Positions[near[m.random.IntN(len(near))]]
	return m.scatter(point{float64(p.LatE6), float64(p.LonE6)}, parish)
}

// befriend makes groups of two to four neighbours of one campus, with the limits that all of them share.
func (m *maker) befriend() {
	last, group := map[int32][]int{}, int32(0)
	for id := range m.in.Students {
		s := &m.in.Students[id]
		if m.random.Float64() >= m.Groups {
			continue
		}
		waiting := slices.Concat(last[s.Campus], []int{id})
		if len(waiting) < 2+m.random.IntN(3) {
			last[s.Campus] = waiting
			continue
		}
		for _, member := range waiting {
			m.in.Students[member].Group = group
		}
		group++
		delete(last, s.Campus)
	}
}

// settle rounds a point to what records hold.
func settle(p point) (latE6, lonE6 int32, at geo.XYZ) {
	latE6, lonE6 = int32(math.Round(p.lat)), int32(math.Round(p.lon))
	return latE6, lonE6, geo.Point{LatE6: int64(latE6), LngE6: int64(lonE6)}.XYZ()
}
