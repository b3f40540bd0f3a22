package remind_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

// campus adds students around the world's branch: one of another department, one without an account, one who is suspended.
func (k *kit) campus() (branch, general, elsewhere access.Actor) {
	branch = k.Student("本支部", k.Branch)
	general = k.Student("总支", k.Org(k.Department, model.OrgGeneralBranch, "总支部"))
	elsewhere = k.Student("别系", k.Org(k.Org(k.University, model.OrgDepartmentCommittee, "别系团委"), model.OrgLeagueBranch, "别班团支部"))
	k.Profile("没有账号", k.Branch, 0)
	banned := k.Student("停用", k.Branch)
	k.exec("UPDATE users SET status = ? WHERE id = ?", model.UserSuspended, banned.UserID)
	return branch, general, elsewhere
}

func TestANewActivityIsToldToItsAudience(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(k *kit)
		told   func(branch, general, elsewhere access.Actor) []access.Actor
	}{
		"the branch's own": {func(*kit) {}, func(b, _, _ access.Actor) []access.Actor { return []access.Actor{b} }},
		"the department's": {
			func(k *kit) { k.exec("UPDATE activities SET campus_org_id = ?", k.Department.ID) },
			func(b, g, _ access.Actor) []access.Actor { return []access.Actor{b, g} },
		},
		"the university's": {
			func(k *kit) { k.exec("UPDATE activities SET campus_org_id = ?", k.University.ID) },
			func(b, g, e access.Actor) []access.Actor { return []access.Actor{b, g, e} },
		},
		"the host's alone, the branch is paired with it": {
			func(k *kit) { k.exec("UPDATE activities SET campus_org_id = 0") },
			func(b, _, _ access.Actor) []access.Actor { return []access.Actor{b} },
		},
		"the host's alone, the department is paired with its town": {
			func(k *kit) {
				k.exec("UPDATE activities SET campus_org_id = 0")
				k.exec("UPDATE pairings SET campus_org_id = ?, local_org_id = ?, status = ?", k.Department.ID, k.Town.ID, model.PairingDormant)
			},
			func(b, g, _ access.Actor) []access.Actor { return []access.Actor{b, g} },
		},
		"the host's alone, the pairing is over": {
			func(k *kit) {
				k.exec("UPDATE activities SET campus_org_id = 0")
				k.exec("UPDATE pairings SET to_on = ?", "2026-10-12")
			},
			func(_, _, _ access.Actor) []access.Actor { return nil },
		},
		"the host's alone, paired in another programme": {
			func(k *kit) {
				k.exec("UPDATE activities SET campus_org_id = 0")
				k.exec("UPDATE pairings SET programme_id = 1")
			},
			func(_, _, _ access.Actor) []access.Actor { return nil },
		},
		"the audience's units, wherever the organiser is": {
			func(k *kit) {
				k.exec("UPDATE activities SET audience = ?", fmt.Sprintf(`{"org_ids":[%d]}`, k.University.ID))
			},
			func(b, g, e access.Actor) []access.Actor { return []access.Actor{b, g, e} },
		},
		"the audience's grade and tags": {
			func(k *kit) {
				k.exec("UPDATE activities SET campus_org_id = ?, audience = ?", k.University.ID, `{"grades":["2024"],"tags":["QINGMA","LEAGUE_MEMBER"]}`)
				k.exec("UPDATE student_profiles SET grade = ?, tags = ?", "2023", `["QINGMA"]`)
				k.exec("UPDATE student_profiles SET grade = ?, tags = ? WHERE branch_id = ?", "2024", `["LEAGUE_MEMBER"]`, k.Branch.ID)
			},
			func(b, _, _ access.Actor) []access.Actor { return []access.Actor{b} },
		},
		"sign-up is over": {
			func(k *kit) { k.Clock.Set(k.activity.SignupClosesAt) },
			func(_, _, _ access.Actor) []access.Actor { return nil },
		},
		"it was called off": {
			func(k *kit) {
				if _, err := k.projects.CancelActivity(k.TB.Context(), k.host, k.activity.ID, "暴雨"); err != nil {
					k.TB.Fatal(err)
				}
			},
			func(_, _, _ access.Actor) []access.Actor { return nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, nil)
			branch, general, elsewhere := k.campus()
			k.fanOut()
			tt.change(k)
			k.run()
			told := tt.told(branch, general, elsewhere)
			k.Told(notify.ActivityPublished, told...)
			if len(told) > 0 {
				k.Inbox(notify.ActivityPublished, told[0], "“社区清洁日”：2026年10月14日 09:00，戊社区广场。")
			}
		})
	}
}

