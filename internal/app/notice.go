package app

import (
	"context"
	"errors"
	"strings"

	"baodao/internal/wechat"
	"baodao/service/account"
	"baodao/service/notify"
)

// noticeKinds says the gateway's failures in the words of the outbox.
var noticeKinds = map[wechat.Kind]notify.FailureKind{ //nolint:gochecknoglobals // a table
	wechat.KindUnknown: notify.Unknown, wechat.KindBusy: notify.Busy, wechat.KindToken: notify.Token, wechat.KindThrottled: notify.Throttled,
	wechat.KindQuota: notify.Quota, wechat.KindGone: notify.Gone, wechat.KindRefused: notify.Refused, wechat.KindInvalid: notify.Invalid,
	wechat.KindConfig: notify.Config,
}

// noticeSender gives the outbox's messages to the gateway.
type noticeSender struct{ gateway *wechat.Gateway }

// NoticeSender makes a gateway the sender of notices.
func NoticeSender(g *wechat.Gateway) notify.Sender { return noticeSender{g} }

// Send sends one message.
func (s noticeSender) Send(ctx context.Context, m notify.Message) (string, error) {
	receipt, err := s.gateway.Notify(ctx, wechat.Notice{OpenID: m.OpenID, Template: m.Template, Page: m.Page, Fields: m.Fields})
	if err != nil {
		return "", newSendError(err)
	}
	return receipt.MsgID, nil
}

// Ready tells whether WeChat answers. A refusal is an answer.
func (s noticeSender) Ready(ctx context.Context) bool {
	_, err := s.gateway.Templates(ctx)
	f, ok := errors.AsType[*wechat.Failure](err)
	return err == nil || ok && f.Code != 0
}

func newSendError(err error) *notify.SendError {
	f, ok := errors.AsType[*wechat.Failure](err)
	if !ok {
		return &notify.SendError{Kind: notify.Unknown}
	}
	return &notify.SendError{Kind: noticeKinds[f.Kind], Code: f.Code, RID: f.RID, RetryAt: f.RetryAt}
}

// Templates makes a gateway the source of the templates that the mini-program has.
func Templates(g *wechat.Gateway) TemplateSource { return templateSource{g} }

// Phones makes a gateway the book of phone numbers.
func Phones(g *wechat.Gateway) account.PhoneBook { return phoneBook{g} }

// templateSource lists the templates of the mini-program.
type templateSource struct{ gateway *wechat.Gateway }

// Chosen are the templates that the mini-program has at WeChat.
func (s templateSource) Chosen(ctx context.Context) ([]notify.Chosen, error) {
	templates, err := s.gateway.Templates(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]notify.Chosen, len(templates))
	for i, t := range templates {
		out[i] = notify.Chosen{ID: t.ID, LongTerm: t.LongTerm}
		for _, f := range t.Fields {
			out[i].Fields = append(out[i].Fields, f.Key)
		}
	}
	return out, nil
}

// phoneBook gives phone codes to the gateway.
type phoneBook struct{ gateway *wechat.Gateway }

// PhoneOf exchanges the code of the phone button for the number with its country code.
func (p phoneBook) PhoneOf(ctx context.Context, code, openID string) (string, error) {
	phone, err := p.gateway.Phone(ctx, code, openID)
	switch {
	case err != nil:
		return "", err
	case phone.Country == "":
		return phone.Number, nil
	default:
		return "+" + strings.TrimPrefix(phone.Country, "+") + strings.TrimPrefix(phone.Pure, "+"), nil
	}
}
