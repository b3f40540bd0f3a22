package org_test

import (
	"bytes"
	"errors"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// house is a world with the service under test and people of every rank.
type house struct {
	*testkit.World
	s *org.Service

	sec, provincial, city, county, town, host access.Actor
	university, department, secretary         access.Actor
}

func newHouse(t testing.TB) *house {
	t.Helper()
	w := testkit.NewWorld(t)
	h := &house{World: w, s: &org.Service{
		DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, InviteKey: bytes.Repeat([]byte{7}, 32),
	}}
	h.sec = w.Staff("安全员", access.SecurityAdmin, model.Org{})
	h.provincial = w.Staff("省干部", access.CommitteeOfficer, w.Province)
	h.city = w.Staff("市干部", access.CommitteeOfficer, w.City)
	h.county = w.Staff("县干部", access.CommitteeOfficer, w.County)
	h.town = w.Staff("镇干部", access.TownOfficer, w.Town)
	h.host = w.Staff("社区干事", access.HostStaff, w.Community)
	h.university = w.Staff("校干部", access.CommitteeOfficer, w.University)
	h.department = w.Staff("系干部", access.CommitteeOfficer, w.Department)
	h.secretary = w.Staff("支书", access.BranchSecretary, w.Branch)
	return h
}

// person is somebody with an account and nothing else.
func (h *house) person(name string) access.Actor {
	return access.Actor{UserID: h.User(name).ID, LoggedInAt: h.Clock.Now()}
}

// known is somebody whose name everybody who appoints may read: a student of the branch who works for a community.
func (h *house) known(name string) access.Actor {
	h.TB.Helper()
	return h.Grant(h.Student(name, h.Branch), access.HostStaff, h.Org(h.Town, model.OrgCommunity, "旁社区"))
}

// set changes the roles of a user.
func (h *house) set(t *testing.T, user int64, columns map[string]any) {
	t.Helper()
	wants(t, h.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.RoleGrant{}).Where("user_id = ?", user).Updates(columns).Error
	}), nil)
}

// count counts rows.
func count[T any](t *testing.T, db *gorm.DB, where string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := db.Model(new(T)).Where(where, args...).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// audits counts audit rows of an action.
func (h *house) audits(t *testing.T, action string) int64 {
	t.Helper()
	return count[model.AuditEntry](t, h.DB, "action = ?", action)
}

// wants fails unless err is want (nil: no error).
func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// close closes an account.
func (h *house) close(t *testing.T, user int64) {
	t.Helper()
	wants(t, h.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.User{}).Where("id = ?", user).Update("status", model.UserClosed).Error
	}), nil)
}
