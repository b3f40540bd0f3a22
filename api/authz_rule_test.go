package api_test

import (
	"maps"
	"slices"

	"baodao/router"
	"baodao/service/access"
	"baodao/service/account"
)

// authzTarget says of a kind of object what the matrix needs to know: the organisations that own it, whose own record it is,
// whether the team of the realm's project has a word in it, and which permissions make it visible.
type authzTarget struct {
	orgs string
	own  string // names of the cast
	team bool
	seen []access.Permission // access.Public: to everybody
}

// authzRule is one line of the table: an operation on an object and the rows of the matrix that decide, any of which is enough.
type authzRule struct {
	op    string
	on    string              // the ids of the path, as names of objects
	is    string              // the kind of object in authzTargets; empty: the same as on
	by    []access.Permission // access.Public and access.Person: everybody, every person
	at    string              // the organisations that count, where it is not all of the target's
	query string
	body  func(w *twins, r *realm) any // nil: none
	want  int                          // the status for who may, where it is not a success
	but   exceptions
	shows map[string]string // of a list: objects and their kinds in authzTargets, which those who may read them find in it, and nobody else
	reads access.Permission // the permission that decides about these, if not that of the route
}

// exceptions are named differences from the matrix, by who they are for; "foreign student" is the student of the other realm.
type exceptions map[string]exception

// exception is the status instead, 0 for a success, and why that is right.
type exception struct {
	status int
	why    string
}

// except makes the same exception for several of the cast.
func except(status int, why, names string) exceptions {
	out := exceptions{}
	for _, name := range namesIn(names) {
		out[name] = exception{status: status, why: why}
	}
	return out
}

// and puts two sets of exceptions together.
func (e exceptions) and(more exceptions) exceptions {
	maps.Copy(e, more)
	return e
}

// otherMedia is a body that is not JSON.
type otherMedia struct {
	content, contentType string
	noToken              bool
}

// authzCaller is somebody who asks.
type authzCaller struct {
	name    string
	realm   *realm // nil: of no realm
	actor   access.Actor
	token   string // of an API client
	columns []authzSeat
	scopes  []access.Permission // nil: not bound by any
}

// authzSeat is a column of the matrix that a caller reads, and the organisation from which it reaches.
type authzSeat struct {
	column access.Column
	org    string
}

// callers are nobody, everybody of the home realm and those of the system: they ask for objects of both realms.
func (w *twins) callers() []authzCaller {
	r := w.home
	nobody, person := authzSeat{column: access.ANON}, authzSeat{column: access.USER}
	all := []authzCaller{
		{name: "nobody", columns: []authzSeat{nobody}},
		{name: "plain", realm: r, actor: r.who["plain"], columns: []authzSeat{nobody, person}},
		{name: "client", realm: r, token: r.tokens["client"], columns: []authzSeat{nobody, {access.PRV, "province"}}, scopes: account.ClientScopes()},
	}
	for _, name := range realmStudents {
		all = append(all, authzCaller{name: name, realm: r, actor: r.who[name], columns: []authzSeat{nobody, {access.USER, "branch"}, {access.STU, "branch"}, {access.TL, "branch"}}})
	}
	for _, c := range realmCast {
		all = append(all, authzCaller{name: c.name, realm: r, actor: r.who[c.name], columns: []authzSeat{nobody, person, {c.column, c.org}}})
	}
	for name, column := range map[string]access.Column{"security": access.SEC, "auditor": access.AUD, "operator": access.OPS} {
		all = append(all, authzCaller{name: name, actor: w.system[name], columns: []authzSeat{nobody, person, {column: column}}})
	}
	return all
}

// has tells whether any column gives the permission in any scope.
func (c authzCaller) has(p access.Permission) bool {
	if p == access.Public || p == access.Person {
		return p == access.Public || c.actor.UserID != 0
	}
	return c.within(p) && slices.ContainsFunc(c.columns, func(s authzSeat) bool { return access.ScopeOf(p, s.column) != access.None })
}

