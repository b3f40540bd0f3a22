package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
	"gorm.io/gorm"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/testkit/apitest"
	"baodao/service/access"
	"baodao/service/vault"
)

// secrets are what is planted: what it is, and how it reads.
type secrets map[string]string

// strangers is a WeChat in which the code new-NAME logs in somebody never seen before, with a unionid.
type strangers struct {
	*apitest.API
	planted secrets
}

func (s strangers) Login(ctx context.Context, code string) (openID, unionID string, err error) {
	if name, ok := strings.CutPrefix(code, "new-"); ok {
		openID, unionID = "oFREMD"+strings.Repeat(name, 3)+"0openid", "uFREMD"+strings.Repeat(name, 3)+"0unionid"
		s.planted["openid of "+name], s.planted["unionid of "+name] = openID, unionID
		return openID, unionID, nil
	}
	return s.API.Login(ctx, code)
}

// TestNothingPersonalInLogOrFiles walks the journey with marked names, numbers, openids, phones and secrets, good requests
// and bad ones, and then looks for them in the log and in the database's files, in every spelling.
func TestNothingPersonalInLogOrFiles(t *testing.T) {
	t.Parallel()
	a, planted := apitest.New(t), secrets{}
	rewire(t, a, planted)
	p := &plot{API: a, planted: planted, t: t}
	p.staff()
	p.students()
	p.service()
	p.mistakes()
	for name, marker := range planted {
		for spelling, needle := range spellings(marker) {
			if bytes.Contains(a.Log.Bytes(), needle) {
				t.Errorf("%s is in the log as %s", name, spelling)
			}
		}
	}
	if len(planted) < 20 || a.Log.Len() == 0 {
		t.Fatalf("%d secrets planted, %d bytes logged", len(planted), a.Log.Len())
	}
	if testkit.OnMySQL() {
		return // the files are the server's
	}
	all := files(t, a)
	if !bytes.Contains(append(all["the database"], all["the database-wal"]...), []byte("清洁日")) {
		t.Error("the files do not even hold the title of the activity: they are the wrong ones")
	}
	for path, content := range all {
		for name, marker := range planted {
			for spelling, needle := range spellings(marker) {
				if bytes.Contains(content, needle) {
					t.Errorf("%s is in %s as %s", name, path, spelling)
				}
			}
		}
	}
}

