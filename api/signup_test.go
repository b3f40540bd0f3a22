package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// published adds a published activity of a project of the world's branch and community.
func published(a *apitest.API, seats int64) (model.Activity, model.Session, model.Position) {
	a.TB.Helper()
	return a.Activity(a.World.Project(a.Pair(a.Branch, a.Community), "清洁"), seats, nil)
}

func path(format string, ids ...any) string { return fmt.Sprintf(format, ids...) }

func TestSigningUp(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	activity, _, position := published(a, 1)
	me, other := a.Student("李同学", a.Branch), a.Student("王同学", a.Branch)
	signUp := path("POST /positions/%d/signups", position.ID)

	key := apitest.Header("Idempotency-Key", "signup-1")
	made := a.Do(me, signUp, map[string]string{"note": "想参加"}, key).Status(http.StatusCreated)
	again := a.Do(me, signUp, map[string]string{"note": "想参加"}, key).Status(http.StatusCreated)
	if string(made.Body) != string(again.Body) || made.Get("status") != "CONFIRMED" || made.Get("activity_id") != fmt.Sprint(activity.ID) {
		t.Errorf("%s\n%s", made.Body, again.Body)
	}
	id := made.Get("id")

	a.Refused(me, signUp, map[string]string{}, 409, "signup.duplicate")
	a.Refused(other, signUp, map[string]string{}, 409, "signup.full")
	a.Refused(other, "POST /positions/99/signups", map[string]string{}, 404, "resource.not_found")
	a.Refused(other, signUp, map[string]string{}, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	a.Refused(me, signUp, map[string]string{"note": "别的"}, 422, "idempotency.mismatch", key)
	a.Refused(me, signUp, `{"status":"COMPLETED"}`, 422, "request.invalid")
	a.Refused(a.Staff("干事", access.HostStaff, a.Community), signUp, map[string]string{}, 403, "access.denied")
	a.Refused(access.Actor{UserID: a.User("新人").ID}, signUp, map[string]string{}, 403, "signup.needs_student")
	a.Refused(apitest.Nobody, signUp, map[string]string{}, 401, "auth.required")

	one := a.Do(me, "GET /signups/"+id, nil).Status(http.StatusOK)
	if one.Get("activity_title") != activity.Title || one.Get("position_title") != position.Title || one.Get("note") != "想参加" {
		t.Errorf("%s", one.Body)
	}
	a.Refused(other, "GET /signups/"+id, nil, 404, "resource.not_found")
	a.Refused(other, "GET /signups/x", nil, 422, "request.invalid")
	mine := a.Do(me, "GET /me/signups?status=CONFIRMED", nil).Status(http.StatusOK)
	if mine.Get("data.0.id") != id || mine.Get("has_more") != "false" {
		t.Errorf("%s", mine.Body)
	}
	a.Refused(me, "GET /me/signups?status=OPEN", nil, 422, "request.invalid")
	a.Refused(apitest.Nobody, "GET /me/signups", nil, 401, "auth.required")

	a.Refused(other, path("POST /signups/%s/cancel", id), nil, 404, "resource.not_found")
	if gone := a.Do(me, path("POST /signups/%s/cancel", id), nil).Status(http.StatusOK); gone.Get("status") != "CANCELLED_BY_USER" {
		t.Errorf("%s", gone.Body)
	}
	a.Do(me, path("POST /signups/%s/cancel", id), nil).Status(http.StatusOK)
	late := a.Do(other, signUp, map[string]string{}).Status(http.StatusCreated).Get("id")
	a.Clock.Set(activity.StartsAt)
	a.Forget()
	a.Refused(other, path("POST /signups/%s/cancel", late), nil, 409, "signup.started")
	a.Refused(me, signUp, map[string]string{}, 409, "signup.closed")
}

func TestSignupsOfAnActivity(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	activity, _, position := published(a, 5)
	me := a.Student("王小明", a.Branch)
	for _, who := range []access.Actor{me, a.Student("李四", a.Branch)} {
		a.Do(who, path("POST /positions/%d/signups", position.ID), map[string]string{}).Status(http.StatusCreated)
	}
	list := path("GET /activities/%d/signups", activity.ID)
	clerk := a.Staff("干事", access.HostStaff, a.Community)
	first := a.Do(clerk, list+"?limit=1", nil).Status(http.StatusOK)
	if first.Get("data.0.student.name") != "王小明" || first.Get("has_more") != "true" {
		t.Errorf("%s", first.Body)
	}
	rest := a.Do(clerk, list+"?limit=1&cursor="+first.Get("next_cursor"), nil).Status(http.StatusOK)
	if rest.Get("data.0.student.name") != "李四" || rest.Get("has_more") != "false" {
		t.Errorf("%s", rest.Body)
	}
	if masked := a.Do(a.Staff("系里", access.CommitteeOfficer, a.Department), list, nil).Status(http.StatusOK); masked.Get("data.0.student.name") != "王*" {
		t.Errorf("%s", masked.Body)
	}
	a.Refused(me, list, nil, 403, "access.denied")
	a.Refused(clerk, "GET /activities/99/signups", nil, 404, "resource.not_found")
	a.Refused(clerk, list+"?cursor=x", nil, 400, "page.cursor_invalid")
}

func TestAvailabilityIsCheapToPoll(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	_, _, position := published(a, 3)
	poll := path("GET /positions/%d/availability", position.ID)
	got := a.Do(apitest.Nobody, poll, nil).Status(http.StatusOK)
	if got.Get("left") != "3" || got.Get("capacity") != "3" || got.Get("waiting") != "0" || got.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v %s", got.Header, got.Body)
	}
	tag := apitest.Header("If-None-Match", got.Header.Get("ETag"))
	if same := a.Do(apitest.Nobody, poll, nil, tag).Status(http.StatusNotModified); len(same.Body) != 0 || same.Header.Get("ETag") != got.Header.Get("ETag") {
		t.Errorf("%v %s", same.Header, same.Body)
	}
	a.Clock.Add(time.Minute)
	a.Do(a.Student("李同学", a.Branch), path("POST /positions/%d/signups", position.ID), map[string]string{}).Status(http.StatusCreated)
	if changed := a.Do(apitest.Nobody, poll, nil, tag).Status(http.StatusOK); changed.Get("confirmed") != "1" || changed.Get("left") != "2" {
		t.Errorf("%s", changed.Body)
	}
	a.Refused(apitest.Nobody, "GET /positions/99/availability", nil, 404, "resource.not_found")
}
