package round_test

import (
	"fmt"
	"strings"
	"testing"

	"baodao/service/matching/score"
	"baodao/service/round"
)

// Lists that fill more than one part in memory are those that were handed in; lists are of different lengths.
func TestManyListsAreReadAsTheyWereHandedIn(t *testing.T) {
	t.Parallel()
	const students, positions = 60_000, 1000
	list := func(s int) (numbers []int) {
		for i := range s % (score.MaxList + 1) {
			numbers = append(numbers, (s*31+i*7)%positions)
		}
		return numbers
	}
	lists, err := round.Handed(students, positions, func(s int) string { return strings.Trim(fmt.Sprint(list(s)), "[]") })
	if err != nil || lists.Width != score.MaxList {
		t.Fatal(lists.Width, err)
	}
	for s := range students {
		got := lists.Of(s)
		for i, want := range list(s) {
			if len(got) != len(list(s)) || int(got[i].Position()) != want {
				t.Fatalf("student %d: wish %d of %d is %d, want %d", s, i, len(got), got[i].Position(), want)
			}
		}
	}
}
