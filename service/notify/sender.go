package notify

import (
	"context"
	"time"
)

// Message is one WeChat message as it goes out.
type Message struct {
	OpenID, Template, Page string
	Fields                 map[string]string
}

// Sender gives messages to WeChat. Every error of Send is a *SendError; anything else counts as an unknown outcome.
type Sender interface {
	Send(ctx context.Context, m Message) (msgID string, err error)
	// Ready asks WeChat something harmless, to learn whether it answers at all.
	Ready(ctx context.Context) bool
}

// FailureKind is what a failed sending means for the message.
type FailureKind string

// The kinds of failure.
const (
	Unknown   FailureKind = "unknown"   // nobody can tell whether it was sent; with a code: refused for a reason we do not know
	Busy      FailureKind = "busy"      // not sent: try again soon
	Token     FailureKind = "token"     // not sent: the app's token is refused
	Throttled FailureKind = "throttled" // not sent: quota of the minute
	Quota     FailureKind = "quota"     // not sent: quota of the day
	Gone      FailureKind = "gone"      // not sent: the person has no subscription left
	Refused   FailureKind = "refused"   // not sent: this person or this content is refused
	Invalid   FailureKind = "invalid"   // not sent: the message is wrong
	Config    FailureKind = "config"    // not sent: the app or the template is blocked or set up wrong
)

// Codes of WeChat that mean more than their kind.
const (
	codeStalePerson    = 40003 // also 43104
	codeOtherPerson    = 43104
	codeNoTemplate     = 40037
	codeTemplateBanned = 43107
	codeTwoAtOnce      = 43108
)

// SendError is why a message was not, or perhaps not, sent.
type SendError struct {
	Kind    FailureKind
	Code    int       // errcode, 0 when there was no answer
	RID     string    // WeChat's request id
	RetryAt time.Time // not before this; zero leaves it to the worker
}

// Error tells the kind.
func (e *SendError) Error() string { return "send notice: " + string(e.Kind) }
