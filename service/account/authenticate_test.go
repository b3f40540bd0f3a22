package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/database"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/fault"
)

func TestAuthenticateReadsEverythingAnew(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	staff := k.Staff("陈干事", access.CommitteeOfficer, k.Department)
	k.Grant(staff, access.BranchSecretary, k.Branch)
	tokens := k.login("陈干事")
	a := k.who(tokens.AccessToken)
	if a.UserID != staff.UserID || a.StudentID != 0 || len(a.Grants) != 2 {
		t.Fatalf("%+v", a)
	}
	want := access.Grant{Role: access.CommitteeOfficer, Column: access.DEP, OrgID: k.Department.ID, OrgPath: k.Department.Path}
	if !slices.Contains(a.Grants, want) {
		t.Fatalf("want %+v in %+v", want, a.Grants)
	}
	if !a.Has(access.OrgMember) || !a.Has(access.JoinCode) {
		t.Fatal("roles must carry their permissions")
	}
}

func TestAuthenticateKnowsTheStudent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	tokens := k.login("小李")
	if a := k.who(tokens.AccessToken); a.StudentID != 0 || a.BranchPath != "" {
		t.Fatalf("%+v", a)
	}
	p := k.Profile("小李", k.Branch, tokens.User.ID)
	if a := k.who(tokens.AccessToken); a.StudentID != p.ID || a.BranchPath != k.Branch.Path {
		t.Fatalf("a bound profile must count on the next request: %+v", a)
	}
}

// TestChangesActOnTheNextRequest is T7: whatever changes about a person acts while their token is still good.
func TestChangesActOnTheNextRequest(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(k *kit, a access.Actor)
		want   error // of the next request; nil: it passes without the role
	}{
		"role revoked": {change: func(k *kit, a access.Actor) {
			k.changeGrant(a, map[string]any{"revoked_at": k.Clock.Now(), "live": nil})
		}},
		"role over": {change: func(k *kit, a access.Actor) { k.changeGrant(a, map[string]any{"to_at": k.Clock.Now()}) }},
		"role not begun": {change: func(k *kit, a access.Actor) {
			k.changeGrant(a, map[string]any{"from_at": k.Clock.Now().Add(access.Skew + time.Millisecond)})
		}},
		"organisation stopped": {change: func(k *kit, _ access.Actor) {
			k.set(&model.Org{}, k.Department.ID, map[string]any{"status": "SUSPENDED"})
		}},
		"organisation ended": {change: func(k *kit, _ access.Actor) {
			k.set(&model.Org{}, k.Department.ID, map[string]any{"status": "DISSOLVED"})
		}},
		"account suspended": {change: func(k *kit, a access.Actor) { k.set(&model.User{}, a.UserID, map[string]any{"status": "SUSPENDED"}) }, want: account.ErrTokenInvalid},
		"account closed":    {change: func(k *kit, a access.Actor) { k.set(&model.User{}, a.UserID, map[string]any{"status": "CLOSED"}) }, want: account.ErrTokenInvalid},
		"session revoked": {change: func(k *kit, a access.Actor) {
			k.set(&model.LoginSession{}, a.SessionID, map[string]any{"revoked_at": k.Clock.Now()})
		}, want: account.ErrTokenInvalid},
		"session of another": {change: func(k *kit, a access.Actor) { k.set(&model.LoginSession{}, a.SessionID, map[string]any{"user_id": 1}) }, want: account.ErrTokenInvalid},
		"session at its end": {change: func(k *kit, a access.Actor) {
			k.set(&model.LoginSession{}, a.SessionID, map[string]any{"ends_at": k.Clock.Now()})
		}, want: account.ErrTokenExpired},
		"token at its end": {change: func(k *kit, _ access.Actor) { k.Clock.Add(account.AccessLife + 31*time.Second) }, want: account.ErrTokenExpired},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.Staff("陈干事", access.CommitteeOfficer, k.Department)
			token := k.login("陈干事").AccessToken
			a := k.who(token)
			if len(a.Grants) != 1 {
				t.Fatalf("%+v", a)
			}
			c.change(k, a)
			after, err := k.Authenticate(t.Context(), token)
			if !errors.Is(err, c.want) || len(after.Grants) != 0 {
				t.Fatal(after, err)
			}
			if c.want == nil && after.UserID != a.UserID {
				t.Fatal("only the role was to go")
			}
		})
	}
}

// TestARoleGivenByAClockThatIsAheadCountsAtOnce: the replica that gave it may be ahead of the one that is asked next.
func TestARoleGivenByAClockThatIsAheadCountsAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Staff("陈干事", access.CommitteeOfficer, k.Department)
	token := k.login("陈干事").AccessToken
	k.changeGrant(k.who(token), map[string]any{"from_at": k.Clock.Now().Add(access.Skew)})
	a := k.who(token)
	me, err := k.Me(t.Context(), a)
	if err != nil || len(a.Grants) != 1 || len(me.Roles) != 1 {
		t.Errorf("%+v, %+v, %v", a.Grants, me.Roles, err)
	}
}

func (k *kit) changeGrant(a access.Actor, set map[string]any) {
	k.TB.Helper()
	err := k.World.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.RoleGrant{}).Where("user_id = ?", a.UserID).Updates(set).Error
	})
	if err != nil {
		k.TB.Fatal(err)
	}
}

func TestAMovedOrganisationMovesItsGrants(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Staff("陈干事", access.CommitteeOfficer, k.Department)
	token := k.login("陈干事").AccessToken
	k.set(&model.Org{}, k.Department.ID, map[string]any{"path": "/77/"})
	if a := k.who(token); a.Grants[0].OrgPath != "/77/" {
		t.Fatalf("%+v", a)
	}
}

func TestSystemRolesHaveNoOrganisation(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Staff("沈安全", access.SecurityAdmin, model.Org{})
	a := k.enter("沈安全")
	if len(a.Grants) != 1 || a.Grants[0].Column != access.SEC || !a.Has(access.UserBan) {
		t.Fatalf("%+v", a)
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	k := newKit(b)
	staff := k.Staff("陈干事", access.CommitteeOfficer, k.Department)
	k.Grant(staff, access.BranchSecretary, k.Branch)
	token := k.login("陈干事").AccessToken
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticateForged(b *testing.B) {
	k := newKit(b)
	token := k.login("小李").AccessToken
	token = token[:len(token)-2] + "AA"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Authenticate(b.Context(), token); err == nil {
			b.Fatal("accepted")
		}
	}
}

// While the database is away nobody is told that their token is bad: they would throw it away.
func TestAnOutageSpoilsNoToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	person, client := k.login("小李").AccessToken, k.clientToken(k.issue(k.City, "stats.read"))
	k.who(person)
	k.who(client)
	if err := database.Close(k.World.DB); err != nil {
		t.Fatal(err)
	}
	k.refused(person, fault.ErrBusy)
	k.refused(client, fault.ErrBusy)
}
