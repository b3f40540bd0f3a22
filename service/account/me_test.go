package account_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/fault"
	"baodao/service/vault"
)

func (k *kit) me(a access.Actor) account.Me {
	k.TB.Helper()
	me, err := k.Me(k.TB.Context(), a)
	if err != nil {
		k.TB.Fatal(err)
	}
	return me
}

func TestMeOfAStranger(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	me := k.me(k.enter("小李"))
	if me.Name != "" || me.Phone != "" || me.Roles == nil || len(me.Roles) != 0 || me.Student != nil {
		t.Fatalf("%+v", me)
	}
	k.unchanged(access.ErrRequired, func() error { _, err := k.Me(t.Context(), access.Actor{}); return err })
	k.unchanged(access.ErrDenied, func() error { _, err := k.Me(t.Context(), access.Actor{ClientID: 7}); return err })
}

func TestMeOfStaff(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.Staff("陈干事", access.CommitteeOfficer, k.Department)
	k.Grant(a, access.BranchSecretary, k.Branch)
	k.Grant(a, access.Auditor, model.Org{})
	k.setPhone(a.UserID, "+8613812340001")
	me := k.me(a)
	if me.Name != "陈干事" || me.Phone != "138****0001" || len(me.Roles) != 3 {
		t.Fatalf("%+v", me)
	}
	first := me.Roles[0]
	if first.Role != access.CommitteeOfficer || first.OrgName != k.Department.Name || first.OrgKind != "DEPARTMENT_COMMITTEE" || first.From.IsZero() || first.To != nil {
		t.Fatalf("%+v", first)
	}
	if last := me.Roles[2]; last.Role != access.Auditor || last.OrgID != 0 || last.OrgName != "" {
		t.Fatalf("%+v", last)
	}
	k.set(&model.Org{}, k.Branch.ID, map[string]any{"status": "DISSOLVED"})
	if me = k.me(a); len(me.Roles) != 2 {
		t.Fatalf("roles that do not count must not be shown: %+v", me.Roles)
	}
}

func (k *kit) setPhone(user int64, phone string) {
	k.TB.Helper()
	person, err := k.World.Vault.Person(k.World.DB, user)
	if err != nil {
		k.TB.Fatal(err)
	}
	k.set(&model.User{}, user, map[string]any{"phone_enc": person.Seal(vault.Phone, user, phone), "phone_idx": k.World.Vault.Index(vault.Phone, phone)})
}

func TestMeOfAStudent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.Student("李同学", k.Branch)
	me := k.me(a)
	if me.Student == nil || me.Student.ID != a.StudentID || me.Name != "李同学" || me.Student.Name != "李同学" || !strings.HasPrefix(me.Student.StudentNo, "S") {
		t.Fatalf("%+v", me)
	}
	if me.Student.UniversityName != k.University.Name || me.Student.BranchName != k.Branch.Name || me.Student.Grade != "2025" {
		t.Fatalf("%+v", me.Student)
	}
}

func TestADestroyedKeyLeavesNothingToRead(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.Student("李同学", k.Branch)
	if err := k.World.DB.Transaction(func(tx *gorm.DB) error { return k.World.Vault.Destroy(tx, a.UserID) }); err != nil {
		t.Fatal(err)
	}
	if me := k.me(a); me.Name != "" || me.Student.StudentNo != "" || me.Student.Name != "" {
		t.Fatalf("%+v", me)
	}
}

func TestUpdateMe(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.enter("小李")
	me, err := k.UpdateMe(t.Context(), a, 1, "  阿卜杜拉•买买提 ")
	if err != nil || me.Name != "阿卜杜拉·买买提" || me.User.Version != 2 {
		t.Fatal(me, err)
	}
	if k.count(&model.User{}, "name_idx = ?", k.World.Vault.Index(vault.UserName, "阿卜杜拉·买买提")) != 1 || k.audited("account.rename") != 1 {
		t.Fatal("index or audit")
	}
	k.unchanged(fault.ErrStale, func() error { _, err := k.UpdateMe(t.Context(), a, 1, "李"); return err })
	k.unchanged(fault.ErrInvalid, func() error { _, err := k.UpdateMe(t.Context(), a, 2, "<script>"); return err })
	k.unchanged(fault.ErrInvalid, func() error { _, err := k.UpdateMe(t.Context(), a, 2, "   "); return err })
	k.unchanged(access.ErrRequired, func() error { _, err := k.UpdateMe(t.Context(), access.Actor{}, 2, "李"); return err })
	k.unchanged(access.ErrDenied, func() error { _, err := k.UpdateMe(t.Context(), access.Actor{ClientID: 1}, 2, "李"); return err })
	k.Profile("李同学", k.Branch, a.UserID)
	k.unchanged(account.ErrNameFromRoster, func() error { _, err := k.UpdateMe(t.Context(), a, 2, "李"); return err })
}
