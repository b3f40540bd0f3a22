package api_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
)

func TestRecommendationsOverHTTP(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	me := a.Student("甲同学", a.Branch)
	project := a.Project(a.Pair(a.Branch, a.Community), "清洁")
	place := func(mode string) (model.Activity, model.Position) {
		activity, _, position := a.Activity(project, 4, func(x *model.Activity, _ *model.Session) { x.SignupMode = mode })
		return activity, position
	}
	_, first := place(model.SignupFirstCome)
	_, matched := place(model.SignupMatched)
	get := fmt.Sprintf("GET /me/recommendations?programme_id=%d", a.Programme.ID)
	a.Refused(me, get, nil, 409, "recommend.no_location")
	if err := a.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE orgs SET lat_e6 = 36651000, lng_e6 = 117120000 WHERE id = ?", a.Branch.ID).Error
	}); err != nil {
		t.Fatal(err)
	}
	slow := a.Do(me, get, nil).Status(200)
	for path, want := range map[string]string{
		"data.0.position_id": fmt.Sprint(first.ID), "data.0.position": "志愿者", "data.0.host.name": "戊社区", "data.0.signup_mode": "FIRST_COME", "data.0.seats_left": "4",
		"data.0.chance_permille": "1000", "data.0.class": "SAFE", "data.0.paired": "true", "data.0.distance_m": "111", "data.0.score": "6461", "data.0.parts.near": "3461", "data.0.parts.time": "2000",
		"data.1.position_id": fmt.Sprint(matched.ID), "data.1.signup_mode": "MATCHED", "has_more": "false", "willingness_stated": "false", "radius_m": "10000",
		"advice.safe": "1", "advice.text": "建议至少保留 10 个志愿，其中至少 3 个“保”；本页只有 1 个“保”，可放宽距离或时段。",
	} {
		if got := slow.Get(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if strings.Contains(string(slow.Body), `"REACH"`) {
		t.Errorf("a chance is told though there was no round: %s", slow.Body)
	}
	if err := a.Built.Recommend.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if warm := a.Do(me, get, nil).Status(200); string(warm.Body) != string(slow.Body) {
		t.Errorf("the picture says %s\nthe database %s", warm.Body, slow.Body)
	}
	page := a.Do(me, get+"&limit=1", nil).Status(200)
	next := a.Do(me, get+"&limit=1&cursor="+page.Get("next_cursor"), nil).Status(200)
	if page.Get("has_more") != "true" || next.Get("data.0.position_id") != fmt.Sprint(matched.ID) || next.Get("has_more") != "false" {
		t.Errorf("%s\n%s", page.Body, next.Body)
	}
	mixed := a.Do(me, get+"&mix=true&within_m=500&category=GOVERNANCE&slots=111111,111111,111111,111111,111111,111111,111111", nil).Status(200)
	if mixed.Get("data.1.position_id") != fmt.Sprint(matched.ID) || mixed.Header.Get("Content-Length") != fmt.Sprint(len(mixed.Body)) {
		t.Errorf("%s", mixed.Body)
	}
	if none := a.Do(me, get+"&within_m=50", nil).Status(200); !strings.Contains(string(none.Body), `"data":[]`) {
		t.Errorf("%s", none.Body)
	}
	a.Refused(me, get+"&season=VACATION", nil, 409, "recommend.no_home")
	a.Refused(me, get+"&category=NOTHING", nil, 422, "request.invalid")
	a.Refused(me, get+"&slots=111111,1", nil, 422, "request.invalid")
	a.Refused(me, get+"&cursor=abc", nil, 400, "page.cursor_invalid")
	a.Refused(me, "GET /me/recommendations?programme_id=5", nil, 404, "resource.not_found")
	a.Refused(apitest.Nobody, get, nil, 401, "auth.required")
}
