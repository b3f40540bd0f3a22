package wechat

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// Notice is one subscribe message to one person.
type Notice struct {
	OpenID   string
	Template string            // template id
	Page     string            // page that it opens, with parameters; empty opens nothing
	Fields   map[string]string // by field key, such as thing1; Notify makes the texts fit
}

// Receipt is WeChat's acceptance of a Notice; delivery itself is told by an event.
type Receipt struct {
	MsgID       string // WeChat's message id; it is above 2^53, so never a number in JSON
	PageDropped bool   // the page is not in the released version, so the message went without it: alarm
}

// Notify sends a subscribe message. There is no idempotency key: after a Failure of KindUnknown the message may have
// been sent, and repeating blindly may send it twice. Every error is a *Failure.
func (g *Gateway) Notify(ctx context.Context, n Notice) (receipt Receipt, err error) {
	defer g.watch(opNotify)(&err)
	if !wellFormed(n.OpenID, 20, 64) || !wellFormed(n.Template, 1, 128) {
		return Receipt{}, invalid(opNotify, "", "openid or template id is malformed")
	}
	data := make(map[string]fieldValue, len(n.Fields))
	for key, value := range n.Fields {
		fitted, err := fit(key, value)
		if err != nil {
			return Receipt{}, err
		}
		data[key] = fieldValue{fitted}
	}
	receipt, err = g.send(ctx, n, data)
	var f *Failure
	if errors.As(err, &f) && f.Code == 41030 && n.Page != "" {
		page, _, _ := strings.Cut(n.Page, "?")
		g.log.Error("a notice goes without its page, which is not in the released version", "page", page, "template", n.Template)
		n.Page = ""
		receipt, err = g.send(ctx, n, data)
		receipt.PageDropped = true
	}
	if err != nil {
		return Receipt{}, err
	}
	return receipt, nil
}

type fieldValue struct {
	Value string `json:"value"`
}

func (g *Gateway) send(ctx context.Context, n Notice, data map[string]fieldValue) (Receipt, error) {
	state := "formal"
	if g.trial {
		state = "trial"
	}
	in := struct {
		ToUser   string                `json:"touser"`
		Template string                `json:"template_id"`
		Page     string                `json:"page,omitempty"`
		Data     map[string]fieldValue `json:"data"`
		State    string                `json:"miniprogram_state"`
		Lang     string                `json:"lang"`
	}{n.OpenID, n.Template, n.Page, data, state, "zh_CN"}
	var out struct {
		status

		MsgID flexible `json:"msgid"`
	}
	if err := g.exchange(ctx, opNotify, http.MethodPost, pathNotify, in, &out); err != nil {
		return Receipt{}, err
	}
	return Receipt{MsgID: string(out.MsgID)}, nil
}
