package api_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit/apitest"
	"baodao/internal/wechat"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/pagecode"
)

// TestAPosterIsForEverybodyOnceTheActivityIsPublished: nobody signed in gets the picture, keeps it for a day and then asks
// with its tag; of a draft nobody outside learns anything.
func TestAPosterIsForEverybodyOnceTheActivityIsPublished(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	project := a.Project(a.Pair(a.Branch, a.Community), "楼道清洁")
	activity, _, _ := a.Activity(project, 3, nil)
	draft, _, _ := a.Activity(project, 3, func(d *model.Activity, _ *model.Session) { d.Status, d.PublishedAt = model.ActivityDraft, nil })
	scene := "a." + strconv.FormatInt(activity.ID, 36)

	got := a.Do(apitest.Nobody, on("GET /activities/%d/page-code", activity.ID), nil).Status(200)
	if want := "\xff\xd8\xff" + scene + " pages/activity/detail 430"; string(got.Body) != want || got.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%q %v", got.Body, got.Header)
	}
	if got.Header.Get("Cache-Control") != "public, max-age=86400" || len(got.Header.Get("ETag")) != 34 {
		t.Errorf("%v", got.Header)
	}
	again := a.Do(apitest.Nobody, on("GET /activities/%d/page-code", activity.ID), nil, apitest.Header("If-None-Match", got.Header.Get("ETag"))).Status(304)
	if len(again.Body) != 0 || again.Header.Get("ETag") != got.Header.Get("ETag") {
		t.Errorf("%q %v", again.Body, again.Header)
	}
	wide := a.Do(apitest.Nobody, on("GET /activities/%d/page-code?width=1280", activity.ID), nil).Status(200)
	if !strings.HasSuffix(string(wide.Body), " 1280") {
		t.Errorf("%q", wide.Body)
	}
	a.Refused(apitest.Nobody, on("GET /activities/%d/page-code?width=500", activity.ID), nil, 422, "request.invalid")
	a.Refused(apitest.Nobody, on("GET /activities/%d/page-code", draft.ID), nil, 404, "resource.not_found")
	a.Refused(a.Staff("干事", access.HostStaff, a.Community), on("GET /activities/%d/page-code", draft.ID), nil, 409, "state.conflict")
}

// TestTheEntryCodeIsForThoseWhoShowTheCheckInCode, and only while the activity is on.
func TestTheEntryCodeIsForThoseWhoShowTheCheckInCode(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	activity, session, _ := a.Activity(a.Project(a.Pair(a.Branch, a.Community), "楼道清洁"), 3, nil)
	host, student := a.Staff("干事", access.HostStaff, a.Community), a.Student("小李", a.Branch)

	got := a.Do(host, on("GET /sessions/%d/page-code", session.ID), nil).Status(200)
	scene := "s." + strconv.FormatInt(session.ID, 36)
	if want := "\xff\xd8\xff" + scene + " pages/check-in/index 430"; string(got.Body) != want || got.Header.Get("Cache-Control") != "private, max-age=86400" {
		t.Errorf("%q %v", got.Body, got.Header)
	}
	a.Refused(apitest.Nobody, on("GET /sessions/%d/page-code", session.ID), nil, 401, "auth.required")
	a.Refused(student, on("GET /sessions/%d/page-code", session.ID), nil, 403, "access.denied")

	place := a.Do(apitest.Nobody, "GET /scenes/"+scene, nil).Status(200)
	if place.Get("kind") != "SESSION" || place.Get("session_id") != fmt.Sprint(session.ID) || place.Get("activity_id") != fmt.Sprint(activity.ID) || place.Get("page") != "pages/check-in/index" {
		t.Errorf("%s", place.Body)
	}
	place = a.Do(apitest.Nobody, "GET /scenes/a."+strconv.FormatInt(activity.ID, 36), nil).Status(200)
	if place.Get("kind") != "ACTIVITY" || place.Get("activity_id") != fmt.Sprint(activity.ID) || place.Get("page") != "pages/activity/detail" {
		t.Errorf("%s", place.Body)
	}
	for _, unknown := range []string{"a.zzzzzz", "s.zzzzzz"} {
		a.Refused(apitest.Nobody, "GET /scenes/"+unknown, nil, 404, "resource.not_found")
	}
	for _, bad := range []string{"a", "a.", "a.0", "a.01", "a.-1", "a.A1", "b.1", "a.1.1", "x", "a.2gosa7pa2gw" + "0", "%E7%A0%81", strings.Repeat("1", 32)} {
		a.Refused(apitest.Nobody, "GET /scenes/"+bad, nil, 422, "scene.malformed")
	}
	a.Refused(apitest.Nobody, "GET /scenes/"+strings.Repeat("1", 33), nil, 422, "request.invalid")
}

// away is a WeChat that makes no code.
type away struct{ err error }

func (w away) PageCode(context.Context, pagecode.Order) (pagecode.Made, error) {
	return pagecode.Made{}, w.err
}

// TestWhenWeChatIsAwayACodeThatIsThereIsStillGivenOut: a new one is refused with the time to wait, a mistake of ours is told as
// such, and neither leaves anything behind.
func TestWhenWeChatIsAwayACodeThatIsThereIsStillGivenOut(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	activity, _, _ := a.Activity(a.Project(a.Pair(a.Branch, a.Community), "楼道清洁"), 3, nil)
	poster := on("GET /activities/%d/page-code", activity.ID)
	first := a.Do(apitest.Nobody, poster, nil).Status(200)

	a.Built.PageCode.Maker = away{wechat.ErrUnavailable.After(40 * time.Second)}
	if again := a.Do(apitest.Nobody, poster, nil).Status(200); string(again.Body) != string(first.Body) {
		t.Errorf("%q", again.Body)
	}
	refused := a.Refused(apitest.Nobody, poster+"?width=280", nil, 503, "wechat.unavailable")
	if refused.Header.Get("Retry-After") != "40" || refused.Header.Get("ETag") != "" || strings.Contains(refused.Header.Get("Cache-Control"), "max-age") {
		t.Errorf("%v", refused.Header)
	}
	a.Built.PageCode.Maker = away{errors.New("page_code: WeChat answered 40169")}
	if wrong := a.Refused(apitest.Nobody, poster+"?width=280", nil, 500, "server.internal"); strings.Contains(string(wrong.Body), "40169") {
		t.Errorf("%s", wrong.Body)
	}
}

// TestACodeForTheHomePageIsNotKeptByAnybody: it is right only until the page is released.
func TestACodeForTheHomePageIsNotKeptByAnybody(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	activity, _, _ := a.Activity(a.Project(a.Pair(a.Branch, a.Community), "楼道清洁"), 3, nil)
	a.Built.PageCode.Maker = homeward{}
	if got := a.Do(apitest.Nobody, on("GET /activities/%d/page-code", activity.ID), nil).Status(200); got.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", got.Header)
	}
}

// homeward is a WeChat that does not know the page.
type homeward struct{}

func (homeward) PageCode(context.Context, pagecode.Order) (pagecode.Made, error) {
	return pagecode.Made{Data: []byte("home"), Media: "image/png", Home: true}, nil
}
