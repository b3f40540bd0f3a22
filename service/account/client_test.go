package account_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
)

var reading = []string{"stats.read", "org.read"}

func keyOf(value string) idem.Key {
	sum := sha256.Sum256([]byte(value))
	return idem.Key{Value: value, Hash: sum[:]}
}

// issue makes a client of an organisation as an officer of the province.
func (k *kit) issue(org model.Org, scopes ...string) account.IssuedClient {
	k.TB.Helper()
	officer := k.World.Staff("省干事"+org.Name, access.CommitteeOfficer, k.Province)
	out, err := k.CreateClient(k.TB.Context(), officer, account.NewClient{OrgID: org.ID, Name: "数据看板", Scopes: scopes}, keyOf("k"+org.Name))
	if err != nil {
		k.TB.Fatal(err)
	}
	return out
}

func grantOf(c account.IssuedClient) account.ClientGrant {
	return account.ClientGrant{GrantType: "client_credentials", ClientID: strconv.FormatInt(c.ID, 10), Secret: c.Secret}
}

func (k *kit) clientToken(c account.IssuedClient) string {
	k.TB.Helper()
	out, err := k.ClientToken(k.TB.Context(), grantOf(c))
	if err != nil {
		k.TB.Fatal(err)
	}
	return out.AccessToken
}

func TestAClientActsAsItsCommitteeWithinItsScopes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, c := range []struct {
		org    model.Org
		column access.Column
	}{{k.Province, access.PRV}, {k.City, access.CIT}, {k.County, access.CTY}, {k.Town, access.TWN}, {k.University, access.UNI}, {k.Department, access.DEP}} {
		a := k.who(k.clientToken(k.issue(c.org, reading...)))
		if a.ClientID == 0 || a.UserID != 0 || len(a.Grants) != 1 || a.Grants[0].Column != c.column || a.Grants[0].OrgPath != c.org.Path {
			t.Fatalf("%s: %+v", c.org.Name, a)
		}
		if !a.Has(access.StatsRead) || a.Has(access.PairingRead) || a.Has(access.Person) || !a.Has(access.SignedIn) || a.Fresh(k.Clock.Now()) == nil {
			t.Fatalf("%s: scopes are not kept: %+v", c.org.Name, a)
		}
	}
}

func TestCreateClientIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	officer := func(org model.Org) access.Actor { return k.World.Staff("干事", access.CommitteeOfficer, org) }
	stale := officer(k.City)
	stale.LoggedInAt = k.Clock.Now().Add(-6 * time.Minute)
	closed := k.Org(k.City, model.OrgCountyCommittee, "停用县团委")
	k.set(&model.Org{}, closed.ID, map[string]any{"status": "SUSPENDED"})
	cases := map[string]struct {
		by     access.Actor
		org    int64
		scopes []string
		want   error
	}{
		"nobody":                    {access.Actor{}, k.City.ID, reading, access.ErrRequired},
		"a student":                 {k.Student("小李", k.Branch), k.City.ID, reading, access.ErrDenied},
		"a department officer":      {officer(k.Department), k.Department.ID, reading, access.ErrDenied},
		"a town officer":            {k.World.Staff("镇", access.TownOfficer, k.Town), k.Town.ID, reading, access.ErrDenied},
		"an officer from elsewhere": {officer(k.County), k.University.ID, reading, access.ErrDenied},
		"an officer of below":       {officer(k.County), k.City.ID, reading, access.ErrDenied},
		"a client":                  {access.Actor{ClientID: 7, Scopes: account.ClientScopes(), Grants: officer(k.City).Grants}, k.City.ID, reading, access.ErrDenied},
		"an old login":              {stale, k.City.ID, reading, access.ErrStepUp},
		"no such organisation":      {officer(k.City), 42, reading, fault.ErrNotFound},
		"a branch":                  {officer(k.Province), k.Branch.ID, reading, account.ErrNotCommittee},
		"a community":               {officer(k.Province), k.Community.ID, reading, account.ErrNotCommittee},
		"a suspended committee":     {officer(k.City), closed.ID, reading, fault.ErrState},
		"no scope":                  {officer(k.City), k.City.ID, nil, fault.ErrInvalid},
		"unknown scope":             {officer(k.City), k.City.ID, []string{"everything"}, fault.ErrInvalid},
		"a writing scope":           {officer(k.City), k.City.ID, []string{"org.read", "grant.write"}, fault.ErrInvalid},
		"a sensitive scope":         {officer(k.City), k.City.ID, []string{"student.read"}, fault.ErrInvalid},
		"a scope twice":             {officer(k.City), k.City.ID, []string{"org.read", "org.read"}, fault.ErrInvalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			k.unchanged(c.want, func() error {
				_, err := k.CreateClient(t.Context(), c.by, account.NewClient{OrgID: c.org, Name: "x", Scopes: c.scopes}, keyOf(name))
				return err
			})
		})
	}
	_, err := k.CreateClient(t.Context(), officer(k.City), account.NewClient{OrgID: k.City.ID, Name: "x", Scopes: []string{"a", "org.read", "b"}}, idem.Key{})
	if f, ok := errors.AsType[*fault.Fault](err); !ok || len(f.Fields) != 2 || f.Fields[1].Pointer != "/scopes/2" {
		t.Fatal("every wrong scope at once", err)
	}
	_, err = k.CreateClient(t.Context(), officer(k.City), account.NewClient{OrgID: k.City.ID, Name: "看\u202e板", Scopes: []string{"a"}}, idem.Key{})
	if f, ok := errors.AsType[*fault.Fault](err); !ok || len(f.Fields) != 2 || f.Fields[0].Pointer != "/name" || f.Fields[1].Pointer != "/scopes/0" {
		t.Fatal("a name that cannot be shown is wrong beside a wrong scope", err)
	}
}

