package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/matching/lottery"
	"baodao/service/signup"
)

// CreateGroupSignupIn signs people of a unit up.
type CreateGroupSignupIn struct {
	IdemIn
	PositionID ID `path:"id" doc:"The position"`
	Body       struct {
		OrgID      ID     `json:"org_id,omitempty" doc:"The branch, club or department; or give project_id"`
		ProjectID  ID     `json:"project_id,omitempty" doc:"The project whose team it is; or give org_id"`
		StudentIDs []ID   `json:"student_ids" minItems:"1" maxItems:"200" doc:"Students of the unit"`
		AllOrNone  bool   `json:"all_or_none,omitempty" doc:"Seats for all of them at once, or for none; else for whoever the rules allow"`
		Note       string `json:"note,omitempty" maxLength:"500" doc:"Why they fit" example:"我支部每月服务一次"`
	}
}

// SignupRefusalView is why one of a group was not signed up.
type SignupRefusalView struct {
	StudentID ID     `json:"student_id" doc:"The student"`
	Code      string `json:"code" doc:"As if the student had come alone" example:"signup.conflict"`
	Detail    string `json:"detail" doc:"What to do about it" example:"时间与已报名的另一个活动重叠"`
}

// GroupSignupView is what became of a group.
type GroupSignupView struct {
	ID        ID                  `json:"id" doc:"The group"`
	AllOrNone bool                `json:"all_or_none" doc:"As asked"`
	Signups   []SignupView        `json:"signups" nullable:"false" doc:"Who was signed up"`
	Refused   []SignupRefusalView `json:"refused" nullable:"false" doc:"Who was not, and why"`
}

// GroupSignupOut answers a group's sign-up.
type GroupSignupOut struct{ Body GroupSignupView }

// CreateGroup signs people of a unit up.
func (a *SignupAPI) CreateGroup(c *gin.Context, in *CreateGroupSignupIn) (*GroupSignupOut, error) {
	ctx := c.Request.Context()
	got, err := a.Signups.CreateGroup(ctx, access.From(ctx), signup.NewGroup{
		PositionID: int64(in.PositionID), OrgID: int64(in.Body.OrgID), ProjectID: int64(in.Body.ProjectID),
		StudentIDs: Views(in.Body.StudentIDs, func(id ID) int64 { return int64(id) }), AllOrNone: in.Body.AllOrNone, Note: in.Body.Note,
	}, in.Key())
	if err != nil {
		return nil, err
	}
	english := speaksEnglish(c)
	return &GroupSignupOut{Body: GroupSignupView{
		ID: ID(got.Group.ID), AllOrNone: got.Group.AllOrNone, Signups: Views(got.Signups, newSignupView),
		Refused: Views(got.Refused, func(r signup.Refusal) SignupRefusalView {
			v := SignupRefusalView{StudentID: ID(r.StudentID), Code: r.Code, Detail: r.ZH}
			if english {
				v.Detail = r.EN
			}
			return v
		}),
	}}, nil
}

// DecideSignupsIn decides about signups of an activity.
type DecideSignupsIn struct {
	ID   ID `path:"id" doc:"The activity"`
	Body struct {
		Decision  string `json:"decision" enum:"APPROVE,REJECT,REMOVE,LEAVE,NO_SHOW" doc:"APPROVE and REJECT: of a review; REMOVE: before it begins; LEAVE: excused; NO_SHOW: had a seat and did not come, takes points off" example:"APPROVE"`
		SignupIDs []ID   `json:"signup_ids" minItems:"1" maxItems:"200" uniqueItems:"true" doc:"All of them are decided, or none"`
		Reason    string `json:"reason,omitempty" maxLength:"200" doc:"Needed for REJECT and REMOVE; the student reads it. No names of persons" example:"岗位需要急救证"`
	}
}

// SignupsView is a list of signups.
type SignupsView struct {
	Signups []SignupView `json:"signups" nullable:"false" doc:"As they are now"`
}

// SignupsOut answers a decision.
type SignupsOut struct{ Body SignupsView }

// Decide decides about signups of an activity.
func (a *SignupAPI) Decide(c *gin.Context, in *DecideSignupsIn) (*SignupsOut, error) {
	ctx := c.Request.Context()
	ids := Views(in.Body.SignupIDs, func(id ID) int64 { return int64(id) })
	rows, err := a.Signups.Decide(ctx, access.From(ctx), int64(in.ID), signup.Decision(in.Body.Decision), ids, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &SignupsOut{Body: SignupsView{Signups: Views(rows, newSignupView)}}, nil
}

// LotteryIn pages the draw of a position.
type LotteryIn struct {
	PageIn
	ID ID `path:"id" doc:"The position"`
}

// LotteryEntryView is one entry of a draw.
type LotteryEntryView struct {
	ID     ID    `json:"id" doc:"The signup"`
	Weight int64 `json:"weight" doc:"Chance, relative to the others: who lacks the one practice weighs more" example:"3"`
	Seats  int64 `json:"seats" doc:"Seats it asks for" example:"1"`
}

// LotteryView is what anybody needs to draw the lots again: baodao lottery verify reads it, page after page.
type LotteryView struct {
	Algorithm  string             `json:"algorithm" doc:"See docs/lottery.md" example:"baodao-lottery-1"`
	ActivityID ID                 `json:"activity_id" doc:"The activity"`
	PositionID ID                 `json:"position_id" doc:"The position"`
	Capacity   int64              `json:"capacity" doc:"Seats that were free when the entries closed; 0 before" example:"30"`
	Commitment string             `json:"commitment" doc:"Of the seed, public from the publication on; 64 hex digits" example:"05dd7a1051191c62983f46bc674350ed07d549469eb1ccf4b1469cff7212ed47"`
	Digest     string             `json:"digest" doc:"Of the entries and the seats; empty before the draw" example:""`
	Seed       string             `json:"seed" doc:"Empty before the draw" example:""`
	Count      int                `json:"count" doc:"Entries of all pages" example:"0"`
	Start      int                `json:"start" doc:"Entries on the pages before this one" example:"0"`
	Entries    []LotteryEntryView `json:"entries" nullable:"false" doc:"Of this page, in the drawn order"`
	Order      []ID               `json:"order" nullable:"false" doc:"The drawn order"`
	Winners    []ID               `json:"winners" nullable:"false" doc:"Who got a seat, in the drawn order"`
	NextCursor string             `json:"next_cursor,omitempty" doc:"Of the next page, if there is one"`
}

// LotteryOut answers a draw.
type LotteryOut struct{ Body LotteryView }

// Lottery shows the draw of a position.
func (a *SignupAPI) Lottery(c *gin.Context, in *LotteryIn) (*LotteryOut, error) {
	ctx := c.Request.Context()
	f, next, err := a.Signups.Lottery(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	toID := func(id int64) ID { return ID(id) }
	return &LotteryOut{Body: LotteryView{
		Algorithm: f.Algorithm, ActivityID: ID(f.ActivityID), PositionID: ID(f.PositionID), Capacity: f.Capacity, Commitment: f.Commitment,
		Digest: f.Digest, Seed: f.Seed, Count: f.Count, Start: f.Start, NextCursor: next, Order: Views(f.Order, toID), Winners: Views(f.Winners, toID),
		Entries: Views(f.Entries, func(e lottery.Entry) LotteryEntryView {
			return LotteryEntryView{ID: ID(e.ID), Weight: e.Weight, Seats: e.Seats}
		}),
	}}, nil
}
