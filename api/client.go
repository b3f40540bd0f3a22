package api

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
	"baodao/service/fault"
)

// APIClientView is a committee's own program.
type APIClientView struct {
	ID        ID       `json:"id" doc:"The client_id at the token endpoint"`
	OrgID     ID       `json:"org_id" doc:"The committee; the client acts within its scope"`
	Name      string   `json:"name" doc:"As its maker called it" example:"省级数据看板"`
	Scopes    []string `json:"scopes" nullable:"false" doc:"The permissions it may use" example:"[\"org.read\",\"stats.read\"]"`
	CreatedAt Time     `json:"created_at" doc:"When it was made"`
	UpdatedAt Time     `json:"updated_at" doc:"When its secret was last changed"`
	RevokedAt *Time    `json:"revoked_at,omitempty" doc:"When it was ended; absent while it lives"`
}

func newAPIClientView(c model.APIClient) APIClientView {
	return APIClientView{
		ID: ID(c.ID), OrgID: ID(c.OrgID), Name: c.Name, Scopes: append([]string{}, c.Scopes...),
		CreatedAt: At(c.CreatedAt), UpdatedAt: At(c.UpdatedAt), RevokedAt: AtOrNil(c.RevokedAt),
	}
}

// IssuedAPIClientView is a client with its secret.
type IssuedAPIClientView struct {
	APIClientView

	Secret string `json:"client_secret" doc:"Shown now and never again (a repeat with the same Idempotency-Key shows it too); keep it safe" example:"2v8Yb0M1h3qk5s9dU7xZp4rC6wEaGnLtJfQoVyXiTBc"`
}

// IssuedAPIClientOut is the answer that shows a secret.
type IssuedAPIClientOut struct{ Body IssuedAPIClientView }

func newIssuedOut(c account.IssuedClient) *IssuedAPIClientOut {
	return &IssuedAPIClientOut{Body: IssuedAPIClientView{APIClientView: newAPIClientView(c.APIClient), Secret: c.Secret}}
}

// CreateAPIClientIn is what a client is made of.
type CreateAPIClientIn struct {
	IdemIn
	ID   ID `path:"id"`
	Body struct {
		Name   string   `json:"name" minLength:"1" maxLength:"60" pattern:"\\S" patternDescription:"not blank" doc:"What the program is, for lists" example:"省级数据看板"`
		Scopes []string `json:"scopes" nullable:"false" minItems:"1" maxItems:"10" uniqueItems:"true" enum:"org.read,programme.read,pairing.read,project.read,activity.read,activity.manage,stats.read" doc:"The permissions it may use: reading, nothing sensitive" example:"[\"org.read\",\"stats.read\"]"`
	}
}

// CreateClient makes a client of a committee.
func (a *AccountAPI) CreateClient(c *gin.Context, in *CreateAPIClientIn) (*IssuedAPIClientOut, error) {
	ctx := c.Request.Context()
	client := account.NewClient{OrgID: int64(in.ID), Name: in.Body.Name, Scopes: in.Body.Scopes}
	out, err := a.Accounts.CreateClient(ctx, access.From(ctx), client, in.Key())
	if err != nil {
		return nil, err
	}
	return newIssuedOut(out), nil
}

// ListAPIClientsIn names an organisation.
type ListAPIClientsIn struct {
	PageIn
	ID ID `path:"id"`
}

// ListClients lists an organisation's clients, newest first.
func (a *AccountAPI) ListClients(c *gin.Context, in *ListAPIClientsIn) (*PageOut[APIClientView], error) {
	ctx := c.Request.Context()
	rows, err := a.Accounts.ListClients(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newAPIClientView), nil
}

// APIClientIn names a client.
type APIClientIn struct {
	ID ID `path:"id"`
}

