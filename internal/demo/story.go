package demo

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

type object = map[string]any

// play tells the whole story.
func (s *story) play() {
	s.people, s.ids = map[string]*client{}, map[string]string{}
	s.institutions()
	s.students()
	s.programme()
	s.pair()
	s.project()
	s.activity()
	s.signup()
	s.attend()
	s.hours()
	s.figures()
	s.rounds()
	if s.err == nil {
		fmt.Fprintf(s.out, "\n故事讲完了，%d 步，最后的数字都对得上。\n", s.steps)
	}
}

// institutions: the first administrator, the organisations and the people in charge of them.
func (s *story) institutions() {
	s.step("部署人员在服务器上运行 baodao bootstrap，把引导码交给安全管理员")
	code, err := s.app.Account.NewBootstrapCode(s.ctx)
	if err != nil {
		s.err = err
		return
	}
	sec := s.who("anquan", "安全管理员")
	sec.post(http.StatusOK, "/bootstrap/redeem", object{"code": code})
	s.say("成为第一位安全管理员；引导码已作废")

	s.step("安全管理员建立示例省团委，并邀请省里的干部")
	s.ids["province"] = s.org(sec, "", "PROVINCIAL_COMMITTEE", "示例省团委", nil)
	province := s.invite(sec, "province", "COMMITTEE_OFFICER", "shengtuanwei", "省团委干部")

	s.step("省团委干部建好市、县、镇街、社区和学校")
	s.ids["city"] = s.org(province, "province", "CITY_COMMITTEE", "示例市团委", nil)
	s.ids["county"] = s.org(province, "city", "COUNTY_COMMITTEE", "示例区团委", nil)
	s.ids["town"] = s.org(province, "county", "TOWN_YOUTH_WORK_COMMITTEE", "桥头街道青工委", nil)
	s.ids["community"] = s.org(province, "town", "COMMUNITY", "河畔社区", object{"lat": 36.650000, "lng": 117.120000})
	s.ids["far"] = s.org(province, "town", "COMMUNITY", "山前社区", object{"lat": 36.800000, "lng": 117.300000})
	s.ids["university"] = s.org(province, "city", "UNIVERSITY_COMMITTEE", "示例大学团委", object{"lat": 36.655000, "lng": 117.115000})
	s.ids["department"] = s.org(province, "university", "DEPARTMENT_COMMITTEE", "信息系团委", nil)
	s.ids["branch"] = s.org(province, "department", "LEAGUE_BRANCH", "软件一班团支部", nil)
	s.ids["branch2"] = s.org(province, "department", "LEAGUE_BRANCH", "软件二班团支部", nil)
	s.say("共 10 个组织，都在示例省团委之下")

	s.step("邀请各单位的负责人：镇街、社区、学校、院系、支部、指导教师")
	s.invite(province, "town", "TOWN_OFFICER", "jiedao", "街道干部")
	s.invite(province, "community", "HOST_STAFF", "shequ", "河畔社区工作人员")
	s.invite(province, "far", "HOST_STAFF", "shanqian", "山前社区工作人员")
	s.invite(province, "university", "COMMITTEE_OFFICER", "xiaotuanwei", "校团委干部")
	s.invite(province, "department", "COMMITTEE_OFFICER", "xituanwei", "系团委干部")
	s.invite(province, "branch", "BRANCH_SECRETARY", "zhishu", "团支部书记")
	s.invite(province, "department", "ADVISOR", "laoshi", "指导教师")
	s.say("七份邀请码都已兑换")
}

// org makes an organisation below another and returns its id.
func (s *story) org(by *client, parent, kind, name string, more object) string {
	body := object{"kind": kind, "name": name}
	if parent != "" {
		body["parent_id"] = s.ids[parent]
	}
	for k, v := range more {
		body[k] = v
	}
	return by.post(http.StatusCreated, "/orgs", body).get("id")
}

// invite gives a role to a new person by a code.
func (s *story) invite(by *client, org, role, name, shown string) *client {
	by.login() // appointing somebody wants a fresh login
	code := by.post(http.StatusCreated, "/orgs/"+s.ids[org]+"/invitations", object{"role": role, "note": shown}).get("code")
	c := s.who(name, shown)
	c.post(http.StatusCreated, "/invitations/redeem", object{"code": code})
	return c
}

