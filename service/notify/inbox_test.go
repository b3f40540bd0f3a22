package notify_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/page"
)

func (k *kit) actor(user int64) access.Actor { return access.Actor{UserID: user} }

func (k *kit) inbox(user int64) []model.Notification {
	k.TB.Helper()
	rows, err := k.Notices.List(k.TB.Context(), k.actor(user), false, page.Request{Limit: 100})
	if err != nil {
		k.TB.Fatal(err)
	}
	return rows.Items
}

func TestOneFactIsToldOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li, wang := k.person("li"), k.person("wang")
	e := notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{li, wang, li}, Fact: []string{"act1", "v1"}}
	k.enqueue(e)
	k.enqueue(e)
	if len(k.inbox(li)) != 1 || len(k.inbox(wang)) != 1 || len(k.notices()) != 2 {
		t.Error("told twice")
	}
	e.Fact = []string{"act1", "v2"}
	k.enqueue(e)
	if len(k.inbox(li)) != 2 || len(k.notices()) != 4 {
		t.Error("a new version is a new fact")
	}
	k.enqueue(notify.Event{Kind: notify.CaseReturned, UserIDs: []int64{li}, Fact: []string{"case1"}})
	if len(k.inbox(li)) != 3 || len(k.notices()) != 4 {
		t.Error("a kind without a template is told in the inbox only")
	}
}

func TestNothingIsToldWhenTheFactIsUndone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li := k.person("li")
	undo := errors.New("undo")
	err := k.DB.Transaction(func(tx *gorm.DB) error {
		if err := k.Notices.Enqueue(tx, notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{li}, Fact: []string{"act1"}}); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) || len(k.inbox(li)) != 0 || len(k.notices()) != 0 {
		t.Error(err)
	}
}

func TestABadEventIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, e := range map[string]notify.Event{
		"no kind":  {Fact: []string{"a"}},
		"no fact":  {Kind: notify.SignupConfirmed},
		"too long": {Kind: notify.SignupConfirmed, Fact: []string{strings.Repeat("x", 150)}},
	} {
		e.UserIDs = []int64{1}
		if err := k.DB.Transaction(func(tx *gorm.DB) error { return k.Notices.Enqueue(tx, e) }); err == nil {
			t.Error(name)
		}
	}
}

func TestALongReasonIsCutAndFailsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li := k.person("li")
	for i, chars := range []int{500, 501} {
		e := notify.Event{Kind: notify.PairingEnding, UserIDs: []int64{li}, Fact: []string{strconv.Itoa(i)}, Data: map[string]notify.Words{
			"reason": notify.Both(strings.Repeat("因", chars), strings.Repeat("x", chars)),
		}}
		if err := k.DB.Transaction(func(tx *gorm.DB) error { return k.Notices.Enqueue(tx, e) }); err != nil {
			t.Fatal(chars, err)
		}
	}
	want := map[string]int{strings.Repeat("因", 500): 1, strings.Repeat("因", 499) + "…": 1}
	for _, n := range k.inbox(li) {
		want[n.Data["reason"]]--
		if text := n.Data["reason_en"]; utf8.RuneCountInString(text) != 500 {
			t.Error(utf8.RuneCountInString(text))
		}
	}
	for text, left := range want {
		if left != 0 {
			t.Error(left, utf8.RuneCountInString(text))
		}
	}
}

func TestTheInboxIsPagedReadAndItsOwnersOnly(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li, wang := k.person("li"), k.person("wang")
	for range 5 {
		k.tell(notify.SignupConfirmed, li, wang)
		k.Clock.Add(time.Millisecond)
	}
	var seen []int64
	req := page.Request{Limit: 2}
	for range 3 {
		got, err := k.Notices.List(t.Context(), k.actor(li), true, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range got.Items {
			seen = append(seen, n.ID)
		}
		req.Cursor = got.Next
	}
	if len(seen) != 5 || req.Cursor != "" || !slices.IsSortedFunc(seen, func(a, b int64) int { return int(b - a) }) {
		t.Fatalf("%v", seen)
	}
	if _, err := k.Notices.Read(t.Context(), k.actor(wang), seen[0]); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	row, err := k.Notices.Read(t.Context(), k.actor(li), seen[0])
	if err != nil || row.ReadAt == nil {
		t.Fatal(err)
	}
	k.Clock.Add(time.Second)
	again, err := k.Notices.Read(t.Context(), k.actor(li), seen[0])
	if err != nil || !again.ReadAt.Equal(*row.ReadAt) {
		t.Error("reading again changed it", err)
	}
	if n, err := k.Notices.Unread(t.Context(), k.actor(li)); n != 4 || err != nil {
		t.Error(n, err)
	}
	if err := k.Notices.ReadAll(t.Context(), k.actor(li)); err != nil {
		t.Fatal(err)
	}
	mine, _ := k.Notices.Unread(t.Context(), k.actor(li))
	theirs, _ := k.Notices.Unread(t.Context(), k.actor(wang))
	if mine != 0 || theirs != 5 {
		t.Error(mine, theirs)
	}
	if _, err := k.Notices.List(t.Context(), access.Actor{}, false, page.Request{}); !errors.Is(err, access.ErrRequired) {
		t.Error(err)
	}
}

func TestEveryKindIsWordedInBothLanguages(t *testing.T) {
	t.Parallel()
	seen := map[notify.Kind]bool{}
	for _, w := range notify.Wordings() {
		for _, english := range []bool{false, true} {
			title, body := w.Text(english, map[string]string{"activity": "{org}", "org": "X"})
			if title == "" || body == "" || strings.Contains(body, "{time}") || len([]rune(title)) > 40 {
				t.Errorf("%s: %q %q", w.Kind, title, body)
			}
		}
		if seen[w.Kind] || len(w.Kind) > 32 {
			t.Error(w.Kind)
		}
		seen[w.Kind] = true
	}
	if len(seen) != 51 {
		t.Error(len(seen))
	}
}
