package pairing

import (
	"maps"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
	"baodao/service/org"
)

// tellProposed tells those who may accept for a side that has not. Who proposed knows.
func (s *Service) tellProposed(tx *gorm.DB, d Detail, by int64) error {
	for _, side := range unaccepted(d, []string{Campus, Local}) {
		people, err := s.peopleOf(tx, d, side)
		if err != nil {
			return err
		}
		if err := s.tell(tx, d, notify.PairingProposed, other(side), by, people); err != nil {
			return err
		}
	}
	return nil
}

// tellAnswered tells who proposed, who accepted for the other side, and those who may accept for it.
func (s *Service) tellAnswered(tx *gorm.DB, d Detail, kind notify.Kind, side string, by int64) error {
	people, err := s.peopleOf(tx, d, other(side))
	if err != nil {
		return err
	}
	people = append(people, d.ProposedBy)
	if accepted := d.acceptedBy(other(side)); accepted != nil {
		people = append(people, *accepted)
	}
	return s.tell(tx, d, kind, side, by, people)
}

func (s *Service) peopleOf(tx *gorm.DB, d Detail, side string) ([]int64, error) {
	if s.Notify == nil {
		return nil, nil
	}
	return org.Officers(tx, s.Now(), access.PairingPropose, d.pathOf(side))
}

// tell names the side that proposes or answers.
func (s *Service) tell(tx *gorm.DB, d Detail, kind notify.Kind, side string, by int64, people []int64) error {
	e := notify.Event{Kind: kind, Data: map[string]notify.Words{"org": notify.Own(d.nameOf(side))}}
	if kind == notify.PairingProposed {
		e.ExpiresAt = d.AnswerDueAt
		if d.Origin == model.OriginCommittee {
			name := d.nameOf(side)
			e.Data["org"] = notify.Both(name+"（上级推荐）", name+" (recommended by a committee)") // that unit has not asked for anything
		}
	}
	return s.enqueue(tx, d, e, by, people)
}

func (s *Service) enqueue(tx *gorm.DB, d Detail, e notify.Event, by int64, people []int64) error {
	e.Fact, e.Object, e.ObjectID = append([]string{strconv.FormatInt(d.ID, 10)}, e.Fact...), d.TableName(), d.ID
	e.UserIDs = slices.DeleteFunc(people, func(id int64) bool { return id == by })
	return s.Notify.Enqueue(tx, e)
}

// tellExpired tells who proposed, and the side that had accepted, that the other did not answer in time.
func (s *Service) tellExpired(tx *gorm.DB, d Detail) error {
	if s.Notify == nil {
		return nil
	}
	people, silent := []int64{d.ProposedBy}, unaccepted(d, []string{Campus, Local})
	if len(silent) == 1 {
		officers, err := s.peopleOf(tx, d, other(silent[0]))
		if err != nil {
			return err
		}
		people = append(people, officers...)
	}
	slices.Sort(people)
	return s.enqueue(tx, d, notify.Event{Kind: notify.PairingDeclined, Data: map[string]notify.Words{"org": notify.Own(d.nameOf(silent[0])), "reason": notify.Both("到期没有答复，邀请已失效。", "There was no answer in time.")}}, 0, slices.Compact(people))
}

// tellEnding gives notice to the other side; to both when somebody who answers for both ends it.
func (s *Service) tellEnding(tx *gorm.DB, actor access.Actor, d Detail, reason string, endsOn model.Date) error {
	told := d.sidesOf(actor)
	if len(told) == 1 {
		told = []string{other(told[0])}
	}
	return s.tellOf(tx, d, notify.Event{
		Kind: notify.PairingEnding, Fact: []string{string(endsOn)}, Data: map[string]notify.Words{"due": notify.Day(endsOn), "reason": notify.Own(reason)},
	}, actor.UserID, told...)
}

// tellRenewed asks the other side whether it renews, too.
func (s *Service) tellRenewed(tx *gorm.DB, by int64, d Detail, side string, term model.Term) error {
	people, err := s.peopleOf(tx, d, other(side))
	if err != nil {
		return err
	}
	return s.enqueue(tx, d, notify.Event{
		Kind: notify.PairingRenewal, Fact: []string{strconv.FormatInt(term.ID, 10), side}, Data: map[string]notify.Words{"org": notify.Own(d.nameOf(side)), "name": notify.Own(term.Name)},
	}, by, people)
}

// tellAsleep tells both sides that nothing took place for a term.
func (s *Service) tellAsleep(tx *gorm.DB, d Detail) error {
	fact := "v" + strconv.FormatInt(d.Version, 10)
	return s.tellOf(tx, d, notify.Event{Kind: notify.PairingDormant, Fact: []string{fact}}, 0, Campus, Local)
}

// tellOf tells sides something about the other one.
func (s *Service) tellOf(tx *gorm.DB, d Detail, e notify.Event, by int64, sides ...string) error {
	for _, side := range sides {
		people, err := s.peopleOf(tx, d, side)
		if err != nil {
			return err
		}
		each := e
		each.Data = map[string]notify.Words{"org": notify.Own(d.nameOf(other(side)))}
		maps.Copy(each.Data, e.Data)
		if err := s.enqueue(tx, d, each, by, people); err != nil {
			return err
		}
	}
	return nil
}
