package api_test

import (
	"fmt"

	"baodao/model"
	"baodao/service/access"
)

// authzDemandRules are the rules of demands and of asking units to take them.
var authzDemandRules = []authzRule{
	{op: "createDemand", is: "community", by: perms(access.DemandWrite), body: needBody("community")},
	{op: "listDemandBoard", by: perms(access.DemandBoard)},
	{op: "listMyDemands", by: people, reads: access.DemandRead, shows: map[string]string{"drafted demand": "need", "submitted demand": "need"}},
	{op: "getDemand", on: "open demand", is: "open need", by: perms(access.DemandBoard)},
	{op: "getDemand", on: "drafted demand", is: "need", by: perms(access.DemandRead)},
	{op: "updateDemand", on: "drafted demand", is: "need", by: perms(access.DemandWrite), body: needForm},
	{op: "copyDemand", on: "drafted demand", is: "need", by: perms(access.DemandWrite), body: inProgramme},
	{op: "submitDemand", on: "drafted demand", is: "need", by: perms(access.DemandWrite)},
	{op: "verifyDemand", on: "submitted demand", is: "need", by: perms(access.DemandVerify)},
	{op: "returnDemand", on: "submitted demand", is: "need", by: perms(access.DemandVerify), body: reasonBody},
	{op: "cancelDemand", on: "open demand", is: "open need", by: perms(access.DemandWrite), body: reasonBody},
	{op: "fulfilDemand", on: "begun demand", is: "open need", by: perms(access.DemandWrite)},
	{op: "dispatchDemand", on: "open demand", is: "both sides", by: perms(access.DemandDispatch), body: askBranch},
	{op: "takeDemand", on: "open demand", is: "both sides", at: "branch", by: perms(access.DemandAnswer), body: unitBody("branch")},
	{op: "listMyDispatches", by: people, reads: access.DemandAnswer, shows: map[string]string{"dispatch": "answer"}},
	{op: "acceptDispatch", on: "dispatch", is: "request", by: perms(access.DemandAnswer)},
	{op: "declineDispatch", on: "dispatch", is: "request", by: perms(access.DemandAnswer), body: reasonBody},
	{op: "withdrawDispatch", on: "dispatch", is: "asked unit", at: "department, community", by: perms(access.DemandDispatch), body: reasonBody},
	{op: "giveBackDemand", on: "accepted demand", is: "both sides", at: "branch", by: perms(access.DemandAnswer), body: reasonBody},
	{op: "convertDemandToProject", on: "accepted demand", is: "both sides", at: "branch", by: perms(access.DemandAnswer), but: unitsOwn},
	{op: "convertDemandToActivity", on: "accepted demand", is: "both sides", at: "branch", by: perms(access.DemandAnswer), body: emptyBody, but: unitsOwn},
	{op: "getDemandTimes", on: "community", by: perms(access.StatsRead), query: "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"},
}

// unitsOwn: projects and activities are drafted by the unit itself, not by the committees above it.
var unitsOwn = except(403, "drafts projects and activities of its own only", "department, university")

func needForm(_ *twins, r *realm) any {
	return object{
		"title": "四点半课堂", "place": "党群服务中心", "risk_note": "注意路口", "contact_id": r.id("user host"),
		"positions": []object{{"title": "辅导员", "count": 2, "needs": "会数学"}}, "summary": "陪写作业", "field": "HEALTH", "category": "CULTURE",
		"windows": []object{{"starts_at": "2026-12-05T01:00:00Z", "ends_at": "2026-12-05T03:00:00Z"}},
	}
}

func needBody(host string) func(w *twins, r *realm) any {
	return func(w *twins, r *realm) any {
		return with(needForm(w, r).(object), object{"programme_id": r.id("programme"), "host_org_id": r.id(host)})
	}
}

func inProgramme(_ *twins, r *realm) any { return object{"programme_id": r.id("programme")} }

func askBranch(_ *twins, r *realm) any {
	return object{"org_id": r.id("branch"), "due_at": "2026-12-01T01:00:00Z"}
}

func unitBody(name string) func(*twins, *realm) any {
	return func(_ *twins, r *realm) any { return object{"org_id": r.id(name)} }
}

// needs gives the community of a realm a demand in every state in which something can be done with it.
func (w *twins) needs(r *realm) {
	w.TB.Helper()
	do := func(who, line, of string, body any) {
		w.TB.Helper()
		w.Do(r.who[who], fmt.Sprintf(line, r.ids[of]), body).Status(200)
	}
	for _, name := range []string{"drafted demand", "submitted demand", "open demand", "sent demand", "accepted demand", "begun demand"} {
		body := needBody("community")(w, r).(object)
		if name == "drafted demand" || name == "submitted demand" {
			body["summary"] = r.mark
		}
		r.keep(name, w.Do(r.who["host"], "POST /demands", body).Status(201))
		if name == "drafted demand" {
			continue
		}
		do("host", "POST /demands/%d/submit", name, nil)
		if name == "submitted demand" {
			continue
		}
		do("author", "POST /demands/%d/verify", name, nil)
	}
	sent := w.Do(r.who["town"], on("POST /demands/%d/dispatches", r.ids["sent demand"]), askBranch(w, r)).Status(201)
	var id int64
	if _, err := fmt.Sscan(sent.Get("dispatches.0.id"), &id); err != nil {
		w.TB.Fatal(err)
	}
	r.ids["dispatch"] = id
	do("secretary", "POST /demands/%d/take", "accepted demand", unitBody("branch")(w, r))
	do("secretary", "POST /demands/%d/take", "begun demand", unitBody("branch")(w, r))
	w.set(&model.Demand{}, r.ids["begun demand"], object{"starts_at": w.Clock.Now()})
}
