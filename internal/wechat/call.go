package wechat

import (
	"context"
	"errors"
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

// post sends body as JSON and returns the raw body of the 200 answer. Token may be empty.
func (g *Gateway) post(ctx context.Context, path, token string, body any) ([]byte, error) {
	address := "https://" + apiHost + path
	if token != "" {
		address += "?" + url.Values{"access_token": {token}}.Encode()
	}
	return g.guarded(ctx, path, func() ([]byte, error) {
		raw, err := util.PostJSONContext(context.WithValue(ctx, owner{}, g), address, body)
		if err != nil {
			return nil, g.clean(path, err, token)
		}
		return raw, nil
	})
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
