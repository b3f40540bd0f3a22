package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/read"
)

// Authenticate tells who presents an access token. Nothing is remembered between requests: session, account, profile,
// roles and organisations are read anew in one query, so that every change of them acts on the next request.
// Errors: ErrTokenInvalid, ErrTokenExpired.
func (s *Service) Authenticate(ctx context.Context, bearer string) (access.Actor, error) {
	c, err := s.Keys.verify(bearer)
	if err != nil {
		return access.Actor{}, err
	}
	subject, errSubject := strconv.ParseInt(c.Subject, 10, 64)
	switch {
	case errSubject != nil:
		return access.Actor{}, ErrTokenInvalid.Because(errSubject)
	case c.Client != "" && c.Session == "" && c.Client == c.Subject:
		return s.client(ctx, subject, c)
	case c.Session != "" && c.Client == "":
		session, err := strconv.ParseInt(c.Session, 10, 64)
		if err != nil {
			return access.Actor{}, ErrTokenInvalid.Because(err)
		}
		return s.person(ctx, subject, session)
	}
	return access.Actor{}, ErrTokenInvalid.Because(errors.New("neither a person's nor a client's token"))
}

// personQuery gives a row for each role in effect, and one row when there is none. A role counts only while its
// organisation is ACTIVE; a profile's branch counts as it is.
const personQuery = `SELECT s.logged_in_at, s.revoked_at, s.ends_at, u.status, p.id, b.path, g.role, g.org_id, o.kind, o.path
FROM login_sessions s
JOIN users u ON u.id = s.user_id
LEFT JOIN student_profiles p ON p.user_id = s.user_id
LEFT JOIN orgs b ON b.id = p.branch_id
LEFT JOIN role_grants g ON g.user_id = s.user_id AND g.revoked_at IS NULL AND g.from_at <= ? AND (g.to_at IS NULL OR g.to_at > ?)
LEFT JOIN orgs o ON o.id = g.org_id AND o.status = 'ACTIVE'
WHERE s.id = ? AND s.user_id = ?`

// personRow is one row of personQuery.
type personRow struct {
	loggedInAt, endsAt    time.Time
	revokedAt             sql.NullTime
	status                string
	student, grantOrg     sql.NullInt64
	branch, role          sql.NullString
	grantKind, grantedFor sql.NullString
}

func (s *Service) person(ctx context.Context, user, session int64) (actor access.Actor, err error) {
	now := s.Now()
	rows, err := read.Prepared(ctx, s.DB).Raw(personQuery, access.Begun(now), now, session, user).Rows()
	if err != nil {
		return actor, fmt.Errorf("authenticate: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	known := false
	for rows.Next() {
		var r personRow
		err := rows.Scan(&r.loggedInAt, &r.revokedAt, &r.endsAt, &r.status, &r.student, &r.branch, &r.role, &r.grantOrg, &r.grantKind, &r.grantedFor)
		if err != nil {
			return access.Actor{}, fmt.Errorf("authenticate: %w", err)
		}
		if err := r.check(now); err != nil {
			return access.Actor{}, err
		}
		if !known {
			known, actor = true, access.Actor{UserID: user, SessionID: session, StudentID: r.student.Int64, BranchPath: r.branch.String, LoggedInAt: r.loggedInAt}
		}
		if g, ok := r.grant(); ok {
			actor.Grants = append(actor.Grants, g)
		}
	}
	if err := rows.Err(); err != nil {
		return access.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	if !known {
		return access.Actor{}, ErrTokenInvalid.Because(errors.New("no such session"))
	}
	return actor, nil
}

func (r personRow) check(now time.Time) error {
	switch {
	case r.revokedAt.Valid || r.status != model.UserActive:
		return ErrTokenInvalid.Because(errors.New("session or account ended"))
	case !now.Before(r.endsAt):
		return ErrTokenExpired
	}
	return nil
}

// grant is the role of the row; ok is false when there is none, or its organisation is not active.
func (r personRow) grant() (access.Grant, bool) {
	if !r.role.Valid || r.grantOrg.Int64 != 0 && !r.grantedFor.Valid {
		return access.Grant{}, false
	}
	role := access.Role(r.role.String)
	return access.Grant{Role: role, Column: access.ColumnOf(role, r.grantKind.String), OrgID: r.grantOrg.Int64, OrgPath: r.grantedFor.String}, true
}

// clientQuery reads an API client and its organisation.
const clientQuery = `SELECT c.scopes, c.version, c.revoked_at, o.id, o.kind, o.path
FROM api_clients c
JOIN orgs o ON o.id = c.org_id AND o.status = 'ACTIVE'
WHERE c.id = ?`

// clientRow is the row of clientQuery.
type clientRow struct {
	Scopes    string
	Version   int64
	RevokedAt *time.Time
	ID        int64 // of the organisation
	Kind      model.OrgKind
	Path      string
}

func (s *Service) client(ctx context.Context, id int64, c claims) (access.Actor, error) {
	var row clientRow
	found := read.Prepared(ctx, s.DB).Raw(clientQuery, id).Scan(&row)
	if found.Error != nil {
		return access.Actor{}, fmt.Errorf("authenticate client: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return access.Actor{}, ErrTokenInvalid.Because(errors.New("no such client"))
	}
	if row.RevokedAt != nil || row.Version != c.Version {
		return access.Actor{}, ErrTokenInvalid.Because(errors.New("client revoked or rotated"))
	}
	var all []access.Permission
	if err := json.Unmarshal([]byte(row.Scopes), &all); err != nil {
		return access.Actor{}, fmt.Errorf("read scopes of client %d: %w", id, err)
	}
	grant, ok := committeeGrant(model.Org{ID: row.ID, Kind: row.Kind, Path: row.Path})
	if !ok {
		return access.Actor{}, ErrTokenInvalid.Because(errors.New("organisation is no committee"))
	}
	return access.Actor{ClientID: id, Grants: []access.Grant{grant}, Scopes: narrow(all, c.Scope)}, nil
}

// narrow keeps what the token asked for; a token without scope has all of the client's.
func narrow(all []access.Permission, scope string) []access.Permission {
	if scope == "" {
		return all
	}
	asked := strings.Fields(scope)
	return slices.DeleteFunc(all, func(p access.Permission) bool { return !slices.Contains(asked, string(p)) })
}
