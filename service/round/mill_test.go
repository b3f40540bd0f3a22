package round_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/round"
	"baodao/service/survey"
)

// mill is a university with many students, and communities with many positions, written straight into the tables.
type mill struct {
	*testkit.World

	s         *round.Service
	officer   access.Actor
	branches  []model.Org
	hosts     []model.Org
	students  []int64
	positions []int64
	dice      *rand.Rand
}

// newMill makes four branches at four places, eight communities, and students and positions around them.
func newMill(t testing.TB, students, positions int) *mill {
	t.Helper()
	m := &mill{World: testkit.NewWorld(t), dice: rand.New(rand.NewPCG(1, uint64(students)))}
	m.s = m.replica("one")
	m.officer = m.Staff("钱书记", access.CommitteeOfficer, m.University)
	for i := range 4 {
		o := m.Org(m.Department, model.OrgLeagueBranch, fmt.Sprintf("%d班团支部", i))
		m.locate(o, int64(36_600_000+i*15_000), 117_000_000)
		m.branches = append(m.branches, o)
	}
	for i := range 8 {
		m.hosts = append(m.hosts, m.Org(m.Town, model.OrgCommunity, fmt.Sprintf("%d社区", i)))
	}
	m.Pair(m.branches[0], m.hosts[0])
	m.Pair(m.branches[1], m.hosts[0])
	m.Pair(m.branches[2], m.hosts[1])
	m.offers(positions)
	m.people(students)
	return m
}

// replica is the service of another process.
func (m *mill) replica(owner string) *round.Service {
	facts := &survey.Service{DB: m.DB, Now: m.Clock.Now, Audit: m.Audit, Vault: m.Vault}
	return &round.Service{
		DB: m.DB, Now: m.Clock.Now, NewID: m.NewID, Audit: m.Audit, Vault: m.Vault, Owner: owner, Workers: 2,
		Kinds: map[string]round.Kind{model.RoundPositions: &round.Positions{DB: m.DB, Now: m.Clock.Now, NewID: m.NewID, Survey: facts}},
	}
}

func (m *mill) write(f func(tx *gorm.DB) error) {
	m.TB.Helper()
	if err := m.DB.Transaction(f); err != nil {
		m.TB.Fatal(err)
	}
}

func (m *mill) locate(o model.Org, lat, lng int64) {
	m.TB.Helper()
	m.write(func(tx *gorm.DB) error {
		return tx.Model(&model.Org{}).Where("id = ?", o.ID).Updates(map[string]any{"lat_e6": lat, "lng_e6": lng}).Error
	})
}

