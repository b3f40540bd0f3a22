package programme_test

import (
	"errors"
	"fmt"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/programme"
)

// office is a world with the service and the people who may or may not write programmes.
type office struct {
	*testkit.World
	*programme.Service
	university, city, province, county, department access.Actor
}

func newOffice(t testing.TB) *office {
	t.Helper()
	w := testkit.NewWorld(t)
	o := &office{World: w, Service: &programme.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}}
	o.university = w.Staff("校干部", access.CommitteeOfficer, w.University)
	o.city = w.Staff("市干部", access.CommitteeOfficer, w.City)
	o.province = w.Staff("省干部", access.CommitteeOfficer, w.Province)
	o.county = w.Staff("县干部", access.CommitteeOfficer, w.County)
	o.department = w.Staff("系干部", access.CommitteeOfficer, w.Department)
	return o
}

// rows counts every row that the package writes.
func (o *office) rows(t testing.TB) string {
	t.Helper()
	out := ""
	for _, table := range []string{"programmes", "programme_policies", "programme_phases", "milestones", "audit_log", "idempotency_records"} {
		var n int64
		if err := o.World.DB.Table(table).Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%s %d; ", table, n)
	}
	return out
}

func (o *office) create(t testing.TB, as access.Actor, owner model.Org, preset string) programme.Detail {
	t.Helper()
	d, err := o.Create(t.Context(), as, idem.Key{}, programme.New{Code: fmt.Sprint("C", o.World.NewID()), Name: "社区实践计划", OwnerOrgID: owner.ID, Preset: preset})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// refused checks a refusal: its code, the fields it names, and that nothing was written.
func (o *office) refused(t *testing.T, want error, fields []string, do func() error) {
	t.Helper()
	before := o.rows(t)
	err := do()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	got := map[string]bool{}
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		for _, field := range f.Fields {
			got[field.Pointer] = true
		}
	}
	for _, field := range fields {
		if !got[field] {
			t.Errorf("%s is not named in %v", field, got)
		}
		delete(got, field)
	}
	if len(got) > 0 {
		t.Errorf("also named: %v", got)
	}
	if after := o.rows(t); after != before {
		t.Errorf("something was written: %s, was %s", after, before)
	}
}