func TestARepeatShowsTheSecretWithoutStoringIt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	officer := k.World.Staff("干事", access.CommitteeOfficer, k.City)
	in := account.NewClient{OrgID: k.City.ID, Name: "数据看板", Scopes: reading}
	first, err := k.CreateClient(t.Context(), officer, in, keyOf("k"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := k.CreateClient(t.Context(), officer, in, keyOf("k"))
	if err != nil || second.ID != first.ID || second.Secret != first.Secret || k.count(&model.APIClient{}) != 1 {
		t.Fatal(second, err)
	}
	if len(first.Secret) != 43 {
		t.Fatal("not 256 bits", first.Secret)
	}
	if k.count(&model.IdempotencyRecord{}) != 1 || k.stored(first.Secret) {
		t.Fatal("the secret is stored")
	}
	k.clientToken(second)
}

func TestClientTokenIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := k.issue(k.City, reading...)
	other := k.issue(k.County, reading...)
	cases := map[string]struct {
		change func(g *account.ClientGrant)
		want   error
	}{
		"another grant type":  {func(g *account.ClientGrant) { g.GrantType = "password" }, account.ErrGrantType},
		"no grant type":       {func(g *account.ClientGrant) { g.GrantType = "" }, account.ErrGrantType},
		"wrong secret":        {func(g *account.ClientGrant) { g.Secret = other.Secret }, account.ErrClient},
		"no secret":           {func(g *account.ClientGrant) { g.Secret = "" }, account.ErrClient},
		"the stored hash":     {func(g *account.ClientGrant) { g.Secret = hex.EncodeToString(good.SecretHash) }, account.ErrClient},
		"unknown client":      {func(g *account.ClientGrant) { g.ClientID = "42" }, account.ErrClient},
		"client not a number": {func(g *account.ClientGrant) { g.ClientID = "' OR 1=1 --" }, account.ErrClient},
		"no client":           {func(g *account.ClientGrant) { g.ClientID = "" }, account.ErrClient},
		"a scope it has not":  {func(g *account.ClientGrant) { g.Scope = "org.read pairing.read" }, account.ErrScope},
		"a scope of blanks":   {func(g *account.ClientGrant) { g.Scope = "   " }, account.ErrScope},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g := grantOf(good)
			c.change(&g)
			if _, err := k.ClientToken(t.Context(), g); !errors.Is(err, c.want) {
				t.Fatal(err)
			}
		})
	}
}

func TestAScopeNarrowsAToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	g := grantOf(k.issue(k.City, reading...))
	g.Scope = "org.read org.read"
	out, err := k.ClientToken(t.Context(), g)
	if err != nil || out.Scope != "org.read" || out.ExpiresIn != 900 {
		t.Fatal(out, err)
	}
	if a := k.who(out.AccessToken); !slices.Equal(a.Scopes, []access.Permission{access.OrgRead}) || a.Has(access.StatsRead) {
		t.Fatalf("%+v", a)
	}
}

