package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/vault"
)

// ErrNameFromRoster says that the university's roster gives the name.
var ErrNameFromRoster = fault.Define(fault.Conflict, "account.name_from_roster", "您的姓名来自学校名册，如有错误请联系学校更正。", "Your name comes from your university's roster; ask the university to correct it.")

// Me is what a person sees of their own account.
type Me struct {
	User    model.User
	Name    string // empty if unknown
	Phone   string // masked, empty if unknown
	Roles   []MyRole
	Student *MyStudent // nil until a profile is bound
}

// MyRole is one role in effect. The organisation's fields are empty for a system role.
type MyRole struct {
	Role             access.Role
	OrgID            int64
	OrgName, OrgKind string
	From             time.Time
	To               *time.Time
}

// MyStudent is the person's own student profile.
type MyStudent struct {
	model.StudentProfile

	Name, StudentNo            string
	UniversityName, BranchName string
}

// Me returns the caller's account.
func (s *Service) Me(ctx context.Context, actor access.Actor) (Me, error) {
	if err := actor.Require(access.Person); err != nil {
		return Me{}, err
	}
	return s.me(s.DB.WithContext(ctx), actor.UserID)
}

// UpdateMe sets the caller's name, which a person may do as long as no roster says it. version is the one the caller has
// seen. Errors: fault.ErrInvalid for what is no name, ErrNameFromRoster, fault.ErrStale,
// content.ErrRisky and content.ErrInReview.
func (s *Service) UpdateMe(ctx context.Context, actor access.Actor, version int64, name string) (Me, error) {
	if err := actor.Require(access.Person); err != nil {
		return Me{}, err
	}
	var wrong fault.Collector
	canonical, ok := vault.Name(name)
	wrong.Add(!ok, "/name", "format", "姓名须为 1–50 个字，只用文字、空格、·、- 和 '", "must be 1–50 letters, spaces, ·, - or '")
	if err := wrong.Err(); err != nil {
		return Me{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (Me, error) { return s.rename(ctx, actor, version, canonical) })
}

func (s *Service) rename(ctx context.Context, actor access.Actor, version int64, canonical string) (Me, error) {
	var me Me
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		user, err := lockUser(tx, actor.UserID)
		if err != nil {
			return err
		}
		if err := refuseBound(tx, user.ID); err != nil {
			return err
		}
		if user.Version != version {
			return fault.ErrStale
		}
		if err := s.Content.Passed(tx, actor, content.Profile, homeOf(actor), []content.Text{{At: "/name", Text: canonical}}); err != nil {
			return err
		}
		person, err := s.Vault.Person(tx, user.ID)
		if err != nil {
			return fmt.Errorf("rename: %w", err)
		}
		set := map[string]any{"name_enc": person.Seal(vault.UserName, user.ID, canonical), "name_idx": s.Vault.Index(vault.UserName, canonical)}
		if err := s.Audit.Edit(tx, actor, &user, version, audit.Move{Action: "account.rename", Set: set}); err != nil {
			return err
		}
		me, err = s.me(tx, user.ID)
		return err
	})
	return me, err
}

// homeOf is the organisation whose reviewers look at what the actor writes about themselves, empty for none.
func homeOf(actor access.Actor) string {
	for _, g := range actor.Grants {
		if g.OrgPath != "" {
			return g.OrgPath
		}
	}
	return actor.BranchPath
}

// refuseBound is ErrNameFromRoster when a student profile is bound to the account.
func refuseBound(tx *gorm.DB, user int64) error {
	_, bound, err := profileOf(tx, user)
	if err == nil && bound {
		err = ErrNameFromRoster
	}
	return err
}

func (s *Service) me(db *gorm.DB, id int64) (Me, error) {
	var me Me
	if err := db.Where("id = ?", id).First(&me.User).Error; err != nil {
		return me, fmt.Errorf("read own account: %w", err)
	}
	people, err := s.Vault.People(db, id)
	if err != nil {
		return me, err
	}
	person := people[id]
	name, errName := person.Open(vault.UserName, id, me.User.NameEnc)
	phone, errPhone := person.Open(vault.Phone, id, me.User.PhoneEnc)
	if err := errors.Join(errName, errPhone); err != nil {
		return me, err
	}
	me.Name, me.Phone = name, vault.MaskPhone(phone)
	if me.Roles, err = s.rolesOf(db, id); err != nil {
		return me, err
	}
	if me.Student, err = myStudent(db, person, id); err != nil {
		return me, err
	}
	if me.Student != nil {
		me.Name = me.Student.Name
	}
	return me, nil
}

// rolesOf reads the roles that Authenticate would count now.
func (s *Service) rolesOf(db *gorm.DB, user int64) ([]MyRole, error) {
	roles := []MyRole{}
	now := s.Now()
	err := db.Table("role_grants g").
		Select("g.role, g.org_id, COALESCE(o.name, '') AS org_name, COALESCE(o.kind, '') AS org_kind, g.from_at AS `from`, g.to_at AS `to`").
		Joins("LEFT JOIN orgs o ON o.id = g.org_id AND o.status = ?", model.OrgActive).
		Where("g.user_id = ? AND g.revoked_at IS NULL AND g.from_at <= ?", user, access.Begun(now)).
		Where("g.to_at IS NULL OR g.to_at > ?", now).Where("g.org_id = 0 OR o.id IS NOT NULL").
		Order("g.from_at, g.id").Scan(&roles).Error
	if err != nil {
		return nil, fmt.Errorf("read own roles: %w", err)
	}
	return roles, nil
}

func profileOf(db *gorm.DB, user int64) (model.StudentProfile, bool, error) {
	var rows []model.StudentProfile
	if err := db.Where("user_id = ?", user).Limit(1).Find(&rows).Error; err != nil {
		return model.StudentProfile{}, false, fmt.Errorf("read student profile: %w", err)
	}
	if len(rows) == 0 {
		return model.StudentProfile{}, false, nil
	}
	return rows[0], true, nil
}

// myStudent reads the profile bound to an account, whose fields are sealed with the account's key.
func myStudent(db *gorm.DB, person *vault.Person, user int64) (*MyStudent, error) {
	row, bound, err := profileOf(db, user)
	if err != nil || !bound {
		return nil, err
	}
	my := MyStudent{StudentProfile: row}
	name, errName := person.Open(vault.StudentName, row.ID, row.NameEnc)
	no, errNo := person.Open(vault.StudentNo, row.ID, row.StudentNoEnc)
	if err := errors.Join(errName, errNo); err != nil {
		return nil, err
	}
	my.Name, my.StudentNo = name, no
	var orgs []model.Org
	if err := db.Select("id", "name").Where("id IN ?", []int64{row.UniversityID, row.BranchID}).Find(&orgs).Error; err != nil {
		return nil, fmt.Errorf("read own organisations: %w", err)
	}
	for _, o := range orgs {
		if o.ID == row.UniversityID {
			my.UniversityName = o.Name
		}
		if o.ID == row.BranchID {
			my.BranchName = o.Name
		}
	}
	return &my, nil
}