// within tells whether an API client was given the permission; people are not bound.
func (c authzCaller) within(p access.Permission) bool {
	return c.scopes == nil || slices.Contains(c.scopes, p)
}

// reaches tells whether a permission reaches an object of realm r: the matrix, cell by cell.
func (c authzCaller) reaches(p access.Permission, r *realm, t authzTarget) bool {
	if p == access.Public || p == access.Person {
		return c.has(p)
	}
	mine := c.realm == r
	return c.within(p) && slices.ContainsFunc(c.columns, func(s authzSeat) bool {
		switch access.ScopeOf(p, s.column) {
		case access.All:
			return true
		case access.Pub:
			return slices.Contains(t.seen, access.Public)
		case access.Own:
			return mine && slices.Contains(namesIn(t.own), c.name)
		case access.Team:
			return mine && t.team && c.name == map[access.Column]string{access.TL: "lead", access.ADV: "advisor"}[s.column]
		case access.Org:
			return mine && slices.Contains(namesIn(t.orgs), s.org)
		case access.Sub:
			return mine && slices.ContainsFunc(namesIn(t.orgs), func(org string) bool { return standsUnder(org, s.org) })
		case access.None:
		}
		return false
	})
}

// standsUnder tells whether an organisation is top or stands below it.
func standsUnder(org, top string) bool {
	for ; org != ""; org = realmAbove[org] {
		if org == top {
			return true
		}
	}
	return false
}

// target finds what a rule acts upon. An organisation owns itself, and everybody sees it.
func (u authzRule) target() authzTarget {
	name := u.is
	if name == "" {
		name = u.on
	}
	if t, ok := authzTargets[name]; ok {
		return t
	}
	return authzTarget{orgs: name, seen: everybody}
}

// expect is the answer of the matrix to a caller: a status, or 0 for success.
func (u authzRule) expect(route router.Route, c authzCaller, r *realm) int {
	if e, ok := u.but[c.seenFrom(r)]; ok {
		return e.status
	}
	t := u.target()
	narrow := t
	if u.at != "" {
		narrow.orgs = u.at
	}
	if c.name == "nobody" && !c.has(route.Permission) {
		return 401
	}
	if !c.has(route.Permission) {
		return 403 // the function, whatever the object
	}
	if slices.ContainsFunc(u.by, func(p access.Permission) bool { return c.reaches(p, r, narrow) }) {
		return u.want
	}
	if slices.ContainsFunc(t.seen, func(p access.Permission) bool { return c.reaches(p, r, t) }) {
		return 403
	}
	return 404
}

// seenFrom is what a caller is called in the exceptions of an object of realm r.
func (c authzCaller) seenFrom(r *realm) string {
	if c.realm != nil && c.realm != r {
		return "foreign " + c.name
	}
	return c.name
}

// allRules is the whole table.
func allRules() []authzRule {
	return slices.Concat(authzRules, authzWorkRules, authzNotifyRules, authzStandingRules, authzContentRules, authzDemandRules, authzReviewRules, authzHoursRules, authzAppealRules, authzSupportRules, authzRoundRules, authzRoundPairRules, authzSurveyRules, authzWishRules, authzRecommendRules)
}

// routesByID reads the route table.
func (w *twins) routesByID() map[string]router.Route {
	routes := map[string]router.Route{}
	for _, r := range w.Built.Routes {
		routes[r.ID] = r
	}
	return routes
}

// operations are all operation ids of the table, sorted.
func operations(routes map[string]router.Route) []string { return slices.Sorted(maps.Keys(routes)) }

// listed tells whether a caller finds an object of realm r in a list that was asked of realm asked.
func (u authzRule) listed(route router.Route, name string, c authzCaller, asked, r *realm) bool {
	p := route.Permission
	if u.reads != "" {
		p = u.reads
	}
	if u.on != "" && asked != r {
		return false
	}
	if e, ok := u.but[c.name]; ok && e.status == 0 && c.realm == r {
		return true
	}
	return c.reaches(p, r, authzTargets[u.shows[name]])
}
