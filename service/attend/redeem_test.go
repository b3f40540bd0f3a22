package attend_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
)

func TestRedeem(t *testing.T) {
	t.Parallel()
	start := func(b *bench) time.Time { return b.session.StartsAt }
	end := func(b *bench) time.Time { return b.session.EndsAt }
	in := func(b *bench, me access.Actor) {
		b.Clock.Set(b.session.StartsAt)
		if _, err := b.scan(me, b.session.ID, model.KindIn); err != nil {
			b.TB.Fatal(err)
		}
	}
	inOut := func(b *bench, me access.Actor) { b.serve(me, b.session, 0, 60) }
	tests := map[string]struct {
		kind   string
		at     time.Duration // after from
		from   func(b *bench) time.Time
		before func(b *bench, me access.Actor)
		want   *fault.Fault
		reason string
	}{
		"in at the first moment":           {kind: model.KindIn, from: start, at: -30 * minute},
		"in a millisecond early":           {kind: model.KindIn, from: start, at: -30*minute - time.Millisecond, want: attend.ErrTooEarly, reason: "too_early"},
		"in at the last moment":            {kind: model.KindIn, from: end, at: -time.Millisecond},
		"in when it is over":               {kind: model.KindIn, from: end, want: attend.ErrTooLate, reason: "too_late"},
		"in twice":                         {kind: model.KindIn, from: start, at: minute, before: in, want: attend.ErrAlreadyIn, reason: "already_in"},
		"in after out":                     {kind: model.KindIn, from: start, at: 61 * minute, before: inOut, want: attend.ErrAlreadyIn, reason: "already_in"},
		"out":                              {kind: model.KindOut, from: start, at: minute, before: in},
		"out at the last moment":           {kind: model.KindOut, from: end, at: 60*minute - time.Millisecond, before: in},
		"out when that is over":            {kind: model.KindOut, from: end, at: 60 * minute, before: in, want: attend.ErrTooLate, reason: "too_late"},
		"out without in":                   {kind: model.KindOut, from: end, want: attend.ErrNotCheckedIn, reason: "not_in"},
		"out without in when that is over": {kind: model.KindOut, from: end, at: time.Hour, want: attend.ErrNotCheckedIn, reason: "not_in"},
		"out twice":                        {kind: model.KindOut, from: end, before: inOut, want: attend.ErrAlreadyOut, reason: "already_out"},
		"in after the signup was cancelled": {kind: model.KindIn, from: start, at: -minute, want: attend.ErrNoSignup, reason: "no_signup", before: func(b *bench, me access.Actor) {
			var row model.Signup
			if err := b.DB.Where("student_id = ?", me.StudentID).First(&row).Error; err != nil {
				b.TB.Fatal(err)
			}
			if _, err := b.signups.Cancel(b.TB.Context(), me, row.ID); err != nil {
				b.TB.Fatal(err)
			}
		}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			me, seat := b.member("我")
			if c.before != nil {
				c.before(b, me)
			}
			b.Clock.Set(c.from(b).Add(c.at))
			rows, pairs := b.count("check_ins"), b.count("attendances")
			row, err := b.scan(me, b.session.ID, c.kind)
			is(t, err, c.want)
			if b.count("check_ins") != rows+1 {
				t.Errorf("%d rows added, want one for every try", b.count("check_ins")-rows)
			}
			if c.want != nil {
				failed := b.count("check_ins", "verdict = ? AND reason = ? AND session_id = ? AND kind = ?", model.VerdictFailed, c.reason, b.session.ID, c.kind)
				if failed != 1 || b.count("attendances") != pairs {
					t.Errorf("%d failed tries with the reason, %d pairs more", failed, b.count("attendances")-pairs)
				}
				return
			}
			if row.SignupID != seat.ID || row.Verdict != model.VerdictOK || !row.LogicalAt.Equal(b.Clock.Now()) || row.OperatorID != 0 {
				t.Errorf("%+v", row)
			}
		})
	}
}

