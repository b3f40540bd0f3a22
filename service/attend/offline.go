package attend

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/signup"
)

// offlineToken is one line of a list that somebody takes along: it lets this operator, and nobody else, record this signup
// in this session, for times from the issue of the list until the end of its validity (excluded). Whole seconds.
type offlineToken struct {
	session, signup, operator int64
	issued, until             time.Time
}

// A token is 64 characters of base64url: version 1 byte, session, signup and operator 8 each, both times 4 each, and the
// first 120 bits of HMAC-SHA256 over all that. Its key follows from the one of check-in codes, for this purpose alone.
const (
	offlineVersion = 1
	offlinePayload = 1 + 3*8 + 2*4
	offlineMAC     = 15
)

func (t offlineToken) text(key []byte) string {
	raw := []byte{offlineVersion}
	for _, id := range []int64{t.session, t.signup, t.operator} {
		raw = binary.BigEndian.AppendUint64(raw, uint64(id)) //nolint:gosec // ids are positive
	}
	for _, at := range []time.Time{t.issued, t.until} {
		raw = binary.BigEndian.AppendUint32(raw, uint32(at.Unix())) //nolint:gosec // until 2106
	}
	return base64.RawURLEncoding.EncodeToString(append(raw, offlineTag(key, raw)...))
}

// readOffline reads a genuine token, whatever its age; ok is false for everything that the key did not make.
func readOffline(key []byte, text string) (t offlineToken, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != offlinePayload+offlineMAC || raw[0] != offlineVersion {
		return t, false
	}
	payload := raw[:offlinePayload]
	if !hmac.Equal(raw[offlinePayload:], offlineTag(key, payload)) {
		return t, false
	}
	id := func(at int) int64 { return int64(binary.BigEndian.Uint64(payload[at:])) } //nolint:gosec // we wrote it
	moment := func(at int) time.Time { return time.Unix(int64(binary.BigEndian.Uint32(payload[at:])), 0).UTC() }
	return offlineToken{session: id(1), signup: id(9), operator: id(17), issued: moment(25), until: moment(29)}, true
}

func offlineTag(key, payload []byte) []byte {
	own := hmac.New(sha256.New, key)
	own.Write([]byte("offline list"))
	tag := hmac.New(sha256.New, own.Sum(nil))
	tag.Write(payload)
	return tag.Sum(nil)[:offlineMAC]
}

// OfflineList is what somebody takes along to where there is no network.
type OfflineList struct {
	SessionID  int64
	IssuedAt   time.Time
	ValidUntil time.Time // for times of recording, excluded
	OpensAt    time.Time // check-ins count from then
	InUntil    time.Time // check-ins count before this, check-outs before ValidUntil
	UploadBy   time.Time // later it goes to review
	People     page.Result[OfflinePerson]
}

// OfflinePerson is one line of the list; the name is masked.
type OfflinePerson struct {
	Present

	Token string
}

// OfflineList pages the participants of a session for somebody who will record without a network, each with a token that only
// they can use. They are not on it themselves. fault.ErrState when the activity is not published (any more) or the
// session is over: then there is nothing to record.
func (s *Service) OfflineList(ctx context.Context, actor access.Actor, sessionID int64, req page.Request) (OfflineList, error) {
	if err := actor.Require(access.CheckInOffline); err != nil {
		return OfflineList{}, err
	}
	if actor.UserID == 0 {
		return OfflineList{}, access.ErrDenied // a program meets nobody
	}
	now, db := s.Now(), s.DB.WithContext(ctx)
	c, err := sceneOf(db, sessionID, now)
	if err == nil {
		err = actor.Check(access.CheckInOffline, c.object)
	}
	if err != nil {
		return OfflineList{}, err
	}
	_, closes := c.window(model.KindOut)
	if c.activity.Status != model.ActivityPublished || !now.Before(closes) {
		return OfflineList{}, fault.ErrState
	}
	out := OfflineList{SessionID: sessionID, IssuedAt: now.Truncate(time.Second), ValidUntil: closes.Truncate(time.Second), UploadBy: c.session.EndsAt.Add(c.policy.OfflineUpload())}
	out.OpensAt, out.InUntil = c.window(model.KindIn)
	rows, err := presentIn(db, c, req)
	if err != nil {
		return out, err
	}
	students := make([]int64, len(rows))
	for i, r := range rows {
		students[i] = r.StudentID
	}
	people, err := signup.Students(db, s.Vault, false, students...)
	if err != nil {
		return out, err
	}
	cut := page.Cut(rows, req.Size(), listSession, func(p Present) []int64 { return []int64{p.SignupID} })
	out.People = page.Result[OfflinePerson]{Items: []OfflinePerson{}, Next: cut.Next}
	for _, r := range cut.Items {
		if r.StudentID == actor.StudentID {
			continue // nobody records themselves
		}
		r.Student = people[r.StudentID]
		t := offlineToken{session: sessionID, signup: r.SignupID, operator: actor.UserID, issued: out.IssuedAt, until: out.ValidUntil}
		out.People.Items = append(out.People.Items, OfflinePerson{r, t.text(s.CodeKey)})
	}
	return out, nil
}
