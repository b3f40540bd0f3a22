package attend_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baodao/model"
	"baodao/service/attend"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func kinds() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{model.KindIn, model.KindOut})
}

func TestCodesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")
		session := rapid.Int64Range(1, 1<<53-1).Draw(t, "session")
		kind, step := kinds().Draw(t, "kind"), rapid.Int64Range(0, 1<<29-1).Draw(t, "step")
		code := attend.MakeCode(secret, session, kind, step)
		if len(code.Text) > 30 || strings.Trim(code.Text, alphabet) != "" {
			t.Fatalf("%q does not fit a scene", code.Text)
		}
		gotSession, gotKind, gotStep, ok := attend.ReadCode(secret, code.Text)
		if !ok || gotSession != session || gotKind != kind || gotStep != step {
			t.Fatalf("%q reads as %d %s %d %v", code.Text, gotSession, gotKind, gotStep, ok)
		}
		if code.ValidUntil.Sub(code.ValidFrom) != 20*time.Second || attend.StepOf(code.ValidFrom) != step {
			t.Fatalf("valid from %s until %s", code.ValidFrom, code.ValidUntil)
		}
	})
}

func TestEveryChangedCharacterIsNoticed(t *testing.T) {
	t.Parallel()
	secret := make([]byte, 32)
	code := attend.MakeCode(secret, 7203685477580801, model.KindIn, 178_000_000).Text
	for i := range code {
		for _, c := range alphabet + "~. " {
			forged := code[:i] + string(c) + code[i+1:]
			if _, _, _, ok := attend.ReadCode(secret, forged); ok && forged != code {
				t.Errorf("%q is taken for genuine", forged)
			}
		}
	}
	for _, other := range []string{"", code[:29], code + "A", code + code, strings.Repeat("1", 30)} {
		if _, _, _, ok := attend.ReadCode(secret, other); ok {
			t.Errorf("%q is taken for genuine", other)
		}
	}
	if _, _, _, ok := attend.ReadCode([]byte(strings.Repeat("k", 32)), code); ok {
		t.Error("another key reads the code")
	}
}

// A tag belongs to one session, kind and step.
func TestTagsCannotBeMoved(t *testing.T) {
	t.Parallel()
	secret := make([]byte, 32)
	tag := attend.MakeCode(secret, 1001, model.KindIn, 5).Text[15:]
	for _, other := range []attend.Code{
		attend.MakeCode(secret, 1002, model.KindIn, 5), attend.MakeCode(secret, 1001, model.KindOut, 5), attend.MakeCode(secret, 1001, model.KindIn, 6),
	} {
		if _, _, _, ok := attend.ReadCode(secret, other.Text[:15]+tag); ok {
			t.Errorf("the tag of another code opens %q", other.Text)
		}
	}
}

func TestGuessesHitNothing(t *testing.T) {
	t.Parallel()
	guesses := 1_000_000
	if testing.Short() {
		guesses = 10_000
	}
	secret, r := make([]byte, 32), rand.New(rand.NewPCG(1, 2))
	prefix := attend.MakeCode(secret, 1001, model.KindIn, 178_000_000).Text[:15]
	tail := make([]byte, attend.CodeLen-len(prefix))
	for range guesses {
		for i := range tail {
			tail[i] = alphabet[r.IntN(64)]
		}
		if _, _, _, ok := attend.ReadCode(secret, prefix+string(tail)); ok {
			t.Fatalf("%s was guessed", tail)
		}
	}
}

func FuzzReadCode(f *testing.F) {
	secret := make([]byte, 32)
	f.Add(attend.MakeCode(secret, 1001, model.KindOut, 178_000_000).Text)
	f.Add("1AAAAAAAAA")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		session, kind, step, ok := attend.ReadCode(secret, text)
		if ok && attend.MakeCode(secret, session, kind, step).Text != text {
			t.Errorf("%q is read but never written", text)
		}
	})
}
