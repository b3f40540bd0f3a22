package pairing

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/text"
)

// Accept accepts a proposal for one side: the one named, or the only one the actor has rights on. When both sides have
// accepted, the pairing is ACTIVE from today. Nobody accepts for both sides: access.ErrOwnInterest. ErrExpired after the
// day of answer, ErrAccepted when the side has accepted, fault.ErrState when the proposal was answered otherwise,
// ErrNotActive and ErrOrgNotActive when programme or side are closed by now.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id int64, side string) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, d Detail) error {
		side, err := s.sideToAccept(d, actor, side)
		if err != nil {
			return err
		}
		if err := checkOpen(tx, d); err != nil {
			return err
		}
		now := s.Now()
		m := audit.Move{Action: "pairing.accept", OrgPath: d.CampusPath, Set: map[string]any{}, Data: ids(d)}
		m.Data["side"] = side
		if side == Campus {
			m.Set["campus_accepted_by"], m.Set["campus_accepted_at"] = actor.UserID, now
		} else {
			m.Set["local_accepted_by"], m.Set["local_accepted_at"] = actor.UserID, now
		}
		if d.acceptedBy(other(side)) == nil {
			return s.Audit.Edit(tx, actor, &d.Pairing, d.Version, m)
		}
		m.To, m.Set["from_on"] = string(model.PairingActive), today(now)
		if err := s.Audit.Move(tx, actor, &d.Pairing, m); err != nil {
			return err
		}
		return s.tellAnswered(tx, d, notify.PairingAccepted, side, actor.UserID)
	})
}

// sideToAccept finds the side for which the actor accepts, or why they may not.
func (s *Service) sideToAccept(d Detail, actor access.Actor, asked string) (string, error) {
	if err := answerable(d); err != nil {
		return "", err
	}
	mine := d.sidesOf(actor)
	if asked == "" && len(mine) > 1 {
		mine = unaccepted(d, mine)
	}
	side, err := chooseSide(mine, asked)
	if err != nil {
		return "", err
	}
	if d.acceptedBy(side) != nil {
		return "", ErrAccepted
	}
	if by := d.acceptedBy(other(side)); by != nil && *by == actor.UserID {
		return "", access.ErrOwnInterest
	}
	return side, nil
}

// unaccepted leaves out the sides that have accepted. A proposal always has one that has not.
func unaccepted(d Detail, sides []string) []string {
	var out []string
	for _, side := range sides {
		if d.acceptedBy(side) == nil {
			out = append(out, side)
		}
	}
	return out
}

func other(side string) string {
	if side == Campus {
		return Local
	}
	return Campus
}

// answerable tells whether a proposal is still open.
func answerable(d Detail) error {
	switch d.Status {
	case model.PairingProposed:
		return nil
	case model.PairingExpired:
		return ErrExpired
	default:
		return fault.ErrState
	}
}

// checkOpen looks again at what may have closed since the proposal.
func checkOpen(tx *gorm.DB, d Detail) error {
	p, err := programme.ByID(tx, d.ProgrammeID)
	if err != nil {
		return err
	}
	if p.Status != model.ProgrammeActive {
		return ErrNotActive
	}
	orgs, err := org.ByIDs(tx, d.CampusOrgID, d.LocalOrgID)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if o.Status != model.OrgActive {
			return ErrOrgNotActive
		}
	}
	return nil
}

// Decline turns a proposal down, or takes one's own back. No reason is asked and nothing follows from it.
// ErrExpired after the day of answer, fault.ErrState when it was answered.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, d Detail) error {
		if err := answerable(d); err != nil {
			return err
		}
		err := s.Audit.Move(tx, actor, &d.Pairing, audit.Move{
			Action: "pairing.decline", To: string(model.PairingDeclined), OrgPath: d.CampusPath,
			Set: map[string]any{"live_programme_id": nil}, Data: ids(d),
		})
		if err != nil {
			return err
		}
		mine := d.sidesOf(actor)
		if len(mine) > 1 {
			mine = unaccepted(d, mine)
		}
		return s.tellAnswered(tx, d, notify.PairingDeclined, mine[0], actor.UserID)
	})
}

