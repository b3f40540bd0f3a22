package score_test

import (
	"testing"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// pair is a student and a position 3,335 m apart, whose figures were worked out by hand.
func pair() (*score.Student, *score.Position) {
	s := &score.Student{
		At: geo.Point{LatE6: 36_000_000, LngE6: 117_000_000}.XYZ(), Slots: 0b110, Skills: 0b101, MaxDist: 6000,
		Interests: [3]int8{4, 2, score.None}, Served: 9, Branch: 3, Waited: 5,
	}
	p := &score.Position{
		At: geo.Point{LatE6: 36_030_000, LngE6: 117_000_000}.XYZ(), Slots: 0b111, Req: 0b1, Want: 0b1101, Community: 9, Partner: 3,
		Cap: 1, Category: 2, Need: 2, Urgency: 7,
	}
	return s, p
}

func TestFiguresWorkedOutByHand(t *testing.T) {
	t.Parallel()
	s, p := pair()
	fit := score.Measure(s, p)
	if fit != (score.Fit{Dist: 3335, Overlap: 2, Hits: 2}) {
		t.Fatal(fit)
	}
	if m := score.Misfits(s, p, fit, 10_000); m != 0 {
		t.Errorf("misfits %b", m)
	}
	want := score.Parts{Near: 2332, Time: 1333, Skill: 1333, Interest: 1000, Urgency: 700, Served: 300}
	if got := score.Of(s, p, fit, 10_000); got != want || got.Total() != 6998 {
		t.Errorf("score %+v", got)
	}
	for rule, want := range map[score.Rule]struct {
		points score.Points
		band   uint8
	}{
		score.PointsV1: {score.Points{Skill: 1666, Time: 1000, Served: 3000, Partner: 2000, Waited: 1000}, 34},
		score.PointsV2: {score.Points{Skill: 1999, Time: 1333, Near: 1998, Served: 1000, Partner: 500, Waited: 500}, 29},
		score.PointsV3: {score.Points{Skill: 1999, Time: 1333, Near: 1998, Served: 1000, Partner: 500, Waited: 500}, 183},
		score.ByScore:  {score.Points{Score: 6998}, 174},
		score.Lottery:  {score.Points{}, 0},
	} {
		if got := rule.PointsOf(s, p, fit, 10_000); got != want.points || rule.Band(s, p, fit, 10_000) != want.band {
			t.Errorf("%s: %+v, band %d", rule, got, rule.Band(s, p, fit, 10_000))
		}
	}
}

func TestMisfits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(*score.Student, *score.Position)
		want  score.Misfit
	}{
		"skill":       {func(s *score.Student, _ *score.Position) { s.Skills = 0b100 }, score.MissingSkill},
		"time":        {func(s *score.Student, _ *score.Position) { s.Slots = 0b100 }, score.TooLittleTime},
		"own limit":   {func(s *score.Student, _ *score.Position) { s.MaxDist = 3334 }, score.TooFarForStudent},
		"at limit":    {func(s *score.Student, _ *score.Position) { s.MaxDist = 3335 }, 0},
		"no seats":    {func(_ *score.Student, p *score.Position) { p.Cap = 0 }, score.NoSeats},
		"out of both": {func(s *score.Student, p *score.Position) { p.At.Z += 20_000; s.MaxDist = 90_000 }, score.OutOfRadius},
	} {
		s, p := pair()
		tt.spoil(s, p)
		if got := score.Misfits(s, p, score.Measure(s, p), 10_000); got != tt.want {
			t.Errorf("%s: %b", name, got)
		}
	}
}

func TestBestAndWorstOfTheScale(t *testing.T) {
	t.Parallel()
	s, p := pair()
	s.At, s.Slots, s.Skills, s.Interests[0] = p.At, p.Slots, 0b1111, p.Category
	if got := score.Of(s, p, score.Measure(s, p), 10_000).Total(); got != score.MaxTotal {
		t.Errorf("the best score is %d", got)
	}
	for _, rule := range []score.Rule{score.PointsV1, score.PointsV2, score.PointsV3, score.ByScore} {
		if got := rule.PointsOf(s, p, score.Measure(s, p), 10_000).Total(); got != score.MaxTotal {
			t.Errorf("%s: the most points are %d", rule, got)
		}
	}
	none := score.Student{Served: score.None, Branch: score.None, Interests: [3]int8{-1, -1, -1}}
	if got := score.Of(&none, &score.Position{Community: score.None, Category: score.None, Want: 1}, score.Fit{Dist: 10_000}, 10_000).Total(); got != 0 {
		t.Errorf("the worst score is %d", got)
	}
}

func TestChance(t *testing.T) {
	t.Parallel()
	o := &score.Outlook{Cutoffs: []uint32{score.Key(20, 249), 0, 0}, Closed: []bool{false, false, true}, Students: 1000}
	for _, tt := range []struct {
		position int32
		band     uint8
		want     int32
	}{{0, 21, 1000}, {0, 20, 250}, {0, 19, 0}, {1, 0, 1000}, {2, 40, 0}} {
		if got := o.Chance(tt.position, tt.band); got != tt.want {
			t.Errorf("band %d at %d: %d", tt.band, tt.position, got)
		}
	}
	o.Students = 100 // as when the last round had more of them
	if got := o.Chance(0, 20); got != 1000 {
		t.Errorf("more than all of the lottery got in: %d", got)
	}
}

func TestKeyAndBack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		band uint8
		rank uint32
	}{{0, 0}, {40, 0}, {250, 1<<24 - 1}, {7, 12345}} {
		if band, rank := score.OfKey(score.Key(tt.band, tt.rank)); band != tt.band || rank != tt.rank {
			t.Errorf("%v became %d, %d", tt, band, rank)
		}
	}
	if score.Key(1, 1<<24-1) < score.Key(0, 0) || score.Key(1, 1) > score.Key(1, 0) {
		t.Error("the band comes first, then the lower rank")
	}
}
