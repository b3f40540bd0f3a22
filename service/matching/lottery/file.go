package lottery

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// File is everything that a sceptic needs, as JSON: ids are strings, hashes are 64 lower-case hex digits. A large lottery
// comes in pages: each repeats what is said of the whole, and holds Count entries of the whole from Start on, with their
// part of the order and of the winners.
type File struct {
	Algorithm  string `json:"algorithm"`
	ActivityID int64  `json:"activity_id,string"`
	PositionID int64  `json:"position_id,string"`
	Capacity   int64  `json:"capacity"`   // seats to be had when the entries closed
	Commitment string `json:"commitment"` // published at opening
	Digest     string `json:"digest"`     // published at closing, empty before
	Seed       string `json:"seed"`       // published with the result, empty before
	Count      int    `json:"count"`      // entries of all pages
	Start      int    `json:"start"`      // entries on the pages before this one

	Entries []Entry `json:"entries"` // any order
	Order   IDs     `json:"order"`   // as drawn, empty before
	Winners IDs     `json:"winners"` // in the drawn order; the others wait
}

// IDs is a list of ids that stands in JSON as strings: JavaScript would round large numbers.
type IDs []int64

// MarshalJSON writes the digits of each.
func (ids IDs) MarshalJSON() ([]byte, error) {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads a list of digits.
func (ids *IDs) UnmarshalJSON(raw []byte) error {
	var texts []string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return err
	}
	out := make(IDs, len(texts))
	for i, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != text {
			return fmt.Errorf("%q is not an id", text)
		}
		out[i] = n
	}
	*ids = out
	return nil
}

// New draws and returns the whole in one page, entries by rising id. It fails where Order fails.
func New(seed [32]byte, stake Stake, entries []Entry) (File, error) {
	order, err := Order(seed, stake, entries)
	if err != nil {
		return File{}, err
	}
	winners, _ := Seats(order, entries, stake.Capacity)
	return File{
		Algorithm: Algorithm, ActivityID: stake.ActivityID, PositionID: stake.PositionID, Capacity: stake.Capacity,
		Commitment: hexOf(Commit(seed)), Digest: hexOf(Digest(stake, entries)), Seed: hexOf(seed),
		Count: len(entries), Entries: byID(entries), Order: order, Winners: winners,
	}, nil
}

func hexOf(hash [32]byte) string { return hex.EncodeToString(hash[:]) }

// Drawn tells whether the seed is out.
func (f File) Drawn() bool { return f.Seed != "" }

// Stake is what the file says it is about.
func (f File) Stake() Stake { return Stake{f.ActivityID, f.PositionID, f.Capacity} }

// Decode reads one file or several that follow each other.
func Decode(r io.Reader) ([]File, error) {
	var pages []File
	for in := json.NewDecoder(r); ; {
		var f File
		err := in.Decode(&f)
		if errors.Is(err, io.EOF) && len(pages) > 0 {
			return pages, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, errors.New("there is nothing in it")
		}
		if err != nil {
			return nil, fmt.Errorf("it is not the JSON of a lottery: %w", err)
		}
		pages = append(pages, f)
	}
}

// Join puts pages together, whatever order they come in. It fails when they are not of one lottery, when one is there
// twice, and when one in the middle is missing; Verify finds that the last one is missing.
func Join(pages []File) (File, error) {
	if len(pages) == 0 {
		return File{}, errors.New("no pages")
	}
	sorted := slices.Clone(pages)
	slices.SortStableFunc(sorted, func(a, b File) int { return cmp.Compare(a.Start, b.Start) })
	whole := sorted[0]
	if whole.Start != 0 {
		return File{}, fmt.Errorf("the first page is missing: these begin after %d entries", whole.Start)
	}
	whole.Entries, whole.Order, whole.Winners = nil, nil, nil
	for _, p := range sorted {
		if what := differ(whole, p); what != "" {
			return File{}, fmt.Errorf("the pages are not of one lottery: they differ in %s", what)
		}
		if p.Start != len(whole.Entries) {
			return File{}, fmt.Errorf("a page is missing or there twice: one begins after %d entries, those before it end after %d",
				p.Start, len(whole.Entries))
		}
		whole.Entries = append(whole.Entries, p.Entries...)
		whole.Order = append(whole.Order, p.Order...)
		whole.Winners = append(whole.Winners, p.Winners...)
	}
	return whole, nil
}

// differ names what two pages say differently of the whole, or nothing.
func differ(a, b File) string {
	switch {
	case a.Algorithm != b.Algorithm:
		return "algorithm"
	case a.ActivityID != b.ActivityID:
		return "activity_id"
	case a.PositionID != b.PositionID:
		return "position_id"
	case a.Capacity != b.Capacity:
		return "capacity"
	case a.Commitment != b.Commitment:
		return "commitment"
	case a.Digest != b.Digest:
		return "digest"
	case a.Seed != b.Seed:
		return "seed"
	case a.Count != b.Count:
		return "count"
	default:
		return ""
	}
}
