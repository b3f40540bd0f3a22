package verify_test

import (
	"slices"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
	"baodao/service/matching/verify"
)

// rich is a round with reserved seats, blocks and open students; teams are as small as they like, so that faults have one
// name.
func rich(t *testing.T) trial {
	t.Helper()
	in, err := sample.New(sample.Options{Students: 1500, Positions: 90, Season: score.Term, Rule: score.PointsV2, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	sample.Enrich(in, 11)
	for p := range in.Positions {
		in.Positions[p].Min = 0
	}
	in.Round.K = 8
	return played(t, in, assign.Lists(in, 1))
}

func TestEveryMutationOfReservedSeatsIsFound(t *testing.T) {
	t.Parallel()
	good := rich(t)
	if r := verify.Check(good.in, good.lists, &good.out, verify.Options{}); !r.OK() || r.Wronged > 0 {
		t.Fatalf("the round to begin with: %v, %d wronged", r.First, r.Wronged)
	}
	for name, m := range reservedMutations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := good.copy()
			m.do(t, &bad)
			if report := verify.Check(bad.in, bad.lists, &bad.out, verify.Options{}); report.Counts[m.want] == 0 {
				t.Errorf("it is not found as %q; found: %v", m.want, report.First)
			}
		})
	}
}

func paired(r *trial, s int, p int32) bool {
	at, branch := &r.in.Positions[p], r.in.Students[s].Branch
	return branch >= 0 && (at.Partner == branch || slices.Contains(at.Partners, branch))
}

// own is the place among the partners' cut-offs of one for which the two differ.
func own(t *testing.T, r *trial) int {
	t.Helper()
	for i, c := range r.out.Partners {
		if c.Cutoff > 0 && c.Cutoff < r.out.Cutoffs[c.Position] {
			return i
		}
	}
	t.Fatal("the round has no position of the kind")
	return 0
}

// rescued is a student who has a seat because it is reserved: the others' cut-off is out of reach.
func rescued(t *testing.T, r *trial) int {
	t.Helper()
	ranks, err := draw.Ranks(r.in.Round.Seed, len(r.in.Students), 1)
	if err != nil {
		t.Fatal(err)
	}
	return r.student(t, func(s int, p int32, _ []int32) bool {
		if p < 0 || r.out.Cutoffs[p] == score.Nobody {
			return false
		}
		student, at := &r.in.Students[s], &r.in.Positions[p]
		band := r.in.Round.Rule.Band(student, at, score.Measure(student, at), r.in.Round.Radius)
		return score.Key(band, ranks[s]) < r.out.Cutoffs[p]
	})
}

func reservedMutations() map[string]mutation {
	return map[string]mutation{
		"a cut-off of partners is one too high": {verify.WrongCutoff, func(t *testing.T, r *trial) {
			t.Helper()
			r.out.Partners[own(t, r)].Cutoff++
		}},
		"a cut-off of partners is that of the others": {verify.WrongCutoff, func(t *testing.T, r *trial) {
			t.Helper()
			i := own(t, r)
			r.out.Partners[i].Cutoff = r.out.Cutoffs[r.out.Partners[i].Position]
		}},
		"a cut-off of the others is that of partners": {verify.WrongCutoff, func(t *testing.T, r *trial) {
			t.Helper()
			i := own(t, r)
			r.out.Cutoffs[r.out.Partners[i].Position] = r.out.Partners[i].Cutoff
		}},
		"a cut-off of partners is missing":             {verify.Unknown, func(_ *testing.T, r *trial) { r.out.Partners = r.out.Partners[1:] }},
		"a cut-off of partners is of another position": {verify.Unknown, func(_ *testing.T, r *trial) { r.out.Partners[0].Position++ }},
		"a cut-off of partners too many": {verify.Unknown, func(_ *testing.T, r *trial) {
			r.out.Partners = append(r.out.Partners, score.PartnerCutoff{Position: 89})
		}},
		"seats are not reserved after all": {verify.Unrepeatable, func(t *testing.T, r *trial) {
			t.Helper()
			p := r.out.Place[rescued(t, r)]
			r.in.Positions[p].Reserved = 0
			r.out.Partners = slices.DeleteFunc(r.out.Partners, func(c score.PartnerCutoff) bool { return c.Position == p })
		}},
		"a branch is not paired after all": {verify.Unrepeatable, func(t *testing.T, r *trial) {
			t.Helper()
			s := rescued(t, r)
			r.in.Students[s].Branch = score.None
		}},
		"a place is where one does not want the other": {verify.Ineligible, func(t *testing.T, r *trial) {
			t.Helper()
			s := r.student(t, func(_ int, p int32, _ []int32) bool { return p >= 0 && r.in.Positions[p].Community >= 0 })
			r.in.Blocked = map[int32][]int32{int32(s): {r.in.Positions[r.out.Place[s]].Community}}
		}},
		"a place after the list of who is not open": {verify.OffList, func(t *testing.T, r *trial) {
			t.Helper()
			r.in.Open[r.student(t, func(_ int, p int32, list []int32) bool { return p >= 0 && !slices.Contains(list, p) })] = false
		}},
		"who is open has no place": {verify.Unrepeatable, func(t *testing.T, r *trial) {
			t.Helper()
			r.move(r.student(t, func(_ int, p int32, list []int32) bool { return p >= 0 && !slices.Contains(list, p) }), score.None)
		}},
		"who is not of a paired branch has a reserved seat": {verify.Blocking, func(t *testing.T, r *trial) {
			t.Helper()
			lost := rescued(t, r)
			p := r.out.Place[lost]
			r.move(r.student(t, func(s int, place int32, list []int32) bool {
				return place != p && !paired(r, s, p) && slices.Contains(list, p)
			}), p)
			r.move(lost, score.None)
		}},
	}
}
