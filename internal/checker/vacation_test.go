package checker_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/files"
	"baodao/service/matching/geo"
)

// TestVacationRound plays a round from homes over HTTP: survey, wishes, freeze, draw, result, both answers; between the steps the
// server is another one.
func TestVacationRound(t *testing.T) {
	m := newMarket(t, 1, 12)
	s := m.begin(sound)
	people := m.village(s, 18)
	id := m.vacation(s)
	for i, p := range people {
		m.ask(s, http.MethodPut, fmt.Sprintf("/match-rounds/%s/wishes", id), p.token, m.wishOf(i))
	}
	m.over(id)
	m.ask(s, http.MethodPost, "/match-rounds/"+id+"/freeze", m.token, "")
	s = m.after(s, sound)
	n := m.number(id)
	m.wait("frozen round", func() bool { return m.look(s, n).Status == string(model.RoundFrozen) })
	m.ask(s, http.MethodPost, "/match-rounds/"+id+"/draw", m.token, `{"value":"03 09 17 21 25 33 + 12"}`)
	s = m.after(s, sound)
	m.wait("result", func() bool { return m.look(s, n).Work.Ready })
	m.ask(s, http.MethodPost, "/match-rounds/"+id+"/publish", m.token, "")
	m.replayed(s, n)
	m.onGrid(s, n, people)
	m.seated(s, people)
}

// number is the id of an answer as the database has it.
func (m *market) number(id string) int64 {
	m.t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

// villager is a student with a home.
type villager struct {
	student
	lat, lng float64
}

// village lets students say what they offer, and where they live.
func (m *market) village(s *server, n int) (all []villager) {
	m.t.Helper()
	login := m.logins()
	for range n {
		who := m.Student("学生", m.Branch)
		v := villager{student{id: who.StudentID, token: login(who)}, 36.65 + m.dice.Float64()/50, 117.12 + m.dice.Float64()/50}
		m.ask(s, http.MethodPut, fmt.Sprintf("/me/willingness?programme_id=%d", m.Programme.ID), v.token,
			`{"willing":true,"slots":["111111","111111","111111","111111","111111","111111","111111"],"skills":["TUTORING"],"interests":["CULTURE"],"max_distance_m":15000}`)
		m.ask(s, http.MethodPut, "/me/home", v.token, fmt.Sprintf(`{"lat":%f,"lng":%f,"coord":"wgs84"}`, v.lat, v.lng))
		all = append(all, v)
	}
	return all
}

// vacation plans and opens a round from homes.
func (m *market) vacation(s *server) string {
	m.t.Helper()
	now := clock.System()
	raw := m.ask(s, http.MethodPost, "/match-rounds", m.token, fmt.Sprintf(`{"kind":"POSITIONS","programme_id":"%d","scope_org_id":"%d","name":"寒假第一轮","season":"VACATION",
		"rule":"points-v2","k":10,"radius_m":15000,"answer_hours":72,"draw_source":"福彩双色球 2026135 期","wishes_from":%q,"wishes_until":%q}`,
		m.Programme.ID, m.University.ID, now.Add(-time.Minute).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))
	var r struct{ ID string }
	if err := json.Unmarshal(raw, &r); err != nil {
		m.t.Fatal(err)
	}
	m.ask(s, http.MethodPost, "/match-rounds/"+r.ID+"/open", m.token, "")
	return r.ID
}

// wishOf is a list of a few positions; every third is open to others.
func (m *market) wishOf(i int) string {
	var ids []string
	for _, p := range m.dice.Perm(len(m.positions))[:3] {
		ids = append(ids, fmt.Sprintf("%q", fmt.Sprint(m.positions[p])))
	}
	return fmt.Sprintf(`{"positions":[%s],"open":%t}`, strings.Join(ids, ","), i%3 == 0)
}

// over ends the time for wishes.
func (m *market) over(id string) {
	m.t.Helper()
	m.write(func(tx *gorm.DB) error {
		return tx.Model(&model.MatchRound{}).Where("id = ?", m.number(id)).Update("wishes_until", clock.System().Add(-time.Second)).Error
	})
}

// onGrid wants everybody in the files within 360 m of home, and nobody at home itself, nor at the campus.
func (m *market) onGrid(s *server, id int64, people []villager) {
	m.t.Helper()
	all := fstest.MapFS{}
	for name, data := range m.export(s, id) {
		all[name] = &fstest.MapFile{Data: data}
	}
	in, err := files.Load(all)
	if err != nil || len(in.Students) != len(people) {
		m.t.Fatal(len(in.Students), err)
	}
	cells := map[geo.Point]bool{}
	for i, p := range people {
		at := geo.Point{LatE6: int64(in.Students[i].LatE6), LngE6: int64(in.Students[i].LonE6)}
		home := geo.Point{LatE6: int64(math.Round(p.lat * 1e6)), LngE6: int64(math.Round(p.lng * 1e6))}
		cells[at] = true
		if d := geo.Chord(at.XYZ(), home.XYZ()); d > 360 || at == home {
			m.t.Errorf("student %d is put down %d m from home", i, d)
		}
	}
	if len(cells) == len(people) || len(cells) < 5 {
		m.t.Errorf("%d homes are in %d cells", len(people), len(cells))
	}
}

// seated lets everybody say yes, and the host too: then there are seats.
func (m *market) seated(s *server, people []villager) {
	m.t.Helper()
	clerk := m.logins()(m.Staff("干事", access.HostStaff, m.Community))
	var proposals []string
	for _, p := range people {
		var list struct {
			Data []struct {
				ID, Status string
				DistanceM  int64 `json:"distance_m"`
			}
		}
		if err := json.Unmarshal(m.ask(s, http.MethodGet, "/me/proposals", p.token, ""), &list); err != nil {
			m.t.Fatal(err)
		}
		for _, one := range list.Data {
			m.ask(s, http.MethodPost, "/match-proposals/"+one.ID+"/accept", p.token, "")
			proposals = append(proposals, fmt.Sprintf("%q", one.ID))
		}
	}
	answer := m.ask(s, http.MethodPost, fmt.Sprintf("/orgs/%d/match-proposals/answer", m.Community.ID), clerk, `{"answer":"ACCEPT","proposal_ids":[`+strings.Join(proposals, ",")+`]}`)
	if n := strings.Count(string(answer), `"status":"CONFIRMED"`); n != len(proposals) || n < len(people)*2/3 {
		m.t.Errorf("%d of %d proposals to %d students are confirmed: %s", n, len(proposals), len(people), answer)
	}
	var rows int64
	if err := m.DB.Model(&model.Signup{}).Where("status = ?", model.SignupConfirmed).Count(&rows).Error; err != nil || rows != int64(len(proposals)) {
		m.t.Errorf("%d seats, %d proposals %v", rows, len(proposals), err)
	}
}
