package api_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"mime/multipart"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// authzContentRules are the rules of pictures and of the reviewers' queue.
var authzContentRules = []authzRule{
	{op: "createUpload", by: people, body: pictureBody},
	{op: "getUpload", on: "picture", is: "user", by: nil, but: except(0, "it is theirs", "student")},
	{op: "getMedia", on: "picture", is: "user", by: nil, but: except(0, "it is theirs", "student")},
	{op: "getMedia", on: "shown picture", is: "published", by: everybody},
	{op: "getMediaForCheck", on: "link", is: "system", by: everybody, want: 404},
	{op: "setActivityCover", on: "drafted activity", is: "draft", at: "community", by: perms(access.ActivityWrite), body: coverBody, but: notTheirs.and(readsOnly)},
	{op: "setActivityCover", on: "open activity", is: "published", at: "community", by: perms(access.ActivityWrite), body: coverBody, but: notTheirs},
	{op: "removeActivityCover", on: "open activity", is: "published", at: "community", by: perms(access.ActivityWrite)},

	{op: "listContentReviews", by: everybody, reads: access.ContentReview, shows: map[string]string{"text check": "checked content", "picture check": "checked picture"}},
	{op: "getContentReview", on: "text check", is: "checked content", by: perms(access.ContentReview)},
	{op: "getContentReviewPicture", on: "picture check", is: "checked picture", by: perms(access.ContentReview)},
	{op: "passContent", on: "text check", is: "checked content", by: perms(access.ContentReview)},
	{op: "passContent", on: "picture check", is: "checked picture", by: perms(access.ContentReview)},
	{op: "rejectContent", on: "text check", is: "checked content", by: perms(access.ContentReview), body: reasonBody},
}

var notTheirs = except(422, "the picture is the host's", "town")

func pictureBody(*twins, *realm) any {
	var b bytes.Buffer
	f := multipart.NewWriter(&b)
	part, err := f.CreateFormFile("file", "../../evil.jpg")
	if err == nil {
		_, err = part.Write(tinyPicture())
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		panic(err)
	}
	return otherMedia{content: b.String(), contentType: f.FormDataContentType()}
}

func tinyPicture() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func coverBody(_ *twins, r *realm) any { return object{"file_id": fmt.Sprint(r.ids["cover"])} }

// content puts a picture of the student's that waits for a reviewer of the branch, one that an activity shows, and texts
// of the community that wait.
func (w *twins) content(r *realm) {
	w.picture(r, "picture", r.ids["user student"], r.orgs["branch"].Path, model.CheckReview)
	w.picture(r, "shown picture", r.ids["user author"], r.orgs["community"].Path, model.CheckPassed)
	w.picture(r, "cover", r.ids["user host"], r.orgs["community"].Path, model.CheckPassed)
	w.set(&model.Upload{}, r.ids["shown picture"], object{"object": "activities", "object_id": r.ids["open activity"], "expires_at": nil})
	w.set(&model.Activity{}, r.ids["open activity"], object{"cover_id": r.ids["shown picture"]})
	person, err := w.Vault.Person(w.DB, r.ids["user author"])
	if err != nil {
		w.TB.Fatal(err)
	}
	row := w.check(r.ids["user author"], r.orgs["community"].Path, model.CheckReview)
	row.Kind, row.Purpose, row.Digest = model.CheckText, "ACTIVITY", w.Vault.Index(vault.CheckedTexts, r.mark)
	row.TextsEnc = person.Seal(vault.CheckedTexts, row.ID, `[{"at":"/title","text":"`+r.mark+`"}]`)
	w.Insert(&row)
	r.ids["text check"] = row.ID
}

func (w *twins) check(user int64, path string, status model.CheckStatus) model.ContentCheck {
	now := w.Clock.Now()
	return model.ContentCheck{
		ID: w.NewID(), Kind: model.CheckImage, Purpose: "PICTURE", UserID: user, OrgPath: path, Status: status, Why: "SUGGESTED", Fields: []string{},
		NextAt: now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
}

func (w *twins) picture(r *realm, name string, user int64, path string, status model.CheckStatus) {
	file, err := w.Store.Put(tinyPicture())
	if err != nil {
		w.TB.Fatal(err)
	}
	now := w.Clock.Now()
	until := now.AddDate(0, 0, 1)
	u := model.Upload{
		ID: w.NewID(), UserID: user, Original: file, Display: file, Media: "image/jpeg", Bytes: 1, SHA256: make([]byte, 32), Width: 8, Height: 6, ShownBytes: 1,
		ExpiresAt: &until, CreatedAt: now,
	}
	row := w.check(user, path, status)
	row.UploadID = &u.ID
	w.Insert(&u, &row)
	r.ids[name], r.ids[name+" check"] = u.ID, row.ID
}
