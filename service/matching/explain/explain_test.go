package explain_test

import (
	"reflect"
	"strings"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/explain"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
	"baodao/service/matching/verify"
)

// round is a round that was played, and who is asked about it.
type round struct {
	in     *score.Instance
	lists  score.Lists
	out    score.Outcome
	ranks  []uint32
	isOpen bool
	book   *explain.Book
}

func play(t testing.TB, o sample.Options, open bool) round {
	t.Helper()
	in, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return playIn(t, in, o, open)
}

// rich is a round with reserved seats, blocks and some who are open.
func rich(t testing.TB, o sample.Options) round {
	t.Helper()
	in, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	sample.Enrich(in, o.Seed)
	in.Round.K = 6
	return playIn(t, in, o, false)
}

func playIn(t testing.TB, in *score.Instance, o sample.Options, open bool) (r round) {
	t.Helper()
	var err error
	r = round{in: in, lists: assign.Lists(in, 2), isOpen: open}
	if o.Groups > 0 {
		err = assign.ShareLists(in, r.lists)
	}
	var result assign.Result
	switch {
	case err != nil:
	case open:
		short := score.NewLists(len(in.Students), 4)
		all := make([]bool, len(in.Students))
		for s := range in.Students {
			copy(short.Wishes[4*s:4*s+4], r.lists.Of(s))
			all[s] = true
		}
		r.lists = short
		result, err = assign.RunOpen(in, short, all, 2)
	default:
		result, err = assign.Run(in, r.lists, 2)
	}
	if err == nil {
		r.out = result.Outcome
		r.ranks, err = draw.Ranks(in.Round.Seed, len(in.Students), 2)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.book = explain.NewBook(in, r.lists, &r.out, r.ranks, open)
	return r
}

// verdicts is what the checker would say for each reason.
func verdicts() map[explain.Reason]verify.Verdict {
	return map[explain.Reason]verify.Verdict{
		explain.Unexplained: verify.Blocked, explain.Placed: verify.Has, explain.NotEligible: verify.Forbidden, explain.NotListed: verify.Unwished,
		explain.GotBetter: verify.Prefers, explain.TeamTooSmall: verify.Shut, explain.BelowCutoff: verify.Outranked, explain.TooFewTogether: verify.Indivisible,
	}
}

// agree holds every pair against the checker, and counts the reasons.
func (r round) agree(t *testing.T) map[explain.Reason]int {
	t.Helper()
	want := verdicts()
	verdict := verify.Verdicts(r.in, r.lists, &r.out, verify.Options{Open: r.isOpen})
	seen := map[explain.Reason]int{}
	for s := range int32(len(r.in.Students)) {
		for p := range int32(len(r.in.Positions)) {
			a := r.book.Why(s, p)
			if got := verdict(s, p); got != want[a.Reason] {
				t.Fatalf("student %d, position %d: %+v, the checker says %d", s, p, a, got)
			}
			if !r.figures(s, p, &a) {
				t.Fatalf("student %d, position %d: the figures of somebody else: %+v", s, p, a)
			}
			seen[a.Reason]++
		}
	}
	return seen
}

func TestEveryAnswerIsTheCheckers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options sample.Options
		open    bool
		want    []explain.Reason
	}{
		"2000 students, 200 positions": {
			sample.Options{Students: 2000, Positions: 200, Season: score.Term, Rule: score.PointsV2, Seed: 2},
			false,
			[]explain.Reason{explain.Placed, explain.NotEligible, explain.NotListed, explain.GotBetter, explain.TeamTooSmall, explain.BelowCutoff},
		},
		"friends": {
			sample.Options{Students: 1500, Positions: 60, Season: score.Term, Rule: score.PointsV2, Seed: 3, Groups: 0.4},
			false,
			[]explain.Reason{explain.Placed, explain.NotEligible, explain.NotListed, explain.GotBetter, explain.BelowCutoff, explain.TooFewTogether},
		},
		"open": {
			sample.Options{Students: 900, Positions: 50, Season: score.Vacation, Rule: score.PointsV3, Seed: 3},
			true,
			[]explain.Reason{explain.Placed, explain.NotEligible, explain.GotBetter},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := play(t, test.options, test.open).agree(t)
			for _, reason := range test.want {
				if seen[reason] == 0 {
					t.Errorf("reason %d does not come up: it is not proved", reason)
				}
			}
			if seen[explain.Unexplained] > 0 {
				t.Errorf("%d pairs have no reason", seen[explain.Unexplained])
			}
		})
	}
}

