package signup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/project"
	"baodao/service/text"
)

// Refusals of a group's sign-up.
var (
	ErrGroupRefused = fault.Define(fault.Conflict, "signup.group_refused", "有同学不能报名，整组没有报上；请看明细，或改为允许部分报名。", "Some of the group cannot sign up, so nobody was signed up; see who, or allow a part of the group.")
	ErrGroupMode    = fault.Define(fault.Conflict, "signup.group_mode", "抽签的活动须由同学各自报名。", "Students enter a lottery one by one.")
)

// groupMost is how many students a group may have.
const groupMost = 200

// NewGroup is a branch or a project's team that signs up as one.
type NewGroup struct {
	PositionID int64
	OrgID      int64 // branch, club or department; or
	ProjectID  int64 // project whose team it is
	StudentIDs []int64
	AllOrNone  bool // else whoever the rules allow is signed up
	Note       string
}

// Refusal is why one student of a group was not signed up.
type Refusal struct {
	StudentID int64
	Code      string
	ZH, EN    string
}

// Group is what became of a group's sign-up.
type Group struct {
	Group   model.SignupGroup
	Signups []model.Signup
	Refused []Refusal // empty for all or none
}

// CreateGroup signs the named students of a unit up by the same rules as if each came alone. All or none: every one of them
// gets a seat, or all of them a place in the waiting list, where they get their seats together; or nobody, ErrGroupRefused
// with the reason for each. Otherwise whoever the rules allow is signed up and the others are named. Each student is told and
// may cancel alone. Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrInvalid (students who are not of the unit),
// ErrGroupMode, ErrMatched, ErrGroupRefused.
func (s *Service) CreateGroup(ctx context.Context, actor access.Actor, in NewGroup, key idem.Key) (Group, error) {
	if err := actor.Require(access.SignupGroup); err != nil {
		return Group{}, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/note", In: &in.Note, Max: 500, Lines: true, Optional: true})
	wrong.Add((in.OrgID == 0) == (in.ProjectID == 0), "/org_id", "one_of", "请在 org_id 与 project_id 中给出一个", "give one of org_id and project_id")
	wrong.Add(len(in.StudentIDs) == 0 || len(in.StudentIDs) > groupMost, "/student_ids", "items", "须为 1–200 名同学", "must be 1 to 200 students")
	seen := map[int64]bool{}
	for i, id := range in.StudentIDs {
		wrong.Add(seen[id], fmt.Sprintf("/student_ids/%d", i), "unique_items", "重复了", "is there twice")
		seen[id] = true
	}
	if err := wrong.Err(); err != nil {
		return Group{}, err
	}
	var f *facts
	out, err := idem.Run(ctx, s.DB, s.Now(), actor, "createGroupSignup", key, func(tx *gorm.DB) (g Group, err error) {
		g, f, err = s.group(tx, actor, in)
		return g, err
	})
	if err == nil && f != nil {
		s.full.join(out.Signups)
	}
	return out, err
}

func (s *Service) group(tx *gorm.DB, actor access.Actor, in NewGroup) (Group, *facts, error) {
	if err := s.speaksFor(tx, actor, in); err != nil {
		return Group{}, nil, err
	}
	f, err := s.lock(tx, in.StudentIDs, []int64{in.PositionID})
	w := &writes{}
	if err == nil {
		err = s.settle(tx, f, w)
	}
	if err == nil {
		err = f.learn(tx)
	}
	if err != nil {
		return Group{}, nil, err
	}
	p := f.positions[in.PositionID]
	if p == nil || f.activities[p.ActivityID].PublishedAt == nil {
		return Group{}, nil, fault.ErrNotFound
	}
	e := f.activities[p.ActivityID]
	if e.SignupMode == model.SignupLottery {
		return Group{}, nil, ErrGroupMode
	}
	if e.SignupMode == model.SignupMatched {
		return Group{}, nil, ErrMatched
	}
	if err := s.belong(tx, f, in); err != nil {
		return Group{}, nil, err
	}
	g := Group{Group: model.SignupGroup{
		ID: s.NewID(), ActivityID: e.ID, PositionID: p.ID, OrgID: in.OrgID, ProjectID: in.ProjectID, AllOrNone: in.AllOrNone,
		CreatedBy: actor.UserID, CreatedAt: f.now,
	}, Signups: []model.Signup{}, Refused: []Refusal{}}
	if in.AllOrNone {
		err = s.allOrNone(f, w, actor, p, in, &g)
	} else {
		err = s.whoever(f, w, actor, p, in, &g)
	}
	if err != nil {
		return Group{}, nil, err
	}
	g.Group.Members = int64(len(g.Signups))
	if err := tx.Create(&g.Group).Error; err != nil {
		return Group{}, nil, fmt.Errorf("insert group: %w", err)
	}
	w.acts = append(w.acts, audit.Act{Actor: actor, Entry: audit.Entry{
		Action: "signup.group", Object: "signup_groups", ObjectID: g.Group.ID, OrgPath: e.path, Data: map[string]any{"members": g.Group.Members, "position_id": p.ID},
	}})
	return g, f, s.write(tx, f, w)
}

// speaksFor checks that the actor may sign the unit's people up: its officers, or the team's lead and advisors.
func (s *Service) speaksFor(tx *gorm.DB, actor access.Actor, in NewGroup) error {
	if in.OrgID != 0 {
		o, err := org.ByID(tx, in.OrgID)
		if err != nil {
			return err
		}
		return actor.Check(access.SignupGroup, access.Object{Paths: []string{o.Path}, Public: true})
	}
	team, err := project.TeamOf(tx, in.ProjectID, s.Now())
	if err != nil {
		return err
	}
	return actor.Check(access.SignupGroup, access.Object{Leads: team.Leads, Advisors: team.Advisors, Read: access.ProjectRead})
}

// belong names the students who are not of the unit, unknown ones included: nobody learns which.
func (s *Service) belong(tx *gorm.DB, f *facts, in NewGroup) error {
	var team project.Team
	if in.ProjectID != 0 {
		var err error
		if team, err = project.TeamOf(tx, in.ProjectID, s.Now()); err != nil {
			return err
		}
	}
	members := map[int64]bool{}
	for _, id := range append(team.Leads, team.Members...) {
		members[id] = true
	}
	if err := f.readPaths(tx); err != nil {
		return err
	}
	var wrong fault.Collector
	for i, id := range in.StudentIDs {
		st := f.students[id]
		ok := st != nil && (members[id] || in.OrgID != 0 && strings.Contains(st.path, fmt.Sprintf("/%d/", in.OrgID)))
		wrong.Add(!ok, fmt.Sprintf("/student_ids/%d", i), "not_found", "不是本单位的同学", "is no student of the unit")
	}
	return wrong.Err()
}

// allOrNone signs everybody up or nobody.
func (s *Service) allOrNone(f *facts, w *writes, actor access.Actor, p *seats, in NewGroup, g *Group) error {
	e := f.activities[p.ActivityID]
	var wrong []fault.Field
	status := model.SignupConfirmed
	for i, id := range in.StudentIDs {
		got, err := f.judge(p, f.students[id], manner{byUnit: true})
		if why, refused := errors.AsType[*fault.Fault](err); refused {
			wrong = append(wrong, fault.Field{Pointer: fmt.Sprintf("/student_ids/%d", i), Code: why.Code, ZH: why.ZH, EN: why.EN})
			continue
		}
		if err != nil {
			return err
		}
		if got != model.SignupConfirmed {
			status = got // one who has to wait makes all wait; a review is for all
		}
	}
	if len(wrong) > 0 {
		return ErrGroupRefused.With(wrong...)
	}
	status, err := p.asOne(e, f, status, in.StudentIDs)
	if err != nil {
		return err
	}
	for _, id := range in.StudentIDs {
		g.Signups = append(g.Signups, s.admit(f, w, actor, f.students[id], p, status, entry{note: in.Note, group: &g.Group.ID}))
	}
	return nil
}

// asOne is what becomes of students who get their seats together, if each of them by itself may have status: the waiting list
// when there are not seats for all, ErrFull when there is none.
func (p *seats) asOne(e *event, f *facts, status model.SignupStatus, students []int64) (model.SignupStatus, error) {
	if status == model.SignupConfirmed && !p.seat(e, f, students) {
		if !e.Waitlist || !f.now.Before(e.cutoff()) {
			return "", ErrFull
		}
		status = model.SignupWaitlisted
	}
	if status == model.SignupWaitlisted && len(students) > 1 && int64(len(students)) > p.Capacity {
		return "", ErrFull // they would wait for ever
	}
	return status, nil
}

// seat tells whether there are seats for all of them at once.
func (p *seats) seat(e *event, f *facts, students []int64) bool {
	try := *p
	for _, id := range students {
		paired := e.pairedWith(f.students[id])
		if try.free(e, paired, f.now) == 0 {
			return false
		}
		try.take(paired, false)
	}
	return true
}

// whoever signs up those whom the rules allow.
func (s *Service) whoever(f *facts, w *writes, actor access.Actor, p *seats, in NewGroup, g *Group) error {
	for _, id := range in.StudentIDs {
		status, err := f.judge(p, f.students[id], manner{byUnit: true})
		if why, refused := errors.AsType[*fault.Fault](err); refused {
			g.Refused = append(g.Refused, Refusal{StudentID: id, Code: why.Code, ZH: why.ZH, EN: why.EN})
			continue
		}
		if err != nil {
			return err
		}
		g.Signups = append(g.Signups, s.admit(f, w, actor, f.students[id], p, status, entry{note: in.Note, group: &g.Group.ID}))
	}
	if len(g.Signups) > 0 {
		return nil
	}
	var wrong []fault.Field
	for i, r := range g.Refused {
		wrong = append(wrong, fault.Field{Pointer: fmt.Sprintf("/student_ids/%d", i), Code: r.Code, ZH: r.ZH, EN: r.EN})
	}
	return ErrGroupRefused.With(wrong...)
}
