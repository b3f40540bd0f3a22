package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// rounds: both sides say what they want, a public draw decides ties, and nobody is placed who has not said yes.
func (s *story) rounds() {
	s.surveys()
	s.matched()
	s.wishes()
	s.drawn()
	s.answers()
	s.pairRound()
}

// Days of the rounds.
//
//nolint:gochecknoglobals // constants
var (
	wishesEnd = time.Date(2026, 10, 20, 20, 0, 0, 0, opening.Location())
	tutoring  = time.Date(2026, 10, 31, 14, 0, 0, 0, opening.Location())
	pairsEnd  = time.Date(2026, 10, 24, 20, 0, 0, 0, opening.Location())
)

// saturday is a week of which the afternoon of Saturday is marked.
func saturday() []string {
	return []string{"000000", "000000", "000000", "000000", "000000", "000111", "000000"}
}

// surveys: what hosts need and what students offer, before anything is matched.
func (s *story) surveys() {
	s.step("摸底调查：社区登记需要什么，学生登记什么时候有空、会什么")
	for _, p := range [][2]string{{"shequ", "community"}, {"shanqian", "far"}} {
		name, org := p[0], p[1]
		s.people[name].login() // WeChat looks at texts only of who was there within two hours
		s.people[name].send(http.StatusOK, http.MethodPut, "/orgs/"+s.ids[org]+"/survey?programme_id="+s.ids["programme"], object{
			"needs": []object{}, "venues": []object{{"kind": "PARTY_MASS_CENTER", "place": "党群服务中心", "capacity": 30}}, "support": []string{"VENUE"},
			"slots": saturday(), "skills": []string{"TUTORING"}, "partners": 1, "students": 10,
		}, "If-Match", `"0"`)
	}
	for _, p := range [][]string{{"lin", "TUTORING"}, {"zhou", "TUTORING"}, {"wu"}} {
		name, skills := p[0], p[1:]
		s.people[name].send(http.StatusOK, http.MethodPut, "/me/willingness?programme_id="+s.ids["programme"], object{
			"willing": true, "slots": saturday(), "skills": skills, "interests": []string{}, "max_distance_m": 10000,
		}, "If-Match", `"0"`)
	}
	s.say("三名学生周六下午有空，其中两人会辅导功课")
}

// matched: an activity whose places come from a round alone.
func (s *story) matched() {
	s.step("社区发布名额由匹配产生的活动，写明想要会辅导功课的人；不能直接报名")
	clerk, town := s.people["shequ"], s.people["jiedao"]
	a := clerk.post(http.StatusCreated, "/activities", object{
		"org_id": s.ids["community"], "project_id": s.ids["project"], "title": "周六功课辅导", "mode": "ONSITE", "placement_mode": "DAILY", "signup_mode": "MATCHED",
		"signup_opens_at": first.Format(time.RFC3339), "signup_closes_at": tutoring.Add(-2 * time.Hour).Format(time.RFC3339), "host_contact_id": s.ids["clerk"], "risk_note": "接送时注意路口",
		"sessions":  []object{{"starts_at": tutoring.Format(time.RFC3339), "ends_at": tutoring.Add(2 * time.Hour).Format(time.RFC3339), "place": "河畔社区党群服务中心", "lat": 36.65, "lng": 117.12}},
		"positions": []object{{"title": "课业辅导员", "capacity": 2}},
	})
	path := "/activities/" + a.get("id")
	s.ids["seat"] = a.get("positions.0.id")
	clerk.send(http.StatusOK, http.MethodPut, "/positions/"+s.ids["seat"]+"/needs", object{"required_skills": []string{}, "wanted_skills": []string{"TUTORING"}, "urgency": 2, "min_team": 0}, "If-Match", `"0"`)
	clerk.post(http.StatusOK, path+"/submit", nil)
	town.post(http.StatusOK, path+"/approve", nil)
	clerk.post(http.StatusOK, path+"/publish", nil)
	s.refused(s.people["lin"].post(http.StatusConflict, "/positions/"+s.ids["seat"]+"/signups", object{}), "signup.matched")
}

