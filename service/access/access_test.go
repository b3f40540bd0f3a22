package access_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"baodao/service/access"
	"baodao/service/fault"
)

// TestListsAndChecksAgree is the property that I1 stands on: for every actor and every permission of the table, a list
// filtered by Where shows exactly the things for which Check passes, and Has says whether there can be any.
func TestListsAndChecksAgree(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	checked := 0
	for name, a := range l.cast(t) {
		for _, p := range access.Permissions() {
			public := access.ScopeOf(p, access.ANON) == access.Pub // such lists hold published things only
			listed := l.listed(t, a, p)
			for _, th := range l.things {
				err := a.Check(p, th.object(public))
				if (err == nil) != listed[th.ID] {
					t.Fatalf("%s, %s: listed %v, but Check says %v of %+v", name, p, listed[th.ID], err, th)
				}
				if want := refusal(a, p, public); err != nil && !errors.Is(err, want) {
					t.Fatalf("%s, %s: %v, want %v", name, p, err, want)
				}
				checked++
			}
			if len(listed) > 0 && !a.Has(p) {
				t.Fatalf("%s lists %d things with a permission they have not: %s", name, len(listed), p)
			}
		}
	}
	t.Logf("%d decisions agree", checked)
}

// refusal is how an actor is refused: by the permission, else out of sight, else in sight.
func refusal(a access.Actor, p access.Permission, public bool) error {
	switch {
	case !a.Has(p) && a.UserID == 0 && a.ClientID == 0:
		return access.ErrRequired
	case !a.Has(p) || public:
		return access.ErrDenied
	default:
		return fault.ErrNotFound
	}
}

func TestHasFollowsTheTable(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	for column, seat := range l.seats() {
		a := access.Actor{UserID: me, Grants: []access.Grant{{Role: seat.role, Column: column, OrgPath: seat.org.Path}}}
		for _, p := range access.Permissions() {
			want := access.ScopeOf(p, column) != access.None || access.ScopeOf(p, access.USER) != access.None || access.ScopeOf(p, access.ANON) != access.None
			if a.Has(p) != want || (a.Require(p) == nil) != want {
				t.Errorf("column %d, %s: Has %v, the table says %v", column, p, a.Has(p), want)
			}
			if client := (access.Actor{ClientID: 5, Grants: a.Grants, Scopes: []access.Permission{"other"}}); client.Has(p) {
				t.Errorf("a client has %s, which is not among its scopes", p)
			}
		}
	}
}

func TestAPermissionOutsideTheTableIsNobodys(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	for name, a := range l.cast(t) {
		if a.Has("no.such") || len(l.listed(t, a, "no.such")) != 0 || a.Check("no.such", access.Object{Public: true}) == nil {
			t.Error(name)
		}
	}
}

func TestTheThreeBesideTheTable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a                        access.Actor
		public, signedIn, person bool
	}{
		"nobody":   {access.Actor{}, true, false, false},
		"a person": {access.Actor{UserID: me}, true, true, true},
		"a client": {access.Actor{ClientID: 5}, true, true, false},
	} {
		if c.a.Has(access.Public) != c.public || c.a.Has(access.SignedIn) != c.signedIn || c.a.Has(access.Person) != c.person {
			t.Error(name)
		}
	}
}

// TestSystemRolesHoldNoBusiness: operator, security administrator and auditor are outside of what they guard.
func TestSystemRolesHoldNoBusiness(t *testing.T) {
	t.Parallel()
	business := []string{"student.", "pairing.", "project.", "team.", "activity.", "position.", "signup.", "check_in.", "hours.", "roster.", "join_"}
	for _, p := range access.Permissions() {
		isBusiness := slices.ContainsFunc(business, func(prefix string) bool { return strings.HasPrefix(string(p), prefix) })
		for _, column := range []access.Column{access.OPS, access.SEC, access.AUD} {
			if isBusiness && access.ScopeOf(p, column) != access.None {
				t.Errorf("%s in column %d", p, column)
			}
		}
		if access.ScopeOf(p, access.AUD) != access.None && !strings.HasSuffix(string(p), ".read") {
			t.Errorf("an auditor only reads, not %s", p)
		}
		if access.ScopeOf(p, access.OPS) != access.None && !strings.HasPrefix(string(p), "config.") {
			t.Errorf("an operator has %s", p)
		}
	}
}

