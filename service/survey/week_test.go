package survey_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baodao/internal/clock"
	"baodao/service/survey"
)

// at is an instant of the week from Monday, 12 October 2026, in China.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 10, 12+day, hour, minute, 0, 0, clock.China())
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	b := survey.Block
	for name, c := range map[string]struct {
		from, to time.Time
		want     survey.Week
	}{
		"one block":                      {at(0, 8, 0), at(0, 10, 0), b(0, 0)},
		"the end is not touched":         {at(0, 9, 59), at(0, 10, 0), b(0, 0)},
		"a minute of the next":           {at(0, 9, 0), at(0, 10, 1), b(0, 0) | b(0, 1)},
		"before the first":               {at(6, 0, 0), at(6, 7, 0), b(6, 0)},
		"after the last":                 {at(6, 21, 0), at(6, 23, 0), b(6, 5)},
		"over midnight":                  {at(4, 19, 0), at(5, 1, 0), b(4, 5) | b(5, 0)},
		"over the end of the week":       {at(6, 23, 0), at(7, 9, 0), b(6, 5) | b(0, 0)},
		"a whole day":                    {at(2, 0, 0), at(3, 0, 0), b(2, 0) | b(2, 1) | b(2, 2) | b(2, 3) | b(2, 4) | b(2, 5)},
		"nothing":                        {at(2, 9, 0), at(2, 9, 0), 0},
		"turned round":                   {at(2, 9, 0), at(2, 8, 0), 0},
		"a week":                         {at(2, 9, 0), at(9, 9, 0), 1<<42 - 1},
		"a month":                        {at(2, 9, 0), at(32, 9, 0), 1<<42 - 1},
		"back to where it began, nearly": {at(0, 9, 0), at(7, 8, 30), 1<<42 - 1},
	} {
		if got := survey.Blocks(c.from, c.to); got != c.want {
			t.Errorf("%s: %v, want %v", name, got.Rows(), c.want.Rows())
		}
	}
}

// Every minute of a time lies in one block, and no others are touched.
func TestBlocksAreThoseOfItsMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := at(rapid.IntRange(0, 6).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"))
		to := from.Add(time.Duration(rapid.IntRange(0, 9*24*60).Draw(t, "length")) * time.Minute)
		var want survey.Week
		for m := from; m.Before(to); m = m.Add(time.Minute) {
			day, block := (int(m.Weekday())+6)%7, (m.Hour()-8)/2
			if m.Hour() < 8 {
				block = 0
			}
			want |= survey.Block(day, min(block, 5))
		}
		if got := survey.Blocks(from.UTC(), to.UTC()); got != want {
			t.Fatalf("%s to %s: %v, want %v", from, to, got.Rows(), want.Rows())
		}
	})
}

func TestRows(t *testing.T) {
	t.Parallel()
	w := survey.Block(0, 0) | survey.Block(0, 5) | survey.Block(6, 2) | survey.Block(7, 0) | survey.Block(-1, 0) | survey.Block(0, 6)
	want := []string{"100001", "000000", "000000", "000000", "000000", "000000", "001000"}
	if got := w.Rows(); !slices.Equal(got, want) || w.Len() != 3 {
		t.Errorf("%v %d", got, w.Len())
	}
}
