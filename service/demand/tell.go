package demand

import (
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
	"baodao/service/org"
)

// tell enqueues one event about a demand; orgName is whom it is about, the host when it is empty.
func (s *Service) tell(tx *gorm.DB, kind notify.Kind, d model.Demand, orgName, reason string, by int64, people ...int64) error {
	if s.Notify == nil {
		return nil
	}
	if orgName == "" {
		host, err := org.ByID(tx, d.HostOrgID)
		if err != nil {
			return err
		}
		orgName = host.Name
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: kind, Fact: []string{strconv.FormatInt(d.ID, 10), "v" + strconv.FormatInt(d.Version, 10)}, Object: d.TableName(), ObjectID: d.ID,
		UserIDs: slices.DeleteFunc(people, func(id int64) bool { return id == 0 || id == by }),
		Data:    map[string]string{"org": orgName, "name": d.Title, "reason": reason},
	})
}

// tellOfficers tells those who answer for an organisation with a permission.
func (s *Service) tellOfficers(tx *gorm.DB, kind notify.Kind, d model.Demand, reason string, by int64, p access.Permission, path string) error {
	if s.Notify == nil {
		return nil
	}
	people, err := org.Officers(tx, s.Now(), p, path)
	if err != nil {
		return err
	}
	return s.tell(tx, kind, d, "", reason, by, people...)
}

// tellHost tells the host's staff, its contact and whoever sent the demand what a unit made of it.
func (s *Service) tellHost(tx *gorm.DB, kind notify.Kind, sc scene, orgID int64, reason string, by int64) error {
	if s.Notify == nil {
		return nil
	}
	people, err := org.Officers(tx, s.Now(), access.DemandWrite, sc.row.HostPath)
	if err != nil {
		return err
	}
	people = append(people, sc.row.ContactID, sc.row.CreatedBy)
	if sc.live != nil {
		people = append(people, sc.live.SentBy)
	}
	unit, err := org.ByID(tx, orgID)
	if err != nil {
		return err
	}
	slices.Sort(people)
	return s.tell(tx, kind, sc.row, unit.Name, reason, by, slices.Compact(people)...)
}

// tellCampus tells the unit that was asked, or that has accepted.
func (s *Service) tellCampus(tx *gorm.DB, kind notify.Kind, sc scene, reason string, by int64) error {
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
	return s.tellOfficers(tx, kind, sc.row, reason, by, access.DemandAnswer, path)
}
