package account_test

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
)

func (k *kit) bootstrapCode() string {
	k.TB.Helper()
	code, err := k.NewBootstrapCode(k.TB.Context())
	if err != nil {
		k.TB.Fatal(err)
	}
	return code
}

func TestBootstrapMakesTheFirstSecurityAdministrator(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	code := k.bootstrapCode()
	if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{2}$`).MatchString(code) {
		t.Fatal(code)
	}
	if k.stored(code) || k.stored(strings.ReplaceAll(code, "-", "")) {
		t.Fatal("the code is stored")
	}
	tokens := k.login("沈安全")
	sloppy := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(code, "-", " "), "0", "o"), "1", "l"))
	grant, err := k.RedeemBootstrap(t.Context(), k.who(tokens.AccessToken), sloppy)
	if err != nil || grant.Role != "SECURITY_ADMIN" || grant.OrgID != 0 {
		t.Fatal(grant, err)
	}
	a := k.who(tokens.AccessToken)
	if !a.Has(access.UserBan) || k.audited("bootstrap.code") != 1 || k.audited("bootstrap.redeem") != 1 {
		t.Fatalf("%+v", a)
	}
	k.unchanged(account.ErrBootstrapDone, func() error { _, err := k.NewBootstrapCode(t.Context()); return err })
	k.unchanged(account.ErrBootstrapCode, func() error { _, err := k.RedeemBootstrap(t.Context(), access.Actor{UserID: 99}, code); return err })
}

func TestBootstrapIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		by   access.Actor
		code func(k *kit, code string) string
		want error
	}{
		"nobody":          {access.Actor{}, func(_ *kit, c string) string { return c }, access.ErrRequired},
		"an API client":   {access.Actor{ClientID: 7}, func(_ *kit, c string) string { return c }, access.ErrDenied},
		"a wrong code":    {access.Actor{UserID: 9}, func(_ *kit, c string) string { return "Z" + c[1:] + "Z" }, account.ErrBootstrapCode},
		"no code":         {access.Actor{UserID: 9}, func(*kit, string) string { return "" }, account.ErrBootstrapCode},
		"an expired code": {access.Actor{UserID: 9}, func(k *kit, c string) string { k.Clock.Add(account.BootstrapLife); return c }, account.ErrBootstrapCode},
		"an older code":   {access.Actor{UserID: 9}, func(k *kit, c string) string { k.bootstrapCode(); return c }, account.ErrBootstrapCode},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			code := c.code(k, k.bootstrapCode())
			k.unchanged(c.want, func() error { _, err := k.RedeemBootstrap(t.Context(), c.by, code); return err })
		})
	}
}

func TestBootstrapAgainWhenTheOnlyAdministratorIsGone(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(k *kit, a access.Actor){
		"revoked": func(k *kit, a access.Actor) {
			k.changeGrant(a, map[string]any{"revoked_at": k.Clock.Now(), "live": nil})
		},
		"over":   func(k *kit, a access.Actor) { k.changeGrant(a, map[string]any{"to_at": k.Clock.Now()}) },
		"closed": func(k *kit, a access.Actor) { k.set(&model.User{}, a.UserID, map[string]any{"status": "CLOSED"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			first := k.Staff("沈安全", access.SecurityAdmin, model.Org{})
			k.unchanged(account.ErrBootstrapDone, func() error { _, err := k.NewBootstrapCode(t.Context()); return err })
			gone(k, first)
			by := k.enter("新安全")
			if name == "over" {
				by = k.enter("沈安全") // the same person again: the unique index of live grants must not be in the way
			}
			if _, err := k.RedeemBootstrap(t.Context(), by, k.bootstrapCode()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestBootstrapWantsSomebodyWithoutAnotherRole(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	by := k.Staff("陈干事", access.CommitteeOfficer, k.Department)
	code := k.bootstrapCode()
	k.unchanged(account.ErrOtherRoles, func() error { _, err := k.RedeemBootstrap(t.Context(), by, code); return err })
	k.changeGrant(by, map[string]any{"to_at": k.Clock.Now()})
	if _, err := k.RedeemBootstrap(t.Context(), by, code); err != nil {
		t.Fatal("a role that is over must not be in the way", err)
	}
}

func TestParallelRedeemersHaveOneWinner(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	code := k.bootstrapCode()
	const n = 12
	actors := make([]access.Actor, n)
	for i := range actors {
		actors[i] = k.enter("人" + string(rune('a'+i)))
	}
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for _, a := range actors {
		wg.Go(func() {
			_, err := k.RedeemBootstrap(t.Context(), a, code)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, account.ErrBootstrapCode) && !errors.Is(err, account.ErrBootstrapDone) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 || k.count(&model.RoleGrant{}, "role = ?", "SECURITY_ADMIN") != 1 || k.audited("bootstrap.redeem") != 1 {
		t.Fatal("winners", won)
	}
}
