package round

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"baodao/service/matching/files"
	"baodao/service/matching/pairing"
	pairs "baodao/service/pairing"
)

// incumbents are the communities that a branch has been something to, by number: JSON beside the line of the branch.
type incumbents struct {
	Renewed []int32 `json:"renewed,omitempty"`
	Former  []int32 `json:"former,omitempty"`
	Never   []int32 `json:"never,omitempty"`
}

// table is a round of pairing before it is put down.
type table struct {
	branches, communities []unit
	known                 []incumbents // of each branch
}

// newTable numbers the units, by rising id, and takes what they have been to each other into account: a pair that both
// keep is kept, whatever places were stated; a pairing in force with somebody who does not take part takes a place.
func newTable(branches, communities []unit, bonds []pairs.Bond) table {
	t := table{branches, communities, make([]incumbents, len(branches))}
	keptOf, keptAt := make([]int64, len(branches)), make([]int64, len(communities))
	for _, bond := range bonds {
		b, isBranch := number(branches, bond.CampusOrgID)
		c, isCommunity := number(communities, bond.LocalOrgID)
		if isCommunity && bond.InForce && (bond.Kind == pairs.BondKept || !isBranch) {
			communities[c].alone = false
		}
		if isBranch && isCommunity {
			t.know(b, int32(c), bond.Kind) //nolint:gosec // bounded
			if bond.Kind == pairs.BondKept {
				keptOf[b]++
				keptAt[c]++
			}
			continue
		}
		takes := bond.Kind != pairs.BondRefused
		if isBranch && takes {
			branches[b].places--
		}
		if isCommunity && takes {
			communities[c].places--
		}
	}
	for b := range branches {
		branches[b].places = max(branches[b].places, keptOf[b])
		k := &t.known[b]
		slices.Sort(k.Renewed)
		slices.Sort(k.Former)
		slices.Sort(k.Never)
	}
	for c := range communities {
		communities[c].places = max(communities[c].places, keptAt[c])
	}
	return t
}

func number(units []unit, id int64) (int, bool) {
	return slices.BinarySearchFunc(units, id, func(u unit, id int64) int { return int(u.id - id) })
}

func (t *table) know(b int, c int32, kind pairs.BondKind) {
	k := &t.known[b]
	switch kind {
	case pairs.BondKept:
		k.Renewed = append(k.Renewed, c)
	case pairs.BondFormer:
		k.Former = append(k.Former, c)
	case pairs.BondRefused:
		k.Never = append(k.Never, c)
	}
}

// urgency of a community: three without a pairing that is sure to go on, two for each demand that waits for a unit, seven at most.
func (u *unit) urgency() uint8 {
	n := 2 * u.needs
	if u.alone {
		n += 3
	}
	return uint8(min(n, 7)) //nolint:gosec // bounded
}

// put writes the lines, the communities first.
func (t *table) put(radius int32, put Put) error {
	communities := make([]pairing.Community, len(t.communities))
	for i := range t.communities {
		u := &t.communities[i]
		communities[i] = pairing.Community{
			LatE6: int32(u.at.LatE6), LonE6: int32(u.at.LngE6), Want: u.skills, Urgency: u.urgency(), Places: int32(u.places), //nolint:gosec // bounded
		}
	}
	lines, err := linesOf(func(w io.Writer) error { return files.WriteCommunities(w, communities) })
	if err != nil {
		return err
	}
	for i, line := range lines {
		if err := put(1, t.communities[i].id, line, "", ""); err != nil {
			return err
		}
	}
	branches := make([]pairing.Branch, len(t.branches))
	for i := range t.branches {
		u := &t.branches[i]
		branches[i] = pairing.Branch{
			LatE6: int32(u.at.LatE6), LonE6: int32(u.at.LngE6), Skills: u.skills, Places: int32(u.places), Limit: radius, //nolint:gosec // bounded
		}
	}
	if lines, err = linesOf(func(w io.Writer) error { return files.WriteBranches(w, branches) }); err != nil {
		return err
	}
	for i, line := range lines {
		more, err := json.Marshal(t.known[i])
		if err != nil {
			return fmt.Errorf("write known partners: %w", err)
		}
		if err := put(0, t.branches[i].id, line, "", string(more)); err != nil {
			return err
		}
	}
	return nil
}

// linesOf are the lines of a file after its header.
func linesOf(write func(io.Writer) error) ([]string, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")[1:], nil
}

// metres are a distance as people say it.
func metres(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d 米", n)
	}
	return fmt.Sprintf("%d.%d 公里", n/1000, n%1000/100)
}
