package round_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/draw"
	"baodao/service/matching/explain"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
	"baodao/service/round"
)

// What a round answers from a few stored rows is what the whole round says: for every student and every position, with friends,
// open lists, kept seats, blocks and audiences.
func TestWhyNotIsWhatTheWholeRoundSays(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 14)
	id := m.open()
	m.befriend(id)
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	m.draw(id)
	m.work(m.s)
	if _, err := m.s.Publish(m.ctx(), m.officer, id); err != nil {
		t.Fatal(err)
	}
	dir := fstest.MapFS{}
	for name, data := range m.handedOut(id) {
		dir[name] = &fstest.MapFile{Data: data}
	}
	r := m.row(id)
	m.agrees(dir, r)
	book := m.bookOf(dir)
	in, err := files.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	others := 0
	seen := map[explain.Reason]int{}
	outside, missing := 0, 0
	for s, student := range m.students {
		actor := access.Actor{UserID: 1, StudentID: student}
		for p, position := range m.positions {
			got, err := m.s.WhyNot(m.ctx(), actor, id, position)
			if err != nil {
				t.Fatal(err)
			}
			want := book.Why(int32(s), int32(p))
			if in.Students[s].Group != score.None && want.Reason == explain.NotEligible {
				others += m.ownAffair(in, int32(s), int32(p), got)
				continue
			}
			own := score.Measure(&in.Students[s], &in.Positions[p])
			if got.Misfits == 0 && (got.Metres != own.Dist || got.Overlap != own.Overlap || got.MaxDist != in.Students[s].MaxDist) {
				t.Fatalf("student %d, position %d: the figures of a friend: %+v", s, p, got.Answer)
			}
			if diff := cmp.Diff(want, got.Answer, cmpopts.EquateComparable(score.Points{})); diff != "" || got.Number != int64(s) || got.Place != int64(p) {
				t.Fatalf("student %d, position %d: %s", s, p, diff)
			}
			seen[got.Reason]++
			outside, missing = outside+count(strings.Contains(got.ZH, explain.OutsideZH)), missing+count(len(got.Missing) > 0)
			if names := strings.Join(got.Missing, "、"); names != "" && (!strings.HasPrefix(got.ZH, "不符合条件：缺少必备技能"+names) && !strings.HasPrefix(got.ZH, "同组有人不符合条件：缺少必备技能"+names) || !strings.Contains(got.EN, strings.Join(got.Missing, ", "))) {
				t.Fatalf("%s are missing: %s %s", names, got.ZH, got.EN)
			}
		}
	}
	for _, reason := range []explain.Reason{explain.Placed, explain.NotEligible, explain.NotListed, explain.GotBetter, explain.BelowCutoff} {
		if seen[reason] == 0 {
			t.Errorf("reason %d does not come up: %v", reason, seen)
		}
	}
	if outside == 0 || missing == 0 || others == 0 || dir[files.BlocksFile] == nil {
		t.Errorf("%d for others, %d without a skill, blocks %v: it is not proved", outside, missing, dir[files.BlocksFile] != nil)
	}
	m.seats(id, book)
	m.silent(id, in)
}

// silent wants nothing told of the mean of friends in a vacation: with one's own it would tell where the others live.
func (m *mill) silent(id int64, in *score.Instance) {
	m.TB.Helper()
	m.set(id, map[string]any{"season": model.SeasonVacation})
	behind := 0
	for s, student := range m.students {
		for _, position := range m.positions {
			got, err := m.s.WhyNot(m.ctx(), access.Actor{UserID: 1, StudentID: student}, id, position)
			if err != nil {
				m.TB.Fatal(err)
			}
			friends := in.Students[s].Group != score.None
			told := strings.Contains(got.ZH, "您是第") || strings.Contains(got.ZH, "您的抽签号")
			if friends && told || got.Reason != explain.NotEligible && got.Silent != friends {
				m.TB.Fatalf("student %d: %+v", s, got)
			}
			behind += count(friends && strings.Contains(got.ZH, "平均档次"))
		}
	}
	if behind == 0 {
		m.TB.Error("no friends came too late: it is not proved")
	}
}

