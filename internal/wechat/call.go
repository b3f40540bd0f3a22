package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/silenceper/wechat/v2/util"
)

// get sends a GET and returns the raw body of the 200 answer.
func (g *Gateway) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return g.guarded(ctx, path, func() ([]byte, error) {
		raw, err := util.HTTPGetContext(context.WithValue(ctx, owner{}, g), "https://"+apiHost+path+"?"+query.Encode())
		if err != nil {
			return nil, g.clean(path, err, query.Get("js_code"), query.Get("access_token"))
		}
		return raw, nil
	})
}

// post sends body as JSON and returns the raw body of the 200 answer. Token may be empty. It is what the SDK's helper does,
// without the way through the SDK's one client, which copies each request twice and has a timer for it: notices are many.
// Ctx must have a deadline.
func (g *Gateway) post(ctx context.Context, path, token string, body any) ([]byte, error) {
	query := ""
	if token != "" {
		query = "access_token=" + url.QueryEscape(token)
	}
	return g.guarded(ctx, path, func() ([]byte, error) {
		raw, err := g.postRaw(ctx, path, query, body)
		if err != nil {
			return nil, g.clean(path, err, token)
		}
		return raw, nil
	})
}

func (g *Gateway) postRaw(ctx context.Context, path, query string, body any) (raw []byte, err error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, errors.New("the request cannot be told in JSON") // the cause may quote it
	}
	req := (&http.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json;charset=utf-8"}},
		Body: io.NopCloser(bytes.NewReader(text.Bytes())), ContentLength: int64(text.Len()),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text.Bytes())), nil },
	}).WithContext(ctx)
	resp, err := g.carry(req, path, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	return io.ReadAll(resp.Body)
}

// withToken runs try with the access token. If WeChat refuses the token, try runs once more with another one. All of it
// takes at most 8 s, which is below the limit of our own requests.
func (g *Gateway) withToken(ctx context.Context, op string, try func(ctx context.Context, token string) error) error {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	token, err := g.mini.GetContext().GetAccessTokenContext(ctx)
	if err != nil {
		return tokenFailure(op, err)
	}
	err = try(ctx, token)
	var f *Failure
	if !errors.As(err, &f) || f.Kind != KindToken {
		return err
	}
	next, err := g.tokens.renew(ctx, token)
	if err != nil {
		return tokenFailure(op, err)
	}
	return try(ctx, next)
}

// tokenFailure is a token source's failure, told as the failure of the operation that needed the token.
func tokenFailure(op string, err error) error {
	var f *Failure
	if !errors.As(err, &f) {
		return &Failure{Op: op, Kind: KindBusy, cause: err}
	}
	named := *f
	named.Op, named.cause = op, f
	return &named
}

// exchange makes one API call with JSON both ways. An answer without errcode counts as unreadable: a success would
// have one.
func (g *Gateway) exchange(ctx context.Context, op, method, path string, body, out any) error {
	return g.withToken(ctx, op, func(ctx context.Context, token string) error {
		var raw []byte
		var err error
		if method == http.MethodGet {
			raw, err = g.get(ctx, path, url.Values{"access_token": {token}})
		} else {
			raw, err = g.post(ctx, path, token, body)
		}
		if err != nil {
			return unknown(op, err)
		}
		coded, err := g.decode(op, raw, out)
		if err == nil && !coded {
			err = unknown(op, errUnreadable)
		}
		return err
	})
}