// figures tells whether an answer has the student's own: those of a friend would tell where the friend lives.
func (r round) figures(s, p int32, a *explain.Answer) bool {
	student, position := &r.in.Students[s], &r.in.Positions[p]
	fit := score.Measure(student, position)
	return a.Misfits != 0 || a.Metres == fit.Dist && a.Overlap == fit.Overlap && a.MaxDist == student.MaxDist &&
		a.Points == r.in.Round.Rule.PointsOf(student, position, fit, r.in.Round.Radius)
}

// A wrong round must not be talked away.
func TestNothingIsTalkedAway(t *testing.T) {
	t.Parallel()
	r := play(t, sample.Options{Students: 300, Positions: 30, Season: score.Term, Rule: score.PointsV2, Seed: 5}, false)
	for s, p := range r.out.Place {
		if p != score.None {
			r.out.Place[s] = score.None
			a := r.book.Why(int32(s), p)
			if zh, en := a.Words(); a.Reason != explain.Unexplained || zh == "" || !strings.Contains(en, "verified") {
				t.Fatalf("student %d, position %d: %+v", s, p, a)
			}
			return
		}
	}
}

func TestAHostSeesByWhatTheTeamCameTogether(t *testing.T) {
	t.Parallel()
	r := play(t, sample.Options{Students: 1000, Positions: 60, Season: score.Term, Rule: score.PointsV2, Seed: 6}, false)
	for p := range r.in.Positions {
		team := r.book.These(int32(p))
		if len(team.Seats) != int(r.out.Filled[p]) || team.Listed != len(team.Seats)+team.Better+team.Below && !team.Closed {
			t.Fatalf("position %d: %+v, filled %d", p, team, r.out.Filled[p])
		}
		for i, seat := range team.Seats {
			key := score.Key(seat.Band, seat.Lottery)
			if key < team.Cutoff || r.out.Place[seat.Student] != int32(p) || int(seat.Band) != int(seat.Points.Total()/250) {
				t.Fatalf("position %d: %+v", p, seat)
			}
			if i > 0 && key >= score.Key(team.Seats[i-1].Band, team.Seats[i-1].Lottery) {
				t.Fatalf("position %d: %+v is not after %+v", p, seat, team.Seats[i-1])
			}
		}
	}
}

// Friends are in a team each with their own figures, and are counted by the one list that they went by.
func TestAHostSeesFriendsOneByOne(t *testing.T) {
	t.Parallel()
	r := play(t, sample.Options{Students: 1000, Positions: 60, Season: score.Vacation, Rule: score.PointsV2, Seed: 6, Groups: 0.5}, false)
	own := score.NewLists(len(r.in.Students), r.lists.Width) // as when the others of a group had handed in lists of their own
	groups, later := map[int32]bool{}, 0
	for s := range r.in.Students {
		g, from := r.in.Students[s].Group, s
		if g != score.None && groups[g] {
			from, later = (s+len(groups))%len(r.in.Students), later+1
		}
		groups[g] = true
		copy(own.Wishes[s*own.Width:(s+1)*own.Width], r.lists.Wishes[from*own.Width:])
	}
	book := explain.NewBook(r.in, own, &r.out, r.ranks, false)
	for p := range int32(len(r.in.Positions)) {
		team, again := r.book.These(p), book.These(p)
		if len(team.Seats) != int(r.out.Filled[p]) || !reflect.DeepEqual(team, again) {
			t.Fatalf("position %d: %+v, by their own lists %+v", p, team, again)
		}
		for _, seat := range team.Seats {
			if a := r.book.Why(seat.Student, p); seat.Metres != score.Measure(&r.in.Students[seat.Student], &r.in.Positions[p]).Dist || seat.Points != a.Points {
				t.Fatalf("position %d: %+v", p, seat)
			}
		}
	}
	if later == 0 {
		t.Error("nobody came with friends: that proves nothing")
	}
}

