package verify_test

import (
	"slices"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
	"baodao/service/matching/verify"
)

// Every way of making a result wrong must be found, and by the name it has.
func TestEveryMutationIsFound(t *testing.T) {
	t.Parallel()
	good := invent(t, sample.Options{Students: 2000, Positions: 200, Season: score.Term, Rule: score.PointsV2, Seed: 4})
	if r := good.check(); !r.OK() || r.Wronged > 0 || r.Closed == 0 {
		t.Fatalf("the round to begin with: %v, %d wronged, %d closed", r.First, r.Wronged, r.Closed)
	}
	for name, m := range mutations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := good.copy()
			m.do(t, &bad)
			report := bad.check()
			if report.Counts[m.want] == 0 {
				t.Errorf("it is not found as %q; found: %v", m.want, report.First)
			}
		})
	}
}

type mutation struct {
	want verify.Kind
	do   func(t *testing.T, r *trial)
}

func mutations() map[string]mutation {
	return map[string]mutation{
		"a student loses the place": {verify.Uncertified, func(t *testing.T, r *trial) {
			t.Helper()
			r.move(r.student(t, placed), score.None)
		}},
		"a student gets what was not wished for": {verify.OffList, func(t *testing.T, r *trial) {
			t.Helper()
			s := r.student(t, placed)
			r.move(s, int32(r.position(t, func(p int) bool { return !slices.Contains(r.list(s), int32(p)) })))
		}},
		"a student gets a lower wish": {verify.Blocking, func(t *testing.T, r *trial) {
			t.Helper()
			s := r.student(t, func(_ int, p int32, list []int32) bool { return p >= 0 && p == list[0] && len(list) > 1 })
			r.move(s, r.list(s)[1])
		}},
		"a student gets a higher wish that is full": {verify.Overfull, func(t *testing.T, r *trial) {
			t.Helper()
			s := r.student(t, func(_ int, p int32, list []int32) bool { return p >= 0 && p != list[0] && r.full(int(list[0])) })
			r.move(s, r.list(s)[0])
		}},
		"two students change places": {verify.Unrepeatable, func(t *testing.T, r *trial) {
			t.Helper()
			a := r.student(t, placed)
			b := r.student(t, func(_ int, p int32, _ []int32) bool { return p >= 0 && p != r.out.Place[a] })
			r.out.Place[a], r.out.Place[b] = r.out.Place[b], r.out.Place[a]
		}},
		"a place is where the student lacks a skill": {verify.Ineligible, func(t *testing.T, r *trial) {
			t.Helper()
			s := r.student(t, func(_ int, p int32, _ []int32) bool { return p >= 0 && r.in.Positions[p].Req != 0 })
			r.in.Students[s].Skills = 0
		}},
		"a place is farther than the student goes": {verify.Ineligible, func(t *testing.T, r *trial) {
			t.Helper()
			r.in.Students[r.student(t, placed)].MaxDist = 0
		}},
		"a place is when the student has no time": {verify.Ineligible, func(t *testing.T, r *trial) {
			t.Helper()
			r.in.Students[r.student(t, placed)].Slots = 0
		}},
		"a seat is taken away": {verify.Overfull, func(t *testing.T, r *trial) {
			t.Helper()
			r.in.Positions[r.position(t, r.full)].Cap--
		}},
		"a seat is added": {verify.Blocking, func(t *testing.T, r *trial) {
			t.Helper()
			r.in.Positions[r.position(t, r.full)].Cap++
		}},
		"a team would have to be larger": {verify.TooSmall, func(t *testing.T, r *trial) {
			t.Helper()
			p := r.position(t, func(p int) bool { return r.out.Filled[p] > 0 })
			r.in.Positions[p].Min = r.out.Filled[p] + 1
		}},
		"a position with students is said to be closed": {verify.InClosed, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Closed[r.position(t, func(p int) bool { return r.out.Filled[p] > 0 })] = true
		}},
		"a closed position is said to be open": {verify.WrongClosing, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Closed[r.position(t, func(p int) bool { return r.out.Closed[p] })] = false
		}},
		"an empty position is said to be closed": {verify.WrongClosing, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Closed[r.position(t, func(p int) bool { return r.out.Filled[p] == 0 && !r.out.Closed[p] })] = true
		}},
		"a count is one too high": {verify.Miscounted, func(_ *testing.T, r *trial) { r.out.Filled[0]++ }},
		"a cut-off is one too high": {verify.WrongCutoff, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Cutoffs[r.position(t, r.full)]++
		}},
		"a cut-off is one too low": {verify.WrongCutoff, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Cutoffs[r.position(t, r.full)]--
		}},
		"a cut-off of free seats": {verify.WrongCutoff, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Cutoffs[r.position(t, func(p int) bool { return !r.full(p) && r.out.Filled[p] > 0 })] = 1
		}},
		"another seed": {verify.Unrepeatable, func(_ *testing.T, r *trial) { r.in.Round.Seed[0] ^= 1 }},
		"another rule": {verify.Unrepeatable, func(_ *testing.T, r *trial) { r.in.Round.Rule = score.PointsV1 }},
		"two wishes change places": {verify.NotBest, func(t *testing.T, r *trial) {
			t.Helper()
			s := r.student(t, func(_ int, p int32, list []int32) bool {
				return p >= 0 && len(list) > 1 && p == list[1]
			})
			w := r.lists.Wishes[s*r.lists.Width:]
			w[0], w[1] = w[1], w[0]
		}},
		"a list leaves out the best position": {verify.NotBest, func(_ *testing.T, r *trial) {
			w := r.lists.Wishes[:r.lists.Width]
			copy(w, w[1:])
			w[len(w)-1] = score.End
		}},
		"a point is moved":                                 {verify.Misplaced, func(_ *testing.T, r *trial) { r.in.Students[7].At.X++ }},
		"a point of a position is moved":                   {verify.Misplaced, func(_ *testing.T, r *trial) { r.in.Positions[7].At.Z-- }},
		"a place that is not there":                        {verify.Unknown, func(_ *testing.T, r *trial) { r.out.Place[0] = 200 }},
		"a wish for what is not there":                     {verify.Unknown, func(_ *testing.T, r *trial) { r.lists.Wishes[0] = score.NewWish(200, 0) }},
		"a student too few":                                {verify.Unknown, func(_ *testing.T, r *trial) { r.out.Place = r.out.Place[1:] }},
		"a stable matching that is not the students' best": {verify.Unrepeatable, worstForStudents},
	}
}

