package notify

import (
	"strconv"
	"time"

	"baodao/internal/clock"
	"baodao/model"
)

// When says an instant as people in China do, in the form that a WeChat field of type time takes: 2026年11月22日 14:00.
func When(at time.Time) string { return at.In(clock.China()).Format("2006年1月2日 15:04") }

// Day says a day: 2026年11月22日.
func Day(d model.Date) string {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return at.Format("2006年1月2日")
}

// Hours says minutes in hours, with two decimals at most: 2, 1.5, 0.33.
func Hours(minutes int64) string {
	hundredths := (minutes*100 + 30) / 60
	return strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64)
}

// Where says a place; what has none is online.
func Where(place string) string {
	if place == "" {
		return "线上"
	}
	return place
}
