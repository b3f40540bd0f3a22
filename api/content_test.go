package api_test

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/service/access"
	"baodao/service/content"
)

// words judges by words: 赌 is risky, 微信号 doubtful. A picture's address becomes its trace.
type words struct{ address chan string }

func (words) CheckText(_ context.Context, _ string, _ content.Use, text string) (content.Verdict, error) {
	switch {
	case strings.Contains(text, "赌"):
		return content.Verdict{Suggest: content.Risky, Label: 20006}, nil
	case strings.Contains(text, "微信号"):
		return content.Verdict{Suggest: content.Review, Label: 21000}, nil
	}
	return content.Verdict{Suggest: content.Pass, Label: 100}, nil
}

func (w words) SubmitImage(_ context.Context, _, address string) (string, bool, error) {
	w.address <- address
	return "trace", false, nil
}

// checkedCrew is a crew whose texts and pictures are looked at.
func checkedCrew(t *testing.T) (*crew, words) {
	t.Helper()
	w := words{make(chan string, 1)}
	return newCrew(t, func(_ *apitest.API, d *app.Deps) { d.Checker, d.PublicURL = w, "https://baodao.example" }), w
}

func TestNothingRiskyIsPublished(t *testing.T) {
	t.Parallel()
	a, _ := checkedCrew(t)
	draft := func(change object) string {
		return "/activities/" + a.Do(a.host, "POST /activities", with(a.activityBody(), change)).Status(http.StatusCreated).Get("id")
	}
	path := draft(object{"positions": []object{{"title": "志愿者", "description": "教你赌博", "capacity": 1}}})
	risky := a.Do(a.host, "POST "+path+"/submit", nil).Problem(http.StatusUnprocessableEntity, "content.risky")
	if risky.Get("errors.0.pointer") != "/positions/0/description" {
		t.Fatalf("%s", risky.Body)
	}
	path = draft(object{"summary": "加微信号 abc"})
	a.Do(a.host, "POST "+path+"/submit", nil).Status(http.StatusOK)
	a.Do(a.town, "POST "+path+"/approve", nil).Status(http.StatusOK)
	a.Refused(a.host, "POST "+path+"/publish", nil, http.StatusConflict, "content.in_review")
	queue := a.Do(a.town, "GET /content-reviews", nil).Status(http.StatusOK)
	review := "/content-reviews/" + queue.Get("data.0.id")
	if got := a.Do(a.town, "GET "+review, nil).Status(http.StatusOK); got.Get("texts.1.text") != "加微信号 abc" || got.Get("why") != "SUGGESTED" {
		t.Fatalf("%s", got.Body)
	}
	a.Refused(a.student, "GET "+review, nil, http.StatusForbidden, "access.denied")
	a.Do(a.town, "POST "+review+"/pass", nil).Status(http.StatusOK)
	public := a.Do(a.host, "POST "+path+"/publish", nil).Status(http.StatusOK)

	// after that, an edit needs a pass of its own, and so does a new place
	body := with(a.activityBody(), object{"org_id": nil, "programme_id": nil, "summary": "来赌一把"})
	a.Do(a.host, "PUT "+path, body, public.ETag()).Problem(http.StatusUnprocessableEntity, "content.risky")
	moved := object{"starts_at": public.Get("sessions.0.starts_at"), "ends_at": public.Get("sessions.0.ends_at"), "place": "赌场"}
	a.Do(a.host, "POST /sessions/"+public.Get("sessions.0.id")+"/move", moved, public.ETag()).Problem(http.StatusUnprocessableEntity, "content.risky")
	if got := a.Do(apitest.Nobody, "GET "+path, nil).Status(http.StatusOK); strings.Contains(string(got.Body), "赌") {
		t.Fatalf("%s", got.Body)
	}
	a.Do(a.host, "PUT "+path, with(body, object{"summary": "扫地"}), public.ETag()).Status(http.StatusOK)
}

func TestNamesAndNotesAreLookedAt(t *testing.T) {
	t.Parallel()
	a, _ := checkedCrew(t)
	a.Do(a.host, "PUT /me", object{"name": "赌王"}, apitest.IfMatch(1)).Problem(http.StatusUnprocessableEntity, "content.risky")
	a.Do(a.host, "PUT /me", object{"name": "陈好"}, apitest.IfMatch(1)).Status(http.StatusOK)
	community := object{"parent_id": fmt.Sprint(a.Town.ID), "kind": "COMMUNITY", "name": "赌社区"}
	a.Do(a.town, "POST /orgs", community).Problem(http.StatusUnprocessableEntity, "content.risky")
	a.Do(a.town, "POST /orgs", with(community, object{"name": "微信号社区"})).Problem(http.StatusConflict, "content.in_review")
	made := a.Do(a.town, "POST /orgs", with(community, object{"name": "新社区"})).Status(http.StatusCreated)
	a.Do(a.town, "PUT /orgs/"+made.Get("id"), object{"name": "赌社区"}, made.ETag()).Problem(http.StatusUnprocessableEntity, "content.risky")
}

