package api_test

import "baodao/model"

// authzNotifyRules are the rules of the inbox: everybody has their own, and nobody another's.
var authzNotifyRules = []authzRule{
	{op: "listMyNotifications", by: people},
	{op: "countMyUnread", by: people},
	{op: "readNotification", on: "notification", is: "user", by: nil, but: except(0, "it is theirs", "student")},
	{op: "readAllNotifications", by: people},
	{op: "getMyNotificationPreferences", by: people},
	{op: "putMyNotificationPreferences", by: people, body: wishBody},
	{op: "reportMySubscriptions", by: people, body: subscribedBody},
	{op: "bindMyPhone", by: people, body: fieldBody("code", "tel-13900001234")},
	{op: "removeMyPhone", by: people},

	// WeChat proves itself by signing; a token helps nobody, and here no push is configured.
	{op: "checkWeChatPush", by: everybody, want: 403},
	{op: "receiveWeChatPush", by: everybody, body: pushedBody, want: 403},
}

func wishBody(*twins, *realm) any {
	return object{"kinds": []object{{"kind": "SIGNUP_CONFIRMED", "wechat": false}}}
}

func subscribedBody(*twins, *realm) any {
	return object{"answers": []object{{"template_id": "known-template", "result": "accept"}}}
}

func pushedBody(*twins, *realm) any {
	return otherMedia{content: `{"Encrypt":"AAAA"}`, contentType: "text/xml"}
}

// notices puts an entry into the inbox of the student.
func (w *twins) notices(r *realm) {
	n := model.Notification{
		ID: w.NewID(), UserID: r.ids["user student"], Kind: "SIGNUP_CONFIRMED", DedupeKey: "test " + r.mark, Data: map[string]string{"activity": r.mark}, Object: "activities",
		ObjectID: r.ids["booked activity"], ShownAt: w.Clock.Now(), CreatedAt: w.Clock.Now(),
	}
	w.Insert(&n)
	w.Insert(&model.NoticeTemplate{Kind: "SIGNUP_CONFIRMED " + r.mark, TemplateID: "known-template", Fields: map[string]string{}, UpdatedAt: w.Clock.Now()})
	r.ids["notification"] = n.ID
}
