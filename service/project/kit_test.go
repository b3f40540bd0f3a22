package project_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/geo"
	"baodao/service/page"
	"baodao/service/project"
)

// house is a world with the service, a pairing and the people who work in it.
type house struct {
	*testkit.World
	*project.Service
	released *releaser
	pairing  model.Pairing

	secretary, department, university access.Actor // campus side: branch, department, university
	host, town, county                access.Actor // local side: community, town, county
	advisor, lead, student, other     access.Actor // other: host staff of another community
	elsewhere                         model.Org
}

// releaser notes whose seats were given back.
type releaser struct {
	mu      sync.Mutex
	ids     []int64
	mergers []project.Merger
	fail    error
}

func (r *releaser) ReleaseActivity(_ *gorm.DB, _ access.Actor, a model.Activity, _ string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, a.ID)
	return r.fail
}

func (r *releaser) MergeActivity(_ *gorm.DB, _ access.Actor, m project.Merger) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mergers = append(r.mergers, m)
	return r.fail
}

func (r *releaser) Announce(*gorm.DB, model.Activity) error { return nil }

func (r *releaser) Refill(*gorm.DB, int64) error { return nil }

func newHouse(t testing.TB) *house {
	t.Helper()
	w := testkit.NewWorld(t)
	h := &house{World: w, released: &releaser{}}
	h.Service = &project.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Signups: h.released}
	h.pairing = w.Pair(w.Branch, w.Community)
	h.secretary = w.Staff("支书", access.BranchSecretary, w.Branch)
	h.department = w.Staff("系书记", access.CommitteeOfficer, w.Department)
	h.university = w.Staff("校书记", access.CommitteeOfficer, w.University)
	h.host = w.Staff("陈干事", access.HostStaff, w.Community)
	h.town = w.Staff("镇委员", access.TownOfficer, w.Town)
	h.county = w.Staff("县干部", access.CommitteeOfficer, w.County)
	h.advisor = w.Staff("李老师", access.Advisor, w.Department)
	h.lead = w.Student("王小明", w.Branch)
	h.student = w.Student("赵同学", w.Branch)
	h.elsewhere = w.Org(w.Town, model.OrgCommunity, "壬社区")
	h.other = w.Staff("外人", access.HostStaff, h.elsewhere)
	return h
}

// running adds a RUNNING project with a lead and an advisor.
func (h *house) running() model.Project {
	p := h.World.Project(h.pairing, "茶园共建")
	h.Team(p, model.TeamLead, h.lead)
	h.Team(p, model.TeamAdvisor, h.advisor)
	return p
}

func plan() project.Plan {
	return project.Plan{Title: "茶园共建", Field: "ECOLOGY", Category: "GOVERNANCE", Goals: []string{"每月两次"}, Tasks: []string{"采摘"}, Duties: []string{"带队"}, RiskPlan: "注意交通"}
}

// draft is a good activity in three days' time, with two sessions and one position of ten seats.
func (h *house) draft() project.Draft {
	now := h.Clock.Now()
	start := now.Add(72 * time.Hour)
	at := geo.FromDegrees(36.65, 117.12)
	return project.Draft{
		Title: "社区清洁日", Summary: "打扫楼道与广场", Field: "ECOLOGY", Category: "GOVERNANCE", Carriers: []string{"SAN_XIA_XIANG"},
		Mode: "ONSITE", PlacementMode: "SINGLE", SignupOpensAt: now, SignupClosesAt: start.Add(-time.Hour), RiskNote: "注意台阶", HostContactID: h.host.UserID,
		Sessions: []project.Slot{
			{StartsAt: start, EndsAt: start.Add(2 * time.Hour), Place: "戊社区广场", At: &at, RadiusM: 200},
			{StartsAt: start.Add(24 * time.Hour), EndsAt: start.Add(26 * time.Hour), Place: "戊社区广场", At: &at, RadiusM: 200},
		},
		Positions: []project.Seat{{Title: "志愿者", Capacity: 10}},
	}
}

// drafted creates an activity of the community by itself.
func (h *house) drafted(t *testing.T, change func(*project.NewActivity)) project.Detail {
	t.Helper()
	in := project.NewActivity{OrgID: h.Community.ID, ProgrammeID: h.Programme.ID, Draft: h.draft()}
	if change != nil {
		change(&in)
	}
	d, err := h.CreateActivity(t.Context(), h.host, idem.Key{}, in)
	must(t, err)
	return d
}

// published creates an activity of the community and takes it through to the public.
func (h *house) published(t *testing.T, change func(*project.NewActivity)) project.Detail {
	t.Helper()
	id := h.drafted(t, change).Activity.ID
	_, err := h.SubmitActivity(t.Context(), h.host, id)
	must(t, err)
	_, err = h.ApproveActivity(t.Context(), h.town, id)
	must(t, err)
	d, err := h.PublishActivity(t.Context(), h.host, id)
	must(t, err)
	return d
}

// write changes rows behind the service's back.
func (h *house) write(t testing.TB, fn func(tx *gorm.DB) error) {
	t.Helper()
	must(t, h.World.DB.WithContext(t.Context()).Transaction(fn))
}

// setStatus puts a row into a state.
func (h *house) setStatus(t *testing.T, table string, id int64, status string) {
	t.Helper()
	h.write(t, func(tx *gorm.DB) error { return tx.Table(table).Where("id = ?", id).Update("status", status).Error })
}

func (h *house) count(t *testing.T, row any, where string, args ...any) int64 {
	t.Helper()
	var n int64
	must(t, h.World.DB.Model(row).Where(where, args...).Count(&n).Error)
	return n
}

// audits counts the audit rows of an action.
func (h *house) audits(t *testing.T, action string) int64 {
	t.Helper()
	return h.count(t, &model.AuditEntry{}, "action = ?", action)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants compares an error with the fault that is expected, nil for none.
func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// pointers are the fields that a fault names.
func pointers(err error) []string {
	var out []string
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		for _, field := range f.Fields {
			out = append(out, field.Pointer)
		}
	}
	return out
}

func limit(n int) page.Request { return page.Request{Limit: n} }
