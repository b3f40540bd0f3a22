package wechat

import (
	"math/rand/v2"
	"time"
)

// Operations, as they are called in a Failure and in metrics.
const (
	opLogin = "login"
	opToken = "token"

	opTokenForced = "token_forced" // in metrics only
	opPhone       = "phone"
	opNotify      = "notify"
	opTemplates   = "templates"
	opCheckText   = "check_text"
	opMedia       = "submit_media"
	opPageCode    = "page_code"
	opShareLink   = "share_link"
)

// kindOf maps an errcode to what should be done about it. At the token endpoint a refusal never concerns the message or
// the person that the token was wanted for: it is the configuration, 40001 being the secret; a code that is not in the
// table is a delay.
func kindOf(op string, code int) Kind {
	kind := tableKind(op, code)
	if op != opToken {
		return kind
	}
	switch kind {
	case KindBusy, KindUnknown:
		return KindBusy
	case KindThrottled, KindQuota:
		return kind
	default:
		return KindConfig
	}
}

func tableKind(op string, code int) Kind {
	switch code {
	case -1, 200001, 85431, 43108:
		return KindBusy
	case 40001, 40014, 42001:
		return KindToken
	case 45011:
		return KindThrottled
	case 45009:
		if op == opPageCode {
			return KindThrottled // there it is the quota of the minute
		}
		return KindQuota
	case 43101:
		return KindGone
	case 40003, 43104, 40029, 40163, 40226, 40037, 45168, 61010, 87014:
		return KindRefused
	case 41028, 41029, 41030, 47001, 47003, 40097, 40129, 40165, 40169, 40212, 41001, 40066:
		return KindInvalid
	case 40002, 40013, 40125, 41002, 41004, 40164, 89501, 89503, 89506, 89507, 40243, 50004, 50007, 61024, 50002,
		43107, 45103, 45109, 48001:
		return KindConfig
	}
	return KindUnknown
}

// retryAt says when an operation that failed so may be tried again, with jitter so that replicas do not meet.
func (g *Gateway) retryAt(f *Failure) time.Time {
	now := g.now()
	switch {
	case f.Code == 43108:
		return now.Add(2*time.Second + jitter(3*time.Second))
	case f.Kind == KindThrottled:
		return now.Truncate(time.Minute).Add(time.Minute + jitter(5*time.Second))
	case f.Kind == KindQuota:
		return nextDay(now)
	case f.Code == 89506:
		return now.Add(24 * time.Hour)
	case f.Code == 89507:
		return now.Add(time.Hour)
	case f.Kind == KindConfig:
		return now.Add(10 * time.Minute)
	}
	return time.Time{}
}

// jitter is a random time below most.
func jitter(most time.Duration) time.Duration {
	return rand.N(most) //nolint:gosec // spreads load, guards nothing
}

// nextDay is the next midnight in China, where WeChat counts its quotas; China has no daylight saving.
func nextDay(now time.Time) time.Time {
	y, m, d := now.In(time.FixedZone("CST", 8*60*60)).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.FixedZone("CST", 8*60*60)).UTC()
}
