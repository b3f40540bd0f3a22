package notify

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/text"
)

// Words are a datum of a notice in both languages: WeChat shows the Chinese, the inbox what its reader prefers.
type Words struct{ ZH, EN string }

// Own are words that people chose, and numbers: the same in every language.
func Own(text string) Words { return Words{ZH: text, EN: text} }

// Both are words of the program.
func Both(zh, en string) Words { return Words{ZH: zh, EN: en} }

// When says an instant as people in China do, in the form that a WeChat field of type time takes: 2026年11月22日 14:00; in
// English 22 November 2026, 14:00.
func When(at time.Time) Words {
	at = at.In(clock.China())
	return Both(at.Format("2006年1月2日 15:04"), at.Format("2 January 2006, 15:04"))
}

// Day says a day: 2026年11月22日, 22 November 2026.
func Day(d model.Date) Words {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return Own(string(d))
	}
	return Both(at.Format("2006年1月2日"), at.Format("2 January 2006"))
}

// Hours says minutes in hours, with two decimals at most: 2, 1.5, 0.33.
func Hours(minutes int64) Words {
	hundredths := (minutes*100 + 30) / 60
	return Own(strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64))
}

// Where says a place; what has none is online.
func Where(place string) Words {
	if place == "" {
		return Both("线上", "online")
	}
	return Own(place)
}

// english ends the name of a datum that is told otherwise in English.
const english = "_en"

// kept is how an entry keeps its data: under their names the Chinese, and the English where it is another. What people wrote may
// stand in a sentence with more of it: it is cut, for nothing is to fail because a notice of it would be long.
func kept(data map[string]Words) map[string]string {
	out := make(map[string]string, len(data))
	for name, w := range data {
		out[name] = text.Cut(w.ZH, dataMost)
		if w.EN != w.ZH {
			out[name+english] = text.Cut(w.EN, dataMost)
		}
	}
	return out
}

// inEnglish are kept data under their names in English.
func inEnglish(data map[string]string) map[string]string {
	out := maps.Clone(data)
	for name, text := range data {
		if plain, ok := strings.CutSuffix(name, english); ok {
			out[plain] = text
		}
	}
	return out
}
