package wechat

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram/qrcode"
	"github.com/silenceper/wechat/v2/miniprogram/urllink"
)

const sceneLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&'()*+,/:;=?@-._~"

const maxWidth = 1280 // pixels

// PageCode is a mini-program code: a round picture that opens a page with a scene.
type PageCode struct {
	Scene       string // 1 to 32 characters that the page gets
	Page        string // without leading slash and parameters; empty is the home page
	Width       int    // pixels, 280 to 1280; 0 is WeChat's 430
	Transparent bool
}

// Picture is an encoded picture.
type Picture struct {
	Data []byte
	Type string // image/jpeg or image/png

	PageDropped bool // the page is not in the released version, so the code opens the home page: alarm
}

// PageCode makes a mini-program code. It never expires and the number is unlimited, but only 5000 a minute can be
// made: keep the picture. When the released version does not have the page, the code is made for the home page, which gets
// the scene all the same. Every error is a *Failure.
func (g *Gateway) PageCode(ctx context.Context, c PageCode) (picture Picture, err error) {
	defer g.watch(opPageCode)(&err)
	foreign := func(r rune) bool { return !strings.ContainsRune(sceneLetters, r) }
	switch {
	case c.Scene == "" || len(c.Scene) > 32 || strings.ContainsFunc(c.Scene, foreign):
		return Picture{}, invalid(opPageCode, "scene", "the scene must be 1 to 32 of the allowed characters")
	case strings.HasPrefix(c.Page, "/") || strings.ContainsAny(c.Page, "?#"):
		return Picture{}, invalid(opPageCode, "page", "the page must have no leading slash and no parameters")
	case c.Width != 0 && (c.Width < 280 || c.Width > maxWidth):
		return Picture{}, invalid(opPageCode, "width", "the width must be 280 to 1280")
	}
	picture, err = g.draw(ctx, c)
	if f, ok := errors.AsType[*Failure](err); ok && f.Code == 41030 && c.Page != "" {
		c.Page = ""
		picture, err = g.draw(ctx, c)
		picture.PageDropped = err == nil
	}
	return picture, err
}

// draw has one code made.
func (g *Gateway) draw(ctx context.Context, c PageCode) (picture Picture, err error) {
	check := !g.trial
	in := qrcode.QRCoder{Page: c.Page, Scene: c.Scene, Width: c.Width, IsHyaline: c.Transparent, EnvVersion: g.env(), CheckPath: &check}
	err = g.withToken(ctx, opPageCode, func(ctx context.Context, token string) error {
		raw, err := g.post(ctx, pathPageCode, token, in)
		if err != nil {
			return unknown(opPageCode, err)
		}
		picture, err = g.readPicture(raw)
		return err
	})
	return picture, err
}

// env is the version of the mini-program that codes and links open.
func (g *Gateway) env() string {
	if g.trial {
		return "trial"
	}
	return "release"
}

// readPicture tells a picture from an error by its bytes: the Content-Type is not to be relied on. The picture is decoded
// whole, because it will be kept and printed: half a one must not pass.
func (g *Gateway) readPicture(raw []byte) (Picture, error) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xd8, 0xff}) && whole(raw, jpeg.DecodeConfig, jpeg.Decode):
		return Picture{Data: raw, Type: "image/jpeg"}, nil
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) && whole(raw, png.DecodeConfig, png.Decode):
		return Picture{Data: raw, Type: "image/png"}, nil
	case bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")):
		if _, err := g.decode(opPageCode, raw, nil); err != nil {
			return Picture{}, err
		}
	}
	return Picture{}, unknown(opPageCode, errors.New("the answer is neither a picture nor an error"))
}

// whole tells whether a picture of a credible size can be read to its end.
func whole(raw []byte, measure func(io.Reader) (image.Config, error), read func(io.Reader) (image.Image, error)) bool {
	size, err := measure(bytes.NewReader(raw))
	if err != nil || size.Width > 2*maxWidth || size.Height > 2*maxWidth {
		return false
	}
	_, err = read(bytes.NewReader(raw))
	return err == nil
}

// Link is an https link that opens a page of the mini-program from outside WeChat.
type Link struct {
	Page  string // empty is the home page
	Query string // parameters, at most 1024 bytes
	Days  int    // how long it works, 1 to 30
}

// ShareLink makes a link. Every error is a *Failure.
func (g *Gateway) ShareLink(ctx context.Context, l Link) (address string, err error) {
	defer g.watch(opShareLink)(&err)
	switch {
	case l.Days < 1 || l.Days > 30:
		return "", invalid(opShareLink, "days", "a link works 1 to 30 days")
	case len(l.Query) > 1024:
		return "", invalid(opShareLink, "query", "the query is over 1024 bytes")
	}
	in := urllink.ULParams{
		Path: l.Page, Query: l.Query, EnvVersion: g.env(),
		IsExpire: true, ExpireType: urllink.ExpireTypeInterval, ExpireInterval: l.Days,
	}
	var out struct {
		Link string `json:"url_link"`
	}
	if err := g.exchange(ctx, opShareLink, http.MethodPost, pathShareLink, in, &out); err != nil {
		return "", err
	}
	if !strings.HasPrefix(out.Link, "https://") {
		return "", unknown(opShareLink, errors.New("the answer holds no link"))
	}
	return out.Link, nil
}
