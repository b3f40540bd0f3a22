package support

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/read"
	"baodao/service/text"
	"baodao/service/vault"
)

const (
	maxText  = 1000 // characters of a report
	maxFiles = 6    // pictures of a report
)

// kinds are the kinds of incidents in words.
var kinds = map[string]notify.Words{ //nolint:gochecknoglobals // a table
	model.IncidentInjury: notify.Both("有人受伤", "somebody is hurt"), model.IncidentIllness: notify.Both("有人身体不适", "somebody is unwell"), model.IncidentSafety: notify.Both("安全隐患", "a danger"),
	model.IncidentProperty: notify.Both("财物损失", "loss or damage"), model.IncidentConflict: notify.Both("矛盾纠纷", "a quarrel"), model.IncidentOther: notify.Both("其他情况", "something else"),
}

// Report is what somebody tells of an incident.
type Report struct {
	Kind  string // model.IncidentInjury and so on
	Text  string
	Files []int64 // uploads of the actor's
}

// Report tells host, organiser and school of an incident around a session: whoever may find whom to call there may report.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrInvalid, content.ErrRisky, upload.ErrInUse.
func (s *Service) Report(ctx context.Context, actor access.Actor, sessionID int64, key idem.Key, in Report) (Shown, error) {
	if err := person(actor, access.IncidentReport); err != nil {
		return Shown{}, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/text", In: &in.Text, Max: maxText, Lines: true})
	wrong.Add(kinds[in.Kind].ZH == "", "/kind", "enum", "不是已知的类型", "is no kind of incident")
	wrong.Add(len(in.Files) > maxFiles, "/file_ids", "max_items", "最多 6 个", "must have at most 6 items")
	if err := wrong.Err(); err != nil {
		return Shown{}, err
	}
	in.Files = slices.Compact(slices.Sorted(slices.Values(in.Files)))
	row, err := content.Do(ctx, s.Content, actor, func() (model.Incident, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "reportIncident", key, func(tx *gorm.DB) (model.Incident, error) {
			at, err := s.around(tx, actor, sessionID)
			if err == nil {
				err = at.check(actor, access.IncidentReport)
			}
			if err != nil {
				return model.Incident{}, err
			}
			return s.report(tx, actor, at, in)
		})
	})
	if err != nil {
		return Shown{}, err
	}
	return s.shown(s.DB.WithContext(ctx), row)
}

func (s *Service) report(tx *gorm.DB, actor access.Actor, at scene, in Report) (model.Incident, error) {
	a, now := at.activity, s.Now()
	row := model.Incident{
		ID: s.NewID(), SessionID: at.session.ID, ActivityID: a.ID, UserID: actor.UserID, StudentID: actor.StudentID, Kind: in.Kind, Files: append([]int64{}, in.Files...),
		OrgPath: at.orgs[a.OrgID].Path, HostPath: at.orgs[a.HostOrgID].Path, CampusPath: at.orgs[a.CampusOrgID].Path, BranchPath: actor.BranchPath,
		Status: model.IncidentReported, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := s.Content.Offered(tx, actor, content.Incident, row.OrgPath, []content.Text{{At: "/text", Text: in.Text}}); err != nil {
		return row, err
	}
	reporter, err := s.Vault.Person(tx, actor.UserID)
	if err != nil {
		return row, err
	}
	row.TextEnc = reporter.Seal(vault.IncidentText, row.ID, in.Text)
	for i, file := range in.Files {
		if err := s.Pictures.Use(tx, actor, file, row.TableName(), row.ID, row.OrgPath, "/file_ids/"+strconv.Itoa(i)); err != nil {
			return row, err
		}
	}
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("report incident: %w", err)
	}
	err = s.Audit.Write(tx, actor, audit.Entry{
		Action: "incident.report", Object: row.TableName(), ObjectID: row.ID, OrgPath: row.OrgPath, To: row.State(),
		Data: map[string]any{"session_id": row.SessionID, "kind": row.Kind},
	})
	if err != nil {
		return row, err
	}
	return row, s.tell(tx, actor, at, row)
}

