package wechat

import (
	"context"
	"errors"
	"net/url"
	"time"

	"baodao/service/fault"
)

// Refusals of Login; see also ErrUnavailable.
var (
	ErrCodeInvalid = fault.Define(fault.Invalid, "wechat.code_invalid", "登录码无效或已被使用，请重新进入小程序。", "The WeChat code is invalid, expired or already used; get a new one.")
	ErrRiskyUser   = fault.Define(fault.Forbidden, "wechat.user_blocked", "微信安全系统拒绝了这次登录，请稍后用常用设备再试。", "WeChat blocks this user as high-risk.")
	ErrBusy        = fault.Define(fault.RateLimited, "wechat.too_many_logins", "登录太频繁了，请一分钟后再试。", "Too many logins of this user; wait a minute.")
)

// session is the answer of code2session that we read. The session key is in the answer too and is left there.
type session struct {
	OpenID  string `json:"openid"`
	UnionID string `json:"unionid"`
}

// Login exchanges the code of wx.login for the person's ids in this mini-program. UnionID is empty unless the
// mini-program is bound to an Open Platform account. It takes at most 3 s. A code works once: after any error the
// front end asks for a new one. Errors: ErrCodeInvalid, ErrRiskyUser, ErrBusy, ErrUnavailable.
func (g *Gateway) Login(ctx context.Context, code string) (openID, unionID string, err error) {
	defer g.watch(opLogin)(&err)
	if !wellFormed(code, 8, 128) {
		return "", "", ErrCodeInvalid.Because(invalid(opLogin, "code", "the code is malformed"))
	}
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	raw, err := g.get(ctx, pathLogin, url.Values{
		"appid":      {g.appID},
		"secret":     {g.secret},
		"js_code":    {code},
		"grant_type": {"authorization_code"},
	})
	if err != nil {
		return "", "", g.loginFault(unknown(opLogin, err))
	}
	var s session
	if _, err := g.decode(opLogin, raw, &s); err != nil {
		return "", "", g.loginFault(err)
	}
	if !wellFormed(s.OpenID, 20, 64) || s.UnionID != "" && !wellFormed(s.UnionID, 20, 64) {
		return "", "", g.loginFault(unknown(opLogin, errors.New("the answer holds no usable openid")))
	}
	return s.OpenID, s.UnionID, nil
}

// loginFault is what the person at the phone is told about a failed login.
func (g *Gateway) loginFault(err error) error {
	var f *Failure
	if !errors.As(err, &f) {
		return g.unavailable(err)
	}
	switch f.Code {
	case 40029, 40163:
		return ErrCodeInvalid.Because(f)
	case 40226:
		return ErrRiskyUser.Because(f)
	case 45011:
		return ErrBusy.After(time.Minute).Because(f)
	}
	return g.unavailable(err)
}
