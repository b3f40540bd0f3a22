package round

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/signup"
	"baodao/service/text"
)

// ErrProposalOver refuses an answer that comes too late.
var ErrProposalOver = fault.Define(fault.Conflict, "match.proposal_over", "答复时间已过，这条建议已失效；空出的名额进入下一轮。", "The time to answer is over and the proposal has lapsed; the seat goes into the next round.")

// Accept says yes for the student. When the host has said so too, there is a signup in the same transaction. A rule of
// signing up that stands in the way and that the student can do something about is the answer, and nothing changes: there is
// time until the proposal lapses. One that cannot be mended rejects the proposal and names the reason. Accepting again gets
// the same answer.
//
// fault.ErrNotFound for a proposal of somebody else, ErrProposalOver, fault.ErrState, and the refusals of package signup.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id int64) (Proposal, error) {
	return s.own(ctx, actor, id, func(tx *gorm.DB, p *model.MatchProposal, hostPath string) error {
		if p.StudentOkAt != nil && p.Status != model.ProposalRejected {
			return nil
		}
		if err := s.answerable(p); err != nil {
			return err
		}
		d := decision{s: s, tx: tx, actor: actor, hostPath: hostPath}
		now := s.Now()
		if p.HostOkAt != nil {
			return d.confirm(map[string]any{"student_ok_at": now}, true, p)
		}
		why, err := s.Signups.MayMatch(tx, pickOf(p))
		switch {
		case err != nil:
			return err
		case why != nil && mendable(why):
			return why
		case why != nil:
			return d.refuse(p, why)
		}
		return s.Audit.Edit(tx, actor, p, p.Version, audit.Move{Action: "match_proposal.student_yes", OrgPath: hostPath, Set: map[string]any{"student_ok_at": now}})
	})
}

// Decline says no for the student. No reason is asked and nothing follows from it. Declining again gets the same answer.
// Errors: those of Accept but for the rules of signing up.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id int64) (Proposal, error) {
	return s.own(ctx, actor, id, func(tx *gorm.DB, p *model.MatchProposal, hostPath string) error {
		if p.Status == model.ProposalRejected && p.RejectedBy == byStudent {
			return nil
		}
		if err := s.answerable(p); err != nil {
			return err
		}
		d := decision{s: s, tx: tx, actor: actor, hostPath: hostPath}
		return d.reject(p, byStudent, "", "")
	})
}

// own runs do on the student's own proposal, which is locked, and answers with the proposal as it is then.
func (s *Service) own(ctx context.Context, actor access.Actor, id int64, do func(*gorm.DB, *model.MatchProposal, string) error) (out Proposal, err error) {
	if err := actor.Require(access.MatchAsk); err != nil {
		return out, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		rows, err := lockProposals(tx, []int64{id})
		if err != nil {
			return err
		}
		before, err := s.read(tx, id)
		if err == nil && (len(rows) == 0 || actor.StudentID == 0 || rows[0].StudentID != actor.StudentID) {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := do(tx, rows[0], before.HostPath); err != nil {
			return err
		}
		out, err = s.read(tx, id)
		return err
	})
	return out, err
}

// lockProposals locks proposals in the order of their ids. It comes before every other lock but that of a round.
func lockProposals(tx *gorm.DB, ids []int64) ([]*model.MatchProposal, error) {
	var rows []*model.MatchProposal
	if err := atomic.ForUpdate(tx).Where("id IN ?", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("lock proposals: %w", err)
	}
	return rows, nil
}

// answerable tells whether a proposal still waits for an answer.
func (s *Service) answerable(p *model.MatchProposal) error {
	switch statusAt(p, s.Now()) {
	case model.ProposalProposed:
		return nil
	case model.ProposalLapsed:
		return ErrProposalOver
	default:
		return fault.ErrState
	}
}

func pickOf(p *model.MatchProposal) signup.Pick {
	return signup.Pick{ProposalID: p.ID, StudentID: p.StudentID, PositionID: p.PositionID}
}

// mendable tells whether a student can do something about a refusal before the proposal lapses.
func mendable(why *fault.Fault) bool {
	return slices.ContainsFunc([]*fault.Fault{
		signup.ErrConflict, signup.ErrLoadCap, signup.ErrSuspended, signup.ErrNeedsTraining, signup.ErrNeedsInsurance, signup.ErrNeedsClearance, signup.ErrNeedsConsent,
	}, func(f *fault.Fault) bool { return errors.Is(why, f) })
}

// decision is an answer on its way: to proposals of one host, which are locked.
type decision struct {
	s        *Service
	tx       *gorm.DB
	actor    access.Actor
	hostPath string
	english  string // of why the rules say no
}

// confirm makes signups of proposals to which both sides have said yes. set are the columns of the last yes. A refusal by
// the rules of signing up rejects the proposal; one that the student who just said yes can mend is the answer instead.
func (d *decision) confirm(set map[string]any, asks bool, rows ...*model.MatchProposal) error {
	picks := make([]signup.Pick, len(rows))
	for i, p := range rows {
		picks[i] = pickOf(p)
	}
	got, err := d.s.Signups.Match(d.tx, d.actor, picks...)
	if err != nil {
		return err
	}
	for i, p := range rows {
		why := got[i].Refusal
		switch {
		case why != nil && asks && mendable(why):
			return why
		case why != nil:
			err = d.refuse(p, why)
		default:
			move := audit.Move{Action: "match_proposal.confirm", To: string(model.ProposalConfirmed), OrgPath: d.hostPath, Set: map[string]any{"signup_id": got[i].Signup.ID}}
			for column, value := range set {
				move.Set[column] = value
			}
			err = d.s.Audit.Move(d.tx, d.actor, p, move)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse ends a proposal that the rules do not allow.
func (d *decision) refuse(p *model.MatchProposal, why *fault.Fault) error {
	d.english = why.EN
	return d.reject(p, byRules, why.Code, why.ZH)
}

// reject ends a proposal and tells whoever has said yes to it or has to know.
func (d *decision) reject(p *model.MatchProposal, by, code, reason string) error {
	err := d.s.Audit.Move(d.tx, d.actor, p, audit.Move{
		Action: "match_proposal.reject", To: string(model.ProposalRejected), Reason: text.Cut(reason, reasonMost), OrgPath: d.hostPath,
		Set: map[string]any{"rejected_by": by, "reason_code": code, "reason": text.Cut(reason, reasonMost)}, Data: map[string]any{"by": by, "code": code},
	})
	if err != nil {
		return err
	}
	return d.s.tellEnded(d.tx, ending{proposal: p, hostPath: d.hostPath, by: by, reason: reason, english: d.english})
}

// reasonMost is how many characters of a reason a proposal keeps.
const reasonMost = 200
