package round

import (
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
	"baodao/service/org"
)

// announce tells both sides of a round that was just published: students of their proposals or that there is none, hosts of what is
// to be answered.
// The people are found afterwards, some hundred at a time (Audience).
func (s *Service) announce(tx *gorm.DB, r *model.MatchRound) error {
	if s.Notify == nil || r.AnswersUntil == nil {
		return nil
	}
	if r.Kind == model.RoundPairing {
		return s.announceStays(tx, r)
	}
	var hosts []int64
	err := tx.Model(&model.MatchProposal{}).Where("round_id = ?", r.ID).Distinct().Order("host_org_id").Pluck("host_org_id", &hosts).Error
	if err != nil {
		return fmt.Errorf("read hosts of proposals: %w", err)
	}
	facts := []notify.Fact{
		{Kind: notify.MatchProposed, Object: r.TableName(), ObjectID: r.ID, At: *r.AnswersUntil},
		{Kind: notify.MatchNone, Object: r.TableName(), ObjectID: r.ID, At: *r.AnswersUntil},
	}
	for _, id := range hosts {
		facts = append(facts, notify.Fact{Kind: notify.MatchAsked, Object: model.Org{}.TableName(), ObjectID: id, At: *r.AnswersUntil})
	}
	return s.Notify.FanOut(tx, facts...)
}

// announceStays tells both sides of pairings that a round of pairing keeps: nothing is proposed to them, and without a renewal
// a pairing ends with its term all the same.
func (s *Service) announceStays(tx *gorm.DB, r *model.MatchRound) error {
	var units []struct{ CampusOrgID, LocalOrgID int64 }
	err := tx.Model(&model.MatchPair{}).Select("campus_org_id", "local_org_id").Where("round_id = ? AND kind = ?", r.ID, model.PairStays).Find(&units).Error
	if err != nil {
		return fmt.Errorf("read pairs that stay: %w", err)
	}
	var ids []int64
	for _, u := range units {
		ids = append(ids, u.CampusOrgID, u.LocalOrgID)
	}
	slices.Sort(ids)
	var facts []notify.Fact
	for _, id := range slices.Compact(ids) {
		facts = append(facts, notify.Fact{Kind: notify.MatchStays, Object: model.Org{}.TableName(), ObjectID: id, At: *r.AnswersUntil})
	}
	return s.Notify.FanOut(tx, facts...)
}

// Audience finds whom a fan-out of a round is for. MATCH_OPEN: the willing students of its scope, while it is open; MATCH_PROPOSED: those
// who have not answered yet; MATCH_NONE: those who took part and got nothing; MATCH_ASKED: the people who answer for a host; MATCH_STAYS: who answers for a unit in pairings. Once the
// time to make a list or to answer is over nobody is told.
func Audience(tx *gorm.DB, now clock.Clock, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	if !now().Before(f.DueAt) {
		return notify.Event{}, nil, nil
	}
	event := notify.Event{
		Kind: notify.Kind(f.Kind), Fact: []string{strconv.FormatInt(f.ObjectID, 10), strconv.FormatInt(f.DueAt.UnixMilli(), 10)},
		Object: f.Object, ObjectID: f.ObjectID, ExpiresAt: f.DueAt, Data: map[string]notify.Words{"due": notify.When(f.DueAt)},
	}
	switch event.Kind {
	case notify.MatchAsked:
		return asked(tx, now, event, access.MatchAnswer, f, limit)
	case notify.MatchStays:
		return asked(tx, now, event, access.PairingPropose, f, limit)
	default:
	}
	r, err := find(tx, f.ObjectID)
	if err != nil {
		return event, nil, err
	}
	event.Data["name"] = notify.Own(r.Name)
	if event.Kind == notify.MatchOpen {
		people, err := willingOf(tx, &r, f.AfterID, limit)
		return event, people, err
	}
	var people []notify.Recipient
	q := tx.Table("match_proposals AS p").Select("p.student_id AS `key`, s.user_id").Joins("JOIN student_profiles AS s ON s.id = p.student_id").
		Where("p.round_id = ? AND p.student_id > ? AND p.status = ? AND p.student_ok_at IS NULL", r.ID, f.AfterID, model.ProposalProposed).Order("p.student_id")
	if event.Kind == notify.MatchNone {
		q = tx.Table("round_inputs AS i").Select("i.ref_id AS `key`, s.user_id").Joins("JOIN student_profiles AS s ON s.id = i.ref_id").
			Where("i.round_id = ? AND i.side = ? AND i.ref_id > ?", r.ID, model.SideAsking, f.AfterID).
			Where("NOT EXISTS (SELECT 1 FROM match_proposals AS p WHERE p.round_id = i.round_id AND p.student_id = i.ref_id)").Order("i.ref_id")
	}
	if err = q.Joins("JOIN users AS u ON u.id = s.user_id AND u.status = ?", model.UserActive).Limit(limit).Scan(&people).Error; err != nil {
		return event, nil, fmt.Errorf("read students of proposals: %w", err)
	}
	return event, people, nil
}

