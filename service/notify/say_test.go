package notify_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/notify"
)

func TestHowThingsAreSaid(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		notify.When(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)):  "2026年11月22日 14:00",
		notify.When(time.Date(2026, 12, 31, 16, 5, 0, 0, time.UTC)): "2027年1月1日 00:05",
		notify.Day(model.Date("2026-11-05")):                        "2026年11月5日",
		notify.Hours(120):                                           "2", notify.Hours(90): "1.5", notify.Hours(20): "0.33", notify.Hours(119): "1.98", notify.Hours(0): "0", notify.Hours(60000): "1000",
		notify.Where(""): "线上", notify.Where("广场"): "广场",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
