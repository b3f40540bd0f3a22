package wechat

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// TextUse says where a text will stand; WeChat judges by it.
type TextUse int

// The uses of a text.
const (
	UseProfile TextUse = iota + 1
	UseComment
	UseForum
	UseJournal
)

// Suggestion is WeChat's judgement of content.
type Suggestion string

// The judgements, from good to bad.
const (
	Pass   Suggestion = "pass"
	Review Suggestion = "review" // a person must look
	Risky  Suggestion = "risky"
)

// Verdict is the result of a content check.
type Verdict struct {
	Suggest Suggestion
	Label   int    // WeChat's reason: 100 normal, 20002 pornography, …
	TraceID string // WeChat's id of the check
	Unseen  bool   // not checked, because the person was not seen for two hours; Suggest is Review
}

// MediaKind is what a media check looks at.
type MediaKind int

// The kinds of media.
const (
	Audio MediaKind = iota + 1
	Image
)

const (
	textMost    = 20_000
	textPiece   = 2500 // characters that WeChat takes at once
	textOverlap = 100  // shared by neighbouring pieces, or a word across the seam would be missed
)

// CheckText asks WeChat whether a text may be published. OpenID is its author. Texts over 2500 characters are checked in
// overlapping pieces, and the worst verdict counts; over 20 000 characters the verdict is Review without a call. Whoever was not seen
// in the mini-program for two hours cannot be checked: that is Review with Unseen. Errors: ErrUnavailable.
func (g *Gateway) CheckText(ctx context.Context, openID string, use TextUse, text string) (verdict Verdict, err error) {
	defer g.watch(opCheckText)(&err)
	if !wellFormed(openID, 20, 64) || use < UseProfile || use > UseJournal {
		return Verdict{}, g.unavailable(invalid(opCheckText, "", "openid or use is malformed"))
	}
	runes := []rune(strings.ToValidUTF8(strings.TrimSpace(text), " "))
	if len(runes) > textMost {
		return Verdict{Suggest: Review}, nil
	}
	verdict.Suggest = Pass
	for len(runes) > 0 && verdict.Suggest != Risky {
		n := min(textPiece, len(runes))
		v, err := g.checkPiece(ctx, openID, use, string(runes[:n]))
		if err != nil {
			return Verdict{}, err
		}
		if v.Suggest != Pass || verdict.TraceID == "" {
			verdict = v
		}
		if n == len(runes) {
			break
		}
		runes = runes[n-textOverlap:]
	}
	return verdict, nil
}

func (g *Gateway) checkPiece(ctx context.Context, openID string, use TextUse, text string) (Verdict, error) {
	in := struct {
		Version int     `json:"version"`
		Scene   TextUse `json:"scene"`
		OpenID  string  `json:"openid"`
		Content string  `json:"content"`
	}{2, use, openID, text}
	var out struct {
		TraceID string `json:"trace_id"`
		Result  struct {
			Suggest Suggestion `json:"suggest"`
			Label   flexible   `json:"label"`
		} `json:"result"`
	}
	err := g.exchange(ctx, opCheckText, http.MethodPost, pathCheckText, in, &out)
	var f *Failure
	switch {
	case err == nil && out.Result.Suggest == "":
		return Verdict{}, g.unavailable(unknown(opCheckText, errors.New("the answer holds no verdict")))
	case err == nil:
		return Verdict{Suggest: known(out.Result.Suggest), Label: out.Result.Label.number(), TraceID: out.TraceID}, nil
	case errors.As(err, &f) && f.Code == 61010:
		return Verdict{Suggest: Review, Unseen: true}, nil
	case errors.As(err, &f) && f.Code == 87014:
		return Verdict{Suggest: Risky}, nil
	}
	return Verdict{}, g.unavailable(err)
}

// known turns a judgement that we do not know into Review.
func known(s Suggestion) Suggestion {
	if s == Pass || s == Risky {
		return s
	}
	return Review
}

// SubmitMedia asks WeChat to look at a picture or sound of at most 10 MB under an address that can be reached from
// outside; it is https, but for a loopback address outside of production. The verdict comes within 30 minutes as an event with the same trace id. Errors: ErrUnseen, ErrUnavailable.
func (g *Gateway) SubmitMedia(ctx context.Context, openID, address string, kind MediaKind) (traceID string, err error) {
	defer g.watch(opMedia)(&err)
	u, parseErr := url.Parse(address)
	if !wellFormed(openID, 20, 64) || kind != Audio && kind != Image || parseErr != nil || u.Host == "" || u.Scheme != "https" && (g.prod || !loopback(u.Hostname())) {
		return "", g.unavailable(invalid(opMedia, "", "openid, kind or address is malformed"))
	}
	in := struct {
		URL     string    `json:"media_url"`
		Kind    MediaKind `json:"media_type"`
		Version int       `json:"version"`
		Scene   TextUse   `json:"scene"`
		OpenID  string    `json:"openid"`
	}{address, kind, 2, UseForum, openID}
	var out struct {
		TraceID string `json:"trace_id"`
	}
	err = g.exchange(ctx, opMedia, http.MethodPost, pathMedia, in, &out)
	var f *Failure
	switch {
	case errors.As(err, &f) && f.Code == 61010:
		return "", ErrUnseen.Because(f)
	case err != nil:
		return "", g.unavailable(err)
	case out.TraceID == "":
		return "", g.unavailable(unknown(opMedia, errors.New("the answer holds no trace id")))
	}
	return out.TraceID, nil
}
