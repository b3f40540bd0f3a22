package project

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
)

// ErrMember says that the person is in the team already at that time.
var ErrMember = fault.Define(fault.Conflict, "project.already_member", "此人在这段时间已是项目组成员。", "This person is in the team already at that time.")

// NewMember asks for a place in a team: a student as LEAD or MEMBER, a user as ADVISOR.
type NewMember struct {
	ProjectID int64
	Role      string
	StudentID int64
	UserID    int64
	FromOn    model.Date // empty: today
}

// Member is a team member with their name: in full for the team and those who keep it, else masked.
type Member struct {
	Row  model.ProjectMember
	Name string `json:"-"` // never stored in clear, not even in an idempotent answer
}

// AddMember puts a person into the team of a project from a day on. Students must belong to the campus side or below it on
// that day; an advisor must hold a role of ADVISOR or COMMITTEE_OFFICER at the campus side or above it.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrState (project is over), ErrMember, fault.ErrInvalid.
func (s *Service) AddMember(ctx context.Context, actor access.Actor, key idem.Key, in NewMember) (Member, error) {
	if err := actor.Require(access.TeamWrite); err != nil {
		return Member{}, err
	}
	out, err := idem.Run(ctx, s.DB, s.Now(), actor, "addProjectMember", key, func(tx *gorm.DB) (Member, error) {
		sc, err := s.openTeam(tx, actor, in.ProjectID)
		if err != nil {
			return Member{}, err
		}
		row := s.newMember(in)
		if err := s.checkMember(tx, sc, row); err != nil {
			return Member{}, err
		}
		if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			return Member{}, ErrMember
		} else if err != nil {
			return Member{}, fmt.Errorf("add team member: %w", err)
		}
		return Member{Row: row}, s.Audit.Write(tx, actor, teamEntry("project.member_add", sc, row))
	})
	if err != nil {
		return Member{}, err
	}
	named, err := s.named(s.DB.WithContext(ctx), []model.ProjectMember{out.Row}, true)
	if err != nil {
		return Member{}, err
	}
	return named[0], nil
}

// openTeam locks a project whose team the actor may change; fault.ErrState when the project is over.
func (s *Service) openTeam(tx *gorm.DB, actor access.Actor, projectID int64) (projectScene, error) {
	sc, err := s.openProject(tx, projectID)
	if err != nil {
		return sc, err
	}
	if err := sc.may(actor, access.TeamWrite); err != nil {
		return sc, err
	}
	if sc.row.Status == model.ProjectClosed || sc.row.Status == model.ProjectStopped {
		return sc, fault.ErrState
	}
	return sc, nil
}

func (s *Service) newMember(in NewMember) model.ProjectMember {
	now, live := s.Now(), true
	row := model.ProjectMember{
		ID: s.NewID(), ProjectID: in.ProjectID, Role: in.Role, StudentID: in.StudentID, UserID: in.UserID,
		Live: &live, FromOn: in.FromOn, CreatedAt: now,
	}
	if row.FromOn == "" {
		row.FromOn = today(now)
	}
	return row
}

// checkMember asks whether the person fits the role, and whether they are in the team at that time already.
func (s *Service) checkMember(tx *gorm.DB, sc projectScene, m model.ProjectMember) error {
	advisor := m.Role == model.TeamAdvisor
	var c fault.Collector
	c.Add(advisor && m.UserID == 0, "/user_id", "required", "指导教师请填写用户编号", "is required for an advisor")
	c.Add(advisor && m.StudentID != 0, "/student_id", "not_allowed", "指导教师不填学生编号", "is not for an advisor")
	c.Add(!advisor && m.StudentID == 0, "/student_id", "required", "请填写学生编号", "is required for a lead or member")
	c.Add(!advisor && m.UserID != 0, "/user_id", "not_allowed", "学生成员不填用户编号", "is only for an advisor")
	c.Add(m.FromOn < today(sc.row.CreatedAt), "/from_on", "min", "不能早于立项日期", "may not be before the project was made")
	if err := c.Err(); err != nil {
		return err
	}
	fits, err := s.fits(tx, sc.campus, m)
	if err != nil {
		return err
	}
	c.Add(advisor && !fits, "/user_id", "not_found", "校方一侧没有这位教师", "is no advisor or officer over the campus side")
	c.Add(!advisor && !fits, "/student_id", "not_found", "校方一侧没有这名学生", "is no student of the campus side")
	if err := c.Err(); err != nil {
		return err
	}
	var same []int64
	err = tx.Model(&model.ProjectMember{}).Where("project_id = ? AND student_id = ? AND user_id = ?", m.ProjectID, m.StudentID, m.UserID).
		Where("to_on IS NULL OR (to_on > ? AND to_on > from_on)", m.FromOn).Limit(1).Pluck("id", &same).Error
	if err != nil {
		return fmt.Errorf("look for team member: %w", err)
	}
	if len(same) > 0 {
		return ErrMember
	}
	return nil
}

