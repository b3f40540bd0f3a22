package wechat

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

const (
	clientTimeout = 8 * time.Second
	loginTimeout  = 3 * time.Second
	headerTimeout = 5 * time.Second
	jsonCap       = 1 << 20
	imageCap      = 4 << 20

	pathLogin     = "/sns/jscode2session"
	pathPhone     = "/wxa/business/getuserphonenumber"
	pathNotify    = "/cgi-bin/message/subscribe/send"
	pathTemplates = "/wxaapi/newtmpl/gettemplate"
	pathCheckText = "/wxa/msg_sec_check"
	pathMedia     = "/wxa/media_check_async"
	pathPageCode  = "/wxa/getwxacodeunlimit"
	pathShareLink = "/wxa/generate_urllink"
)

var (
	errTooLarge = errors.New("the answer is over its size limit")
	errStranger = errors.New("the request is for another host than WeChat")
	errNoOwner  = errors.New("the request does not come from a gateway")
)

// switched guards the one assignment of the SDK's global client.
var switched sync.Once //nolint:gochecknoglobals // the SDK has a single package-level client

// useSwitchboard makes the SDK send everything through the switchboard, once for the whole process.
func useSwitchboard() {
	switched.Do(func() {
		util.DefaultHTTPClient = &http.Client{
			Transport:     switchboard{},
			Timeout:       clientTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
}

// owner is the context key under which a request carries its Gateway.
type owner struct{}

// switchboard hands each request to the Gateway that made it, so that several live in one process. A request that
// no Gateway made is refused.
type switchboard struct{}

func (switchboard) RoundTrip(req *http.Request) (*http.Response, error) {
	g, ok := req.Context().Value(owner{}).(*Gateway)
	if !ok {
		return nil, refuse(req, errNoOwner)
	}
	if req.URL.Scheme != "https" || req.URL.Host != apiHost {
		return nil, refuse(req, errStranger)
	}
	return g.roundTrip(req)
}

// refuse closes the body, as a RoundTripper must, and returns err.
func refuse(req *http.Request, err error) error {
	if req.Body != nil {
		_ = req.Body.Close() // nothing was sent; the refusal is what counts
	}
	return err
}

// roundTrip sends a request of the SDK, with the host rewritten.
func (g *Gateway) roundTrip(req *http.Request) (*http.Response, error) {
	return g.carry(req.Clone(req.Context()), req.URL.Path, req.URL.RawQuery)
}

// carry sends a request of the gateway's own to the path, and lets only a 200 of bounded size through.
func (g *Gateway) carry(out *http.Request, path, query string) (*http.Response, error) {
	target := *g.base
	target.Path += path
	target.RawQuery = query
	out.URL, out.Host = &target, ""
	carrier, limit := g.kept, int64(jsonCap)
	switch path {
	case pathLogin:
		carrier = g.fresh
	case pathPageCode:
		limit = imageCap
	}
	resp, err := carrier.RoundTrip(out)
	if err != nil {
		return nil, err //nolint:wrapcheck // cleaned by the caller, which knows the secrets to take out
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // its content is of no use
		return nil, &statusError{resp.StatusCode}
	}
	if resp.ContentLength > limit {
		_ = resp.Body.Close() // too large to be read
		return nil, errTooLarge
	}
	resp.Body = &cappedBody{ReadCloser: resp.Body, left: limit}
	return resp, nil
}

// newTransport makes a transport without environment proxies. A fresh one opens a connection for every request:
// net/http silently repeats a GET when a reused connection drops, and a login code must not be sent twice.
func newTransport(proxy *url.URL, fresh bool) *http.Transport {
	t := &http.Transport{
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   headerTimeout,
		ResponseHeaderTimeout: headerTimeout,
		DisableKeepAlives:     fresh,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

// statusError is an answer with another HTTP status than 200; redirects are among them.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("HTTP status %d", e.status) }

// cappedBody fails with errTooLarge once more than its limit was read.
type cappedBody struct {
	io.ReadCloser
	left int64
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errTooLarge
	}
	return n, err //nolint:wrapcheck // io.EOF must stay io.EOF
}
