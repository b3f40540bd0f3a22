package router_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/router"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
)

// The sample API: a few operations that use every piece of the edge.

type noteView struct {
	ID        api.ID    `json:"id"`
	Title     string    `json:"title" example:"茶园采摘"`
	CreatedAt api.Time  `json:"created_at"`
	DoneAt    *api.Time `json:"done_at,omitempty"`
	Score     float64   `json:"score,omitempty"`
}

type noteOut struct {
	ETag string `header:"ETag"`
	Body noteView
}

type createNoteIn struct {
	api.IdemIn
	Body struct {
		Title    string     `json:"title" minLength:"2" maxLength:"10" example:"茶园采摘" doc:"What it is called"`
		Capacity int        `json:"capacity" minimum:"1" maximum:"500" example:"20"`
		Kind     string     `json:"kind,omitempty" enum:"WORK,STUDY"`
		Skills   []string   `json:"skills,omitempty" maxItems:"3" uniqueItems:"true" minLength:"1"`
		OwnerID  api.ID     `json:"owner_id,omitempty"`
		StartsAt api.Time   `json:"starts_at,omitzero"`
		Day      api.Date   `json:"day,omitempty"`
		Phone    string     `json:"phone,omitempty" pattern:"^1[0-9]{10}$" patternDescription:"11 位手机号" example:"13800000001"`
		Places   []noteSpot `json:"places,omitempty" maxItems:"5"`
		Remote   bool       `json:"remote,omitempty"`
	}
}

type noteSpot struct {
	Name string  `json:"name" minLength:"1" maxLength:"20"`
	Lat  float64 `json:"lat" minimum:"-90" maximum:"90"`
}

type listNotesIn struct {
	api.PageIn
	Lat   float64  `query:"lat" minimum:"-90" maximum:"90"`
	Owner api.ID   `query:"owner_id"`
	Since api.Time `query:"updated_since"`
}

type noteIn struct {
	ID api.ID `path:"id"`
}

type editNoteIn struct {
	ID api.ID `path:"id"`
	api.IfMatchIn
	Body struct {
		Title string `json:"title" minLength:"2" maxLength:"10" example:"茶园采摘"`
	}
}

type tokenIn struct {
	Body struct {
		_         struct{} `additionalProperties:"true"`
		GrantType string   `json:"grant_type" enum:"client_credentials"`
		Scope     string   `json:"scope,omitempty" maxLength:"100"`
	} `contentType:"application/x-www-form-urlencoded"`
}

type tokenOut struct {
	Body struct {
		AccessToken string `json:"access_token"`
	}
}

type photoForm struct {
	File  api.FormFile `form:"file" contentType:"image/png"`
	Title string       `form:"title" maxLength:"10"`
}

type photoIn struct{ RawBody api.Form[photoForm] }

type photoOut struct {
	Body struct {
		Size  int64  `json:"size"`
		Title string `json:"title"`
	}
}

var (
	errTired = fault.Define(fault.RateLimited, "sample.tired", "歇一会儿吧。", "Take a break.")
	errGone  = fault.Define(fault.Unavailable, "sample.gone", "外部服务暂时不可用。", "Unavailable.")
	moment   = time.Date(2026, 9, 1, 0, 30, 0, 7e6, time.UTC)
)

// sample records what reached the handlers.
type sample struct {
	created []createNoteIn
	listed  []listNotesIn
	keys    []string
	hold    chan struct{}
	entered chan struct{}
}

func (s *sample) create(_ *gin.Context, in *createNoteIn) (*noteOut, error) {
	s.created = append(s.created, *in)
	key := in.Key()
	s.keys = append(s.keys, key.Value+" "+string(key.Hash))
	return &noteOut{ETag: api.ETag(1), Body: noteView{ID: 42, Title: in.Body.Title, CreatedAt: api.At(moment)}}, nil
}

func (s *sample) list(_ *gin.Context, in *listNotesIn) (*api.PageOut[noteView], error) {
	s.listed = append(s.listed, *in)
	if _, _, err := in.Request().Key("notes", 1); err != nil {
		return nil, err
	}
	return api.NewPage(page.Result[int64]{Items: []int64{1, 2}, Next: "next"}, func(id int64) noteView {
		return noteView{ID: api.ID(id), Title: "茶园采摘", CreatedAt: api.At(moment)}
	}), nil
}

func (s *sample) get(c *gin.Context, in *noteIn) (*noteOut, error) {
	switch in.ID {
	case 1:
		return nil, fault.ErrNotFound
	case 2:
		return nil, errors.New("SELECT * FROM secret: table is locked")
	case 3:
		panic("boom")
	case 4:
		return nil, errTired.After(1500 * time.Millisecond)
	case 5:
		return nil, errGone
	case 6:
		s.entered <- struct{}{}
		<-s.hold
	case 8:
		return &noteOut{Body: noteView{Score: math.NaN()}}, nil
	case 7:
		<-c.Request.Context().Done()
		return nil, c.Request.Context().Err()
	}
	return &noteOut{ETag: api.ETag(7), Body: noteView{ID: in.ID, Title: c.ClientIP(), CreatedAt: api.At(moment)}}, nil
}

