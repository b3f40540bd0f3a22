package wxsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The calls in this file play the person at the phone, and WeChat's examiners.

// adminUser makes or changes a person.
func (s *Simulator) adminUser(in adminIn) (any, error) {
	return s.withUser(in, func(_ *app, u *user, _ time.Time) (any, error) {
		if in.UnionID != nil {
			u.UnionID = *in.UnionID
		}
		if in.Risky != nil {
			u.Risky = *in.Risky
		}
		return map[string]any{"openid": u.OpenID, "unionid": u.UnionID, "risky": u.Risky, "phone": phoneOf(u.Name)}, nil
	})
}

// adminLoginCode mints a login code for a person, as wx.login would.
func (s *Simulator) adminLoginCode(in adminIn) (any, error) { return s.mintCode(in, "login") }

// adminPhoneCode mints a phone code, as the phone button would.
func (s *Simulator) adminPhoneCode(in adminIn) (any, error) { return s.mintCode(in, "phone") }

func (s *Simulator) mintCode(in adminIn, use string) (any, error) {
	return s.withUser(in, func(a *app, u *user, now time.Time) (any, error) {
		a.serial++
		book := a.codes
		if use == "phone" {
			book = a.phones
		}
		value := "0" + digest(use, a.Secret, u.Name, strconv.Itoa(a.serial))[:31]
		book.add(&code{value: value, user: u.Name, minted: now})
		return map[string]string{"code": value, "openid": u.OpenID}, nil
	})
}

// adminSubscribe is a person's answer to the subscription dialog for one or more templates. With silent no event is
// pushed, as may be the case when "always keep" suppresses the dialog.
func (s *Simulator) adminSubscribe(in adminIn) (any, error) {
	if in.Template != "" {
		in.Templates = append(in.Templates, in.Template)
	}
	if in.Result != "accept" && in.Result != "reject" || len(in.Templates) == 0 {
		return nil, errors.New("subscribe needs templates and a result of accept or reject")
	}
	return s.withUser(in, func(a *app, u *user, now time.Time) (any, error) {
		balances := map[string]int{}
		for _, id := range in.Templates {
			t, known := a.template(id)
			if !known {
				return nil, fmt.Errorf("no template %q", id)
			}
			g := a.grants[grantKey{u.OpenID, id}]
			if g == nil {
				g = &grant{}
				a.grants[grantKey{u.OpenID, id}] = g
			}
			g.Accepted = in.Result == "accept"
			if g.Accepted && !t.LongTerm {
				g.Balance++
			}
			balances[id] = g.Balance
		}
		if !in.Silent {
			a.announce(popupEvent(u.OpenID, in.Templates, in.Result, now), now)
		}
		return map[string]any{"openid": u.OpenID, "balances": balances}, nil
	})
}

// adminMute is a person switching the app's notices off in the settings, or on again. Only off is pushed.
func (s *Simulator) adminMute(in adminIn) (any, error) {
	return s.withUser(in, func(a *app, u *user, now time.Time) (any, error) {
		u.Muted = in.On == nil || *in.On
		var templates []string
		for _, t := range a.Templates {
			if a.grants[grantKey{u.OpenID, t.ID}] != nil {
				templates = append(templates, t.ID)
			}
		}
		if u.Muted && len(templates) > 0 {
			a.announce(changeEvent(u.OpenID, templates, now), now)
		}
		return map[string]any{"openid": u.OpenID, "muted": u.Muted}, nil
	})
}

// adminMediaResult ends the examination of a picture or sound.
func (s *Simulator) adminMediaResult(in adminIn) (any, error) {
	now := s.now()
	a, err := s.pickApp(in.AppID)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.jobs[in.TraceID]; !known {
		return nil, fmt.Errorf("no examination %q", in.TraceID)
	}
	if in.Suggest == "" {
		in.Suggest, in.Label = suggestPass, 100
	}
	a.announce(a.mediaEvent(in.TraceID, in.Suggest, in.Label, in.ErrCode), now)
	return done(), nil
}

// adminSends lists the newest subscribe messages in the order in which they came, and what people have left.
func (s *Simulator) adminSends(in adminIn) (any, error) {
	const most = 1000
	return s.withApp(in.AppID, func(a *app) any {
		list := []sentMessage{}
		for _, m := range a.sends {
			if in.OpenID == "" || m.OpenID == in.OpenID {
				list = append(list, m)
			}
		}
		if len(list) > most {
			list = list[len(list)-most:]
		}
		balances := []map[string]any{}
		for k, g := range a.grants {
			if in.OpenID == "" || k.OpenID == in.OpenID {
				balances = append(balances, map[string]any{"openid": k.OpenID, "template": k.Template, "balance": g.Balance})
			}
		}
		return map[string]any{"sends": list, "sent": a.sent, "balances": balances}
	})
}

// servePush is POST /_sim/push: it delivers the due events now, spoiled as the body asks, and tells the answers.
func (s *Simulator) servePush(r *http.Request, in adminIn) (any, error) {
	return map[string]any{"statuses": s.Deliver(r.Context(), in.Tampering)}, nil
}

// servePushTarget is POST /_sim/push-target: the app's owner enters an address for the message push, which must echo the
// check, as at WeChat.
func (s *Simulator) servePushTarget(r *http.Request, in adminIn) (any, error) {
	a, err := s.pickApp(in.AppID)
	if err != nil {
		return nil, err
	}
	var want struct {
		URL           string `json:"url"`
		Token         string `json:"token"`
		AESKey        string `json:"aes_key"`
		XML           bool   `json:"xml"`
		Unencrypted   bool   `json:"unencrypted"`
		StringNumbers bool   `json:"string_numbers"`
	}
	if err := json.Unmarshal(in.raw, &want); err != nil {
		return nil, fmt.Errorf("read push target: %w", err)
	}
	to := Push{URL: want.URL, Token: want.Token, AESKey: want.AESKey, XML: want.XML, Plain: want.Unencrypted, StringNumbers: want.StringNumbers}
	if to.URL != "" {
		if err := to.verify(r.Context(), s.now()); err != nil {
			return nil, err
		}
	}
	return done(), s.SetPush(a.AppID, to)
}
