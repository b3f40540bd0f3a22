package account_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/fault"
	"baodao/service/vault"
)

func TestLoginMakesOneAccountForAPerson(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.login("小李")
	again := k.login("小李")
	other := k.login("小王")
	if first.User.ID != again.User.ID || first.User.ID == other.User.ID {
		t.Fatal("one openid must be one account", first.User.ID, again.User.ID, other.User.ID)
	}
	if first.RefreshToken == again.RefreshToken {
		t.Fatal("each login is a session of its own")
	}
	if k.audited("auth.register") != 2 || k.audited("auth.login") != 3 {
		t.Fatal("register and login must be audited")
	}
	if got, want := first.AccessExpiresAt.Sub(k.Clock.Now()), account.AccessLife; got != want {
		t.Fatal("access token lives", got)
	}
	if got, want := first.RefreshExpiresAt.Sub(k.Clock.Now()), account.RefreshLife; got != want {
		t.Fatal("refresh token lives", got)
	}
	a := k.who(first.AccessToken)
	if a.UserID != first.User.ID || !a.LoggedInAt.Equal(k.Clock.Now()) || a.StudentID != 0 || len(a.Grants) != 0 {
		t.Fatalf("%+v", a)
	}
}

func TestLoginStoresIDsUnreadable(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	openID, unionID := openIDOf("xiaoli"), "union-of-xiaoli-0000000"
	k.WX.unions["xiaoli"] = unionID
	k.login("xiaoli")
	var u model.User
	if err := k.World.DB.First(&u).Error; err != nil {
		t.Fatal(err)
	}
	for _, column := range [][]byte{u.OpenIDEnc, u.OpenIDIdx, u.UnionIDEnc, u.UnionIDIdx} {
		if len(column) < 32 || bytes.Contains(column, []byte("xiaoli")) {
			t.Fatalf("readable: %q", column)
		}
	}
	person, err := k.World.Vault.Person(k.World.DB, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := person.Open(vault.OpenID, u.ID, u.OpenIDEnc); err != nil || got != openID {
		t.Fatal(got, err)
	}
	if got, err := person.Open(vault.UnionID, u.ID, u.UnionIDEnc); err != nil || got != unionID {
		t.Fatal(got, err)
	}
}

func TestLoginStoresTheUnionIDWhenItAppears(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.login("小李")
	if k.count(&model.User{}, "unionid_idx IS NOT NULL") != 0 {
		t.Fatal("unionid from nowhere")
	}
	k.WX.unions["小李"] = "union-of-xiaoli-0000000"
	u := k.login("小李").User
	if k.count(&model.User{}, "id = ? AND unionid_idx = ?", u.ID, k.World.Vault.Index(vault.UnionID, "union-of-xiaoli-0000000")) != 1 {
		t.Fatal("unionid not stored")
	}
	if k.login("小李").User.Version != 1 {
		t.Fatal("the person's version must not move by itself")
	}
}

func TestLoginIsRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []string{model.UserSuspended, model.UserClosed} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			u := k.login("小李").User
			k.set(&model.User{}, u.ID, map[string]any{"status": status})
			k.unchanged(account.ErrSuspended, func() error { _, err := k.Login(t.Context(), "小李", ""); return err })
		})
	}
	t.Run("by WeChat", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		k.WX.err = fault.ErrBusy
		k.unchanged(fault.ErrBusy, func() error { _, err := k.Login(t.Context(), "小李", ""); return err })
	})
}

func TestParallelFirstLoginsMakeOneAccount(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const n = 20
	users := make([]int64, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			out, err := k.Login(t.Context(), "小李", "")
			if err != nil {
				t.Error(err)
			}
			users[i] = out.User.ID
		})
	}
	wg.Wait()
	for _, u := range users {
		if u != users[0] {
			t.Fatal("two accounts for one person", users)
		}
	}
	if k.count(&model.User{}) != 1 || k.count(&model.PersonKey{}) != 1 || k.audited("auth.register") != 1 {
		t.Fatal("leftovers of a lost race")
	}
	if live := k.count(&model.LoginSession{}, "revoked_at IS NULL"); live != account.MaxSessions {
		t.Fatal("live sessions", live)
	}
}

func TestTheSixthLoginEndsTheOldest(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var all []account.Tokens
	for range account.MaxSessions + 1 {
		all = append(all, k.login("小李"))
		k.Clock.Add(time.Minute)
	}
	k.refused(all[0].AccessToken, account.ErrTokenInvalid)
	for _, tokens := range all[1:] {
		k.who(tokens.AccessToken)
	}
	if k.count(&model.LoginSession{}, "revoked_why = ?", "ROTATION") != 1 {
		t.Fatal("exactly one session ends")
	}
	var e model.AuditEntry
	if err := k.World.DB.Where("action = ?", "auth.login").Order("id DESC").First(&e).Error; err != nil || !strings.Contains(e.Data, "ended_sessions") || e.RequestID != "req-1" {
		t.Fatal(e, err)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	here, there := k.login("小李"), k.login("小李")
	other := k.login("小王")
	if err := k.Logout(t.Context(), k.who(here.AccessToken)); err != nil {
		t.Fatal(err)
	}
	k.refused(here.AccessToken, account.ErrTokenInvalid)
	if _, err := k.Refresh(t.Context(), here.RefreshToken, ""); !errors.Is(err, account.ErrTokenInvalid) {
		t.Fatal(err)
	}
	third := k.login("小李")
	if err := k.LogoutAll(t.Context(), k.who(there.AccessToken)); err != nil {
		t.Fatal(err)
	}
	k.refused(there.AccessToken, account.ErrTokenInvalid)
	k.refused(third.AccessToken, account.ErrTokenInvalid)
	k.who(other.AccessToken)
	if k.audited("auth.logout") != 1 || k.audited("auth.logout_all") != 1 {
		t.Fatal("logout must be audited")
	}
	k.unchanged(access.ErrRequired, func() error { return k.Logout(t.Context(), access.Actor{}) })
	k.unchanged(access.ErrDenied, func() error { return k.LogoutAll(t.Context(), access.Actor{ClientID: 7}) })
}
