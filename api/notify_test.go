package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

// tell puts one notification into people's inboxes.
func tell(t *testing.T, a *apitest.API, fact string, users ...int64) {
	t.Helper()
	err := a.DB.Transaction(func(tx *gorm.DB) error {
		return a.Built.Notify.Enqueue(tx, notify.Event{
			Kind: notify.SignupConfirmed, UserIDs: users, Fact: []string{fact}, Object: "activities", ObjectID: 42,
			Data: map[string]notify.Words{"activity": notify.Own("河道清洁"), "time": notify.Own("10月18日 09:00"), "place": notify.Own("戊社区")},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheInboxOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	li, wang := access.Actor{UserID: a.User("李").ID}, access.Actor{UserID: a.User("王").ID}
	for i := range 3 {
		tell(t, a, fmt.Sprint("v", i), li.UserID)
	}
	list := a.Do(li, "GET /me/notifications?limit=2", nil).Status(200)
	if list.Get("data.0.title") != "报名成功" || list.Get("data.0.body") != "您已报上“河道清洁”：10月18日 09:00，戊社区。" ||
		list.Get("data.0.object") != "activities" || list.Get("data.0.object_id") != "42" || list.Get("has_more") != "true" {
		t.Fatalf("%s", list.Body)
	}
	rest := a.Do(li, "GET /me/notifications?limit=2&cursor="+list.Get("next_cursor"), nil, apitest.Header("Accept-Language", "en")).Status(200)
	if rest.Get("data.0.title") != "You are in" || rest.Get("has_more") != "false" {
		t.Fatalf("%s", rest.Body)
	}
	one := "POST /me/notifications/" + rest.Get("data.0.id") + "/read"
	a.Refused(wang, one, nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, one, nil, 401, "auth.required")
	if got := a.Do(li, one, nil).Status(200).Get("read_at"); got == "" {
		t.Error("not read")
	}
	if got := a.Do(li, "GET /me/notifications/unread-count", nil).Status(200); got.Get("unread") != "2" || got.Get("more") != "false" {
		t.Errorf("%s", got.Body)
	}
	a.Do(li, "POST /me/notifications/read-all", nil).Status(204)
	if got := a.Do(li, "GET /me/notifications?unread=true", nil).Status(200); strings.TrimSpace(string(got.Body)) != `{"data":[],"has_more":false}` {
		t.Errorf("%s", got.Body)
	}
	a.Refused(apitest.Nobody, "GET /me/notifications", nil, 401, "auth.required")
	a.Refused(li, "GET /me/notifications?cursor=x", nil, 400, "page.cursor_invalid")
}

func TestNotificationPreferencesOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	li := access.Actor{UserID: a.User("李").ID}
	a.Insert(&model.NoticeTemplate{AppID: apitest.AppID, Kind: string(notify.PairingProposed), TemplateID: "T1", Fields: map[string]string{}, UpdatedAt: a.Clock.Now()})
	got := a.Do(li, "GET /me/notification-preferences", nil).Status(200)
	if got.Get("kinds.0.kind") != "PAIRING_PROPOSED" || got.Get("kinds.0.wechat") != "true" || got.Get("kinds.0.template_id") != "T1" {
		t.Fatalf("%s", got.Body)
	}
	const path = "PUT /me/notification-preferences"
	off := m{"kinds": []m{{"kind": "PAIRING_PROPOSED", "wechat": false}}}
	if got := a.Do(li, path, off).Status(200); got.Get("kinds.0.wechat") != "false" || got.Get("kinds.1.wechat") != "true" {
		t.Fatalf("%s", got.Body)
	}
	off["kinds"] = []m{{"kind": "PAIRING_PROPOSED", "wechat": true}, {"kind": "CASE_SELECTED", "wechat": false}}
	a.Do(li, path, off).Status(200)
	kinds := notify.Wordings()
	at := slices.IndexFunc(kinds, func(w notify.Wording) bool { return w.Kind == notify.CaseSelected })
	if got := a.Do(li, "GET /me/notification-preferences", nil).Status(200); got.Get("kinds.0.wechat") != "true" || got.Get(fmt.Sprintf("kinds.%d.wechat", at)) != "false" {
		t.Errorf("%s", got.Body)
	}
	a.Refused(li, path, m{"kinds": []m{{"kind": "NO_SUCH", "wechat": true}}}, 422, "notification.kind_unknown")
	a.Refused(li, path, m{"kinds": []m{}}, 422, "request.invalid")
	a.Refused(apitest.Nobody, path, off, 401, "auth.required")
}