// RotateClient gives a client a new secret.
func (a *AccountAPI) RotateClient(c *gin.Context, in *APIClientIn) (*IssuedAPIClientOut, error) {
	ctx := c.Request.Context()
	out, err := a.Accounts.RotateClient(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return newIssuedOut(out), nil
}

// APIClientOut is one client.
type APIClientOut struct{ Body APIClientView }

// RevokeClient ends a client.
func (a *AccountAPI) RevokeClient(c *gin.Context, in *APIClientIn) (*APIClientOut, error) {
	ctx := c.Request.Context()
	row, err := a.Accounts.RevokeClient(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &APIClientOut{Body: newAPIClientView(row)}, nil
}

// ClientTokenIn is a token request by client credentials (RFC 6749 §4.4). The client says who it is with HTTP Basic or
// with client_id and client_secret in the form, not both.
type ClientTokenIn struct {
	Body struct {
		_            struct{} `additionalProperties:"true"`
		GrantType    string   `json:"grant_type" maxLength:"100" doc:"Always client_credentials" example:"client_credentials"`
		ClientID     string   `json:"client_id,omitempty" maxLength:"100" doc:"Here or as the name of HTTP Basic" example:"7203685477580801"`
		ClientSecret string   `json:"client_secret,omitempty" maxLength:"200" doc:"Here or as the password of HTTP Basic" example:"2v8Yb0M1h3qk5s9dU7xZp4rC6wEaGnLtJfQoVyXiTBc"`
		Scope        string   `json:"scope,omitempty" maxLength:"500" doc:"Fewer permissions than the client has, separated by spaces" example:"org.read stats.read"`
	} `contentType:"application/x-www-form-urlencoded"`
}

// ClientTokenOut is its answer.
type ClientTokenOut struct {
	Pragma string `header:"Pragma"`
	Body   struct {
		AccessToken string `json:"access_token" doc:"Send it as Authorization: Bearer …" example:"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiI3MjAzNjg1NDc3NTgwODAxIn0.c2FtcGxl"`
		TokenType   string `json:"token_type" doc:"Always Bearer" example:"Bearer"`
		ExpiresIn   int64  `json:"expires_in" doc:"Seconds" example:"900"`
		Scope       string `json:"scope" doc:"What the token may do, separated by spaces" example:"org.read stats.read"`
	}
}

var errTwoCredentials = fault.Define(fault.Malformed, "oauth.invalid_request", "客户端身份只能用一种方式提供。", "Say who the client is once: HTTP Basic or the form.")

// ClientToken gives a client an access token.
func (a *AccountAPI) ClientToken(c *gin.Context, in *ClientTokenIn) (*ClientTokenOut, error) {
	grant, err := in.grant(c)
	if err != nil {
		return nil, err
	}
	tokens, err := a.Accounts.ClientToken(c.Request.Context(), grant)
	if err != nil {
		return nil, err
	}
	out := &ClientTokenOut{Pragma: "no-cache"}
	out.Body.AccessToken, out.Body.TokenType = tokens.AccessToken, "Bearer"
	out.Body.ExpiresIn, out.Body.Scope = tokens.ExpiresIn, tokens.Scope
	return out, nil
}

// grant takes the credentials from the header or the form. In the header both are form-encoded (RFC 6749 §2.3.1).
func (in *ClientTokenIn) grant(c *gin.Context) (account.ClientGrant, error) {
	g := account.ClientGrant{GrantType: in.Body.GrantType, ClientID: in.Body.ClientID, Secret: in.Body.ClientSecret, Scope: in.Body.Scope}
	headers := c.Request.Header.Values("Authorization")
	if len(headers) == 0 {
		return g, nil
	}
	name, password, ok := c.Request.BasicAuth()
	id, errID := url.QueryUnescape(name)
	secret, errSecret := url.QueryUnescape(password)
	if !ok || errID != nil || errSecret != nil {
		return g, account.ErrClient
	}
	if len(headers) > 1 || g.Secret != "" || g.ClientID != "" && g.ClientID != id {
		return g, errTwoCredentials
	}
	g.ClientID, g.Secret = id, secret
	return g, nil
}
