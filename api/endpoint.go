// Package api is the HTTP face of the services: one file per resource with its input and output structs and its
// handlers. A handler calls one service method and maps the row to an answer; it holds no rule and writes no error.
// Huma stays in here: it binds, validates and documents what the structs say.
package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"baodao/service/fault"
)

// Handler answers one operation. Its error is a fault (told to the client) or anything else (logged, bare 500).
// A nil Out answers the status without a body.
type Handler[In, Out any] func(c *gin.Context, in *In) (*Out, error)

// None is the output of an operation that answers no body.
type None struct{}

// Endpoint is a Handler with its types kept for the contract. Contract.Add mounts it.
type Endpoint struct {
	status   int
	input    reflect.Type
	register func(api huma.API, op huma.Operation, keyRequired bool)
	media    string   // content type of the request body, "" for none
	maxBody  int64    // bytes
	answers  []string // content types of a file
	oauth    bool
}

// Handle is a JSON endpoint that answers status when h has no error.
func Handle[In, Out any](status int, h Handler[In, Out]) Endpoint {
	e := Endpoint{status: status, input: reflect.TypeFor[In](), maxBody: maxBody}
	if body, ok := e.input.FieldByName("Body"); ok {
		e.media = mediaJSON
		if media := body.Tag.Get("contentType"); media != "" {
			e.media = media
		}
	}
	e.register = func(api huma.API, op huma.Operation, keyRequired bool) {
		huma.Register(api, op, adapt(h, keyRequired))
	}
	return e
}

// HandleOAuth is the token endpoint: a form comes in (Body with contentType:"application/x-www-form-urlencoded") and
// errors have the shape of RFC 6749.
func HandleOAuth[In, Out any](status int, h Handler[In, Out]) Endpoint {
	e := Handle(status, h)
	e.oauth = true
	return e
}

// File is what a download answers.
type File struct {
	Name        string // for Content-Disposition; empty shows the file in place
	ContentType string // one of the endpoint's; empty: the first
	ETag        string
	Body        []byte
}

type fileOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	ETag        string `header:"ETag"`
	Body        []byte
}

// Raw is a download. contentType may list several, separated by commas: what the file can be.
func Raw[In any](contentType string, h Handler[In, File]) Endpoint {
	types := strings.Split(contentType, ",")
	e := Handle(http.StatusOK, func(c *gin.Context, in *In) (*fileOut, error) {
		f, err := h(c, in)
		if err != nil {
			return nil, err
		}
		out := &fileOut{ContentType: f.ContentType, ETag: f.ETag, Body: f.Body}
		if out.ContentType == "" {
			out.ContentType = types[0]
		}
		if f.Name != "" {
			out.Disposition = attachment(f.Name)
		}
		return out, nil
	})
	e.answers = types
	return e
}

// FormFile is the file of an Upload: declare one field `form:"file" contentType:"image/png,image/jpeg"`.
type FormFile = huma.FormFile

// Form is the decoded form of an Upload: declare `RawBody api.Form[YourForm]` in the input and read in.RawBody.Data().
// The content type of a part is only what the client says: look at the bytes.
type Form[T any] = huma.MultipartFormFiles[T]

// Upload is a JSON-answering endpoint that reads a multipart form of at most limit bytes.
func Upload[In, Out any](status int, limit int64, h Handler[In, Out]) Endpoint {
	e := Handle(status, h)
	e.media, e.maxBody = mediaMultipart, limit
	return e
}

// removeParts deletes the temporary files of a form, refused or not: net/http would look for them in another copy of
// the request.
func removeParts(c *gin.Context) {
	if c.Request.MultipartForm == nil {
		return
	}
	if err := c.Request.MultipartForm.RemoveAll(); err != nil {
		From(c).Logger().WarnContext(c.Request.Context(), "remove uploaded parts", "error", err)
	}
}

// adapt makes a Huma handler of ours. Every error becomes an answer here, before Huma sees it.
func adapt[In, Out any](h Handler[In, Out], keyRequired bool) func(context.Context, *In) (*Out, error) {
	return func(ctx context.Context, in *In) (*Out, error) {
		c, ok := ctx.(*gin.Context)
		if !ok {
			return nil, errors.New("api: not mounted by Contract.Add")
		}
		if wrong := strangeParts(c); len(wrong) > 0 {
			return nil, refuse(c, fault.ErrInvalid.With(wrong...))
		}
		if k, ok := any(in).(keyed); ok {
			if err := k.takeKey(c, keyRequired, in); err != nil {
				return nil, refuse(c, err)
			}
		}
		out, err := h(c, in)
		if err != nil {
			return nil, refuse(c, err)
		}
		return out, nil
	}
}

// embeds tells whether the input embeds T.
func (e Endpoint) embeds(t reflect.Type) bool {
	return slices.ContainsFunc(reflect.VisibleFields(e.input), func(f reflect.StructField) bool {
		return f.Anonymous && f.Type == t
	})
}

// standard are the faults that the edge itself may answer for this endpoint.
func (e Endpoint) standard(method string) []*fault.Fault {
	out := []*fault.Fault{ErrMalformed, ErrURITooLong, fault.ErrInvalid, ErrInternal, fault.ErrBusy}
	if method == http.MethodPost || method == http.MethodPut {
		out = append(out, ErrTooLarge, ErrSlow)
	}
	if e.media != "" {
		out = append(out, ErrMedia)
	}
	return out
}
