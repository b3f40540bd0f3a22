package project_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/project"
)

func TestActivityGoesFromDraftToPublic(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	id := h.drafted(t, nil).Activity.ID

	_, err := h.SubmitActivity(ctx, h.other, id)
	wants(t, err, fault.ErrNotFound)
	_, err = h.SubmitActivity(ctx, h.county, id)
	wants(t, err, access.ErrDenied)
	_, err = h.ApproveActivity(ctx, h.town, id)
	wants(t, err, fault.ErrState)
	_, err = h.SubmitActivity(ctx, h.host, id)
	must(t, err)
	_, err = h.SubmitActivity(ctx, h.host, id)
	wants(t, err, fault.ErrState)

	_, err = h.ApproveActivity(ctx, h.host, id) // no such permission
	wants(t, err, access.ErrDenied)
	_, err = h.ApproveActivity(ctx, h.Grant(h.host, access.TownOfficer, h.Town), id) // submitted it
	wants(t, err, access.ErrOwnInterest)
	_, err = h.ApproveActivity(ctx, h.department, id) // of the other side
	wants(t, err, fault.ErrNotFound)
	_, err = h.PublishActivity(ctx, h.host, id) // not approved
	wants(t, err, fault.ErrState)
	_, err = h.ReturnActivity(ctx, h.town, id, "")
	wants(t, err, access.ErrReason)
	_, err = h.ReturnActivity(ctx, h.town, id, "写清楚风险")
	must(t, err)
	_, err = h.SubmitActivity(ctx, h.host, id)
	must(t, err)
	d, err := h.ApproveActivity(ctx, h.county, id) // two levels up is fine
	must(t, err)
	if *d.Activity.ApprovedBy != h.county.UserID || *d.Activity.SubmittedBy != h.host.UserID {
		t.Errorf("got %+v", d.Activity)
	}
	if d, err = h.ReturnActivity(ctx, h.town, id, "再想想"); err != nil || d.Activity.ApprovedBy != nil {
		t.Fatal("an approved one can be sent back", err)
	}
	_, err = h.SubmitActivity(ctx, h.host, id)
	must(t, err)
	_, err = h.ApproveActivity(ctx, h.town, id)
	must(t, err)
	_, err = h.PublishActivity(ctx, h.other, id)
	wants(t, err, fault.ErrNotFound)
	d, err = h.PublishActivity(ctx, h.host, id)
	must(t, err)
	a := d.Activity
	if a.Status != model.ActivityPublished || d.Phase != model.ActivitySignupOpen || a.PublishedAt == nil || !a.ListedAt.Equal(a.StartsAt) || a.ListedCell == nil {
		t.Errorf("got %+v", d)
	}
	if h.count(t, &model.ActivityGram{}, "activity_id = ? AND gram IN ?", id, []string{"社区", "清洁", "广场"}) != 3 {
		t.Error("it cannot be found by words")
	}
	_, err = h.PublishActivity(ctx, h.host, id)
	wants(t, err, fault.ErrState)
	for action, n := range map[string]int64{"activity.create": 1, "activity.submit": 3, "activity.approve": 2, "activity.return": 2, "activity.publish": 1} {
		if got := h.audits(t, action); got != n {
			t.Errorf("%s: %d audit rows, want %d", action, got, n)
		}
	}
}

