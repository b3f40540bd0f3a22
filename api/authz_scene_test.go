package api_test

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
)

// doors is a WeChat in which the code door-ID logs user ID in, again and again.
type doors struct{ *apitest.API }

func (d doors) Login(ctx context.Context, code string) (openID, unionID string, err error) {
	if id, err := strconv.ParseInt(strings.TrimPrefix(code, "door-"), 10, 64); err == nil {
		return d.OpenIDs[id], "", nil
	}
	return d.API.Login(ctx, code)
}

// pairings makes one that is active and one that nobody has accepted.
func (w *twins) pairings(r *realm) {
	w.Programme.ID = r.ids["programme"]
	r.ids["pairing"] = w.Pair(r.orgs["branch"], r.orgs["community"]).ID
	w.Programme.ID = r.ids["programme of proposals"]
	r.ids["proposal"] = w.Pair(r.orgs["branch"], r.orgs["community"]).ID
	w.set(&model.Pairing{}, r.ids["pairing"], object{"note": r.mark})
	w.set(&model.Pairing{}, r.ids["proposal"], object{
		"note": r.mark, "status": model.PairingProposed, "origin": model.OriginCommittee, "from_on": nil, "answer_due_at": w.Clock.Now().AddDate(0, 0, 14),
	})
}

// projects makes one in each state, all with the same team.
func (w *twins) projects(r *realm) {
	pairing := model.Pairing{ID: r.ids["pairing"], ProgrammeID: r.ids["programme"], CampusOrgID: r.ids["branch"], LocalOrgID: r.ids["community"]}
	for name, status := range map[string]model.ProjectStatus{"project": model.ProjectRunning, "drafted project": model.ProjectDraft, "submitted project": model.ProjectSubmitted} {
		p := w.Project(pairing, r.mark+"项目")
		w.set(&model.Project{}, p.ID, object{"status": status})
		r.ids[name] = p.ID
		for role, who := range map[string]string{model.TeamLead: "lead", model.TeamAdvisor: "advisor", model.TeamMember: "student"} {
			live := true
			m := model.ProjectMember{ID: w.NewID(), ProjectID: p.ID, Role: role, StudentID: r.who[who].StudentID, Live: &live, FromOn: "2026-09-01", CreatedAt: w.Clock.Now()}
			if role == model.TeamAdvisor {
				m.UserID = r.who[who].UserID
			}
			w.Insert(&m)
			r.ids[name+": "+who] = m.ID
		}
	}
}

// activities makes one in each state, with their sessions and positions.
func (w *twins) activities(r *realm) {
	now := w.Clock.Now()
	draft := func(status model.ActivityStatus) func(*model.Activity, *model.Session) {
		return func(a *model.Activity, _ *model.Session) {
			a.Status, a.PublishedAt, a.ListedAt, a.Title = status, nil, nil, r.mark+"草稿"
		}
	}
	at := func(from time.Time) func(*model.Activity, *model.Session) {
		return func(a *model.Activity, s *model.Session) {
			a.StartsAt, a.EndsAt = from, from.Add(2*time.Hour)
			s.StartsAt, s.EndsAt = a.StartsAt, a.EndsAt
			a.SignupOpensAt, a.SignupClosesAt, a.CancelUntil = now.AddDate(0, 0, -5), from, from
		}
	}
	for name, change := range map[string]func(*model.Activity, *model.Session){
		"open activity": at(now.Add(48 * time.Hour)), "booked activity": at(now.Add(96 * time.Hour)),
		"present activity": at(now.Add(-10 * time.Minute)), "entered activity": at(now.Add(-10 * time.Minute)), "past activity": at(now.AddDate(0, 0, -1)),
		"drafted activity": draft(model.ActivityDraft), "submitted activity": draft(model.ActivitySubmitted), "approved activity": draft(model.ActivityApproved),
	} {
		w.activity(r, name, change)
	}
	w.activity(r, "lots activity", func(a *model.Activity, s *model.Session) {
		at(now.Add(120*time.Hour))(a, s)
		a.SignupMode = model.SignupLottery
	})
	w.Insert(&model.Lottery{ActivityID: r.ids["lots activity"], Nonce: make([]byte, 32), Commitment: make([]byte, 32), CreatedAt: now})
	for name, status := range map[string]model.ActivityStatus{"department's draft": model.ActivityDraft, "department's submission": model.ActivitySubmitted} {
		w.activity(r, name, func(a *model.Activity, s *model.Session) {
			draft(status)(a, s)
			a.ProjectID, a.OrgID, a.CampusOrgID = nil, r.ids["department"], r.ids["department"]
		})
	}
}

