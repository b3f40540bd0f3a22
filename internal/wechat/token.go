package wechat

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/credential"
)

const (
	pathToken = "/cgi-bin/stable_token"

	tokenTimeout = 3 * time.Second
	tokenMargin  = 5 * time.Minute  // a token is not used in its last minutes …
	tokenLeast   = 10 * time.Second // … but each is used this long, or a short-lived one would mean a refresh per call
	forceGap     = 30 * time.Second // WeChat ignores a force that comes sooner
	coolBad      = time.Minute
	copyLife     = time.Second // a good token is believed so long without a look at the store
	coolFault    = 5 * time.Second
)

var errThrottledForce = errors.New("WeChat hands out a token that it refuses")

// tokens is the gateway's token source. It is what the SDK asks for the access token.
type tokens struct {
	g     *Gateway
	store TokenStore

	mu     sync.Mutex
	copy   TokenRow      // the last row seen, for when the store is down
	seen   time.Time     // when the store said so
	unsaid bool          // the copy holds a change of its version that the store could not take
	solo   *MemoryTokens // one refresh in this process when the store cannot lock
}

var _ credential.AccessTokenContextHandle = (*tokens)(nil)

// GetAccessToken is there for the SDK's interface only: every call of ours has a context.
func (t *tokens) GetAccessToken() (string, error) {
	return "", errors.New("the token source needs a context")
}

// GetAccessTokenContext returns a token that may be used now.
func (t *tokens) GetAccessTokenContext(ctx context.Context) (string, error) {
	if row, fresh := t.recent(); fresh && t.usable(row, "") {
		return row.Token, nil
	}
	row := t.load(ctx)
	if t.usable(row, "") {
		return row.Token, nil
	}
	return t.renew(ctx, "")
}

// usable tells whether the row's token may be used, given one that was just refused.
func (t *tokens) usable(row TokenRow, refused string) bool {
	return row.Token != "" && row.Token != refused && row.Token != row.Bad && t.g.now().Before(row.NotAfter)
}

// recent is the copy, and whether it was just read. A token that another replica has replaced meanwhile is refused by
// WeChat, and then the store is asked.
func (t *tokens) recent() (row TokenRow, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	age := t.g.now().Sub(t.seen)
	return t.copy, age >= 0 && age < copyLife
}

// load reads the shared row. When the store is down, or could not take this process's last change, it returns the copy.
func (t *tokens) load(ctx context.Context) TokenRow {
	row, err := t.store.Load(ctx, t.g.appID)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || t.unsaid && row.Version == t.copy.Version {
		return t.copy
	}
	t.copy, t.unsaid, t.seen = row, false, t.g.now()
	return row
}

// save writes the row that follows the one it was made from, in the store and in the copy. When another replica was
// faster, its row stands. A store that is down does not matter: the copy carries on.
func (t *tokens) save(ctx context.Context, row TokenRow) {
	row.Version++
	saved, err := t.store.Save(ctx, t.g.appID, row)
	if err == nil && !saved {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		row.Version-- // the store still has the old version
	}
	t.copy, t.unsaid = row, err != nil
}

// renew gets a token other than refused, from another replica or from WeChat. All replicas make one call.
func (t *tokens) renew(ctx context.Context, refused string) (string, error) {
	if token, err := t.peek(ctx, refused); token != "" || err != nil {
		return token, err
	}
	unlock, err := t.store.Lock(ctx, t.g.appID)
	if err != nil {
		if ctx.Err() != nil {
			return "", &Failure{Op: opToken, Kind: KindBusy, cause: context.Cause(ctx)}
		}
		if unlock, err = t.solo.Lock(ctx, t.g.appID); err != nil {
			return "", &Failure{Op: opToken, Kind: KindBusy, cause: err}
		}
	}
	defer unlock()
	if token, err := t.peek(ctx, refused); token != "" || err != nil {
		return token, err
	}
	return t.fetchInto(ctx, refused)
}

