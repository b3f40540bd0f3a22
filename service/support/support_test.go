package support_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/page"
	"baodao/service/support"
	"baodao/service/vault"
)

// yard is a world with an activity of the community, one student with a seat and one without.
type yard struct {
	*testkit.World
	*support.Service
	activity                          model.Activity
	session                           model.Session
	host, town, secretary, department access.Actor
	advisor, lead, li, wang, stranger access.Actor
}

func newYard(t *testing.T) *yard {
	t.Helper()
	w := testkit.NewWorld(t)
	y := &yard{World: w, Service: &support.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Notify: w.Notices()}}
	y.host, y.town = w.Staff("陈干事", access.HostStaff, w.Community), w.Staff("镇里", access.TownOfficer, w.Town)
	y.secretary, y.department = w.Staff("支书", access.BranchSecretary, w.Branch), w.Staff("系里", access.CommitteeOfficer, w.Department)
	y.advisor, y.lead = w.Staff("老师", access.Advisor, w.Branch), w.Student("队长", w.Branch)
	y.li, y.wang = w.Student("李", w.Branch), w.Student("王", w.Branch)
	y.stranger = w.Staff("外人", access.HostStaff, w.Org(w.Town, model.OrgCommunity, "壬社区"))
	p := w.Project(w.Pair(w.Branch, w.Community), "清洁")
	w.Team(p, model.TeamLead, y.lead)
	w.Team(p, model.TeamAdvisor, y.advisor)
	var position model.Position
	y.activity, y.session, position = w.Activity(p, 5, func(a *model.Activity, _ *model.Session) {
		a.HostContactID, a.CreatedBy, a.SubmittedBy = y.host.UserID, y.host.UserID, &y.town.UserID
	})
	y.seat(y.li, position)
	y.phone(y.host, "+8613800000001")
	return y
}

func (y *yard) seat(who access.Actor, p model.Position) {
	now := y.Clock.Now()
	y.Insert(&model.Signup{
		ID: y.World.NewID(), LiveActivityID: &y.activity.ID, StudentID: who.StudentID, ActivityID: y.activity.ID, PositionID: p.ID, Status: model.SignupConfirmed, Version: 1, CreatedAt: now, UpdatedAt: now,
	})
}

func (y *yard) phone(who access.Actor, number string) {
	y.TB.Helper()
	err := y.World.DB.Transaction(func(tx *gorm.DB) error {
		p, err := y.World.Vault.Person(tx, who.UserID)
		if err != nil {
			return err
		}
		return tx.Model(&model.User{}).Where("id = ?", who.UserID).Update("phone_enc", p.Seal(vault.Phone, who.UserID, number)).Error
	})
	if err != nil {
		y.TB.Fatal(err)
	}
}

func (y *yard) report(who access.Actor) (support.Shown, error) {
	return y.Report(y.TB.Context(), who, y.session.ID, idem.Key{}, support.Report{Kind: model.IncidentInjury, Text: "扭伤脚踝，\n已送卫生站"})
}

func TestWhomToCall(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	got, err := y.Help(t.Context(), y.department, y.session.ID)
	want := []support.Contact{
		{Role: support.HostContact, Name: "陈干事", Org: y.Community.Name, Phone: "+8613800000001"},
		{Role: support.Organiser, Name: "镇里", Org: y.Community.Name},
	}
	if err != nil || len(got.Contacts) != 2 || got.Contacts[0] != want[0] || got.Contacts[1] != want[1] || got.Session.Place != "戊社区广场" {
		t.Fatalf("%+v %v", got.Contacts, err)
	}
	y.Clock.Set(y.activity.EndsAt.Add(30*24*time.Hour - time.Second))
	if got, err := y.Help(t.Context(), y.department, y.session.ID); err != nil || got.Contacts[0].Phone != want[0].Phone {
		t.Error(got.Contacts, err)
	}
	y.Clock.Add(time.Second)
	if got, err := y.Help(t.Context(), y.department, y.session.ID); err != nil || got.Contacts[0].Phone != "138****0001" {
		t.Error(got.Contacts, err)
	}
}

// TestWhoFindsHelp: a participant around the session, those who run it always, nobody else ever.
func TestWhoFindsHelp(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	near := map[string]time.Time{
		"a moment too early": y.session.StartsAt.Add(-24*time.Hour - time.Millisecond), "a day before": y.session.StartsAt.Add(-24 * time.Hour), "during it": y.session.StartsAt,
		"a day after": y.session.EndsAt.Add(24*time.Hour - time.Millisecond), "a moment too late": y.session.EndsAt.Add(24 * time.Hour),
	}
	for when, at := range near {
		y.Clock.Set(at)
		var mine error
		if when == "a moment too early" || when == "a moment too late" {
			mine = access.ErrDenied
		}
		for who, want := range map[*access.Actor]error{
			&y.li: mine, &y.wang: access.ErrDenied, &y.lead: nil, &y.advisor: nil, &y.secretary: nil, &y.host: nil, &y.town: nil, &y.department: nil,
			&y.stranger: access.ErrDenied, {}: access.ErrRequired,
		} {
			if _, err := y.Help(t.Context(), *who, y.session.ID); !errors.Is(err, want) {
				t.Errorf("%s, %d: %v, want %v", when, who.UserID, err, want)
			}
		}
	}
	y.Clock.Set(near["a moment too late"])
	_, err := y.Help(t.Context(), y.li, y.session.ID)
	said, ok := errors.AsType[*fault.Fault](err)
	for _, hour := range []time.Time{near["a day before"], near["a moment too late"]} { // who has a seat hears when
		if !ok || !strings.Contains(said.ZH, notify.When(hour).ZH) || !strings.Contains(said.EN, notify.When(hour).EN) {
			t.Error(err, hour)
		}
	}
	if _, err := y.Help(t.Context(), y.wang, y.session.ID); err == nil || strings.Contains(err.Error(), "20") {
		t.Error(err) // who has none is told nothing
	}
	if _, err := y.Help(t.Context(), y.host, 7); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
}

