package content_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/notify"
)

// TestWhatNobodyDecidesExpires: after two weeks a text or a picture that waits for a person waits no more. It is not shown, its author
// is told, and the same text sent again is looked at anew.
func TestWhatNobodyDecidesExpires(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	want(t, k.publish(k.author, "加微信号报名"), "content.in_review")
	k.Clock.Add(14*24*time.Hour - time.Millisecond)
	k.advance()
	if row := k.is(model.CheckReview, "SUGGESTED"); row.TextsEnc == nil {
		t.Fatal("the texts are gone before somebody could read them")
	}
	k.Clock.Add(time.Millisecond)
	k.advance()
	row := k.is(model.CheckExpired, "SUGGESTED")
	if row.TextsEnc != nil || row.Digest != nil {
		t.Error("the texts are kept although nobody will read them")
	}
	k.Inbox(notify.ContentDecided, k.author, "您提交的内容的人工审核结果：无人审核，已过期，不会公开。可以重新提交。")
	_, err := k.Checks.Accept(t.Context(), k.town, row.ID)
	want(t, err, "resource.not_found")
	k.visits("author")
	want(t, k.publish(k.author, "加微信号报名"), "content.in_review")
	var open int64
	if err := k.DB.Model(&model.ContentCheck{}).Where("status = ?", model.CheckReview).Count(&open).Error; err != nil || open != 1 {
		t.Errorf("%d wait for a person, %v", open, err)
	}
	k.advance()
	k.Told(notify.ContentDecided, k.author)
}

func TestAPictureThatNobodyDecidesExpires(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.picture()
	k.advance()
	k.verdict("review")
	k.Clock.Add(14 * 24 * time.Hour)
	k.advance()
	k.is(model.CheckExpired, "SUGGESTED")
	k.verdict("pass") // too late
	k.is(model.CheckExpired, "SUGGESTED")
}
