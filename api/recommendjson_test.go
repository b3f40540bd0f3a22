package api_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"baodao/api"
	"baodao/service/matching/index"
	"baodao/service/matching/score"
	"baodao/service/recommend"
)

// TestWhatIsWrittenByHandIsWhatTheContractSays reads written pages back as the type of the contract, which knows no other
// fields, and writes that the usual way: the bytes must be the same. So no field is missing, renamed or out of its place.
func TestWhatIsWrittenByHandIsWhatTheContractSays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		found := recommend.Answer{Stated: r.IntN(2) == 0, RadiusM: r.Int64N(20_000), RoundID: r.Int64N(2) * 7301234567890123, Safe: r.IntN(5), Items: make([]recommend.Item, r.IntN(4))}
		if r.IntN(2) == 0 {
			found.Next = "eyJsIjoicmVjb21tZW5kYXRpb25zIiwiayI6WzEsMl19"
		}
		for i := range found.Items {
			found.Items[i] = item(r)
		}
		for _, english := range []bool{false, true} {
			written := api.AppendRecommendations(nil, &found, english)
			var page api.RecommendationPage
			d := json.NewDecoder(bytes.NewReader(written))
			d.DisallowUnknownFields()
			if err := d.Decode(&page); err != nil {
				t.Fatalf("%v: %s", err, written)
			}
			var usual bytes.Buffer
			e := json.NewEncoder(&usual)
			e.SetEscapeHTML(false)
			if err := e.Encode(page); err != nil || !bytes.Equal(usual.Bytes(), written) {
				t.Fatalf("%v\nby hand %s\nusually %s", err, written, usual.Bytes())
			}
			for i, x := range found.Items {
				compare(t, x, page.Data[i])
			}
		}
	}
}

// item is a recommendation made up at random.
func item(r *rand.Rand) recommend.Item {
	n := func(most int32) int32 { return r.Int32N(2) * r.Int32N(most) }
	at := time.UnixMilli(1_790_000_000_000 + r.Int64N(1e10)).UTC()
	f := recommend.Facts{
		PositionID: r.Int64N(1 << 53), ActivityID: r.Int64N(1 << 53), HostOrgID: r.Int64N(1 << 53), Position: "志愿者\"<&>\u2028", Activity: "清洁\n日\\", Host: "戊社区", Place: []string{"", "广场"}[r.IntN(2)],
		Category: []string{"", "CULTURE"}[r.IntN(2)], SignupMode: "MATCHED", LatE6: r.Int64N(90e6), LngE6: -r.Int64N(180e6), StartsAt: at, EndsAt: at.Add(time.Hour), SignupClosesAt: at,
		Sessions: r.IntN(9), CountsAsVolunteer: r.IntN(2) == 0, TrainingRequired: r.IntN(2) == 0, InsuranceRequired: r.IntN(2) == 0, Clearing: r.IntN(2) == 0, Need: r.IntN(9),
	}
	return recommend.Item{Written: api.PlaceJSON(f), Left: r.Int64N(50), Pick: index.Pick{
		ID: f.PositionID, Parts: score.Parts{Near: n(3500), Time: n(2000), Skill: n(2000), Interest: n(1500), Urgency: n(700), Served: n(301)},
		Fit: score.Fit{Dist: r.Int32N(15_000), Overlap: r.IntN(42), Hits: r.IntN(9)}, Reasons: index.Reason(r.IntN(1 << 10)), Chance: r.Int32N(1002) - 1,
	}}
}

func compare(t *testing.T, x recommend.Item, v api.RecommendationView) {
	t.Helper()
	p := api.RecommendationPartsView(x.Parts)
	class := map[bool]string{x.Chance < 300: "REACH", x.Chance >= 300 && x.Chance < 900: "LIKELY", x.Chance >= 900: "SAFE"}[true]
	if x.Chance < 0 {
		class = ""
	}
	if int64(v.PositionID) != x.ID || v.SeatsLeft != x.Left || v.Parts != p || v.Score != x.Parts.Total() || v.DistanceM != x.Fit.Dist || v.BlocksFit != x.Fit.Overlap ||
		v.Paired != x.Paired() || v.Reasons == "" || (v.ChancePermille == nil) != (x.Chance < 0) || v.ChancePermille != nil && *v.ChancePermille != x.Chance || v.Class != class {
		t.Fatalf("%+v became %+v", x, v)
	}
}