func (s *sample) edit(_ *gin.Context, in *editNoteIn) (*noteOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	if version != 7 {
		return nil, fault.ErrStale
	}
	return &noteOut{ETag: api.ETag(8), Body: noteView{ID: in.ID, Title: in.Body.Title, CreatedAt: api.At(moment)}}, nil
}

func (s *sample) remove(*gin.Context, *noteIn) (*api.None, error) { return nil, nil }

func (s *sample) picture(_ *gin.Context, _ *noteIn) (*api.File, error) {
	return &api.File{Name: "茶园.png", Body: []byte("\x89PNG")}, nil
}

func (s *sample) token(*gin.Context, *tokenIn) (*tokenOut, error) {
	out := &tokenOut{}
	out.Body.AccessToken = "t"
	return out, nil
}

func (s *sample) photo(_ *gin.Context, in *photoIn) (*photoOut, error) {
	out := &photoOut{}
	out.Body.Size, out.Body.Title = in.RawBody.Data().File.Size, in.RawBody.Data().Title
	return out, nil
}

func (s *sample) routes() []router.Route {
	return []router.Route{
		router.Post("/notes", access.SignedIn, "createNote", api.Handle(201, s.create), "notes", "Create a note"),
		router.Get("/notes", access.Public, "listNotes", api.Handle(200, s.list), "notes", "Notes, newest first"),
		router.Get("/notes/:id", access.Public, "getNote", api.Handle(200, s.get), "notes", "One note", "sample.tired", "sample.gone"),
		router.Put("/notes/:id", access.AuditRead, "editNote", api.Handle(200, s.edit), "notes", "Edit a note"),
		router.Delete("/notes/:id", access.Person, "deleteNote", api.Handle(204, s.remove), "notes", "Delete a note").StepUp(),
		router.Get("/notes/:id/picture", access.Public, "getNotePicture", api.Raw("image/png,image/svg+xml", s.picture), "notes", "Its picture"),
		router.Post("/notes/:id/publish", access.SignedIn, "publishNote", api.Handle(200, s.get), "notes", "Publish a note"),
		router.Post("/photos", access.SignedIn, "uploadPhoto", api.Upload(201, 1<<20, s.photo), "notes", "Upload a photo"),
		router.Post("/oauth/token", access.Public, "createToken", api.HandleOAuth(200, s.token), "session", "Client credentials").IgnoreToken(),
	}
}

type tokens struct{}

var errBadToken = fault.Define(fault.Unauthenticated, "sample.token_invalid", "请重新登录。", "Sign in again.")

func (tokens) Authenticate(_ context.Context, bearer string) (access.Actor, error) {
	switch bearer {
	case "person":
		return access.Actor{UserID: 9, LoggedInAt: moment.Add(-time.Hour)}, nil
	case "fresh":
		return access.Actor{UserID: 9, LoggedInAt: moment}, nil
	case "auditor":
		return access.Actor{UserID: 10, Grants: []access.Grant{{Role: access.Auditor, Column: access.AUD}}}, nil
	case "client":
		return access.Actor{ClientID: 3}, nil
	}
	return access.Actor{}, errBadToken
}

// edge is the sample API behind the real engine, with its log.
type edge struct {
	t       *testing.T
	sample  *sample
	handler http.Handler
	log     *bytes.Buffer
}

func newEdge(t *testing.T, change ...func(*router.Config)) *edge {
	t.Helper()
	e := &edge{t: t, sample: &sample{hold: make(chan struct{}), entered: make(chan struct{}, 8)}, log: &bytes.Buffer{}}
	cfg := router.Config{Auth: tokens{}, Now: func() time.Time { return moment }, Log: slog.New(slog.NewJSONHandler(e.log, nil))}
	for _, f := range change {
		f(&cfg)
	}
	engine, err := router.New(cfg, e.sample.routes())
	if err != nil {
		t.Fatal(err)
	}
	e.handler = engine
	return e
}

// do sends "METHOD /path" with a body; headers come in pairs. A JSON content type is set where there is a body.
func (e *edge) do(line, body string, headers ...string) *httptest.ResponseRecorder {
	e.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(e.t.Context(), method, path, reader)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
		if headers[i] == "Content-Type" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res := httptest.NewRecorder()
	e.handler.ServeHTTP(res, req)
	return res
}

func problemOf(t *testing.T, res *httptest.ResponseRecorder) api.Problem {
	t.Helper()
	if got := res.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q of %d %s", got, res.Code, res.Body)
	}
	var p api.Problem
	if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v in %s", err, res.Body)
	}
	if p.Status != res.Code || p.RequestID != res.Header().Get("X-Request-Id") || p.RequestID == "" || p.Title == "" || p.Detail == "" {
		t.Errorf("problem %+v does not agree with the answer %d %v", p, res.Code, res.Header())
	}
	return p
}

func asPerson(headers ...string) []string {
	return append([]string{"Authorization", "Bearer person", "Idempotency-Key", "k1"}, headers...)
}

func (e *edge) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(e.log, nil)) }

func itoa(n int) string { return strconv.Itoa(n) }

func now() time.Time { return moment }
