package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/fault"
)

// Keyword search works by pairs of characters, because Chinese has no spaces: every pair that occurs in a public
// activity's title, summary or host name is a row of activity_grams. A search takes the activities that have some of the
// query's pairs and keeps those that really hold its words, so a stale pair does no harm.

// maxGrams is how many pairs of a query the database is asked for; the words themselves are checked in any case.
const maxGrams = 4

// fold makes texts comparable: full-width forms, case and runs of white space do not count.
func fold(text string) string {
	text = norm.NFKC.String(strings.ToLower(norm.NFKC.String(text))) // a lower-case letter may want composing again
	return strings.Join(strings.Fields(text), " ")
}

// grams are the distinct pairs of neighbouring characters in a folded text, without those across a space, sorted.
func grams(folded string) []string {
	set := map[string]struct{}{}
	for _, word := range strings.Fields(folded) {
		runes := []rune(word)
		for i := 0; i+1 < len(runes); i++ {
			set[string(runes[i:i+2])] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// search is a keyword query: an activity matches when each of the words is part of its title, summary or host name.
type search struct {
	words []string
	grams []string // up to maxGrams pairs that a match must have
}

// newSearch reads a query; one without any word of two characters is fault.ErrInvalid.
func newSearch(query string) (search, error) {
	s := search{words: strings.Fields(fold(query))}
	all := grams(strings.Join(s.words, " "))
	if len(all) == 0 {
		return s, fault.ErrInvalid.With(fault.Field{Pointer: "query:q", Code: "min_length", ZH: "关键词至少两个字", EN: "needs a word of at least two characters"})
	}
	for i := range min(maxGrams, len(all)) { // spread over the query
		s.grams = append(s.grams, all[i*len(all)/min(maxGrams, len(all))])
	}
	return s, nil
}

// matches tells whether every word is part of one of the texts.
func (s search) matches(texts ...string) bool {
	folded := make([]string, len(texts))
	for i, t := range texts {
		folded[i] = fold(t)
	}
	for _, w := range s.words {
		if !slices.ContainsFunc(folded, func(t string) bool { return strings.Contains(t, w) }) {
			return false
		}
	}
	return true
}

// searchText is what an activity is found by.
func searchText(a model.Activity, host string) []string { return []string{a.Title, a.Summary, host} }

func gramsOf(texts []string) []string {
	folded := make([]string, len(texts))
	for i, t := range texts {
		folded[i] = fold(t)
	}
	return grams(strings.Join(folded, " "))
}

// gramBatch is how many rows one statement writes or deletes.
const gramBatch = 400

// index changes the pairs of an activity from those of the texts was to those of the texts is.
func index(tx *gorm.DB, activityID int64, was, is []string) error {
	old, new := gramsOf(was), gramsOf(is) //nolint:revive // the plain words
	for gone := range slices.Chunk(without(old, new), gramBatch) {
		if err := tx.Where("gram IN ? AND activity_id = ?", gone, activityID).Delete(&model.ActivityGram{}).Error; err != nil {
			return fmt.Errorf("remove from search: %w", err)
		}
	}
	for added := range slices.Chunk(without(new, old), gramBatch) {
		rows := make([]model.ActivityGram, len(added))
		for i, g := range added {
			rows[i] = model.ActivityGram{Gram: g, ActivityID: activityID}
		}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error; err != nil {
			return fmt.Errorf("add to search: %w", err)
		}
	}
	return nil
}

// without are the elements of the sorted list a that are not in the sorted list b.
func without(a, b []string) []string {
	var out []string
	for _, x := range a {
		if _, found := slices.BinarySearch(b, x); !found {
			out = append(out, x)
		}
	}
	return out
}