// round plans a round and opens it.
func (s *story) round(kind, name, rule string, until time.Time) {
	officer := s.people["xiaotuanwei"]
	officer.login()
	a := officer.post(http.StatusCreated, "/match-rounds", object{
		"kind": kind, "programme_id": s.ids["programme"], "scope_org_id": s.ids["university"], "name": name, "season": "TERM", "rule": rule, "k": 20, "radius_m": 40000, "answer_hours": 72,
		"wishes_from": s.hands.now().Format(time.RFC3339), "wishes_until": until.Format(time.RFC3339), "draw_source": "福彩双色球下一期开奖号码",
	})
	s.ids["round"] = "/match-rounds/" + a.get("id")
	a = officer.post(http.StatusOK, s.ids["round"]+"/open", nil)
	s.ids["commitment"] = a.get("secret_commitment")
	s.must(a.get("status") == "OPEN" && len(s.ids["commitment"]) == 64, "round %s", a.raw)
	s.say("%s %s：规则 %s、公开抽签的名称和密数的摘要已经公布", a.get("name"), a.get("status"), rule)
}

// wishes: everybody lists the same position, which has two seats.
func (s *story) wishes() {
	s.step("校团委开一轮匹配，学生填志愿")
	s.round("POSITIONS", "秋季第一轮", "points-v2", wishesEnd)
	var a *answer
	s.wait("the position is recommended", func(context.Context) (bool, error) { // from memory, at most two seconds old
		a = s.people["lin"].get("/me/recommendations?programme_id=" + s.ids["programme"])
		return a.get("data.0.position_id") == s.ids["seat"], nil
	})
	s.say("推荐给林小满：%s（%s）", a.get("data.0.activity"), a.get("data.0.reasons"))
	for _, name := range []string{"lin", "zhou", "wu"} {
		a = s.people[name].send(http.StatusOK, http.MethodPut, s.ids["round"]+"/wishes", object{"positions": []string{s.ids["seat"]}}, "If-Match", `"0"`)
		s.must(a.get("wishes.0.position_id") == s.ids["seat"] && a.get("wishes.0.unfit") == "", "wishes of %s: %s", name, a.raw)
	}
	s.say("三人都填了“周六功课辅导”，名额两个，距离 %s 米", a.get("wishes.0.distance_m"))
	s.refused(s.people["wu"].send(http.StatusConflict, http.MethodGet, s.ids["round"]+"/positions/"+s.ids["seat"]+"/why", nil), "match.not_published")
}

// drawn: inputs are frozen, the draw is entered, and everybody can do the sum again.
func (s *story) drawn() {
	s.until(wishesEnd)
	s.step("志愿截止，后台冻结名单并公布摘要；录入开奖号码后后台匹配，校团委公布建议")
	officer, at := s.people["xiaotuanwei"], s.ids["round"]
	frozen := s.worked("status", "FROZEN")
	s.must(frozen.get("students") == "3" && frozen.get("seats") == "2", "frozen: %s", frozen.raw)
	s.refused(s.people["lin"].post(http.StatusForbidden, at+"/draw", object{"value": "我选的号码"}), "access.denied")
	officer.login()
	officer.post(http.StatusOK, at+"/draw", object{"value": draw})
	s.worked("work.ready", "true")
	officer.post(http.StatusOK, at+"/publish", nil)
	public := s.people["wu"].get(at)
	s.must(public.get("status") == "PUBLISHED" && public.get("placed") == "2" && public.get("blocking") == "0", "published: %s", public.raw)
	secret, err := hex.DecodeString(public.get("secret"))
	inputs, err2 := hex.DecodeString(public.get("input_digest"))
	s.must(err == nil && err2 == nil, "not in hex: %s", public.raw)
	s.must(sum(secret) == s.ids["commitment"], "the secret is not the one of before")
	s.must(public.get("input_digest") == frozen.get("input_digest") && sum(inputs, secret, []byte(draw)) == public.get("seed"), "the seed does not follow")
	s.say("吴小雪自己验算：密数与开轮时公布的摘要相符，种子由名单、密数和开奖号码算出")
}

// draw is what was drawn in public.
const draw = "03 09 17 21 25 33 + 12"