// crowd adds students with accounts to new branches of the department, past the vault.
func (k *kit) crowd(n, perBranch int) {
	k.TB.Helper()
	now := k.Clock.Now()
	var users []model.User
	var profiles []model.StudentProfile
	branch := model.Org{}
	for i := range n {
		if i%perBranch == 0 {
			branch = k.Org(k.Department, model.OrgLeagueBranch, fmt.Sprint("支部", i))
		}
		id, no := k.NewID(), fmt.Appendf(nil, "%032d", i)
		users = append(users, model.User{ID: id, Status: model.UserActive, OpenIDIdx: no, Version: 1, CreatedAt: now, UpdatedAt: now})
		profiles = append(profiles, model.StudentProfile{
			ID: k.NewID(), PersonID: id, UserID: &id, UniversityID: k.University.ID, BranchID: branch.ID, StudentNoEnc: no, StudentNoIdx: no, NameEnc: no, NameIdx: no,
			Tags: []string{}, Version: 1, CreatedAt: now, UpdatedAt: now,
		})
	}
	err := k.World.DB.Transaction(func(tx *gorm.DB) error {
		if err := tx.CreateInBatches(users, 500).Error; err != nil {
			return err
		}
		return tx.CreateInBatches(profiles, 500).Error
	})
	if err != nil {
		k.TB.Fatal(err)
	}
}

// TestTenThousandStudentsAreTold by three runners at once, each of them once.
func TestTenThousandStudentsAreTold(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.crowd(10_000, 40)
	k.exec("UPDATE activities SET campus_org_id = ?", k.University.ID)
	k.fanOut()
	var runners sync.WaitGroup
	for range 3 {
		runners.Go(func() {
			if err := k.Spread(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	runners.Wait()
	k.run()
	seen := map[int64]bool{}
	for _, n := range k.Entries(notify.ActivityPublished) {
		seen[n.UserID] = true
	}
	if all := len(k.Entries(notify.ActivityPublished)); all != 10_000 || len(seen) != all {
		t.Errorf("%d entries for %d people", all, len(seen))
	}
}

// TestTheJobsWalkTheirIndexes: neither the sessions of all years nor the students of all schools are read.
func TestTheJobsWalkTheirIndexes(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.crowd(3000, 40)
	k.years(3000)
	k.analyze()
	now := k.session.StartsAt.Add(500 * time.Hour)
	for name, q := range remindQueries(k, now) {
		t.Run(name, func(t *testing.T) {
			plan := k.plan(q)
			t.Logf("%+v", plan)
			for _, bad := range []string{"SCAN", "ALL"} {
				for _, step := range plan {
					if step.has(bad) {
						t.Errorf("%s: %+v", bad, step)
					}
				}
			}
			want := map[string]string{
				"sessions": "ix_session_starts", "seats": "uq_live_signup", "missing": "uq_live_signup", "students": "ix_student_branch", "officers": "",
				"turnout": "ix_activity_closes",
			}[name]
			if !slices.ContainsFunc(plan, func(s planStep) bool { return s.has(want) }) {
				t.Errorf("want %s: %+v", want, plan)
			}
		})
	}
}

// years adds activities, one an hour, with a session and some sign-ups each.
func (k *kit) years(n int) {
	k.TB.Helper()
	activities, sessions, signups := make([]model.Activity, n), make([]model.Session, n), make([]model.Signup, 4*n)
	for i := range n {
		a, at := k.activity, k.session.StartsAt.Add(time.Duration(i)*time.Hour)
		a.ID, a.SignupClosesAt, a.StartsAt, a.EndsAt, a.ListedAt = k.NewID(), at.Add(-time.Hour), at, at.Add(time.Hour), nil
		activities[i], sessions[i] = a, model.Session{ID: k.NewID(), ActivityID: a.ID, StartsAt: at, EndsAt: at.Add(time.Hour), Place: "广场", RadiusM: 200}
		for j := range 4 {
			signups[4*i+j] = model.Signup{
				ID: k.NewID(), LiveActivityID: &activities[i].ID, ActivityID: a.ID, StudentID: int64(i + j), Status: model.SignupConfirmed, Version: 1, CreatedAt: at, UpdatedAt: at,
			}
		}
	}
	k.session.ActivityID = activities[n/2].ID
	positions := make([]model.Position, n)
	for i, a := range activities {
		positions[i] = model.Position{ID: k.NewID(), ActivityID: a.ID, Title: "志愿者", Capacity: 4, Version: 1, CreatedAt: a.StartsAt, UpdatedAt: a.StartsAt}
	}
	err := k.World.DB.Transaction(func(tx *gorm.DB) error {
		if err := tx.CreateInBatches(activities, 100).Error; err != nil {
			return err
		}
		if err := tx.CreateInBatches(positions, 500).Error; err != nil {
			return err
		}
		if err := tx.CreateInBatches(sessions, 500).Error; err != nil {
			return err
		}
		return tx.CreateInBatches(signups, 500).Error
	})
	if err != nil {
		k.TB.Fatal(err)
	}
}

func (k *kit) analyze() {
	k.TB.Helper()
	if testkit.OnMySQL() {
		if err := k.World.DB.Exec("ANALYZE TABLE activity_sessions, activities, student_profiles, users, role_grants, orgs, signups, positions").Error; err != nil {
			k.TB.Fatal(err)
		}
		return
	}
	k.exec("ANALYZE")
}
