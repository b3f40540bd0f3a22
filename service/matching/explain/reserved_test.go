package explain_test

import (
	"testing"

	"baodao/service/matching/explain"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// With reserved seats, blocks, open students and friends every answer is the checker's too.
func TestEveryAnswerIsTheCheckersWhereSeatsAreReserved(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sample.Options{
		"single":  {Students: 1500, Positions: 90, Season: score.Term, Rule: score.PointsV2, Seed: 4},
		"friends": {Students: 1200, Positions: 60, Season: score.Term, Rule: score.PointsV2, Seed: 5, Groups: 0.3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rich(t, o)
			seen := r.agree(t)
			for _, reason := range []explain.Reason{explain.Placed, explain.NotEligible, explain.NotListed, explain.GotBetter, explain.BelowCutoff} {
				if seen[reason] == 0 {
					t.Errorf("reason %d does not come up: it is not proved", reason)
				}
			}
			r.hosts(t)
		})
	}
}

// hosts looks at the answers to the hosts: nobody of a team is below the cut-off that holds for them, and some have a seat
// because it is reserved.
func (r round) hosts(t *testing.T) {
	t.Helper()
	rescued := 0
	for p := range r.in.Positions {
		team := r.book.These(int32(p))
		if len(team.Seats) != int(r.out.Filled[p]) {
			t.Fatalf("position %d: %+v, filled %d", p, team, r.out.Filled[p])
		}
		for _, seat := range team.Seats {
			key, cutoff := score.Key(seat.Band, seat.Lottery), team.Cutoff
			if seat.Paired {
				cutoff = team.Own
			}
			if key < cutoff {
				t.Fatalf("position %d: %+v is below %d", p, seat, cutoff)
			}
			if key < team.Cutoff {
				rescued++
			}
		}
	}
	if rescued == 0 {
		t.Error("nobody has a seat because it is reserved: that proves nothing")
	}
}

func TestWordsOfReservedSeats(t *testing.T) {
	t.Parallel()
	student := score.Student{Slots: 1, Skills: 1, MaxDist: 500, Served: score.None, Branch: 4}
	position := score.Position{Slots: 1, Cap: 3, Reserved: 9, Community: 2, Partner: 5, Partners: []int32{3}}
	q := explain.Question{Round: &score.Round{Rule: score.PointsV2, Radius: 10_000}, Student: &student, Position: &position, Wish: 1, Cutoff: score.Nobody}
	for _, want := range []string{
		"All 3 seats are reserved for the paired branches first, and their students have them.",
		"You are in band 26; the last who got a seat is in band 30. 2 seats are reserved for the paired branches first.",
		"You are in band 28; the last who got a seat is in band 30.",
		"Not eligible: you are not among those whom it is for.",
	} {
		a := explain.Why(&q)
		if zh, en := a.Words(); en != want || zh == "" {
			t.Errorf("got %q (%s), want %q", en, zh, want)
		}
		switch { // on to the next
		case q.Cutoff == score.Nobody:
			q.Cutoff, position.Reserved = score.Key(30, 5), 2
		case student.Branch == 4:
			student.Branch = 3
		default:
			q.Apart = true
		}
	}
}
