package notify_test

import (
	"fmt"
	"testing"

	"baodao/model"
	"baodao/service/notify"
)

// TestEveryMessageGetsItsOwnID settles more messages at once than a statement that takes their ids in order could mix up
// unnoticed.
func TestEveryMessageGetsItsOwnID(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for p := range 21 {
		name := fmt.Sprintf("p%d", p)
		user := k.person(name)
		k.accept(name, once)
		k.enqueue(notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{user}, Fact: []string{name}, Data: text(p)})
	}
	k.drain(k.workerOf(func(m notify.Message) (string, error) { return m.Fields["thing1"], nil }))
	for _, n := range k.notices() {
		if n.State != model.NoticeSent || n.MsgID != n.Fields["thing1"] {
			t.Errorf("%s got the id %q and is %s", n.Fields["thing1"], n.MsgID, n.State)
		}
	}
}