func TestOnlyAnOrganisationAboveApproves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	colleague := h.Staff("镇同事", access.TownOfficer, h.Town)
	city := h.Staff("市干部", access.CommitteeOfficer, h.City)
	dean := h.Staff("系同事", access.CommitteeOfficer, h.Department)
	tests := map[string]struct {
		by, submitter access.Actor
		org, host     int64
		want          error
	}{
		"the town does not approve its own":           {by: colleague, submitter: h.town, org: h.Town.ID, want: access.ErrDenied},
		"the county approves the town's":              {by: h.county, submitter: h.town, org: h.Town.ID},
		"the department does not approve its own":     {by: dean, submitter: h.department, org: h.Department.ID, host: h.Community.ID, want: access.ErrDenied},
		"the university approves the department's":    {by: h.university, submitter: h.department, org: h.Department.ID, host: h.Community.ID},
		"the department approves the branch's":        {by: h.department, submitter: h.secretary, org: h.Branch.ID, host: h.Community.ID},
		"the supervising city approves a university":  {by: city, submitter: h.university, org: h.University.ID, host: h.Community.ID},
		"a county has no say over a university there": {by: h.county, submitter: h.secretary, org: h.Branch.ID, host: h.Community.ID, want: access.ErrDenied},
	}
	h.Pair(h.University, h.Community) // a pairing of the unit above carries those below
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := h.draft()
			d.HostContactID = 0
			made, err := h.CreateActivity(t.Context(), tt.submitter, noKey, project.NewActivity{OrgID: tt.org, ProgrammeID: h.Programme.ID, HostOrgID: tt.host, Draft: d})
			must(t, err)
			_, err = h.SubmitActivity(t.Context(), tt.submitter, made.Activity.ID)
			must(t, err)
			_, err = h.ApproveActivity(t.Context(), tt.by, made.Activity.ID)
			wants(t, err, tt.want)
			got, err := h.Service.Activity(t.Context(), tt.submitter, made.Activity.ID)
			must(t, err)
			if approved := got.Activity.Status == model.ActivityApproved; approved != (tt.want == nil) {
				t.Errorf("is %s", got.Activity.Status)
			}
		})
	}
}

func TestAnAPIClientNeverApproves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.drafted(t, nil).Activity.ID
	_, err := h.SubmitActivity(t.Context(), h.host, id)
	must(t, err)
	client := access.Actor{ClientID: 9, Scopes: []access.Permission{access.ActivityApprove, access.ActivityManage}, Grants: h.county.Grants}
	_, err = h.ApproveActivity(t.Context(), client, id)
	wants(t, err, access.ErrDenied)
}

func TestPublishNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*project.NewActivity)
		wait   time.Duration
		want   error
		fields []string
	}{
		"all is there":                   {},
		"no risk note and no contact":    {change: func(in *project.NewActivity) { in.RiskNote, in.HostContactID = " ", 0 }, want: project.ErrIncomplete, fields: []string{"/risk_note", "/host_contact_id"}},
		"sign-up is over by then":        {wait: 71 * time.Hour, want: project.ErrIncomplete, fields: []string{"/signup_closes_at"}},
		"everything at once":             {change: func(in *project.NewActivity) { in.RiskNote, in.HostContactID = "", 0 }, wait: 71 * time.Hour, want: project.ErrIncomplete, fields: []string{"/risk_note", "/host_contact_id", "/signup_closes_at"}},
		"without coordinates it is fine": {change: func(in *project.NewActivity) { in.Sessions[0].At = nil }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			id := h.drafted(t, tt.change).Activity.ID
			_, err := h.SubmitActivity(t.Context(), h.host, id)
			must(t, err)
			_, err = h.ApproveActivity(t.Context(), h.town, id)
			must(t, err)
			h.Clock.Add(tt.wait)
			_, err = h.PublishActivity(t.Context(), h.host, id)
			wants(t, err, tt.want)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
			if n := h.count(t, &model.Activity{}, "published_at IS NOT NULL AND listed_at IS NOT NULL"); (n == 1) != (tt.want == nil) {
				t.Errorf("%d are public", n)
			}
			if tt.want != nil && h.count(t, &model.ActivityGram{}, "1=1") != 0 {
				t.Error("a refusal left words behind")
			}
		})
	}
}

func TestPublishNeedsAContactWhoStillWorksThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.drafted(t, nil).Activity.ID
	_, err := h.SubmitActivity(t.Context(), h.host, id)
	must(t, err)
	_, err = h.ApproveActivity(t.Context(), h.town, id)
	must(t, err)
	h.endGrants(t, h.host.UserID)
	_, err = h.PublishActivity(t.Context(), h.town, id)
	wants(t, err, project.ErrIncomplete)
	d := h.draft()
	d.HostContactID = h.town.UserID
	got, err := h.Service.Activity(t.Context(), h.town, id)
	must(t, err)
	_, err = h.UpdateActivity(t.Context(), h.town, id, got.Activity.Version, d) // approved: the contact may still change
	must(t, err)
	_, err = h.PublishActivity(t.Context(), h.town, id)
	must(t, err)
}

func TestPublishNeedsARunningProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	id := h.drafted(t, func(in *project.NewActivity) { in.ProjectID, in.ProgrammeID = p.ID, 0 }).Activity.ID
	_, err := h.SubmitActivity(t.Context(), h.host, id)
	must(t, err)
	_, err = h.ApproveActivity(t.Context(), h.town, id)
	must(t, err)
	_, err = h.StopProject(t.Context(), h.host, p.ID, "停")
	must(t, err)
	_, err = h.PublishActivity(t.Context(), h.host, id)
	wants(t, err, project.ErrProjectNotRunning)
}

func TestCancelActivity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, nil)
	id := d.Activity.ID
	_, err := h.CancelActivity(t.Context(), h.host, id, " ")
	wants(t, err, access.ErrReason)
	_, err = h.CancelActivity(t.Context(), h.secretary, id, "下雨")
	wants(t, err, access.ErrDenied) // public, so it is no secret
	_, err = h.CancelActivity(t.Context(), h.student, id, "下雨")
	wants(t, err, access.ErrDenied)

	h.released.fail = errors.New("disk is full")
	if _, err = h.CancelActivity(t.Context(), h.host, id, "下雨"); !errors.Is(err, h.released.fail) {
		t.Fatalf("got %v", err)
	}
	got, err := h.Service.Activity(t.Context(), h.host, id)
	must(t, err)
	if got.Activity.Status != model.ActivityPublished || h.audits(t, "activity.cancel") != 0 {
		t.Error("cancelled though the seats could not be given back")
	}

	h.released.fail, h.released.ids = nil, nil
	got, err = h.CancelActivity(t.Context(), h.host, id, "下雨")
	must(t, err)
	if a := got.Activity; a.Status != model.ActivityCancelled || a.ListedAt != nil || a.ListedCell != nil {
		t.Errorf("got %+v", a)
	}
	if diff := cmp.Diff([]int64{id}, h.released.ids); diff != "" {
		t.Error(diff)
	}
	if h.count(t, &model.ActivityGram{}, "1=1") != 0 || h.count(t, &model.AuditEntry{}, "action = ? AND reason = ?", "activity.cancel", "下雨") != 1 {
		t.Error("words or audit do not fit")
	}
	_, err = h.CancelActivity(t.Context(), h.host, id, "下雨")
	wants(t, err, fault.ErrState)
	if _, err := h.Service.Activity(t.Context(), access.Actor{}, id); err != nil {
		t.Error("who signed up must still see that it was called off", err)
	}
}

func TestCancelADraftReleasesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.drafted(t, nil).Activity.ID
	_, err := h.CancelActivity(t.Context(), h.host, id, "不办了")
	must(t, err)
	if len(h.released.ids) != 0 {
		t.Error("nobody can have signed up")
	}
}

func TestAnActivityThatHasBegunIsNotCancelled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, nil)
	h.Clock.Set(d.Activity.StartsAt)
	_, err := h.CancelActivity(t.Context(), h.host, d.Activity.ID, "晚了")
	wants(t, err, project.ErrStarted)
	if len(h.released.ids) != 0 {
		t.Error("seats were given back")
	}
}

func TestTwoApprovalsAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.drafted(t, nil).Activity.ID
	_, err := h.SubmitActivity(t.Context(), h.host, id)
	must(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _, _ = h.ApproveActivity(t.Context(), h.town, id) })        // one wins
		wg.Go(func() { _, _ = h.ReturnActivity(t.Context(), h.county, id, "不行") }) // may come after
	}
	wg.Wait()
	if n := h.audits(t, "activity.approve"); n > 1 {
		t.Errorf("approved %d times", n)
	}
	if n := h.audits(t, "activity.return"); n != 1 {
		t.Errorf("returned %d times", n)
	}
}

var noKey = idem.Key{}
