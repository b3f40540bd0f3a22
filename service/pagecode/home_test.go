package pagecode_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

func TestAPageThatIsNotReleasedOpensTheHomePageForNow(t *testing.T) {
	t.Parallel()
	k := newKit(t, "pages/home", checkIn)
	first, err := k.poster(t, k.Codes)
	if err != nil || !first.Home {
		t.Fatalf("%v %v", first.Home, err)
	}
	k.want(2, 1) // with the page, then without
	if !strings.Contains(k.log.String(), detail) {
		t.Error("nobody is told:", k.log)
	}
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Fatal(err)
	}
	k.want(2, 1)

	k.Clock.Add(11 * time.Minute) // asked again, still not released
	if again, err := k.poster(t, k.Codes); err != nil || !again.Home {
		t.Fatal(err)
	}
	k.want(4, 1)

	k.Clock.Add(11 * time.Minute) // WeChat is away: what is there is good enough
	k.fail("status", map[string]any{"status": 500, "count": 1})
	if again, err := k.poster(t, k.Codes); err != nil || !again.Home {
		t.Fatal(err)
	}
	k.want(5, 1)

	released := newKitSame(t, k)
	right, err := released.poster(t, released.Codes)
	if err != nil || right.Home || bytes.Equal(right.Data, first.Data) {
		t.Fatalf("%v %v", right.Home, err)
	}
	k.Clock.Add(time.Hour)
	if right, err = k.poster(t, k.Codes); err != nil || right.Home {
		t.Fatal("the right one stays:", err)
	}
	if r := k.rows(); len(r) != 1 || r[0].RetryAt != nil {
		t.Fatalf("%d rows", len(r))
	}
}

// newKitSame is the same program in front of a WeChat where every page is released.
func newKitSame(t *testing.T, k *kit) *kit {
	t.Helper()
	other := newKit(t)
	s := other.replica(t)
	s.DB, s.Now, s.Projects = k.DB, k.Clock.Now, k.Codes.Projects
	return &kit{World: k.World, Codes: s, Activity: k.Activity, Session: k.Session, sim: other.sim, log: k.log}
}

func TestWhoMayHaveWhichCode(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	own := k.Project(k.Pair(k.Department, k.Town), "另一个")
	draft, draftSession, _ := k.World.Activity(own, 1, func(a *model.Activity, _ *model.Session) {
		a.Status, a.PublishedAt, a.OrgID, a.HostOrgID = model.ActivityDraft, nil, k.Community.ID, k.Community.ID
	})
	over, overSession, _ := k.World.Activity(own, 1, func(a *model.Activity, _ *model.Session) {
		a.Status, a.OrgID, a.HostOrgID = model.ActivityCancelled, k.Community.ID, k.Community.ID
	})
	host, stranger := k.Staff("干事", access.HostStaff, k.Community), k.Staff("别处", access.HostStaff, k.Org(k.Town, model.OrgCommunity, "别处社区"))
	student := k.Student("小李", k.Branch)
	for _, c := range []struct {
		what   string
		actor  access.Actor
		id     int64
		poster bool
		want   error
	}{
		{"poster of an activity that is over", nobody, over.ID, true, nil},
		{"poster of a draft, by nobody", nobody, draft.ID, true, fault.ErrNotFound},
		{"poster of a draft, by a student", student, draft.ID, true, fault.ErrNotFound},
		{"poster of a draft, by another host", stranger, draft.ID, true, fault.ErrNotFound},
		{"poster of a draft, by its host", host, draft.ID, true, fault.ErrState},
		{"poster of nothing", host, 1, true, fault.ErrNotFound},
		{"entry, by the host", host, k.Session.ID, false, nil},
		{"entry, by another host", stranger, k.Session.ID, false, access.ErrDenied},
		{"entry, by a student", student, k.Session.ID, false, access.ErrDenied},
		{"entry, by nobody", nobody, k.Session.ID, false, access.ErrRequired},
		{"entry to a draft, by another host", stranger, draftSession.ID, false, fault.ErrNotFound},
		{"entry to a draft, by its host", host, draftSession.ID, false, fault.ErrState},
		{"entry to what was called off", host, overSession.ID, false, fault.ErrState},
		{"entry to nothing", host, 1, false, fault.ErrNotFound},
	} {
		before, get := k.calls(), k.Codes.OfSession
		if c.poster {
			get = k.Codes.OfActivity
		}
		if _, err := get(t.Context(), c.actor, c.id, width); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
		if c.want != nil && k.calls() != before {
			t.Errorf("%s: WeChat was asked", c.what)
		}
	}
}

func TestAPictureThatIsTooLargeIsGivenOutButNotKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Codes.Maker = fixed(strings.Repeat("x", model.PageCodeMaxBytes+1))
	if p, err := k.poster(t, k.Codes); err != nil || len(p.Data) != model.PageCodeMaxBytes+1 {
		t.Fatal(err)
	}
	k.want(0, 0)
	k.Codes.Maker = fixed(strings.Repeat("x", model.PageCodeMaxBytes))
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Fatal(err)
	}
	if r := k.rows(); len(r) != 1 || len(r[0].Picture) != model.PageCodeMaxBytes {
		t.Fatalf("%d rows", len(r))
	}
}

func TestOldPicturesAreForgottenAndMadeAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Fatal(err)
	}
	k.Clock.Add(179 * 24 * time.Hour)
	if n, err := k.Codes.Purge(t.Context(), 10); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	k.Clock.Add(2 * 24 * time.Hour)
	if n, err := k.Codes.Purge(t.Context(), 10); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	k.want(1, 0)
	if _, err := k.poster(t, k.Codes); err != nil {
		t.Fatal(err)
	}
	k.want(2, 1)
}
