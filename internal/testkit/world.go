package testkit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/vault"
)

// World is a small invented China: a province with a city, a county, a town and a community, and a university with
// a department and a branch. People are added by name. Everything is written straight into the tables.
type World struct {
	TB    testing.TB
	DB    *gorm.DB
	Clock *Clock
	NewID func() int64
	Vault *vault.Vault
	Audit *audit.Log

	Province, City, County, Town, Community model.Org
	University, Department, Branch          model.Org
	Programme                               model.Programme // ACTIVE, owned by the university
	Policy                                  model.Policy

	OpenIDs map[int64]string // by user id
}

// NewWorld builds the world in a fresh database.
func NewWorld(tb testing.TB) *World {
	tb.Helper()
	clock, ids := NewClock(), IDs()
	w := &World{TB: tb, DB: DB(tb, clock), Clock: clock, NewID: ids, Vault: Vault(tb, clock), Audit: Audit(clock, ids), OpenIDs: map[int64]string{}}
	w.Province = w.Org(model.Org{}, model.OrgProvincialCommittee, "甲省团委")
	w.City = w.Org(w.Province, model.OrgCityCommittee, "乙市团委")
	w.County = w.Org(w.City, model.OrgCountyCommittee, "丙县团委")
	w.Town = w.Org(w.County, model.OrgTownYouthCommittee, "丁镇青工委")
	w.Community = w.Org(w.Town, model.OrgCommunity, "戊社区")
	w.University = w.Org(w.City, model.OrgUniversityCommittee, "己大学团委")
	w.Department = w.Org(w.University, model.OrgDepartmentCommittee, "庚系团委")
	w.Branch = w.Org(w.Department, model.OrgLeagueBranch, "辛班团支部")
	w.Policy = SmallPolicy()
	w.Programme = w.AddProgramme("P1", w.University)
	return w
}

// SmallPolicy is a policy with round numbers.
func SmallPolicy() model.Policy {
	return model.Policy{
		BranchParticipationPermille: 250, StudentParticipationPermille: 250, BranchPairingPermille: 300,
		BranchTermMin: 2, BranchTermMax: 3, StudentMin: 1, DailyMinTerms: 1, ConcentratedMinDays: 30,
		CaseQuota: 3, CaseMinChars: 1000, CasePhotos: 5, CasePhotoMinBytes: 1048576, PairingDue: "11-15", KickoffDue: "11-20",
		YearStarts: "09-01", PairingAnswerDays: 14, CheckInEarlyMinutes: 30, CheckOutLateMinutes: 60, PresenceMinPermille: 600, DayMaxMinutes: 480, PassCodeMinutes: 15, RoundInputDays: 365,
		NoShowWindowDays: 180, NoShowLimit: 3, SuspensionDays: 7, LateCancelPoints: 1, NoShowPoints: 3, NoShowAfterHours: 48,
		WaitlistCutoffMinutes: 120, LotteryBaseWeight: 1, LotteryFirstPracticeWeight: 3,
		Fields:         []model.Item{{Code: "ECOLOGY", Name: "生态环保"}, {Code: "HEALTH", Name: "卫生医疗"}},
		Categories:     []model.Item{{Code: "GOVERNANCE", Name: "参与社区治理"}, {Code: "CULTURE", Name: "开展文体活动"}},
		DeclineReasons: []model.Item{{Code: "TIME_CHANGED", Name: "服务时间有变化"}, {Code: "SAFETY", Name: "安全条件不具备"}, {Code: "OTHER", Name: "其他"}},
		Skills:         []model.Item{{Code: "TUTORING", Name: "课业辅导"}, {Code: "ART", Name: "音乐美术"}, {Code: "LAW", Name: "法律咨询"}, {Code: "FIRST_AID", Name: "急救"}},
	}
}

