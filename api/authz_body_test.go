package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/url"
	"time"

	"baodao/model"
	"baodao/service/programme"
)

// bodyMaker makes the body of a request about the objects of a realm.
type bodyMaker = func(w *twins, r *realm) any

func emptyBody(*twins, *realm) any  { return object{} }
func reasonBody(*twins, *realm) any { return object{"reason": "核对后处理"} }

func fieldBody(key, value string) bodyMaker {
	return func(*twins, *realm) any { return object{key: value} }
}

func (r *realm) id(name string) string { return fmt.Sprint(r.ids[name]) }

func loginBody(_ *twins, r *realm) any { return object{"code": "door-" + r.id("user visitor")} }

func refreshBody(_ *twins, r *realm) any { return object{"refresh_token": r.text["refresh token"]} }

func clientTokenBody(_ *twins, r *realm) any {
	v := url.Values{"grant_type": {"client_credentials"}, "client_id": {r.text["client id"]}, "client_secret": {r.text["client secret"]}}
	return otherMedia{content: v.Encode(), contentType: "application/x-www-form-urlencoded", noToken: true} // the client says who it is in the form
}

func joinBody(w *twins, r *realm) any {
	return object{"code": r.text["join code"], "student_no": fmt.Sprint("N", w.NewID()), "name": "新人"}
}

func bindBody(_ *twins, r *realm) any {
	return object{"university_id": r.id("university"), "student_no": r.text["unbound"], "name": "待认证"}
}

func clientBody(*twins, *realm) any {
	return object{"name": "数据看板", "scopes": []string{"org.read"}}
}

func roleBody(name, person string) bodyMaker {
	return func(_ *twins, r *realm) any { return object{"role": name, "user_id": r.id("user " + person)} }
}

func invitationBody(_ *twins, r *realm) any { return object{"code": r.text["invitation"]} }

func orgBody(kind, parent string) bodyMaker {
	return func(_ *twins, r *realm) any {
		return object{"kind": kind, "parent_id": r.id(parent), "name": "新单位"}
	}
}

func termBody(*twins, *realm) any {
	return object{"name": "2026-2027-1", "starts_on": "2026-09-01", "ends_on": "2027-01-20"}
}

func rosterBody(_ *twins, r *realm) any {
	var b bytes.Buffer
	f := multipart.NewWriter(&b)
	part, err := f.CreateFormFile("file", "roster.csv")
	if err == nil {
		_, err = fmt.Fprintf(part, "学号,姓名\nR%d,%s名册\n", r.ids["branch"], r.mark)
	}
	if err == nil {
		err = f.WriteField("reason", "新生")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		panic(err)
	}
	return otherMedia{content: b.String(), contentType: f.FormDataContentType()}
}

func programmeBody(_ *twins, r *realm) any {
	return object{"code": "NEW-" + r.id("university"), "name": "新计划", "owner_org_id": r.id("university"), "preset": programme.PresetMaoming}
}

func policyBody(w *twins, _ *realm) any { return w.Policy }

func milestoneBody(*twins, *realm) any {
	return object{"kind": "CASES", "name": "报送典型案例", "due_on": "2026-12-20"}
}

func yearBody(*twins, *realm) any { return object{"year": 2026} }

func proposalBody(_ *twins, r *realm) any {
	return object{"programme_id": r.id("programme without pairings"), "campus_org_id": r.id("branch"), "local_org_id": r.id("community"), "level": model.PairingCommunityBranch}
}

func renewBody(_ *twins, r *realm) any { return object{"term_id": r.id("running term")} }

func endBody(*twins, *realm) any { return object{"reason": "撤并", "ends_on": "2026-10-12"} }

func projectBody(_ *twins, r *realm) any {
	return with(planBody(), object{"pairing_id": r.id("pairing")})
}

func plannedBody(*twins, *realm) any { return planBody() }

func memberBody(_ *twins, r *realm) any { return object{"role": "MEMBER", "student_id": r.id("mate")} }

