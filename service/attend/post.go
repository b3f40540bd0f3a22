package attend

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// posting is what a ledger line needs beside its claim.
type posting struct {
	scene  scene
	by     access.Actor
	starts map[int64]time.Time // by session
	homes  homes
}

// home is the student's branch on the day of a claim, and that day.
func (p posting) home(c *model.HoursClaim) (home, model.Date) {
	day := dayOf(p.starts[c.SessionID])
	return p.homes.at(c.StudentID, day), day
}

// recognised posts the claims that were just recognised, or publicises them where the policy asks for it. The rows were read
// before they were recognised. No minutes need no public notice.
func (s *Service) recognised(tx *gorm.DB, p posting, rows []*model.HoursClaim) error {
	var at []*model.HoursClaim
	notices := map[notice][]*model.HoursClaim{}
	for _, r := range rows {
		c := *r
		c.Status, c.Version, c.RecognisedBy = model.ClaimRecognised, r.Version+1, &p.by.UserID
		wait := p.scene.policy.NoticeTime(c.Basis)
		if wait == 0 || c.Minutes == 0 {
			at = append(at, &c)
			continue
		}
		where, _ := p.home(&c)
		n := notice{path: where.scope, until: s.Now().Add(wait)}
		notices[n] = append(notices[n], &c)
	}
	for n, claims := range notices {
		err := audit.MoveAll(tx, s.Audit, p.by, claims, audit.Move{
			Action: "hours.publicise", To: string(model.ClaimPublicised), OrgPath: p.scene.path, Set: map[string]any{"due_at": n.until, "notice_path": n.path},
		})
		if err != nil {
			return err
		}
	}
	return s.post(tx, p, at)
}

// notice is a public notice: before which branch, and until when.
type notice struct {
	path  string
	until time.Time
}

// post moves recognised or publicised claims on and writes their lines.
func (s *Service) post(tx *gorm.DB, p posting, rows []*model.HoursClaim) error {
	var lines []model.HoursEntry
	for _, r := range rows {
		if r.Minutes == 0 {
			continue
		}
		where, day := p.home(r)
		lines = append(lines, model.HoursEntry{
			ID: s.NewID(), StudentID: r.StudentID, Minutes: r.Minutes, Class: r.Class, Basis: r.Basis, ClaimID: r.ID,
			ProgrammeID: p.scene.activity.ProgrammeID, ActivityID: r.ActivityID, ServedOn: day,
			BranchID: where.id, BranchPath: where.path, PostedBy: *r.RecognisedBy, PostedAt: s.Now(),
		})
	}
	err := audit.MoveAll(tx, s.Audit, p.by, rows, audit.Move{
		Action: "hours.post", To: string(model.ClaimPosted), OrgPath: p.scene.path, Set: map[string]any{"due_at": nil},
	})
	if err != nil {
		return err
	}
	if err := s.write(tx, lines); err != nil {
		return err
	}
	return s.tellPosted(tx, p.scene.activity, rows)
}

// PostDue posts the publicised claims whose time is over, at most limit, and returns how many it posted.
func (s *Service) PostDue(ctx context.Context, limit int) (posted int, err error) {
	due, err := s.late(ctx, limit, s.DB.Where("status = ? AND due_at <= ?", model.ClaimPublicised, s.Now()))
	if err != nil {
		return 0, err
	}
	for _, g := range due {
		n, err := s.postDue(ctx, g.activity, g.claims)
		if err != nil {
			return posted, err
		}
		posted += n
	}
	return posted, nil
}

// postDue posts those of the named claims of an activity that are still due.
func (s *Service) postDue(ctx context.Context, activityID int64, ids []int64) (n int, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		p := posting{by: access.System("post-hours")}
		var err error
		if p.scene, err = activityScene(tx, activityID, s.Now()); err != nil {
			return err
		}
		if p.starts, err = startOf(tx, activityID); err != nil {
			return err
		}
		if p.homes, err = homesOf(tx, activityID); err != nil {
			return err
		}
		rows := []*model.HoursClaim{}
		err = atomic.ForUpdate(tx).Where("id IN ? AND status = ? AND due_at <= ?", ids, model.ClaimPublicised, s.Now()).Order("id").Find(&rows).Error
		if err != nil {
			return fmt.Errorf("lock publicised claims: %w", err)
		}
		n = len(rows)
		return s.post(tx, p, rows)
	})
	return n, err
}
