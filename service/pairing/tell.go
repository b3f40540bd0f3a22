package pairing

import (
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

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
	name := d.CampusName
	if side == Local {
		name = d.LocalName
	}
	until := time.Time{}
	if kind == notify.PairingProposed {
		until = d.AnswerDueAt
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: kind, Fact: []string{strconv.FormatInt(d.ID, 10)}, Object: d.TableName(), ObjectID: d.ID, ExpiresAt: until,
		UserIDs: slices.DeleteFunc(people, func(id int64) bool { return id == by }), Data: map[string]string{"org": name},
	})
}
