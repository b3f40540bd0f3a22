package org_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/page"
)

func TestGrant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closed := h.known("已注销")
	h.close(t, closed.UserID)
	elsewhere := h.Org(h.Org(h.University, model.OrgDepartmentCommittee, "别系"), model.OrgLeagueBranch, "别班")
	outside := h.Org(h.Org(h.County, model.OrgTownYouthCommittee, "外镇"), model.OrgCommunity, "外社区")
	foreign, near := h.Staff("外镇干事", access.HostStaff, outside), h.Staff("外镇干事", access.HostStaff, outside)
	otherSec := h.Staff("另一安全员", access.SecurityAdmin, model.Org{})
	former, ranOut := h.Staff("前干事", access.HostStaff, h.Community), h.Staff("到期干事", access.HostStaff, h.Community)
	h.set(t, former.UserID, map[string]any{"live": nil, "revoked_at": h.Clock.Now()})
	h.set(t, ranOut.UserID, map[string]any{"to_at": h.Clock.Now()})
	dead := h.Org(h.Town, model.OrgCommunity, "旧社区")
	must[model.Org](t)(h.s.Dissolve(t.Context(), h.town, dead.ID, org.Dissolution{Reason: "合并"}))
	stale := func(a access.Actor) access.Actor { a.LoggedInAt = h.Clock.Now().Add(-6 * time.Minute); return a }
	past, future := h.Clock.Now(), h.Clock.Now().Add(time.Hour)
	client := h.university
	client.UserID, client.ClientID, client.Scopes = 0, 5, []access.Permission{access.GrantWrite}
	tests := map[string]struct {
		by   access.Actor
		role access.Role
		at   model.Org
		user int64
		till *time.Time
		want error
	}{
		"a town officer appoints host staff":             {h.town, access.HostStaff, h.Community, 0, nil, nil},
		"for a while":                                    {h.town, access.HostStaff, h.Community, 0, &future, nil},
		"a department appoints a secretary":              {h.department, access.BranchSecretary, h.Branch, 0, nil, nil},
		"a department appoints an advisor":               {h.department, access.Advisor, h.Department, 0, nil, nil},
		"a department needs no fresh login":              {stale(h.department), access.Advisor, h.Department, 0, nil, nil},
		"a university appoints a department officer":     {h.university, access.CommitteeOfficer, h.Department, 0, nil, nil},
		"a city appoints a university officer":           {h.city, access.CommitteeOfficer, h.University, 0, nil, nil},
		"a city appoints a county officer":               {h.city, access.CommitteeOfficer, h.County, 0, nil, nil},
		"a county appoints a town officer":               {h.county, access.TownOfficer, h.Town, 0, nil, nil},
		"a province appoints a city officer":             {h.provincial, access.CommitteeOfficer, h.City, 0, nil, nil},
		"the security administrator appoints a province": {h.sec, access.CommitteeOfficer, h.Province, 0, nil, nil},
		"the security administrator appoints an auditor": {h.sec, access.Auditor, model.Org{}, 0, nil, nil},
		"nobody":                                          {access.Actor{}, access.HostStaff, h.Community, 0, nil, access.ErrRequired},
		"a student":                                       {h.Student("学生", h.Branch), access.HostStaff, h.Community, 0, nil, access.ErrDenied},
		"host staff appoint nobody":                       {h.host, access.HostStaff, h.Community, 0, nil, access.ErrDenied},
		"a secretary appoints nobody":                     {h.secretary, access.BranchSecretary, h.Branch, 0, nil, access.ErrDenied},
		"not one's own rank, county":                      {h.county, access.CommitteeOfficer, h.County, 0, nil, org.ErrRank},
		"not one's own rank, department":                  {h.department, access.CommitteeOfficer, h.Department, 0, nil, org.ErrRank},
		"not one's own rank, town":                        {h.town, access.TownOfficer, h.Town, 0, nil, org.ErrRank},
		"not above oneself":                               {h.university, access.CommitteeOfficer, h.City, 0, nil, access.ErrDenied},
		"not beside oneself":                              {h.town, access.BranchSecretary, h.Branch, 0, nil, access.ErrDenied},
		"a county does not reach the university":          {h.county, access.CommitteeOfficer, h.University, 0, nil, access.ErrDenied},
		"system roles are the administrator's":            {h.provincial, access.Operator, model.Org{}, 0, nil, access.ErrDenied},
		"a role that does not fit":                        {h.town, access.TownOfficer, h.Community, 0, nil, org.ErrRoleKind},
		"a role that is not granted":                      {h.university, access.Student, h.Branch, 0, nil, org.ErrRoleKind},
		"a business role in the system":                   {h.sec, access.HostStaff, model.Org{}, 0, nil, org.ErrRoleKind},
		"a system role in an organisation":                {h.sec, access.Auditor, h.City, 0, nil, org.ErrRoleKind},
		"an old login at the university":                  {stale(h.university), access.Advisor, h.Department, 0, nil, access.ErrStepUp},
		"an old login of the administrator":               {stale(h.sec), access.Auditor, model.Org{}, 0, nil, access.ErrStepUp},
		"an API client":                                   {client, access.Advisor, h.Department, 0, nil, access.ErrDenied},
		"oneself":                                         {h.university, access.Advisor, h.Department, h.university.UserID, nil, org.ErrOwnGrant},
		"somebody unknown":                                {h.town, access.HostStaff, h.Community, 42, nil, org.ErrGrantStranger},
		"somebody unknown, by the administrator":          {h.sec, access.Auditor, model.Org{}, 42, nil, fault.ErrInvalid},
		"a closed account":                                {h.town, access.HostStaff, h.Community, closed.UserID, nil, fault.ErrInvalid},
		"a stranger with nothing":                         {h.town, access.HostStaff, h.Community, h.person("无").UserID, nil, org.ErrGrantStranger},
		"a stranger, by the administrator":                {h.sec, access.HostStaff, h.Community, h.person("无").UserID, nil, nil},
		"a student is a stranger to a town":               {h.town, access.HostStaff, h.Community, h.Student("学", h.Branch).UserID, nil, org.ErrGrantStranger},
		"a student is a stranger to a city":               {h.city, access.HostStaff, h.Community, h.Student("学", h.Branch).UserID, nil, org.ErrGrantStranger},
		"a student of the department":                     {h.department, access.BranchSecretary, h.Branch, h.Student("学", h.Branch).UserID, nil, nil},
		"a student of another department":                 {h.department, access.BranchSecretary, h.Branch, h.Student("学", elsewhere).UserID, nil, org.ErrGrantStranger},
		"a student of another department, the university": {h.university, access.BranchSecretary, h.Branch, h.Student("学", elsewhere).UserID, nil, nil},
		"somebody from another town":                      {h.town, access.HostStaff, h.Community, foreign.UserID, nil, org.ErrGrantStranger},
		"somebody from another town, the county":          {h.county, access.HostStaff, h.Community, near.UserID, nil, nil},
		"somebody whose role is over":                     {h.town, access.HostStaff, h.Community, former.UserID, nil, org.ErrGrantStranger},
		"somebody whose role ran out":                     {h.town, access.HostStaff, h.Community, ranOut.UserID, nil, org.ErrGrantStranger},
		"until now":                                       {h.town, access.HostStaff, h.Community, 0, &past, fault.ErrInvalid},
		"in a dissolved organisation":                     {h.town, access.HostStaff, dead, 0, nil, org.ErrNotActive},
		"in no organisation":                              {h.town, access.HostStaff, model.Org{ID: 42}, 0, nil, fault.ErrNotFound},
		"an officer does not become auditor":              {h.sec, access.Auditor, model.Org{}, h.town.UserID, nil, org.ErrSeparation},
		"the administrator does not become officer":       {otherSec, access.CommitteeOfficer, h.County, h.sec.UserID, nil, org.ErrSeparation},
		"a role that somebody holds":                      {h.county, access.TownOfficer, h.Town, h.town.UserID, nil, org.ErrGrantExists},
		"a department does not reach another department":  {h.department, access.Advisor, h.Org(h.University, model.OrgDepartmentCommittee, "别系"), 0, nil, access.ErrDenied},
		"a club lead is the university's to appoint":      {h.university, access.ClubLead, h.Org(h.University, model.OrgStudentClub, "社团"), 0, nil, nil},
		"a committee officer does not sit in a branch":    {h.university, access.CommitteeOfficer, h.Branch, 0, nil, org.ErrRoleKind},
		"somebody may hold two business roles":            {h.university, access.BranchSecretary, h.Branch, h.department.UserID, nil, nil},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			user := c.user
			switch {
			case user == 0 && c.at.ID == 0:
				user = h.person(name).UserID
			case user == 0:
				user = h.known(name).UserID
			}
			before, audits := count[model.RoleGrant](t, h.DB, "1 = 1"), h.audits(t, "grant.create")
			g, err := h.s.Grant(t.Context(), c.by, idem.Key{}, org.NewGrant{UserID: user, Role: c.role, OrgID: c.at.ID, Until: c.till})
			wants(t, err, c.want)
			made, told := count[model.RoleGrant](t, h.DB, "1 = 1")-before, h.audits(t, "grant.create")-audits
			if c.want != nil {
				if made != 0 || told != 0 {
					t.Fatalf("%d grants, %d audit rows of a refusal", made, told)
				}
				return
			}
			if made != 1 || told != 1 || g.UserID != user || g.GrantedBy != c.by.UserID || g.Live == nil {
				t.Fatalf("%+v", g)
			}
		})
	}
}

func TestGrantAgainAfterItRanOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	user := h.known("某人").UserID
	till := h.Clock.Now().Add(time.Hour)
	in := org.NewGrant{UserID: user, Role: access.HostStaff, OrgID: h.Community.ID, Until: &till}
	must[model.RoleGrant](t)(h.s.Grant(t.Context(), h.town, idem.Key{}, in))
	h.Clock.Add(time.Hour)
	in.Until = nil
	must[model.RoleGrant](t)(h.s.Grant(t.Context(), h.town, idem.Key{}, in))
}

func TestGrantByOneWhoHasLostTheRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var own model.RoleGrant
	wants(t, h.DB.Where("user_id = ?", h.town.UserID).First(&own).Error, nil)
	must[model.RoleGrant](t)(h.s.Revoke(t.Context(), h.county, own.ID, "调离"))
	_, err := h.s.Grant(t.Context(), h.town, idem.Key{}, org.NewGrant{UserID: h.known("某人").UserID, Role: access.HostStaff, OrgID: h.Community.ID})
	wants(t, err, access.ErrDenied)
}

func TestTwoAdministratorsDoNotDismissEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.Staff("另一安全员", access.SecurityAdmin, model.Org{})
	grants := map[int64]int64{}
	var rows []model.RoleGrant
	wants(t, h.DB.Where("role = ?", access.SecurityAdmin).Find(&rows).Error, nil)
	for _, g := range rows {
		grants[g.UserID] = g.ID
	}
	var wg sync.WaitGroup
	for by, target := range map[*access.Actor]int64{&h.sec: grants[other.UserID], &other: grants[h.sec.UserID]} {
		wg.Go(func() {
			if _, err := h.s.Revoke(t.Context(), *by, target, "互相解任"); err != nil && !errors.Is(err, access.ErrDenied) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count[model.RoleGrant](t, h.DB, "role = ? AND live = ?", access.SecurityAdmin, true); n != 1 {
		t.Errorf("%d administrators left", n)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	grantOf := func(a access.Actor) int64 {
		var g model.RoleGrant
		wants(t, h.DB.Where("user_id = ?", a.UserID).First(&g).Error, nil)
		return g.ID
	}
	tests := []struct {
		name   string
		by     access.Actor
		id     int64
		reason string
		want   error
	}{
		{"without a reason", h.town, grantOf(h.host), "", access.ErrReason},
		{"a reason with tricks", h.town, grantOf(h.host), "a\u202eb", fault.ErrInvalid},
		{"oneself", h.town, grantOf(h.town), "累了", org.ErrOwnGrant},
		{"out of sight", h.department, grantOf(h.host), "不喜欢", fault.ErrNotFound},
		{"above", h.town, grantOf(h.county), "不喜欢", fault.ErrNotFound},
		{"one's own rank", h.town, grantOf(h.Staff("同级", access.TownOfficer, h.Town)), "不喜欢", org.ErrRank},
		{"host staff", h.host, grantOf(h.town), "不喜欢", access.ErrDenied},
		{"unknown", h.town, 42, "不喜欢", fault.ErrNotFound},
		{"by the rank above", h.town, grantOf(h.host), "调离", nil},
		{"twice", h.town, grantOf(h.host), "调离", fault.ErrState},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			live, audits := count[model.RoleGrant](t, h.DB, "live = ?", true), h.audits(t, "grant.revoke")
			_, err := h.s.Revoke(t.Context(), c.by, c.id, c.reason)
			wants(t, err, c.want)
			gone, told := live-count[model.RoleGrant](t, h.DB, "live = ?", true), h.audits(t, "grant.revoke")-audits
			if want := map[bool]int64{true: 1, false: 0}[c.want == nil]; gone != want || told != want {
				t.Errorf("%d revoked, %d audit rows", gone, told)
			}
		})
	}
}

func TestListGrants(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	auditor := h.Staff("审计员", access.Auditor, model.Org{})
	tests := map[string]struct {
		by   access.Actor
		at   int64
		name string
		want error
	}{
		"the town sees its host staff":        {h.town, h.Community.ID, "社区干事", nil},
		"the county too":                      {h.county, h.Community.ID, "社区干事", nil},
		"the administrator sees masked names": {h.sec, h.Community.ID, "社*", nil},
		"system roles":                        {auditor, 0, "安*", nil},
		"host staff do not":                   {h.host, h.Community.ID, "", access.ErrDenied},
		"a foreign department does not":       {h.department, h.Community.ID, "", access.ErrDenied},
		"system roles are not for officers":   {h.city, 0, "", access.ErrDenied},
		"no such organisation":                {h.town, 42, "", fault.ErrNotFound},
		"nobody is asked to sign in":          {access.Actor{}, h.Community.ID, "", access.ErrRequired},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			rows, err := h.s.Grants(t.Context(), c.by, c.at, page.Request{Limit: 1})
			wants(t, err, c.want)
			if c.want == nil && (len(rows.Items) != 1 || rows.Items[0].UserName != c.name) {
				t.Errorf("%+v", rows)
			}
		})
	}
}