// scopeFew is how many branches a scope may have for their students to be read by branch: of a larger one nearly every willing student
// of the programme belongs to it.
const scopeFew = 500

// willingOf finds the students of a round's scope who want to take part, by rising id. Nobody is told of a round that is not open any more.
func willingOf(tx *gorm.DB, r *model.MatchRound, after int64, limit int) ([]notify.Recipient, error) {
	var branches []int64
	err := tx.Model(&model.Org{}).Where("path >= ? AND path < ?", r.ScopePath, access.PathEnd(r.ScopePath)).Limit(scopeFew+1).Pluck("id", &branches).Error
	if err != nil {
		return nil, fmt.Errorf("read branches of a scope: %w", err)
	}
	if r.Status != model.RoundOpen {
		return nil, nil
	}
	q := tx.Table("student_willingness AS w").Select("w.student_id AS `key`, s.user_id").
		Joins("JOIN student_profiles AS s ON s.id = w.student_id").Joins("JOIN users AS u ON u.id = s.user_id AND u.status = ?", model.UserActive).
		Where("w.programme_id = ? AND w.willing = ? AND w.student_id > ?", r.ProgrammeID, true, after)
	if len(branches) <= scopeFew {
		q = q.Where("s.branch_id IN ?", branches)
	} else {
		q = q.Joins("JOIN orgs AS o ON o.id = s.branch_id").Where("o.path >= ? AND o.path < ?", r.ScopePath, access.PathEnd(r.ScopePath))
	}
	var people []notify.Recipient
	if err := q.Order("w.student_id").Limit(limit).Scan(&people).Error; err != nil {
		return nil, fmt.Errorf("read willing students: %w", err)
	}
	return people, nil
}

// asked finds the people who may do p for a unit, by rising account.
func asked(tx *gorm.DB, now clock.Clock, event notify.Event, p access.Permission, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	host, err := org.ByID(tx, f.ObjectID)
	if err != nil {
		return event, nil, err
	}
	event.Data["org"] = notify.Own(host.Name)
	users, err := org.Officers(tx, now(), p, host.Path)
	if err != nil {
		return event, nil, err
	}
	var people []notify.Recipient
	for _, id := range users { // sorted
		if id > f.AfterID && len(people) < limit {
			people = append(people, notify.Recipient{Key: id, UserID: id})
		}
	}
	return event, people, nil
}

// unexplainedMost is how many refusals without a word a host may give in a programme before the committees hear of it.
const unexplainedMost = 3

// tellUnexplained tells the town above a host and the committee of the round when another three refusals have come without a word.
func (s *Service) tellUnexplained(tx *gorm.DB, host model.Org, declined []*model.MatchProposal) error {
	if s.Notify == nil {
		return nil
	}
	rounds := map[int64]int64{}
	for _, p := range declined {
		rounds[p.RoundID]++
	}
	for id, now := range rounds {
		r, err := find(tx, id)
		if err != nil {
			return err
		}
		var all int64
		err = tx.Table("match_proposals AS p").Joins("JOIN match_rounds AS r ON r.id = p.round_id AND r.programme_id = ?", r.ProgrammeID).
			Where("p.host_org_id = ? AND p.rejected_by = ? AND p.reason_code = ? AND p.reason = ?", host.ID, byHost, model.ReasonOther, "").Count(&all).Error
		if err != nil {
			return fmt.Errorf("count refusals without a word: %w", err)
		}
		if all/unexplainedMost == (all-now)/unexplainedMost {
			continue
		}
		people, err := s.overseers(tx, host, r)
		if err != nil {
			return err
		}
		err = s.Notify.Enqueue(tx, notify.Event{
			Kind: notify.MatchUnexplained, UserIDs: people, Object: host.TableName(), ObjectID: host.ID,
			Fact: []string{strconv.FormatInt(host.ID, 10), strconv.FormatInt(r.ProgrammeID, 10), strconv.FormatInt(all/unexplainedMost, 10)},
			Data: map[string]notify.Words{"org": notify.Own(host.Name), "name": notify.Own(strconv.FormatInt(all, 10))},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// overseers are those who look after a host and after a round.
func (s *Service) overseers(tx *gorm.DB, host model.Org, r model.MatchRound) ([]int64, error) {
	above := host.Path[:len(host.Path)-len(strconv.FormatInt(host.ID, 10))-1]
	people, err := org.Officers(tx, s.Now(), access.MatchSeats, above)
	if err != nil {
		return nil, err
	}
	run, err := org.Officers(tx, s.Now(), access.MatchRound, r.ScopePath)
	return append(people, run...), err
}
