package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

const (
	mediaJSON      = "application/json"
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
)

// formats are what Huma reads. It reads a body twice: into any for the validator (our strict parsers), then
// into the input.
func formats() map[string]huma.Format {
	return map[string]huma.Format{
		mediaJSON: {Unmarshal: unmarshalJSON},
		mediaForm: {Unmarshal: unmarshalForm},
	}
}

// marshal writes JSON. An answer that JSON cannot hold is a bug: recovery answers 500 while nothing has been sent yet.
// Any other error is the connection's.
func marshal(w io.Writer, v any) error {
	if ready, ok := v.(interface{ send(to io.Writer) error }); ok {
		return ready.send(w)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	if err == nil {
		return nil
	}
	_, value := errors.AsType[*json.UnsupportedValueError](err)
	_, kind := errors.AsType[*json.UnsupportedTypeError](err)
	_, own := errors.AsType[*json.MarshalerError](err)
	if value || kind || own {
		panic(fmt.Errorf("answer is not JSON: %w", err))
	}
	return err
}

func unmarshalJSON(data []byte, v any) error {
	if tree, ok := v.(*any); ok {
		parsed, err := parseStrict(data)
		*tree = parsed
		return err
	}
	return plainError(json.Unmarshal(data, v))
}

// plainError keeps Go's type names and the value out of the message. It happens only where a schema is laxer than the
// type: 1.0 for an integer, a number that does not fit.
func plainError(err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errors.New(misfit + wrong.Field)
	}
	return errors.New("invalid value")
}

// misfit begins the text of an error about a field that validated but does not fit its Go type.
const misfit = "misfit:"

// unmarshalForm reads a form: strings only, each name once, empty means absent (RFC 6749 §3.2).
func unmarshalForm(data []byte, v any) error {
	values, err := url.ParseQuery(string(data))
	if err != nil {
		return &strictError{Code: "syntax"}
	}
	flat := make(map[string]string, len(values))
	tree := make(map[string]any, len(values))
	for name, all := range values {
		switch {
		case len(all) > 1:
			return at(name, &strictError{Code: "duplicate_key"})
		case !readable(name) || !readable(all[0]):
			return &strictError{Code: "encoding"}
		case all[0] != "":
			flat[name], tree[treeKey(name)] = all[0], all[0]
		}
	}
	if target, ok := v.(*any); ok {
		*target = tree
		return nil
	}
	whole, err := json.Marshal(flat)
	if err != nil {
		return err
	}
	return plainError(json.Unmarshal(whole, v))
}

// readable tells whether text is valid UTF-8 without U+0000.
func readable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }
