package demand_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/demand"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/project"

	"gorm.io/gorm"
)

// board is a world with the service and people on both sides.
type board struct {
	*testkit.World
	*demand.Service
	clerk, town, county             access.Actor // local side
	secretary, department, outsider access.Actor // campus side; the outsider answers for another department
	student                         access.Actor
	elsewhere                       model.Org // another branch of the department
}

func newBoard(t testing.TB) *board {
	t.Helper()
	w := testkit.NewWorld(t)
	b := &board{World: w, Service: &demand.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}}
	b.Projects = &project.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}
	b.clerk = w.Staff("陈干事", access.HostStaff, w.Community)
	b.town = w.Staff("镇委员", access.TownOfficer, w.Town)
	b.county = w.Staff("县干部", access.CommitteeOfficer, w.County)
	b.secretary = w.Staff("支书", access.BranchSecretary, w.Branch)
	b.department = w.Staff("系干部", access.CommitteeOfficer, w.Department)
	other := w.Org(w.University, model.OrgDepartmentCommittee, "别系团委")
	b.outsider = w.Staff("别系干部", access.CommitteeOfficer, other)
	b.elsewhere = w.Org(w.Department, model.OrgLeagueBranch, "隔壁班团支部")
	b.student = w.Student("赵甲", w.Branch)
	return b
}

// form is a complete one: two people, tomorrow and the day after.
func (b *board) form(change func(*demand.Form)) demand.Form {
	start := b.Clock.Now().Truncate(time.Hour).Add(48 * time.Hour)
	f := demand.Form{
		Title: "四点半课堂", Summary: "陪写作业", Category: "CULTURE", Place: "戊社区", RiskNote: "注意路口", ContactID: b.clerk.UserID, Support: []string{"MEAL"},
		Positions: []model.DemandPosition{{Title: "辅导员", Count: 2, Needs: "会数学"}},
		Windows: []model.TimeWindow{
			{StartsAt: start.Add(24 * time.Hour), EndsAt: start.Add(26 * time.Hour)}, {StartsAt: start, EndsAt: start.Add(2 * time.Hour)},
		},
	}
	if change != nil {
		change(&f)
	}
	return f
}

func (b *board) draft(t testing.TB, change func(*demand.Form)) demand.Detail {
	t.Helper()
	d, err := b.Create(t.Context(), b.clerk, idem.Key{}, demand.New{ProgrammeID: b.Programme.ID, HostOrgID: b.Community.ID, Form: b.form(change)})
	return b.good(t, d, err)
}

func (b *board) good(t testing.TB, d demand.Detail, err error) demand.Detail {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b.consistent(t)
	return d
}

// open is a demand on the board.
func (b *board) open(t testing.TB) demand.Detail {
	t.Helper()
	d := b.draft(t, nil)
	d, err := b.Submit(t.Context(), b.clerk, d.ID)
	b.good(t, d, err)
	d, err = b.Verify(t.Context(), b.town, d.ID)
	return b.good(t, d, err)
}

// sent is one that waits for the answer of the branch, for a day.
func (b *board) sent(t testing.TB) demand.Detail {
	t.Helper()
	d, err := b.Send(t.Context(), b.town, idem.Key{}, b.open(t).ID, b.Branch.ID, b.Clock.Now().Add(24*time.Hour))
	return b.good(t, d, err)
}

// accepted is one that the branch took.
func (b *board) accepted(t testing.TB) demand.Detail {
	t.Helper()
	d, err := b.Take(t.Context(), b.secretary, b.open(t).ID, b.Branch.ID)
	return b.good(t, d, err)
}

// set writes a column past the service.
func (b *board) set(table string, id int64, column string, value any) {
	b.TB.Helper()
	err := b.World.DB.Transaction(func(tx *gorm.DB) error { return tx.Table(table).Where("id = ?", id).Update(column, value).Error })
	if err != nil {
		b.TB.Fatal(err)
	}
}

// consistent checks what holds of every stored demand and dispatch, whatever happened.
func (b *board) consistent(t testing.TB) {
	t.Helper()
	var rows []model.Demand
	var sent []model.Dispatch
	if err := errors.Join(b.World.DB.Find(&rows).Error, b.World.DB.Find(&sent).Error); err != nil {
		t.Fatal(err)
	}
	live := map[int64]int{}
	for _, x := range sent {
		if x.Status == model.DispatchSent {
			live[x.DemandID]++
		}
		if (x.Status == model.DispatchSent) != (x.LiveDemandID != nil) || (x.Status == model.DispatchSent) != (x.DecidedAt == nil) {
			t.Errorf("dispatch %d is %s, live %v, decided %v", x.ID, x.Status, x.LiveDemandID, x.DecidedAt)
		}
	}
	for _, d := range rows {
		if want := d.Status == model.DemandDispatched; (live[d.ID] == 1) != want || live[d.ID] > 1 {
			t.Errorf("demand %d is %s and %d dispatches wait", d.ID, d.Status, live[d.ID])
		}
		taken := d.Status == model.DemandAccepted || d.Status == model.DemandFulfilled
		if taken && (d.AcceptedOrgID == nil || d.AcceptedAt == nil || d.VerifiedAt == nil) {
			t.Errorf("demand %d is %s by %v at %v", d.ID, d.Status, d.AcceptedOrgID, d.AcceptedAt)
		}
		if d.VerifiedBy != nil && (*d.VerifiedBy == d.CreatedBy || *d.VerifiedBy == *d.SubmittedBy) {
			t.Errorf("demand %d was verified by who asked for it", d.ID)
		}
	}
}

// refused checks a refusal: its code, the fields it names, and that no row changed.
func (b *board) refused(t *testing.T, want error, fields []string, do func() error) {
	t.Helper()
	before := b.rows(t)
	err := do()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	var named []string
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		for _, x := range f.Fields {
			named = append(named, x.Pointer)
		}
	}
	slices.Sort(named)
	if !slices.Equal(named, fields) {
		t.Errorf("names %v, want %v", named, fields)
	}
	if after := b.rows(t); after != before {
		t.Errorf("something was written: %s, was %s", after, before)
	}
}

func (b *board) rows(t testing.TB) string {
	t.Helper()
	var rows []model.Demand
	var sent []model.Dispatch
	var audits int64
	if err := errors.Join(b.World.DB.Order("id").Find(&rows).Error, b.World.DB.Order("id").Find(&sent).Error, b.World.DB.Model(&model.AuditEntry{}).Count(&audits).Error); err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprint(audits)
	for _, d := range rows {
		out += fmt.Sprintf("; %d %s v%d", d.ID, d.Status, d.Version)
	}
	for _, x := range sent {
		out += fmt.Sprintf("; %d %s v%d", x.ID, x.Status, x.Version)
	}
	return out
}
