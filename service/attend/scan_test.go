package attend_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
)

// shows is the code that a student shows.
func (b *bench) shows(a access.Actor) string {
	b.TB.Helper()
	codes, err := b.s.OwnCode(b.TB.Context(), a, b.session.ID)
	if err != nil {
		b.TB.Fatal(err)
	}
	return codes.Now.Text
}

// scans scans a code as staff, under a nonce of its own.
func (b *bench) scans(by access.Actor, code, kind string) (attend.Scanned, error) {
	b.TB.Helper()
	b.nonces++
	return b.s.Scan(b.TB.Context(), by, attend.Scan{SessionID: b.session.ID, Kind: kind, Code: code, Nonce: fmt.Sprintf("nonce-%04d", b.nonces)})
}

func TestStaffScanStudents(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, seat := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	code := b.shows(me)
	if len(code) != 30 || strings.Trim(code, alphabet) != "" {
		t.Errorf("%q does not fit a scene", code)
	}
	got, err := b.scans(b.clerk, code, model.KindIn)
	is(t, err, nil)
	if got.Method != model.MethodStaffScan || got.OperatorID != b.clerk.UserID || got.SignupID != seat.ID || got.Student.Name != "我" {
		t.Errorf("%+v", got)
	}
	_, err = b.scans(b.clerk, code, model.KindIn)
	is(t, err, attend.ErrAlreadyIn)
	b.Clock.Set(b.session.EndsAt)
	_, err = b.scans(b.clerk, code, model.KindOut)
	is(t, err, attend.ErrCodeExpired)
	_, err = b.scans(b.clerk, b.shows(me), model.KindOut)
	is(t, err, nil)
	if b.claim(me).Minutes != 120 {
		t.Errorf("%+v", b.claim(me))
	}
	if n := b.count("check_ins", "operator_id = ? AND method = ?", b.clerk.UserID, model.MethodStaffScan); n != 4 {
		t.Errorf("%d scans are stored", n)
	}
}

func TestWhatIsNoCodeOfAStudent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	_, other, _ := b.Activity(b.project, 1, func(_ *model.Activity, s *model.Session) { s.StartsAt, s.EndsAt = b.session.StartsAt, b.session.EndsAt })
	b.Clock.Set(b.session.StartsAt)
	own := b.shows(me)
	for name, code := range map[string]string{
		"junk": "hello", "a screen's": b.code(b.session.ID, model.KindIn), "of another session": attend.MakeOwnCode(b.s.CodeKey, other.ID, me.StudentID, attend.StepOf(b.Clock.Now())).Text,
		"of another student": own[:5] + "zzzz" + own[9:],
	} {
		if _, err := b.scans(b.clerk, code, model.KindIn); !errors.Is(err, attend.ErrCodeInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := b.count("check_ins", "student_id = 0 AND reason = ? AND operator_id = ?", "code_invalid", b.clerk.UserID); n != 4 {
		t.Errorf("%d scans of unknown codes are stored", n)
	}
	if _, err := b.s.Redeem(t.Context(), me, attend.Try{Code: own, Nonce: "own-code"}); !errors.Is(err, attend.ErrCodeInvalid) {
		t.Errorf("a student redeems their own code: %v", err)
	}
	stranger := b.Student("外人", b.Branch)
	_, err := b.s.OwnCode(t.Context(), stranger, b.session.ID)
	is(t, err, attend.ErrNoSignup)
	_, err = b.scans(b.clerk, attend.MakeOwnCode(b.s.CodeKey, b.session.ID, stranger.StudentID, attend.StepOf(b.Clock.Now())).Text, model.KindIn)
	is(t, err, attend.ErrNoSignup)
	_, err = b.s.OwnCode(t.Context(), me, 99)
	is(t, err, fault.ErrNotFound)
	_, err = b.s.OwnCode(t.Context(), b.clerk, b.session.ID)
	is(t, err, access.ErrDenied)
}

func TestWhoScans(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	staffed := b.Grant(me, access.HostStaff, b.Community)
	mate, _ := b.member("同学")
	b.Clock.Set(b.session.StartsAt)
	for name, c := range map[string]struct {
		as   access.Actor
		want *fault.Fault
	}{
		"oneself":       {staffed, access.ErrOwnInterest},
		"a mate":        {mate, access.ErrDenied},
		"another host":  {b.Staff("外面", access.HostStaff, b.Town), access.ErrDenied},
		"an API client": {access.Actor{ClientID: 1, Scopes: []access.Permission{access.CheckInShow}}, access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.scans(c.as, b.shows(me), model.KindIn)
			is(t, err, c.want)
		})
	}
	_, err := b.s.Scan(t.Context(), b.clerk, attend.Scan{SessionID: 99, Kind: model.KindIn, Code: b.shows(me), Nonce: "nowhere-1"})
	is(t, err, fault.ErrNotFound)
	if b.count("check_ins") != 0 {
		t.Error("what nobody may do is stored")
	}
}

// Staff who scan old pictures do not use up a student's own tries, and a repeat of a scan gets its first answer.
func TestScansAndTheStudentsLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	old := b.shows(me)
	b.Clock.Add(20 * time.Second)
	for range 12 {
		_, err := b.scans(b.clerk, old, model.KindIn)
		is(t, err, attend.ErrCodeExpired)
	}
	scan := attend.Scan{SessionID: b.session.ID, Kind: model.KindIn, Code: b.shows(me), Nonce: "one-scan-1"}
	if err := errors.Join(testkit.Together(20, func(int) error { _, err := b.s.Scan(t.Context(), b.clerk, scan); return err })...); err != nil {
		t.Error(err)
	}
	if n := b.count("check_ins", "verdict = ?", model.VerdictOK); n != 1 {
		t.Errorf("%d check-ins", n)
	}
	for i := range 9 {
		_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: "junk", Nonce: fmt.Sprint("junk-", i)})
		is(t, err, attend.ErrCodeInvalid)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	svg, err := b.s.Picture(t.Context(), b.clerk, b.session.ID, model.KindIn, attend.SVG)
	is(t, err, nil)
	own, err := b.s.OwnPicture(t.Context(), me, b.session.ID, attend.SVG)
	is(t, err, nil)
	if !bytes.HasPrefix(svg, []byte("<svg ")) || !bytes.HasSuffix(svg, []byte("</svg>")) || bytes.Equal(svg, own) {
		t.Errorf("%.200s", svg)
	}
	png, err := b.s.OwnPicture(t.Context(), me, b.session.ID, attend.PNG)
	is(t, err, nil)
	if dark, total := inks(t, svg), len(png); dark < 300 || total == 0 {
		t.Errorf("%d dots are dark", dark)
	}
}

// inks counts the dark dots of a drawing, and fails when one lies outside.
func inks(t *testing.T, svg []byte) (n int) {
	t.Helper()
	path := string(svg[bytes.LastIndex(svg, []byte(`d="`))+3 : bytes.LastIndex(svg, []byte(`"/>`))])
	for run := range strings.SplitSeq(strings.TrimSuffix(path, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back || x < 4 || y < 4 || w < 1 || x+w > 41 {
			t.Fatalf("%q: %v", run, err)
		}
		n += w
	}
	return n
}
