package checker_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/round"
)

// market is a university whose students want places, and the servers that are to give them, one after the other.
type market struct {
	*stage
	built     *app.Built
	officer   access.Actor
	token     string // of the officer
	me        student
	positions []int64
	students  []int64
	dice      *rand.Rand
	alive     []*server
	ahead     time.Duration
	kills     int
}

func newMarket(t *testing.T, students, positions int) *market {
	t.Helper()
	m := &market{stage: emptyStage(t), dice: rand.New(rand.NewPCG(1, 2))}
	m.env = append(m.env, "BAODAO_WECHAT_APPID=wx0000000000000001", "BAODAO_WECHAT_SECRET=secret-of-the-test", "BAODAO_WECHAT_BASE_URL="+agreeable(t))
	m.built = m.inside()
	login := m.logins()
	m.officer = m.Staff("钱书记", access.CommitteeOfficer, m.University)
	m.token = login(m.officer)
	who := m.Student("学生", m.Branch)
	m.me = student{id: who.StudentID, token: login(who)}
	m.students = append(m.students, who.StudentID)
	m.write(func(tx *gorm.DB) error {
		at := map[string]any{"lat_e6": 36_650_000, "lng_e6": 117_120_000}
		return errors.Join(tx.Model(&model.Org{}).Where("id = ?", m.Branch.ID).Updates(at).Error, m.offer(tx, positions), m.people(tx, students))
	})
	t.Cleanup(func() {
		for _, s := range m.alive {
			s.kill()
		}
	})
	return m
}

// agreeable is a WeChat that has nothing against any text, whoever wrote it: the people of these tests never logged in with one,
// and the simulator, as the real one, looks at no text of a stranger. It answers every question with all that it ever says.
func agreeable(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok","access_token":"t","expires_in":7200,"trace_id":"1","result":{"suggest":"pass","label":100}}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func (m *market) write(f func(tx *gorm.DB) error) {
	m.t.Helper()
	if err := m.DB.Transaction(f); err != nil {
		m.t.Fatal(err)
	}
}

