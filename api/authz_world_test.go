package api_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/content"
	"baodao/service/vault"
)

// realm is a whole province with everything in it that the API knows, one object of each kind and state. Two of the same
// shape stand side by side. Nothing that is public holds its mark; everything else does.
type realm struct {
	mark   string
	orgs   map[string]model.Org
	who    map[string]access.Actor
	ids    map[string]int64
	text   map[string]string // codes and secrets
	tokens map[string]string // of API clients
}

// twins are two realms of one shape, and the people who administer the system itself.
type twins struct {
	*apitest.API
	home, mirror *realm
	system       map[string]access.Actor
	checked      map[string]bool // kinds of refusals that were held against the contract
	checker      content.Checker // of texts; nil lets every one through
}

// realmAbove says where each organisation of a realm stands.
var realmAbove = map[string]string{
	"city": "province", "county": "city", "town": "county", "community": "town", "spare community": "town",
	"university": "city", "department": "university", "branch": "department", "other branch": "department", "spare branch": "department", "club": "department",
}

// realmCast are the people of a realm who hold a role: what, where, and the column of the matrix that it reads.
var realmCast = []struct {
	name   string
	role   access.Role
	org    string
	column access.Column
}{
	{"advisor", access.Advisor, "department", access.ADV},
	{"secretary", access.BranchSecretary, "branch", access.BRS},
	{"other secretary", access.BranchSecretary, "other branch", access.BRS},
	{"club lead", access.ClubLead, "club", access.BRS},
	{"host", access.HostStaff, "community", access.COM},
	{"town", access.TownOfficer, "town", access.TWN},
	{"department", access.CommitteeOfficer, "department", access.DEP},
	{"university", access.CommitteeOfficer, "university", access.UNI},
	{"county", access.CommitteeOfficer, "county", access.CTY},
	{"city", access.CommitteeOfficer, "city", access.CIT},
	{"province", access.CommitteeOfficer, "province", access.PRV},
}

// realmStudents are the students of a realm's branch: whose records there are, who leads the team, and one of neither kind.
var realmStudents = []string{"student", "lead", "mate"}

// inTwins runs do in two realms within one transaction, which is undone at the end; so the requests of a test can be
// undone one by one (see trial).
func inTwins(t *testing.T, do func(w *twins)) {
	t.Helper()
	w := &twins{API: apitest.New(t), system: map[string]access.Actor{}, checked: map[string]bool{}}
	done := errors.New("done")
	err := w.DB.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
		w.DB = tx
		w.rebuild(t)
		w.Insert(&model.Region{Code: "370000000000", Level: model.RegionProvince, Name: "山东省"})
		w.home = w.realm("甲")
		w.mirror = w.realm("龘")
		for name, role := range map[string]access.Role{"security": access.SecurityAdmin, "auditor": access.Auditor, "operator": access.Operator} {
			w.system[name] = w.Staff("系统"+name, role, model.Org{})
		}
		w.signEverybodyIn()
		do(w)
		return done
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
}

