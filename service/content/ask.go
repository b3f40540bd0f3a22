package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/vault"
)

// outcome is what asking led to.
type outcome struct {
	status  model.CheckStatus
	why     string
	label   int
	fields  []string
	failure error // why there is no verdict; status is PENDING
}

// ask asks WeChat about texts and stores what it says; nil means that the transaction may go on and look again.
func (s *Service) ask(ctx context.Context, actor access.Actor, sub subject) error {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	openID, err := s.openIDOf(short, actor.UserID)
	if err != nil {
		return err
	}
	got, err := s.judge(short, openID, sub)
	if err != nil {
		return err
	}
	status, err := s.store(ctx, actor, sub, got)
	switch {
	case err != nil:
		return err
	case status == model.CheckPassed:
		return nil
	case status == model.CheckRisky:
		return risky(got.fields)
	case sub.offered:
		return nil
	case status == model.CheckPending:
		return got.failure
	}
	return ErrInReview
}

// openIDOf decrypts the openid of an account; empty when there is none.
func (s *Service) openIDOf(ctx context.Context, user int64) (string, error) {
	if user == 0 {
		return "", nil
	}
	tx := s.DB.WithContext(ctx)
	var rows []model.User
	if err := tx.Select("id", "openid_enc").Where("id = ?", user).Find(&rows).Error; err != nil {
		return "", fmt.Errorf("read author: %w", err)
	}
	people, err := s.Vault.People(tx, user)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return people[user].Open(vault.OpenID, user, rows[0].OpenIDEnc)
}

// judge asks about all texts at once, and about each by itself when they are risky.
func (s *Service) judge(ctx context.Context, openID string, sub subject) (outcome, error) {
	if openID == "" {
		return outcome{status: model.CheckReview, why: whyNoOpenID}, nil
	}
	var whole strings.Builder
	for _, t := range sub.texts {
		whole.WriteString(t.Text)
		whole.WriteByte('\n')
	}
	v, err := s.Checker.CheckText(ctx, openID, sub.use, whole.String())
	if err != nil {
		return noAnswer(err)
	}
	switch {
	case v.Unseen:
		return outcome{status: model.CheckReview, why: whyUnseen}, nil
	case v.Suggest == Pass:
		return outcome{status: model.CheckPassed, label: v.Label}, nil
	case v.Suggest == Risky:
		return outcome{status: model.CheckRisky, label: v.Label, fields: s.guilty(ctx, openID, sub)}, nil
	}
	return outcome{status: model.CheckReview, why: whySuggested, label: v.Label}, nil
}

// noAnswer is a PENDING outcome when WeChat cannot be asked now; any other error stays one.
func noAnswer(err error) (outcome, error) {
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind == fault.Unavailable {
		return outcome{status: model.CheckPending, failure: f.After(max(f.RetryAfter, retryGap))}, nil
	}
	return outcome{}, fmt.Errorf("check texts: %w", err)
}

// guilty are the pointers of the texts that are risky by themselves; all of them when none is, or when time is up.
func (s *Service) guilty(ctx context.Context, openID string, sub subject) []string {
	var bad, all []string
	for _, t := range sub.texts {
		all = append(all, t.At)
	}
	if len(all) == 1 {
		return all
	}
	for _, t := range sub.texts {
		v, err := s.Checker.CheckText(ctx, openID, sub.use, t.Text)
		if err != nil {
			return all
		}
		if v.Suggest == Risky {
			bad = append(bad, t.At)
		}
	}
	if len(bad) == 0 {
		return all
	}
	return bad
}

// store writes an outcome into the author's row and returns the status the row has then.
func (s *Service) store(ctx context.Context, actor access.Actor, sub subject, got outcome) (status model.CheckStatus, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, found, err := mineOf(tx, actor.UserID, sub.digest)
		if err != nil {
			return err
		}
		if !found {
			err = s.insert(tx, actor, sub, got)
			if !errors.Is(err, gorm.ErrDuplicatedKey) {
				status = got.status
				return err
			}
			if row, _, err = mineOf(tx, actor.UserID, sub.digest); err != nil { // somebody was faster
				return err
			}
		}
		status = row.Status
		if row.Status == got.status || !row.MayBecome(string(got.status)) {
			return nil
		}
		status = got.status
		return s.move(tx, actor, &row, got)
	})
	return status, err
}