func TestTeamScope(t *testing.T) {
	t.Parallel()
	lead := access.Actor{UserID: me, StudentID: myStudent}
	advisor := access.Actor{UserID: me, Grants: []access.Grant{{Role: access.Advisor, Column: access.ADV, OrgPath: "/1/"}}}
	of := access.Object{Leads: []int64{myStudent}, Advisors: []int64{me}}
	others := access.Object{Leads: []int64{otherStudent}, Advisors: []int64{other}}
	for name, a := range map[string]access.Actor{"lead": lead, "advisor": advisor} {
		if err := a.Check(access.TeamWrite, of); err != nil {
			t.Error(name, err)
		}
		if err := a.Check(access.TeamWrite, others); !errors.Is(err, fault.ErrNotFound) {
			t.Error(name, err)
		}
	}
	if err := (access.Actor{UserID: me}).Check(access.TeamWrite, access.Object{Leads: []int64{0}, Advisors: []int64{me}}); !errors.Is(err, access.ErrDenied) {
		t.Error("without a student profile or a grant nobody is in a team", err)
	}
}

func TestInSightButNotAllowedIsDenied(t *testing.T) {
	t.Parallel()
	a := access.Actor{UserID: me, Grants: []access.Grant{{Role: access.CommitteeOfficer, Column: access.CTY, OrgPath: "/1/2/"}}}
	above := access.Object{Paths: []string{"/1/"}}
	if err := a.Check(access.ProgrammeWrite, above); !errors.Is(err, fault.ErrNotFound) || a.Sees(above) {
		t.Fatal(err)
	}
	above.Read = access.ProgrammeRead
	if err := a.Check(access.ProgrammeWrite, above); !errors.Is(err, access.ErrDenied) || !a.Sees(above) {
		t.Fatal(err)
	}
}

func TestPathsAreComparedByWholeIDs(t *testing.T) {
	t.Parallel()
	a := access.Actor{UserID: me, Grants: []access.Grant{{Role: access.CommitteeOfficer, Column: access.CTY, OrgPath: "/1/7/"}}}
	for path, want := range map[string]bool{"/1/7/": true, "/1/7/4/": true, "/1/70/": false, "/1/8/": false, "/1/": false, "/1/7": false, "": false, "/1/6/7/": false} {
		if got := a.Check(access.StatsRead, access.Object{Paths: []string{path}}) == nil; got != want {
			t.Errorf("%q: %v", path, got)
		}
		if got := "/1/7/" <= path && path < access.PathEnd("/1/7/"); got != want {
			t.Errorf("%q as a range: %v", path, got)
		}
	}
}

func TestOwnInterest(t *testing.T) {
	t.Parallel()
	a := access.Actor{UserID: me, StudentID: myStudent}
	for name, c := range map[string]struct {
		a               access.Actor
		students, users []int64
		want            error
	}{
		"own student record": {a, []int64{1, myStudent}, nil, access.ErrOwnInterest},
		"own user record":    {a, nil, []int64{me}, access.ErrOwnInterest},
		"of others":          {a, []int64{otherStudent}, []int64{other}, nil},
		"nobody's zero":      {access.Actor{}, []int64{0}, []int64{0}, nil},
	} {
		if err := c.a.NotOwn(c.students, c.users); !errors.Is(err, c.want) {
			t.Error(name, err)
		}
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 12, 1, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		a    access.Actor
		want error
	}{
		"just now":          {access.Actor{UserID: me, LoggedInAt: now}, nil},
		"five minutes ago":  {access.Actor{UserID: me, LoggedInAt: now.Add(-access.StepUpAge)}, nil},
		"a moment too long": {access.Actor{UserID: me, LoggedInAt: now.Add(-access.StepUpAge - time.Millisecond)}, access.ErrStepUp},
		"a client":          {access.Actor{ClientID: 5, LoggedInAt: now}, access.ErrStepUp},
		"nobody":            {access.Actor{}, access.ErrStepUp},
	} {
		if err := c.a.Fresh(now); !errors.Is(err, c.want) {
			t.Error(name, err)
		}
	}
}

func TestTheContextCarriesTheActor(t *testing.T) {
	t.Parallel()
	if a := access.From(context.Background()); a.UserID != 0 || a.Has(access.SignedIn) {
		t.Fatal("an empty context must be nobody")
	}
	if a := access.From(access.With(t.Context(), access.Actor{UserID: me})); a.UserID != me {
		t.Fatal(a)
	}
}
