package score

// Outlook is how the last round ended: what chances are told from.
type Outlook struct {
	Cutoffs  []uint32 // of each position, as in Outcome
	Closed   []bool
	Students int             // who took part, to tell the share of a lottery; of files, which do not say it, those of this round
	Partners []PartnerCutoff // as in Outcome
}

// What chances are called, in per mille.
const (
	LikelyFrom = 300
	SafeFrom   = 900
)

// Chance is ChanceOf for whom no seats are reserved.
func (o *Outlook) Chance(position int32, band uint8) int32 {
	return o.ChanceOf(position, band, false)
}

// ChanceOf is how likely a student of this band gets a seat when everything comes as in the last round, in per mille: all of
// it while seats were free or above the last band that got one, the share of the lottery within that band, else none.
func (o *Outlook) ChanceOf(position int32, band uint8, reserved bool) int32 {
	cutoff := o.Cutoffs[position]
	if reserved {
		cutoff = ofPartners(o.Partners, position, cutoff)
	}
	switch last, rank := OfKey(cutoff); {
	case o.Closed[position]:
		return 0
	case cutoff == 0 || band > last:
		return 1000
	case band < last || o.Students == 0:
		return 0
	default:
		return int32(min(1000, 1000*(int64(rank)+1)/int64(o.Students))) //nolint:gosec // bounded
	}
}
