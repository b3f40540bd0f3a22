package wechat

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"baodao/service/fault"
)

// ErrPhoneCode refuses a phone code; the person presses the phone button again.
var ErrPhoneCode = fault.Define(fault.Invalid, "wechat.phone_code_invalid", "手机号授权已失效，请重新点击授权按钮。", "The phone code is invalid, expired or already used; ask the person to press the button again.")

// Phone is a phone number that WeChat has verified.
type Phone struct {
	Number  string // as WeChat writes it: with the country code for foreign numbers
	Pure    string // without the country code
	Country string // country code, 86 for the mainland
}

// Phone exchanges the code of the phone button, which is another code than wx.login's, for the person's number. With
// openID WeChat also checks that the code belongs to this person; it may be empty. Each success may cost money.
// Errors: ErrPhoneCode, ErrUnavailable.
func (g *Gateway) Phone(ctx context.Context, code, openID string) (phone Phone, err error) {
	defer g.watch(opPhone)(&err)
	if !wellFormed(code, 8, 128) {
		return Phone{}, ErrPhoneCode.Because(invalid(opPhone, "code", "the code is malformed"))
	}
	if openID != "" && !wellFormed(openID, 20, 64) {
		return Phone{}, ErrPhoneCode.Because(invalid(opPhone, "openid", "the openid is malformed"))
	}
	in := struct {
		Code   string `json:"code"`
		OpenID string `json:"openid,omitempty"`
	}{code, openID}
	var out struct {
		Info struct {
			Number    string   `json:"phoneNumber"`
			Pure      string   `json:"purePhoneNumber"`
			Country   flexible `json:"countryCode"`
			Watermark struct {
				AppID string `json:"appid"`
			} `json:"watermark"`
		} `json:"phone_info"`
	}
	if err := g.exchange(ctx, opPhone, http.MethodPost, pathPhone, in, &out); err != nil {
		return Phone{}, g.phoneFault(err)
	}
	info := out.Info
	if info.Watermark.AppID != g.appID {
		return Phone{}, g.unavailable(unknown(opPhone, errors.New("the answer is for another app")))
	}
	if !dialable(info.Pure) || !dialable(info.Number) {
		return Phone{}, g.unavailable(unknown(opPhone, errors.New("the answer holds no usable number")))
	}
	return Phone{Number: info.Number, Pure: info.Pure, Country: string(info.Country)}, nil
}

// dialable tells whether s looks like a phone number: 5 to 20 digits, perhaps after a plus.
func dialable(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return len(digits) >= 5 && len(digits) <= 20 && strings.Trim(digits, "0123456789") == ""
}

func (g *Gateway) phoneFault(err error) error {
	var f *Failure
	if errors.As(err, &f) && (f.Code == 40029 || f.Code == 40163) {
		return ErrPhoneCode.Because(f)
	}
	return g.unavailable(err)
}
