package wechat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// wireError is a transport failure without secrets: the path, and a text out of which every secret was cut. It
// unwraps only to the few causes that callers may ask for, never to the SDK's error, whose text holds the URL.
type wireError struct {
	path string
	text string
	is   error
}

func (e *wireError) Error() string { return e.path + ": " + e.text }

func (e *wireError) Unwrap() error { return e.is }

// clean turns an error of the HTTP layer into a wireError; hidden are this request's own secrets.
func (g *Gateway) clean(path string, err error, hidden ...string) error {
	var located *url.Error
	if errors.As(err, &located) {
		err = located.Err
	}
	w := &wireError{path: path, text: describe(err)}
	for _, s := range append(hidden, g.secret) {
		if s != "" {
			w.text = strings.ReplaceAll(w.text, s, "…")
			w.text = strings.ReplaceAll(w.text, url.QueryEscape(s), "…")
		}
	}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, errTooLarge, errStranger} {
		if errors.Is(err, cause) {
			w.is = cause
		}
	}
	return w
}

// describe gives the text of errors that are known not to quote what was sent or received, and for all others only
// their type.
func describe(err error) string {
	var (
		network *net.OpError
		timeout net.Error
		cert    *tls.CertificateVerificationError
		status  *statusError
	)
	switch {
	case errors.As(err, &network), errors.As(err, &cert), errors.As(err, &status), errors.As(err, &timeout) && timeout.Timeout(),
		errors.Is(err, context.Canceled), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, errTooLarge), errors.Is(err, errStranger), errors.Is(err, errNoOwner):
		return err.Error()
	}
	return fmt.Sprintf("transport error of type %T", err)
}
