package attend

import (
	"context"
	"fmt"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

// pixels is the width and height of a code's picture.
const pixels = 480

// Codes are what a screen needs to keep rotating for a minute.
type Codes struct {
	SessionID int64
	Kind      string
	Now       Code
	Next      []Code    // the following ones, for Ahead
	OpensAt   time.Time // codes are accepted from then
	ClosesAt  time.Time // and until then, excluded
}

// CurrentCode gives the present code of a session and kind and those of the next minute. Who may show it follows from the
// activity; fault.ErrState when the activity is not published (any more).
func (s *Service) CurrentCode(ctx context.Context, actor access.Actor, sessionID int64, kind string) (Codes, error) {
	if err := actor.Require(access.CheckInShow); err != nil {
		return Codes{}, err
	}
	now := s.Now()
	c, err := sceneOf(s.DB.WithContext(ctx), sessionID, now)
	if err != nil {
		return Codes{}, err
	}
	if err := actor.Check(access.CheckInShow, c.object); err != nil {
		return Codes{}, err
	}
	if c.activity.Status != model.ActivityPublished {
		return Codes{}, fault.ErrState
	}
	step := stepOf(now)
	out := Codes{SessionID: sessionID, Kind: kind, Now: makeCode(s.CodeKey, sessionID, kind, step)}
	for n := int64(1); n <= int64(Ahead/Step); n++ {
		out.Next = append(out.Next, makeCode(s.CodeKey, sessionID, kind, step+n))
	}
	out.OpensAt, out.ClosesAt = c.window(kind)
	return out, nil
}

// Picture draws the present code as a QR code in PNG.
func (s *Service) Picture(ctx context.Context, actor access.Actor, sessionID int64, kind string) ([]byte, error) {
	codes, err := s.CurrentCode(ctx, actor, sessionID, kind)
	if err != nil {
		return nil, err
	}
	png, err := qrcode.Encode(codes.Now.Text, qrcode.Medium, pixels)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	return png, nil
}
