package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/text"
)

// ErrNotCommittee says that only committees have API clients.
var ErrNotCommittee = fault.Define(fault.Invalid, "api_client.not_committee", "只有团委（及镇街青工委）可以有接口客户端。", "Only a committee can have an API client.")

// ClientScopes are the permissions that an API client may be given: reading, nothing sensitive.
func ClientScopes() []access.Permission {
	return []access.Permission{
		access.OrgRead, access.ProgrammeRead, access.PairingRead, access.ProjectRead,
		access.ActivityRead, access.ActivityManage, access.StatsRead,
	}
}

// NewClient is what a client is made of.
type NewClient struct {
	OrgID  int64
	Name   string
	Scopes []string
}

// IssuedClient is a client with its secret, which is shown only when it is made or rotated.
type IssuedClient struct {
	model.APIClient

	Secret string
}

// CreateClient makes a client of a committee. It needs a fresh login. Errors: the access refusals, fault.ErrNotFound,
// ErrNotCommittee, fault.ErrInvalid with a name that cannot be shown and each scope that cannot be given, content.ErrRisky.
func (s *Service) CreateClient(ctx context.Context, actor access.Actor, in NewClient, key idem.Key) (IssuedClient, error) {
	if _, err := s.clientOrg(s.DB.WithContext(ctx), actor, in.OrgID); err != nil {
		return IssuedClient{}, err // asked of a repeat too: its answer holds the secret
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/name", In: &in.Name, Max: 60})
	row, err := content.Do(ctx, s.Content, actor, func() (model.APIClient, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "createAPIClient", key, func(tx *gorm.DB) (model.APIClient, error) {
			return s.createClient(tx, actor, in, wrong)
		})
	})
	if err != nil {
		return IssuedClient{}, err
	}
	return s.issued(row), nil
}

// createClient is CreateClient in its transaction; wrong holds what is wrong with the name.
func (s *Service) createClient(tx *gorm.DB, actor access.Actor, in NewClient, wrong fault.Collector) (model.APIClient, error) {
	org, err := s.clientOrg(tx, actor, in.OrgID)
	if err != nil {
		return model.APIClient{}, err
	}
	if err := actor.Fresh(s.Now()); err != nil {
		return model.APIClient{}, err
	}
	if err := checkScopes(org, in.Scopes, wrong); err != nil {
		return model.APIClient{}, err
	}
	if err := s.Content.Offered(tx, actor, content.Org, org.Path, []content.Text{{At: "/name", Text: in.Name}}); err != nil {
		return model.APIClient{}, err
	}
	now := s.Now()
	row := model.APIClient{
		ID: s.NewID(), OrgID: org.ID, Name: in.Name, Scopes: in.Scopes, Version: 1,
		CreatedBy: actor.UserID, CreatedAt: now, UpdatedAt: now,
	}
	row.SecretHash = hashOf(s.Keys.clientSecret(row.ID, row.Version))
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("make client: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "api_client.create", Object: "api_clients", ObjectID: row.ID, OrgPath: org.Path, Data: map[string]any{"scopes": row.Scopes},
	})
}

// ListClients lists the clients of an organisation, newest first, revoked ones too.
func (s *Service) ListClients(ctx context.Context, actor access.Actor, orgID int64, req page.Request) (page.Result[model.APIClient], error) {
	none := page.Result[model.APIClient]{}
	db := s.DB.WithContext(ctx)
	if _, err := s.clientOrg(db, actor, orgID); err != nil {
		return none, err
	}
	q := db.Where("org_id = ?", orgID).Order("id DESC").Limit(req.Size() + 1)
	after, ok, err := req.Key("api_clients", 1)
	if err != nil {
		return none, err
	}
	if ok {
		q = q.Where("id < ?", after[0])
	}
	var rows []model.APIClient
	if err := q.Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list clients: %w", err)
	}
	return page.Cut(rows, req.Size(), "api_clients", func(c model.APIClient) []int64 { return []int64{c.ID} }), nil
}

// RotateClient gives a client a new secret; the old one and all tokens made with it are dead at once. It needs a fresh
// login. A revoked client is fault.ErrState.
func (s *Service) RotateClient(ctx context.Context, actor access.Actor, id int64) (IssuedClient, error) {
	row, err := s.changeClient(ctx, actor, id, "api_client.rotate", func(row *model.APIClient) {
		row.SecretHash = hashOf(s.Keys.clientSecret(row.ID, row.Version))
	})
	if err != nil {
		return IssuedClient{}, err
	}
	return s.issued(row), nil
}

