// Package notify tells people what happened: in their inbox, which is the record of delivery and is written in the
// transaction of the fact, and as WeChat messages, which a worker sends from the outbox written beside it.
package notify

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/vault"
)

const (
	keyMost  = 160 // characters of a dedupe key
	dataMost = 500 // characters of one datum; what is longer is cut
	rowsMost = 500 // rows of one INSERT
)

// errEvent is a mistake of the caller's code, never of a person.
var errEvent = errors.New("notify: bad event")

// Service writes and reads the inbox. A nil Service notifies nobody.
type Service struct {
	DB    *gorm.DB
	Now   clock.Clock
	NewID func() int64
	Vault *vault.Vault
	AppID string // mini-program whose templates count
}

// Event is one fact that some people are told.
type Event struct {
	Kind      Kind
	UserIDs   []int64
	Fact      []string // with kind and user it is the dedupe key: what happened, with its version, such as act42, v3
	Object    string   // table of what it is about
	ObjectID  int64
	Data      map[string]Words // short texts for the wording; no personal data. {id} is the object unless it is given
	NotBefore time.Time        // zero: now
	ExpiresAt time.Time        // WeChat is not bothered after this; zero: never too late
}

// Enqueue puts the events into every person's inbox, and into the outbox when the kind has a template, in the caller's
// transaction. A fact that was enqueued before makes no second row.
func (s *Service) Enqueue(tx *gorm.DB, events ...Event) error {
	if s == nil {
		return nil
	}
	var inbox []model.Notification
	var outbox []model.Notice
	templates := map[Kind]*model.NoticeTemplate{}
	for _, e := range events {
		if len(e.UserIDs) == 0 {
			continue
		}
		if err := e.check(); err != nil {
			return err
		}
		if _, known := templates[e.Kind]; !known {
			t, err := s.templateOf(tx, e.Kind)
			if err != nil {
				return err
			}
			templates[e.Kind] = t
		}
		for _, user := range slices.Compact(slices.Sorted(slices.Values(e.UserIDs))) {
			inbox = append(inbox, s.entry(e, user))
			if t := templates[e.Kind]; t != nil {
				outbox = append(outbox, s.notice(e, user, t))
			}
		}
	}
	return write(tx, inbox, outbox)
}

func write(tx *gorm.DB, inbox []model.Notification, outbox []model.Notice) error {
	if len(inbox) > 0 {
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(inbox, rowsMost).Error; err != nil {
			return fmt.Errorf("write inbox: %w", err)
		}
	}
	if len(outbox) > 0 {
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(outbox, rowsMost).Error; err != nil {
			return fmt.Errorf("write outbox: %w", err)
		}
	}
	return nil
}

func (e Event) check() error {
	_, known := wordingOf(e.Kind)
	switch {
	case !known:
		return fmt.Errorf("%w: kind %q", errEvent, e.Kind)
	case len(e.Fact) == 0:
		return fmt.Errorf("%w: %s says no fact", errEvent, e.Kind)
	case len(e.key(1<<53)) > keyMost:
		return fmt.Errorf("%w: key of %s is too long", errEvent, e.Kind)
	}
	return nil
}

func (e Event) key(user int64) string {
	return fmt.Sprintf("%s:%s:u%d", e.Kind, strings.Join(e.Fact, ":"), user)
}

// from is when something may be told that must not be told earlier.
func (s *Service) from(notBefore time.Time) time.Time {
	now := s.Now()
	if notBefore.After(now) {
		return notBefore.UTC().Truncate(time.Millisecond)
	}
	return now
}

func (s *Service) entry(e Event, user int64) model.Notification {
	return model.Notification{
		ID: s.NewID(), UserID: user, Kind: string(e.Kind), DedupeKey: e.key(user), Data: e.words(), Object: e.Object, ObjectID: e.ObjectID,
		ShownAt: s.from(e.NotBefore), CreatedAt: s.Now(),
	}
}

func (s *Service) notice(e Event, user int64, t *model.NoticeTemplate) model.Notice {
	data := e.words()
	fields := make(map[string]string, len(t.Fields))
	for key, text := range t.Fields {
		fields[key] = fill(text, data)
	}
	row := model.Notice{
		ID: s.NewID(), DedupeKey: e.key(user), UserID: user, Kind: string(e.Kind), Template: t.TemplateID, Page: fill(t.Page, data),
		Fields: fields, State: model.NoticePending, NextAt: s.from(e.NotBefore), CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	if !e.ExpiresAt.IsZero() {
		until := e.ExpiresAt.UTC().Truncate(time.Millisecond)
		row.ExpiresAt = &until
	}
	return row
}

// words are the event's data as they are kept, and as id what it is about, for the page that a message opens.
func (e Event) words() map[string]string {
	data := map[string]string{"id": strconv.FormatInt(e.ObjectID, 10)}
	maps.Copy(data, kept(e.Data))
	return data
}

// templateOf returns the template of a kind, nil when it has none that is good.
func (s *Service) templateOf(tx *gorm.DB, k Kind) (*model.NoticeTemplate, error) {
	var rows []model.NoticeTemplate
	if err := tx.Where("app_id = ? AND kind = ? AND disabled_at IS NULL", s.AppID, string(k)).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read notice template: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // no template is an answer
	}
	return &rows[0], nil
}
