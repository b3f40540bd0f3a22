package attend

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/page"
)

// waitsForHost are the states in which somebody of the host has to confirm.
var waitsForHost = []model.ClaimStatus{model.ClaimLead, model.ClaimHostFirst} //nolint:gochecknoglobals // a table

// Escalate hands the claims that a host has left waiting for longer than the policy allows to the organisation above it, at
// most limit, and returns how many: the town officer may confirm them. Nothing is ever approved by waiting.
func (s *Service) Escalate(ctx context.Context, limit int) (n int, err error) {
	late, err := s.late(ctx, limit, s.DB.Where("status IN ? AND due_at <= ? AND escalated_at IS NULL", waitsForHost, s.Now()))
	if err != nil {
		return 0, err
	}
	for _, a := range late {
		some, err := s.escalate(ctx, a.activity, a.claims)
		if err != nil {
			return n, err
		}
		n += some
	}
	return n, nil
}

// group is claims of one activity.
type group struct {
	activity int64
	claims   []int64
}

// late finds claims whose time is over, the longest ones first, by activity.
func (s *Service) late(ctx context.Context, limit int, which *gorm.DB) ([]group, error) {
	var rows []model.HoursClaim
	if err := s.DB.WithContext(ctx).Select("id", "activity_id").Where(which).Order("due_at, id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("look for claims that are due: %w", err)
	}
	var out []group
	for _, r := range rows {
		i := slices.IndexFunc(out, func(g group) bool { return g.activity == r.ActivityID })
		if i < 0 {
			i, out = len(out), append(out, group{activity: r.ActivityID})
		}
		out[i].claims = append(out[i].claims, r.ID)
	}
	return out, nil
}

// escalate hands over those of the named claims of an activity that still wait.
func (s *Service) escalate(ctx context.Context, activityID int64, ids []int64) (n int, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		c, err := activityScene(tx, activityID, s.Now())
		if err != nil {
			return err
		}
		rows := []*model.HoursClaim{}
		err = atomic.ForUpdate(tx).Where("id IN ? AND status IN ? AND escalated_at IS NULL", ids, waitsForHost).Order("id").Find(&rows).Error
		if err != nil {
			return fmt.Errorf("lock overdue claims: %w", err)
		}
		n = len(rows)
		for _, r := range rows {
			err := s.Audit.Edit(tx, access.System("escalate-hours"), r, r.Version, audit.Move{Action: "hours.escalate", OrgPath: c.path, Set: map[string]any{"escalated_at": s.Now()}})
			if err != nil {
				return err
			}
		}
		return s.tellAbove(tx, c, n)
	})
	return n, err
}

// tellAbove tells those above the host, once a day for each activity: who may confirm or, where there is nobody, who runs
// the organisation above.
func (s *Service) tellAbove(tx *gorm.DB, c scene, n int) error {
	if s.Notify == nil || n == 0 {
		return nil
	}
	host, err := org.ByID(tx, c.activity.HostOrgID)
	if err != nil {
		return err
	}
	people, err := org.Officers(tx, s.Now(), access.HoursHost, org.PathAbove(host.Path))
	if err == nil && len(people) == 0 {
		people, err = org.Officers(tx, s.Now(), access.ActivityApprove, org.PathAbove(host.Path))
	}
	if err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.HoursDisputed, UserIDs: people, Fact: []string{"overdue" + strconv.FormatInt(c.activity.ID, 10), string(dayOf(s.Now()))},
		Object: c.activity.TableName(), ObjectID: c.activity.ID, Data: map[string]notify.Words{"activity": notify.Own(c.activity.Title), "reason": notify.Both("社区逾期未确认，请代为确认或督促。", "The host has not confirmed in time: please do it, or see that it is done.")},
	})
}

const listOverdue, listNotices = "hours_claims.overdue", "hours_claims.notices"

// Listed is a claim as lists over many activities show it.
type Listed struct {
	Claim
	ActivityTitle string
}

// Overdue pages the claims that hosts at or below an organisation have left waiting and that were handed to those above
// them, the oldest first, for whoever may confirm them there. Names are masked.
func (s *Service) Overdue(ctx context.Context, actor access.Actor, orgID int64, req page.Request) (page.Result[Listed], error) {
	return s.listed(ctx, actor, orgID, access.HoursHost, listOverdue, req, func(q *gorm.DB, path string) *gorm.DB {
		return q.Joins("JOIN orgs AS h ON h.id = a.host_org_id").Where("h.path >= ? AND h.path < ?", path, access.PathEnd(path)).
			Where("c.status IN ? AND c.escalated_at IS NOT NULL", waitsForHost)
	})
}

// Notices pages the claims that are publicised before the branches at or below an organisation, the oldest first. Names are
// masked. Whoever reads them may dispute them.
func (s *Service) Notices(ctx context.Context, actor access.Actor, orgID int64, req page.Request) (page.Result[Listed], error) {
	return s.listed(ctx, actor, orgID, access.HoursNotice, listNotices, req, func(q *gorm.DB, path string) *gorm.DB {
		return q.Where("c.status = ? AND c.notice_path >= ? AND c.notice_path < ?", model.ClaimPublicised, path, access.PathEnd(path))
	})
}

// listed pages claims of many activities, if the actor has the permission over the organisation.
func (s *Service) listed(
	ctx context.Context, actor access.Actor, orgID int64, p access.Permission, name string, req page.Request, which func(q *gorm.DB, path string) *gorm.DB,
) (page.Result[Listed], error) {
	none := page.Result[Listed]{Items: []Listed{}}
	if err := actor.Require(p); err != nil {
		return none, err
	}
	keys, later, err := req.Key(name, 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	top, err := org.ByID(db, orgID)
	if err == nil {
		err = actor.Check(p, access.Object{Paths: []string{top.Path}, Read: access.OrgRead})
	}
	if err != nil {
		return none, err
	}
	q := which(db.Table("hours_claims AS c").Joins("JOIN activities AS a ON a.id = c.activity_id").Select("c.*, a.title AS activity_title"), top.Path)
	if later {
		q = q.Where("c.id > ?", keys[0])
	}
	rows := []Listed{}
	if err := q.Order("c.id").Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return none, fmt.Errorf("list %s: %w", name, err)
	}
	people, err := names(s, db, actor, scene{}, rows, func(l Listed) int64 { return l.StudentID })
	if err != nil {
		return none, err
	}
	for i, r := range rows {
		rows[i].Student = people[r.StudentID]
	}
	return page.Cut(rows, req.Size(), name, func(l Listed) []int64 { return []int64{l.ID} }), nil
}
