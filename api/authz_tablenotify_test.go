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
}

func wishBody(*twins, *realm) any {
	return object{"kinds": []object{{"kind": "SIGNUP_CONFIRMED", "wechat": false}}}
}

// notices puts an entry into the inbox of the student.
func (w *twins) notices(r *realm) {
	n := model.Notification{
		ID: w.NewID(), UserID: r.ids["user student"], Kind: "SIGNUP_CONFIRMED", DedupeKey: "test " + r.mark, Data: map[string]string{"activity": r.mark}, Object: "activities",
		ObjectID: r.ids["booked activity"], ShownAt: w.Clock.Now(), CreatedAt: w.Clock.Now(),
	}
	w.Insert(&n)
	r.ids["notification"] = n.ID
}
