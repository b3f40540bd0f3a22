package account

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"baodao/model"
	"baodao/service/fault"
)

// Refusals of the token endpoint; each becomes the OAuth error of the same name.
var (
	ErrClient    = fault.Define(fault.Unauthenticated, "oauth.invalid_client", "客户端不存在或密钥不对。", "Unknown client or wrong secret.")
	ErrGrantType = fault.Define(fault.Malformed, "oauth.unsupported_grant_type", "只支持 client_credentials。", "Only client_credentials is supported.")
	ErrScope     = fault.Define(fault.Malformed, "oauth.invalid_scope", "超出了客户端的权限范围。", "The client does not have every scope asked for.")
)

// ClientGrant is a request for a client's access token (RFC 6749 §4.4).
type ClientGrant struct {
	GrantType string
	ClientID  string
	Secret    string
	Scope     string // separated by spaces; empty asks for all that the client has
}

// ClientTokens is its answer.
type ClientTokens struct {
	AccessToken string
	ExpiresIn   int64 // seconds
	Scope       string
}

// ClientToken gives an access token to an API client. Whether the client is unknown, revoked, of an organisation that is
// no longer active, or the secret is wrong: it is always ErrClient. Others: ErrGrantType, ErrScope.
func (s *Service) ClientToken(ctx context.Context, in ClientGrant) (ClientTokens, error) {
	if in.GrantType != "client_credentials" {
		return ClientTokens{}, ErrGrantType
	}
	row, err := s.clientBySecret(ctx, in.ClientID, in.Secret)
	if err != nil {
		return ClientTokens{}, err
	}
	scopes := row.Scopes
	if in.Scope != "" {
		scopes = strings.Fields(in.Scope)
	}
	for _, scope := range scopes {
		if !slices.Contains(row.Scopes, scope) {
			return ClientTokens{}, ErrScope
		}
	}
	if len(scopes) == 0 {
		return ClientTokens{}, ErrScope
	}
	scope := strings.Join(slices.Compact(slices.Sorted(slices.Values(scopes))), " ")
	token, err := s.Keys.sign(claims{Client: strconv.FormatInt(row.ID, 10), Version: row.Version, Scope: scope}, row.ID, s.Now().Add(AccessLife))
	return ClientTokens{AccessToken: token, ExpiresIn: int64(AccessLife.Seconds()), Scope: scope}, err
}

// clientBySecret finds a live client by its id and secret. An unknown client costs the same work as a wrong secret.
func (s *Service) clientBySecret(ctx context.Context, clientID, secret string) (model.APIClient, error) {
	id, err := strconv.ParseInt(clientID, 10, 64)
	if err != nil {
		id = 0
	}
	var rows []model.APIClient
	err = s.DB.WithContext(ctx).Joins("JOIN orgs o ON o.id = api_clients.org_id AND o.status = ?", model.OrgActive).
		Where("api_clients.id = ? AND api_clients.revoked_at IS NULL", id).Limit(1).Find(&rows).Error
	if err != nil {
		return model.APIClient{}, fmt.Errorf("find client: %w", err)
	}
	row := model.APIClient{SecretHash: make([]byte, len(hashOf("")))}
	if len(rows) == 1 {
		row = rows[0]
	}
	if subtle.ConstantTimeCompare(row.SecretHash, hashOf(secret)) != 1 {
		return model.APIClient{}, ErrClient
	}
	return row, nil
}
