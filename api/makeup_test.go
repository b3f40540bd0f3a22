package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/project"
)

// newCheckedEvent is an event whose texts and pictures are looked at.
func newCheckedEvent(t *testing.T) *event {
	t.Helper()
	return newEvent(t, func(_ *apitest.API, d *app.Deps) { d.Checker = words{make(chan string, 9)} })
}

// write changes rows behind the API's back.
func (e *event) write(fn func(tx *gorm.DB) error) {
	e.TB.Helper()
	if err := e.DB.Transaction(fn); err != nil {
		e.TB.Fatal(err)
	}
}

// picture sends a picture that nobody has sent before, and lets it pass.
func (e *event) picture(who access.Actor) string {
	e.TB.Helper()
	var b bytes.Buffer
	f := multipart.NewWriter(&b)
	part, err := f.CreateFormFile("file", "proof.jpg")
	if err == nil {
		_, err = part.Write(append(tinyPicture(), fmt.Sprint(e.NewID())...))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		e.TB.Fatal(err)
	}
	id := e.Do(who, "POST /uploads", b.String(), apitest.Header("Content-Type", f.FormDataContentType())).Status(http.StatusCreated).Get("id")
	e.write(func(tx *gorm.DB) error {
		return tx.Model(&model.ContentCheck{}).Where("upload_id = ?", id).Update("status", model.CheckPassed).Error
	})
	return id
}

func TestHoursAreProposedAndConfirmedByTwo(t *testing.T) {
	t.Parallel()
	e := newCheckedEvent(t)
	base := path("POST /sessions/%d/hours-proposals", e.session.ID)
	e.at(24 * time.Hour)
	file := e.picture(e.me)
	body := object{"starts_at": e.clock(0), "ends_at": e.clock(110 * time.Minute), "text": "手机没电，有合影为证", "file_ids": []string{file}}
	e.Do(e.me, base, with(body, object{"text": "教你赌博"})).Problem(422, "content.risky") // the verdict is kept
	e.Refused(e.me, base, with(body, object{"file_ids": []string{}}), 422, "request.invalid")
	e.Refused(e.me, base, with(body, object{"ends_at": e.clock(10 * time.Minute)}), 409, "hours.nothing")
	e.Refused(e.officer, base, body, 403, "access.denied")
	e.Refused(e.me, base, body, 400, "idempotency.key_required", apitest.Header("Idempotency-Key", ""))
	made := e.Do(e.me, base, body).Status(http.StatusCreated)
	if made.Get("basis") != "MANUAL" || made.Get("minutes") != "110" || made.Get("proposed_by") != fmt.Sprint(e.me.UserID) || made.Get("status") != "COMPUTED" {
		t.Errorf("%s", made.Body)
	}
	e.Refused(e.me, base, body, 409, "hours.claimed")
	claim := made.Get("id")

	said := e.Do(e.clerk, path("GET /hours-claims/%s/statement", claim), nil).Status(http.StatusOK)
	if said.Get("text") != "手机没电，有合影为证" || said.Get("text_pending") != "false" || said.Get("files.0.shown") != "true" || said.Get("minutes") != "110" {
		t.Errorf("%s", said.Body)
	}
	picture := path("GET /hours-claims/%s/files/", claim) + file
	if got := e.Do(e.lead, picture, nil).Status(http.StatusOK); got.Header.Get("Content-Type") != "image/jpeg" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", got.Header)
	}
	stranger := e.Student("外", e.Branch)
	e.Refused(stranger, picture, nil, 404, "resource.not_found")
	e.Refused(stranger, path("GET /hours-claims/%s/statement", claim), nil, 404, "resource.not_found")
	e.Do(e.clerk, "GET /media/"+file, nil).Problem(404, "resource.not_found") // the picture is not public

	e.Do(e.lead, e.step("lead-confirm"), these(claim)).Status(http.StatusOK)
	if got := e.Do(e.clerk, e.step("host-confirm"), these(claim)).Status(http.StatusOK); got.Get("data.0.status") != "HOST_FIRST" {
		t.Errorf("%s", got.Body)
	}
	e.Refused(e.officer, e.step("recognise"), these(claim), 409, "state.conflict")
	e.Refused(e.clerk, e.step("second-confirm"), these(claim), 403, "access.own_interest")
	town := e.Staff("镇里", access.TownOfficer, e.Town)
	if got := e.Do(town, e.step("second-confirm"), these(claim)).Status(http.StatusOK); got.Get("data.0.status") != "HOST_CONFIRMED" || got.Get("data.0.second_by") != fmt.Sprint(town.UserID) {
		t.Errorf("%s", got.Body)
	}
	if got := e.Do(e.officer, e.step("recognise"), these(claim)).Status(http.StatusOK); got.Get("data.0.status") != "PUBLICISED" {
		t.Errorf("%s", got.Body)
	}
}

func TestWorkIsLoggedFromAfar(t *testing.T) {
	t.Parallel()
	e := newCheckedEvent(t)
	base := path("POST /sessions/%d/work-log", e.session.ID)
	e.at(2 * time.Hour)
	body := object{"minutes": 100, "text": "整理了二十户的走访记录", "file_ids": []string{e.picture(e.me)}}
	e.Refused(e.me, base, body, 409, "hours.on_site")
	e.write(func(tx *gorm.DB) error {
		return tx.Model(&model.Activity{}).Where("id = ?", e.activity.ID).Update("mode", project.ModeRemote).Error
	})
	e.Do(e.me, base, with(body, object{"text": "教你赌博"})).Problem(422, "content.risky") // the verdict is kept
	e.Refused(e.me, base, with(body, object{"minutes": 121}), 422, "request.invalid")
	e.Refused(e.lead, base, with(body, object{"file_ids": []string{}}), 409, "checkin.no_signup")
	e.Refused(e.clerk, base, body, 403, "access.denied")
	made := e.Do(e.me, base, body).Status(http.StatusCreated)
	if made.Get("basis") != "REMOTE" || made.Get("minutes") != "100" || made.Get("status") != "COMPUTED" {
		t.Errorf("%s", made.Body)
	}
	e.Refused(e.me, base, with(body, object{"file_ids": []string{}}), 409, "checkin.already_in")
	mine := e.Do(e.me, "GET /me/check-ins", nil).Status(http.StatusOK)
	if mine.Get("data.0.method") != "REMOTE_LOG" || mine.Get("data.1.kind") != "IN" {
		t.Errorf("%s", mine.Body)
	}
	claim := made.Get("id")
	e.Do(e.lead, e.step("lead-confirm"), these(claim)).Status(http.StatusOK)
	e.Do(e.clerk, e.step("host-confirm"), these(claim)).Status(http.StatusOK)
	if got := e.Do(e.officer, e.step("recognise"), these(claim)).Status(http.StatusOK); got.Get("data.0.status") != "POSTED" {
		t.Errorf("%s", got.Body)
	}
}