func (s *Service) fits(tx *gorm.DB, campus model.Org, m model.ProjectMember) (bool, error) {
	var found []int64
	var err error
	if m.Role == model.TeamAdvisor {
		err = liveGrants(tx, s.Now()).Where("g.user_id = ? AND g.org_id IN ? AND g.role IN ?", m.UserID, org.PathIDs(campus.Path), advisorRoles()).
			Limit(1).Pluck("g.id", &found).Error
	} else {
		err = tx.Table("memberships m").Joins("JOIN orgs o ON o.id = m.org_id").
			Where("m.student_id = ? AND m.from_on <= ? AND (m.to_on IS NULL OR m.to_on > ?)", m.StudentID, m.FromOn, m.FromOn).
			Where("o.path >= ? AND o.path < ?", campus.Path, access.PathEnd(campus.Path)).Limit(1).Pluck("m.id", &found).Error
	}
	if err != nil {
		return false, fmt.Errorf("look for person of team: %w", err)
	}
	return len(found) > 0, nil
}

// EndMember ends a membership: toOn (empty: today) is the first day on which the person is no longer in the team.
// The past stays as it was. Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrState (ended before), fault.ErrInvalid.
func (s *Service) EndMember(ctx context.Context, actor access.Actor, id int64, toOn model.Date) (Member, error) {
	var row model.ProjectMember
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		sc, err := s.memberScene(tx, actor, id, &row)
		if err != nil {
			return err
		}
		on, now := toOn, today(s.Now())
		if on == "" {
			on = max(now, row.FromOn)
		}
		var c fault.Collector
		c.Add(on < row.FromOn, "/to_on", "min", "不能早于开始日期", "may not be before the first day")
		c.Add(on < now, "/to_on", "min", "不能早于今天", "may not be before today")
		if err := c.Err(); err != nil {
			return err
		}
		res := tx.Model(&model.ProjectMember{}).Where("id = ? AND to_on IS NULL", id).Updates(map[string]any{"to_on": on, "live": nil})
		if res.Error != nil {
			return fmt.Errorf("end team membership: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return fault.ErrState
		}
		row.ToOn, row.Live = &on, nil
		return s.Audit.Write(tx, actor, teamEntry("project.member_end", sc, row))
	})
	if err != nil {
		return Member{}, err
	}
	named, err := s.named(s.DB.WithContext(ctx), []model.ProjectMember{row}, true)
	if err != nil {
		return Member{}, err
	}
	return named[0], nil
}

// memberScene reads a membership into row and opens its project's team.
func (s *Service) memberScene(tx *gorm.DB, actor access.Actor, id int64, row *model.ProjectMember) (projectScene, error) {
	*row = model.ProjectMember{}
	err := tx.Where("id = ?", id).First(row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return projectScene{}, fault.ErrNotFound
	}
	if err != nil {
		return projectScene{}, fmt.Errorf("read team member: %w", err)
	}
	return s.openTeam(tx, actor, row.ProjectID)
}

// Members lists everyone who is or was in the team, in the order they were added: one answer, teams are small.
// Names are in full for the team itself and those who may change it, masked for everybody else who works on either side.
// Counties and above see the project and numbers, not people: access.ErrDenied.
func (s *Service) Members(ctx context.Context, actor access.Actor, projectID int64) ([]Member, error) {
	if err := actor.Require(access.ProjectRead); err != nil {
		return nil, err
	}
	tx := s.DB.WithContext(ctx)
	sc, err := s.sceneOf(tx, projectID)
	if err != nil {
		return nil, err
	}
	if err := sc.readable(actor); err != nil {
		return nil, err
	}
	inTeam := actor.StudentID != 0 && slices.Contains(sc.object.StudentIDs, actor.StudentID)
	if !inTeam && !sc.worksOn(actor) {
		return nil, access.ErrDenied
	}
	var rows []model.ProjectMember
	if err := tx.Where("project_id = ?", projectID).Order("id").Limit(1000).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list team: %w", err)
	}
	return s.named(tx, rows, inTeam || actor.Check(access.TeamWrite, sc.object) == nil)
}

// worksOn tells whether the actor writes or confirms projects for a side, or leads or advises the team: who may know
// the people in it.
func (sc projectScene) worksOn(actor access.Actor) bool {
	may := func(p access.Permission) bool { return actor.Check(p, sc.object) == nil }
	return may(access.ProjectWrite) || may(access.ProjectConfirm) || may(access.TeamWrite) || advises(actor, access.ProjectRead, sc.object)
}

func teamEntry(action string, sc projectScene, m model.ProjectMember) audit.Entry {
	data := map[string]any{"member_id": strconv.FormatInt(m.ID, 10), "role": m.Role, "from_on": m.FromOn}
	if m.StudentID != 0 {
		data["student_id"] = strconv.FormatInt(m.StudentID, 10)
	} else {
		data["user_id"] = strconv.FormatInt(m.UserID, 10)
	}
	if m.ToOn != nil {
		data["to_on"] = *m.ToOn
	}
	return audit.Entry{Action: action, Object: "projects", ObjectID: m.ProjectID, OrgPath: sc.campus.Path, Data: data}
}
