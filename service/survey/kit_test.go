package survey_test

import (
	"errors"
	"slices"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/survey"
)

// desk is a world with the service and people on both sides.
type desk struct {
	*testkit.World
	*survey.Service
	student                         access.Actor
	host, town, county              access.Actor
	secretary, department, province access.Actor
	other                           model.Org // community
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	w := testkit.NewWorld(t)
	d := &desk{World: w, Service: &survey.Service{DB: w.DB, Now: w.Clock.Now, Audit: w.Audit, Vault: w.Vault}}
	d.student = w.Student("赵甲", w.Branch)
	d.host, d.town, d.county = w.Staff("陈干事", access.HostStaff, w.Community), w.Staff("镇委员", access.TownOfficer, w.Town), w.Staff("县干部", access.CommitteeOfficer, w.County)
	d.secretary, d.department = w.Staff("支书", access.BranchSecretary, w.Branch), w.Staff("系干部", access.CommitteeOfficer, w.Department)
	d.province = w.Staff("省干部", access.CommitteeOfficer, w.Province)
	d.other = w.Org(w.Town, model.OrgCommunity, "另一社区")
	return d
}

// plain reads past the service.
func (d *desk) plain() *gorm.DB { return d.World.DB }

// set writes columns past the service.
func (d *desk) set(table, where string, id int64, set map[string]any) {
	d.TB.Helper()
	err := d.plain().Transaction(func(tx *gorm.DB) error { return tx.Table(table).Where(where, id).Updates(set).Error })
	if err != nil {
		d.TB.Fatal(err)
	}
}

// published is an activity of the community with so many seats.
func (d *desk) published(seats int64, change func(*model.Activity, *model.Session)) (model.Activity, model.Position) {
	d.TB.Helper()
	project := d.Project(model.Pairing{ProgrammeID: d.Programme.ID, CampusOrgID: d.Branch.ID, LocalOrgID: d.Community.ID}, "共建")
	a, _, p := d.Activity(project, seats, change)
	return a, p
}

// offer is a good one.
func offer(change func(*survey.Offer)) survey.Offer {
	in := survey.Offer{Willing: true, Slots: survey.Block(5, 0) | survey.Block(5, 1), Skills: []string{"TUTORING", "LAW"}, Interests: []string{"CULTURE", "GOVERNANCE"}, MaxDistM: 5000}
	if change != nil {
		change(&in)
	}
	return in
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wants demands an error and the fields that it names.
func wants(t testing.TB, err, want error, fields ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
		return
	}
	f, _ := errors.AsType[*fault.Fault](err)
	var named []string
	for _, x := range f.Fields {
		named = append(named, x.Pointer)
	}
	if !slices.Equal(named, fields) {
		t.Errorf("names %v, want %v", named, fields)
	}
}

// heard runs do on a listening service and returns what it read.
func (d *desk) heard(do func(s *survey.Service)) []string {
	db, heard := testkit.Hear(d.plain(), "SELECT")
	do(&survey.Service{DB: db, Now: d.Now, Audit: d.Service.Audit, Vault: d.Service.Vault})
	return heard.Said()
}

// personOf is the person whose key seals what a student says.
func personOf(t testing.TB, d *desk, studentID int64) int64 {
	t.Helper()
	var p model.StudentProfile
	if err := d.plain().Where("id = ?", studentID).First(&p).Error; err != nil {
		t.Fatal(err)
	}
	return p.PersonID
}
