package account_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"baodao/service/account"
)

// forger makes tokens like the service does, but for one thing at a time.
type forger struct {
	*kit

	key     []byte
	user    int64
	session int64
}

func newForger(t *testing.T) forger {
	t.Helper()
	k := newKit(t)
	a := k.enter("小李")
	return forger{kit: k, key: secrets().AccessKeys["new"], user: a.UserID, session: a.SessionID}
}

func (f forger) claims(change func(c jwt.MapClaims)) jwt.MapClaims {
	now := f.Clock.Now()
	c := jwt.MapClaims{
		"iss": "baodao", "aud": "baodao-api", "sub": strconv.FormatInt(f.user, 10), "sid": strconv.FormatInt(f.session, 10),
		"iat": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(),
	}
	if change != nil {
		change(c)
	}
	return c
}

func (f forger) token(method jwt.SigningMethod, key any, header map[string]any, claims jwt.Claims) string {
	f.TB.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", "new"
	for name, value := range header {
		if token.Header[name] = value; value == nil {
			delete(token.Header, name)
		}
	}
	signed, err := token.SignedString(key)
	if err != nil {
		f.TB.Fatal(err)
	}
	return signed
}

// claim forges a well-signed token with other claims, head one with another header.
func (f forger) claim(change func(c jwt.MapClaims)) string {
	return f.token(jwt.SigningMethodHS256, f.key, nil, f.claims(change))
}

func (f forger) head(header map[string]any) string {
	return f.token(jwt.SigningMethodHS256, f.key, header, f.claims(nil))
}

