package content_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/content"
)

// later notes texts of an author.
func (k *kit) later(who access.Actor, all ...string) {
	k.TB.Helper()
	k.write(func(tx *gorm.DB) error { return k.Checks.Later(tx, entries(who, k.Community.Path, all...)...) })
}

func entries(who access.Actor, path string, all ...string) []content.Entry {
	out := make([]content.Entry, len(all))
	for i, text := range all {
		out[i] = content.Entry{Author: who, Use: content.Signup, OrgPath: path, Text: content.Text{At: "/note", Text: text}}
	}
	return out
}

// shows demands which of the texts others may read.
func (k *kit) shows(checks *content.Service, all []string, want ...bool) {
	k.TB.Helper()
	texts := make([]content.Text, len(all))
	for i, text := range all {
		texts[i] = content.Text{At: "/note", Text: text}
	}
	got, err := checks.Shown(k.DB.WithContext(k.TB.Context()), content.Signup, texts...)
	if err != nil || !slices.Equal(got, want) {
		k.TB.Fatalf("%v shown %v, want %v: %v", all, got, want, err)
	}
}

func TestWhatIsNotedIsShownOnceItHasPassed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all := []string{"我想参加", "", "来赌一把", "加微信号", "从没见过"}
	k.down() // nobody waits for WeChat
	k.later(k.author, all[0], all[1], all[2], all[3], all[0])
	k.later(k.town, all[0]) // the same words are noted once
	k.only2(t, 3)
	k.shows(k.Checks, all, false, true, false, false, false)
	k.up()
	if k.asked != 0 {
		t.Fatal("WeChat was asked in the transaction")
	}
	k.advance()
	k.shows(k.Checks, all, true, true, false, false, false)
	var waiting []model.ContentCheck
	if err := k.DB.Where("status = ?", model.CheckReview).Find(&waiting).Error; err != nil || len(waiting) != 1 || waiting[0].OrgPath != k.Community.Path {
		t.Fatalf("%v, %v", waiting, err)
	}
	c, err := k.Checks.Accept(t.Context(), k.town, waiting[0].ID)
	if err != nil || len(c.Texts) != 1 || c.Texts[0].Text != all[3] || strings.Contains(string(waiting[0].TextsEnc), "微信号") {
		t.Fatalf("%v, %v", c.Texts, err)
	}
	k.shows(k.Checks, all, true, true, false, true, false)
	k.later(k.author, all...)
	k.only2(t, 4) // all but the empty one are known, the last one is new
	var entries int64
	if err := k.DB.Model(&model.AuditEntry{}).Where("action = 'content.check' AND to_state = 'PENDING'").Count(&entries).Error; err != nil || entries != 4 {
		t.Fatalf("%d entries, %v", entries, err)
	}
}

func TestWithoutACheckerEverythingIsShown(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var none *content.Service
	k.write(func(tx *gorm.DB) error { return none.Later(tx, entries(k.author, "/", "来赌一把")...) })
	k.only2(t, 0)
	k.shows(none, []string{"来赌一把", ""}, true, true)
}

func TestANoteGoesWithItsTransaction(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	fails := errors.New("fails")
	err := atomic.Do(t.Context(), k.DB, func(tx *gorm.DB) error {
		return errors.Join(k.Checks.Later(tx, entries(k.author, "/", "我想参加")...), fails)
	})
	if !errors.Is(err, fails) {
		t.Fatal(err)
	}
	k.only2(t, 0)
}

func TestAnOldVerdictIsNotCountedOn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.later(k.author, "我想参加")
	k.advance()
	k.Clock.Add(100 * 24 * time.Hour)
	k.later(k.author, "我想参加") // the author's own is there: no error, and no second one
	k.only2(t, 1)
	k.later(k.town, "我想参加")
	k.only2(t, 2)
	k.shows(k.Checks, []string{"我想参加"}, true)
	k.visits("town")
	k.advance()
	k.Clock.Add(85 * 24 * time.Hour)
	if _, err := k.Checks.Purge(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	k.only2(t, 1)
	k.shows(k.Checks, []string{"我想参加"}, true)
}

func TestManyAreNotedInFewStatements(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var all []string
	for i := range 450 {
		all = append(all, strings.Repeat("一", i+1))
	}
	k.later(k.author, all...)
	k.only2(t, 450)
	wants := make([]bool, len(all))
	k.shows(k.Checks, all, wants...)
}
