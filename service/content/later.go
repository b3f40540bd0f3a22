package content

import (
	"encoding/json"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/vault"
)

// Entry is one text of one author that belongs to an organisation.
type Entry struct {
	Author  access.Actor
	Use     Use
	OrgPath string
	Text    Text
}

// laterBatch is how many texts one statement asks about or writes.
const laterBatch = 200

// Later notes, in the transaction that stores texts, that they have to be looked at. WeChat is asked by Advance, so that
// nobody waits; until they have passed, whoever shows them to others asks Shown. What is known already is not noted again.
func (s *Service) Later(tx *gorm.DB, entries ...Entry) error {
	if s == nil {
		return nil
	}
	var subjects []subject
	var authors []access.Actor
	seen := map[string]bool{}
	for _, e := range entries {
		sub, err := s.subjectOf(e.Use, e.OrgPath, []Text{e.Text})
		if err != nil {
			return err
		}
		if len(sub.texts) == 0 || seen[string(sub.digest)] || e.Author.UserID == 0 {
			continue
		}
		seen[string(sub.digest)] = true
		subjects, authors = append(subjects, sub), append(authors, e.Author)
	}
	for from := 0; from < len(subjects); from += laterBatch {
		to := min(from+laterBatch, len(subjects))
		if err := s.note(tx, subjects[from:to], authors[from:to]); err != nil {
			return err
		}
	}
	return nil
}

// note writes the checks of texts that nobody has noted, in one statement. A verdict in its second half of life is no longer
// counted on: it may be gone before the text is.
func (s *Service) note(tx *gorm.DB, subjects []subject, authors []access.Actor) error {
	now := s.Now()
	known, err := digests(tx.Where("created_at > ?", now.Add(-keepRows/2)), subjects)
	if err != nil {
		return err
	}
	users := make([]int64, len(authors))
	for i, a := range authors {
		users[i] = a.UserID
	}
	people, err := s.Vault.People(tx, users...)
	if err != nil {
		return err
	}
	var rows []model.ContentCheck
	var acts []audit.Act
	for i, sub := range subjects {
		person := people[users[i]]
		if known[string(sub.digest)] || person == nil { // whose key is gone has no text that could be kept
			continue
		}
		raw, err := json.Marshal(sub.texts)
		if err != nil {
			return fmt.Errorf("write texts: %w", err)
		}
		row := model.ContentCheck{
			ID: s.NewID(), Kind: model.CheckText, Purpose: string(sub.use), UserID: users[i], Digest: sub.digest, OrgPath: sub.orgPath,
			Status: model.CheckPending, Fields: []string{}, NextAt: now, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		row.TextsEnc = person.Seal(vault.CheckedTexts, row.ID, string(raw))
		rows = append(rows, row)
		acts = append(acts, audit.Act{Actor: authors[i], Entry: audit.Entry{
			Action: "content.check", Object: row.TableName(), ObjectID: row.ID, OrgPath: row.OrgPath, To: row.State(), Data: map[string]any{"use": row.Purpose},
		}})
	}
	if len(rows) == 0 {
		return nil
	}
	// somebody may have noted the same words a moment ago: that is no reason to refuse what they were written with
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error; err != nil {
		return fmt.Errorf("add checks: %w", err)
	}
	return s.Audit.WriteActs(tx, acts)
}

// Shown tells of each text whether it has passed, so that others than its author may read it; it asks once for all of them.
// Where nothing is checked everything is shown.
func (s *Service) Shown(tx *gorm.DB, use Use, texts ...Text) ([]bool, error) {
	out := make([]bool, len(texts))
	subjects := make([]subject, 0, len(texts))
	for i, t := range texts {
		if s == nil || t.Text == "" {
			out[i] = true
			continue
		}
		sub, err := s.subjectOf(use, "", []Text{t})
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, sub)
	}
	if len(subjects) == 0 {
		return out, nil
	}
	passed, err := digests(tx.Where("status = ?", model.CheckPassed), subjects)
	if err != nil {
		return nil, err
	}
	next := 0
	for i := range out {
		if !out[i] {
			out[i] = passed[string(subjects[next].digest)]
			next++
		}
	}
	return out, nil
}

// digests are those of the subjects that a query finds.
func digests(q *gorm.DB, subjects []subject) (map[string]bool, error) {
	want := make([][]byte, len(subjects))
	for i, sub := range subjects {
		want[i] = sub.digest
	}
	var found [][]byte
	if err := q.Model(&model.ContentCheck{}).Where("digest IN ?", want).Distinct().Pluck("digest", &found).Error; err != nil {
		return nil, fmt.Errorf("look for verdicts: %w", err)
	}
	out := make(map[string]bool, len(found))
	for _, d := range found {
		out[string(d)] = true
	}
	return out, nil
}
