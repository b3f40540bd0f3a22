package attend_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
)

func (b *bench) opening(kind string, minutes int64) attend.Opening {
	return attend.Opening{SessionID: b.session.ID, Kind: kind, Minutes: minutes, Reason: "田间没有屏幕"}
}

// opens opens the pass code.
func (b *bench) opens(kind string, minutes int64) attend.PassCodes {
	b.TB.Helper()
	got, err := b.s.OpenPass(b.TB.Context(), b.clerk, b.opening(kind, minutes))
	if err != nil {
		b.TB.Fatal(err)
	}
	return got
}

// says redeems a pass code under a nonce of its own.
func (b *bench) says(a access.Actor, kind, code string) (model.CheckIn, error) {
	b.TB.Helper()
	b.nonces++
	return b.s.RedeemPass(b.TB.Context(), a, attend.Pass{SessionID: b.session.ID, Kind: kind, Code: code, Nonce: fmt.Sprintf("nonce-%04d", b.nonces)})
}

// wrong is a code that is none of those that are good for some minutes.
func wrong(p attend.PassCodes) string {
	good := map[string]bool{p.Now.Text: true}
	for _, c := range p.Next {
		good[c.Text] = true
	}
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%08d", n); !good[code] {
			return code
		}
	}
}

func TestPassCodesComeAndGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, seat := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	_, err := b.says(me, model.KindIn, "12345678")
	is(t, err, attend.ErrPassClosed)
	p := b.opens(model.KindIn, 10)
	if len(p.Now.Text) != 8 || len(p.Next) != 9 || !p.ClosesAt.Equal(b.session.StartsAt.Add(10*minute)) {
		t.Fatalf("%+v", p)
	}
	_, err = b.says(me, model.KindOut, p.Now.Text)
	is(t, err, attend.ErrNotCheckedIn)
	_, err = b.says(b.Student("外人", b.Branch), model.KindIn, p.Now.Text)
	is(t, err, attend.ErrNoSignup)
	row, err := b.says(me, model.KindIn, p.Now.Text)
	is(t, err, nil)
	if row.Method != model.MethodPassCode || row.SignupID != seat.ID || row.OperatorID != 0 {
		t.Errorf("%+v", row)
	}
	b.Clock.Set(b.session.EndsAt)
	out := b.opens(model.KindOut, 5)
	_, err = b.says(me, model.KindOut, p.Now.Text)
	is(t, err, attend.ErrPassWrong) // the code of a check-in
	_, err = b.says(me, model.KindOut, out.Now.Text)
	is(t, err, nil)
	if b.claim(me).Minutes != 120 {
		t.Errorf("%+v", b.claim(me))
	}
	late, _ := b.member2()
	b.Clock.Set(out.ClosesAt)
	_, err = b.says(late, model.KindIn, p.Now.Text)
	is(t, err, attend.ErrTooLate)
}

// member2 is one more student with a seat, however late it is.
func (b *bench) member2() (access.Actor, model.Signup) {
	b.TB.Helper()
	now := b.Clock.Now()
	b.Clock.Set(b.session.StartsAt.Add(-48 * time.Hour))
	defer b.Clock.Set(now)
	return b.member("迟到")
}

func TestAPassCodeLivesForTwoMinutesAtMost(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]*fault.Fault{
		0: nil, 119*time.Second + 999*time.Millisecond: nil, 120 * time.Second: attend.ErrPassWrong,
		-2 * time.Second: nil, -2001 * time.Millisecond: attend.ErrPassWrong, // another replica's clock may be that much ahead
	} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			me, _ := b.member("我")
			b.Clock.Set(b.session.StartsAt)
			code := b.opens(model.KindIn, 10).Next[2]
			b.Clock.Set(code.ValidFrom.Add(age))
			_, err := b.says(me, model.KindIn, code.Text)
			is(t, err, want)
		})
	}
	t.Run("never longer than it is open", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, nil)
		me, _ := b.member("我")
		b.Clock.Set(b.session.StartsAt)
		p := b.opens(model.KindIn, 1)
		b.Clock.Set(p.ClosesAt)
		_, err := b.says(me, model.KindIn, p.Now.Text)
		is(t, err, attend.ErrPassClosed)
		again := b.opens(model.KindIn, 1)
		if again.ID == p.ID || again.Now.Text == p.Now.Text {
			t.Error("a new opening has codes of its own")
		}
	})
}