func (w *twins) activity(r *realm, name string, change func(*model.Activity, *model.Session)) {
	project := model.Project{ID: r.ids["project"], ProgrammeID: r.ids["programme"], CampusOrgID: r.ids["branch"], LocalOrgID: r.ids["community"]}
	a, s, p := w.Activity(project, 50, func(a *model.Activity, s *model.Session) {
		a.HostContactID, a.CreatedBy = r.ids["user host"], r.ids["user author"]
		change(a, s)
	})
	r.ids[name], r.ids["session of "+name], r.ids["position of "+name] = a.ID, s.ID, p.ID
}

// attendance makes signups, a check-in, and claims and a ledger line in each state.
func (w *twins) attendance(r *realm) {
	for _, seat := range []struct{ name, activity, who string }{
		{"signup", "booked activity", "student"},
		{"seat", "present activity", "student"},
		{"other seat", "present activity", "mate"},
		{"entered seat", "entered activity", "student"},
		{"past seat", "past activity", "student"},
	} {
		w.seat(r, seat.name, seat.activity, seat.who)
	}
	w.set(&model.Signup{}, r.ids["past seat"], object{"status": model.SignupCompleted})
	in := w.Clock.Now().Add(-5 * time.Minute)
	row := model.CheckIn{
		ID: w.NewID(), StudentID: r.ids["student"], Nonce: "entered-by-scan", SignupID: r.ids["entered seat"], SessionID: r.ids["session of entered activity"],
		Kind: model.KindIn, Method: model.MethodSelfScan, LogicalAt: in, ReceivedAt: in, Verdict: model.VerdictOK,
	}
	w.Insert(&row, &model.Attendance{SignupID: row.SignupID, SessionID: row.SessionID, StudentID: row.StudentID, InID: &row.ID, InAt: &in})
	r.ids["check-in"] = row.ID
	for _, who := range []string{"host", "student"} {
		w.Do(r.who[who], "GET /me", nil).Status(200) // logs in before the trials, which undo everything
	}
	w.Insert(&model.PassOpening{ID: w.NewID(), SessionID: r.ids["session of present activity"], Kind: model.KindIn, OpenedBy: 1, OpenedAt: in, ClosesAt: in.Add(20 * time.Minute)})
	for _, c := range []struct {
		name   string
		status model.ClaimStatus
	}{
		{"claim", model.ClaimComputed},
		{"claim the lead confirmed", model.ClaimLead},
		{"claim the host confirmed", model.ClaimHost},
		{"disputed claim", model.ClaimDisputed},
		{"posted claim", model.ClaimPosted},
	} {
		w.claim(r, c.name, c.status)
	}
	r.ids["entry"] = w.NewID()
	w.Insert(&model.HoursEntry{
		ID: r.ids["entry"], StudentID: r.ids["student"], Minutes: 120, Class: model.ClassVolunteer, Basis: model.BasisCheckIn, ClaimID: r.ids["posted claim"], ProgrammeID: r.ids["programme"],
		ActivityID: r.ids["past activity"], ServedOn: "2026-10-11", BranchID: r.ids["branch"], BranchPath: r.orgs["branch"].Path, PostedBy: 1, PostedAt: w.Clock.Now(),
	})
}

func (w *twins) seat(r *realm, name, activity, who string) {
	id, act, now := w.NewID(), r.ids[activity], w.Clock.Now()
	w.Insert(&model.Signup{
		ID: id, LiveActivityID: &act, StudentID: r.ids[who], ActivityID: act, PositionID: r.ids["position of "+activity],
		Status: model.SignupConfirmed, Note: r.mark, Version: 1, CreatedAt: now, UpdatedAt: now,
	})
	r.ids[name] = id
	w.set(&model.Position{}, r.ids["position of "+activity], object{"taken": gorm.Expr("taken + 1")})
}

// claim adds a claim of the student with a session of its own. Whoever took the steps so far is not of the cast.
func (w *twins) claim(r *realm, name string, status model.ClaimStatus) {
	now, third, fourth := w.Clock.Now(), int64(3), int64(4)
	first := now.AddDate(0, 0, -1)
	s := model.Session{ID: w.NewID(), ActivityID: r.ids["past activity"], StartsAt: first, EndsAt: first.Add(2 * time.Hour), Place: "戊社区", RadiusM: 200}
	c := model.HoursClaim{
		ID: w.NewID(), SignupID: r.ids["past seat"], SessionID: s.ID, ActivityID: s.ActivityID, StudentID: r.ids["student"], Minutes: 120, Class: model.ClassVolunteer, Basis: "CHECKIN",
		StartsAt: s.StartsAt, EndsAt: s.EndsAt, Status: status, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if status == model.ClaimLead || status == model.ClaimHost {
		c.LeadBy = &third
	}
	if status == model.ClaimHost {
		c.HostBy = &fourth
	}
	w.Insert(&s, &c)
	r.ids[name] = c.ID
}