// Insert writes rows as they are.
func (w *World) Insert(rows ...any) {
	w.TB.Helper()
	err := w.DB.Transaction(func(tx *gorm.DB) error {
		for _, r := range rows {
			if err := tx.Create(r).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.TB.Fatal(err)
	}
}

// Org adds an ACTIVE organisation below parent (the zero Org: at the top).
func (w *World) Org(parent model.Org, kind model.OrgKind, name string) model.Org {
	w.TB.Helper()
	now := w.Clock.Now()
	o := model.Org{ID: w.NewID(), Kind: kind, Side: kind.Side(), ParentID: parent.ID, Name: name, Status: model.OrgActive, Version: 1, CreatedAt: now, UpdatedAt: now}
	o.Path = fmt.Sprintf("%s%d/", pathOr(parent.Path), o.ID)
	w.Insert(&o)
	return o
}

func pathOr(p string) string {
	if p == "" {
		return "/"
	}
	return p
}

// AddProgramme adds an ACTIVE programme with SmallPolicy.
func (w *World) AddProgramme(code string, owner model.Org) model.Programme {
	w.TB.Helper()
	now := w.Clock.Now()
	p := model.Programme{ID: w.NewID(), Code: code, Name: "实践计划" + code, OwnerOrgID: owner.ID, Status: model.ProgrammeActive, PolicyVersion: 1, Version: 1, CreatedAt: now, UpdatedAt: now}
	w.Insert(&p, &model.ProgrammePolicy{ProgrammeID: p.ID, Version: 1, Policy: SmallPolicy(), CreatedAt: now})
	return p
}

// User adds an account with a name and an openid made of it.
func (w *World) User(name string) model.User {
	w.TB.Helper()
	now := w.Clock.Now()
	u := model.User{ID: w.NewID(), Status: model.UserActive, Version: 1, CreatedAt: now, UpdatedAt: now}
	err := w.DB.Transaction(func(tx *gorm.DB) error {
		people, err := w.Vault.NewPeople(tx, u.ID)
		if err != nil {
			return err
		}
		openID := fmt.Sprintf("o%027d", u.ID)
		w.OpenIDs[u.ID] = openID
		u.OpenIDEnc, u.OpenIDIdx = people[u.ID].Seal(vault.OpenID, u.ID, openID), w.Vault.Index(vault.OpenID, openID)
		u.NameEnc, u.NameIdx = people[u.ID].Seal(vault.UserName, u.ID, name), w.Vault.Index(vault.UserName, name)
		return tx.Create(&u).Error
	})
	if err != nil {
		w.TB.Fatal(err)
	}
	return u
}

// Staff adds a user with one role and returns them as an actor.
func (w *World) Staff(name string, role access.Role, org model.Org) access.Actor {
	w.TB.Helper()
	u := w.User(name)
	return w.Grant(access.Actor{UserID: u.ID, LoggedInAt: w.Clock.Now()}, role, org)
}

// Grant gives an actor one more role.
func (w *World) Grant(a access.Actor, role access.Role, org model.Org) access.Actor {
	w.TB.Helper()
	now, live := w.Clock.Now(), true
	w.Insert(&model.RoleGrant{ID: w.NewID(), UserID: a.UserID, Role: string(role), OrgID: org.ID, FromAt: now.Add(-time.Hour), Live: &live, CreatedAt: now})
	a.Grants = append(a.Grants, access.Grant{Role: role, Column: access.ColumnOf(role, string(org.Kind)), OrgID: org.ID, OrgPath: org.Path})
	return a
}

// Student adds a student of a branch of the university, with an account and a membership since 1 September of last year.
func (w *World) Student(name string, branch model.Org) access.Actor {
	w.TB.Helper()
	u := w.User(name)
	p := w.Profile(name, branch, u.ID)
	return access.Actor{UserID: u.ID, StudentID: p.ID, BranchPath: branch.Path, LoggedInAt: w.Clock.Now()}
}

// Profile adds a student without an account (user 0) or bound to one.
func (w *World) Profile(name string, branch model.Org, user int64) model.StudentProfile {
	w.TB.Helper()
	now := w.Clock.Now()
	p := model.StudentProfile{ID: w.NewID(), UniversityID: w.universityOf(branch), BranchID: branch.ID, Grade: "2025", Tags: []string{model.TagLeagueMember}, Version: 1, CreatedAt: now, UpdatedAt: now}
	p.PersonID = p.ID
	if user != 0 {
		p.PersonID, p.UserID = user, &user
	}
	no := fmt.Sprintf("S%d", p.ID)
	err := w.DB.Transaction(func(tx *gorm.DB) error {
		var person *vault.Person
		var err error
		if user != 0 {
			person, err = w.Vault.Person(tx, user)
		} else {
			var made map[int64]*vault.Person
			made, err = w.Vault.NewPeople(tx, p.ID)
			person = made[p.ID]
		}
		if err != nil {
			return err
		}
		p.StudentNoEnc, p.StudentNoIdx = person.Seal(vault.StudentNo, p.ID, no), w.Vault.Index(vault.StudentNo, no)
		p.NameEnc, p.NameIdx = person.Seal(vault.StudentName, p.ID, name), w.Vault.Index(vault.StudentName, name)
		if err := tx.Create(&p).Error; err != nil {
			return err
		}
		return tx.Create(&model.Membership{ID: w.NewID(), StudentID: p.ID, OrgID: branch.ID, FromOn: "2025-09-01", CreatedAt: now}).Error
	})
	if err != nil {
		w.TB.Fatal(err)
	}
	return p
}

// universityOf finds the university above a campus organisation by its path.
func (w *World) universityOf(o model.Org) int64 {
	w.TB.Helper()
	var u model.Org
	err := w.DB.Where("kind = ? AND id IN ?", model.OrgUniversityCommittee, strings.Split(strings.Trim(o.Path, "/"), "/")).First(&u).Error
	if err != nil {
		w.TB.Fatal(err)
	}
	return u.ID
}

// Pair adds an ACTIVE pairing of a campus unit and a local unit in the world's programme.
func (w *World) Pair(campus, local model.Org) model.Pairing {
	w.TB.Helper()
	now, from := w.Clock.Now(), model.Date("2026-09-01")
	p := model.Pairing{
		ID: w.NewID(), ProgrammeID: w.Programme.ID, CampusOrgID: campus.ID, LocalOrgID: local.ID, LiveProgrammeID: &w.Programme.ID,
		Level: model.PairingCommunityBranch, Origin: model.OriginSelf, Status: model.PairingActive, FromOn: &from,
		AnswerDueAt: now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	w.Insert(&p)
	return p
}

// Project adds a RUNNING project of a pairing.
func (w *World) Project(p model.Pairing, title string) model.Project {
	w.TB.Helper()
	now := w.Clock.Now()
	row := model.Project{
		ID: w.NewID(), ProgrammeID: p.ProgrammeID, PairingID: p.ID, CampusOrgID: p.CampusOrgID, LocalOrgID: p.LocalOrgID, Title: title,
		Goals: []string{"目标"}, Tasks: []string{"任务"}, Duties: []string{"职责"}, Support: []string{}, RiskPlan: "注意交通安全",
		Status: model.ProjectRunning, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	w.Insert(&row)
	return row
}

// Team adds an open team membership: role LEAD or MEMBER for a student actor, ADVISOR for a staff actor.
func (w *World) Team(project model.Project, role string, a access.Actor) {
	w.TB.Helper()
	live := true
	m := model.ProjectMember{ID: w.NewID(), ProjectID: project.ID, Role: role, Live: &live, FromOn: "2026-09-01", CreatedAt: w.Clock.Now()}
	if role == model.TeamAdvisor {
		m.UserID = a.UserID
	} else {
		m.StudentID = a.StudentID
	}
	w.Insert(&m)
}

// Activity adds a PUBLISHED activity of a project in two days' time with one two-hour session and one position;
// change mutates it before it is written.
func (w *World) Activity(project model.Project, seats int64, change func(*model.Activity, *model.Session)) (model.Activity, model.Session, model.Position) {
	w.TB.Helper()
	now := w.Clock.Now()
	start := now.Add(48 * time.Hour)
	lat, lng := int64(36650000), int64(117120000)
	a := model.Activity{
		ID: w.NewID(), ProgrammeID: project.ProgrammeID, ProjectID: &project.ID, OrgID: project.LocalOrgID, CampusOrgID: project.CampusOrgID, HostOrgID: project.LocalOrgID,
		Title: "社区清洁日", Summary: "打扫楼道", Field: "ECOLOGY", Category: "GOVERNANCE", Carriers: []string{}, Mode: "ONSITE", PlacementMode: "SINGLE", SignupMode: "FIRST_COME",
		SignupOpensAt: now.Add(-time.Hour), SignupClosesAt: start.Add(-time.Hour), CancelUntil: start.Add(-24 * time.Hour), CountsAsVolunteer: true,
		RiskNote: "注意安全", HostContactID: 1, Status: model.ActivityPublished, StartsAt: start, EndsAt: start.Add(2 * time.Hour),
		ListedAt: &start, LatE6: &lat, LngE6: &lng, PublishedAt: &now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	s := model.Session{ID: w.NewID(), ActivityID: a.ID, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Place: "戊社区广场", LatE6: &lat, LngE6: &lng, RadiusM: 200}
	if change != nil {
		change(&a, &s)
	}
	p := model.Position{ID: w.NewID(), ActivityID: a.ID, Title: "志愿者", Capacity: seats, Version: 1, CreatedAt: now, UpdatedAt: now}
	w.Insert(&a, &s, &p)
	return a, s, p
}