// contents is a good activity in three days' time.
func activityContents(w *twins, r *realm) object {
	start := w.Clock.Now().Add(72 * time.Hour)
	return object{
		"title": "社区清洁日", "mode": "ONSITE", "placement_mode": "SINGLE", "signup_opens_at": w.Clock.Now(), "signup_closes_at": start, "host_contact_id": r.id("user host"),
		"sessions":  []object{{"starts_at": start, "ends_at": start.Add(2 * time.Hour), "place": "戊社区广场", "lat": 36.65, "lng": 117.12}},
		"positions": []object{{"title": "志愿者", "capacity": 10}},
	}
}

func rewrittenBody(w *twins, r *realm) any { return activityContents(w, r) }

func activityBody(org string) bodyMaker {
	return func(w *twins, r *realm) any {
		body := with(activityContents(w, r), object{"org_id": r.id(org), "programme_id": r.id("programme")})
		if org == "branch" {
			body["host_org_id"] = r.id("community")
		}
		return body
	}
}

func mergeBody(into string) bodyMaker {
	return func(_ *twins, r *realm) any { return object{"into_activity_id": r.id(into), "reason": "人数不足"} }
}

func capacityBody(*twins, *realm) any { return object{"capacity": 60} }

func moveBody(w *twins, _ *realm) any {
	start := w.Clock.Now().Add(80 * time.Hour)
	return object{"starts_at": start, "ends_at": start.Add(time.Hour), "place": "新址"}
}

func branchPartyBody(_ *twins, r *realm) any {
	return object{"org_id": r.id("branch"), "student_ids": []string{r.id("mate")}, "all_or_none": true}
}

func teamPartyBody(_ *twins, r *realm) any {
	return object{"project_id": r.id("project"), "student_ids": []string{r.id("student")}}
}

func leaveBody(_ *twins, r *realm) any {
	return object{"decision": "LEAVE", "signup_ids": []string{r.id("signup")}}
}

func scanBody(w *twins, r *realm) any {
	code := w.Do(r.who["host"], on("GET /sessions/%d/check-in-code", r.ids["session of present activity"]), nil).Status(200).Get("code")
	return object{"code": code, "nonce": fmt.Sprint("scan-", w.NewID())}
}

func showBody(w *twins, r *realm) any {
	code := w.Do(r.who["student"], on("GET /me/sessions/%d/check-in-code", r.ids["session of present activity"]), nil).Status(200).Get("code")
	return object{"code": code, "kind": "IN", "nonce": fmt.Sprint("scan-", w.NewID())}
}

func openPassBody(*twins, *realm) any {
	return object{"kind": "IN", "minutes": 5, "reason": "没有屏幕"}
}

func passBody(w *twins, r *realm) any {
	code := w.Do(r.who["host"], on("GET /sessions/%d/pass-code", r.ids["session of present activity"]), nil).Status(200).Get("code")
	return object{"session_id": r.id("session of present activity"), "kind": "IN", "pass_code": code, "nonce": fmt.Sprint("pass-", w.NewID())}
}

func correctBody(w *twins, r *realm) any {
	return object{"signup_id": r.id("seat"), "in_at": w.Clock.Now(), "reason": "忘记扫码"}
}

func presentBody(_ *twins, r *realm) any {
	return object{"kind": "IN", "signup_ids": []string{r.id("seat")}, "reason": "手机没电，当面核对"}
}

func offlineBody(w *twins, _ *realm) any {
	now := w.Clock.Now().Format(time.RFC3339)
	return object{"device_now": now, "rows": []object{{"token": "of-another-list", "nonce": "line-0001", "kind": "IN", "at": now}}}
}

// fewerBody confirms a claim with fewer minutes.
func fewerBody(name string) bodyMaker {
	return func(_ *twins, r *realm) any {
		return object{"claim_ids": []string{r.id(name)}, "corrections": []object{{"claim_id": r.id(name), "minutes": 1, "reason": "中途离开"}}}
	}
}

func claimsBody(name string) bodyMaker {
	return func(_ *twins, r *realm) any { return object{"claim_ids": []string{r.id(name)}} }
}