// sum is the SHA-256 of parts, in hex.
func sum(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// answers: why these, why not, and a seat only after two yeses.
func (s *story) answers() {
	s.step("吴小雪问为什么没有分到；社区看为什么是这两个人")
	clerk, at := s.people["shequ"], s.ids["round"]+"/positions/"+s.ids["seat"]
	a := s.people["wu"].get(at + "/why")
	s.must(a.get("reason") == "BELOW_CUTOFF", "why not: %s", a.raw)
	s.say("%s", a.get("text"))
	a = clerk.get(at + "/seats")
	s.must(a.get("filled") == "2" && a.get("listed") == "3", "seats: %s", a.raw)
	s.say("社区看到：%s 人填报，%s 人入选，姓名隐去（%s）", a.get("listed"), a.get("filled"), a.get("people.0.student.name"))
	s.step("双方各自答复，都同意才有名额")
	asked := clerk.get("/orgs/" + s.ids["community"] + "/match-proposals?status=PROPOSED")
	clerk.post(http.StatusOK, "/orgs/"+s.ids["community"]+"/match-proposals/answer", object{"proposal_ids": []string{asked.get("data.0.id"), asked.get("data.1.id")}, "answer": "ACCEPT"})
	for _, name := range []string{"lin", "zhou"} {
		mine := s.people[name].get("/me/proposals?status=PROPOSED")
		a = s.people[name].post(http.StatusOK, "/match-proposals/"+mine.get("data.0.id")+"/accept", nil)
		s.must(a.get("status") == "CONFIRMED" && a.get("signup_id") != "", "proposal of %s: %s", name, a.raw)
		s.say("%s同意：%s，名额已确认", s.people[name].shown, a.get("status"))
	}
}

// pairRound: the second branch and the far community find each other by the same engine.
func (s *story) pairRound() {
	s.step("校团委再开一轮结对：已生效的结对保留，没有结对的由同一套引擎建议")
	province := s.people["shengtuanwei"]
	other := s.invite(province, "branch2", "BRANCH_SECRETARY", "zhishu2", "软件二班团支部书记")
	s.round("PAIRING", "秋季结对", "pairing-v1", pairsEnd)
	s.until(pairsEnd)
	officer, at := s.people["xiaotuanwei"], s.ids["round"]
	s.worked("status", "FROZEN")
	officer.login()
	officer.post(http.StatusOK, at+"/draw", object{"value": draw})
	s.worked("work.ready", "true")
	officer.post(http.StatusOK, at+"/publish", nil)
	s.wait("the pairs are proposed", func(ctx context.Context) (bool, error) {
		_, err := s.app.Round.ProposePairs(ctx, 10)
		return other.get(at+"/pairs?org_id="+s.ids["branch2"]).get("data.0.pairing_id") != "", err
	})
	why := other.get(at + "/pair-reasons?org_id=" + s.ids["branch2"])
	for i := range 2 {
		row := fmt.Sprintf("data.%d.", i)
		s.say("%s（%s 米）：%s", why.get(row+"org.name"), why.get(row+"distance_m"), why.get(row+"reason_zh"))
	}
	s.must(why.get("data.0.reason") == "DRAWN" && why.get("data.1.reason") == "COMMUNITY_FULL", "why these: %s", why.raw)
	pairing := "/pairings/" + other.get(at+"/pairs?org_id="+s.ids["branch2"]).get("data.0.pairing_id")
	other.post(http.StatusOK, pairing+"/accept", object{})
	a := s.people["shanqian"].post(http.StatusOK, pairing+"/accept", object{})
	s.must(a.get("status") == "ACTIVE", "pairing is %s", a.get("status"))
	a = province.get("/orgs/" + s.ids["province"] + "/indicators?programme_id=" + s.ids["programme"])
	s.must(a.get("figures.2.numerator") == "2" && a.get("figures.2.denominator") == "2", "figures: %s", a.raw)
	s.say("双方同意后生效；团支部结对 2/2")
}

// worked waits until a replica has taken the round so far that a field has a value. They look every ten seconds by
// themselves; the story has one look at once.
func (s *story) worked(field, want string) (last *answer) {
	s.wait("the round has "+field+" "+want, func(ctx context.Context) (bool, error) {
		_, err := s.app.Round.Advance(ctx, 10)
		last = s.people["xiaotuanwei"].get(s.ids["round"])
		return last.get(field) == want, err
	})
	return last
}

// wait asks ten times a second, for half a minute, until done says yes.
func (s *story) wait(what string, done func(ctx context.Context) (bool, error)) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		ok, err := done(s.ctx)
		if err != nil && s.err == nil {
			s.err = err
		}
		if ok || s.err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
		}
	}
	s.must(false, "in vain: %s", what)
}
