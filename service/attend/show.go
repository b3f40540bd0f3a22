package attend

import (
	"bytes"
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
	Kind      string // empty for a student's own: who scans says it
	Now       Code
	Next      []Code    // the following ones, for Ahead
	OpensAt   time.Time // codes are accepted from then
	ClosesAt  time.Time // and until then, excluded
}

// CurrentCode gives the present code of a session and kind and those of the next minute. Who may show it follows from the
// activity; fault.ErrState when the activity is not published (any more), ErrTooLate once codes of the kind are not accepted.
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
	opens, closes := c.window(kind)
	if !now.Before(closes) {
		return Codes{}, ErrTooLate
	}
	out := codesAt(now, func(step int64) Code { return makeCode(s.CodeKey, sessionID, kind, step) })
	out.SessionID, out.Kind, out.OpensAt, out.ClosesAt = sessionID, kind, opens, closes
	return out, nil
}

// codesAt makes the code of an instant and those of the time Ahead.
func codesAt(now time.Time, code func(step int64) Code) Codes {
	step := stepOf(now)
	out := Codes{Now: code(step)}
	for n := int64(1); n <= int64(Ahead/Step); n++ {
		out.Next = append(out.Next, code(step+n))
	}
	return out
}

// OwnCode gives the present code of the student for a session in which they have a seat, and those of the next minute: they
// show it to staff. ErrNoSignup without a seat; fault.ErrState when the activity is not published (any more), ErrTooLate once
// nobody checks out any more.
func (s *Service) OwnCode(ctx context.Context, actor access.Actor, sessionID int64) (Codes, error) {
	if err := actor.Require(access.CheckInMake); err != nil {
		return Codes{}, err
	}
	db, now := s.DB.WithContext(ctx), s.Now()
	scenes, err := scenesOf(db, []int64{sessionID})
	if err != nil {
		return Codes{}, err
	}
	c, ok := scenes[sessionID]
	if !ok || c.activity.PublishedAt == nil {
		return Codes{}, fault.ErrNotFound
	}
	if c.activity.Status != model.ActivityPublished {
		return Codes{}, fault.ErrState
	}
	seats, err := seatsOf(db, c.activity.ID, actor.StudentID)
	if err != nil {
		return Codes{}, err
	}
	if len(seats) == 0 {
		return Codes{}, ErrNoSignup
	}
	opens, closes := c.window(model.KindOut)
	if !now.Before(closes) {
		return Codes{}, ErrTooLate
	}
	out := codesAt(now, func(step int64) Code { return makeOwnCode(s.CodeKey, sessionID, actor.StudentID, step) })
	out.SessionID, out.OpensAt, out.ClosesAt = sessionID, opens, closes
	return out, nil
}

// Drawing is how a code's picture is drawn.
type Drawing int

// The drawings.
const (
	PNG Drawing = iota
	SVG
)

// Picture draws the present code of a screen as a QR code; see CurrentCode.
func (s *Service) Picture(ctx context.Context, actor access.Actor, sessionID int64, kind string, as Drawing) ([]byte, error) {
	codes, err := s.CurrentCode(ctx, actor, sessionID, kind)
	if err != nil {
		return nil, err
	}
	return draw(codes.Now, as)
}

// OwnPicture draws the present code of a student as a QR code; see OwnCode.
func (s *Service) OwnPicture(ctx context.Context, actor access.Actor, sessionID int64, as Drawing) ([]byte, error) {
	codes, err := s.OwnCode(ctx, actor, sessionID)
	if err != nil {
		return nil, err
	}
	return draw(codes.Now, as)
}

func draw(c Code, as Drawing) ([]byte, error) {
	qr, err := qrcode.New(c.Text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	if as == SVG {
		return svg(qr.Bitmap()), nil
	}
	png, err := qr.PNG(pixels)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	return png, nil
}

// svg draws dots of one unit each, a path step for every run of dark ones.
func svg(dots [][]bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[1]d" viewBox="0 0 %[2]d %[2]d" shape-rendering="crispEdges">`, pixels, len(dots))
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, len(dots))
	for y, row := range dots {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}
