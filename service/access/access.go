// Package access answers one question: may this actor do that to this object?
// The answer comes from one table (matrix.go) and a few rules that stand above it.
package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"baodao/service/fault"
)

// Role is what a person is in an organisation.
type Role string

// The roles. A COMMITTEE_OFFICER's column in the table follows from the level of the organisation.
const (
	Student          Role = "STUDENT"
	TeamLead         Role = "TEAM_LEAD"
	Advisor          Role = "ADVISOR"
	BranchSecretary  Role = "BRANCH_SECRETARY"
	ClubLead         Role = "CLUB_LEAD"
	HostStaff        Role = "HOST_STAFF"
	TownOfficer      Role = "TOWN_OFFICER"
	CommitteeOfficer Role = "COMMITTEE_OFFICER"
	Operator         Role = "OPERATOR"
	SecurityAdmin    Role = "SECURITY_ADMIN"
	Auditor          Role = "AUDITOR"
)

// Grant is one role of an actor, in one organisation. System roles (operator, security, audit) have no organisation.
type Grant struct {
	Role    Role
	Column  Column // the column of the table that the role reads
	OrgID   int64
	OrgPath string // /1/7/42/ : the organisation and all above it
}

// Actor is who asks. The zero Actor is nobody.
type Actor struct {
	UserID     int64
	StudentID  int64  // the student profile bound to the user, 0 if none
	BranchPath string // path of the student's branch today, empty if none
	ClientID   int64  // an API client instead of a person
	SessionID  int64
	Grants     []Grant
	Scopes     []Permission // an API client may do no more than these
	LoggedInAt time.Time    // when the person last proved who they are; step-up actions need it fresh
	RequestID  string

	system bool
}

// System is the program itself: jobs and commands given on the machine. The table does not bind it; the audit log shows
// user 0, client 0 and name as the request id.
func System(name string) Actor { return Actor{RequestID: name, system: true} }

// Skew is how far the clocks of two replicas may be apart.
const Skew = 2 * time.Second

// Begun is the instant up to which a role must have begun to count now: who was given one by a replica whose clock is ahead has
// it at once on all of them.
func Begun(now time.Time) time.Time { return now.Add(Skew) }

// StepUpAge is how old a login may be for an action that asks for a fresh one.
const StepUpAge = 5 * time.Minute

// Refusals of this package.
var (
	ErrRequired    = fault.Define(fault.Unauthenticated, "auth.required", "请先登录。", "Sign in first.")
	ErrDenied      = fault.Define(fault.Forbidden, "access.denied", "您没有权限做这件事。", "Your roles do not allow this.")
	ErrOwnInterest = fault.Define(fault.Forbidden, "access.own_interest", "不能办理与自己有关的事项，请由其他人处理。", "You cannot decide on a record of your own.")
	ErrStepUp      = fault.Define(fault.Forbidden, "access.fresh_login_required", "此操作需要在 5 分钟内重新登录。", "This needs a login not older than five minutes.")
	ErrReason      = fault.Define(fault.Invalid, "access.reason_required", "请填写理由。", "State a reason.")
)

// Object is what the table needs to know of the thing acted upon.
type Object struct {
	Paths      []string   // organisations that own it: both sides of a pairing, organiser and host of an activity
	StudentIDs []int64    // students whose own record it is
	UserIDs    []int64    // persons whose own record it is
	Leads      []int64    // student ids of the team's present leads
	Advisors   []int64    // user ids of the team's present advisors
	Public     bool       // published: anyone may read it
	Read       Permission // what makes it visible; empty: visible to those who may act
}

// Has tells whether any role of the actor carries the permission in any scope. The router asks this before a handler runs.
func (a Actor) Has(p Permission) bool {
	if p == Public || a.system {
		return true
	}
	if p == SignedIn {
		return a.UserID != 0 || a.ClientID != 0
	}
	if p == Person {
		return a.UserID != 0
	}
	if a.ClientID != 0 && !slices.Contains(a.Scopes, p) {
		return false
	}
	for range a.scopes(p) {
		return true
	}
	return false
}

// Require is Has as an error: ErrRequired for nobody, ErrDenied for somebody without the permission.
func (a Actor) Require(p Permission) error {
	switch {
	case a.Has(p):
		return nil
	case a.UserID == 0 && a.ClientID == 0:
		return ErrRequired
	default:
		return ErrDenied
	}
}

// Check decides on one object. Out of scope is fault.ErrNotFound when the actor may not even see it, ErrDenied when they may.
func (a Actor) Check(p Permission, o Object) error {
	if err := a.Require(p); err != nil {
		return err
	}
	if a.system || a.reaches(p, o) {
		return nil
	}
	if o.Public || (o.Read != "" && a.Has(o.Read) && a.reaches(o.Read, o)) {
		return ErrDenied
	}
	return fault.ErrNotFound
}