// tell tells the contact at the host, and those who answer for host, organiser, campus side and the reporter's school.
func (s *Service) tell(tx *gorm.DB, actor access.Actor, at scene, row model.Incident) error {
	if s.Notify == nil {
		return nil
	}
	people, err := org.Officers(tx, s.Now(), access.IncidentHandle, paths(row)...)
	if err != nil {
		return err
	}
	if at.activity.HostContactID != 0 {
		people = append(people, at.activity.HostContactID)
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.IncidentReported, UserIDs: slices.DeleteFunc(people, func(id int64) bool { return id == actor.UserID }),
		Fact: []string{"incident" + strconv.FormatInt(row.ID, 10)}, Object: row.TableName(), ObjectID: row.ID,
		Data: map[string]notify.Words{"activity": notify.Own(at.activity.Title), "time": notify.When(at.session.StartsAt), "name": kinds[row.Kind]},
	})
}

// paths are those of everybody whom an incident concerns.
func paths(row model.Incident) []string {
	all := []string{row.OrgPath, row.HostPath, row.CampusPath, row.BranchPath}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(p string) bool { return p == "" })
}

// object is an incident as the permission table sees it.
func object(row model.Incident) access.Object {
	o := access.Object{Paths: paths(row), UserIDs: []int64{row.UserID}, Read: access.IncidentRead}
	if row.StudentID != 0 {
		o.StudentIDs = []int64{row.StudentID}
	}
	return o
}

// step is one move of an incident, and the columns that say who made it.
type step struct {
	action       string
	to           model.IncidentStatus
	by, at, note string
}

// Handle notes what was done about an incident. Errors: fault.ErrNotFound, access.ErrDenied, access.ErrReason,
// fault.ErrInvalid, content.ErrRisky, fault.ErrState.
func (s *Service) Handle(ctx context.Context, actor access.Actor, id int64, note string) (Shown, error) {
	return s.move(ctx, actor, id, note, step{"incident.handle", model.IncidentHandled, "handled_by", "handled_at", "handling"})
}

// Close notes what came of an incident that was handled; errors as of Handle.
func (s *Service) Close(ctx context.Context, actor access.Actor, id int64, note string) (Shown, error) {
	return s.move(ctx, actor, id, note, step{"incident.close", model.IncidentClosed, "closed_by", "closed_at", "closing"})
}

func (s *Service) move(ctx context.Context, actor access.Actor, id int64, note string, st step) (Shown, error) {
	if err := person(actor, access.IncidentHandle); err != nil {
		return Shown{}, err
	}
	note, err := text.Reason(note)
	if err != nil {
		return Shown{}, err
	}
	row, err := content.Do(ctx, s.Content, actor, func() (row model.Incident, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			row, err = s.take(tx, actor, id, note, st)
			return err
		})
		return row, err
	})
	if err != nil {
		return Shown{}, err
	}
	return s.shown(s.DB.WithContext(ctx), row)
}

func (s *Service) take(tx *gorm.DB, actor access.Actor, id int64, note string, st step) (model.Incident, error) {
	row, err := byID(atomic.ForUpdate(tx), id)
	if err == nil {
		err = actor.Check(access.IncidentHandle, object(row))
	}
	if err != nil {
		return row, err
	}
	if row.MayBecome(string(st.to)) { // else it is refused as such
		if err := s.Content.Reason(tx, actor, content.Incident, row.OrgPath, note); err != nil {
			return row, err
		}
	}
	err = s.Audit.Move(tx, actor, &row, audit.Move{
		Action: st.action, To: string(st.to), OrgPath: row.OrgPath, Reason: note, Set: map[string]any{st.by: actor.UserID, st.at: s.Now(), st.note: note},
	})
	if err != nil {
		return row, err
	}
	return byID(tx, id)
}

func byID(tx *gorm.DB, id int64) (model.Incident, error) {
	return read.One[model.Incident](tx.Where("id = ?", id), "incident")
}

// person is Require for those who must be a person.
func person(actor access.Actor, p access.Permission) error {
	if err := actor.Require(p); err != nil {
		return err
	}
	if actor.UserID == 0 {
		return access.ErrDenied
	}
	return nil
}
