package org

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/read"
	"baodao/service/vault"
)

// Refusals about join requests.
var (
	ErrJoinPending = fault.Define(fault.Conflict, "join.pending", "您已有一个待审批的加入申请。", "You have a join request that is not decided yet.")
	ErrNumberTaken = fault.Define(fault.Conflict, "join.number_taken", "该学号已登记给另一名学生，请核对学号与姓名。", "The student number belongs to another student of the university.")
)

// JoinInfo is a join request with the personal fields opened.
type JoinInfo struct {
	model.JoinRequest
	Name   string
	Number string
}

// RequestJoin asks to join the branch that the code belongs to. One request of a person may be pending at a time.
// Those who decide about it read the name, which must not be content.ErrRisky; a doubt about it is theirs to settle.
func (s *Service) RequestJoin(ctx context.Context, actor access.Actor, key idem.Key, code string, c Claim) (JoinInfo, error) {
	if err := actor.Require(access.Person); err != nil {
		return JoinInfo{}, err
	}
	if err := c.settle(); err != nil {
		return JoinInfo{}, err
	}
	row, err := content.Do(ctx, s.Content, actor, func() (model.JoinRequest, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "createJoinRequest", key, func(tx *gorm.DB) (model.JoinRequest, error) {
			return s.requestJoin(tx, actor, code, c)
		})
	})
	return JoinInfo{JoinRequest: row, Name: c.Name, Number: c.StudentNo}, err
}

func (s *Service) requestJoin(tx *gorm.DB, actor access.Actor, code string, c Claim) (model.JoinRequest, error) {
	o, err := s.openBranch(tx, code)
	if err != nil {
		return model.JoinRequest{}, err
	}
	own, err := profileOf(tx, actor.UserID)
	if err != nil {
		return model.JoinRequest{}, err
	}
	if own.ID != 0 {
		return model.JoinRequest{}, ErrBound
	}
	me, err := s.Vault.Person(tx, actor.UserID)
	if err != nil {
		return model.JoinRequest{}, err
	}
	if err := s.Content.Offered(tx, actor, content.Profile, o.Path, []content.Text{{At: "/name", Text: c.Name}}); err != nil {
		return model.JoinRequest{}, err
	}
	now := s.Now()
	row := model.JoinRequest{
		ID: s.NewID(), BranchID: o.ID, UserID: actor.UserID, PendingUser: &actor.UserID, Status: model.JoinPending, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	row.StudentNoEnc, row.NameEnc = me.Seal(vault.JoinStudentNo, row.ID, c.StudentNo), me.Seal(vault.JoinName, row.ID, c.Name)
	err = tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return row, ErrJoinPending
	}
	if err != nil {
		return row, fmt.Errorf("insert join request: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "join_request.create", Object: "join_requests", ObjectID: row.ID, OrgPath: o.Path, To: string(row.Status),
	})
}

// MyJoinRequests lists the person's own requests, newest first.
func (s *Service) MyJoinRequests(ctx context.Context, actor access.Actor, p page.Request) (page.Result[JoinInfo], error) {
	if err := actor.Require(access.Person); err != nil {
		return page.Result[JoinInfo]{}, err
	}
	keys, ok, err := p.Key("my_join_requests", 1)
	if err != nil {
		return page.Result[JoinInfo]{}, err
	}
	q := s.DB.WithContext(ctx).Where("user_id = ?", actor.UserID)
	if ok {
		q = q.Where("id < ?", keys[0])
	}
	return s.joinPage(ctx, q.Order("id DESC"), p.Size(), "my_join_requests")
}

// JoinRequests lists the requests to join a branch in one state, oldest first, with the names they give.
func (s *Service) JoinRequests(ctx context.Context, actor access.Actor, branchID int64, status model.JoinStatus, p page.Request) (page.Result[JoinInfo], error) {
	var none page.Result[JoinInfo]
	if err := actor.Require(access.JoinApprove); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	o, err := ByID(db, branchID)
	if err != nil {
		return none, err
	}
	if err := actor.Check(access.JoinApprove, access.Object{Paths: []string{o.Path}, Read: access.OrgRead}); err != nil {
		return none, err
	}
	keys, ok, err := p.Key("join_requests", 1)
	if err != nil {
		return none, err
	}
	q := db.Where("branch_id = ? AND status = ?", branchID, status)
	if ok {
		q = q.Where("id > ?", keys[0])
	}
	return s.joinPage(ctx, q.Order("id"), p.Size(), "join_requests")
}

func (s *Service) joinPage(ctx context.Context, q *gorm.DB, size int, list string) (page.Result[JoinInfo], error) {
	var rows []model.JoinRequest
	if err := q.Limit(size + 1).Find(&rows).Error; err != nil {
		return page.Result[JoinInfo]{}, fmt.Errorf("list join requests: %w", err)
	}
	cut := page.Cut(rows, size, list, func(r model.JoinRequest) []int64 { return []int64{r.ID} })
	infos, err := s.openJoins(s.DB.WithContext(ctx), cut.Items)
	return page.Result[JoinInfo]{Items: infos, Next: cut.Next}, err
}

// openJoins opens the personal fields of join requests.
func (s *Service) openJoins(tx *gorm.DB, rows []model.JoinRequest) ([]JoinInfo, error) {
	people, err := s.Vault.People(tx, idsOf(rows, func(r model.JoinRequest) int64 { return r.UserID })...)
	if err != nil {
		return nil, err
	}
	infos := make([]JoinInfo, len(rows))
	for i, r := range rows {
		no, noErr := people[r.UserID].Open(vault.JoinStudentNo, r.ID, r.StudentNoEnc)
		name, nameErr := people[r.UserID].Open(vault.JoinName, r.ID, r.NameEnc)
		if err := errors.Join(noErr, nameErr); err != nil {
			return nil, err
		}
		infos[i] = JoinInfo{JoinRequest: r, Name: name, Number: no}
	}
	return infos, nil
}

// joinRequest locks a request and checks that the actor may decide on it.
func joinRequest(tx *gorm.DB, actor access.Actor, id int64) (model.JoinRequest, model.Org, error) {
	row, err := read.One[model.JoinRequest](atomic.ForUpdate(tx).Where("id = ?", id), "join request")
	if err != nil {
		return row, model.Org{}, err
	}
	o, err := ByID(tx, row.BranchID)
	if err != nil {
		return row, o, err
	}
	if err := actor.Check(access.JoinApprove, access.Object{Paths: []string{o.Path}}); err != nil {
		return row, o, err
	}
	return row, o, actor.NotOwn(nil, []int64{row.UserID})
}
