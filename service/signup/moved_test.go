package signup_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
)

// Who signed up hears where and when it is now, once for each move; who has gone hears nothing.
func TestMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, waits).whole()
	s := b.students(3)
	r := b.all(s...)
	b.cancel(s[2], r[2])
	move := func() {
		b.put("activity_sessions", b.session.ID, map[string]any{"place": "新址"})
		for range 2 {
			b.tx(func(tx *gorm.DB) error { return b.s.Moved(tx, b.session.ID) })
		}
	}
	move()
	b.put("activities", b.activity.ID, map[string]any{"version": 2})
	move()
	for i, want := range []string{"SIGNUP_CONFIRMED ACTIVITY_CHANGED ACTIVITY_CHANGED", "SIGNUP_WAITLISTED ACTIVITY_CHANGED ACTIVITY_CHANGED", "SIGNUP_WAITLISTED"} {
		if got := b.heard(s[i]); got != want {
			t.Errorf("student %d heard %q, want %q", i, got, want)
		}
	}
	var told model.Notification
	if err := b.DB.Where("kind = ?", "ACTIVITY_CHANGED").First(&told).Error; err != nil {
		t.Fatal(err)
	}
	if said := fmt.Sprint(told.Data); !strings.Contains(said, "新址") || !strings.Contains(said, "10月14日 09:00") {
		t.Error(said)
	}
}
