package standing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/standing"
)

func (d *desk) agreed(version string, who ...access.Actor) bool {
	d.TB.Helper()
	ids := []int64{5}
	for _, w := range who {
		ids = append(ids, w.UserID)
	}
	got, err := standing.Consents(d.World.DB, model.ConsentSignupShare, version, ids)
	if err != nil || got[5] {
		d.TB.Fatal(got, err)
	}
	return len(got) == len(who)
}

func TestAConsentIsHistory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agree := func(version string) model.Consent {
		row, err := d.Agree(t.Context(), d.li, model.ConsentSignupShare, version)
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	if d.agreed("", d.li) {
		t.Fatal("nobody asked yet")
	}
	first := agree(" v1 ")
	d.Clock.Add(time.Hour)
	if again := agree("v1"); again.ID != first.ID || !again.GrantedAt.Equal(first.GrantedAt) || d.count("consents", "1=1") != 1 || d.count("audit_log", "object = 'consents'") != 1 {
		t.Fatalf("%+v", again)
	}
	if !d.agreed("v1", d.li) || !d.agreed("", d.li) || d.agreed("v2", d.li) || d.agreed("v1", d.li, d.secretary) {
		t.Error("v1 is agreed to, and nothing else")
	}
	if other, err := standing.Consents(d.World.DB, model.ConsentLocation, "", []int64{d.li.UserID}); err != nil || len(other) != 0 {
		t.Error("for another purpose", other, err)
	}
	second := agree("v2")
	if second.ID == first.ID || d.agreed("v1", d.li) || !d.agreed("v2", d.li) {
		t.Error("a new text replaces the old one")
	}
	d.Clock.Add(time.Hour)
	for range 2 {
		if err := d.Withdraw(t.Context(), d.li, model.ConsentSignupShare); err != nil {
			t.Fatal(err)
		}
	}
	if d.agreed("", d.li) || d.count("audit_log", "action = 'consent.withdraw'") != 2 || d.count("audit_log", "action = 'consent.grant'") != 2 {
		t.Error("withdrawn once")
	}
	agree("v2")
	list, err := d.MyConsents(t.Context(), d.li, page.Request{})
	if err != nil || len(list.Items) != 3 || list.Items[0].WithdrawnAt != nil || !list.Items[1].WithdrawnAt.Equal(d.Clock.Now()) || !list.Items[2].WithdrawnAt.Equal(second.GrantedAt) {
		t.Fatalf("%+v %v", list, err)
	}
	if none, err := standing.Consents(d.World.DB, model.ConsentSignupShare, "", nil); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
}

func TestConsentsThatAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	client := access.Actor{ClientID: 9, Grants: d.university.Grants}
	for name, c := range map[string]struct {
		as               access.Actor
		purpose, version string
		want             error
		fields           []string
	}{
		"nobody":                 {access.Actor{}, model.ConsentLocation, "v1", access.ErrRequired, nil},
		"an API client":          {client, model.ConsentLocation, "v1", access.ErrDenied, nil},
		"for nothing known":      {d.li, "ADVERTISING", "v1", fault.ErrInvalid, []string{"path:purpose enum"}},
		"to no text":             {d.li, model.ConsentLocation, " ", fault.ErrInvalid, []string{"/text_version characters"}},
		"to a name far too long": {d.li, model.ConsentLocation, strings.Repeat("v", 21), fault.ErrInvalid, []string{"/text_version characters"}},
	} {
		t.Run(name, func(t *testing.T) {
			d.refused(t, c.want, c.fields, func() error { _, err := d.Agree(t.Context(), c.as, c.purpose, c.version); return err })
		})
	}
	d.refused(t, access.ErrRequired, nil, func() error { return d.Withdraw(t.Context(), access.Actor{}, model.ConsentLocation) })
	d.refused(t, fault.ErrInvalid, []string{"path:purpose enum"}, func() error { return d.Withdraw(t.Context(), d.li, "X") })
	if _, err := d.MyConsents(t.Context(), access.Actor{}, page.Request{}); err == nil {
		t.Error("nobody agreed to anything")
	}
}

// TestOneConsentLives however many answers come at once.
func TestOneConsentLives(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := together(12, func(i int) error {
		if i%4 == 3 {
			return d.Withdraw(t.Context(), d.li, model.ConsentPhoto)
		}
		_, err := d.Agree(t.Context(), d.li, model.ConsentPhoto, fmt.Sprint("v", i%2))
		return err
	})
	if got[""] != 12 {
		t.Fatal(got)
	}
	if n := d.count("consents", "live = ?", true); n > 1 || n != d.count("consents", "withdrawn_at IS NULL") {
		t.Error("live ones", n)
	}
	if d.count("audit_log", "action = 'consent.grant'") != d.count("consents", "1=1") || d.count("audit_log", "action = 'consent.withdraw'") != d.count("consents", "withdrawn_at IS NOT NULL") {
		t.Error("every change has its audit row")
	}
}