// offer adds positions of one activity each.
func (m *market) offer(tx *gorm.DB, n int) error {
	now := m.Clock.Now()
	start := now.Add(60 * 24 * time.Hour)
	var acts []model.Activity
	var rows []model.Position
	var needs []model.PositionNeeds
	for i := range n {
		lat, lng, need := 36_650_000+m.dice.Int64N(20_000), 117_120_000+m.dice.Int64N(20_000), int64(1)
		a := model.Activity{
			ID: m.NewID(), ProgrammeID: m.Programme.ID, OrgID: m.Community.ID, HostOrgID: m.Community.ID, Title: fmt.Sprintf("活动%d", i), Category: m.Policy.Categories[i%2].Code,
			Carriers: []string{}, Mode: "ONSITE", PlacementMode: "DAILY", SignupMode: model.SignupMatched, SignupOpensAt: now, SignupClosesAt: start, CancelUntil: start,
			Status: model.ActivityPublished, StartsAt: start, EndsAt: start.Add(2 * time.Hour), ListedAt: &start, LatE6: &lat, LngE6: &lng, PublishedAt: &now, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		p := model.Position{ID: m.NewID(), ActivityID: a.ID, Title: "志愿者", Capacity: 4 + m.dice.Int64N(8), Version: 1, CreatedAt: now, UpdatedAt: now}
		needs = append(needs, model.PositionNeeds{PositionID: p.ID, Slots: 1<<42 - 1, Need: &need, Want: m.dice.Int64N(16), MinTeam: m.dice.Int64N(3), Version: 1, CreatedAt: now, UpdatedAt: now})
		acts, rows, m.positions = append(acts, a), append(rows, p), append(m.positions, p.ID)
	}
	return errors.Join(tx.CreateInBatches(acts, 100).Error, tx.CreateInBatches(rows, 100).Error, tx.CreateInBatches(needs, 100).Error)
}

// people adds students who have said what they offer. Their names are of no matter and cannot be read.
func (m *market) people(tx *gorm.DB, n int) error {
	now := m.Clock.Now()
	var rows []model.StudentProfile
	var offers []model.Willingness
	for i := range n {
		id := m.students[0]
		if i > 0 {
			id = m.NewID()
			index := sha256.Sum256(fmt.Append(nil, id))
			rows = append(rows, model.StudentProfile{
				ID: id, PersonID: id, UniversityID: m.University.ID, StudentNoEnc: []byte{1}, StudentNoIdx: index[:], NameEnc: []byte{1}, NameIdx: index[:],
				BranchID: m.Branch.ID, Grade: "2025", Tags: []string{}, Version: 1, CreatedAt: now, UpdatedAt: now,
			})
			m.students = append(m.students, id)
		}
		offers = append(offers, model.Willingness{
			StudentID: id, ProgrammeID: m.Programme.ID, Willing: true, Slots: 1 + m.dice.Int64N(1<<42-1), Skills: m.dice.Int64N(16), Interest1: m.Policy.Categories[i%2].Code,
			MaxDistM: 4000 + m.dice.Int64N(6000), Version: 1, CreatedAt: now, UpdatedAt: now,
		})
	}
	return errors.Join(tx.CreateInBatches(rows, 500).Error, tx.CreateInBatches(offers, 500).Error)
}

// lists are one for every student, the same for every round.
func (m *market) lists() [][]int64 {
	all := make([][]int64, len(m.students))
	for s := range all {
		for _, p := range m.dice.Perm(len(m.positions))[:8] {
			all[s] = append(all[s], m.positions[p])
		}
	}
	return all
}

// open opens a round with these lists, whose time is over.
func (m *market) open(lists [][]int64) int64 {
	m.t.Helper()
	now := clock.System()
	d, err := m.built.Round.Create(m.t.Context(), m.officer, idem.Key{}, round.New{Kind: model.RoundPositions, ProgrammeID: m.Programme.ID, ScopeOrgID: m.University.ID, Form: round.Form{
		Name: "秋季第一轮", Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, AnswerHours: 72,
		WishesFrom: now, WishesUntil: now.Add(time.Hour), DrawSource: "福彩双色球 2026135 期",
	}})
	if err == nil {
		_, err = m.built.Round.Open(m.t.Context(), m.officer, d.ID)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	rows := make([]model.MatchWish, len(lists))
	for i, list := range lists {
		rows[i] = model.MatchWish{RoundID: d.ID, StudentID: m.students[i], Positions: list, Listed: int64(len(list)), Open: i%10 == 0, Version: 1, CreatedAt: now, UpdatedAt: now}
	}
	m.write(func(tx *gorm.DB) error {
		return errors.Join(tx.CreateInBatches(rows, 500).Error,
			tx.Model(&model.MatchRound{}).Where("id = ?", d.ID).Updates(map[string]any{"wishes_from": now.Add(-time.Hour), "wishes_until": now.Add(-time.Second)}).Error)
	})
	return d.ID
}

// begin starts one more server. Its clock is so far ahead that it takes the leases of those before it for run out; that of
// the job goes by the clock of the machine.
func (m *market) begin(guard string) *server {
	m.t.Helper()
	addr := freeAddress(m.t)
	m.ahead += 31 * time.Second
	m.write(func(tx *gorm.DB) error {
		return tx.Model(&model.Lease{}).Where("name = ?", "advance-match-rounds").Update("until", clock.System().Add(-time.Second)).Error
	})
	s := &server{addr: addr, env: append(slices.Clone(m.env), "BAODAO_ADDR="+addr, serveVariable+"="+guard, aheadVariable+"="+m.ahead.String())}
	m.alive = append(m.alive, s)
	if err := s.start(); err != nil {
		m.t.Fatal(err)
	}
	return s
}

// after kills a server that stalls, or has nothing to do, and starts another one. On MySQL the other one is there before, and
// waits for what the first has locked.
func (m *market) after(dead *server, guard string) *server {
	m.t.Helper()
	m.kills++
	if !m.onMySQL {
		dead.kill()
		return m.begin(guard)
	}
	s := m.begin(guard)
	dead.kill()
	return s
}

// stalled waits until a server has come to its halt.
func (m *market) stalled(s *server) {
	m.t.Helper()
	m.wait("a stall", func() bool { return strings.Contains(s.log.String(), stalled) })
}

func (m *market) wait(what string, done func() bool) {
	m.t.Helper()
	for range 12_000 {
		if done() {
			return
		}
		pause(10 * time.Millisecond)
	}
	m.t.Fatalf("no %s: %s", what, m.alive[len(m.alive)-1].log.String())
}

// ask sends a request to a server, which must do as it is told.
func (m *market) ask(s *server, method, path, token, body string) []byte {
	m.t.Helper()
	code, answer := m.send(s, method, path, token, body)
	if code >= http.StatusMultipleChoices {
		m.t.Fatalf("%s %s: %d %s", method, path, code, answer)
	}
	return answer
}

// send sends a request with a key of its own, and with version 0 where none is named.
func (m *market) send(s *server, method, path, token, body string, headers ...string) (code int, answer []byte) {
	m.t.Helper()
	req, err := http.NewRequest(method, "http://"+s.addr+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", fmt.Sprint(m.NewID()))
	req.Header.Set("If-Match", `"0"`)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	answer, err = io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		m.t.Fatal(err)
	}
	return res.StatusCode, answer
}

// seen is a round as its officer sees it.
type seen struct {
	Status       string
	InputDigest  string `json:"input_digest"`
	ResultDigest string `json:"result_digest"`
	Placed       int64
	Work         struct {
		Done, Total int64
		Ready       bool
		Failure     string
	}
}

func (m *market) look(s *server, id int64) (v seen) {
	m.t.Helper()
	if err := json.Unmarshal(m.ask(s, http.MethodGet, fmt.Sprintf("/match-rounds/%d", id), m.token, ""), &v); err != nil {
		m.t.Fatal(err)
	}
	return v
}

// unpack reads an export.
func unpack(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err == nil {
			out[f.Name], err = io.ReadAll(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