func TestACoverFromUploadToThePublic(t *testing.T) {
	t.Parallel()
	a, w := checkedCrew(t)
	public := a.public(t, a.activityBody())
	path := "/activities/" + public.Get("id")
	body, form := upload(t, tinyPicture())
	file := a.Do(a.host, "POST /uploads", body, form).Status(http.StatusCreated)
	if file.Get("status") != "PENDING" || file.Get("width") != "8" || file.Get("bytes") == "0" {
		t.Fatalf("%s", file.Body)
	}
	mine, media := "/uploads/"+file.Get("id"), strings.TrimPrefix(file.Get("url"), "/api/v1")
	cover := object{"file_id": file.Get("id")}
	a.Refused(a.town, "PUT "+path+"/cover", cover, http.StatusUnprocessableEntity, "request.invalid", public.ETag())
	a.Refused(a.host, "PUT "+path+"/cover", cover, http.StatusPreconditionFailed, "version.mismatch", apitest.IfMatch(99))
	set := a.Do(a.host, "PUT "+path+"/cover", cover, public.ETag()).Status(http.StatusOK)
	hidden := func(when string) {
		t.Helper()
		a.Refused(apitest.Nobody, "GET "+media, nil, http.StatusNotFound, "resource.not_found")
		a.Refused(a.student, "GET "+mine, nil, http.StatusNotFound, "resource.not_found")
		if got := a.Do(apitest.Nobody, "GET "+path, nil); strings.Contains(string(got.Body), "cover") {
			t.Fatalf("%s: %s", when, got.Body)
		}
		if got := a.Do(apitest.Nobody, "GET /activities", nil); strings.Contains(string(got.Body), "cover") {
			t.Fatalf("%s: %s", when, got.Body)
		}
		if got := a.Do(a.host, "GET "+media, nil).Status(http.StatusOK); got.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: its sender may keep it: %s", when, got.Header.Get("Cache-Control"))
		}
	}
	hidden("before the check")
	if err := a.Built.Content.Advance(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	link, ok := strings.CutPrefix(<-w.address, "https://baodao.example/api/v1")
	if !ok {
		t.Fatal("the address is somebody else's")
	}
	if got := a.Do(apitest.Nobody, "GET "+link, nil).Status(http.StatusOK); len(got.Body) == 0 {
		t.Fatal("WeChat gets nothing")
	}
	hidden("while WeChat looks")
	if err := a.Built.Content.MediaVerdict(t.Context(), "trace", "pass", 100); err != nil {
		t.Fatal(err)
	}
	a.Refused(apitest.Nobody, "GET "+link, nil, http.StatusNotFound, "resource.not_found")
	if got := a.Do(apitest.Nobody, "GET "+path, nil).Get("cover"); got != "/api/v1"+media {
		t.Fatal(got)
	}
	if got := a.Do(apitest.Nobody, "GET /activities", nil).Get("data.0.cover"); got != "/api/v1"+media {
		t.Fatal(got)
	}
	shown := a.Do(apitest.Nobody, "GET "+media, nil).Status(http.StatusOK)
	if _, err := jpeg.Decode(bytes.NewReader(shown.Body)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=86400, immutable",
		"Content-Disposition": "attachment; filename=" + file.Get("id") + ".jpg", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := shown.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	a.Do(a.host, "DELETE "+path+"/cover", nil, set.ETag()).Status(http.StatusOK)
	a.Refused(apitest.Nobody, "GET "+media, nil, http.StatusNotFound, "resource.not_found")
}

func TestFormsThatAreNoPicture(t *testing.T) {
	t.Parallel()
	a, _ := checkedCrew(t)
	for name, data := range map[string][]byte{"SVG": []byte("<svg/>"), "HTML": []byte("<!doctype html>"), "nothing at all": {}} {
		body, form := upload(t, data)
		if got := a.Do(a.host, "POST /uploads", body, form); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	body, form := upload(t, append(tinyPicture(), make([]byte, 11<<20)...))
	a.Do(a.host, "POST /uploads", body, form).Problem(http.StatusRequestEntityTooLarge, "request.too_large")
	a.Do(access.Actor{}, "POST /uploads", body, form).Problem(http.StatusUnauthorized, "auth.required")
}
