package round

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
	"baodao/service/signup"
)

// Who a proposal came to nothing by.
const (
	byStudent = "STUDENT"
	byHost    = "HOST"
	byRules   = "RULES" // of signing up, when both had said yes
)

// Proposal is a proposal with what is read beside it. Status is what the clock makes of the stored one.
type Proposal struct {
	model.MatchProposal
	RoundName, ActivityTitle, PositionTitle, HostName string
	Category                                          string
	StartsAt, EndsAt                                  time.Time      // of the activity
	HostPath                                          string         //
	Student                                           signup.Student `gorm:"-"` // for the host, name and number masked
}

const listMyProposals, listHostProposals = "match_proposals.mine", "match_proposals.host"

// proposals reads proposals of rounds that are out.
func proposals(db *gorm.DB) *gorm.DB {
	return db.Table("match_proposals AS p").
		Select("p.*, r.name AS round_name, a.title AS activity_title, a.category, a.starts_at, a.ends_at, q.title AS position_title, o.name AS host_name, o.path AS host_path").
		Joins("JOIN match_rounds AS r ON r.id = p.round_id AND r.status IN ?", []model.RoundStatus{model.RoundPublished, model.RoundClosed}).
		Joins("JOIN activities AS a ON a.id = p.activity_id").Joins("JOIN positions AS q ON q.id = p.position_id").
		Joins("JOIN orgs AS o ON o.id = p.host_org_id")
}

// statusAt is what the clock makes of a proposal: one that nobody may answer any more has lapsed.
func statusAt(p *model.MatchProposal, now time.Time) model.ProposalStatus {
	if p.Status == model.ProposalProposed && p.AnswersUntil != nil && !now.Before(*p.AnswersUntil) {
		return model.ProposalLapsed
	}
	return p.Status
}

// whereStatus keeps the proposals that have a status at an instant.
func whereStatus(q *gorm.DB, status model.ProposalStatus, now time.Time) *gorm.DB {
	switch status {
	case "":
		return q
	case model.ProposalProposed:
		return q.Where("p.status = ? AND p.answers_until > ?", status, now)
	case model.ProposalLapsed:
		return q.Where("(p.status = ? OR p.status = ? AND p.answers_until <= ?)", status, model.ProposalProposed, now)
	default:
		return q.Where("p.status = ?", status)
	}
}

// MyProposals pages the student's own proposals, newest first; status "" takes all.
func (s *Service) MyProposals(ctx context.Context, actor access.Actor, status model.ProposalStatus, req page.Request) (page.Result[Proposal], error) {
	none := page.Result[Proposal]{Items: []Proposal{}}
	if err := actor.Require(access.Person); err != nil || actor.StudentID == 0 {
		return none, err
	}
	keys, more, err := req.Key(listMyProposals, 1)
	if err != nil {
		return none, err
	}
	q := whereStatus(proposals(s.DB.WithContext(ctx)).Where("p.student_id = ?", actor.StudentID), status, s.Now())
	if more {
		q = q.Where("p.id < ?", keys[0])
	}
	rows, err := s.scan(q.Order("p.id DESC"), req)
	if err != nil {
		return none, err
	}
	return page.Cut(rows, req.Size(), listMyProposals, func(p Proposal) []int64 { return []int64{p.ID} }), nil
}

// HostFilter narrows what a host is proposed; zero values do not.
type HostFilter struct {
	RoundID, PositionID int64
	Status              model.ProposalStatus
}

// HostProposals pages what rounds propose to a host, in the order in which it was made. Names and numbers are masked.
// Errors: fault.ErrNotFound, access.ErrDenied.
func (s *Service) HostProposals(ctx context.Context, actor access.Actor, orgID int64, f HostFilter, req page.Request) (page.Result[Proposal], error) {
	none := page.Result[Proposal]{Items: []Proposal{}}
	db := s.DB.WithContext(ctx)
	if _, err := mayRead(db, actor, access.MatchSeats, orgID); err != nil {
		return none, err
	}
	keys, more, err := req.Key(listHostProposals, 1)
	if err != nil {
		return none, err
	}
	q := whereStatus(proposals(db).Where("p.host_org_id = ?", orgID), f.Status, s.Now())
	if f.RoundID != 0 {
		q = q.Where("p.round_id = ?", f.RoundID)
	}
	if f.PositionID != 0 {
		q = q.Where("p.position_id = ?", f.PositionID)
	}
	if more {
		q = q.Where("p.id > ?", keys[0])
	}
	rows, err := s.scan(q.Order("p.id"), req)
	if err == nil {
		err = s.mask(db, rows)
	}
	if err != nil {
		return none, err
	}
	return page.Cut(rows, req.Size(), listHostProposals, func(p Proposal) []int64 { return []int64{p.ID} }), nil
}

// mayRead checks a permission about an organisation, which everybody sees.
func mayRead(tx *gorm.DB, actor access.Actor, p access.Permission, orgID int64) (model.Org, error) {
	if err := actor.Require(p); err != nil {
		return model.Org{}, err
	}
	o, err := org.ByID(tx, orgID)
	if err != nil {
		return o, err
	}
	return o, actor.Check(p, access.Object{Paths: []string{o.Path}, Public: true})
}

// scan reads one row more than a page.
func (s *Service) scan(q *gorm.DB, req page.Request) ([]Proposal, error) {
	rows := []Proposal{}
	if err := q.Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list proposals: %w", err)
	}
	for i := range rows {
		rows[i].Status = statusAt(&rows[i].MatchProposal, s.Now())
	}
	return rows, nil
}

// mask says of each proposal who the student is, as far as a host may know before there is a seat. What only the student
// is told is taken out.
func (s *Service) mask(tx *gorm.DB, rows []Proposal) error {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].StudentID
	}
	students, err := signup.Students(tx, s.Vault, false, ids...)
	if err != nil {
		return err
	}
	for i := range rows {
		p := &rows[i]
		p.Student, p.WishNo, p.Score = students[p.StudentID], 0, 0
		p.Parts = model.ProposalParts{Metres: p.Parts.Metres, Overlap: p.Parts.Overlap, Points: p.Parts.Points, Seats: p.Parts.Seats}
		if p.RejectedBy == byRules {
			p.ReasonCode, p.Reason = "", ""
		}
	}
	return nil
}

// read reads one proposal of a round that is out.
func (s *Service) read(tx *gorm.DB, id int64) (Proposal, error) {
	rows, err := s.scan(proposals(tx).Where("p.id = ?", id), page.Request{Limit: 1})
	if err == nil && len(rows) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Proposal{}, err
	}
	return rows[0], nil
}
