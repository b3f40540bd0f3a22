package round

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/programme"
	"baodao/service/text"
)

// HostAnswer is what a host says to some of its proposals.
type HostAnswer struct {
	ProposalIDs []int64
	Accept      bool
	ReasonCode  string // of the programme's policy; needed to decline
	Reason      string // in words
}

// answersMost is how many proposals one answer is about.
const answersMost = 100

// Answer says yes or no for a host to some of its proposals, each of which is judged alone: those that both sides have
// accepted become signups in the same transaction, seats never being given twice; those that are answered or have lapsed stay
// as they are. It tells what became of each, in the order of their ids, names masked. Answering again gets the same.
//
// fault.ErrNotFound, access.ErrDenied, access.ErrOwnInterest, fault.ErrInvalid naming proposals that are not the host's and
// a reason that is missing, content.ErrRisky.
func (s *Service) Answer(ctx context.Context, actor access.Actor, orgID int64, in HostAnswer) ([]Proposal, error) {
	if err := actor.Require(access.MatchAnswer); err != nil {
		return nil, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/reason", In: &in.Reason, Max: reasonMost, Optional: true})
	wrong.Add(len(in.ProposalIDs) == 0 || len(in.ProposalIDs) > answersMost, "/proposal_ids", "items", "须为 1–100 条建议", "must be 1 to 100 proposals")
	wrong.Add(!in.Accept && in.ReasonCode == "", "/reason_code", "required", "请选择原因", "is required to decline")
	if len(in.ProposalIDs) > answersMost {
		return nil, wrong.Err() // too many to look at
	}
	return content.Do(ctx, s.Content, actor, func() ([]Proposal, error) { return s.tryAnswer(ctx, actor, orgID, in, wrong) })
}

func (s *Service) tryAnswer(ctx context.Context, actor access.Actor, orgID int64, in HostAnswer, wrong fault.Collector) (out []Proposal, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		host, err := mayRead(tx, actor, access.MatchAnswer, orgID)
		if err != nil {
			return err
		}
		ids := slices.Compact(slices.Sorted(slices.Values(in.ProposalIDs)))
		rows, err := lockProposals(tx, ids)
		if err != nil {
			return err
		}
		if err := s.checkAnswer(tx, actor, orgID, in, rows, wrong); err != nil {
			return err
		}
		d := &decision{s: s, tx: tx, actor: actor, hostPath: host.Path}
		if in.Accept {
			err = d.hostYes(rows)
		} else {
			err = d.hostNo(host, rows, in)
		}
		if err != nil {
			return err
		}
		if out, err = s.scanAll(tx, ids); err != nil {
			return err
		}
		return s.mask(tx, out)
	})
	return out, err
}

// scanAll reads proposals by their ids.
func (s *Service) scanAll(tx *gorm.DB, ids []int64) ([]Proposal, error) {
	var out []Proposal
	if err := proposals(tx).Where("p.id IN ?", ids).Order("p.id").Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	for i := range out {
		out[i].Status = statusAt(&out[i].MatchProposal, s.Now())
	}
	return out, nil
}

// checkAnswer names proposals that are not the host's to see, a reason that the policies do not know, and what else is wrong.
// Nobody answers about themselves.
func (s *Service) checkAnswer(tx *gorm.DB, actor access.Actor, orgID int64, in HostAnswer, rows []*model.MatchProposal, wrong fault.Collector) error {
	var open []int64
	if err := proposals(tx).Select("p.id").Where("p.id IN ? AND p.host_org_id = ?", in.ProposalIDs, orgID).Scan(&open).Error; err != nil {
		return fmt.Errorf("read proposals: %w", err)
	}
	for i, id := range in.ProposalIDs {
		wrong.Add(!slices.Contains(open, id), fmt.Sprintf("/proposal_ids/%d", i), "not_found", "不是给本单位的建议", "is no proposal to this host")
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(p *model.MatchProposal) bool { return !slices.Contains(open, p.ID) })
	if !in.Accept && in.ReasonCode != "" {
		if err := s.checkReason(tx, in.ReasonCode, rows, &wrong); err != nil {
			return err
		}
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	students := make([]int64, len(rows))
	for i, p := range rows {
		students[i] = p.StudentID
	}
	return actor.NotOwn(students, nil)
}

// checkReason names a reason that a policy does not know.
func (s *Service) checkReason(tx *gorm.DB, code string, rows []*model.MatchProposal, wrong *fault.Collector) error {
	ids, err := programmesOf(tx, rows)
	if err != nil {
		return err
	}
	known := true
	for _, id := range ids {
		policy, err := programme.PolicyOf(tx, id)
		if err != nil {
			return err
		}
		known = known && slices.ContainsFunc(policy.DeclineItems(), func(i model.Item) bool { return i.Code == code })
	}
	wrong.Add(!known, "/reason_code", "enum", "不在计划规定的原因中", "is none of the programme's policy")
	return nil
}

// programmesOf are the programmes of proposals.
func programmesOf(tx *gorm.DB, rows []*model.MatchProposal) (ids []int64, err error) {
	rounds := make([]int64, len(rows))
	for i, p := range rows {
		rounds[i] = p.RoundID
	}
	if err := tx.Model(&model.MatchRound{}).Where("id IN ?", rounds).Distinct().Order("programme_id").Pluck("programme_id", &ids).Error; err != nil {
		return nil, fmt.Errorf("read programmes of proposals: %w", err)
	}
	return ids, nil
}

// hostYes notes the host's yes, and confirms the proposals that their students have accepted.
func (d *decision) hostYes(rows []*model.MatchProposal) error {
	now := d.s.Now()
	set := map[string]any{"host_ok_at": now, "host_ok_by": d.actor.UserID}
	var both []*model.MatchProposal
	for _, p := range rows {
		switch {
		case d.s.answerable(p) != nil || p.HostOkAt != nil:
			continue
		case p.StudentOkAt != nil:
			both = append(both, p)
			continue
		}
		if err := d.s.Audit.Edit(d.tx, d.actor, p, p.Version, audit.Move{Action: "match_proposal.host_yes", OrgPath: d.hostPath, Set: set}); err != nil {
			return err
		}
	}
	if len(both) == 0 {
		return nil
	}
	return d.confirm(set, false, both...)
}

// hostNo declines for the host. Whoever refuses three times without a word has to tell the committees why.
func (d *decision) hostNo(host model.Org, rows []*model.MatchProposal, in HostAnswer) error {
	if err := d.s.Content.Reason(d.tx, d.actor, content.Activity, host.Path, in.Reason); err != nil {
		return err
	}
	silent := false
	var declined []*model.MatchProposal
	for _, p := range rows {
		if d.s.answerable(p) != nil {
			continue
		}
		if err := d.reject(p, byHost, in.ReasonCode, in.Reason); err != nil {
			return err
		}
		silent = silent || in.ReasonCode == model.ReasonOther && in.Reason == ""
		declined = append(declined, p)
	}
	if !silent {
		return nil
	}
	return d.s.tellUnexplained(d.tx, host, declined)
}
