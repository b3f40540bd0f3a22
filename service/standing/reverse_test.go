package standing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/standing"
)

func isFault(err error, want *fault.Fault) bool { return errors.Is(err, want) }

// takeBack reverses an entry as the department.
func (d *desk) takeBack(entry model.ReliabilityEntry) error {
	_, err := d.ReverseEntry(d.TB.Context(), d.department, idem.Key{}, entry.ID, "核实为请假")
	return err
}

func TestAReversalLiftsTheSuspensionThatLosesItsReason(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, late := d.penalise(d.li, noShow), d.penalise(d.li, lateCancel)
	d.penalise(d.li, noShow)
	d.Clock.Add(time.Hour)
	d.penalise(d.li, noShow)
	d.Clock.Add(time.Hour)
	fourth := d.penalise(d.li, noShow)
	for _, entry := range []model.ReliabilityEntry{late, fourth} {
		if err := d.takeBack(entry); err != nil {
			t.Fatal(err)
		}
		if !d.suspended(d.li) {
			t.Fatal("three no-shows are left")
		}
	}
	d.Clock.Add(time.Hour)
	if err := d.takeBack(first); err != nil {
		t.Fatal(err)
	}
	s := d.suspensions(d.li)
	if d.suspended(d.li) || len(s) != 1 || !s[0].LiftedAt.Equal(d.Clock.Now()) || *s[0].LiftedBy != d.department.UserID {
		t.Fatalf("%+v", s)
	}
	if d.count("audit_log", "action = 'reliability.reverse' AND reason = ? AND org_path = ?", "核实为请假", d.Branch.Path) != 3 || d.count("audit_log", "action = 'signup_suspension.lift'") != 1 {
		t.Error("audit rows")
	}
	r, err := d.MyReliability(t.Context(), d.li, page.Request{})
	if err != nil || r.Points != -6 || r.Suspension != nil || len(r.Lines.Items) != 8 {
		t.Fatalf("%+v %v", r, err)
	}
	at := slices.IndexFunc(r.Lines.Items, func(l standing.Line) bool { return l.ID == first.ID })
	if back := r.Lines.Items[0]; back.Reverses != first.ID || back.Points != 3 || back.Reason != "核实为请假" || r.Lines.Items[at].ReversedBy != back.ID || r.Lines.Items[1].ReversedBy != 0 {
		t.Errorf("%+v", r.Lines.Items)
	}
	d.penalise(d.li, noShow)
	if !d.suspended(d.li) {
		t.Error("the next no-show suspends anew")
	}
}

// TestAReversalIsOfOneEntry: another entry of the same signup stays.
func TestAReversalIsOfOneEntry(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.penalise(d.li, noShow)
	d.penalise(d.li, noShow)
	late := d.penalise(d.li, lateCancel)
	if err := d.fine(standing.Penalty{StudentID: d.li.StudentID, SignupID: late.SignupID, ProgrammeID: d.Programme.ID, Kind: noShow}); err != nil {
		t.Fatal(err)
	}
	if err := d.takeBack(late); err != nil || !d.suspended(d.li) {
		t.Error("three no-shows stand", err)
	}
}

// TestAReasonThatAgedIsStillOne: a suspension stands on the no-shows of the day it began, though one of them expires
// while it lasts.
func TestAReasonThatAgedIsStillOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.penalise(d.li, noShow)
	d.Clock.Add(179 * aDay)
	d.penalise(d.li, noShow)
	late := d.penalise(d.li, lateCancel)
	last := d.penalise(d.li, noShow)
	d.Clock.Add(2 * aDay)
	if err := d.takeBack(late); err != nil || !d.suspended(d.li) {
		t.Error("lifted by what has nothing to do with it", err)
	}
	if err := d.takeBack(last); err != nil || d.suspended(d.li) {
		t.Error("not lifted", err)
	}
}

func TestWhoTakesAPenaltyBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	entry := d.penalise(d.li, noShow)
	own := d.Grant(access.Actor{UserID: d.li.UserID, StudentID: d.li.StudentID}, access.CommitteeOfficer, d.Department)
	other := d.Staff("别系", access.CommitteeOfficer, d.Org(d.University, model.OrgDepartmentCommittee, "别系团委"))
	for name, c := range map[string]struct {
		as     access.Actor
		entry  int64
		reason string
		want   error
		fields []string
	}{
		"nobody":             {access.Actor{}, entry.ID, "核实", access.ErrRequired, nil},
		"the student":        {d.li, entry.ID, "核实", access.ErrDenied, nil},
		"the secretary":      {d.secretary, entry.ID, "核实", access.ErrDenied, nil},
		"another department": {other, entry.ID, "核实", fault.ErrNotFound, nil},
		"for themself":       {own, entry.ID, "核实", access.ErrOwnInterest, nil},
		"an API client":      {access.Actor{ClientID: 9, Grants: d.university.Grants, Scopes: []access.Permission{access.ReliabilityReverse}}, entry.ID, "核实", access.ErrDenied, nil},
		"without a reason":   {d.department, entry.ID, " ", access.ErrReason, []string{"/reason required"}},
		"an unseen reason":   {d.department, entry.ID, "核\u200b实", fault.ErrInvalid, []string{"/reason characters"}},
		"no such entry":      {d.department, 5, "核实", fault.ErrNotFound, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d.refused(t, c.want, c.fields, func() error {
				_, err := d.ReverseEntry(t.Context(), c.as, idem.Key{}, c.entry, c.reason)
				return err
			})
		})
	}
	back, err := d.ReverseEntry(t.Context(), d.university, idem.Key{}, entry.ID, "核实")
	if err != nil || back.Reverses != entry.ID || back.StudentID != entry.StudentID || !back.ExpiresAt.Equal(entry.ExpiresAt) {
		t.Fatalf("%+v %v", back, err)
	}
	d.refused(t, standing.ErrReversed, nil, func() error { return d.takeBack(entry) })
	d.refused(t, fault.ErrState, nil, func() error { return d.takeBack(back) })
	for who, want := range map[*access.Actor]bool{&d.li: true, &d.secretary: true, &d.department: true, &d.stranger: false, &other: false, {}: false} {
		if _, err := d.ReliabilityOf(t.Context(), *who, d.li.StudentID, page.Request{}); (err == nil) != want {
			t.Errorf("%+v: %v", who, err)
		}
	}
	if r, err := d.MyReliability(t.Context(), d.secretary, page.Request{}); err != nil || len(r.Lines.Items) != 0 || r.Points != 0 {
		t.Error(r, err)
	}
	if _, err := d.MyReliability(t.Context(), access.Actor{}, page.Request{}); err == nil {
		t.Error("nobody came reliably")
	}
}

func TestOfManyReversalsOneIsWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	entries := []model.ReliabilityEntry{d.penalise(d.li, noShow), d.penalise(d.li, noShow), d.penalise(d.li, noShow)}
	got := together(9, func(i int) error {
		return d.tx(func(tx *gorm.DB) error {
			return d.Reverse(tx, access.System("appeal"), entries[i%3].ID, "申诉成立")
		})
	})
	if got[""] != 3 || got[standing.ErrReversed.Code] != 6 || d.count("reliability_entries", "kind = 'REVERSAL'") != 3 {
		t.Fatal(got)
	}
	if s := d.suspensions(d.li); len(s) != 1 || s[0].LiftedAt == nil || *s[0].LiftedBy != 0 || d.count("audit_log", "action = 'signup_suspension.lift'") != 1 {
		t.Errorf("%+v", s)
	}
}
