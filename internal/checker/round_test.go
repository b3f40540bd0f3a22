package checker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
	"baodao/service/matching/verify"
)

// TestRoundSurvives kills every server that works on a match round, in the middle of a transaction of every phase and between
// them. The next one finishes what there is to finish; what comes out is what one undisturbed server would have made of it.
func TestRoundSurvives(t *testing.T) {
	m := newMarket(t, 2700, 420)
	lists := m.lists()
	twin := m.undisturbed(lists)
	id := m.open(lists)

	s := m.begin(stall{"create", "round_inputs", "-", 3}.String())
	m.stalled(s)
	m.shows(s, id, model.RoundFreezing, 2000)
	s = m.after(s, stall{"update", "match_rounds", "input_digest", 1}.String())
	m.stalled(s)
	m.shows(s, id, model.RoundFreezing, 3120)
	s = m.after(s, sound)
	m.wait("frozen round", func() bool { return m.look(s, id).Status == string(model.RoundFrozen) })
	m.sameInputs(s, id, twin)

	m.ask(s, http.MethodPost, fmt.Sprintf("/match-rounds/%d/draw", id), m.token, `{"value":"03 09 17 21 25 33 + 12"}`)
	s = m.after(s, stall{"create", "match_proposals", "-", 2}.String())
	m.stalled(s)
	m.shows(s, id, model.RoundRunning, 1420)
	m.told(s, 0)
	s = m.after(s, stall{"update", "match_rounds", "result_digest", 1}.String())
	m.stalled(s)
	if r := m.look(s, id); r.ResultDigest != "" || r.Work.Ready {
		t.Errorf("a result before it is written: %+v", r)
	}
	s = m.after(s, sound)
	m.wait("result", func() bool { return m.look(s, id).Work.Ready })
	m.told(s, 0)

	m.ask(s, http.MethodPost, fmt.Sprintf("/match-rounds/%d/publish", id), m.token, "")
	s = m.after(s, stall{"update", "match_proposals", "answers_until", 3}.String())
	m.stalled(s)
	m.shows(s, id, model.RoundRunning, 1000)
	m.told(s, 0)
	s = m.after(s, sound)
	m.wait("published round", func() bool { return m.look(s, id).Status == string(model.RoundPublished) })
	m.told(s, 1)
	m.replayed(s, id)
	m.once(id)
	t.Logf("%d kills, %d placed", m.kills, m.look(s, id).Placed)
}

// TestRoundSurvivesAnyMoment kills server after server at any moment until a round is published; CHECKER_OPS asks for many rounds.
func TestRoundSurvivesAnyMoment(t *testing.T) {
	rounds := 1
	if os.Getenv("CHECKER_OPS") != "" {
		rounds = 10
	}
	for n := range rounds {
		m := newMarket(t, 2300, 300)
		m.dice = rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))
		id := m.open(m.lists())
		for most := 200; !m.further(id); most += most / 3 {
			s := m.begin(sound)
			pause(time.Duration(m.dice.IntN(most)) * time.Millisecond)
			s.kill()
			m.kills++
			m.ahead = 0 // tokens live for a quarter of an hour
			m.write(func(tx *gorm.DB) error {
				return tx.Model(&model.MatchRound{}).Where("lease_until IS NOT NULL").UpdateColumns(map[string]any{"lease_until": clock.System(), "retry_at": nil, "failures": 0, "failure": ""}).Error
			})
		}
		m.replayed(m.begin(sound), id)
		t.Logf("%d kills", m.kills)
	}
}

// further draws and publishes when it is time to, and tells whether the round is out.
func (m *market) further(id int64) (out bool) {
	m.t.Helper()
	r, err := m.built.Round.Get(m.t.Context(), m.officer, id)
	if err == nil && r.Status == model.RoundFrozen {
		_, err = m.built.Round.Draw(m.t.Context(), m.officer, id, "03 09 17 21 25 33 + 12")
	}
	if err == nil && r.Status == model.RoundRunning && r.ResultDigest != nil && r.AnswersUntil == nil {
		_, err = m.built.Round.Publish(m.t.Context(), m.officer, id)
	}
	if err != nil || r.Failure != "" {
		m.t.Fatal(r.Failure, err)
	}
	return r.Status == model.RoundPublished
}

// undisturbed freezes a round within the test, and hands its files out.
func (m *market) undisturbed(lists [][]int64) map[string][]byte {
	m.t.Helper()
	id := m.open(lists)
	for range 2 { // the end of the wishes, and then the inputs
		if _, err := m.built.Round.Advance(m.t.Context(), 20); err != nil {
			m.t.Fatal(err)
		}
	}
	data, err := m.built.Round.Export(m.t.Context(), m.officer, id)
	if err != nil {
		m.t.Fatal(err)
	}
	return unpack(m.t, data)
}

