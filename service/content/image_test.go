package content_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/content"
)

// picture adds an upload of the author's that waits for its check.
func (k *kit) picture() {
	k.TB.Helper()
	k.write(func(tx *gorm.DB) error { return k.Checks.AddImage(tx, k.author, 4711, k.Community.Path) })
}

// trace is the id under which WeChat looks at the picture.
func (k *kit) trace() string {
	k.TB.Helper()
	row := k.is(model.CheckChecking, "")
	return *row.TraceID
}

func (k *kit) verdict(suggest string) {
	k.TB.Helper()
	if err := k.Checks.MediaVerdict(k.TB.Context(), *k.only().TraceID, suggest, 100); err != nil {
		k.TB.Fatal(err)
	}
}

func TestAPicturesVerdictComesByItsTrace(t *testing.T) {
	t.Parallel()
	for suggest, status := range map[string]model.CheckStatus{"pass": model.CheckPassed, "review": model.CheckReview, "risky": model.CheckRisky, "": model.CheckReview, "new word": model.CheckReview} {
		k := newKit(t)
		k.picture()
		k.advance()
		k.trace()
		if err := k.Checks.MediaVerdict(t.Context(), "nobody's", suggest, 100); !errors.Is(err, content.ErrUnknownTrace) {
			t.Fatalf("%v", err)
		}
		k.verdict(suggest)
		version := k.only().Version
		k.verdict(suggest)
		k.verdict("review")
		if row := k.only(); row.Status != status || row.Version != version {
			t.Fatalf("%q: %s, version %d, was %d", suggest, row.Status, row.Version, version)
		}
	}
}

func TestAVerdictBeforeTheRowIsBroughtAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var early error
	k.submitted = func(trace string) {
		early = k.Checks.MediaVerdict(context.WithoutCancel(t.Context()), trace, "pass", 100)
	}
	k.picture()
	k.advance()
	if !errors.Is(early, content.ErrUnknownTrace) {
		t.Fatalf("%v, want that it is kept for later", early)
	}
	k.verdict("pass")
	k.is(model.CheckPassed, "")
}

func TestAPictureWithoutAVerdictIsAPersonsBusiness(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.picture()
	k.advance()
	k.Clock.Add(39 * time.Minute)
	k.advance()
	k.is(model.CheckChecking, "")
	k.Clock.Add(time.Minute)
	k.advance()
	row := k.is(model.CheckReview, "NO_ANSWER")
	_, err := k.Checks.Reject(t.Context(), k.town, row.ID, "看不清，像是赌场")
	want(t, err, content.ErrRisky.Code) // the author reads the reason
	_, err = k.Checks.Reject(t.Context(), k.town, row.ID, "看不清")
	want(t, err, "")
	want(t, k.Checks.MediaVerdict(t.Context(), *row.TraceID, "pass", 100), "") // too late: a person has decided
	got, err := k.Checks.Review(t.Context(), k.town, row.ID)
	if err != nil || got.Status != model.CheckRisky || got.Why != "NO_ANSWER" || got.Reason != "看不清" {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestALateVerdictSparesThePerson(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.picture()
	k.advance()
	k.Clock.Add(41 * time.Minute)
	k.advance()
	k.verdict("pass")
	k.is(model.CheckPassed, "")
}

func TestPicturesWeChatCannotSee(t *testing.T) {
	t.Parallel()
	t.Run("the author was away", func(t *testing.T) {
		k := newKit(t)
		k.Clock.Add(3 * time.Hour)
		k.picture()
		k.advance()
		k.is(model.CheckReview, "UNSEEN")
	})
	t.Run("there is no address", func(t *testing.T) {
		k := newKit(t)
		k.Checks.Address = nil
		k.picture()
		k.advance()
		k.is(model.CheckReview, "NO_ADDRESS")
	})
	t.Run("down, and back", func(t *testing.T) {
		k := newKit(t)
		k.down()
		k.picture()
		k.advance()
		k.is(model.CheckPending, "")
		k.up()
		k.Clock.Add(time.Minute)
		k.advance()
		k.trace()
	})
	t.Run("down for 40 minutes", func(t *testing.T) {
		k := newKit(t)
		k.down()
		k.picture()
		k.advance()
		k.Clock.Add(41 * time.Minute)
		k.advance()
		k.is(model.CheckReview, "NO_ANSWER")
	})
}
