package score

// Outlook is how the last round ended: what chances are told from.
type Outlook struct {
	Cutoffs  []uint32 // of each position, as in Outcome
	Closed   []bool
	Students int // who took part, to tell the share of a lottery
}

// What chances are called, in per mille.
const (
	LikelyFrom = 300
	SafeFrom   = 900
)

// Chance is how likely a student of this band gets a seat when everything comes as in the last round, in per mille: all of
// it while seats were free or above the last band that got one, the share of the lottery within that band, else none.
func (o *Outlook) Chance(position int32, band uint8) int32 {
	switch last, rank := OfKey(o.Cutoffs[position]); {
	case o.Closed[position]:
		return 0
	case o.Cutoffs[position] == 0 || band > last:
		return 1000
	case band < last || o.Students == 0:
		return 0
	default:
		return int32(1000 * (int64(rank) + 1) / int64(o.Students)) //nolint:gosec // at most 1000
	}
}