// worstForStudents makes a market of two by two in which both matchings are stable, and takes the positions' best.
func worstForStudents(t *testing.T, r *trial) {
	t.Helper()
	*r = crossed(t)
	r.out.Place[0], r.out.Place[1] = r.out.Place[1], r.out.Place[0]
	before := slices.Clone(r.out.Cutoffs)
	for s, p := range r.out.Place {
		fit := score.Measure(&r.in.Students[s], &r.in.Positions[p])
		_, rank := score.OfKey(before[1-p]) // the lottery number of the student who was there
		r.out.Cutoffs[p] = score.Key(r.in.Round.Rule.Band(&r.in.Students[s], &r.in.Positions[p], fit, r.in.Round.Radius), rank)
	}
	report := verify.Check(r.in, r.lists, &r.out, verify.Options{})
	report.Counts[verify.Unrepeatable] = 0
	if !report.OK() {
		t.Fatalf("the rest should be right: %v", report.First)
	}
}

// crossed is a round in which each of two students prefers the position that prefers the other.
func crossed(t *testing.T) trial {
	t.Helper()
	at, other := int32(39_900_000), int32(116_400_000)
	in := &score.Instance{Round: score.Round{Season: score.Term, Seed: []byte{1}, K: 2, Radius: 10_000, Rule: score.PointsV1}}
	none := [3]int8{score.None, score.None, score.None}
	for s := range int32(2) {
		in.Students = append(in.Students, score.Student{
			Slots: 3, LatE6: at, LonE6: other, Skills: 1 << s, MaxDist: 9000, Served: score.None, Branch: score.None, Group: score.None, Interests: none,
		})
		in.Positions = append(in.Positions, score.Position{
			Slots: 3, LatE6: at, LonE6: other, Want: 1 << s, Community: s, Partner: score.None, Cap: 1, Category: score.None, Need: 1,
		})
	}
	point := invent(t, sample.Options{Students: 1, Positions: 1, Season: score.Term, Rule: score.PointsV1, Seed: 1}).in.Students[0]
	for i := range 2 {
		in.Students[i].LatE6, in.Students[i].LonE6, in.Students[i].At = point.LatE6, point.LonE6, point.At
		in.Positions[i].LatE6, in.Positions[i].LonE6, in.Positions[i].At = point.LatE6, point.LonE6, point.At
	}
	lists := score.NewLists(2, 2)
	for s := range int32(2) { // each wishes first for what wants the other's skill
		lists.Wishes[2*s], lists.Wishes[2*s+1] = score.NewWish(1-s, 0), score.NewWish(s, 0)
	}
	if err := assign.Settle(in, lists, 1); err != nil {
		t.Fatal(err)
	}
	r := played(t, in, lists)
	if r.out.Place[0] != 1 || r.out.Place[1] != 0 {
		t.Fatal("the students do not get their best:", r.out.Place)
	}
	return r
}