// students: the roster and who is who.
func (s *story) students() {
	s.step("校团委干部上传学生名册（CSV）")
	roster := "学号,姓名,院系,团支部,专业,年级\n2025001,林小满,信息系团委,软件一班团支部,软件工程,2025\n2025002,周小雨,信息系团委,软件一班团支部,软件工程,2025\n" +
		"2025003,吴小雪,信息系团委,软件一班团支部,软件工程,2025\n2025004,郑小寒,信息系团委,软件二班团支部,软件工程,2025\n"
	school := s.people["xiaotuanwei"]
	path := "/orgs/" + s.ids["university"] + "/roster-imports"
	bad := school.post(http.StatusUnprocessableEntity, path, file{"名册.csv", "2025 级名册", roster + ",无学号,信息系团委,软件一班团支部,,\n"})
	s.refused(bad, "import.rows_invalid")
	a := school.post(http.StatusOK, path, file{"名册.csv", "2025 级名册", roster})
	s.must(a.get("created") == "4", "created %s, want 4", a.get("created"))
	s.say("改正后重传：新增 %s 名学生", a.get("created"))

	s.step("学生用微信登录，凭学校、学号和姓名绑定身份")
	for _, p := range [][3]string{{"lin", "林小满", "2025001"}, {"zhou", "周小雨", "2025002"}, {"wu", "吴小雪", "2025003"}} {
		c := s.who(p[0], p[1])
		a := c.post(http.StatusOK, "/me/student-binding", object{"university_id": s.ids["university"], "student_no": p[2], "name": p[1]})
		s.ids[p[0]] = a.get("id")
	}
	other := s.who("luren", "路人")
	s.refused(other.post(http.StatusUnprocessableEntity, "/me/student-binding", object{"university_id": s.ids["university"], "student_no": "2025004", "name": "猜一个"}), "binding.no_match")
}

// programme: the plan of the province, from the preset.
func (s *story) programme() {
	s.step("省团委干部用“百万大学生进社区”预设建立今年的计划并启用")
	province := s.people["shengtuanwei"]
	province.login()
	a := province.post(http.StatusCreated, "/programmes", object{
		"code": "DEMO-2026", "name": "示例省大学生进社区 2026", "owner_org_id": s.ids["province"], "preset": "SHANDONG_2023",
		"policy": object{"student_participation_permille": 250, "branch_participation_permille": 250},
	})
	s.ids["programme"] = a.get("id")
	a = province.post(http.StatusOK, "/programmes/"+s.ids["programme"]+"/activate", nil)
	s.say("计划 %s，状态 %s，结对目标 %s‰", a.get("name"), a.get("status"), a.get("policy.branch_pairing_permille"))
	s.step("校团委干部登记学期")
	s.people["xiaotuanwei"].post(http.StatusCreated, "/orgs/"+s.ids["university"]+"/terms", object{"name": "2026-2027-1", "starts_on": "2026-09-01", "ends_on": "2027-01-24"})
	s.say("2026-09-01 至 2027-01-24")
}

// pair: both sides agree.
func (s *story) pair() {
	s.step("团支部书记向河畔社区提出结对，社区同意后生效")
	secretary, clerk := s.people["zhishu"], s.people["shequ"]
	a := secretary.post(http.StatusCreated, "/pairings", object{
		"programme_id": s.ids["programme"], "campus_org_id": s.ids["branch"], "local_org_id": s.ids["community"], "level": "COMMUNITY_BRANCH", "note": "离学校两公里，每周都能来",
	})
	s.ids["pairing"] = a.get("id")
	s.say("%s，等社区答复", a.get("status"))
	s.refused(s.people["shanqian"].post(http.StatusNotFound, "/pairings/"+s.ids["pairing"]+"/accept", object{}), "resource.not_found")
	a = clerk.post(http.StatusOK, "/pairings/"+s.ids["pairing"]+"/accept", object{})
	s.must(a.get("status") == "ACTIVE", "pairing is %s", a.get("status"))
	s.say("双方同意，%s，自 %s 起", a.get("status"), a.get("from_on"))
}

// project: goals, tasks, duties, a team, and both sides' word.
func (s *story) project() {
	s.step("团支部书记建立工作项目，配好队长和指导教师，双方确认")
	secretary, clerk := s.people["zhishu"], s.people["shequ"]
	a := secretary.post(http.StatusCreated, "/projects", object{
		"pairing_id": s.ids["pairing"], "title": "河畔社区青春课堂", "goals": []string{"每周一次陪伴"}, "tasks": []string{"功课辅导", "楼道清洁"},
		"duties": []string{"队长带队并负责安全"}, "risk_plan": "结伴往返，雨天改期", "support": []string{"VENUE", "INSURANCE"},
	})
	s.ids["project"] = a.get("id")
	path := "/projects/" + s.ids["project"]
	secretary.post(http.StatusCreated, path+"/members", object{"role": "LEAD", "student_id": s.ids["lin"]})
	secretary.post(http.StatusCreated, path+"/members", object{"role": "ADVISOR", "user_id": s.people["laoshi"].get("/me").get("id")})
	secretary.post(http.StatusOK, path+"/submit", nil)
	secretary.post(http.StatusOK, path+"/confirm", object{})
	a = clerk.post(http.StatusOK, path+"/confirm", object{})
	s.must(a.get("status") == "RUNNING", "project is %s", a.get("status"))
	s.say("%s：%s", a.get("title"), a.get("status"))
}