// Sees tells whether the actor may read the object under its Read permission.
func (a Actor) Sees(o Object) bool {
	return a.system || o.Public || (o.Read != "" && a.Has(o.Read) && a.reaches(o.Read, o))
}

// Fresh demands a login of the last five minutes. API clients never pass.
func (a Actor) Fresh(now time.Time) error {
	if a.system {
		return nil
	}
	if a.UserID == 0 || now.Sub(a.LoggedInAt) > StepUpAge {
		return ErrStepUp
	}
	return nil
}

// NotOwn refuses when the actor is one of the persons whose record it is (rule R1).
func (a Actor) NotOwn(students, users []int64) error {
	if (a.StudentID != 0 && slices.Contains(students, a.StudentID)) || (a.UserID != 0 && slices.Contains(users, a.UserID)) {
		return ErrOwnInterest
	}
	return nil
}

// Where gives the SQL condition that keeps a list within the actor's scope: paths are the columns that hold
// owning organisations' paths, student and user the columns of the own record ("" where the list has none).
// The condition is "1=0" when nothing is in scope.
func (a Actor) Where(p Permission, paths []string, student, user string) (string, []any) {
	if a.system {
		return "1=1", nil
	}
	var parts []string
	var args []any
	add := func(sql string, values ...any) { parts, args = append(parts, sql), append(args, values...) }
	for g, s := range a.scopes(p) {
		switch s {
		case All, Pub:
			return "1=1", nil
		case Own:
			if student != "" && a.StudentID != 0 {
				add(student+" = ?", a.StudentID)
			}
			if user != "" && a.UserID != 0 {
				add(user+" = ?", a.UserID)
			}
		case Org, Sub:
			for _, col := range paths {
				sql, values := within(col, s, g.OrgPath)
				add(sql, values...)
			}
		case None, Team:
		}
	}
	if len(parts) == 0 {
		return "1=0", nil
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// within is the condition that a path column lies in an Org or Sub scope; a role without an organisation reaches nothing.
func within(col string, s Scope, path string) (string, []any) {
	switch {
	case path == "":
		return "1=0", nil
	case s == Org:
		return col + " = ?", []any{path}
	default:
		return "(" + col + " >= ? AND " + col + " < ?)", []any{path, PathEnd(path)}
	}
}

// PathEnd is the first path after all paths below prefix: the subtree is prefix <= path < PathEnd(prefix).
func PathEnd(prefix string) string { return strings.TrimSuffix(prefix, "/") + "0" }

// scopes yields the actor's scope for p, grant by grant. Everyone has the ANON column; a bound student STU and TL.
func (a Actor) scopes(p Permission) func(yield func(Grant, Scope) bool) {
	row := matrix[p]
	return func(yield func(Grant, Scope) bool) {
		if a.ClientID != 0 && !slices.Contains(a.Scopes, p) {
			return
		}
		own := []Column{ANON}
		if a.UserID != 0 {
			own = append(own, USER)
		}
		if a.StudentID != 0 {
			own = append(own, STU, TL)
		}
		for _, c := range own {
			if s := row[c]; s != None && !yield(Grant{Column: c, OrgPath: a.BranchPath}, s) {
				return
			}
		}
		for _, g := range a.Grants {
			if s := row[g.Column]; s != None && !yield(g, s) {
				return
			}
		}
	}
}

func (a Actor) reaches(p Permission, o Object) bool {
	for g, s := range a.scopes(p) {
		if a.inScope(g, s, o) {
			return true
		}
	}
	return false
}

func (a Actor) inScope(g Grant, s Scope, o Object) bool {
	switch s {
	case All:
		return true
	case Pub:
		return o.Public
	case Own:
		return (a.StudentID != 0 && slices.Contains(o.StudentIDs, a.StudentID)) || (a.UserID != 0 && slices.Contains(o.UserIDs, a.UserID))
	case Team:
		if g.Column == ADV {
			return slices.Contains(o.Advisors, a.UserID)
		}
		return a.StudentID != 0 && slices.Contains(o.Leads, a.StudentID)
	case Org:
		return g.OrgPath != "" && slices.Contains(o.Paths, g.OrgPath)
	case Sub:
		return g.OrgPath != "" && slices.ContainsFunc(o.Paths, func(p string) bool { return strings.HasPrefix(p, g.OrgPath) })
	case None:
	}
	return false
}

type actorKey struct{}

// With puts the actor into the context; the router does this once for each request.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// From takes the actor out of the context; without one it is nobody.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
