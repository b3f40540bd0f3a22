package org_test

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/page"
)

func TestInvite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.university
	old.LoggedInAt = h.Clock.Now().Add(-time.Hour)
	tests := map[string]struct {
		by   access.Actor
		in   org.NewInvitation
		want error
	}{
		"host staff by the town":   {h.town, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff, Note: "一号院值班岗位"}, nil},
		"an officer by the city":   {h.city, org.NewInvitation{OrgID: h.University.ID, Role: access.CommitteeOfficer, Days: 30}, nil},
		"own rank":                 {h.town, org.NewInvitation{OrgID: h.Town.ID, Role: access.TownOfficer}, org.ErrRank},
		"out of scope":             {h.department, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff}, access.ErrDenied},
		"a role that does not fit": {h.town, org.NewInvitation{OrgID: h.Community.ID, Role: access.TownOfficer}, org.ErrRoleKind},
		"an old login":             {old, org.NewInvitation{OrgID: h.Department.ID, Role: access.Advisor}, access.ErrStepUp},
		"too long":                 {h.town, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff, Days: 31}, fault.ErrInvalid},
		"a note with tricks":       {h.town, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff, Note: "\u202e"}, fault.ErrInvalid},
		"nobody":                   {access.Actor{}, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff}, access.ErrRequired},
		"no such organisation":     {h.town, org.NewInvitation{OrgID: 42, Role: access.HostStaff}, fault.ErrNotFound},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			before := count[model.Invitation](t, h.DB, "1 = 1")
			i, err := h.s.Invite(t.Context(), c.by, idem.Key{}, c.in)
			wants(t, err, c.want)
			if made := count[model.Invitation](t, h.DB, "1 = 1") - before; (made == 1) != (c.want == nil) {
				t.Fatalf("%d invitations", made)
			}
			if c.want == nil && (!regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{6}$`).MatchString(i.Code) || i.State != org.InvitationOpen) {
				t.Errorf("%+v", i)
			}
		})
	}
}

func TestInviteAgainWithOneKeyTellsTheSameCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff}
	key := idem.Key{Value: "k", Hash: []byte("h")}
	first := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, key, in))
	again := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, key, in))
	other := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, idem.Key{}, in))
	if first.Code != again.Code || first.ID != again.ID || other.Code == first.Code {
		t.Errorf("%s %s %s", first.Code, again.Code, other.Code)
	}
	if n := count[model.IdempotencyRecord](t, h.DB, "answer LIKE ?", "%"+first.Code[:11]+"%"); n != 0 {
		t.Error("the code is stored in clear")
	}
}

func TestInviteWithoutASecretKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.s.InviteKey = nil
	_, err := h.s.Invite(t.Context(), h.town, idem.Key{}, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff})
	if err == nil || errors.As(err, new(*fault.Fault)) || count[model.Invitation](t, h.DB, "1 = 1") != 0 {
		t.Errorf("%v", err)
	}
}

func TestRedeem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T, h *house, i org.InvitationInfo) string // returns the code to use
		by      func(h *house) access.Actor
		want    error
	}{
		"the code as told": {nil, nil, nil},
		"in small letters, without hyphens": {func(_ *testing.T, _ *house, i org.InvitationInfo) string {
			return " " + strings.ToLower(strings.ReplaceAll(i.Code, "-", "")) + " "
		}, nil, nil},
		"with O for 0 and I for 1": {func(_ *testing.T, _ *house, i org.InvitationInfo) string {
			return strings.NewReplacer("0", "O", "1", "I").Replace(i.Code)
		}, nil, nil},
		"on its last second": {func(_ *testing.T, h *house, i org.InvitationInfo) string {
			h.Clock.Add(7*24*time.Hour - time.Millisecond)
			return i.Code
		}, nil, nil},
		"too late": {func(_ *testing.T, h *house, i org.InvitationInfo) string {
			h.Clock.Add(7 * 24 * time.Hour)
			return i.Code
		}, nil, org.ErrInvitation},
		"a wrong code": {func(*testing.T, *house, org.InvitationInfo) string { return "00000-00000-00000-00000-000000" }, nil, org.ErrInvitation},
		"no code":      {func(*testing.T, *house, org.InvitationInfo) string { return "" }, nil, org.ErrInvitation},
		"a revoked one": {func(t *testing.T, h *house, i org.InvitationInfo) string {
			t.Helper()
			must[org.InvitationInfo](t)(h.s.RevokeInvitation(t.Context(), h.town, i.ID))
			return i.Code
		}, nil, org.ErrInvitation},
		"of an organisation that is gone": {func(t *testing.T, h *house, i org.InvitationInfo) string {
			t.Helper()
			must[model.Org](t)(h.s.Dissolve(t.Context(), h.town, h.Community.ID, org.Dissolution{Reason: "撤并"}))
			return i.Code
		}, nil, org.ErrInvitation},
		"a used one": {func(t *testing.T, h *house, i org.InvitationInfo) string {
			t.Helper()
			must[model.RoleGrant](t)(h.s.Redeem(t.Context(), h.person("先来的"), idem.Key{}, i.Code))
			return i.Code
		}, nil, org.ErrInvitation},
		"by the inviter":      {nil, func(h *house) access.Actor { return h.town }, org.ErrOwnGrant},
		"by who has the role": {nil, func(h *house) access.Actor { return h.host }, org.ErrGrantExists},
		"by an administrator": {nil, func(h *house) access.Actor { return h.sec }, org.ErrSeparation},
		"by nobody":           {nil, func(*house) access.Actor { return access.Actor{} }, access.ErrRequired},
		"by a program":        {nil, func(*house) access.Actor { return access.Actor{ClientID: 4} }, access.ErrDenied},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			i := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, idem.Key{}, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff}))
			code := i.Code
			if c.prepare != nil {
				code = c.prepare(t, h, i)
			}
			by := h.person("受邀人")
			if c.by != nil {
				by = c.by(h)
			}
			grants, audits := count[model.RoleGrant](t, h.DB, "1 = 1"), count[model.AuditEntry](t, h.DB, "1 = 1")
			g, err := h.s.Redeem(t.Context(), by, idem.Key{}, code)
			wants(t, err, c.want)
			if c.want == nil {
				if g.UserID != by.UserID || g.Role != string(access.HostStaff) || g.OrgID != h.Community.ID || g.GrantedBy != h.town.UserID {
					t.Errorf("%+v", g)
				}
				return
			}
			if count[model.RoleGrant](t, h.DB, "1 = 1") != grants || count[model.AuditEntry](t, h.DB, "1 = 1") != audits {
				t.Error("something was written on a refusal")
			}
		})
	}
}

func TestRedeemHasOneWinner(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, idem.Key{}, org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff}))
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 12 {
		by := h.person("抢码人")
		wg.Go(func() {
			_, err := h.s.Redeem(t.Context(), by, idem.Key{}, i.Code)
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, org.ErrInvitation) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || count[model.RoleGrant](t, h.DB, "org_id = ? AND granted_by = ?", h.Community.ID, h.town.UserID) != 1 {
		t.Errorf("%d winners", won.Load())
	}
}

func TestListAndRevokeInvitations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := org.NewInvitation{OrgID: h.Community.ID, Role: access.HostStaff}
	first := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, idem.Key{}, in))
	second := must[org.InvitationInfo](t)(h.s.Invite(t.Context(), h.town, idem.Key{}, in))
	for name, c := range map[string]struct {
		by   access.Actor
		id   int64
		want error
	}{
		"out of sight": {h.department, first.ID, fault.ErrNotFound},
		"unknown":      {h.town, 42, fault.ErrNotFound},
		"host staff":   {h.host, first.ID, access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.s.RevokeInvitation(t.Context(), c.by, c.id)
			wants(t, err, c.want)
		})
	}
	must[org.InvitationInfo](t)(h.s.RevokeInvitation(t.Context(), h.county, first.ID))
	_, err := h.s.RevokeInvitation(t.Context(), h.town, first.ID)
	wants(t, err, fault.ErrState)
	rows := must[page.Result[org.InvitationInfo]](t)(h.s.Invitations(t.Context(), h.town, h.Community.ID, page.Request{}))
	if len(rows.Items) != 2 || rows.Items[0].ID != second.ID || rows.Items[0].State != org.InvitationOpen || rows.Items[1].State != org.InvitationRevoked || rows.Items[0].Code != "" {
		t.Errorf("%+v", rows.Items)
	}
	h.Clock.Add(7 * 24 * time.Hour)
	rows = must[page.Result[org.InvitationInfo]](t)(h.s.Invitations(t.Context(), h.town, h.Community.ID, page.Request{}))
	if rows.Items[0].State != org.InvitationExpired {
		t.Errorf("%+v", rows.Items[0])
	}
	_, err = h.s.Invitations(t.Context(), h.department, h.Community.ID, page.Request{})
	wants(t, err, access.ErrDenied)
}
