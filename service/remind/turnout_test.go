package remind_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/notify"
)

func TestTheOrganiserHearsOnceThatTooFewHaveSignedUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		need int64
		told bool
	}{"too few": {2, true}, "enough": {1, false}, "none needed": {0, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, func(a *model.Activity, _ *model.Session) { a.MinTurnout = c.need })
			k.member("林")
			k.Clock.Set(k.activity.SignupClosesAt.Add(-time.Millisecond))
			k.run()
			k.Told(notify.TurnoutLow)
			k.Clock.Add(time.Millisecond)
			k.run()
			if c.told {
				k.Told(notify.TurnoutLow, k.host)
			} else {
				k.Told(notify.TurnoutLow)
			}
		})
	}
}