// offers adds positions of one activity each.
func (m *mill) offers(n int) {
	m.TB.Helper()
	now := m.Clock.Now()
	start := now.Add(60 * 24 * time.Hour)
	var acts []model.Activity
	var rows []model.Position
	var needs []model.PositionNeeds
	for i := range n {
		lat, lng := 36_600_000+m.dice.Int64N(60_000), 117_000_000+m.dice.Int64N(40_000)-20_000
		host := m.hosts[i%len(m.hosts)]
		a := model.Activity{
			ID: m.NewID(), ProgrammeID: m.Programme.ID, OrgID: host.ID, HostOrgID: host.ID, Title: fmt.Sprintf("活动%d", i), Category: m.Policy.Categories[i%2].Code, Carriers: []string{},
			Mode: "ONSITE", PlacementMode: "DAILY", SignupMode: model.SignupMatched, SignupOpensAt: now, SignupClosesAt: start, CancelUntil: start, Status: model.ActivityPublished,
			StartsAt: start, EndsAt: start.Add(2 * time.Hour), ListedAt: &start, LatE6: &lat, LngE6: &lng, PublishedAt: &now, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		p := model.Position{ID: m.NewID(), ActivityID: a.ID, Title: "志愿者", Capacity: 1 + m.dice.Int64N(8), Version: 1, CreatedAt: now, UpdatedAt: now}
		if i%5 == 0 {
			until := start
			a.PairedUntil, p.Reserved = &until, 1
		}
		if i%7 == 3 {
			a.Audience = &model.Audience{Grades: []string{"2024"}}
		}
		need := int64(1)
		needs = append(needs, model.PositionNeeds{
			PositionID: p.ID, Slots: 1 + m.dice.Int64N(1<<42-1), Need: &need, Req: m.dice.Int64N(16) & m.dice.Int64N(16) & m.dice.Int64N(16), Want: m.dice.Int64N(64),
			Urgency: m.dice.Int64N(8), MinTeam: m.dice.Int64N(3), Version: 1, CreatedAt: now, UpdatedAt: now,
		})
		acts, rows, m.positions = append(acts, a), append(rows, p), append(m.positions, p.ID)
	}
	m.write(func(tx *gorm.DB) error {
		return errors.Join(tx.CreateInBatches(acts, 100).Error, tx.CreateInBatches(rows, 100).Error, tx.CreateInBatches(needs, 100).Error)
	})
}

// people adds students who have said what they offer. Their names are of no matter and cannot be read.
func (m *mill) people(n int) {
	m.TB.Helper()
	now := m.Clock.Now()
	var rows []model.StudentProfile
	var offers []model.Willingness
	for i := range n {
		id := m.NewID()
		rows = append(rows, model.StudentProfile{
			ID: id, PersonID: id, UniversityID: m.University.ID, StudentNoEnc: []byte{1}, StudentNoIdx: index(id), NameEnc: []byte{1}, NameIdx: index(id),
			BranchID: m.branches[i%4].ID, Grade: fmt.Sprint(2024 + i%3/2), Tags: []string{}, Version: 1, CreatedAt: now, UpdatedAt: now,
		})
		offers = append(offers, model.Willingness{
			StudentID: id, ProgrammeID: m.Programme.ID, Willing: true, Slots: m.dice.Int64N(1<<42 - 1), Skills: m.dice.Int64N(64), Interest1: m.Policy.Categories[i%2].Code,
			MaxDistM: 4000 + m.dice.Int64N(6000), Version: 1, CreatedAt: now, UpdatedAt: now,
		})
		m.students = append(m.students, id)
	}
	m.write(func(tx *gorm.DB) error {
		return errors.Join(tx.CreateInBatches(rows, 500).Error, tx.CreateInBatches(offers, 500).Error)
	})
}

func index(id int64) []byte { sum := sha256.Sum256(fmt.Append(nil, id)); return sum[:] }

// wish gives every student a list of up to ten; every tenth is open to others.
func (m *mill) wish(r int64) {
	m.TB.Helper()
	var rows []model.MatchWish
	for i, id := range m.students {
		n := min(10, len(m.positions))
		w := model.MatchWish{RoundID: r, StudentID: id, Open: i%10 == 0, Version: 1, CreatedAt: m.Clock.Now(), UpdatedAt: m.Clock.Now()}
		for _, p := range m.dice.Perm(len(m.positions))[:n] {
			w.Positions = append(w.Positions, m.positions[p])
		}
		w.Listed = int64(len(w.Positions))
		rows = append(rows, w)
	}
	m.write(func(tx *gorm.DB) error { return tx.CreateInBatches(rows, 500).Error })
}

// befriend makes groups of three of every ten students, by the list of the second of them, and keeps some students and hosts apart.
func (m *mill) befriend(r int64) {
	m.TB.Helper()
	now := m.Clock.Now()
	var groups []model.MatchGroup
	var blocks []model.MatchBlock
	for i := 0; i+3 < len(m.students); i += 10 {
		group := m.NewID()
		for n, id := range m.students[i : i+3] {
			groups = append(groups, model.MatchGroup{RoundID: r, StudentID: id, GroupID: group, Leads: n == 1, CreatedAt: now})
		}
		groups[len(groups)-2].CodeHash = index(group)
		blocks = append(blocks, model.MatchBlock{StudentID: m.students[i+3], OrgID: m.hosts[i%8].ID, Side: model.BlockByStudent, ReasonEnc: []byte{}, CreatedAt: now})
	}
	m.write(func(tx *gorm.DB) error {
		return errors.Join(tx.CreateInBatches(groups, 500).Error, tx.CreateInBatches(blocks, 500).Error)
	})
}

// form is a round that takes wishes for a day, from now.
func (m *mill) form() round.New {
	return round.New{Kind: model.RoundPositions, ProgrammeID: m.Programme.ID, ScopeOrgID: m.University.ID, Form: round.Form{
		Name: "秋季第一轮", Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, AnswerHours: 72,
		WishesFrom: m.Clock.Now(), WishesUntil: m.Clock.Now().Add(24 * time.Hour), DrawSource: "福彩双色球 2026135 期",
	}}
}

// open plans and opens a round, and hands in the lists.
func (m *mill) open() int64 {
	m.TB.Helper()
	d, err := m.s.Create(m.TB.Context(), m.officer, idem.Key{}, m.form())
	if err == nil {
		_, err = m.s.Open(m.TB.Context(), m.officer, d.ID)
	}
	if err != nil {
		m.TB.Fatal(err)
	}
	m.wish(d.ID)
	return d.ID
}

// work lets a replica do what there is to do until there is nothing.
func (m *mill) work(s *round.Service) {
	m.TB.Helper()
	for {
		n, err := s.Advance(m.TB.Context(), 20)
		if err != nil {
			m.TB.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// frozen is a round whose inputs are written down.
func (m *mill) frozen() int64 {
	m.TB.Helper()
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	m.is(id, model.RoundFrozen)
	return id
}

// ran is a round with a result.
func (m *mill) ran() int64 {
	m.TB.Helper()
	id := m.frozen()
	m.draw(id)
	m.work(m.s)
	return id
}

func (m *mill) draw(id int64) {
	m.TB.Helper()
	if _, err := m.s.Draw(m.TB.Context(), m.officer, id, "03 09 17 21 25 33 + 12"); err != nil {
		m.TB.Fatal(err)
	}
}

// published is a round whose proposals are out.
func (m *mill) published() int64 {
	m.TB.Helper()
	id := m.ran()
	if _, err := m.s.Publish(m.TB.Context(), m.officer, id); err != nil {
		m.TB.Fatal(err)
	}
	m.is(id, model.RoundPublished)
	return id
}

func (m *mill) row(id int64) (r model.MatchRound) {
	m.TB.Helper()
	if err := m.DB.Where("id = ?", id).First(&r).Error; err != nil {
		m.TB.Fatal(err)
	}
	return r
}

func (m *mill) is(id int64, want model.RoundStatus) {
	m.TB.Helper()
	if r := m.row(id); r.Status != want {
		m.TB.Fatalf("the round is %s (%s), want %s", r.Status, r.Failure, want)
	}
}

// handedOut unpacks an export.
func (m *mill) handedOut(id int64) map[string][]byte {
	m.TB.Helper()
	data, err := m.s.Export(m.TB.Context(), m.fresh(), id)
	if err != nil {
		m.TB.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		m.TB.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			m.TB.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			m.TB.Fatal(err)
		}
	}
	return out
}

// fresh is the officer after logging in again.
func (m *mill) fresh() access.Actor {
	a := m.officer
	a.LoggedInAt = m.Clock.Now()
	return a
}

var errKilled = errors.New("killed")

// killed makes a process that dies after its n-th batch.
func (m *mill) killed(owner string, n int) *round.Service {
	s, batches := m.replica(owner), 0
	round.InBatchesOf(s, 50)
	round.Interrupt(s, func(model.RoundStatus) error {
		if batches++; batches == n {
			panic(errKilled)
		}
		return nil
	})
	return s
}

// dies runs a process until it ends.
func (m *mill) dies(s *round.Service) (err error) {
	defer func() {
		if recover() != nil {
			err = errKilled
		}
	}()
	_, err = s.Advance(m.TB.Context(), 20)
	return err
}

func (m *mill) ctx() context.Context { return m.TB.Context() }