// End ends a pairing with a reason: on the day endsOn, the first on which it is over, not before earliestEnd. Until then it stays
// ACTIVE, which is the notice to the other side. A day that is set can only be brought forward (ErrEnding).
// fault.ErrInvalid naming the wrong fields, content.ErrRisky, fault.ErrState when the pairing is not active or dormant.
func (s *Service) End(ctx context.Context, actor access.Actor, id int64, reason string, endsOn model.Date) (Detail, error) {
	var wrong fault.Collector
	if reason = strings.TrimSpace(reason); reason != "" {
		text.Settle(&wrong, text.Field{At: "/reason", In: &reason, Max: noteMax, Lines: true})
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.end(ctx, actor, id, reason, endsOn, wrong) })
}

func (s *Service) end(ctx context.Context, actor access.Actor, id int64, reason string, endsOn model.Date, wrong fault.Collector) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, d Detail) error {
		earliest, by, err := s.earliestEnd(tx, d, d.sidesOf(actor))
		if err != nil {
			return err
		}
		if err := s.checkEnd(d, reason, endsOn, earliest, wrong); err != nil {
			return err
		}
		if err := s.Content.Reason(tx, actor, content.Pairing, d.CampusPath, reason); err != nil {
			return err
		}
		m := audit.Move{
			Action: "pairing.notice", Reason: reason, OrgPath: d.CampusPath,
			Set: map[string]any{"to_on": endsOn, "reason": reason, "notice_by": by}, Data: ids(d),
		}
		m.Data["ends_on"] = endsOn
		if err := s.tellEnding(tx, actor, d, reason, endsOn); err != nil {
			return err
		}
		if endsOn > today(s.Now()) {
			return s.Audit.Edit(tx, actor, &d.Pairing, d.Version, m)
		}
		m.Action, m.To, m.Set["live_programme_id"] = "pairing.end", string(model.PairingEnded), nil
		return s.Audit.Move(tx, actor, &d.Pairing, m)
	})
}

// earliestEnd is the first day on which a pairing may be over when somebody who speaks for some sides says so, and the side that
// is the first to give notice. One side alone has to leave the other the days of the policy, counted from today and from the first
// day of the pairing; both together, or one after the other, may end it today. A day that is set may be said again, and what is not in
// force has no such days.
func (s *Service) earliestEnd(tx *gorm.DB, d Detail, sides []string) (day model.Date, by string, err error) {
	now := s.Now()
	inForce := d.Status == model.PairingActive || d.Status == model.PairingDormant
	if len(sides) != 1 || !inForce || d.NoticeBy != "" && d.NoticeBy != sides[0] {
		return today(now), d.NoticeBy, nil
	}
	policy, err := programme.PolicyOf(tx, d.ProgrammeID)
	if err != nil {
		return "", "", err
	}
	day = later(today(now), policy.PairingNoticeDays)
	if d.FromOn != nil {
		day = max(day, later(*d.FromOn, policy.PairingMinDays))
	}
	if d.ToOn != nil {
		day = min(day, *d.ToOn)
	}
	return day, sides[0], nil
}

// checkEnd adds to what is wrong with the text of the reason.
func (s *Service) checkEnd(d Detail, reason string, endsOn, earliest model.Date, c fault.Collector) error {
	c.Add(reason == "", "/reason", "required", "请填写原因", "is required")
	_, notDay := time.Parse(time.DateOnly, string(endsOn))
	c.Add(notDay != nil, "/ends_on", "format", "须为 YYYY-MM-DD", "must be YYYY-MM-DD")
	c.Add(notDay == nil && endsOn < earliest, "/ends_on", "min", "不能早于 "+string(earliest), "must not be before "+string(earliest))
	if err := c.Err(); err != nil {
		return err
	}
	if d.Status != model.PairingActive && d.Status != model.PairingDormant {
		return fault.ErrState
	}
	if d.ToOn != nil && endsOn > *d.ToOn {
		return ErrEnding
	}
	return nil
}

// change runs fn on a pairing that is locked and of which the actor owns a side, and reads it again.
func (s *Service) change(ctx context.Context, actor access.Actor, id int64, fn func(tx *gorm.DB, d Detail) error) (out Detail, err error) {
	if err := actor.Require(access.PairingPropose); err != nil {
		return out, err
	}
	if err := actor.Require(access.Person); err != nil {
		return out, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		if _, err := Lock(tx, id); err != nil {
			return err
		}
		d, err := s.read(tx, id)
		if err != nil {
			return err
		}
		if err := actor.Check(access.PairingPropose, d.object()); err != nil {
			return err
		}
		if err := fn(tx, d); err != nil {
			return err
		}
		out, err = s.read(tx, id)
		return err
	})
	return out, err
}
