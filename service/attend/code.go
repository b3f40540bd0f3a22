package attend

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"baodao/model"
	"baodao/service/access"
)

// A code is 30 characters of 0-9 A-Z a-z _ - (it fits the scene of a mini-program code): version 1, id 9, step and
// kind 5, MAC 15. The MAC is the first 90 bits of HMAC-SHA256 with a key of the session's own over all that stands before it.
// Version 1 is shown on a screen and names its session; version 2 is shown by a student, names the student, has no kind and
// is good for one session alone, with keys of another domain.
const (
	screenCode  = "1"
	studentCode = "2"
	idLen       = 9 // 54 bits
	stepLen     = 5 // 30 bits: step << 1 | kind
	macLen      = 15
	codeLen     = len(screenCode) + idLen + stepLen + macLen

	// Step is how long a code is shown; the one before is accepted too, so a code lives for two steps.
	Step = 10 * time.Second
	// Skew is how far the clocks of two replicas may be apart: a code of the next step is accepted that much early.
	Skew = access.Skew
	// Ahead is how far in advance codes are given out, for a screen with a bad line.
	Ahead = 60 * time.Second
)

// digits are the base64url alphabet, written most significant first.
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// Code is one code of a session as it is shown.
type Code struct {
	Text       string
	ValidFrom  time.Time // included
	ValidUntil time.Time // excluded: the end of the step after
}

// makeCode is the code of a session and kind for a step.
func makeCode(key []byte, session int64, kind string, step int64) Code {
	return codeOf(key, screenCode, session, session, step<<1|kindBit(kind), step)
}

// makeOwnCode is the code that a student shows at a session in a step.
func makeOwnCode(key []byte, session, student, step int64) Code {
	return codeOf(key, studentCode, session, student, step<<1, step)
}

func codeOf(key []byte, version string, session, id, packed, step int64) Code {
	payload := version + encode(id, idLen) + encode(packed, stepLen)
	from := time.UnixMilli(step * Step.Milliseconds()).UTC()
	return Code{Text: payload + mac(key, session, payload), ValidFrom: from, ValidUntil: from.Add(2 * Step)}
}

// stepOf is the step that an instant falls into, counted from 1970.
func stepOf(at time.Time) int64 { return at.UnixMilli() / Step.Milliseconds() }

// lives tells whether a code of a step is accepted at an instant, by the clock of the process that is asked.
func lives(step int64, at time.Time) bool {
	age := at.Sub(time.UnixMilli(step * Step.Milliseconds()))
	return age >= -Skew && age < 2*Step
}

// readCode reads a genuine code of a screen, whatever its age; ok is false for everything that the key did not make.
func readCode(key []byte, text string) (session int64, kind string, step int64, ok bool) {
	session, packed, ok := parts(screenCode, text)
	if !ok || !genuine(key, session, text) {
		return 0, "", 0, false
	}
	return session, kindOf(packed & 1), packed >> 1, true
}

// readOwnCode reads a genuine code of a student for a session.
func readOwnCode(key []byte, session int64, text string) (student, step int64, ok bool) {
	student, packed, ok := parts(studentCode, text)
	if !ok || packed&1 != 0 || !genuine(key, session, text) {
		return 0, 0, false
	}
	return student, packed >> 1, true
}

// parts takes a code apart without believing it.
func parts(version, text string) (id, packed int64, ok bool) {
	if len(text) != codeLen || text[:1] != version {
		return 0, 0, false
	}
	id, good := decode(text[1 : 1+idLen])
	packed, ok = decode(text[1+idLen : codeLen-macLen])
	return id, packed, good && ok
}

// genuine tells whether a code carries the MAC of a session.
func genuine(key []byte, session int64, text string) bool {
	return hmac.Equal([]byte(text[codeLen-macLen:]), []byte(mac(key, session, text[:codeLen-macLen])))
}

// mac signs a payload with the session's own key for codes of its version.
func mac(key []byte, session int64, payload string) string {
	own := hmac.New(sha256.New, key)
	own.Write([]byte("check-in code "))
	if payload[:1] == studentCode {
		own.Write([]byte("of a student "))
	}
	own.Write(binary.BigEndian.AppendUint64(nil, uint64(session))) //nolint:gosec // ids are positive
	tag := hmac.New(sha256.New, own.Sum(nil))
	tag.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(tag.Sum(nil))[:macLen]
}

func kindBit(kind string) int64 {
	if kind == model.KindOut {
		return 1
	}
	return 0
}

func kindOf(bit int64) string {
	if bit == 1 {
		return model.KindOut
	}
	return model.KindIn
}

// encode writes the lowest 6·n bits of v.
func encode(v int64, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[n-1-i] = digits[v&63]
		v >>= 6
	}
	return string(out)
}

func decode(s string) (v int64, ok bool) {
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return 0, false
		}
		v = v<<6 | int64(d)
	}
	return v, true
}
