package api_test

import (
	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// authzAppealRules are the rules of appeals. Committees above the university see nothing of one that has not come to them.
var authzAppealRules = []authzRule{
	{op: "fileAppeal", is: "own record", by: perms(access.AppealFile), body: appealBody("RELIABILITY_ENTRY", "penalty")},
	{op: "listMyAppeals", by: people, shows: map[string]string{"appeal": "own record"}, reads: access.StudentRead},
	{op: "listAppeals", by: everybody, reads: access.AppealRead, shows: map[string]string{"appeal": "appeal", "appeal above": "appeal above"}},
	{op: "getAppeal", on: "appeal", by: perms(access.AppealRead)},
	{op: "getAppeal", on: "appeal above", by: perms(access.AppealRead)},
	{op: "getAppealFile", on: "appeal, proving picture", is: "appeal", by: perms(access.AppealRead)},
	{op: "takeAppeal", on: "appeal", by: perms(access.AppealDecide)},
	{op: "decideAppeal", on: "appeal", by: perms(access.AppealDecide), body: outcomeBody},
	{op: "decideAppeal", on: "appeal above", by: perms(access.AppealDecide), body: outcomeBody},
	{op: "escalateAppeal", on: "denied appeal", is: "appeal", by: perms(access.AppealFile)},
	{op: "withdrawAppeal", on: "appeal", by: perms(access.AppealFile)},
}

// authzSupportRules are the rules of incidents. The student of a realm has a seat in the present activity, and reported.
var authzSupportRules = []authzRule{
	{op: "getHelp", on: "session of present activity", is: "session", by: perms(access.HelpRead), but: hasASeat},
	{op: "reportIncident", on: "session of present activity", is: "session", by: perms(access.IncidentReport), body: incidentBody, but: hasASeat},
	{op: "listIncidents", by: everybody, reads: access.IncidentRead, shows: map[string]string{"incident": "incident"}},
	{op: "getIncident", on: "incident", by: perms(access.IncidentRead)},
	{op: "getIncidentFile", on: "incident, incident picture", is: "incident", by: perms(access.IncidentRead)},
	{op: "handleIncident", on: "incident", by: perms(access.IncidentHandle), body: reasonBody},
	{op: "closeIncident", on: "handled incident", is: "incident", by: perms(access.IncidentHandle), body: reasonBody},
}

var hasASeat = except(0, "has a seat in it", "mate")

func incidentBody(*twins, *realm) any { return object{"kind": "INJURY", "text": "扭伤脚踝"} }

// incidents puts one that was reported and one that was handled.
func (w *twins) incidents(r *realm) {
	w.picture(r, "incident picture", r.ids["user student"], r.orgs["community"].Path, model.CheckPassed)
	for name, status := range map[string]model.IncidentStatus{"incident": model.IncidentReported, "handled incident": model.IncidentHandled} {
		now := w.Clock.Now()
		row := model.Incident{
			ID: w.NewID(), SessionID: r.ids["session of present activity"], ActivityID: r.ids["present activity"], UserID: r.ids["user student"], StudentID: r.ids["student"],
			Kind: model.IncidentInjury, Files: []int64{r.ids["incident picture"]}, OrgPath: r.orgs["community"].Path, HostPath: r.orgs["community"].Path,
			CampusPath: r.orgs["branch"].Path, BranchPath: r.orgs["branch"].Path, Status: status, Handling: r.mark, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		person, err := w.Vault.Person(w.DB, row.UserID)
		if err != nil {
			w.TB.Fatal(err)
		}
		row.TextEnc = person.Seal(vault.IncidentText, row.ID, r.mark)
		w.Insert(&row)
		r.ids[name] = row.ID
	}
}

func appealBody(kind, of string) func(*twins, *realm) any {
	return func(_ *twins, r *realm) any {
		return object{"subject_kind": kind, "subject_id": r.id(of), "text": "当天住院"}
	}
}

func outcomeBody(*twins, *realm) any { return object{"outcome": "DENIED", "reason": "核查过了"} }

// appeals puts appeals of the student: one with the department, one that it denied, and one that came up to the city.
func (w *twins) appeals(r *realm) {
	w.picture(r, "proving picture", r.ids["user student"], r.orgs["department"].Path, model.CheckPassed)
	for _, a := range []struct {
		name, desk string
		status     model.AppealStatus
	}{
		{"appeal", "department", model.AppealFiled},
		{"denied appeal", "department", model.AppealDenied},
		{"appeal above", "city", model.AppealEscalated},
	} {
		now := w.Clock.Now()
		due, subject := now.AddDate(0, 0, 7), w.NewID()
		row := model.Appeal{
			ID: w.NewID(), SubjectKind: model.AppealPenalty, SubjectID: r.ids["penalty"], LiveSubjectID: &subject, StudentID: r.ids["student"], UserID: r.ids["user student"],
			ProgrammeID: r.ids["programme"], Files: []int64{r.ids["proving picture"]}, FirstAt: now, OrgPath: r.orgs[a.desk].Path, Status: a.status, DueAt: &due,
			Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		person, err := w.Vault.Person(w.DB, row.UserID)
		if err != nil {
			w.TB.Fatal(err)
		}
		row.TextEnc = person.Seal(vault.AppealText, row.ID, r.mark)
		w.Insert(&row)
		r.ids[a.name] = row.ID
	}
	w.set(&model.Upload{}, r.ids["proving picture"], object{"object": "appeals", "object_id": r.ids["appeal"], "expires_at": nil})
}
