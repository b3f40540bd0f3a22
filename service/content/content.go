// Package content lets nothing be shown that was not looked at: texts and pictures are checked by WeChat before others see
// them, and what it cannot judge is decided by a person.
package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/vault"
)

// Refusals.
var (
	ErrRisky    = fault.Define(fault.Invalid, "content.risky", "内容含有不宜发布的信息，请修改后再提交。", "The content may not be published; change what the fields name.")
	ErrInReview = fault.Define(fault.Conflict, "content.in_review", "内容正在人工审核，通过后请再次提交。", "A person is looking at the content; repeat the request once it has passed.")
)

// ErrUnknownTrace says that no picture is being looked at under a trace id, or not yet.
var ErrUnknownTrace = errors.New("content: unknown trace id")

// How long things last.
const (
	patience  = 2 * time.Second  // for WeChat, while a person waits
	jobWaits  = 20 * time.Second // for WeChat, while nobody does
	answerDue = 40 * time.Minute // after that a person looks
	keepTexts = 7 * 24 * time.Hour
	keepRows  = 180 * 24 * time.Hour // of a verdict about texts; after that they are asked about again
)

// Use says where content will stand.
type Use string

// The uses.
const (
	Profile   Use = "PROFILE"
	Org       Use = "ORG"
	Pairing   Use = "PAIRING"
	Project   Use = "PROJECT"
	Activity  Use = "ACTIVITY"
	Programme Use = "PROGRAMME"
	Signup    Use = "SIGNUP"
	Verdicts  Use = "VERDICT"
	Appeal    Use = "APPEAL"
	Incident  Use = "INCIDENT"
	picture   Use = "PICTURE"
)

// Why a person must look.
const (
	whySuggested = "SUGGESTED"
	whyUnseen    = "UNSEEN"
	whyNoOpenID  = "NO_OPENID"
	whyNoAnswer  = "NO_ANSWER"
	whyNoAddress = "NO_ADDRESS"
)

// Suggestion is a checker's judgement; what it does not know is Review.
type Suggestion string

// The judgements.
const (
	Pass   Suggestion = "pass"
	Review Suggestion = "review"
	Risky  Suggestion = "risky"
)

// Verdict is what a checker says of content.
type Verdict struct {
	Suggest Suggestion
	Label   int
	Unseen  bool // nothing was judged: WeChat has not seen the author for two hours
}

// Checker asks WeChat. An error is a fault of kind Unavailable.
type Checker interface {
	// CheckText judges a text of the author with this openid.
	CheckText(ctx context.Context, openID string, use Use, text string) (Verdict, error)
	// SubmitImage hands over a picture's address; the verdict comes later under the trace id. unseen as in Verdict.
	SubmitImage(ctx context.Context, openID, address string) (traceID string, unseen bool, err error)
}

// Service keeps the verdicts and the queue of the reviewers. A nil Service checks nothing and lets everything through.
type Service struct {
	DB      *gorm.DB
	Now     clock.Clock
	NewID   func() int64
	Audit   *audit.Log
	Vault   *vault.Vault
	Notify  *notify.Service
	Checker Checker
	Address func(uploadID int64) string // where WeChat can fetch a picture; nil: nowhere, a person looks

	ReviewDue time.Duration // for a person; after that nobody looks any more, 0: never. Checks belong to no programme, so no policy says it
}

// Text is one text; At is the JSON pointer by which its author knows it.
type Text struct {
	At   string `json:"at"`
	Text string `json:"text"`
}

// subject are texts that belong together, and to an organisation ("" for none).
type subject struct {
	use     Use
	orgPath string
	texts   []Text
	digest  []byte
	offered bool // only a risky verdict stops them
}

// unchecked stops a transaction in which texts were to be published that nobody has looked at.
type unchecked struct{ subject }

// Error names the use.
func (u *unchecked) Error() string { return "content: unchecked texts of " + string(u.use) }

// Passed is called in the transaction that makes texts visible to others. It is nil when exactly these have passed;
// otherwise an error that undoes the transaction and that Do, which must stand around it, deals with.
func (s *Service) Passed(tx *gorm.DB, actor access.Actor, use Use, orgPath string, texts []Text) error {
	return s.look(tx, actor, use, orgPath, texts, false)
}

// Offered is Passed for texts that others will see later: it has them looked at now, but only a risky one is refused.
func (s *Service) Offered(tx *gorm.DB, actor access.Actor, use Use, orgPath string, texts []Text) error {
	return s.look(tx, actor, use, orgPath, texts, true)
}

// Reason is Offered for the reason of a decision, which must not wait for anybody; an empty one is none.
func (s *Service) Reason(tx *gorm.DB, actor access.Actor, use Use, orgPath, reason string) error {
	return s.look(tx, actor, use, orgPath, []Text{{At: "/reason", Text: reason}}, true)
}

func (s *Service) look(tx *gorm.DB, actor access.Actor, use Use, orgPath string, texts []Text, offered bool) error {
	if s == nil || (actor.UserID == 0 && actor.ClientID == 0) { // what the program itself writes was written on the machine
		return nil
	}
	sub, err := s.subjectOf(use, orgPath, texts)
	if err != nil || len(sub.texts) == 0 {
		return err
	}
	sub.offered = offered
	var rows []model.ContentCheck
	if err := tx.Where("digest = ?", sub.digest).Order("id").Limit(100).Find(&rows).Error; err != nil {
		return fmt.Errorf("look for a verdict: %w", err)
	}
	var mine *model.ContentCheck
	for i, r := range rows {
		if r.Status == model.CheckPassed {
			return nil
		}
		if r.UserID == actor.UserID {
			mine = &rows[i]
		}
	}
	switch {
	case mine == nil:
		return &unchecked{sub}
	case mine.Status == model.CheckRisky:
		return risky(mine.Fields)
	case offered:
		return nil
	case mine.Status == model.CheckReview && mine.Why == whySuggested:
		return ErrInReview
	}
	return &unchecked{sub} // nobody has judged them so far; perhaps now
}

// subjectOf leaves out empty texts and makes the digest.
func (s *Service) subjectOf(use Use, orgPath string, texts []Text) (subject, error) {
	sub := subject{use: use, orgPath: orgPath}
	for _, t := range texts {
		if t.Text != "" {
			sub.texts = append(sub.texts, t)
		}
	}
	raw, err := json.Marshal(struct {
		Use   Use
		Texts []Text
	}{use, sub.texts})
	if err != nil {
		return sub, fmt.Errorf("write texts: %w", err)
	}
	sub.digest = s.Vault.Index(vault.CheckedTexts, string(raw))
	return sub, nil
}

// risky names the fields of the request.
func risky(pointers []string) error {
	fields := make([]fault.Field, len(pointers))
	for i, p := range pointers {
		fields[i] = fault.Field{Pointer: p, Code: "risky", ZH: "含有不宜发布的信息", EN: "may not be published"}
	}
	return ErrRisky.With(fields...)
}

// Do runs fn, a whole transaction. When it stopped at unchecked texts, WeChat is asked about them, outside of any
// transaction, and fn runs again. Errors beside fn's: ErrRisky naming the fields, ErrInReview, and a fault of kind
// Unavailable when WeChat does not answer.
func Do[T any](ctx context.Context, s *Service, actor access.Actor, fn func() (T, error)) (T, error) {
	const most = 3 // fn may look at more than one set of texts
	out, err := fn()
	for range most {
		stop, ok := errors.AsType[*unchecked](err)
		if !ok || s == nil {
			return out, err
		}
		if err := s.ask(ctx, actor, stop.subject); err != nil {
			var none T
			return none, err
		}
		out, err = fn()
	}
	return out, err
}
