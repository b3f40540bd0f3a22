package app

import (
	"context"
	"errors"

	"baodao/internal/wechat"
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

// SubscribeEvents picks what a push tells about subscriptions and messages.
func SubscribeEvents(events []wechat.Event) []notify.SubscribeEvent {
	kinds := map[wechat.EventKind]string{
		wechat.EventSubscribed: notify.EventAnswer, wechat.EventUnsubscribed: notify.EventMute, wechat.EventNoticeSent: notify.EventSent,
	}
	var out []notify.SubscribeEvent
	for _, e := range events {
		if kind := kinds[e.Kind]; kind != "" {
			out = append(out, notify.SubscribeEvent{
				Kind: kind, Key: e.Key, OpenID: e.OpenID, Template: e.Template, Accepted: e.Accepted, MsgID: e.MsgID, ErrorCode: e.ErrorCode,
			})
		}
	}
	return out
}