func mineOf(tx *gorm.DB, user int64, digest []byte) (row model.ContentCheck, found bool, err error) {
	var rows []model.ContentCheck
	if err := atomic.ForUpdate(tx).Where("digest = ? AND user_id = ?", digest, user).Find(&rows).Error; err != nil {
		return row, false, fmt.Errorf("read check: %w", err)
	}
	if len(rows) == 0 {
		return row, false, nil
	}
	return rows[0], true, nil
}

// insert adds the row of texts nobody was asked about before. They are kept as long as somebody may have to read them.
func (s *Service) insert(tx *gorm.DB, actor access.Actor, sub subject, got outcome) error {
	now := s.Now()
	row := model.ContentCheck{
		ID: s.NewID(), Kind: model.CheckText, Purpose: string(sub.use), UserID: actor.UserID, Digest: sub.digest, OrgPath: sub.orgPath,
		Status: got.status, Why: got.why, Label: got.label, Fields: listOf(got.fields), NextAt: now.Add(retryGap), Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if got.status == model.CheckPending || got.status == model.CheckReview {
		var err error
		if row.TextsEnc, err = s.seal(tx, row, sub.texts); err != nil {
			return err
		}
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("add check: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "content.check", Object: row.TableName(), ObjectID: row.ID, OrgPath: row.OrgPath, To: row.State(),
		Data: map[string]any{"use": row.Purpose, "why": row.Why, "label": row.Label},
	})
}

// move takes a row where the outcome says. What has passed or failed without a person needs no reader.
func (s *Service) move(tx *gorm.DB, actor access.Actor, row *model.ContentCheck, got outcome) error {
	fields, err := json.Marshal(listOf(got.fields))
	if err != nil {
		return fmt.Errorf("write fields: %w", err)
	}
	set := map[string]any{"why": got.why, "label": got.label, "fields": string(fields)}
	if got.status == model.CheckPassed || got.status == model.CheckRisky {
		set["texts_enc"] = nil
	}
	return s.Audit.Move(tx, actor, row, audit.Move{
		Action: "content.check", To: string(got.status), OrgPath: row.OrgPath, Set: set, Data: map[string]any{"why": got.why, "label": got.label},
	})
}

// seal encrypts texts with the author's key; what an API client writes gets a key of its own.
func (s *Service) seal(tx *gorm.DB, row model.ContentCheck, texts []Text) ([]byte, error) {
	raw, err := json.Marshal(texts)
	if err != nil {
		return nil, fmt.Errorf("write texts: %w", err)
	}
	if row.UserID == 0 {
		made, err := s.Vault.NewPeople(tx, row.ID)
		if err != nil {
			return nil, err
		}
		return made[row.ID].Seal(vault.CheckedTexts, row.ID, string(raw)), nil
	}
	person, err := s.Vault.Person(tx, row.UserID)
	if err != nil {
		return nil, err
	}
	return person.Seal(vault.CheckedTexts, row.ID, string(raw)), nil
}

// textsOf reads the texts of a row; none when they are gone.
func (s *Service) textsOf(tx *gorm.DB, row model.ContentCheck) (texts []Text, err error) {
	if len(row.TextsEnc) == 0 {
		return nil, nil
	}
	owner := row.UserID
	if owner == 0 {
		owner = row.ID
	}
	people, err := s.Vault.People(tx, owner)
	if err != nil {
		return nil, err
	}
	raw, err := people[owner].Open(vault.CheckedTexts, row.ID, row.TextsEnc)
	if err != nil || raw == "" {
		return nil, err
	}
	if err := json.Unmarshal([]byte(raw), &texts); err != nil {
		return nil, fmt.Errorf("read texts of %d: %w", row.ID, err)
	}
	return texts, nil
}

// listOf never is nil, so that it is stored as [] and not as null.
func listOf(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
