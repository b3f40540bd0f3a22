package wxsim

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
)

// phoneNumber is POST /wxa/business/getuserphonenumber. Phone codes are other codes than login codes, but follow
// the same rules; a code of another person than the given openid is refused.
func (a *app) phoneNumber(c *call) answer {
	var in struct {
		Code   string `json:"code"`
		OpenID string `json:"openid"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return c.fail(47001, "data format error")
	}
	code := a.phones.find(in.Code, c.now)
	switch {
	case code == nil, c.now.Sub(code.minted) >= codeLife, in.OpenID != "" && in.OpenID != a.openID(code.user):
		return c.fail(40029, "invalid code,")
	case code.used:
		return c.fail(40163, "code been used,")
	}
	code.used = true
	if a.phones.byValue[in.Code] == nil {
		a.phones.add(code)
	}
	pure := phoneOf(code.user)
	return ok(map[string]any{
		"errcode": 0, "errmsg": "ok",
		"phone_info": map[string]any{
			"phoneNumber": pure, "purePhoneNumber": pure, "countryCode": "86",
			"watermark": map[string]any{"timestamp": c.now.Unix(), "appid": a.AppID},
		},
	})
}

// phoneOf invents a person's number in a range that is never given out.
func phoneOf(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf("1380000%04d", h.Sum32()%10_000)
}
