package org_test

import (
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

func TestOfficersAreTheNearestWhoMay(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	other := w.Org(w.Department, model.OrgLeagueBranch, "二班团支部")
	empty := w.Org(w.Town, model.OrgCommunity, "无人社区")
	first, second := w.Staff("支书", access.BranchSecretary, w.Branch), w.Staff("副支书", access.BranchSecretary, w.Branch)
	w.Staff("老师", access.Advisor, w.Department) // may not
	general := w.Org(w.Department, model.OrgGeneralBranch, "总支部")
	below := w.Org(general, model.OrgLeagueBranch, "三班团支部")
	w.Staff("总支书记", access.BranchSecretary, general) // answers for the general branch only
	dean := w.Staff("系干部", access.CommitteeOfficer, w.Department)
	town := w.Staff("镇委员", access.TownOfficer, w.Town)
	w.Staff("县干部", access.CommitteeOfficer, w.County) // recommends, does not accept
	gone, banned := w.Staff("走了", access.HostStaff, w.Community), w.Staff("停用", access.HostStaff, w.Community)
	set := func(sql string, args ...any) {
		t.Helper()
		if err := w.DB.Transaction(func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
			t.Fatal(err)
		}
	}
	set("UPDATE role_grants SET to_at = ? WHERE user_id = ?", w.Clock.Now(), gone.UserID)
	set("UPDATE users SET status = ? WHERE id = ?", model.UserSuspended, banned.UserID)
	for name, tt := range map[string]struct {
		p     access.Permission
		paths []string
		want  []access.Actor
	}{
		"all of the branch":               {access.PairingPropose, []string{w.Branch.Path}, []access.Actor{first, second}},
		"a branch without a secretary":    {access.PairingPropose, []string{other.Path}, []access.Actor{dean}},
		"a secretary of the branch above": {access.PairingPropose, []string{below.Path}, []access.Actor{dean}},
		"a grant that ended, a ban":       {access.PairingPropose, []string{w.Community.Path}, []access.Actor{town}},
		"a community without anybody":     {access.PairingPropose, []string{empty.Path}, []access.Actor{town}},
		"nobody below the county":         {access.PairingPropose, []string{w.County.Path}, nil},
		"both sides":                      {access.PairingPropose, []string{w.Branch.Path, w.Town.Path}, []access.Actor{first, second, town}},
		"who recognises, the town none":   {access.HoursRecognise, []string{w.Branch.Path, w.Town.Path}, []access.Actor{first, second}},
		"no organisation":                 {access.PairingPropose, []string{""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := org.Officers(w.DB, w.Clock.Now(), tt.p, tt.paths...)
			var want []int64
			for _, a := range tt.want {
				want = append(want, a.UserID)
			}
			slices.Sort(want)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v %v, want %v", got, err, want)
			}
		})
	}
	later := w.Staff("将来", access.ClubLead, w.Org(w.University, model.OrgStudentClub, "社团"))
	set("UPDATE role_grants SET from_at = ? WHERE user_id = ?", w.Clock.Now().Add(time.Hour), later.UserID)
	if got, err := org.Officers(w.DB, w.Clock.Now(), access.PairingPropose, later.Grants[0].OrgPath); err != nil || len(got) != 0 {
		t.Errorf("a grant of tomorrow: %v %v", got, err)
	}
}

func TestOfficersAreBounded(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	for range 60 {
		w.Staff("干事", access.HostStaff, w.Community)
	}
	if got, err := org.Officers(w.DB, w.Clock.Now(), access.PairingPropose, w.Community.Path); err != nil || len(got) != 50 {
		t.Errorf("%d %v", len(got), err)
	}
}
