package account_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/fault"
)

func TestSuspendEndsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	sec := k.World.Staff("沈安全", access.SecurityAdmin, model.Org{})
	one, two := k.login("小李"), k.login("小李")
	u, err := k.SuspendUser(t.Context(), sec, one.User.ID, "冒用他人身份")
	if err != nil || u.Status != model.UserSuspended || u.Version != one.User.Version+1 {
		t.Fatal(u, err)
	}
	k.refused(one.AccessToken, account.ErrTokenInvalid)
	k.refused(two.AccessToken, account.ErrTokenInvalid)
	k.unchanged(account.ErrTokenInvalid, func() error { _, err := k.Refresh(t.Context(), two.RefreshToken, ""); return err })
	k.unchanged(account.ErrSuspended, func() error { _, err := k.Login(t.Context(), "小李", ""); return err })
	k.unchanged(fault.ErrState, func() error { _, err := k.SuspendUser(t.Context(), sec, one.User.ID, "再次"); return err })

	if u, err = k.ReinstateUser(t.Context(), sec, one.User.ID, "查明误会"); err != nil || u.Status != model.UserActive {
		t.Fatal(u, err)
	}
	k.refused(one.AccessToken, account.ErrTokenInvalid) // old sessions stay dead
	k.enter("小李")
	var rows []model.AuditEntry
	if err := k.World.DB.Where("object = ? AND object_id = ? AND action LIKE ?", "users", u.ID, "user.%").Order("id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Reason != "冒用他人身份" || rows[0].FromState != "ACTIVE" || rows[1].ToState != "ACTIVE" || rows[1].UserID != sec.UserID {
		t.Fatalf("%+v", rows)
	}
}

func TestSuspendIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	sec := k.World.Staff("沈安全", access.SecurityAdmin, model.Org{})
	victim := k.login("小李").User.ID
	cases := map[string]struct {
		by     access.Actor
		id     int64
		reason string
		want   error
	}{
		"nobody":               {access.Actor{}, victim, "x", access.ErrRequired},
		"a student":            {k.Student("小王", k.Branch), victim, "x", access.ErrDenied},
		"an officer":           {k.World.Staff("省", access.CommitteeOfficer, k.Province), victim, "x", access.ErrDenied},
		"an auditor":           {k.World.Staff("审", access.Auditor, model.Org{}), victim, "x", access.ErrDenied},
		"an operator":          {k.World.Staff("运", access.Operator, model.Org{}), victim, "x", access.ErrDenied},
		"a client":             {access.Actor{ClientID: 7}, victim, "x", access.ErrDenied},
		"oneself":              {sec, sec.UserID, "x", access.ErrOwnInterest},
		"without a reason":     {sec, victim, " \t", access.ErrReason},
		"a reason with tricks": {sec, victim, "a\u202eb", fault.ErrInvalid},
		"nobody there":         {sec, 42, "x", fault.ErrNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			k.unchanged(c.want, func() error { _, err := k.SuspendUser(t.Context(), c.by, c.id, c.reason); return err })
			k.unchanged(c.want, func() error { _, err := k.ReinstateUser(t.Context(), c.by, c.id, c.reason); return err })
		})
	}
	k.unchanged(fault.ErrState, func() error { _, err := k.ReinstateUser(t.Context(), sec, victim, "x"); return err })
}

func TestAClosedAccountStaysClosed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	sec := k.World.Staff("沈安全", access.SecurityAdmin, model.Org{})
	u := k.login("小李").User
	k.set(&model.User{}, u.ID, map[string]any{"status": model.UserClosed})
	if _, err := k.ReinstateUser(t.Context(), sec, u.ID, "x"); !errors.Is(err, fault.ErrState) {
		t.Fatal(err)
	}
}

func TestASchoolSuspendsItsOwnStudentsOnly(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	other := k.Org(k.University, model.OrgDepartmentCommittee, "外系")
	department, elsewhere := k.Staff("系里", access.CommitteeOfficer, k.Department), k.Staff("外系书记", access.CommitteeOfficer, other)
	university := k.Staff("校里", access.CommitteeOfficer, k.University)
	student, secretary := k.Student("小王", k.Branch), k.Student("支书", k.Branch)
	k.Grant(secretary, access.BranchSecretary, k.Branch)
	former := k.Student("前支书", k.Branch)
	k.Grant(former, access.BranchSecretary, k.Branch)
	k.World.DB.Transaction(func(tx *gorm.DB) error { //nolint:errcheck // the last case fails without it
		return tx.Model(&model.RoleGrant{}).Where("user_id = ?", former.UserID).Updates(map[string]any{"revoked_at": k.Clock.Now(), "live": nil}).Error
	})
	self := k.Grant(k.Student("自己", k.Branch), access.CommitteeOfficer, k.Department)
	for name, c := range map[string]struct {
		by   access.Actor
		id   int64
		want error
	}{
		"another department":        {elsewhere, student.UserID, fault.ErrNotFound},
		"a city":                    {k.Staff("市里", access.CommitteeOfficer, k.City), student.UserID, access.ErrDenied},
		"a branch":                  {k.Grant(k.Student("又一支书", k.Branch), access.BranchSecretary, k.Branch), student.UserID, access.ErrDenied},
		"somebody with a role":      {department, secretary.UserID, access.ErrDenied},
		"a colleague who studies":   {university, self.UserID, access.ErrDenied},
		"somebody without a branch": {university, k.login("路人").User.ID, fault.ErrNotFound},
		"staff":                     {university, elsewhere.UserID, fault.ErrNotFound},
		"nobody there":              {university, 42, fault.ErrNotFound},
		"themselves":                {self, self.UserID, access.ErrOwnInterest},
	} {
		t.Run(name, func(t *testing.T) {
			k.unchanged(c.want, func() error { _, err := k.SuspendUser(t.Context(), c.by, c.id, "x"); return err })
			k.unchanged(c.want, func() error { _, err := k.ReinstateUser(t.Context(), c.by, c.id, "x"); return err })
		})
	}
	k.unchanged(access.ErrReason, func() error { _, err := k.SuspendUser(t.Context(), department, student.UserID, ""); return err })
	for by, id := range map[int64]int64{0: student.UserID, 1: former.UserID} {
		if u, err := k.SuspendUser(t.Context(), []access.Actor{department, university}[by], id, "冒名"); err != nil || u.Status != model.UserSuspended {
			t.Fatal(u, err)
		}
	}
	if _, err := k.ReinstateUser(t.Context(), department, student.UserID, "误会"); err != nil {
		t.Fatal(err)
	}
}