func TestCodesLiveForTwentySeconds(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]*fault.Fault{
		0: nil, 9999 * time.Millisecond: nil, 19999 * time.Millisecond: nil,
		20 * time.Second: attend.ErrCodeExpired, time.Minute: attend.ErrCodeExpired,
		-2 * time.Second: nil, -2001 * time.Millisecond: attend.ErrCodeExpired, // another replica's clock may be that much ahead
	} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			me, _ := b.member("我")
			code := attend.MakeCode(b.s.CodeKey, b.session.ID, model.KindIn, attend.StepOf(b.session.StartsAt))
			b.Clock.Set(code.ValidFrom.Add(age))
			_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code.Text, Nonce: "nonce-1"})
			is(t, err, want)
			if want != nil && b.count("check_ins", "reason = ? AND session_id = ?", "code_expired", b.session.ID) != 1 {
				t.Error("the try is not stored")
			}
		})
	}
}

func TestStrangeCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	for i, code := range []string{"hello", b.code(b.session.ID, model.KindIn)[:29] + "!", b.code(99, model.KindIn)} {
		_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: fmt.Sprintf("nonce-%d", i)})
		is(t, err, attend.ErrCodeInvalid)
	}
	if n := b.count("check_ins", "verdict = ? AND reason = ?", model.VerdictFailed, "code_invalid"); n != 3 {
		t.Errorf("%d tries stored", n)
	}
	_, other, _ := b.Activity(b.project, 1, func(_ *model.Activity, s *model.Session) { s.StartsAt, s.EndsAt = b.session.StartsAt, b.session.EndsAt })
	_, err := b.scan(me, other.ID, model.KindIn)
	is(t, err, attend.ErrNoSignup)
}

func TestWhoMayRedeem(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Clock.Set(b.session.StartsAt)
	for name, c := range map[string]struct {
		as   access.Actor
		want *fault.Fault
	}{
		"nobody":     {access.Actor{}, access.ErrRequired},
		"clerk":      {b.clerk, access.ErrDenied},
		"API client": {access.Actor{ClientID: 1, Scopes: []access.Permission{access.CheckInMake}}, access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.scan(c.as, b.session.ID, model.KindIn)
			is(t, err, c.want)
		})
	}
	if b.count("check_ins") != 0 {
		t.Error("a try of nobody is stored")
	}
}

func TestSameNonceSameAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	other, _ := b.member("别人")
	b.Clock.Set(b.session.StartsAt)
	code := b.code(b.session.ID, model.KindIn)
	one, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: "good"})
	is(t, err, nil)
	_, err = b.s.Redeem(t.Context(), me, attend.Try{Code: "junk", Nonce: "bad"})
	is(t, err, attend.ErrCodeInvalid)
	before := b.everything()
	b.Clock.Add(time.Hour)
	two, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: "good"})
	is(t, err, nil)
	if two.ID != one.ID || !two.LogicalAt.Equal(one.LogicalAt) {
		t.Errorf("first %+v, repeat %+v", one, two)
	}
	_, err = b.s.Redeem(t.Context(), me, attend.Try{Code: b.code(b.session.ID, model.KindOut), Nonce: "bad"}) // even with a good code now
	is(t, err, attend.ErrCodeInvalid)
	if b.everything() != before {
		t.Error("a repeat wrote something")
	}
	_, err = b.s.Redeem(t.Context(), other, attend.Try{Code: b.code(b.session.ID, model.KindIn), Nonce: "good"})
	is(t, err, nil) // a nonce is the student's own
}

func TestTenWrongCodesAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	other, _ := b.member("别人")
	b.Clock.Set(b.session.StartsAt)
	for i := range 10 {
		_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: "junk", Nonce: fmt.Sprint("wrong-", i)})
		is(t, err, attend.ErrCodeInvalid)
		b.Clock.Add(time.Second)
	}
	before := b.everything()
	_, err := b.scan(me, b.session.ID, model.KindIn)
	is(t, err, fault.ErrRate)
	if f, ok := errors.AsType[*fault.Fault](err); !ok || f.RetryAfter != 50*time.Second {
		t.Errorf("retry after %v, want 50 s", f.RetryAfter)
	}
	_, err = b.s.Redeem(t.Context(), me, attend.Try{Code: "junk", Nonce: "wrong-0"})
	is(t, err, attend.ErrCodeInvalid) // a repeat is no new try
	if b.everything() != before {
		t.Error("a limited try wrote something")
	}
	if _, err = b.scan(other, b.session.ID, model.KindIn); err != nil {
		t.Errorf("one student's limit hit another: %v", err)
	}
	b.Clock.Add(50 * time.Second)
	_, err = b.scan(me, b.session.ID, model.KindIn)
	is(t, err, nil)
}

func TestManyScansOfOneStudent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	for _, c := range []struct {
		kind string
		at   time.Duration
		want *fault.Fault
	}{{model.KindIn, 0, attend.ErrAlreadyIn}, {model.KindOut, 2 * time.Hour, attend.ErrAlreadyOut}} {
		b.Clock.Set(b.session.StartsAt.Add(c.at))
		code := b.code(b.session.ID, c.kind)
		good := 0
		for _, err := range testkit.Together(30, func(i int) error {
			_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: fmt.Sprint(c.kind, i)})
			return err
		}) {
			if err == nil {
				good++
			} else if !errors.Is(err, c.want) {
				t.Error(err)
			}
		}
		if good != 1 {
			t.Errorf("%d scans counted", good)
		}
	}
	if b.count("attendances") != 1 || b.count("hours_claims") != 1 || b.claim(me).Minutes != 120 {
		t.Errorf("%d pairs, claims %+v", b.count("attendances"), b.claims(me))
	}
}

func TestOneNonceManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	code := b.code(b.session.ID, model.KindIn)
	if err := errors.Join(testkit.Together(20, func(int) error {
		_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: "same"})
		return err
	})...); err != nil {
		t.Error(err)
	}
	if b.count("check_ins") != 1 {
		t.Errorf("%d rows", b.count("check_ins"))
	}
}

func TestManyStudentsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	members := make([]access.Actor, 40)
	for i := range members {
		members[i], _ = b.member(fmt.Sprint("学生", i))
	}
	all := func(kind string, at time.Time) {
		b.Clock.Set(at)
		code := b.code(b.session.ID, kind)
		if err := errors.Join(testkit.Together(len(members), func(i int) error {
			_, err := b.s.Redeem(t.Context(), members[i], attend.Try{Code: code, Nonce: kind})
			return err
		})...); err != nil {
			t.Fatal(err)
		}
	}
	all(model.KindIn, b.session.StartsAt)
	all(model.KindOut, b.session.EndsAt)
	if n := b.count("hours_claims", "minutes = 120 AND status = ?", model.ClaimComputed); n != 40 || b.count("signups", "status = ?", model.SignupCompleted) != 40 {
		t.Errorf("%d claims", n)
	}
}

func TestANonceIsOfOneTry(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	try := func(kind string) error {
		_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: b.code(b.session.ID, kind), Nonce: "nonce-of-the-morning"})
		return err
	}
	b.Clock.Set(b.session.StartsAt)
	is(t, try(model.KindIn), nil)
	b.Clock.Set(b.session.EndsAt)
	is(t, try(model.KindIn), nil) // a repeat, with the code of the hour
	is(t, try(model.KindOut), attend.ErrNonceUsed)
	if n := b.count("attendances", "out_at IS NOT NULL"); n != 0 {
		t.Errorf("%d have left", n)
	}
}

func TestNobodyLeavesBeforeItBegins(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt.Add(-10 * minute))
	_, err := b.scan(me, b.session.ID, model.KindIn)
	is(t, err, nil)
	b.Clock.Set(b.session.StartsAt.Add(-time.Millisecond))
	_, err = b.scan(me, b.session.ID, model.KindOut)
	is(t, err, attend.ErrTooEarly)
	b.Clock.Set(b.session.StartsAt)
	_, err = b.scan(me, b.session.ID, model.KindOut)
	is(t, err, nil)
}
