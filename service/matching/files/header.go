package files

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// mark is what some programs write before UTF-8. It is no part of a file.
func mark() []byte { return []byte("\xef\xbb\xbf") }

// headers are those of all files.
func headers() []string {
	return []string{
		studentsHeader, positionsHeader, listsHeader, resultHeader, cutoffsHeader, blocksHeader, partnersHeader, reservesHeader, openHeader,
		partnerCutoffsHeader, branchesHeader, communitiesHeader, incumbentsHeader, pairsHeader, pairCutsHeader,
	}
}

// checkHeader refuses a first line that is a row already, which would be lost, and columns that are in another order, which
// would be taken for each other. Names that nobody here knows are let pass: other programs may write them.
func checkHeader(text []byte) error {
	names := strings.Split(strings.ToLower(string(bytes.TrimPrefix(text, mark()))), ",")
	for i, name := range names { // spreadsheets put names between quotes
		names[i] = strings.Trim(name, " \t\"")
	}
	if _, ok := decimal([]byte(names[0])); ok {
		return errors.New("the header is missing")
	}
	sorted := slices.Sorted(slices.Values(names))
	for _, header := range headers() {
		if want := columnsIn(header); slices.Equal(names, want) {
			return nil
		} else if slices.Equal(sorted, slices.Sorted(slices.Values(want))) {
			return fmt.Errorf("want the columns in the order %s", strings.TrimSpace(header))
		}
	}
	return nil
}