// shows wants a round in a state, with so many rows done.
func (m *market) shows(s *server, id int64, status model.RoundStatus, done int64) {
	m.t.Helper()
	if r := m.look(s, id); r.Status != string(status) || r.Work.Done != done || r.Work.Failure != "" {
		m.t.Errorf("the round is %s, %d rows done, failure %q; want %s, %d", r.Status, r.Work.Done, r.Work.Failure, status, done)
	}
}

// told wants that the student sees so many proposals.
func (m *market) told(s *server, n int) {
	m.t.Helper()
	var list struct{ Data []json.RawMessage }
	err := json.Unmarshal(m.ask(s, http.MethodGet, "/me/proposals", m.me.token, ""), &list)
	if err != nil || len(list.Data) != n {
		m.t.Errorf("the student sees %s %v", list.Data, err)
	}
}

func (m *market) export(s *server, id int64) map[string][]byte {
	m.t.Helper()
	return unpack(m.t, m.ask(s, http.MethodGet, fmt.Sprintf("/match-rounds/%d/export", id), m.token, ""))
}

// sameInputs wants what another round has put down of the same people, but for the number of the round.
func (m *market) sameInputs(s *server, id int64, twin map[string][]byte) {
	m.t.Helper()
	mine := m.export(s, id)
	if len(mine) != len(twin) || len(mine) < 5 {
		m.t.Errorf("%d files, the undisturbed round has %d", len(mine), len(twin))
	}
	for name, data := range twin {
		if name != files.RoundFile && !bytes.Equal(mine[name], data) {
			m.t.Errorf("%s differs from that of an undisturbed round: %d and %d bytes", name, len(mine[name]), len(data))
		}
	}
}

// replayed does with an export what match run and match verify do, and compares digests and places.
func (m *market) replayed(s *server, id int64) {
	m.t.Helper()
	r := m.look(s, id)
	all := fstest.MapFS{}
	for name, data := range m.export(s, id) {
		all[name] = &fstest.MapFile{Data: data}
	}
	in, err := files.Load(all)
	if err != nil {
		m.t.Fatal(err)
	}
	lists, err := files.LoadLists(all, files.ListsFile, in)
	if err != nil {
		m.t.Fatal(err)
	}
	if digest, err := audit.Inputs(in, lists); err != nil || fmt.Sprintf("%x", digest) != r.InputDigest {
		m.t.Errorf("digest of the inputs %x, published %s %v", digest, r.InputDigest, err)
	}
	handed := score.Lists{Width: lists.Width, Wishes: append([]score.Wish(nil), lists.Wishes...)}
	if err := assign.Settle(in, lists, 2); err != nil {
		m.t.Fatal(err)
	}
	out, err := assign.Run(in, lists, 2)
	if err != nil {
		m.t.Fatal(err)
	}
	if digest, err := audit.Result(&out.Outcome); err != nil || fmt.Sprintf("%x", digest) != r.ResultDigest {
		m.t.Errorf("digest of the result %x, published %s %v", digest, r.ResultDigest, err)
	}
	if report := verify.Check(in, handed, &out.Outcome, verify.Options{}); !report.OK() || report.Placed != r.Placed {
		m.t.Errorf("the round says that %d are placed; %+v", r.Placed, report)
	}
	m.places(id, out.Place)
}

// places wants exactly the proposals that a match gave.
func (m *market) places(id int64, place []int32) {
	m.t.Helper()
	var inputs []model.RoundInput
	var rows []model.MatchProposal
	err := m.DB.Select("side", "seq", "ref_id").Where("round_id = ?", id).Find(&inputs).Error
	if err == nil {
		err = m.DB.Where("round_id = ?", id).Find(&rows).Error
	}
	if err != nil {
		m.t.Fatal(err)
	}
	number := [2]map[int64]int32{{}, {}}
	for _, in := range inputs {
		number[in.Side][in.RefID] = int32(in.Seq)
	}
	for _, p := range rows {
		student, ok := number[0][p.StudentID]
		if !ok || place[student] != number[1][p.PositionID] || p.Status != model.ProposalProposed || p.AnswersUntil == nil {
			m.t.Errorf("proposal %+v is not that of student %d", p, student)
			continue
		}
		place[student] = score.None // a second one would be wrong
	}
	for s, p := range place {
		if p != score.None {
			m.t.Errorf("student %d has no proposal to position %d", s, p)
		}
	}
}

// once wants that each step was taken once, however often it was tried.
func (m *market) once(id int64) {
	m.t.Helper()
	var steps []string
	err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action LIKE 'match_round.%'", id).Order("action").Pluck("action", &steps).Error
	want := "[create draw export export freeze frozen open publish run show]"
	if err != nil || strings.ReplaceAll(fmt.Sprint(steps), "match_round.", "") != want {
		m.t.Errorf("steps %v %v\nwant %s", steps, err, want)
	}
	var told []string
	err = m.DB.Model(&model.NoticeFanout{}).Where("object_id = ?", id).Order("kind").Pluck("kind", &told).Error
	if err != nil || fmt.Sprint(told) != "[MATCH_NONE MATCH_OPEN MATCH_PROPOSED]" {
		m.t.Errorf("told %v %v", told, err)
	}
}
