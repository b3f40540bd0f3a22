package standing

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/read"
	"baodao/service/text"
)

// NewProof is what is proved, from a day on until another one (excluded; nil: without end).
type NewProof struct {
	Kind   string
	FromOn model.Date
	ToOn   *model.Date
	Note   string // policy number, course; no personal data
}

// check notes every wrong field and brings the note into its canonical form.
func (p *NewProof) check(c *fault.Collector) {
	c.Add(heldBy(p.Kind) == 0, "/kind", "enum", "没有这种证明", "is not a kind of proof")
	c.Add(!isDay(p.FromOn), "/from_on", "format", "须为 YYYY-MM-DD", "must be YYYY-MM-DD")
	if p.ToOn != nil {
		c.Add(!isDay(*p.ToOn), "/to_on", "format", "须为 YYYY-MM-DD", "must be YYYY-MM-DD")
		c.Add(*p.ToOn <= p.FromOn, "/to_on", "order", "须晚于 from_on", "must be after from_on")
	}
	text.Settle(c, text.Field{At: "/note", In: &p.Note, Max: maxText, Optional: true})
}

func (s *Service) newProof(actor access.Actor, studentID int64, in NewProof) model.StudentProof {
	return model.StudentProof{
		ID: s.NewID(), StudentID: studentID, Kind: in.Kind, FromOn: in.FromOn, ToOn: in.ToOn, Note: in.Note,
		RecordedBy: actor.UserID, Version: 1, CreatedAt: s.Now(),
	}
}

func recorded(p model.StudentProof, orgPath string) audit.Entry {
	return audit.Entry{
		Action: "proof.record", Object: "student_proofs", ObjectID: p.ID, OrgPath: orgPath, To: p.Kind, Data: map[string]any{"student_id": p.StudentID},
	}
}

// RecordProof records a proof of a student of one's own, never of oneself. The note must not be content.ErrRisky.
func (s *Service) RecordProof(ctx context.Context, actor access.Actor, key idem.Key, studentID int64, in NewProof) (model.StudentProof, error) {
	if err := person(actor, access.ProofWrite); err != nil {
		return model.StudentProof{}, err
	}
	var wrong fault.Collector
	in.check(&wrong)
	if err := wrong.Err(); err != nil {
		return model.StudentProof{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.StudentProof, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "recordProof", key, func(tx *gorm.DB) (model.StudentProof, error) {
			return s.record(tx, actor, studentID, in)
		})
	})
}

func (s *Service) record(tx *gorm.DB, actor access.Actor, studentID int64, in NewProof) (model.StudentProof, error) {
	o, err := aboutStudent(tx, studentID, access.ProofRead)
	if err == nil {
		err = mayDecide(actor, access.ProofWrite, o)
	}
	if err == nil {
		err = s.noteShown(tx, actor, o.Paths[0], in.Note)
	}
	if err != nil {
		return model.StudentProof{}, err
	}
	row := s.newProof(actor, studentID, in)
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("record proof: %w", err)
	}
	return row, s.Audit.Write(tx, actor, recorded(row, o.Paths[0]))
}

// noteShown has the note of a proof looked at, which its student and the staff read; a doubt does not stop it.
func (s *Service) noteShown(tx *gorm.DB, actor access.Actor, orgPath, note string) error {
	return s.Content.Offered(tx, actor, content.Profile, orgPath, []content.Text{{At: "/note", Text: note}})
}

// RevokeProof ends a proof at once, for a reason that must not be content.ErrRisky; fault.ErrState when it is revoked already.
func (s *Service) RevokeProof(ctx context.Context, actor access.Actor, id int64, reason string) (model.StudentProof, error) {
	if err := person(actor, access.ProofWrite); err != nil {
		return model.StudentProof{}, err
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return model.StudentProof{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (row model.StudentProof, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			row, err = s.revoke(tx, actor, id, reason)
			return err
		})
		return row, err
	})
}

func (s *Service) revoke(tx *gorm.DB, actor access.Actor, id int64, reason string) (model.StudentProof, error) {
	row, err := read.One[model.StudentProof](atomic.ForUpdate(tx).Where("id = ?", id), "proof")
	if err != nil {
		return row, err
	}
	o, err := aboutStudent(tx, row.StudentID, access.ProofRead)
	if err == nil {
		err = mayDecide(actor, access.ProofWrite, o)
	}
	if err != nil {
		return row, err
	}
	if row.RevokedAt != nil {
		return row, fault.ErrState
	}
	if err := s.Content.Reason(tx, actor, content.Profile, o.Paths[0], reason); err != nil {
		return row, err
	}
	now := s.Now()
	row.RevokedAt, row.RevokedBy, row.Reason, row.Version = &now, &actor.UserID, reason, row.Version+1
	set := map[string]any{"revoked_at": now, "revoked_by": actor.UserID, "reason": reason, "version": row.Version}
	if err := tx.Model(&model.StudentProof{}).Where("id = ?", id).Updates(set).Error; err != nil {
		return row, fmt.Errorf("revoke proof: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "proof.revoke", Object: "student_proofs", ObjectID: id, OrgPath: o.Paths[0], From: row.Kind, Reason: reason,
		Data: map[string]any{"student_id": row.StudentID},
	})
}

const listProofs = "student_proofs"

// ProofsOf pages the proofs of a student, newest first, revoked ones too.
func (s *Service) ProofsOf(ctx context.Context, actor access.Actor, studentID int64, req page.Request) (page.Result[model.StudentProof], error) {
	if err := actor.Require(access.ProofRead); err != nil {
		return page.Result[model.StudentProof]{}, err
	}
	db := s.DB.WithContext(ctx)
	o, err := aboutStudent(db, studentID, access.ProofRead)
	if err == nil {
		err = actor.Check(access.ProofRead, o)
	}
	if err != nil {
		return page.Result[model.StudentProof]{}, err
	}
	return proofsOf(db, studentID, req)
}

// MyProofs pages the actor's own proofs; who is no student has none.
func (s *Service) MyProofs(ctx context.Context, actor access.Actor, req page.Request) (page.Result[model.StudentProof], error) {
	if err := actor.Require(access.Person); err != nil {
		return page.Result[model.StudentProof]{}, err
	}
	return proofsOf(s.DB.WithContext(ctx), actor.StudentID, req)
}

func proofsOf(db *gorm.DB, studentID int64, req page.Request) (page.Result[model.StudentProof], error) {
	return newest(db.Where("student_id = ?", studentID), listProofs, req, func(p model.StudentProof) int64 { return p.ID })
}

// newest pages the rows of a query by falling id.
func newest[T any](q *gorm.DB, list string, req page.Request, id func(T) int64) (page.Result[T], error) {
	keys, later, err := req.Key(list, 1)
	if err != nil {
		return page.Result[T]{}, err
	}
	if later {
		q = q.Where("id < ?", keys[0])
	}
	var rows []T
	if err := q.Order("id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[T]{}, fmt.Errorf("list %s: %w", list, err)
	}
	return page.Cut(rows, req.Size(), list, func(row T) []int64 { return []int64{id(row)} }), nil
}
