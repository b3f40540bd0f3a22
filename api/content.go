package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/upload"
)

// ContentAPI is the queue of what a person must look at before others see it.
type ContentAPI struct {
	Checks  *content.Service
	Uploads *upload.Service
}

// ContentReviewView is one thing to look at.
type ContentReviewView struct {
	ID        ID            `json:"id" doc:"The check"`
	Kind      string        `json:"kind" enum:"TEXT,IMAGE" doc:"Texts, or a picture" example:"TEXT"`
	Use       string        `json:"use" enum:"PROFILE,ORG,PROGRAMME,PAIRING,PROJECT,ACTIVITY,SIGNUP,APPEAL,INCIDENT,VERDICT,PICTURE" doc:"Where it will stand" example:"ACTIVITY"`
	Status    string        `json:"status" enum:"REVIEW,PASSED,RISKY" doc:"REVIEW until somebody decides" example:"REVIEW"`
	Why       string        `json:"why,omitempty" enum:"SUGGESTED,UNSEEN,NO_OPENID,NO_ANSWER,NO_ADDRESS" doc:"SUGGESTED: WeChat was not sure; UNSEEN: the author was not in the mini-program for two hours; NO_OPENID: the author has no WeChat account here; NO_ANSWER: WeChat said nothing for 40 minutes; NO_ADDRESS: WeChat cannot fetch the picture" example:"SUGGESTED"`
	Label     int           `json:"label,omitempty" doc:"Reason in WeChat's numbers" example:"21000"`
	UserID    *ID           `json:"user_id,omitempty" doc:"The author; absent for an API client"`
	Texts     []CheckedText `json:"texts,omitempty" doc:"Only of one check, for a week after the decision"`
	Reason    string        `json:"reason,omitempty" doc:"What the reviewer wrote" example:"含有联系方式"`
	CreatedAt Time          `json:"created_at" doc:"When it was submitted"`
}

// CheckedText is one text to look at.
type CheckedText struct {
	At   string `json:"at" doc:"Which field of the request" example:"/title"`
	Text string `json:"text" doc:"What its author wrote" example:"社区清洁日"`
}

func newContentReviewView(r model.ContentCheck) ContentReviewView {
	return ContentReviewView{
		ID: ID(r.ID), Kind: r.Kind, Use: r.Purpose, Status: string(r.Status), Why: r.Why, Label: r.Label, UserID: idOrNil(r.UserID),
		Reason: r.Reason, CreatedAt: At(r.CreatedAt),
	}
}

// ContentReviewOut is one thing to look at.
type ContentReviewOut struct{ Body ContentReviewView }

func newContentReviewOut(c content.Case, err error) (*ContentReviewOut, error) {
	if err != nil {
		return nil, err
	}
	v := newContentReviewView(c.ContentCheck)
	for _, t := range c.Texts {
		v.Texts = append(v.Texts, CheckedText(t))
	}
	return &ContentReviewOut{Body: v}, nil
}

// ListContentReviewsIn asks for a page of the queue.
type ListContentReviewsIn struct{ PageIn }

// List is the queue in the caller's scope, the oldest first.
func (a *ContentAPI) List(c *gin.Context, in *ListContentReviewsIn) (*PageOut[ContentReviewView], error) {
	ctx := c.Request.Context()
	rows, err := a.Checks.Queue(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newContentReviewView), nil
}

// ContentReviewIn names a check.
type ContentReviewIn struct {
	ID ID `path:"id" doc:"The check"`
}

// Get reads one thing to look at, with its texts.
func (a *ContentAPI) Get(c *gin.Context, in *ContentReviewIn) (*ContentReviewOut, error) {
	ctx := c.Request.Context()
	return newContentReviewOut(a.Checks.Review(ctx, access.From(ctx), int64(in.ID)))
}

// Picture reads the picture to look at.
func (a *ContentAPI) Picture(c *gin.Context, in *ContentReviewIn) (*File, error) {
	ctx := c.Request.Context()
	id, err := a.Checks.ReviewedUpload(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	p, err := a.Uploads.ForReview(ctx, id)
	return newPicture(c, p, err)
}

// Pass lets it be shown.
func (a *ContentAPI) Pass(c *gin.Context, in *ContentReviewIn) (*ContentReviewOut, error) {
	ctx := c.Request.Context()
	return newContentReviewOut(a.Checks.Accept(ctx, access.From(ctx), int64(in.ID)))
}

// RejectContentIn names a check and why it fails.
type RejectContentIn struct {
	ID   ID `path:"id" doc:"The check"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; its author reads it. No names of persons" example:"含有联系方式"`
	}
}

// Reject keeps it from being shown.
func (a *ContentAPI) Reject(c *gin.Context, in *RejectContentIn) (*ContentReviewOut, error) {
	ctx := c.Request.Context()
	return newContentReviewOut(a.Checks.Reject(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}
