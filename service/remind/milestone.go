package remind

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/read"
)

const (
	weekAhead = 7 // days before a milestone is due that people hear of it, and once more on the day before
	officeAt  = 9 // hour of the day in China from which they do
)

// officers are the roles of those who answer for an organisation.
var officers = []access.Role{access.CommitteeOfficer, access.TownOfficer, access.BranchSecretary, access.ClubLead, access.HostStaff} //nolint:gochecknoglobals // a constant

// planMilestones notes the milestones that are due within a week, and once more those that are due tomorrow.
func (s *Service) planMilestones(ctx context.Context, now time.Time) error {
	today := now.In(clock.China()).Add(-officeAt * time.Hour) // the day begins when people come to work
	day := func(n int) model.Date { return model.Date(today.AddDate(0, 0, n).Format(time.DateOnly)) }
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		week, err := milestonesDue(tx, day(2), day(weekAhead), weekAhead, time.Unix(0, 0).UTC())
		if err != nil {
			return err
		}
		tomorrow, err := milestonesDue(tx, day(1), day(1), 1, morning(day(1), 1))
		if err != nil {
			return err
		}
		return s.Notify.FanOut(tx, append(week, tomorrow...)...)
	})
	if err != nil {
		return fmt.Errorf("plan milestones: %w", err)
	}
	return nil
}

// milestonesDue finds the milestones that are due on certain days and have not been noted since.
func milestonesDue(tx *gorm.DB, from, to model.Date, ahead int, since time.Time) ([]notify.Fact, error) {
	var rows []model.Milestone
	err := tx.Table("milestones AS m").Select("m.id, m.due_on").
		Joins("JOIN programmes AS p ON p.id = m.programme_id AND p.status = ?", model.ProgrammeActive).
		Where("m.due_on >= ? AND m.due_on <= ?", from, to).
		Where("NOT EXISTS (SELECT 1 FROM notice_fanouts AS f WHERE f.kind = ? AND f.object_id = m.id AND f.due_at >= ?)", string(notify.MilestoneDue), since).
		Order("m.id").Limit(planMost).Find(&rows).Error
	facts := make([]notify.Fact, len(rows))
	for i, m := range rows {
		facts[i] = notify.Fact{Kind: notify.MilestoneDue, Object: "milestones", ObjectID: m.ID, At: morning(m.DueOn, ahead)}
	}
	return facts, err
}

// morning is when people come to work so many days before a day.
func morning(d model.Date, before int) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, string(d), clock.China())
	if err != nil {
		panic(err) // due_on is checked when it is written
	}
	return at.AddDate(0, 0, -before).Add(officeAt * time.Hour).UTC()
}

// responsible finds everybody who answers for an organisation in the scope of the milestone's programme.
func (s *Service) responsible(tx *gorm.DB, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	m, p, err := milestoneOf(tx, f.ObjectID)
	if errors.Is(err, fault.ErrNotFound) {
		return notify.Event{}, nil, nil
	}
	if err != nil {
		return notify.Event{}, nil, err
	}
	over := morning(m.DueOn, -1)
	if p.Status != model.ProgrammeActive || !s.Now().Before(over) {
		return notify.Event{}, nil, nil
	}
	owner, err := org.ByID(tx, p.OwnerOrgID)
	if err != nil {
		return notify.Event{}, nil, err
	}
	var people []notify.Recipient
	if err := officersBelow(tx, owner.Path, s.Now(), f.AfterID, limit).Scan(&people).Error; err != nil {
		return notify.Event{}, nil, fmt.Errorf("read officers: %w", err)
	}
	return notify.Event{
		Kind: notify.MilestoneDue, Fact: []string{strconv.FormatInt(m.ID, 10), strconv.FormatInt(f.DueAt.UnixMilli(), 10)}, Object: p.TableName(), ObjectID: p.ID,
		Data: map[string]notify.Words{"name": notify.Own(m.Name), "due": notify.Day(m.DueOn)}, ExpiresAt: over,
	}, people, nil
}

// officersBelow walks the officers in a subtree in the order of their accounts.
func officersBelow(tx *gorm.DB, path string, now time.Time, after int64, limit int) *gorm.DB {
	return tx.Table("role_grants AS g").Distinct("g.user_id AS `key`, g.user_id").
		Joins("JOIN orgs AS o ON o.id = g.org_id AND o.path >= ? AND o.path < ?", path, access.PathEnd(path)).
		Joins("JOIN users AS u ON u.id = g.user_id AND u.status = ?", model.UserActive).
		Where("g.user_id > ? AND g.live = ? AND g.role IN ?", after, true, officers).
		Where("g.from_at <= ? AND (g.to_at IS NULL OR g.to_at > ?)", access.Begun(now), now).
		Order("g.user_id").Limit(limit)
}

// milestoneOf reads a milestone and its programme; fault.ErrNotFound if it was removed.
func milestoneOf(tx *gorm.DB, id int64) (model.Milestone, model.Programme, error) {
	m, err := read.One[model.Milestone](tx.Where("id = ?", id), "milestone")
	if err != nil {
		return m, model.Programme{}, err
	}
	p, err := programme.ByID(tx, m.ProgrammeID)
	return m, p, err
}
