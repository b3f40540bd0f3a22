package account_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
)

// kit is a world with the account service in it.
type kit struct {
	*testkit.World
	*account.Service

	WX *wechat
}

func newKit(tb testing.TB) *kit {
	tb.Helper()
	w := testkit.NewWorld(tb)
	wx := &wechat{opens: map[string]string{}, unions: map[string]string{}}
	return &kit{World: w, WX: wx, Service: &account.Service{
		DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, WeChat: wx, Keys: newKeys(tb, w.Clock, secrets()),
	}}
}

func secrets() account.Secrets {
	return account.Secrets{
		CurrentKey: "new", AccessKeys: map[string][]byte{"new": bytes.Repeat([]byte("n"), 32), "old": bytes.Repeat([]byte("o"), 32)},
		RefreshKey: bytes.Repeat([]byte("r"), 32), ClientKey: bytes.Repeat([]byte("c"), 32),
	}
}

func newKeys(tb testing.TB, clock *testkit.Clock, s account.Secrets) *account.Keys {
	tb.Helper()
	keys, err := account.NewKeys(s, clock.Now)
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

// Staff adds a person whom WeChat knows too.
func (k *kit) Staff(name string, role access.Role, org model.Org) access.Actor {
	k.TB.Helper()
	a := k.World.Staff(name, role, org)
	k.WX.opens[name] = k.OpenIDs[a.UserID]
	return a
}

// wechat knows everybody: the code is the person's name.
type wechat struct {
	mu     sync.Mutex
	opens  map[string]string // openid by name, for accounts made without a login
	unions map[string]string // by name
	err    error
}

func (w *wechat) Login(_ context.Context, code string) (openID, unionID string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if openID = w.opens[code]; openID == "" {
		openID = openIDOf(code)
	}
	return openID, w.unions[code], w.err
}

func openIDOf(name string) string { return fmt.Sprintf("o%027s", name) }

// login logs a person in.
func (k *kit) login(name string) account.Tokens {
	k.TB.Helper()
	out, err := k.Login(k.TB.Context(), name, "req-1")
	if err != nil {
		k.TB.Fatal(err)
	}
	return out
}

// who is the actor behind an access token.
func (k *kit) who(token string) access.Actor {
	k.TB.Helper()
	a, err := k.Authenticate(k.TB.Context(), token)
	if err != nil {
		k.TB.Fatal(err)
	}
	return a
}

// enter logs a person in and returns them as an actor.
func (k *kit) enter(name string) access.Actor {
	k.TB.Helper()
	return k.who(k.login(name).AccessToken)
}

// refused checks that a token is refused with want.
func (k *kit) refused(token string, want error) {
	k.TB.Helper()
	if a, err := k.Authenticate(k.TB.Context(), token); !errors.Is(err, want) || a.UserID != 0 || a.ClientID != 0 {
		k.TB.Fatalf("have actor %+v and %v, want %v", a, err, want)
	}
}

// set changes columns of rows behind the service's back.
func (k *kit) set(row any, id int64, values map[string]any) {
	k.TB.Helper()
	err := k.World.DB.Transaction(func(tx *gorm.DB) error { return tx.Model(row).Where("id = ?", id).Updates(values).Error })
	if err != nil {
		k.TB.Fatal(err)
	}
}

// count counts rows.
func (k *kit) count(row any, where ...any) int64 {
	k.TB.Helper()
	var n int64
	q := k.World.DB.Model(row)
	if len(where) > 0 {
		q = q.Where(where[0], where[1:]...)
	}
	if err := q.Count(&n).Error; err != nil {
		k.TB.Fatal(err)
	}
	return n
}

// audited tells how often an action was audited.
func (k *kit) audited(action string) int64 { return k.count(&model.AuditEntry{}, "action = ?", action) }

// unchanged checks that f is refused with want and writes nothing.
func (k *kit) unchanged(want error, f func() error) {
	k.TB.Helper()
	before := k.rows()
	if err := f(); !errors.Is(err, want) {
		k.TB.Fatalf("have %v, want %v", err, want)
	}
	if after := k.rows(); after != before {
		k.TB.Fatalf("a refusal wrote something: %s", cmp.Diff(before, after))
	}
}

// rows is every row of every table, as the database holds it.
func (k *kit) rows() string {
	k.TB.Helper()
	tables, err := k.World.DB.Migrator().GetTables()
	if err != nil {
		k.TB.Fatal(err)
	}
	var all []string
	for _, table := range tables {
		all = append(all, k.table(table)...)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func (k *kit) table(name string) (lines []string) {
	k.TB.Helper()
	rows, err := k.World.DB.Raw("SELECT * FROM " + name).Rows()
	if err != nil {
		k.TB.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		k.TB.Fatal(err)
	}
	values, dest := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			k.TB.Fatal(err)
		}
		line := name
		for i, v := range values {
			line += fmt.Sprintf(" %s=%s", columns[i], v)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		k.TB.Fatal(err)
	}
	return lines
}

// stored tells whether a secret lies in the database: as it is, or the bytes that its base64 means, also as hex.
func (k *kit) stored(secret string) bool {
	k.TB.Helper()
	dump := k.rows()
	secret = secret[strings.LastIndex(secret, ".")+1:]
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil {
		return strings.Contains(dump, secret)
	}
	return strings.Contains(dump, secret) || strings.Contains(dump, string(raw)) || strings.Contains(dump, hex.EncodeToString(raw))
}
