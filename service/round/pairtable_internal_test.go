package round

import (
	"testing"

	pairs "baodao/service/pairing"
)

// What units have been to each other, and to those who do not take part, decides how many places they bring and who is alone.
func TestTheTableOfARoundOfPairing(t *testing.T) {
	t.Parallel()
	table := newTable(
		[]unit{{id: 1, places: 1, alone: true}, {id: 2, places: 3, alone: true}},
		[]unit{{id: 11, places: 1, alone: true}, {id: 12, places: 2, alone: true}, {id: 13, places: 1, alone: true}},
		[]pairs.Bond{
			{CampusOrgID: 1, LocalOrgID: 11, Kind: pairs.BondKept, InForce: true},
			{CampusOrgID: 1, LocalOrgID: 12, Kind: pairs.BondKept},
			{CampusOrgID: 2, LocalOrgID: 99, Kind: pairs.BondRefused, InForce: true},
			{CampusOrgID: 2, LocalOrgID: 98, Kind: pairs.BondFormer, InForce: true},
			{CampusOrgID: 97, LocalOrgID: 12, Kind: pairs.BondFormer, InForce: true},
			{CampusOrgID: 2, LocalOrgID: 13, Kind: pairs.BondFormer, InForce: true},
		},
	)
	for i, want := range []int64{2, 2} { // two are kept though one was wanted; what was refused elsewhere takes no place
		if got := table.branches[i].places; got != want {
			t.Errorf("branch %d brings %d places, want %d", table.branches[i].id, got, want)
		}
	}
	for i, want := range []unit{{places: 1, alone: false}, {places: 1, alone: false}, {places: 1, alone: true}} { // a former pairing here is not sure to go on
		if got := table.communities[i]; got.places != want.places || got.alone != want.alone {
			t.Errorf("community %d brings %d places, alone %v", got.id, got.places, got.alone)
		}
	}
	if k := table.known[0].Renewed; len(k) != 2 || k[0] != 0 || k[1] != 1 || len(table.known[1].Former) != 1 || table.known[1].Never != nil {
		t.Errorf("known: %+v", table.known)
	}
}
