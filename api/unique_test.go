package api

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

func TestUniqueListsAreFoundWhereverTheyStand(t *testing.T) {
	type inner struct {
		Codes []string `json:"codes" uniqueItems:"true"`
	}
	type outer struct {
		IDs   []int64  `json:"ids" uniqueItems:"true"`
		Other []string `json:"other"`
		Rows  []inner  `json:"rows"`
		More  inner    `json:"more"`
	}
	all := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	var got []string
	paths := uniquePaths(all, all.Schema(reflect.TypeFor[outer](), true, "outer"), nil)
	for _, p := range paths {
		got = append(got, strings.Join(p, "/"))
	}
	slices.Sort(got)
	if fmt.Sprint(got) != "[ids more/codes rows/*/codes]" {
		t.Fatal(got)
	}
	tree, err := parseStrict([]byte(`{"ids":[1,[2],[2]],"other":[{}],"rows":[7,{"codes":"x"},{"codes":["a",{}]}],"more":[[]]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		flatten(tree, p)
	}
	if want := "map[ids:[1 1 2] more:[[]] other:[map[]] rows:[7 map[codes:x] map[codes:[a 1]]]]"; fmt.Sprint(tree) != want {
		t.Errorf("%v, want %s", tree, want)
	}
}

func TestItemsThatNothingComparesAreNoUniqueList(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a unique list of lists went into the contract")
		}
	}()
	uniquePaths(nil, &huma.Schema{UniqueItems: true, Items: &huma.Schema{Type: huma.TypeArray}}, []string{"rows"})
}
