package wxsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const sceneLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&'()*+,/:;=?@-._~"

// pageCode is POST /wxa/getwxacodeunlimit: a picture, or JSON when something is wrong.
func (a *app) pageCode(c *call) answer {
	in := struct {
		Scene     string `json:"scene"`
		Page      string `json:"page"`
		CheckPath bool   `json:"check_path"`
		Env       string `json:"env_version"`
		Width     int    `json:"width"`
		Hyaline   bool   `json:"is_hyaline"`
	}{CheckPath: true, Env: "release", Width: 430}
	if json.Unmarshal(c.body, &in) != nil {
		return c.fail(47001, "data format error")
	}
	foreign := func(r rune) bool { return !strings.ContainsRune(sceneLetters, r) }
	switch {
	case in.Scene == "" || strings.ContainsFunc(in.Scene, foreign):
		return c.fail(40129, "invalid scene")
	case len(in.Scene) > 32:
		return c.fail(40169, "invalid length for scene, or the data is not json string")
	case in.Width < 280 || in.Width > 1280, !slices.Contains([]string{"release", "trial", "develop"}, in.Env):
		return c.fail(40097, "invalid args")
	case strings.HasPrefix(in.Page, "/") || strings.Contains(in.Page, "?"):
		return c.fail(41030, "invalid page")
	case in.CheckPath && in.Page != "" && !a.hasPage(in.Page):
		return c.fail(41030, "invalid page")
	}
	return picture(in.Scene+in.Page+in.Env, in.Hyaline)
}

// picture draws a small pattern that depends on text: a JPEG, or a PNG when it must be transparent.
func picture(text string, transparent bool) answer {
	sum := sha256.Sum256([]byte(text))
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			bit := y/4*16 + x/4
			shade := color.NRGBA{R: 255, G: 255, B: 255, A: 255}
			if sum[bit/8]>>(bit%8)&1 == 1 {
				shade = color.NRGBA{A: 255}
			} else if transparent {
				shade.A = 0
			}
			img.SetNRGBA(x, y, shade)
		}
	}
	var buf bytes.Buffer
	a := answer{status: http.StatusOK, kind: "image/jpeg"}
	var err error
	if transparent {
		a.kind, err = "image/png", png.Encode(&buf, img)
	} else {
		err = jpeg.Encode(&buf, img, nil)
	}
	if err != nil {
		return ok(map[string]any{"errcode": -1, "errmsg": "system error"})
	}
	a.body = buf.Bytes()
	return a
}

// link is the body of both link APIs, as far as it is checked here.
type link struct {
	Path     string `json:"path"`
	Query    string `json:"query"`
	Interval int    `json:"expire_interval"`
	Jump     struct {
		Path  string `json:"path"`
		Query string `json:"query"`
	} `json:"jump_wxa"`
}

// makeLink checks a link request; the result is the link's own part, or an error answer.
func (a *app) makeLink(c *call) (id string, refused *answer) {
	var in link
	if json.Unmarshal(c.body, &in) != nil {
		bad := c.fail(47001, "data format error")
		return "", &bad
	}
	path, query := in.Path+in.Jump.Path, in.Query+in.Jump.Query
	var bad answer
	switch {
	case path != "" && !a.hasPage(strings.TrimPrefix(path, "/")):
		bad = c.fail(40165, "invalid weapp pagepath")
	case len(query) > 1024:
		bad = c.fail(40212, "invalid query")
	case in.Interval < 0 || in.Interval > 30:
		bad = c.fail(85401, "invalid expire time")
	default:
		a.serial++
		return digest("link", a.AppID, strconv.Itoa(a.serial))[:11], nil
	}
	return "", &bad
}

// urlLink is POST /wxa/generate_urllink.
func (a *app) urlLink(c *call) answer {
	id, refused := a.makeLink(c)
	if refused != nil {
		return *refused
	}
	return ok(map[string]any{"errcode": 0, "errmsg": "ok", "url_link": "https://wxaurl.cn/" + id})
}

// urlScheme is POST /wxa/generatescheme.
func (a *app) urlScheme(c *call) answer {
	id, refused := a.makeLink(c)
	if refused != nil {
		return *refused
	}
	return ok(map[string]any{"errcode": 0, "errmsg": "ok", "openlink": "weixin://dl/business/?t=" + id})
}
