package api

import (
	"io"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// Written is the body of an answer that was written by hand, for a list that is asked for so often that reflection would be
// most of its cost. T is what it is by the contract; a test reads it back as T and writes that the usual way: the bytes must
// be the same.
type Written[T any] struct {
	JSON []byte
	Sent func()    // called when JSON is needed no more; nil for nothing
	Way  Announcer // over which it is sent; nil when it need not be told
}

// Schema is that of T.
func (Written[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// MarshalJSON is what was written.
func (w Written[T]) MarshalJSON() ([]byte, error) { return w.JSON, nil }

// send writes it in one piece, with its length, so that it needs no chunks.
func (w Written[T]) send(to io.Writer) error {
	if h, ok := to.(http.ResponseWriter); ok {
		h.Header().Set("Content-Length", strconv.Itoa(len(w.JSON)))
		if w.Way != nil {
			w.Way.Announce(len(w.JSON))
		}
	}
	_, err := to.Write(w.JSON)
	if w.Sent != nil {
		w.Sent()
	}
	return err
}