func TestClientTokensDieAtOnce(t *testing.T) {
	t.Parallel()
	cases := map[string]func(k *kit, officer access.Actor, c account.IssuedClient) error{
		"rotated": func(k *kit, o access.Actor, c account.IssuedClient) error {
			_, err := k.RotateClient(k.TB.Context(), o, c.ID)
			return err
		},
		"revoked": func(k *kit, o access.Actor, c account.IssuedClient) error {
			_, err := k.RevokeClient(k.TB.Context(), o, c.ID)
			return err
		},
		"organisation stopped": func(k *kit, _ access.Actor, c account.IssuedClient) error {
			k.set(&model.Org{}, c.OrgID, map[string]any{"status": "SUSPENDED"})
			return nil
		},
	}
	for name, end := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			officer := k.World.Staff("干事", access.CommitteeOfficer, k.Province)
			c := k.issue(k.City, reading...)
			token := k.clientToken(c)
			k.who(token)
			if err := end(k, officer, c); err != nil {
				t.Fatal(err)
			}
			k.refused(token, account.ErrTokenInvalid)
			if _, err := k.ClientToken(t.Context(), grantOf(c)); !errors.Is(err, account.ErrClient) {
				t.Fatal("the old secret must be dead", err)
			}
		})
	}
}

func TestRotateGivesANewSecret(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	officer := k.World.Staff("干事", access.CommitteeOfficer, k.Province)
	c := k.issue(k.City, reading...)
	next, err := k.RotateClient(t.Context(), officer, c.ID)
	if err != nil || next.Secret == c.Secret || next.Version != 2 {
		t.Fatal(next, err)
	}
	k.who(k.clientToken(next))
	if _, err := k.RevokeClient(t.Context(), officer, c.ID); err != nil {
		t.Fatal(err)
	}
	k.unchanged(fault.ErrState, func() error { _, err := k.RevokeClient(t.Context(), officer, c.ID); return err })
	k.unchanged(fault.ErrState, func() error { _, err := k.RotateClient(t.Context(), officer, c.ID); return err })
	if k.audited("api_client.create") != 1 || k.audited("api_client.rotate") != 1 || k.audited("api_client.revoke") != 1 {
		t.Fatal("not audited")
	}
}

func TestForeignClientsAreOutOfSight(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	c := k.issue(k.City, reading...)
	stranger := k.World.Staff("县干事", access.CommitteeOfficer, k.County)
	student := k.Student("小李", k.Branch)
	stale := k.World.Staff("市干事", access.CommitteeOfficer, k.City)
	stale.LoggedInAt = k.Clock.Now().Add(-6 * time.Minute)
	k.unchanged(fault.ErrNotFound, func() error { _, err := k.RotateClient(t.Context(), stranger, c.ID); return err })
	k.unchanged(fault.ErrNotFound, func() error { _, err := k.RevokeClient(t.Context(), stranger, c.ID); return err })
	k.unchanged(fault.ErrNotFound, func() error { _, err := k.RevokeClient(t.Context(), stranger, 42); return err })
	k.unchanged(access.ErrStepUp, func() error { _, err := k.RevokeClient(t.Context(), stale, c.ID); return err })
	k.unchanged(access.ErrDenied, func() error { _, err := k.RevokeClient(t.Context(), student, c.ID); return err })
}

func TestListClients(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	officer := k.World.Staff("市干事", access.CommitteeOfficer, k.City)
	var made []int64
	for i := range 5 {
		c, err := k.CreateClient(t.Context(), officer, account.NewClient{OrgID: k.City.ID, Name: "x", Scopes: reading}, keyOf(strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		made = append([]int64{c.ID}, made...)
	}
	k.issue(k.County, reading...)
	var seen []int64
	req := page.Request{Limit: 2}
	for {
		out, err := k.ListClients(t.Context(), officer, k.City.ID, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range out.Items {
			seen = append(seen, c.ID)
		}
		if req.Cursor = out.Next; out.Next == "" {
			break
		}
	}
	if !slices.Equal(seen, made) {
		t.Fatal(seen, made)
	}
	for want, by := range map[error]access.Actor{
		access.ErrDenied: k.World.Staff("县干事", access.CommitteeOfficer, k.County), access.ErrRequired: {},
	} {
		if _, err := k.ListClients(t.Context(), by, k.City.ID, page.Request{}); !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	if _, err := k.ListClients(t.Context(), officer, k.City.ID, page.Request{Cursor: "x"}); !errors.Is(err, fault.ErrCursor) {
		t.Fatal(err)
	}
}

func TestNoClientScopeWritesOrNamesPeople(t *testing.T) {
	t.Parallel()
	for _, p := range account.ClientScopes() {
		if !slices.Contains(access.Permissions(), p) || strings.HasSuffix(string(p), ".write") {
			t.Error(p)
		}
	}
}

func TestATokenOfADeletedClient(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	c := k.issue(k.City, reading...)
	token := k.clientToken(c)
	err := k.World.DB.Transaction(func(tx *gorm.DB) error { return tx.Where("id = ?", c.ID).Delete(&model.APIClient{}).Error })
	if err != nil {
		t.Fatal(err)
	}
	k.refused(token, account.ErrTokenInvalid)
}
