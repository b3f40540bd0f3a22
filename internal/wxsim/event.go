package wxsim

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxQueue = 100_000

// event is one message for the app's push address.
type event struct {
	name   string
	openID string
	made   time.Time
	due    time.Time
	tries  int
	group  string           // XML element that holds the list; empty for events without one
	list   []map[string]any // the list's items
	flat   map[string]any   // members outside the list
}

// announce queues an event for delivery at due, when the app has a push address.
func (a *app) announce(e *event, due time.Time) {
	if a.Push.URL == "" {
		return
	}
	e.due = due
	if len(a.queue) >= maxQueue {
		a.queue = slices.Clone(a.queue[maxQueue/10:])
	}
	a.queue = append(a.queue, e)
}

func popupEvent(openID string, templates []string, result string, now time.Time) *event {
	e := &event{name: "subscribe_msg_popup_event", openID: openID, made: now, group: "SubscribeMsgPopupEvent"}
	for _, id := range templates {
		e.list = append(e.list, map[string]any{"TemplateId": id, "SubscribeStatusString": result, "PopupScene": "0"})
	}
	return e
}

func changeEvent(openID string, templates []string, now time.Time) *event {
	e := &event{name: "subscribe_msg_change_event", openID: openID, made: now, group: "SubscribeMsgChangeEvent"}
	for _, id := range templates {
		e.list = append(e.list, map[string]any{"TemplateId": id, "SubscribeStatusString": "reject"})
	}
	return e
}

func sentEvent(m sentMessage) *event {
	return &event{
		name: "subscribe_msg_sent_event", openID: m.OpenID, made: m.At, group: "SubscribeMsgSentEvent",
		list: []map[string]any{{
			"TemplateId": m.Template, "MsgID": strconv.FormatInt(m.MsgID, 10), "ErrorCode": "0", "ErrorStatus": "success",
		}},
	}
}

// mediaEvent is the result of an examination.
func (a *app) mediaEvent(trace, suggest string, label, errcode int) *event {
	return &event{
		name: "wxa_media_check", openID: a.jobs[trace].OpenID,
		flat: map[string]any{
			"appid": a.AppID, "trace_id": trace, "version": 2, "errcode": errcode, "errmsg": "ok",
			"result": map[string]any{"suggest": suggest, "label": a.label(label)},
			"detail": []map[string]any{{
				"strategy": "content_model", "errcode": errcode, "suggest": suggest, "label": a.label(label), "prob": 90,
			}},
		},
	}
}

// label is a label as the app's push shape wants it.
func (a *app) label(n int) any {
	if a.Push.StringNumbers {
		return strconv.Itoa(n)
	}
	return n
}

// members returns the event's content, common to both formats except for the list.
func (e *event) members(p Push) map[string]any {
	m := maps.Clone(e.flat)
	if m == nil {
		m = map[string]any{}
	}
	m["ToUserName"], m["FromUserName"], m["MsgType"], m["Event"] = "gh_simulated", e.openID, "event", e.name
	m["CreateTime"] = e.made.Unix()
	if p.StringNumbers {
		m["CreateTime"] = strconv.FormatInt(e.made.Unix(), 10)
	}
	return m
}

// render returns the event as the plain body of a push.
func (e *event) render(p Push) ([]byte, error) {
	m := e.members(p)
	if p.XML {
		if e.group != "" {
			m[e.group] = map[string]any{"List": e.list}
		}
		var b strings.Builder
		b.WriteString("<xml>")
		writeXML(&b, m)
		b.WriteString("</xml>")
		return []byte(b.String()), nil
	}
	if len(e.list) == 1 { // one item comes as an object
		m["List"] = e.list[0]
	} else if len(e.list) > 1 {
		m["List"] = e.list
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("render event: %w", err)
	}
	return raw, nil
}

// writeXML writes the members as elements, in the order of their names; lists repeat the element.
func writeXML(b *strings.Builder, m map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch v := m[name].(type) {
		case []map[string]any:
			for _, item := range v {
				b.WriteString("<" + name + ">")
				writeXML(b, item)
				b.WriteString("</" + name + ">")
			}
		case map[string]any:
			b.WriteString("<" + name + ">")
			writeXML(b, v)
			b.WriteString("</" + name + ">")
		default:
			b.WriteString("<" + name + ">")
			_ = xml.EscapeText(b, []byte(fmt.Sprint(v))) // a Builder never fails
			b.WriteString("</" + name + ">")
		}
	}
}