func rewire(t *testing.T, a *apitest.API, planted secrets) {
	t.Helper()
	zero := make([]byte, vault.KeyBytes)
	ring := config.Ring{Current: "test", Keys: map[string][]byte{"test": zero}}
	built, err := app.Build(app.Deps{
		DB: a.DB, Now: a.Clock.Now, NewID: a.NewID, WeChat: strangers{a, planted}, Phones: a, Log: slog.New(slog.NewJSONHandler(a.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Keys: config.Keys{Token: ring, Field: ring, Refresh: zero, Index: zero, Code: zero, Invite: zero, Client: zero},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Built = built
}

// plot is the journey.
type plot struct {
	*apitest.API
	planted                            secrets
	t                                  *testing.T
	officer, secretary, host, town, me access.Actor
}

// keep plants a secret that an answer gives.
func (p *plot) keep(name string, a *apitest.Answer, field string) string {
	p.planted[name] = a.Get(field)
	return p.planted[name]
}

func (p *plot) staff() {
	name := func(n string) string { p.planted["name of "+n] = n; return n }
	p.officer = p.Staff(name("欧阳靐校"), access.CommitteeOfficer, p.University)
	p.secretary = p.Staff(name("司马靐支书"), access.BranchSecretary, p.Branch)
	p.host = p.Staff(name("诸葛靐干事"), access.HostStaff, p.Community)
	p.town = p.Staff(name("上官靐镇"), access.TownOfficer, p.Town)
	for n, who := range map[string]access.Actor{"officer": p.officer, "secretary": p.secretary, "host": p.host} {
		p.planted["openid of "+n] = p.OpenIDs[who.UserID]
		in := p.SignIn(who).Status(200)
		p.keep("access token of "+n, in, "access_token")
		p.keep("refresh token of "+n, in, "refresh_token")
	}
	p.planted["phone"] = "+8613912345678"
	person, err := p.Vault.Person(p.DB, p.host.UserID)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE users SET phone_enc = ?, phone_idx = ? WHERE id = ?", person.Seal(vault.Phone, p.host.UserID, p.planted["phone"]), p.Vault.Index(vault.Phone, p.planted["phone"]), p.host.UserID).Error
	}); err != nil {
		p.t.Fatal(err)
	}
	if got := p.Do(p.host, "GET /me", nil).Status(200).Get("phone"); !strings.HasSuffix(got, "****5678") {
		p.t.Errorf("the phone is %s", got)
	}
	code, err := p.Built.Account.NewBootstrapCode(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.planted["bootstrap code"] = code
	p.Do(access.Actor{UserID: p.User(name("夏侯靐安全")).ID}, "POST /bootstrap/redeem", object{"code": code}).Status(200)
	client := p.Do(p.officer, on("POST /orgs/%d/api-clients", p.University.ID), object{"name": "看板", "scopes": []string{"org.read", "stats.read"}}).Status(201)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.Get("id")}, "client_secret": {p.keep("client secret", client, "client_secret")}}
	p.keep("client token", p.Do(apitest.Nobody, "POST /oauth/token", form.Encode(), apitest.Header("Content-Type", "application/x-www-form-urlencoded")).Status(200), "access_token")
}

// enter logs a stranger in and returns an option that speaks for them.
func (p *plot) enter(name string) apitest.Option {
	in := p.Do(apitest.Nobody, "POST /auth/login", object{"code": "new-" + name}).Status(200)
	p.keep("refresh token of "+name, in, "refresh_token")
	return bearer(p.keep("access token of "+name, in, "access_token"))
}

func (p *plot) students() {
	p.planted["name in the roster"], p.planted["number in the roster"] = "轩辕靐明", "ZX2023887766"
	p.planted["name in a request"], p.planted["number in a request"] = "宇文靐月", "ZX2023554433"
	body, media := upload(p.t, []byte("学号,姓名,团支部\nZX2023887766,轩辕靐明,"+p.Branch.Name+"\n"), "reason", "新生名册")
	p.Do(p.officer, on("POST /orgs/%d/roster-imports", p.University.ID), body, media).Status(200)
	first := p.enter("alpha")
	p.Do(apitest.Nobody, "POST /me/student-binding", object{"university_id": fmt.Sprint(p.University.ID), "student_no": "ZX2023887766", "name": "轩辕靐明"}, first).Status(200)
	code := p.keep("join code", p.Do(p.secretary, on("POST /orgs/%d/join-codes", p.Branch.ID), object{}).Status(201), "code")
	second := p.enter("beta")
	asked := p.Do(apitest.Nobody, "POST /me/join-requests", object{"code": code, "student_no": "ZX2023554433", "name": "宇文靐月"}, second).Status(201)
	p.Do(p.secretary, "POST /join-requests/"+asked.Get("id")+"/approve", nil).Status(200)
	invitation := p.keep("invitation", p.Do(p.town, on("POST /orgs/%d/invitations", p.Community.ID), object{"role": "HOST_STAFF"}).Status(201), "code")
	third := p.enter("gamma")
	p.Do(apitest.Nobody, "POST /invitations/redeem", object{"code": invitation}, third).Status(201)
	p.planted["name one gives oneself"] = "尉迟靐荣"
	me := p.Do(apitest.Nobody, "GET /me", nil, third).Status(200)
	p.Do(apitest.Nobody, "PUT /me", object{"name": "尉迟靐荣"}, third, me.ETag()).Status(200)
	p.Do(apitest.Nobody, "POST /auth/refresh", object{"refresh_token": p.planted["refresh token of gamma"]}).Status(200)
}

// service lets a student serve, from the seat to the record.
func (p *plot) service() {
	name := "公孙靐行"
	p.planted["name of a student"] = name
	p.me = p.Student(name, p.Branch)
	lead, advisor := p.Student("队长", p.Branch), p.Staff("老师", access.Advisor, p.Department)
	proposed := p.Do(p.secretary, "POST /pairings", proposal(p.API)).Status(201).Get("id")
	p.Do(p.host, "POST /pairings/"+proposed+"/accept", object{}).Status(200)
	project := "/projects/" + p.Do(p.secretary, "POST /projects", with(planBody(), object{"pairing_id": proposed})).Status(201).Get("id")
	p.Do(p.secretary, "POST "+project+"/members", object{"role": "LEAD", "student_id": fmt.Sprint(lead.StudentID)}).Status(201)
	p.Do(p.secretary, "POST "+project+"/members", object{"role": "ADVISOR", "user_id": fmt.Sprint(advisor.UserID)}).Status(201)
	p.Do(p.secretary, "POST "+project+"/submit", nil).Status(200)
	p.Do(p.secretary, "POST "+project+"/confirm", object{}).Status(200)
	p.Do(p.host, "POST "+project+"/confirm", object{}).Status(200)
	start := p.Clock.Now().Add(72 * time.Hour)
	made := p.Do(p.host, "POST /activities", object{
		"org_id": fmt.Sprint(p.Community.ID), "project_id": strings.TrimPrefix(project, "/projects/"), "title": "清洁日", "mode": "ONSITE", "placement_mode": "SINGLE", "counts_as_volunteer": true,
		"signup_opens_at": p.Clock.Now(), "signup_closes_at": start, "risk_note": "注意台阶", "host_contact_id": fmt.Sprint(p.host.UserID),
		"sessions": []object{{"starts_at": start, "ends_at": start.Add(2 * time.Hour), "place": "广场"}}, "positions": []object{{"title": "志愿者", "capacity": 3}},
	}).Status(201)
	activity := "/activities/" + made.Get("id")
	p.Do(p.host, "POST "+activity+"/submit", nil).Status(200)
	p.Do(p.town, "POST "+activity+"/approve", nil).Status(200)
	p.Do(p.host, "POST "+activity+"/publish", nil).Status(200)
	p.Do(p.me, "POST /positions/"+made.Get("positions.0.id")+"/signups", object{"note": "想参加"}).Status(201)
	session := "/sessions/" + made.Get("sessions.0.id")
	p.Do(p.me, "PUT /me/consents/LOCATION", object{"text_version": "1"}).Status(200)
	p.planted["latitude"], p.planted["longitude"], p.planted["device"] = "36.648739125", "117.098765432", "device-in-my-pocket"
	p.planted["latitude, rounded"], p.planted["longitude, rounded"] = "36648739", "117098765"
	evidence := object{"position": object{"lat": 36.648739125, "lng": 117.098765432, "coord": "wgs84", "accuracy_m": 21}, "device_id": p.planted["device"]}
	for _, scan := range []struct {
		kind string
		at   time.Duration
	}{{"IN", 0}, {"OUT", 2 * time.Hour}} {
		p.Clock.Set(start.Add(scan.at))
		p.Forget()
		code := p.keep("check-in code "+scan.kind, p.Do(p.host, "GET "+session+"/check-in-code?kind="+scan.kind, nil).Status(200), "code")
		done := p.Do(p.me, redeem, object{"code": code, "nonce": "nonce-" + scan.kind + "-1", "evidence": evidence}).Status(200)
		if kept := p.Do(p.me, "GET /check-ins/"+done.Get("id")+"/evidence", nil).Status(200).Get("position.lat"); kept != "36.648739" {
			p.t.Errorf("latitude %s is kept", kept)
		}
	}
	for _, step := range []struct {
		name string
		who  access.Actor
	}{{"lead-confirm", lead}, {"host-confirm", p.host}, {"recognise", p.secretary}} {
		p.Do(step.who, "POST "+activity+"/hours-claims/"+step.name, object{"all": true}).Status(200)
	}
	if got := p.Do(p.me, "GET /me/record", nil).Status(200).Get("minutes"); got != "120" {
		p.t.Errorf("%s minutes", got)
	}
	p.Do(p.host, "GET "+activity+"/signups", nil).Status(200)
	p.Do(p.officer, on("GET /orgs/%d/students", p.University.ID), nil).Status(200)
}

// mistakes puts secrets where they do not belong.
func (p *plot) mistakes() {
	name, no, token := p.planted["name in the roster"], p.planted["number in the roster"], p.planted["access token of host"]
	lost := p.enter("delta")
	p.Do(apitest.Nobody, "POST /me/student-binding", object{"university_id": fmt.Sprint(p.University.ID), "student_no": no, "name": "猜的名"}, lost).Problem(422, "binding.no_match")
	p.Do(apitest.Nobody, "POST /me/student-binding", `{"student_no":"`+no+`","name":"`+name+`"`, lost).Problem(400, "request.malformed")
	p.Do(apitest.Nobody, "POST /me/student-binding", object{"university_id": "1", "student_no": no, "name": name, name: no}, lost).Problem(422, "request.invalid")
	p.Do(apitest.Nobody, "POST /auth/login", object{"code": name}).Problem(422, "request.invalid")
	p.Do(apitest.Nobody, "GET /activities?q="+url.QueryEscape(name), nil).Status(200)
	p.Do(apitest.Nobody, "GET /activities?"+url.QueryEscape(name)+"="+no, nil).Problem(422, "request.invalid")
	p.Do(p.me, "GET /orgs/"+no, nil).Problem(422, "request.invalid")
	p.Do(apitest.Nobody, "GET /"+url.PathEscape(name)+"/"+no, nil).Problem(404, "route.not_found")
	p.Do(apitest.Nobody, "GET /me", nil, bearer(token+"x")).Problem(401, "auth.token_invalid")
	p.Do(apitest.Nobody, "GET /me", nil, apitest.Header("Authorization", token)).Problem(401, "auth.header_invalid")
	p.Do(apitest.Nobody, "POST /auth/refresh", object{"refresh_token": token}).Problem(401, "auth.token_invalid")
	body, media := upload(p.t, []byte("学号,姓名,团支部\n"+no+","+name+",没有的班\n"), "reason", "新生")
	p.Do(p.officer, on("POST /orgs/%d/roster-imports", p.University.ID), body, media).Problem(422, "import.rows_invalid")
}

// files are the database and what lies beside it.
func files(t *testing.T, a *apitest.API) map[string][]byte {
	t.Helper()
	var list []struct{ File string }
	if err := a.DB.Raw("PRAGMA database_list").Scan(&list).Error; err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	out := map[string][]byte{}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(list[0].File + suffix)
		if err != nil && suffix == "" {
			t.Fatal(err)
		}
		out["the database"+suffix] = content
	}
	if len(out["the database-wal"]) == 0 {
		t.Error("nothing was written to the log of the database")
	}
	return out
}

// spellings are the ways in which a text can stand in a file.
func spellings(s string) map[string][]byte {
	out := map[string][]byte{"UTF-8": []byte(s), "percent": []byte(url.QueryEscape(s)), "capitals": []byte(strings.ToUpper(s))}
	var little, big []byte
	escaped := ""
	for _, u := range utf16.Encode([]rune(s)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
		escaped += fmt.Sprintf(`\u%04x`, u)
	}
	out["UTF-16LE"], out["UTF-16BE"], out["JSON escapes"] = little, big, []byte(escaped)
	if gbk, err := simplifiedchinese.GB18030.NewEncoder().String(s); err == nil {
		out["GB18030"] = []byte(gbk)
	}
	out["hex"] = []byte(hex.EncodeToString([]byte(s)))
	out["HEX"] = bytes.ToUpper(out["hex"])
	for shift := range 3 { // wherever it begins within three bytes
		plain := append(make([]byte, shift), s...)
		encoded := base64.StdEncoding.EncodeToString(plain[:len(plain)/3*3])
		encoded = encoded[(shift*8+5)/6:]
		out[fmt.Sprintf("base64 at %d", shift)] = []byte(encoded)
		out[fmt.Sprintf("base64url at %d", shift)] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	return out
}
