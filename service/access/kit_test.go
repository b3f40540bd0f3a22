package access_test

import (
	"fmt"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
)

// thing is a row of a list: it belongs to two organisations, one student and one user.
type thing struct {
	ID      int64 `gorm:"primaryKey;autoIncrement:false"`
	PathA   string
	PathB   string
	Student int64
	Owner   int64
}

// Who the things may belong to.
const (
	me, myStudent       = int64(7), int64(70)
	other, otherStudent = int64(8), int64(80)
)

// land is a world with a list of things: every pair of organisations, owned by nobody, by me and by somebody else.
type land struct {
	*testkit.World

	things []thing
	orgs   []model.Org
}

func newLand(t *testing.T) *land {
	t.Helper()
	w := testkit.NewWorld(t)
	l := &land{World: w, orgs: []model.Org{w.Province, w.City, w.County, w.Town, w.Community, w.University, w.Department, w.Branch}}
	sister := w.Org(w.Department, model.OrgLeagueBranch, "壬班团支部")
	foreign := w.Org(model.Org{}, model.OrgProvincialCommittee, "癸省团委")
	l.orgs = append(l.orgs, sister, foreign, w.Org(foreign, model.OrgUniversityCommittee, "子大学团委"))
	pool, err := w.DB.DB()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE things (id BIGINT PRIMARY KEY, path_a VARCHAR(255), path_b VARCHAR(255), student BIGINT, owner BIGINT)"); err != nil {
		t.Fatal(err)
	}
	for _, a := range l.orgs {
		for _, b := range l.orgs {
			for _, own := range [][2]int64{{0, 0}, {myStudent, 0}, {0, me}, {otherStudent, other}} {
				l.things = append(l.things, thing{ID: w.NewID(), PathA: a.Path, PathB: b.Path, Student: own[0], Owner: own[1]})
			}
		}
	}
	w.Insert(&l.things)
	return l
}

// object is what the table of permissions must know of a thing.
func (th thing) object(public bool) access.Object {
	return access.Object{Paths: []string{th.PathA, th.PathB}, StudentIDs: []int64{th.Student}, UserIDs: []int64{th.Owner}, Public: public}
}

// listed are the ids that a list of things under the permission shows to the actor.
func (l *land) listed(t *testing.T, a access.Actor, p access.Permission) map[int64]bool {
	t.Helper()
	where, args := a.Where(p, []string{"path_a", "path_b"}, "student", "owner")
	var ids []int64
	if err := l.DB.Table("things").Where(where, args...).Pluck("id", &ids).Error; err != nil {
		t.Fatalf("%s: %s: %v", p, where, err)
	}
	out := make(map[int64]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

// seats are the columns that a grant gives, and where one sits there.
func (l *land) seats() map[access.Column]struct {
	role access.Role
	org  model.Org
} {
	type seat = struct {
		role access.Role
		org  model.Org
	}
	return map[access.Column]seat{
		access.ADV: {access.Advisor, l.Department}, access.BRS: {access.BranchSecretary, l.Branch}, access.COM: {access.HostStaff, l.Community},
		access.TWN: {access.TownOfficer, l.Town}, access.DEP: {access.CommitteeOfficer, l.Department}, access.UNI: {access.CommitteeOfficer, l.University},
		access.CTY: {access.CommitteeOfficer, l.County}, access.CIT: {access.CommitteeOfficer, l.City}, access.PRV: {access.CommitteeOfficer, l.Province},
		access.OPS: {access.Operator, model.Org{}}, access.SEC: {access.SecurityAdmin, model.Org{}}, access.AUD: {access.Auditor, model.Org{}},
	}
}

// cast are actors: one for each column, unions, and API clients.
func (l *land) cast(t *testing.T) map[string]access.Actor {
	t.Helper()
	student := access.Actor{UserID: me, StudentID: myStudent, BranchPath: l.Branch.Path}
	cast := map[string]access.Actor{
		"ANON": {}, "USER": {UserID: me}, "STU and TL": student,
		"student without a branch": {UserID: me, StudentID: myStudent},
	}
	union := student
	for column, seat := range l.seats() {
		g := access.Grant{Role: seat.role, Column: access.ColumnOf(seat.role, string(seat.org.Kind)), OrgID: seat.org.ID, OrgPath: seat.org.Path}
		if g.Column != column {
			t.Fatalf("%s in %s reads column %d, want %d", seat.role, seat.org.Kind, g.Column, column)
		}
		name := fmt.Sprintf("column %d", column)
		cast[name] = access.Actor{UserID: me, Grants: []access.Grant{g}}
		cast[name+" as a client"] = access.Actor{ClientID: 5, Grants: []access.Grant{g}, Scopes: access.Permissions()}
		cast[name+" without a path"] = access.Actor{UserID: me, Grants: []access.Grant{{Role: g.Role, Column: g.Column}}}
		if column != access.SEC && column != access.AUD && column != access.OPS {
			union.Grants = append(union.Grants, g)
		}
	}
	cast["everything at once"] = union
	cast["a client without scopes"] = access.Actor{ClientID: 5, Grants: union.Grants}
	return cast
}