func TestAnIncidentIsToldHandledAndClosed(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	y.Clock.Set(y.session.StartsAt.Add(time.Hour))
	for who, want := range map[*access.Actor]error{&y.wang: access.ErrDenied, &y.stranger: access.ErrDenied, {}: access.ErrRequired} {
		if _, err := y.report(*who); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", who.UserID, err, want)
		}
	}
	for _, in := range []support.Report{{Kind: "PARTY", Text: "x"}, {Kind: model.IncidentOther, Text: " "}} {
		if _, err := y.Report(t.Context(), y.li, y.session.ID, idem.Key{}, in); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	made, err := y.report(y.li)
	if err != nil || made.Status != model.IncidentReported || made.Text != "扭伤脚踝，\n已送卫生站" || made.ActivityTitle != y.activity.Title || made.Place != "戊社区广场" {
		t.Fatalf("%+v %v", made, err)
	}
	y.Told(notify.IncidentReported, y.host, y.secretary) // host and organiser are one; the branch is the school's side
	y.Inbox(notify.IncidentReported, y.host, "“社区清洁日”（2026年10月14日 09:00）报告了突发情况：有人受伤，请尽快处理。")
	var open int64
	if err := y.World.DB.Model(&model.Incident{}).Where("text_enc LIKE ?", "%脚踝%").Count(&open).Error; err != nil || open != 0 {
		t.Error("the text lies open", open, err)
	}
	for who, want := range map[*access.Actor]int{&y.li: 1, &y.wang: 0, &y.host: 1, &y.town: 1, &y.secretary: 1, &y.department: 1, &y.stranger: 0, &y.advisor: 0} {
		got, err := y.Incidents(t.Context(), *who, "", page.Request{})
		if err != nil || len(got.Items) != want {
			t.Errorf("%d finds %d: %v", who.UserID, len(got.Items), err)
		}
		if _, err := y.Incident(t.Context(), *who, made.ID); (err == nil) != (want == 1) {
			t.Errorf("%d reads it: %v", who.UserID, err)
		}
	}
	if _, err := y.Close(t.Context(), y.host, made.ID, "康复"); !errors.Is(err, fault.ErrState) {
		t.Error("closed before it was handled", err)
	}
	for who, want := range map[*access.Actor]error{&y.li: access.ErrDenied, &y.stranger: fault.ErrNotFound, {}: access.ErrRequired} {
		if _, err := y.Handle(t.Context(), *who, made.ID, "送医"); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", who.UserID, err, want)
		}
	}
	if _, err := y.Handle(t.Context(), y.host, made.ID, ""); !errors.Is(err, access.ErrReason) {
		t.Error(err)
	}
	race := testkit.RaceOf(4, func(int) error {
		_, err := y.Handle(t.Context(), y.host, made.ID, "已送医")
		return err
	})
	if race[""] != 1 || race[fault.ErrState.Code] != 3 {
		t.Error(race)
	}
	got, err := y.Close(t.Context(), y.department, made.ID, "康复")
	if err != nil || got.Status != model.IncidentClosed || got.Handling != "已送医" || *got.HandledBy != y.host.UserID || got.Closing != "康复" || *got.ClosedBy != y.department.UserID {
		t.Fatalf("%+v %v", got, err)
	}
	var log []string
	if err := y.World.DB.Model(&model.AuditEntry{}).Where("object = 'incidents'").Order("id").Pluck("action", &log).Error; err != nil || len(log) != 3 || log[2] != "incident.close" {
		t.Error(log, err)
	}
}

func TestARepeatedReportIsOneIncident(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	y.Clock.Set(y.session.StartsAt)
	key := idem.Key{Value: "k", Hash: []byte("h")}
	in := support.Report{Kind: model.IncidentOther, Text: "下暴雨"}
	first, err := y.Report(t.Context(), y.li, y.session.ID, key, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := y.Report(t.Context(), y.li, y.session.ID, key, in)
	if err != nil || again.ID != first.ID || again.Text != "下暴雨" {
		t.Errorf("%+v %v", again, err)
	}
	list, err := y.Incidents(t.Context(), y.li, model.IncidentReported, page.Request{})
	if err != nil || len(list.Items) != 1 {
		t.Error(list, err)
	}
	if list, err = y.Incidents(t.Context(), y.li, model.IncidentClosed, page.Request{}); err != nil || len(list.Items) != 0 {
		t.Error(list, err)
	}
}

func TestWhoReportsIsNotTold(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	if _, err := y.report(y.host); err != nil {
		t.Fatal(err)
	}
	y.Told(notify.IncidentReported, y.secretary)
}
