package content

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/page"
	"baodao/service/read"
	"baodao/service/text"
)

// maxReason is the longest reason, in characters.
const maxReason = 200

// Case is a check with the texts that it is about; those of a picture, and of a decision of long ago, are none.
type Case struct {
	model.ContentCheck

	Texts []Text
}

// Queue lists what waits for a person in the actor's scope, the oldest first.
func (s *Service) Queue(ctx context.Context, actor access.Actor, p page.Request) (page.Result[model.ContentCheck], error) {
	var none page.Result[model.ContentCheck]
	if err := actor.Require(access.ContentReview); err != nil {
		return none, err
	}
	keys, more, err := p.Key("content_reviews", 1)
	if err != nil {
		return none, err
	}
	where, args := actor.Where(access.ContentReview, []string{"org_path"}, "", "")
	q := s.DB.WithContext(ctx).Where("status = ?", model.CheckReview).Where(where, args...)
	if more {
		q = q.Where("id > ?", keys[0])
	}
	var rows []model.ContentCheck
	if err := q.Order("id").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list content reviews: %w", err)
	}
	return page.Cut(rows, p.Size(), "content_reviews", func(r model.ContentCheck) []int64 { return []int64{r.ID} }), nil
}

// Review reads one check that a person had to look at, or has to.
func (s *Service) Review(ctx context.Context, actor access.Actor, id int64) (Case, error) {
	if err := actor.Require(access.ContentReview); err != nil {
		return Case{}, err
	}
	tx := s.DB.WithContext(ctx)
	row, err := read.One[model.ContentCheck](tx.Where("id = ?", id), "content check")
	if err != nil {
		return Case{}, err
	}
	if err := reviewable(actor, row); err != nil {
		return Case{}, err
	}
	texts, err := s.textsOf(tx, row)
	return Case{row, texts}, err
}

// ReviewedUpload is the upload whose picture a check is about; fault.ErrNotFound for texts, and as Review.
func (s *Service) ReviewedUpload(ctx context.Context, actor access.Actor, id int64) (int64, error) {
	c, err := s.Review(ctx, actor, id)
	if err != nil {
		return 0, err
	}
	if c.UploadID == nil {
		return 0, fault.ErrNotFound
	}
	return *c.UploadID, nil
}

// reviewable checks the scope; what never needed a person is nobody's business.
func reviewable(actor access.Actor, row model.ContentCheck) error {
	if err := actor.Check(access.ContentReview, access.Object{Paths: []string{row.OrgPath}}); err != nil {
		return err
	}
	if row.Status != model.CheckReview && row.DecidedBy == nil {
		return fault.ErrNotFound
	}
	return nil
}

// Accept lets content be shown; its author may then repeat what was held up. Never one's own. The reason may be empty.
// Errors: fault.ErrNotFound, access.ErrOwnInterest, fault.ErrState (decided already).
func (s *Service) Accept(ctx context.Context, actor access.Actor, id int64) (Case, error) {
	return s.decide(ctx, actor, id, model.CheckPassed, "")
}

// Reject keeps content from being shown for good, with a reason for its author.
// Errors: fault.ErrNotFound, access.ErrOwnInterest, access.ErrReason, fault.ErrState (decided already), ErrRisky for the reason.
func (s *Service) Reject(ctx context.Context, actor access.Actor, id int64, reason string) (Case, error) {
	if strings.TrimSpace(reason) == "" {
		return Case{}, access.ErrReason.With(fault.Field{Pointer: "/reason", Code: "required", ZH: "请填写理由", EN: "is required"})
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/reason", In: &reason, Max: maxReason})
	if err := wrong.Err(); err != nil {
		return Case{}, err
	}
	return Do(ctx, s, actor, func() (Case, error) { return s.decide(ctx, actor, id, model.CheckRisky, reason) })
}

func (s *Service) decide(ctx context.Context, actor access.Actor, id int64, to model.CheckStatus, reason string) (Case, error) {
	if err := actor.Require(access.ContentReview); err != nil {
		return Case{}, err
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := read.One[model.ContentCheck](atomic.ForUpdate(tx).Where("id = ?", id), "content check")
		if err != nil {
			return err
		}
		if err := reviewable(actor, row); err != nil {
			return err
		}
		if actor.UserID == 0 {
			return access.ErrDenied // a person must answer for it
		}
		same, err := sameTexts(tx, row)
		if err != nil {
			return err
		}
		for _, r := range append(same, row) {
			if err := actor.NotOwn(nil, []int64{r.UserID}); err != nil {
				return err
			}
		}
		if row.Status != model.CheckReview {
			return fault.ErrState
		}
		if err := s.verdictShown(tx, actor, row, reason); err != nil {
			return err
		}
		for _, r := range append(same, row) {
			if err := s.decideOne(tx, actor, r, to, reason); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Case{}, err
	}
	return s.Review(ctx, actor, id)
}

// verdictShown has the reason of a refusal looked at: the author reads it.
func (s *Service) verdictShown(tx *gorm.DB, actor access.Actor, row model.ContentCheck, reason string) error {
	if s.Checker == nil {
		return nil
	}
	return s.Reason(tx, actor, Verdicts, row.OrgPath, reason)
}

// sameTexts are the checks of the same texts by other authors that wait as well, or are waited for: one decision is enough.
func sameTexts(tx *gorm.DB, row model.ContentCheck) (rows []model.ContentCheck, err error) {
	if row.Digest == nil {
		return nil, nil
	}
	open := []model.CheckStatus{model.CheckReview, model.CheckPending}
	err = atomic.ForUpdate(tx).Where("digest = ? AND id <> ? AND status IN ?", row.Digest, row.ID, open).Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read checks of the same texts: %w", err)
	}
	return rows, nil
}

func (s *Service) decideOne(tx *gorm.DB, actor access.Actor, row model.ContentCheck, to model.CheckStatus, reason string) error {
	fields := "[]"
	if to == model.CheckRisky && row.Kind == model.CheckText {
		texts, err := s.textsOf(tx, row)
		if err != nil {
			return err
		}
		if fields, err = pointersOf(texts); err != nil {
			return err
		}
	}
	set := map[string]any{"decided_by": actor.UserID, "reason": reason, "fields": fields}
	err := s.Audit.Move(tx, actor, &row, audit.Move{Action: "content.decide", To: string(to), Reason: reason, OrgPath: row.OrgPath, Set: set})
	if err != nil || row.UserID == 0 {
		return err
	}
	name := notify.Both("通过", "passed")
	if to == model.CheckRisky {
		name = notify.Both("不予发布", "refused")
	}
	return s.tellDecided(tx, row, name, notify.Own(reason))
}

// tellDecided tells an author what became of a check that a person had to look at.
func (s *Service) tellDecided(tx *gorm.DB, row model.ContentCheck, name, reason notify.Words) error {
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.ContentDecided, UserIDs: []int64{row.UserID}, Fact: []string{"check" + strconv.FormatInt(row.ID, 10)}, Object: row.TableName(), ObjectID: row.ID,
		Data: map[string]notify.Words{"name": name, "reason": reason},
	})
}

// pointersOf is the JSON list of the pointers of all texts.
func pointersOf(texts []Text) (string, error) {
	at := make([]string, len(texts))
	for i, t := range texts {
		at[i] = t.At
	}
	raw, err := json.Marshal(at)
	if err != nil {
		return "", fmt.Errorf("write fields: %w", err)
	}
	return string(raw), nil
}
