package wechat

import (
	"fmt"
	"time"
)

// EventKind is the sort of an Event.
type EventKind int

// The sorts of Event.
const (
	EventOther        EventKind = iota // not one that we use; take it and forget it
	EventSubscribed                    // the person answered the subscription dialog; Accepted tells how
	EventUnsubscribed                  // the person switched a template off in the settings
	EventNoticeSent                    // final result of a notice; ErrorCode 0 is delivered
	EventMediaVerdict                  // result of SubmitMedia
)

// Event is one fact of a push, in one form whatever the shape it came in.
type Event struct {
	Kind        EventKind
	Name        string    // WeChat's name of the event
	OpenID      string    // whom it is about
	At          time.Time // when WeChat made it
	Key         string    // the same for repetitions of the same fact: handle each key once
	Template    string    // for the first three sorts that we use
	Accepted    bool      // for EventSubscribed
	MsgID       string    // for EventNoticeSent
	ErrorCode   int       // for EventNoticeSent and EventMediaVerdict; 0 is good
	ErrorStatus string    // for EventNoticeSent: WeChat's word for the code
	TraceID     string    // for EventMediaVerdict
	Verdict     Verdict   // for EventMediaVerdict; Review when WeChat could not judge
}

// readEvents reads the decrypted message.
func readEvents(plain []byte) ([]Event, error) {
	root, err := parseTree(plain)
	if err != nil {
		return nil, refused("message cannot be read")
	}
	base := Event{
		Name:   root.text("Event"),
		OpenID: root.text("FromUserName"),
		At:     time.Unix(root.integer("CreateTime"), 0).UTC(),
	}
	base.Key = fmt.Sprintf("%s:%s:%d", base.Name, base.OpenID, base.At.Unix())
	switch base.Name {
	case "subscribe_msg_popup_event":
		return subscriptions(base, EventSubscribed, root.list("SubscribeMsgPopupEvent")), nil
	case "subscribe_msg_change_event":
		return subscriptions(base, EventUnsubscribed, root.list("SubscribeMsgChangeEvent")), nil
	case "subscribe_msg_sent_event":
		return sentNotices(base, root.list("SubscribeMsgSentEvent")), nil
	case "wxa_media_check":
		return []Event{mediaVerdict(base, root)}, nil
	}
	return []Event{base}, nil
}

// subscriptions makes an Event of each item. An accept in a change event has no known meaning and is left out.
func subscriptions(base Event, kind EventKind, items []tree) []Event {
	var events []Event
	for _, item := range items {
		e := base
		e.Kind, e.Template, e.Accepted = kind, item.text("TemplateId"), item.text("SubscribeStatusString") == "accept"
		if e.Template == "" || kind == EventUnsubscribed && e.Accepted {
			continue
		}
		e.Key += ":" + e.Template
		events = append(events, e)
	}
	return events
}

func sentNotices(base Event, items []tree) []Event {
	var events []Event
	for _, item := range items {
		e := base
		e.Kind, e.Template, e.MsgID = EventNoticeSent, item.text("TemplateId"), item.text("MsgID")
		e.ErrorCode, e.ErrorStatus = int(item.integer("ErrorCode")), item.text("ErrorStatus")
		e.Key = fmt.Sprintf("%s:%s:%s", e.Name, e.OpenID, e.MsgID)
		events = append(events, e)
	}
	return events
}

func mediaVerdict(base Event, root tree) Event {
	e := base
	e.Kind, e.TraceID = EventMediaVerdict, root.text("trace_id")
	e.ErrorCode = int(root.integer("errcode") + root.integer("errCode"))
	e.Key = e.Name + ":" + e.TraceID
	result := root.child("result")
	e.Verdict = Verdict{Suggest: known(Suggestion(result.text("suggest"))), Label: int(result.integer("label")), TraceID: e.TraceID}
	if e.ErrorCode != 0 {
		e.Verdict.Suggest = Review
	}
	return e
}
