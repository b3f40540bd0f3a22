package api

import (
	"runtime"
	"strconv"

	"baodao/service/matching/score"
	"baodao/service/recommend"
)

// AppendRecommendations adds a RecommendationPage to b, by hand. What belongs to a position was written when the picture was drawn.
func AppendRecommendations(b []byte, found *recommend.Answer, english bool) []byte {
	runtime.KeepAlive(fetch(found.Items))
	b = append(b, `{"data":[`...)
	for i := range found.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendItem(b, &found.Items[i], english)
	}
	b = append(b, `],"has_more":`...)
	b = strconv.AppendBool(b, found.Next != "")
	if found.Next != "" {
		b = append(append(append(b, `,"next_cursor":"`...), found.Next...), '"') // base64
	}
	b = append(b, `,"willingness_stated":`...)
	b = strconv.AppendBool(b, found.Stated)
	b = appendNumber(b, `,"radius_m":`, found.RadiusM)
	if found.RoundID != 0 {
		b = append(appendNumber(b, `,"round_id":"`, found.RoundID), '"')
	}
	b = append(b, `,"advice":{"keep_at_least":10,"safe_at_least":3`...)
	b = appendNumber(b, `,"safe":`, int64(found.Safe))
	return append(append(append(b, `,"text":"`...), advice(found.Safe, english)...), "\"}}\n"...)
}

// fetch looks at every line of memory of what was written before. Memory is slow, but brings many lines at once when they
// are asked for one right after the other; copying alone would wait for each item in turn.
func fetch(items []recommend.Item) (sum byte) {
	const line = 64
	for i := range items {
		for at := 0; at < len(items[i].Written); at += line {
			sum += items[i].Written[at]
		}
	}
	return sum
}

// appendItem writes a RecommendationView. Nothing in it needs to be escaped but what was written before.
func appendItem(b []byte, x *recommend.Item, english bool) []byte {
	b = append(append(b, '{'), x.Written...)
	b = appendNumber(b, `,"seats_left":`, x.Left)
	b = appendNumber(b, `,"score":`, int64(x.Parts.Total()))
	b = appendParts(b, &x.Parts)
	b = appendNumber(b, `,"distance_m":`, int64(x.Fit.Dist))
	b = appendNumber(b, `,"blocks_fit":`, int64(x.Fit.Overlap))
	b = append(b, `,"paired":`...)
	b = strconv.AppendBool(b, x.Paired())
	b = append(b, `,"reasons":"`...)
	b = append(x.Words(b, english), '"')
	if x.Chance >= 0 {
		b = appendNumber(b, `,"chance_permille":`, int64(x.Chance))
		b = append(append(append(b, `,"class":"`...), className(x.Chance)...), '"')
	}
	return append(b, '}')
}

func appendParts(b []byte, p *score.Parts) []byte {
	b = appendNumber(b, `,"parts":{"near":`, int64(p.Near))
	b = appendNumber(b, `,"time":`, int64(p.Time))
	b = appendNumber(b, `,"skill":`, int64(p.Skill))
	b = appendNumber(b, `,"interest":`, int64(p.Interest))
	b = appendNumber(b, `,"urgency":`, int64(p.Urgency))
	b = appendNumber(b, `,"served":`, int64(p.Served))
	return append(b, '}')
}

func appendNumber(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(b, name...), n, 10)
}