// ownAffair wants the answer to a student whose group is not eligible to be the student's own, and tells whether it is only
// others of the group who are not: of those nothing is said.
func (m *mill) ownAffair(in *score.Instance, student, position int32, got round.Why) int {
	m.TB.Helper()
	s, p := &in.Students[student], &in.Positions[position]
	own := explain.Why(&explain.Question{Round: &in.Round, Position: p, Student: s, Wish: 1, Apart: p.OfAny(in.Blocked[student])})
	others := own.Misfits == 0
	if got.Reason != explain.NotEligible || got.Metres != own.Metres || got.MaxDist != own.MaxDist || got.Overlap != own.Overlap || got.Missing != nil && others ||
		!others && got.Misfits != own.Misfits || strings.HasPrefix(got.ZH, "同组有人不符合条件，请各自查看原因。") != others || got.Points != (score.Points{}) || got.Misfits == 0 {
		m.TB.Fatalf("student %d, position %d: %+v, want %+v", student, position, got, own)
	}
	return count(others)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// bookOf is the whole round as its files say.
func (m *mill) bookOf(dir fstest.MapFS) *explain.Book {
	m.TB.Helper()
	in, err := files.Load(dir)
	if err != nil {
		m.TB.Fatal(err)
	}
	lists, err := files.LoadLists(dir, files.ListsFile, in)
	if err != nil {
		m.TB.Fatal(err)
	}
	out, err := files.ReadCutoffs(bytes.NewReader(dir[files.CutoffsFile].Data), len(in.Positions))
	if err == nil {
		out.Place, err = files.ReadResult(bytes.NewReader(dir[files.ResultFile].Data), len(in.Students), len(in.Positions))
	}
	if err == nil {
		out.Partners, err = files.ReadPartnerCutoffs(bytes.NewReader(dir[files.PartnerCutoffsFile].Data), len(in.Positions))
	}
	if err != nil {
		m.TB.Fatal(err)
	}
	ranks, err := draw.Ranks(in.Round.Seed, len(in.Students), 1)
	if err != nil {
		m.TB.Fatal(err)
	}
	return explain.NewBook(in, lists, &out, ranks, false)
}

// seats holds what a host is told against the whole round.
func (m *mill) seats(id int64, book *explain.Book) {
	m.TB.Helper()
	host := m.Staff("周主任", access.TownOfficer, m.Town)
	for p, position := range m.positions {
		got, err := m.s.Seats(m.ctx(), host, id, position)
		if err != nil {
			m.TB.Fatal(err)
		}
		want := book.These(int32(p))
		if len(got.People) != len(want.Seats) || got.Input.Filled != int64(len(want.Seats)) || got.Input.Closed != want.Closed || got.Place != int64(p) {
			m.TB.Fatalf("position %d: %+v, want %+v", p, got, want)
		}
		for i, seat := range want.Seats {
			if g := got.People[i]; g.Band != int64(seat.Band) || g.Lottery != int64(seat.Lottery) || g.StudentID != m.students[seat.Student] && seat.Lottery != uint32(g.Lottery) {
				m.TB.Fatalf("position %d, seat %d: %+v, want %+v", p, i, g.MatchProposal, seat)
			}
		}
	}
}

// Nobody learns anything of a round that is not out, or of others.
func TestWhoMayAskWhy(t *testing.T) {
	t.Parallel()
	m := newMill(t, 40, 6)
	id := m.ran()
	student := access.Actor{UserID: 1, StudentID: m.students[0]}
	if _, err := m.s.WhyNot(m.ctx(), student, id, m.positions[0]); !errors.Is(err, round.ErrNotOut) {
		t.Error(err)
	}
	if _, err := m.s.Publish(m.ctx(), m.officer, id); err != nil {
		t.Fatal(err)
	}
	if _, err := m.s.WhyNot(m.ctx(), m.officer, id, m.positions[0]); !errors.Is(err, access.ErrDenied) {
		t.Error(err)
	}
	if _, err := m.s.WhyNot(m.ctx(), access.Actor{UserID: 2, StudentID: 5}, id, m.positions[0]); !errors.Is(err, round.ErrNotIn) {
		t.Error(err)
	}
	var p model.MatchProposal
	if err := m.DB.Where("round_id = ?", id).First(&p).Error; err != nil {
		t.Fatal(err)
	}
	whole, err := m.s.WhyNot(m.ctx(), access.Actor{UserID: 3, StudentID: p.StudentID}, id, p.PositionID)
	if err != nil || whole.Reason != explain.Placed {
		t.Fatal(whole.Reason, err)
	}
}