// raw signs header and claims as they are written.
func (f forger) raw(header, claims string) string {
	f.TB.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	sig, err := jwt.SigningMethodHS256.Sign(text, f.key)
	if err != nil {
		f.TB.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func TestTheForgerCanMakeAGoodToken(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	f.who(f.claim(nil))
	f.who(f.token(jwt.SigningMethodHS256, secrets().AccessKeys["old"], map[string]any{"kid": "old"}, f.claims(nil)))
	body, err := json.Marshal(f.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	f.who(f.raw(`{"alg":"HS256","kid":"new","typ":"at+jwt"}`, string(body)))
	s := secrets()
	delete(s.AccessKeys, "old")
	f.Keys = newKeys(t, f.Clock, s)
	f.refused(f.token(jwt.SigningMethodHS256, secrets().AccessKeys["old"], map[string]any{"kid": "old"}, f.claims(nil)), account.ErrTokenInvalid)
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	forged := f.forgedHeaders()
	for name, token := range f.forgedClaims() {
		forged[name] = token
	}
	for name, token := range f.forgedShapes() {
		forged[name] = token
	}
	if len(forged) < 40 {
		t.Fatal("only", len(forged))
	}
	accepted := 0
	for name, token := range forged {
		a, err := f.Authenticate(t.Context(), token)
		if err == nil || a.UserID != 0 || a.ClientID != 0 {
			accepted++
			t.Errorf("%s: accepted as %+v", name, a)
		} else if !errors.Is(err, account.ErrTokenInvalid) && name != "expired" && name != "exp zero" {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Logf("%d of %d forged tokens accepted", accepted, len(forged))
}

func (f forger) forgedHeaders() map[string]string {
	f.TB.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.TB.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.TB.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.TB.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		f.TB.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	none := jwt.UnsafeAllowNoneSignatureType
	return map[string]string{
		"alg none":                  f.token(jwt.SigningMethodNone, none, nil, f.claims(nil)),
		"alg None":                  f.token(jwt.SigningMethodNone, none, map[string]any{"alg": "None"}, f.claims(nil)),
		"alg nOnE with a signature": f.head(map[string]any{"alg": "nOnE"}),
		"alg missing":               f.head(map[string]any{"alg": nil}),
		"alg a number":              f.head(map[string]any{"alg": 256}),
		"alg hs256":                 f.head(map[string]any{"alg": "hs256"}),
		"HS384":                     f.token(jwt.SigningMethodHS384, f.key, nil, f.claims(nil)),
		"HS512":                     f.token(jwt.SigningMethodHS512, f.key, nil, f.claims(nil)),
		"RS256":                     f.token(jwt.SigningMethodRS256, rsaKey, nil, f.claims(nil)),
		"ES256":                     f.token(jwt.SigningMethodES256, ecKey, nil, f.claims(nil)),
		"EdDSA":                     f.token(jwt.SigningMethodEdDSA, edKey, nil, f.claims(nil)),
		"HS256 with an RSA public":  f.token(jwt.SigningMethodHS256, public, nil, f.claims(nil)),
		"RS256 said, HS256 signed":  f.head(map[string]any{"alg": "RS256"}),
		"kid missing":               f.head(map[string]any{"kid": nil}),
		"kid empty":                 f.head(map[string]any{"kid": ""}),
		"kid unknown":               f.head(map[string]any{"kid": "newer"}),
		"kid of another key":        f.head(map[string]any{"kid": "old"}),
		"kid a path":                f.token(jwt.SigningMethodHS256, []byte{}, map[string]any{"kid": "../../../dev/null"}, f.claims(nil)),
		"kid SQL":                   f.token(jwt.SigningMethodHS256, []byte("x"), map[string]any{"kid": "' UNION SELECT 'x"}, f.claims(nil)),
		"kid a list":                f.head(map[string]any{"kid": []string{"new"}}),
		"kid a number":              f.head(map[string]any{"kid": 0}),
		"typ missing":               f.head(map[string]any{"typ": nil}),
		"typ JWT":                   f.head(map[string]any{"typ": "JWT"}),
		"typ refresh":               f.head(map[string]any{"typ": "rt+jwt"}),
		"jku":                       f.head(map[string]any{"jku": "https://evil.example/keys"}),
		"jwk":                       f.head(map[string]any{"jwk": map[string]any{"kty": "oct", "k": "AAAA"}}),
		"x5u":                       f.head(map[string]any{"x5u": "https://evil.example/cert"}),
		"crit":                      f.head(map[string]any{"crit": []string{"exp"}}),
		"empty key":                 f.token(jwt.SigningMethodHS256, []byte{}, nil, f.claims(nil)),
		"key of zeros":              f.token(jwt.SigningMethodHS256, make([]byte, 32), nil, f.claims(nil)),
		"refresh key":               f.token(jwt.SigningMethodHS256, secrets().RefreshKey, nil, f.claims(nil)),
		"huge header, well signed":  f.head(map[string]any{"kid": strings.Repeat("k", 1<<20)}),
		"huge header, right key":    f.head(map[string]any{"pad": strings.Repeat("p", 4096)}),
	}
}

func (f forger) forgedClaims() map[string]string {
	f.TB.Helper()
	now := f.Clock.Now()
	without := func(name string) string { return f.claim(func(c jwt.MapClaims) { delete(c, name) }) }
	with := func(name string, value any) string { return f.claim(func(c jwt.MapClaims) { c[name] = value }) }
	client := func(c jwt.MapClaims) { c["cid"], c["ver"] = c["sub"], 1; delete(c, "sid") }
	return map[string]string{
		"no exp":                without("exp"),
		"no iat":                without("iat"),
		"no iss":                without("iss"),
		"no aud":                without("aud"),
		"no sub":                without("sub"),
		"no sid":                without("sid"),
		"expired":               with("exp", now.Add(-time.Minute).Unix()),
		"exp a string":          with("exp", "2099-01-01"),
		"exp zero":              with("exp", 0),
		"iat in the future":     with("iat", now.Add(31*time.Second).Unix()),
		"nbf in the future":     with("nbf", now.Add(time.Hour).Unix()),
		"wrong iss":             with("iss", "baodao2"),
		"wrong aud":             with("aud", "baodao-admin"),
		"aud of others":         with("aud", []string{"a", "b"}),
		"aud empty":             with("aud", ""),
		"expired and wrong aud": f.claim(func(c jwt.MapClaims) { c["exp"], c["aud"] = now.Add(-time.Hour).Unix(), "x" }),
		"sub another person":    with("sub", "1"),
		"sub not a number":      with("sub", "1 OR 1=1"),
		"sub negative":          with("sub", "-"+strconv.FormatInt(f.user, 10)),
		"sub a number":          with("sub", f.user),
		"sid not a number":      with("sid", "x"),
		"sid of nobody":         with("sid", "42"),
		"sid and cid":           f.claim(func(c jwt.MapClaims) { c["cid"] = c["sub"] }),
		"cid of a person":       f.claim(client),
		"cid not sub":           f.claim(func(c jwt.MapClaims) { client(c); c["cid"] = "7" }),
	}
}

func (f forger) forgedShapes() map[string]string {
	f.TB.Helper()
	good := f.claim(nil)
	parts := strings.Split(good, ".")
	return map[string]string{
		"empty":                   "",
		"dots":                    "..",
		"many dots":               strings.Repeat(".", 2000),
		"1 MB of dots":            strings.Repeat(".", 1<<20),
		"no signature":            parts[0] + "." + parts[1] + ".",
		"two parts":               parts[0] + "." + parts[1],
		"four parts":              good + ".x",
		"signature cut":           good[:len(good)-4],
		"signature of another":    parts[0] + "." + parts[1] + "." + strings.Repeat("A", 43),
		"padding":                 good + "=",
		"a space":                 good + " ",
		"a newline":               good[:len(good)-10] + "\n" + good[len(good)-10:],
		"standard base64":         parts[0] + "." + parts[1] + ".++++" + parts[2][4:],
		"claims not JSON":         f.raw(`{"alg":"HS256","kid":"new","typ":"at+jwt"}`, `not json`),
		"claims null":             f.raw(`{"alg":"HS256","kid":"new","typ":"at+jwt"}`, `null`),
		"claims an array":         f.raw(`{"alg":"HS256","kid":"new","typ":"at+jwt"}`, `[]`),
		"header null":             f.raw(`null`, `{}`),
		"header not JSON":         f.raw(`{`, `{}`),
		"well signed but 3 KiB":   f.claim(func(c jwt.MapClaims) { c["pad"] = strings.Repeat("x", 3<<10) }),
		"other claims, same sign": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`)) + "." + parts[2],
	}
}

func TestAMegabyteOfDotsIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	dots := strings.Repeat(".", 1<<20)
	least := time.Hour // a busy machine is not busy all the time
	for range 1000 {
		start := time.Now() //nolint:forbidigo // measures the machine
		k.refused(dots, account.ErrTokenInvalid)
		least = min(least, time.Since(start)) //nolint:forbidigo // measures the machine
	}
	if least > time.Millisecond {
		t.Fatal("every refusal took at least", least)
	}
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	cases := map[string]func(s *account.Secrets){
		"current key missing": func(s *account.Secrets) { s.CurrentKey = "none" },
		"access key short":    func(s *account.Secrets) { s.AccessKeys["old"] = []byte("short") },
		"refresh key short":   func(s *account.Secrets) { s.RefreshKey = nil },
		"client key short":    func(s *account.Secrets) { s.ClientKey = make([]byte, 31) },
	}
	for name, change := range cases {
		s := secrets()
		change(&s)
		if _, err := account.NewKeys(s, k.Clock.Now); err == nil {
			t.Error(name)
		}
	}
}