// first is when the activity's session begins.
var first = time.Date(2026, 10, 17, 14, 0, 0, 0, opening.Location()) //nolint:gochecknoglobals // a constant

// activity: submitted, approved by the street, published.
func (s *story) activity() {
	s.step("社区工作人员填写活动：一场、一个岗位、两个名额")
	clerk := s.people["shequ"]
	me := clerk.get("/me")
	s.ids["clerk"] = me.get("id")
	clerk.send(http.StatusOK, http.MethodPut, "/me", object{"name": "陈晓明"}, "If-Match", me.etag) // students see whom to ask
	body := object{
		"org_id": s.ids["community"], "project_id": s.ids["project"], "title": "周六楼道清洁", "summary": "和居民一起打扫楼道", "mode": "ONSITE", "placement_mode": "DAILY",
		"signup_opens_at": opening.Format(time.RFC3339), "signup_closes_at": first.Add(-2 * time.Hour).Format(time.RFC3339), "counts_as_volunteer": true, "host_contact_id": s.ids["clerk"],
		"sessions":  []object{{"starts_at": first.Format(time.RFC3339), "ends_at": first.Add(2 * time.Hour).Format(time.RFC3339), "place": "河畔社区党群服务中心", "lat": 36.65, "lng": 117.12}},
		"positions": []object{{"title": "志愿者", "description": "打扫楼道", "capacity": 2}},
	}
	a := clerk.post(http.StatusCreated, "/activities", body)
	s.ids["activity"] = a.get("id")
	path := "/activities/" + s.ids["activity"]
	s.say("草稿已保存")

	s.step("社区提交，街道审核，社区发布；没有风险提示不能发布")
	clerk.post(http.StatusOK, path+"/submit", nil)
	town := s.people["jiedao"]
	town.post(http.StatusOK, path+"/approve", nil)
	s.refused(clerk.post(http.StatusUnprocessableEntity, path+"/publish", nil), "activity.incomplete")
	town.post(http.StatusOK, path+"/return", object{"reason": "请写明风险"})
	body["risk_note"] = "搬运时注意脚下，听从工作人员安排"
	delete(body, "org_id")
	delete(body, "project_id")
	a = clerk.send(http.StatusOK, http.MethodPut, path, body, "If-Match", clerk.get(path).etag)
	s.ids["session"], s.ids["position"] = a.get("sessions.0.id"), a.get("positions.0.id")
	clerk.post(http.StatusOK, path+"/submit", nil)
	town.post(http.StatusOK, path+"/approve", nil)
	a = clerk.post(http.StatusOK, path+"/publish", nil)
	s.must(a.get("status") == "PUBLISHED", "activity is %s", a.get("status"))
	s.say("补上风险提示后发布：%s，%s", a.get("title"), a.get("phase"))
}

// signup: found nearby, two seats for three students.
func (s *story) signup() {
	s.step("学生在附近找到活动并报名；两个名额，三个人")
	lin, zhou, wu := s.people["lin"], s.people["zhou"], s.people["wu"]
	a := lin.get("/activities?lat=36.655&lng=117.115&radius_m=5000&q=" + url.QueryEscape("清洁"))
	s.must(a.get("data.0.id") == s.ids["activity"], "the activity is not found nearby: %s", a.raw)
	s.say("搜到“%s”，距离 %s 米，余 %s 位", a.get("data.0.title"), a.get("data.0.distance_m"), a.get("data.0.seats.left"))
	path := "/positions/" + s.ids["position"] + "/signups"
	s.ids["signup-lin"] = lin.post(http.StatusCreated, path, object{"note": "我是队长"}).get("id")
	s.ids["signup-zhou"] = zhou.post(http.StatusCreated, path, object{}).get("id")
	s.say("林小满、周小雨报名成功")
	s.refused(wu.post(http.StatusConflict, path, object{}), "signup.full")
	s.refused(lin.post(http.StatusConflict, path, object{}), "signup.duplicate")
	s.refused(wu.send(http.StatusNotFound, http.MethodGet, "/signups/"+s.ids["signup-lin"], nil), "resource.not_found")
	zhou.post(http.StatusOK, "/signups/"+s.ids["signup-zhou"]+"/cancel", nil)
	s.ids["signup-wu"] = wu.post(http.StatusCreated, path, object{}).get("id")
	s.say("周小雨取消，吴小雪补上")
	a = lin.get("/positions/" + s.ids["position"] + "/availability")
	s.must(a.get("left") == "0", "left %s, want 0", a.get("left"))
}