func TestTheChanceIsThatOfTheLastRound(t *testing.T) {
	t.Parallel()
	r := play(t, sample.Options{Students: 2000, Positions: 100, Season: score.Term, Rule: score.PointsV2, Seed: 7}, false)
	last := &score.Outlook{Cutoffs: r.out.Cutoffs, Closed: r.out.Closed, Students: 2000}
	classes := map[explain.Class]int{}
	for s := range int32(2000) {
		for _, wish := range r.lists.Of(int(s)) {
			p := wish.Position()
			chance, key := r.book.Chance(s, p, last), score.Key(wish.Band(), r.ranks[s])
			if !r.out.Closed[p] && (chance == 1000 && key < r.out.Cutoffs[p] || chance == 0 && key >= r.out.Cutoffs[p] && wish.Band() > 0) {
				t.Fatalf("student %d, position %d: chance %d, key %d, cut-off %d", s, p, chance, key, r.out.Cutoffs[p])
			}
			classes[explain.ClassOf(chance)]++
		}
	}
	for class, zh := range map[explain.Class]string{explain.Reach: "冲", explain.Likely: "稳", explain.Safe: "保"} {
		if got, _ := class.Words(); got != zh || classes[class] == 0 {
			t.Errorf("%s: %d of them", got, classes[class])
		}
	}
}

func TestWordsSayWhichAndByHowMuch(t *testing.T) {
	t.Parallel()
	round := &score.Round{Rule: score.PointsV2, Radius: 10_000}
	student := score.Student{Slots: 1, Skills: 1, MaxDist: 500, Served: score.None, Branch: score.None}
	position := score.Position{Slots: 3, Need: 2, Req: 0b1101, Cap: 0, Min: 4, Community: 1, Partner: score.None}
	position.At.X = 20_000
	far := explain.Question{Round: round, Student: &student, Position: &position}
	near := far
	near.Position = &score.Position{Slots: 1, Cap: 2, Min: 4, Community: 1, Partner: score.None}
	with := func(q explain.Question, change func(*explain.Question)) explain.Question {
		change(&q)
		return q
	}
	listed := with(near, func(q *explain.Question) { q.Wish = 3 })
	for en, q := range map[string]explain.Question{
		"Not eligible: required skills are missing: 2, 3; 1 blocks of time fit, 2 are needed; 20000 m away, your limit is 500 m; 20000 m away, the round's radius is 10000 m; it has no seats.": far,
		"You did not list it.":                                                                      near,
		"It is the one proposed to you (wish 3).":                                                   with(listed, func(q *explain.Question) { q.Got = 3 }),
		"You got wish 2, which you ranked higher than this one (wish 3).":                           with(listed, func(q *explain.Question) { q.Got = 2 }),
		"It is the one proposed to you (you were open to others than you listed).":                  with(near, func(q *explain.Question) { q.Wish, q.Got = score.MaxList+2, score.MaxList+2 }),
		"You got wish 2; this one you did not list.":                                                with(near, func(q *explain.Question) { q.Wish, q.Got = score.MaxList+3, 2 }),
		"You did not list it; of those that you were open to, the one proposed to you comes first.": with(near, func(q *explain.Question) { q.Wish, q.Got = score.MaxList+3, score.MaxList+2 }),
		"It was proposed, and one side did not confirm.":                                            with(listed, func(q *explain.Question) { q.Declined = true }),
		"It was closed: its team would have had fewer than 4.":                                      with(listed, func(q *explain.Question) { q.Closed = true }),
		"You are in band 26; the last who got a seat is in band 30.":                                with(listed, func(q *explain.Question) { q.Cutoff = score.Key(30, 5) }),
		"You are in band 26 like the last who got a seat, with lottery number 9 after 5.":           with(listed, func(q *explain.Question) { q.Rank, q.Cutoff = 9, score.Key(26, 5) }),
		"You came far enough, but 2 seats were not to be had at once.":                              with(listed, func(q *explain.Question) { q.Friends = []score.Student{student, student} }),
		"One of your group is not eligible: 20000 m away, your limit is 500 m; 20000 m away, the round's radius is 10000 m.": with(near, func(q *explain.Question) {
			away := student
			away.At.X = -20_000
			q.Friends = []score.Student{student, away}
		}),
	} {
		a := explain.Why(&q)
		if zh, got := a.Words(); got != en || zh == "" {
			t.Errorf("got %q (%s), want %q", got, zh, en)
		}
	}
}

func BenchmarkWhy(b *testing.B) {
	r := play(b, sample.Options{Students: 2000, Positions: 200, Season: score.Term, Rule: score.PointsV2, Seed: 1}, false)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.book.Why(int32(i%2000), int32(i*7%200))
		i++
	}
}
