package demand

import (
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
	"baodao/service/org"
)

// tell enqueues one event about a demand; orgName is whom it is about, the host when it is empty. The fact is the dispatch
// that waits or waited for an answer, since several may pass while the demand itself does not change.
func (s *Service) tell(tx *gorm.DB, kind notify.Kind, sc scene, orgName string, reason notify.Words, by int64, people ...int64) error {
	if s.Notify == nil {
		return nil
	}
	d, fact := sc.row, "v"+strconv.FormatInt(sc.row.Version, 10)
	if sc.live != nil {
		fact = strconv.FormatInt(sc.live.ID, 10)
	}
	if orgName == "" {
		host, err := org.ByID(tx, d.HostOrgID)
		if err != nil {
			return err
		}
		orgName = host.Name
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: kind, Fact: []string{strconv.FormatInt(d.ID, 10), fact}, Object: d.TableName(), ObjectID: d.ID,
		UserIDs: slices.DeleteFunc(people, func(id int64) bool { return id == 0 || id == by }),
		Data:    map[string]notify.Words{"org": notify.Own(orgName), "name": notify.Own(d.Title), "reason": reason},
	})
}

// tellOfficers tells those who answer for an organisation with a permission.
func (s *Service) tellOfficers(tx *gorm.DB, kind notify.Kind, sc scene, reason notify.Words, by int64, p access.Permission, path string) error {
	if s.Notify == nil {
		return nil
	}
	people, err := org.Officers(tx, s.Now(), p, path)
	if err != nil {
		return err
	}
	return s.tell(tx, kind, sc, "", reason, by, people...)
}

// tellHost tells the host's staff, its contact and everybody who ever sent the demand what a unit made of it; orgName is the
// unit, the host when it is empty.
func (s *Service) tellHost(tx *gorm.DB, kind notify.Kind, sc scene, orgName string, reason notify.Words, by int64) error {
	if s.Notify == nil {
		return nil
	}
	people, err := org.Officers(tx, s.Now(), access.DemandWrite, sc.row.HostPath)
	if err != nil {
		return err
	}
	var senders []int64 // nobody sent what was escalated
	if err := tx.Model(&model.Dispatch{}).Where("demand_id = ? AND sent_by <> 0", sc.row.ID).Distinct().Pluck("sent_by", &senders).Error; err != nil {
		return fmt.Errorf("read who sent demand: %w", err)
	}
	people = append(append(people, senders...), sc.row.ContactID, sc.row.CreatedBy)
	slices.Sort(people)
	return s.tell(tx, kind, sc, orgName, reason, by, slices.Compact(people)...)
}

// tellUnit is tellHost of what a campus unit did.
func (s *Service) tellUnit(tx *gorm.DB, kind notify.Kind, sc scene, orgID int64, reason notify.Words, by int64) error {
	unit, err := org.ByID(tx, orgID)
	if err != nil {
		return err
	}
	return s.tellHost(tx, kind, sc, unit.Name, reason, by)
}

// tellLate is tellHost of a unit that did not answer in time; above is whom is asked next, nobody when it is empty.
func (s *Service) tellLate(tx *gorm.DB, sc scene, above string) error {
	reason := notify.Both("到期没有答复，需求已回到需求大厅。", "No answer in time; it is on the board again.")
	if above != "" {
		reason = notify.Both("到期没有答复，已转请"+above+"。", "No answer in time; "+above+" is asked now.")
	}
	return s.tellUnit(tx, notify.DemandDeclined, sc, sc.live.OrgID, reason, 0)
}

// tellCampus tells the unit that was asked, or that has accepted.
func (s *Service) tellCampus(tx *gorm.DB, kind notify.Kind, sc scene, reason notify.Words, by int64) error {
	path := ""
	switch {
	case sc.live != nil:
		path = sc.live.OrgPath
	case sc.row.AcceptedOrgID != nil:
		unit, err := org.ByID(tx, *sc.row.AcceptedOrgID)
		if err != nil {
			return err
		}
		path = unit.Path
	}
	if path == "" {
		return nil
	}
	return s.tellOfficers(tx, kind, sc, reason, by, access.DemandAnswer, path)
}
