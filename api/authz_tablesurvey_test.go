package api_test

import (
	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// authzSurveyRules are the rules of what both sides say before they are matched.
var authzSurveyRules = []authzRule{
	{op: "getMyWillingness", is: "system", by: perms(access.Willingness), query: "programme_id={programme}", but: ownAnswer},
	{op: "putMyWillingness", is: "system", by: perms(access.Willingness), query: "programme_id={programme}", body: offerBody, but: ownAnswer},
	{op: "getMyHome", is: "system", by: perms(access.Willingness), but: ownAnswer},
	{op: "putMyHome", is: "system", by: perms(access.Willingness), body: homeBody, but: ownAnswer},
	{op: "removeMyHome", is: "system", by: perms(access.Willingness), but: ownAnswer},
	{op: "listMyBlockedHosts", is: "system", by: perms(access.Willingness), but: ownAnswer},
	{op: "blockHost", on: "town", by: perms(access.Willingness), but: except(0, "any host there is", "student, lead, mate, foreign student, foreign lead, foreign mate")},
	{op: "unblockHost", on: "community", by: perms(access.Willingness), but: except(0, "it is on their list", "student").
		and(except(404, "not on their list", "lead, mate, foreign student, foreign lead, foreign mate"))},

	{op: "getPositionNeeds", on: "position of open activity", is: "published", by: everybody},
	{op: "getPositionNeeds", on: "position of drafted activity", is: "draft", by: perms(access.ActivityManage), but: advises},
	{op: "listActivityNeeds", on: "open activity", is: "published", by: everybody},
	{op: "listActivityNeeds", on: "drafted activity", is: "draft", by: perms(access.ActivityManage), but: advises},
	{op: "putPositionNeeds", on: "position of open activity", is: "published", by: perms(access.CapacityWrite), body: positionNeedsBody},
	{op: "putPositionNeeds", on: "position of drafted activity", is: "draft", by: perms(access.CapacityWrite), body: positionNeedsBody, but: readsOnly},

	{op: "getOrgSurvey", on: "community", by: perms(access.SurveyRead), query: "programme_id={programme}"},
	{op: "getOrgSurvey", on: "branch", by: perms(access.SurveyRead), query: "programme_id={programme}"},
	{op: "putOrgSurvey", on: "community", by: perms(access.SurveyWrite), query: "programme_id={programme}", body: hostSurveyBody},
	{op: "putOrgSurvey", on: "branch", by: perms(access.SurveyWrite), query: "programme_id={programme}", body: unitSurveyBody},
	{op: "listOrgSurveys", on: "town", by: perms(access.SurveyRead), query: "programme_id={programme}"},
	{op: "listOrgSurveys", on: "department", by: perms(access.SurveyRead), query: "programme_id={programme}"},
	{op: "getSurveySummary", on: "county", by: perms(access.SurveyRead), query: "programme_id={programme}"},
	{op: "getSurveySummary", on: "university", by: perms(access.SurveyRead), query: "programme_id={programme}"},

	{op: "listHostBlocks", on: "community", by: perms(access.BlockWrite)},
	{op: "blockStudent", on: "community, unwanted student", is: "community", by: perms(access.BlockWrite), body: reasonBody},
	{op: "unblockStudent", on: "community, unwanted student", is: "community", by: perms(access.BlockWrite)},
}

var ownAnswer = except(0, "their own", "student, lead, mate")

func offerBody(*twins, *realm) any {
	return object{
		"willing": true, "slots": []string{"000011", "000000", "000011", "000000", "000000", "111100", "000000"},
		"skills": []string{"TUTORING"}, "interests": []string{"CULTURE"}, "max_distance_m": 5000,
	}
}

func homeBody(*twins, *realm) any {
	return object{"lat": 36.651234, "lng": 117.120095, "coord": "gcj02"}
}

func positionNeedsBody(*twins, *realm) any {
	return object{"need_blocks": 1, "required_skills": []string{}, "wanted_skills": []string{"ART"}, "urgency": 2, "min_team": 2}
}

func hostSurveyBody(w *twins, r *realm) any {
	return with(unitSurveyBody(w, r).(object), object{
		"needs":  []object{{"category": "CULTURE", "text": "周末带孩子们读书", "students": 6}},
		"venues": []object{{"kind": "PARTY_MASS_CENTER", "place": "党群服务中心二楼", "capacity": 40}}, "support": []string{"MEAL"},
	})
}

func unitSurveyBody(*twins, *realm) any {
	return object{
		"needs": []object{}, "venues": []object{}, "support": []string{}, "slots": []string{"000000", "000000", "000000", "000000", "000000", "111100", "000000"},
		"skills": []string{"TUTORING"}, "partners": 2, "students": 12,
	}
}

// surveys gives both sides of a realm an answer each, and keeps the student and the community apart from both sides.
func (w *twins) surveys(r *realm) {
	w.TB.Helper()
	now, programme := w.Clock.Now(), r.ids["programme"]
	for _, name := range realmStudents {
		key, err := w.Vault.Person(w.DB, r.ids["user "+name])
		if err != nil {
			w.TB.Fatal(err)
		}
		id := r.ids[name]
		w.Insert(
			&model.Willingness{StudentID: id, ProgrammeID: programme, Willing: true, Slots: 1, Skills: 1, Interest1: "CULTURE", MaxDistM: 5000, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.StudentHome{StudentID: id, HomeEnc: key.Seal(vault.Home, id, "36650000 117120000"), UpdatedAt: now},
		)
	}
	w.Insert(&model.MatchBlock{StudentID: r.ids["student"], OrgID: r.ids["community"], Side: model.BlockByStudent, ReasonEnc: []byte{}, CreatedBy: 1, CreatedAt: now})
	w.unwanted(r)
	for _, name := range []string{"community", "branch"} {
		w.Insert(&model.OrgSurvey{OrgID: r.ids[name], ProgrammeID: programme, Partners: 1, Students: 5, Version: 1, UpdatedBy: 1, CreatedAt: now, UpdatedAt: now})
	}
	w.Insert(&model.OrgSurveyItem{OrgID: r.ids["community"], ProgrammeID: programme, Kind: model.SurveyNeed, Code: "CULTURE", Text: r.mark, Amount: 3})
	for _, name := range []string{"open activity", "drafted activity"} {
		w.Insert(&model.PositionNeeds{PositionID: r.ids["position of "+name], Want: 1, Version: 1, UpdatedBy: 1, CreatedAt: now, UpdatedAt: now})
	}
}

// unwanted is a student who has left an activity of the community, which does not want them any more.
func (w *twins) unwanted(r *realm) {
	w.TB.Helper()
	who, now := r.who["suspended"], w.Clock.Now()
	r.ids["unwanted student"] = who.StudentID
	key, err := w.Vault.Person(w.DB, who.UserID)
	if err != nil {
		w.TB.Fatal(err)
	}
	w.Insert(
		&model.Signup{
			ID: w.NewID(), StudentID: who.StudentID, ActivityID: r.ids["past activity"], PositionID: r.ids["position of past activity"], Status: model.SignupCancelled, Version: 1, CreatedAt: now, UpdatedAt: now,
		},
		&model.MatchBlock{
			StudentID: who.StudentID, OrgID: r.ids["community"], Side: model.BlockByHost, ReasonEnc: key.Seal(vault.BlockReason, who.StudentID, r.mark), CreatedBy: 1, CreatedAt: now,
		},
	)
}
