package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"baodao/service/fault"
)

// pushMost is the size of a push; WeChat's are far below it.
const pushMost = 64 << 10

// PushReceiver proves, reads and keeps what WeChat pushes. A fault of kind Forbidden means that the caller did not prove to
// be WeChat; any other error, that the message could not be kept and shall be sent again.
type PushReceiver interface {
	Challenge(q url.Values) (echo string, err error)
	Receive(ctx context.Context, q url.Values, body []byte) error
}

// PushAPI is the address that is entered at WeChat for the message push. Nil receives nothing.
type PushAPI struct{ Receiver PushReceiver }

// PushCheckIn is the query of WeChat's check of the address.
type PushCheckIn struct {
	Signature string `query:"signature" doc:"SHA-1 over token, timestamp and nonce"`
	Timestamp string `query:"timestamp" doc:"Unix seconds, at most ten minutes from now"`
	Nonce     string `query:"nonce" doc:"Random"`
	EchoStr   string `query:"echostr" doc:"What the answer must repeat"`
}

// PushIn is the query of a push.
type PushIn struct {
	MsgSignature string `query:"msg_signature" doc:"SHA-1 over token, timestamp, nonce and the encrypted message: the proof"`
	Signature    string `query:"signature" doc:"Not relied on"`
	Timestamp    string `query:"timestamp" doc:"Unix seconds, at most ten minutes from now"`
	Nonce        string `query:"nonce" doc:"Random"`
	EncryptType  string `query:"encrypt_type" doc:"Must be aes"`
	OpenID       string `query:"openid" doc:"Not relied on"`
}

// Check answers WeChat's check of the address with its echostr.
func (a *PushAPI) Check(c *gin.Context) {
	if a.Receiver == nil {
		pushAnswer(c, "", errNoPush)
		return
	}
	echo, err := a.Receiver.Challenge(c.Request.URL.Query())
	pushAnswer(c, echo, err)
}

// Receive takes one push: the events are kept when it answers, and worked on afterwards.
func (a *PushAPI) Receive(c *gin.Context) {
	if a.Receiver == nil {
		pushAnswer(c, "", errNoPush)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, pushMost))
	if err != nil {
		Fail(c, violation(http.StatusBadRequest, "read body", []error{err})) // too large, too slow or broken off
		return
	}
	pushAnswer(c, "success", a.Receiver.Receive(c.Request.Context(), c.Request.URL.Query(), body))
}

// errNoPush refuses everybody while no push token is configured: nobody can prove to be WeChat.
var errNoPush = &fault.Fault{Kind: fault.Forbidden, Code: "wechat.push_refused"}

// pushAnswer says text, nothing but 403 to who is not WeChat, or a bare 500, after which WeChat repeats.
func pushAnswer(c *gin.Context, text string, err error) {
	var refused *fault.Fault
	switch {
	case err == nil:
		c.Data(http.StatusOK, "text/plain", []byte(text))
	case errors.As(err, &refused) && refused.Kind == fault.Forbidden:
		ex := From(c)
		ex.Code = refused.Code
		ex.Logger().WarnContext(c.Request.Context(), "push refused", "why", errors.Unwrap(refused))
		c.AbortWithStatus(http.StatusForbidden)
	default:
		From(c).Logger().ErrorContext(c.Request.Context(), "push not kept", "error", err)
		Fail(c, ErrInternal)
	}
}