// attend: a rotating code, a stale one, a confirmation by hand.
func (s *story) attend() {
	s.until(first.Add(-5 * time.Minute))
	s.step("开场前，社区出示 10 秒一换的签到码，林小满扫码")
	clerk, lin, wu := s.people["shequ"], s.people["lin"], s.people["wu"]
	code := func(kind string) string {
		return clerk.get("/sessions/" + s.ids["session"] + "/check-in-code?kind=" + kind).get("code")
	}
	in := code("IN")
	a := lin.post(http.StatusOK, "/check-ins/redeem", object{"code": in, "nonce": "lin-in-0001"})
	s.say("签到 %s，时间以服务器为准：%s", a.get("verdict"), a.get("at"))
	s.until(first.Add(-4 * time.Minute))
	s.step("吴小雪用转发来的旧截图签到，被拒；到场后由社区工作人员点名确认")
	s.refused(wu.post(http.StatusUnprocessableEntity, "/check-ins/redeem", object{"code": in, "nonce": "wu-in-0001"}), "checkin.code_expired")
	clerk.post(http.StatusCreated, "/sessions/"+s.ids["session"]+"/confirmations", object{"kind": "IN", "signup_ids": []string{s.ids["signup-wu"]}, "reason": "手机没电，本人在场"})
	s.say("已由工作人员确认签到")
	s.until(first.Add(2 * time.Hour))
	s.step("活动结束，两人签退")
	lin.post(http.StatusOK, "/check-ins/redeem", object{"code": code("OUT"), "nonce": "lin-out-0001"})
	wu.post(http.StatusOK, "/check-ins/redeem", object{"code": code("OUT"), "nonce": "wu-out-0001"})
	s.say("签退完成，时长自动计算")
}

// hours: three different people stand for every minute.
func (s *story) hours() {
	path := "/activities/" + s.ids["activity"] + "/hours-claims"
	s.step("队长确认队员，指导教师确认队长；没有人能确认自己")
	lin, clerk := s.people["lin"], s.people["shequ"]
	claims := clerk.get(path)
	own, others := claims.get("data.0.id"), claims.get("data.1.id")
	if claims.get("data.0.student.id") != s.ids["lin"] {
		own, others = others, own
	}
	s.refused(lin.post(http.StatusForbidden, path+"/lead-confirm", object{"claim_ids": []string{own}}), "access.own_interest")
	lin.post(http.StatusOK, path+"/lead-confirm", object{"claim_ids": []string{others}})
	s.people["laoshi"].post(http.StatusOK, path+"/lead-confirm", object{"claim_ids": []string{own}})
	s.step("社区确认，系团委认定并记入台账")
	clerk.post(http.StatusOK, path+"/host-confirm", object{"all": true})
	s.people["xituanwei"].post(http.StatusOK, path+"/recognise", object{"all": true})
	a := lin.get("/me/record")
	s.must(a.get("minutes") == "120" && a.get("volunteer_minutes") == "120", "record %s", a.raw)
	s.say("林小满的记录：120 分钟志愿服务")
	s.step("林小满打开收件箱")
	news := lin.get("/me/notifications?unread=true").get
	s.must(news("data.0.kind") == "HOURS_CONFIRMED" && news("data.0.object_id") == s.ids["activity"], "newest entry: %s", news("data.0.kind"))
	s.say("%s：%s", news("data.0.title"), news("data.0.body"))
}

// figures: what the province sees, through its own program.
func (s *story) figures() {
	s.step("省团委的数据程序（API 客户端）读取指标")
	province := s.people["shengtuanwei"]
	province.login()
	a := province.post(http.StatusCreated, "/orgs/"+s.ids["province"]+"/api-clients", object{"name": "省级数据看板", "scopes": []string{"stats.read"}})
	program := &client{name: "program", shown: "数据程序", story: s}
	program.access = program.post(http.StatusOK, "/oauth/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {a.get("id")}, "client_secret": {a.get("client_secret")},
	}).get("access_token")
	a = program.get("/orgs/" + s.ids["province"] + "/indicators?programme_id=" + s.ids["programme"])
	for i, want := range []struct{ code, name, top, bottom string }{
		{"student_participation", "学生参与", "2", "4"}, {"branch_participation", "团支部参与", "1", "2"}, {"branch_pairing", "团支部结对", "1", "2"},
	} {
		at := fmt.Sprintf("figures.%d.", i)
		s.must(a.get(at+"code") == want.code && a.get(at+"numerator") == want.top && a.get(at+"denominator") == want.bottom, "figure %s: %s", want.code, a.raw)
		s.say("%s %s/%s = %s（目标 %s‰，达标 %s）", want.name, want.top, want.bottom, a.get(at+"ratio"), a.get(at+"target_permille"), a.get(at+"met"))
	}
	s.must(a.get("volunteer_minutes") == "240", "volunteer minutes: %s", a.raw)
	s.refused(program.send(http.StatusForbidden, http.MethodGet, "/activities/"+s.ids["activity"]+"/signups", nil), "access.denied")
}