// rebuild puts the program over the transaction.
func (w *twins) rebuild(t *testing.T) {
	t.Helper()
	zero := make([]byte, vault.KeyBytes)
	ring := config.Ring{Current: "test", Keys: map[string][]byte{"test": zero}}
	built, err := app.Build(app.Deps{
		DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, WeChat: doors{w.API}, Phones: w.API, Codes: w.API, Pages: apitest.Pages, Store: w.Store, Checker: w.checker, Log: slog.New(slog.NewJSONHandler(w.Log, nil)),
		Keys: config.Keys{Token: ring, Field: ring, Refresh: zero, Index: zero, Code: zero, Invite: zero, Client: zero},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Built = built
}

// realm builds one of the two.
func (w *twins) realm(mark string) *realm {
	w.TB.Helper()
	r := &realm{
		mark: mark, orgs: map[string]model.Org{}, who: map[string]access.Actor{}, ids: map[string]int64{}, text: map[string]string{}, tokens: map[string]string{},
	}
	w.tree(r)
	w.programmes(r)
	w.people(r)
	w.codes(r)
	w.pairings(r)
	w.projects(r)
	w.activities(r)
	w.standing(r)
	w.needs(r)
	w.surveys(r)
	w.wishes(r)
	w.terms(r)
	w.attendance(r)
	w.doubts(r)
	w.notices(r)
	w.content(r)
	w.appeals(r)
	w.incidents(r)
	w.proposals(r)
	w.rounds(r)
	w.roundOfPairing(r)
	return r
}

func (w *twins) tree(r *realm) {
	kinds := map[string]model.OrgKind{
		"province": model.OrgProvincialCommittee, "city": model.OrgCityCommittee, "county": model.OrgCountyCommittee, "town": model.OrgTownYouthCommittee,
		"community": model.OrgCommunity, "spare community": model.OrgCommunity, "university": model.OrgUniversityCommittee,
		"department": model.OrgDepartmentCommittee, "branch": model.OrgLeagueBranch, "other branch": model.OrgLeagueBranch,
		"spare branch": model.OrgLeagueBranch, "club": model.OrgStudentClub,
	}
	var build func(name string) model.Org
	build = func(name string) model.Org {
		if o, ok := r.orgs[name]; ok {
			return o
		}
		parent := model.Org{}
		if up := realmAbove[name]; up != "" {
			parent = build(up)
		}
		r.orgs[name] = w.Org(parent, kinds[name], "单位"+name)
		r.ids[name] = r.orgs[name].ID
		return r.orgs[name]
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		build(name)
	}
}

func (w *twins) programmes(r *realm) {
	for key, code := range map[string]string{"programme": "P", "programme of proposals": "Q", "programme without pairings": "R", "drafted programme": "D"} {
		p := w.AddProgramme(code+fmt.Sprint(r.ids["university"]), r.orgs["university"])
		r.ids[key] = p.ID
	}
	w.set(&model.Programme{}, r.ids["drafted programme"], object{"status": model.ProgrammeDraft, "name": r.mark + "草稿"})
	for key, of := range map[string]string{"milestone": "programme", "drafted milestone": "drafted programme"} {
		r.ids[key] = w.NewID()
		w.Insert(&model.Milestone{ID: r.ids[key], ProgrammeID: r.ids[of], Kind: "OTHER", Name: "节点", DueOn: "2026-12-01", CreatedAt: w.Clock.Now()})
	}
}

// terms gives the university of a realm a term, and both sides a place on the map.
func (w *twins) terms(r *realm) {
	r.ids["running term"] = w.NewID()
	w.Insert(&model.Term{ID: r.ids["running term"], UniversityID: r.ids["university"], Name: "2027-2028-1", StartsOn: "2027-09-01", EndsOn: "2028-01-20", CreatedAt: w.Clock.Now()})
	for _, name := range []string{"university", "community"} {
		w.set(&model.Org{}, r.ids[name], object{"lat_e6": 36_650_000, "lng_e6": 117_120_000})
	}
}

func (w *twins) people(r *realm) {
	for _, c := range realmCast {
		r.who[c.name] = w.Staff(r.mark+c.name, c.role, r.orgs[c.org])
	}
	w.rename(r.who["host"], "公开的联系人") // the contact of public activities
	for _, name := range realmStudents {
		r.who[name] = w.Student(r.mark+name, r.orgs["branch"])
		r.ids[name] = r.who[name].StudentID
	}
	for _, name := range []string{"plain", "visitor", "applicant"} {
		r.who[name] = access.Actor{UserID: w.User(r.mark + name).ID}
	}
	r.who["suspended"] = w.Student(r.mark+"suspended", r.orgs["branch"])
	r.who["author"] = w.Staff(r.mark+"author", access.TownOfficer, r.orgs["town"])
	r.who["helper"] = w.Staff(r.mark+"helper", access.TownOfficer, r.orgs["town"]) // so the town may appoint them by number
	for name, who := range r.who {
		r.ids["user "+name] = who.UserID
	}
	w.set(&model.User{}, r.ids["user suspended"], object{"status": model.UserSuspended})
	p := w.Profile("待认证", r.orgs["branch"], 0)
	r.text["unbound"] = fmt.Sprintf("S%d", p.ID)
}

// rename gives an account another name.
func (w *twins) rename(who access.Actor, name string) {
	w.TB.Helper()
	person, err := w.Vault.Person(w.DB, who.UserID)
	if err != nil {
		w.TB.Fatal(err)
	}
	w.set(&model.User{}, who.UserID, object{"name_enc": person.Seal(vault.UserName, who.UserID, name), "name_idx": w.Vault.Index(vault.UserName, name)})
}

// set changes columns of a row.
func (w *twins) set(row any, id int64, columns object) {
	w.TB.Helper()
	res := w.DB.Model(row).Where("id = ?", id).Updates(columns)
	if res.Error != nil || res.RowsAffected != 1 {
		w.TB.Fatalf("set %T %d: %d rows, %v", row, id, res.RowsAffected, res.Error)
	}
}

// codes makes what is made with a code or a secret, over the API.
func (w *twins) codes(r *realm) {
	w.TB.Helper()
	invited := w.Do(r.who["author"], on("POST /orgs/%d/invitations", r.ids["community"]), object{"role": "HOST_STAFF", "note": r.mark}).Status(201)
	r.text["invitation"] = invited.Get("code")
	r.keep("invitation", invited)
	r.keep("grant", w.Do(r.who["author"], on("POST /orgs/%d/role-grants", r.ids["community"]), object{"role": "HOST_STAFF", "user_id": fmt.Sprint(r.ids["user helper"])}).Status(201))
	code := w.Do(r.who["secretary"], on("POST /orgs/%d/join-codes", r.ids["branch"]), object{}).Status(201)
	r.text["join code"] = code.Get("code")
	r.keep("join code", code)
	r.keep("join request", w.Do(r.who["applicant"], "POST /me/join-requests", object{"code": code.Get("code"), "student_no": fmt.Sprintf("J%d", r.ids["user applicant"]), "name": r.mark + "申请人"}).Status(201))
	client := func(who, org string, scopes []access.Permission) *apitest.Answer {
		return w.Do(r.who[who], on("POST /orgs/%d/api-clients", r.ids[org]), object{"name": r.mark, "scopes": scopes}).Status(201)
	}
	r.keep("client", client("university", "university", []access.Permission{access.OrgRead}))
	own := client("province", "province", account.ClientScopes())
	r.text["client id"], r.text["client secret"] = own.Get("id"), own.Get("client_secret")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {own.Get("id")}, "client_secret": {own.Get("client_secret")}}
	r.tokens["client"] = w.Do(apitest.Nobody, "POST /oauth/token", form.Encode(), apitest.Header("Content-Type", "application/x-www-form-urlencoded")).Status(200).Get("access_token")
	r.text["refresh token"] = w.SignIn(r.who["visitor"]).Status(200).Get("refresh_token")
}

// keep remembers the id in an answer.
func (r *realm) keep(name string, a *apitest.Answer) {
	var id int64
	if _, err := fmt.Sscan(a.Get("id"), &id); err != nil {
		panic(err)
	}
	r.ids[name] = id
}

// signEverybodyIn makes the tokens before anything is measured.
func (w *twins) signEverybodyIn() {
	for _, c := range w.callers() {
		if c.actor.UserID != 0 {
			w.Token(c.actor)
		}
	}
}

// namesIn splits a list of names that are separated by commas.
func namesIn(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ", ")
}
