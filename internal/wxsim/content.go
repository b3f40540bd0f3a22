package wxsim

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	seenWindow = 2 * time.Hour
	textCap    = 2500
	maxJobs    = 50_000

	suggestPass   = "pass"
	suggestReview = "review"
	suggestRisky  = "risky"
)

// mediaJob is a picture or sound under examination.
type mediaJob struct{ OpenID, URL string }

// examinee checks the person on whose behalf content is examined; nil means that all is well.
func (a *app) examinee(c *call, openID string) *answer {
	u := a.users[openID]
	var refused answer
	switch {
	case u == nil:
		refused = c.fail(40003, "invalid openid")
	case c.now.Sub(u.Seen) > seenWindow:
		refused = c.fail(61010, "code is expired")
	default:
		return nil
	}
	return &refused
}

// verdict judges a text by the app's word lists.
func (a *app) verdict(text string) (suggest string, label int) {
	switch {
	case containsAny(text, a.Risky):
		return suggestRisky, 20006
	case containsAny(text, a.Review):
		return suggestReview, 21000
	}
	return suggestPass, 100
}

// checkText is POST /wxa/msg_sec_check, version 2.
func (a *app) checkText(c *call) answer {
	var in struct {
		Version int    `json:"version"`
		Scene   int    `json:"scene"`
		OpenID  string `json:"openid"`
		Content string `json:"content"`
	}
	switch {
	case json.Unmarshal(c.body, &in) != nil || !utf8.Valid(c.body):
		return c.fail(47001, "data format error")
	case in.Version != 2 || in.Scene < 1 || in.Scene > 4:
		return c.fail(40097, "invalid args")
	case in.Content == "":
		return c.fail(44004, "empty content")
	case utf8.RuneCountInString(in.Content) > textCap:
		return c.fail(45002, "content size out of limit")
	}
	if refused := a.examinee(c, in.OpenID); refused != nil {
		return *refused
	}
	suggest, label := a.verdict(in.Content)
	return ok(map[string]any{
		"errcode": 0, "errmsg": "ok", "trace_id": a.trace(),
		"result": map[string]any{"suggest": suggest, "label": label},
		"detail": []map[string]any{{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}},
	})
}

// checkMedia is POST /wxa/media_check_async, version 2. The result comes later, as an event.
func (a *app) checkMedia(c *call) answer {
	var in struct {
		URL     string `json:"media_url"`
		Type    int    `json:"media_type"`
		Version int    `json:"version"`
		Scene   int    `json:"scene"`
		OpenID  string `json:"openid"`
	}
	switch {
	case json.Unmarshal(c.body, &in) != nil:
		return c.fail(47001, "data format error")
	case in.Version != 2 || in.Scene < 1 || in.Scene > 4 || in.Type < 1 || in.Type > 2 || in.URL == "":
		return c.fail(40097, "invalid args")
	}
	if refused := a.examinee(c, in.OpenID); refused != nil {
		return *refused
	}
	trace := a.trace()
	a.jobs[trace] = mediaJob{OpenID: in.OpenID, URL: in.URL}
	a.jobOrder = append(a.jobOrder, trace)
	if len(a.jobOrder) > maxJobs {
		delete(a.jobs, a.jobOrder[0])
		a.jobOrder = a.jobOrder[1:]
	}
	if a.AutoMedia {
		suggest, label := a.verdict(in.URL)
		a.announce(a.mediaEvent(trace, suggest, label, 0), c.now.Add(time.Second))
	}
	return ok(map[string]any{"errcode": 0, "errmsg": "ok", "trace_id": trace})
}

// trace makes an id for an examination.
func (a *app) trace() string {
	a.serial++
	return digest("trace", a.AppID, strconv.Itoa(a.serial))[:24]
}