// peek looks whether the row already answers the question: with a token, or by telling everybody to wait.
func (t *tokens) peek(ctx context.Context, refused string) (string, error) {
	row := t.load(ctx)
	if t.usable(row, refused) {
		return row.Token, nil
	}
	if !t.g.now().Before(row.CoolUntil) {
		return "", nil
	}
	f := &Failure{Op: opToken, Kind: KindBusy, RetryAt: row.CoolUntil}
	switch {
	case row.CoolCode != 0:
		f = t.g.failure(opToken, row.CoolCode, "")
		if f.RetryAt.IsZero() {
			f.RetryAt = row.CoolUntil
		}
	case row.Bad != "":
		f.Kind, f.cause = KindToken, errThrottledForce
	}
	return "", f
}

// fetchInto asks WeChat and stores the result. Asked again for a token that it had handed out and then refused, WeChat
// may answer with the same one; then one forced refresh is tried, and if that changes nothing, everybody cools down.
func (t *tokens) fetchInto(ctx context.Context, refused string) (string, error) {
	row := t.load(ctx)
	token, notAfter, err := t.fetch(ctx, false)
	if err == nil && token == refused && t.g.now().Sub(row.ForcedAt) > forceGap {
		row.ForcedAt = t.g.now()
		token, notAfter, err = t.fetch(ctx, true)
	}
	if err != nil {
		t.cool(ctx, row, err)
		return "", err
	}
	row.CoolCode, row.CoolUntil = 0, time.Time{}
	if token == refused {
		row.Bad, row.CoolUntil = token, t.g.now().Add(coolBad)
		t.save(ctx, row)
		return "", &Failure{Op: opToken, Kind: KindToken, RetryAt: row.CoolUntil, cause: errThrottledForce}
	}
	row.Token, row.NotAfter, row.Bad = token, notAfter, ""
	t.save(ctx, row)
	return token, nil
}

// cool keeps everybody from asking again at once. A wait that the caller broke off is no reason to cool.
func (t *tokens) cool(ctx context.Context, row TokenRow, err error) {
	if ctx.Err() != nil {
		return
	}
	row.CoolUntil, row.CoolCode = t.g.now().Add(coolFault), 0
	var f *Failure
	if errors.As(err, &f) && f.Code != 0 {
		row.CoolCode = f.Code
		if f.Kind == KindConfig {
			row.CoolUntil = t.g.now().Add(coolBad)
		}
		if f.Kind == KindThrottled || f.Kind == KindQuota {
			row.CoolUntil = f.RetryAt
		}
	}
	t.save(ctx, row)
}

// fetch asks WeChat once. A fault here is never of unknown outcome: the operation that wanted the token was not begun.
func (t *tokens) fetch(ctx context.Context, force bool) (token string, notAfter time.Time, err error) {
	op := opToken
	if force {
		op = opTokenForced
	}
	defer t.g.watch(op)(&err)
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	asked := t.g.now()
	raw, err := t.g.post(ctx, pathToken, "", map[string]any{
		"grant_type": "client_credential", "appid": t.g.appID, "secret": t.g.secret, "force_refresh": force,
	})
	if err != nil {
		return "", time.Time{}, &Failure{Op: opToken, Kind: KindBusy, cause: err}
	}
	var out struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if _, err := t.g.decode(opToken, raw, &out); err != nil {
		return "", time.Time{}, err
	}
	if out.AccessToken == "" || len(out.AccessToken) > 2048 {
		return "", time.Time{}, &Failure{Op: opToken, Kind: KindBusy, cause: errUnreadable}
	}
	return out.AccessToken, asked.Add(life(out.ExpiresIn)), nil
}

// life is how long a token with this many seconds left is used.
func life(seconds int64) time.Duration {
	left := time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
	return max(left-tokenMargin, left/2, tokenLeast)
}
