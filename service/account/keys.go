package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"baodao/internal/clock"
)

const (
	issuer      = "baodao"
	audience    = "baodao-api"
	tokenType   = "at+jwt" // RFC 9068
	leeway      = 30 * time.Second
	maxBearer   = 2 << 10 // bytes; longer ones are refused unread
	minKeyBytes = 32
)

// Secrets are the keys of this package, at least 32 bytes each; an installation makes each of them by chance.
type Secrets struct {
	CurrentKey string            // id of the access key that signs
	AccessKeys map[string][]byte // by id; a token signed with a key that is not here is refused at once
	RefreshKey []byte            // makes refresh tokens
	ClientKey  []byte            // makes the secrets of API clients
}

// Keys signs and checks tokens. Nothing it makes needs to be stored.
type Keys struct {
	secrets Secrets
	now     clock.Clock
	parser  *jwt.Parser
}

// NewKeys checks the keys.
func NewKeys(s Secrets, now clock.Clock) (*Keys, error) {
	if s.AccessKeys[s.CurrentKey] == nil {
		return nil, fmt.Errorf("access key %q is missing", s.CurrentKey)
	}
	for id, key := range s.AccessKeys {
		if len(key) < minKeyBytes {
			return nil, fmt.Errorf("access key %q: want at least %d bytes", id, minKeyBytes)
		}
	}
	if len(s.RefreshKey) < minKeyBytes || len(s.ClientKey) < minKeyBytes {
		return nil, fmt.Errorf("refresh and client key: want at least %d bytes", minKeyBytes)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(now))
	return &Keys{secrets: s, now: now, parser: parser}, nil
}

// claims are what an access token says. A person's has sid, an API client's cid and ver; never both.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid,omitempty"`
	Client  string `json:"cid,omitempty"`
	Version int64  `json:"ver,omitempty"`   // of the client: a rotated or revoked one has a higher one
	Scope   string `json:"scope,omitempty"` // narrower than the client's own, separated by spaces
}

// sign makes an access token that is good until the given moment.
func (k *Keys) sign(c claims, subject int64, until time.Time) (string, error) {
	c.RegisteredClaims = jwt.RegisteredClaims{
		Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: strconv.FormatInt(subject, 10),
		IssuedAt: jwt.NewNumericDate(k.now()), ExpiresAt: jwt.NewNumericDate(until),
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	token.Header["typ"], token.Header["kid"] = tokenType, k.secrets.CurrentKey
	signed, err := token.SignedString(k.secrets.AccessKeys[k.secrets.CurrentKey])
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return signed, nil
}

// verify reads an access token: ErrTokenExpired when only its time is over, ErrTokenInvalid for everything else.
func (k *Keys) verify(bearer string) (claims, error) {
	var c claims
	if len(bearer) > maxBearer || strings.ContainsAny(bearer, "\r\n") { // base64 would skip line ends: one token, one spelling
		return c, ErrTokenInvalid.Because(errors.New("token is too long or has line ends"))
	}
	_, err := k.parser.ParseWithClaims(bearer, &c, k.keyOf)
	if err == nil && c.IssuedAt == nil {
		err = errors.New("no iat")
	}
	if err != nil && onlyExpired(err) {
		return c, ErrTokenExpired.Because(err)
	}
	if err != nil {
		return c, ErrTokenInvalid.Because(err)
	}
	return c, nil
}

// keyOf finds the key by the header, which must be exactly the one that sign writes: no other type, no further members
// (jku, jwk, crit).
func (k *Keys) keyOf(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	if t.Header["typ"] != tokenType || len(t.Header) != 3 {
		return nil, errors.New("header is not ours")
	}
	if key := k.secrets.AccessKeys[id]; key != nil {
		return key, nil
	}
	return nil, errors.New("unknown kid")
}

func onlyExpired(err error) bool {
	for _, other := range []error{jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenNotValidYet} {
		if errors.Is(err, other) {
			return false
		}
	}
	return errors.Is(err, jwt.ErrTokenExpired)
}

const refreshBytes = 8 + 8 + sha256.Size

// refreshToken is the counter-th token of a family: base64url(family ‖ counter ‖ MAC of both).
func (k *Keys) refreshToken(family, counter int64) string {
	raw := make([]byte, 16, refreshBytes)
	binary.BigEndian.PutUint64(raw, uint64(family))      //nolint:gosec // ids are positive
	binary.BigEndian.PutUint64(raw[8:], uint64(counter)) //nolint:gosec // counts up from 1
	return base64.RawURLEncoding.EncodeToString(append(raw, k.refreshMAC(raw)...))
}

// openRefresh reads back what refreshToken made; ok is false for anything else.
func (k *Keys) openRefresh(token string) (family, counter int64, ok bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(refreshBytes) {
		return 0, 0, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != refreshBytes || !hmac.Equal(raw[16:], k.refreshMAC(raw[:16])) {
		return 0, 0, false
	}
	return int64(binary.BigEndian.Uint64(raw)), int64(binary.BigEndian.Uint64(raw[8:16])), true //nolint:gosec // we made them
}

func (k *Keys) refreshMAC(data []byte) []byte { return mac(k.secrets.RefreshKey, data) }

// clientSecret is the secret of a version of an API client: 256 bits that nobody without the client key can guess. It is
// made again when a creating request is repeated, so that no secret lies in the table of stored answers.
func (k *Keys) clientSecret(client, version int64) string {
	return base64.RawURLEncoding.EncodeToString(mac(k.secrets.ClientKey, fmt.Appendf(nil, "client|%d|%d", client, version)))
}

func mac(key, data []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(data)
	return m.Sum(nil)
}
