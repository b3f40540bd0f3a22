package wxsim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

const (
	maxSends   = 200_000
	firstMsgID = 3_248_682_510_344_192_000 // above 2^53, like real ones
)

// grantKey names one person's subscription to one template.
type grantKey struct{ OpenID, Template string }

// grant is what a person allowed.
type grant struct {
	Balance  int  // messages left, for one-time templates
	Accepted bool // for long-term templates
}

// sentMessage is one subscribe message that reached the API with a good token.
type sentMessage struct {
	OpenID   string            `json:"openid"`
	Template string            `json:"template"`
	Page     string            `json:"page"`
	Fields   map[string]string `json:"fields"`
	State    string            `json:"miniprogram_state"`
	Lang     string            `json:"lang"`
	MsgID    int64             `json:"msgid,string"`
	ErrCode  int               `json:"errcode"`
	At       time.Time         `json:"at"`
}

// message is the body of /cgi-bin/message/subscribe/send.
type message struct {
	ToUser   string `json:"touser"`
	Template string `json:"template_id"`
	Page     string `json:"page"`
	State    string `json:"miniprogram_state"`
	Lang     string `json:"lang"`
	Data     map[string]struct {
		Value string `json:"value"`
	} `json:"data"`
}

// subscribeSend is POST /cgi-bin/message/subscribe/send.
func (a *app) subscribeSend(c *call) answer {
	var m message
	if json.Unmarshal(c.body, &m) != nil {
		return c.fail(47001, "data format error")
	}
	code, text := a.judge(m, c.now)
	if code == 0 {
		a.spend(m)
		a.sent++
	}
	entry := sentMessage{
		OpenID: m.ToUser, Template: m.Template, Page: m.Page, Fields: map[string]string{},
		State: m.State, Lang: m.Lang, ErrCode: code, At: c.now,
	}
	for key, v := range m.Data {
		entry.Fields[key] = v.Value
	}
	if code == 0 {
		entry.MsgID = firstMsgID + int64(a.sent)
		a.announce(sentEvent(entry), c.now.Add(time.Second))
	}
	if len(a.sends) >= maxSends {
		a.sends = slices.Clone(a.sends[maxSends/10:])
	}
	a.sends = append(a.sends, entry)
	if code != 0 {
		return c.fail(code, text)
	}
	return ok(map[string]any{"errcode": 0, "errmsg": "ok", "msgid": entry.MsgID})
}

// judge applies the checks of a message in WeChat's order; 0 is a message that may go.
func (a *app) judge(m message, now time.Time) (code int, text string) {
	u := a.users[m.ToUser]
	if u == nil {
		return 40003, "invalid openid"
	}
	t, known := a.template(m.Template)
	if !known {
		return 40037, "invalid template_id"
	}
	if m.Page != "" && !a.hasPage(m.Page) {
		return 41030, "invalid page"
	}
	for _, key := range t.keys() {
		v, given := m.Data[key]
		if !given {
			return 47003, "argument invalid! data." + key + " is missing"
		}
		if !t.accepts(key, v.Value) {
			return 47003, "argument invalid! data." + key + ".value invalid"
		}
	}
	if a.Serial {
		last, sent := a.lastSend[m.ToUser]
		a.lastSend[m.ToUser] = now
		if sent && now.Sub(last) < time.Second {
			return 43108, "concurrent sends to the same user"
		}
	}
	for _, v := range m.Data {
		if containsAny(v.Value, a.Sensitive) {
			return 45168, "sensitive content"
		}
	}
	g := a.grants[grantKey{m.ToUser, m.Template}]
	if u.Muted || g == nil || t.LongTerm && !g.Accepted || !t.LongTerm && g.Balance == 0 {
		return 43101, "user refuse to accept the msg"
	}
	return 0, ""
}

// spend uses up one acceptance of a one-time template.
func (a *app) spend(m message) {
	if t, _ := a.template(m.Template); !t.LongTerm {
		a.grants[grantKey{m.ToUser, m.Template}].Balance--
	}
}

// hasPage tells whether the released version has the page, parameters aside.
func (a *app) hasPage(page string) bool {
	path, _, _ := strings.Cut(page, "?")
	return len(a.Pages) == 0 || slices.Contains(a.Pages, path)
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return w != "" && strings.Contains(text, w) })
}