// RevokeClient ends a client for good; its tokens are dead at once. It needs a fresh login.
func (s *Service) RevokeClient(ctx context.Context, actor access.Actor, id int64) (model.APIClient, error) {
	return s.changeClient(ctx, actor, id, "api_client.revoke", func(row *model.APIClient) {
		now := s.Now()
		row.RevokedAt = &now
	})
}

// changeClient raises a client's version, which ends its tokens, and changes what change says.
func (s *Service) changeClient(ctx context.Context, actor access.Actor, id int64, action string, change func(row *model.APIClient)) (model.APIClient, error) {
	var row model.APIClient
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var err error
		var org model.Org
		if row, org, err = s.lockClient(tx, actor, id); err != nil {
			return err
		}
		if err := actor.Fresh(s.Now()); err != nil {
			return err
		}
		if row.RevokedAt != nil {
			return fault.ErrState
		}
		row.Version++
		row.UpdatedAt = s.Now()
		change(&row)
		set := map[string]any{"version": row.Version, "updated_at": row.UpdatedAt, "secret_hash": row.SecretHash, "revoked_at": row.RevokedAt}
		if err := tx.Model(&model.APIClient{}).Where("id = ?", id).Updates(set).Error; err != nil {
			return fmt.Errorf("change client: %w", err)
		}
		return s.Audit.Write(tx, actor, audit.Entry{Action: action, Object: "api_clients", ObjectID: id, OrgPath: org.Path, Data: map[string]any{"version": row.Version}})
	})
	return row, err
}

// lockClient reads and locks a client that the actor may manage; out of sight it is fault.ErrNotFound.
func (s *Service) lockClient(tx *gorm.DB, actor access.Actor, id int64) (model.APIClient, model.Org, error) {
	var row model.APIClient
	var org model.Org
	if err := actor.Require(access.APIClientWrite); err != nil {
		return row, org, err
	}
	err := atomic.ForUpdate(tx).Where("id = ?", id).First(&row).Error
	if err == nil {
		err = tx.Where("id = ?", row.OrgID).First(&org).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, org, fault.ErrNotFound
	}
	if err != nil {
		return row, org, fmt.Errorf("read client: %w", err)
	}
	return row, org, actor.Check(access.APIClientWrite, access.Object{Paths: []string{org.Path}})
}

// clientOrg reads an organisation whose clients the actor may manage. Organisations are public, so out of scope is a 403.
func (s *Service) clientOrg(db *gorm.DB, actor access.Actor, id int64) (model.Org, error) {
	var org model.Org
	if err := actor.Require(access.APIClientWrite); err != nil {
		return org, err
	}
	err := db.Where("id = ?", id).First(&org).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return org, fault.ErrNotFound
	}
	if err != nil {
		return org, fmt.Errorf("read organisation: %w", err)
	}
	return org, actor.Check(access.APIClientWrite, access.Object{Paths: []string{org.Path}, Read: access.OrgRead})
}

// committeeGrant is the role in which an organisation's own programs act; ok is false for what is no committee.
func committeeGrant(org model.Org) (access.Grant, bool) {
	role := access.CommitteeOfficer
	if org.Kind == model.OrgTownYouthCommittee {
		role = access.TownOfficer
	}
	column := access.ColumnOf(role, string(org.Kind))
	return access.Grant{Role: role, Column: column, OrgID: org.ID, OrgPath: org.Path}, column != access.USER
}

// checkScopes: each must be one that clients may have at all and that the committee itself has, and named once.
func checkScopes(org model.Org, scopes []string, wrong fault.Collector) error {
	grant, ok := committeeGrant(org)
	if !ok {
		return ErrNotCommittee
	}
	if org.Status != model.OrgActive {
		return fault.ErrState
	}
	wrong.Add(len(scopes) == 0, "/scopes", "min_items", "至少 1 项", "must have at least 1 items")
	for i, name := range scopes {
		p, at := access.Permission(name), "/scopes/"+strconv.Itoa(i)
		has := access.ScopeOf(p, grant.Column) != access.None || access.ScopeOf(p, access.ANON) != access.None
		wrong.Add(!has || !slices.Contains(ClientScopes(), p), at, "enum", "不能授予接口客户端的权限", "is not a permission that an API client may have")
		wrong.Add(slices.Contains(scopes[:i], name), at, "duplicate", "重复了", "appears twice")
	}
	return wrong.Err()
}

func (s *Service) issued(row model.APIClient) IssuedClient {
	return IssuedClient{APIClient: row, Secret: s.Keys.clientSecret(row.ID, row.Version)}
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