func TestWhoOpensAPassCode(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	open := func(as access.Actor, in attend.Opening) error {
		_, err := b.s.OpenPass(t.Context(), as, in)
		return err
	}
	is(t, open(b.clerk, b.opening(model.KindIn, 10)), attend.ErrTooEarly)
	b.Clock.Set(b.session.StartsAt)
	is(t, open(me, b.opening(model.KindIn, 10)), access.ErrDenied)
	is(t, open(b.Staff("外面", access.HostStaff, b.Town), b.opening(model.KindIn, 10)), access.ErrDenied)
	is(t, open(access.Actor{ClientID: 1, Scopes: []access.Permission{access.CheckInShow}}, b.opening(model.KindIn, 10)), access.ErrDenied)
	is(t, open(b.clerk, b.opening(model.KindIn, 16)), fault.ErrInvalid)
	is(t, open(b.clerk, attend.Opening{SessionID: b.session.ID, Kind: model.KindIn, Minutes: 1, Reason: " "}), access.ErrReason)
	is(t, open(b.clerk, attend.Opening{SessionID: 99, Kind: model.KindIn, Minutes: 1, Reason: "无"}), fault.ErrNotFound)
	first := b.opens(model.KindIn, 5)
	b.Clock.Add(4 * minute)
	longer := b.opens(model.KindIn, 10)
	if longer.ID != first.ID || !longer.ClosesAt.Equal(b.session.StartsAt.Add(14*minute)) || b.count("audit_log", "action = ?", "check_in.open_pass") != 2 {
		t.Errorf("%+v then %+v", first, longer)
	}
	if shorter := b.opens(model.KindIn, 1); !shorter.ClosesAt.Equal(longer.ClosesAt) {
		t.Errorf("shortened: %+v", shorter)
	}
	got, err := b.s.CurrentPass(t.Context(), b.clerk, b.session.ID, model.KindIn)
	if err != nil || got.Now.Text != b.opens(model.KindIn, 1).Now.Text {
		t.Error(got, err)
	}
	_, err = b.s.CurrentPass(t.Context(), b.clerk, b.session.ID, model.KindOut)
	is(t, err, attend.ErrPassClosed)
	_, err = b.s.CurrentPass(t.Context(), me, b.session.ID, model.KindIn)
	is(t, err, access.ErrDenied)
	b.Clock.Set(b.session.EndsAt.Add(-minute))
	if p := b.opens(model.KindIn, 15); !p.ClosesAt.Equal(b.session.EndsAt) {
		t.Errorf("open until %s", p.ClosesAt)
	}
	b.policy(func(p *model.Policy) { p.PassCodeMinutes = 0 })
	is(t, open(b.clerk, b.opening(model.KindOut, 1)), attend.ErrPassNever)
	b.Clock.Set(b.session.EndsAt)
	b.policy(func(p *model.Policy) { p.PassCodeMinutes = 15 })
	is(t, open(b.clerk, b.opening(model.KindIn, 1)), attend.ErrTooLate)
}

func TestPassCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	p := b.opens(model.KindIn, 15)
	for range 5 {
		_, err := b.says(me, model.KindIn, wrong(p))
		is(t, err, attend.ErrPassWrong)
	}
	_, err := b.says(me, model.KindIn, p.Now.Text) // even the good one now
	is(t, err, attend.ErrPassTries)
	b.Clock.Add(5 * minute)
	_, err = b.says(me, model.KindIn, b.opens(model.KindIn, 1).Now.Text) // and however long it takes
	is(t, err, attend.ErrPassTries)
	if n := b.count("check_ins", "method = ? AND verdict = ?", model.MethodPassCode, model.VerdictFailed); n != 7 {
		t.Errorf("%d tries are stored", n)
	}
	if _, err := b.scan(me, b.session.ID, model.KindIn); err != nil {
		t.Errorf("another way must stay open: %v", err)
	}
}

// Twenty-five students, each within their own limit, may guess a hundred times together and no more, also at once.
func TestAllTogetherGuessAHundredTimes(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	members := make([]access.Actor, 25)
	for i := range members {
		members[i], _ = b.member(fmt.Sprint("学生", i))
	}
	honest, _ := b.member("老实人")
	b.Clock.Set(b.session.StartsAt)
	p := b.opens(model.KindIn, 15)
	bad := wrong(p)
	judged := 0
	for _, err := range testkit.Together(125, func(i int) error {
		_, err := b.s.RedeemPass(t.Context(), members[i%25], attend.Pass{SessionID: b.session.ID, Kind: model.KindIn, Code: bad, Nonce: fmt.Sprint("guess-", i)})
		return err
	}) {
		if errors.Is(err, attend.ErrPassWrong) {
			judged++
		} else if !errors.Is(err, attend.ErrPassTries) {
			t.Error(err)
		}
	}
	if judged != 100 {
		t.Errorf("%d guesses were judged", judged)
	}
	_, err := b.says(honest, model.KindIn, p.Now.Text)
	is(t, err, attend.ErrPassTries)
	b.Clock.Set(p.ClosesAt)
	_, err = b.says(honest, model.KindIn, b.opens(model.KindIn, 1).Now.Text)
	is(t, err, nil) // staff opened it anew
}

// A million guesses with a full view of when codes change, but without the limits, hit as often as chance says: about
// 10⁶ · 2/10⁸. With them nobody has more than five.
func TestPassCodesLookRandom(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	secret, at := make([]byte, 32), time.Date(2026, 10, 14, 1, 0, 0, 0, time.UTC)
	hits, seen := 0, map[string]bool{}
	guesses := 20_000
	if testing.Short() {
		guesses = 2000
	}
	for i := range guesses {
		o := model.PassOpening{ID: int64(i / 100), SessionID: 7, Kind: model.KindIn}
		now := at.Add(time.Duration(i) * time.Second)
		if attend.PassLives(secret, o, fmt.Sprintf("%08d", r.IntN(100_000_000)), now) {
			hits++
		}
		seen[attend.PassOf(secret, o, int64(i))] = true
	}
	if hits > 0 || len(seen) < guesses-10 {
		t.Errorf("%d hits, %d different codes of %d", hits, len(seen), guesses)
	}
}
