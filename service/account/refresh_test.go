package account_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/account"
)

func (k *kit) refresh(token string) account.Tokens {
	k.TB.Helper()
	out, err := k.Refresh(k.TB.Context(), token, "req-2")
	if err != nil {
		k.TB.Fatal(err)
	}
	return out
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.login("小李")
	k.Clock.Add(10 * time.Minute)
	second := k.refresh(first.RefreshToken)
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken || second.User.ID != first.User.ID {
		t.Fatal("a refresh must give a new pair for the same person")
	}
	if a := k.who(second.AccessToken); !a.LoggedInAt.Equal(k.Clock.Now().Add(-10 * time.Minute)) {
		t.Fatal("a refresh proves nothing about the person: the login stays as old as it is", a.LoggedInAt)
	}
	if !second.RefreshExpiresAt.Equal(k.Clock.Now().Add(account.RefreshLife)) {
		t.Fatal("the end must slide", second.RefreshExpiresAt)
	}
}

func TestALostAnswerCanBeFetchedAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.login("小李")
	second := k.refresh(first.RefreshToken)
	k.Clock.Add(account.RetryWindow)
	repeat := k.refresh(first.RefreshToken)
	if repeat.RefreshToken != second.RefreshToken || !repeat.RefreshExpiresAt.Equal(second.RefreshExpiresAt) {
		t.Fatal("a repeat within the window must get the same successor")
	}
	k.who(repeat.AccessToken)
	k.refresh(second.RefreshToken) // and the session lives on
}

func TestReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	cases := map[string]func(k *kit, first account.Tokens){
		"after the window": func(k *kit, first account.Tokens) {
			k.refresh(first.RefreshToken)
			k.Clock.Add(account.RetryWindow + time.Second)
		},
		"two generations old": func(k *kit, first account.Tokens) { k.refresh(k.refresh(first.RefreshToken).RefreshToken) },
		"long after, many used up": func(k *kit, first account.Tokens) {
			x := first
			for range 5 {
				x = k.refresh(x.RefreshToken)
			}
			k.Clock.Add(time.Minute)
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			first := k.login("小李")
			bystander := k.login("小李")
			prepare(k, first)
			for range 2 {
				if _, err := k.Refresh(t.Context(), first.RefreshToken, "req-9"); !errors.Is(err, account.ErrTokenReused) {
					t.Fatal(err)
				}
			}
			k.refused(first.AccessToken, account.ErrTokenInvalid)
			k.refresh(bystander.RefreshToken)
			if k.count(&model.LoginSession{}, "revoked_why = ?", "REUSE") != 1 || k.audited("auth.token_reused") != 1 {
				t.Fatal("reuse ends one session and is audited once")
			}
		})
	}
}

func TestRefreshEnds(t *testing.T) {
	t.Parallel()
	t.Run("after a week without use", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		first := k.login("小李")
		k.Clock.Add(account.RefreshLife)
		k.unchanged(account.ErrTokenExpired, func() error { _, err := k.Refresh(t.Context(), first.RefreshToken, ""); return err })
	})
	t.Run("after thirty days of use", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		start, x := k.Clock.Now(), k.login("小李")
		for k.Clock.Now().Sub(start) < account.SessionLife-24*time.Hour {
			k.Clock.Add(24 * time.Hour)
			x = k.refresh(x.RefreshToken)
		}
		if !x.RefreshExpiresAt.Equal(start.Add(account.SessionLife)) {
			t.Fatal("the absolute end must cap the sliding one", x.RefreshExpiresAt)
		}
		k.Clock.Set(start.Add(account.SessionLife - time.Minute))
		x = k.refresh(x.RefreshToken)
		if !x.AccessExpiresAt.Equal(start.Add(account.SessionLife)) {
			t.Fatal("no access token outlives its session", x.AccessExpiresAt)
		}
		k.Clock.Set(start.Add(account.SessionLife))
		k.refused(x.AccessToken, account.ErrTokenExpired)
		k.unchanged(account.ErrTokenExpired, func() error { _, err := k.Refresh(t.Context(), x.RefreshToken, ""); return err })
	})
	t.Run("with the account", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		first := k.login("小李")
		k.set(&model.User{}, first.User.ID, map[string]any{"status": model.UserClosed})
		k.unchanged(account.ErrSuspended, func() error { _, err := k.Refresh(t.Context(), first.RefreshToken, ""); return err })
	})
}

func TestForgedRefreshTokens(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := k.login("小李")
	raw, err := base64.RawURLEncoding.DecodeString(good.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	forged := map[string]string{
		"empty": "", "short": "abc", "an access token": good.AccessToken, "not base64": strings.Repeat("!", 64), "zeros": strings.Repeat("A", 64),
		"padded": good.RefreshToken + "=", "with a newline": good.RefreshToken[:32] + "\n" + good.RefreshToken[32:], "huge": strings.Repeat("A", 1<<20),
	}
	for i := range raw {
		bad := append([]byte(nil), raw...)
		bad[i] ^= 1
		forged["byte "+string(rune('0'+i))] = base64.RawURLEncoding.EncodeToString(bad)
	}
	for name, token := range forged {
		if _, err := k.Refresh(t.Context(), token, ""); !errors.Is(err, account.ErrTokenInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	k.refused(good.RefreshToken, account.ErrTokenInvalid) // a refresh token is no access token
	k.refresh(good.RefreshToken)
}

func TestAnotherKeyMakesAnotherToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := k.login("小李")
	s := secrets()
	s.RefreshKey = s.ClientKey
	k.Keys = newKeys(t, k.Clock, s)
	k.unchanged(account.ErrTokenInvalid, func() error { _, err := k.Refresh(t.Context(), good.RefreshToken, ""); return err })
}

func TestParallelRefreshHasOneSuccessor(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.login("小李")
	const n = 50
	var mu sync.Mutex
	successors := map[string]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			out, err := k.Refresh(t.Context(), first.RefreshToken, "")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			successors[out.RefreshToken]++
		})
	}
	wg.Wait()
	if len(successors) != 1 || k.count(&model.LoginSession{}, "counter = 2 AND revoked_at IS NULL") != 1 {
		t.Fatal("successors", successors)
	}
}

func TestNoTokenLiesInTheDatabase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	x := k.login("小李")
	x2 := k.refresh(x.RefreshToken)
	for _, token := range []string{x.AccessToken, x.RefreshToken, x2.AccessToken, x2.RefreshToken} {
		if k.stored(token) {
			t.Fatal("a token is stored")
		}
	}
}
