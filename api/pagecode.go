package api

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/pagecode"
)

// PageCodeAPI hands out mini-program codes and reads their scenes.
type PageCodeAPI struct{ Codes *pagecode.Service }

// How long a picture may be kept by whom. One that opens the home page for now must not stay.
const (
	cachePoster = "public, max-age=86400"
	cacheOwn    = "private, max-age=86400"
	cacheHome   = "no-cache"
)

// PageCodeIn names an activity or a session and the size of its code.
type PageCodeIn struct {
	IfNoneMatchIn
	ID    ID     `path:"id" doc:"The activity or session"`
	Width string `query:"width" enum:"280,430,860,1280" default:"430" doc:"Pixels: 280 for a list, 430 for a screen, 860 and 1280 for print"`
}

// pixels is the width as a number. The tag has let through only one of its own; it is text because Huma compares numbers with
// an enum wrongly.
func (in PageCodeIn) pixels() int64 {
	n, _ := strconv.ParseInt(in.Width, 10, 64)
	return n
}

func newPageCodeFile(p pagecode.Picture, cache string) *File {
	sum := sha256.Sum256(p.Data)
	if p.Home {
		cache = cacheHome
	}
	return &File{ContentType: p.Media, ETag: `"` + hex.EncodeToString(sum[:16]) + `"`, Cache: cache, Body: p.Data}
}

// Activity is the code for an activity's poster.
func (a *PageCodeAPI) Activity(c *gin.Context, in *PageCodeIn) (*File, error) {
	ctx := c.Request.Context()
	p, err := a.Codes.OfActivity(ctx, access.From(ctx), int64(in.ID), in.pixels())
	if err != nil {
		return nil, err
	}
	return newPageCodeFile(p, cachePoster), nil
}

// Session is the code at the entry to a session.
func (a *PageCodeAPI) Session(c *gin.Context, in *PageCodeIn) (*File, error) {
	ctx := c.Request.Context()
	p, err := a.Codes.OfSession(ctx, access.From(ctx), int64(in.ID), in.pixels())
	if err != nil {
		return nil, err
	}
	return newPageCodeFile(p, cacheOwn), nil
}

// SceneIn is a scene as the page got it, after decodeURIComponent.
type SceneIn struct {
	Scene string `path:"scene" minLength:"1" maxLength:"32" doc:"As the page got it, after decodeURIComponent" example:"a.1yzb4w2mt1d"`
}

// SceneView is what a scene leads to.
type SceneView struct {
	Kind       string `json:"kind" enum:"ACTIVITY,SESSION" doc:"ACTIVITY shows it, SESSION is where people check in" example:"SESSION"`
	Page       string `json:"page" doc:"The page that is for it, to go on to when the code opened another one" example:"pages/check-in/index"`
	ActivityID ID     `json:"activity_id" doc:"The activity"`
	SessionID  *ID    `json:"session_id,omitempty" doc:"The session; only of SESSION"`
}

// SceneOut answers a scene.
type SceneOut struct{ Body SceneView }

// Resolve tells what a scene leads to.
func (a *PageCodeAPI) Resolve(c *gin.Context, in *SceneIn) (*SceneOut, error) {
	ctx := c.Request.Context()
	p, err := a.Codes.Resolve(ctx, access.From(ctx), in.Scene)
	if err != nil {
		return nil, err
	}
	return &SceneOut{Body: SceneView{Kind: string(p.Kind), Page: p.Page, ActivityID: ID(p.ActivityID), SessionID: idOrNil(p.SessionID)}}, nil
}
