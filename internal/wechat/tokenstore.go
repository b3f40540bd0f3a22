package wechat

import (
	"context"
	"sync"
	"time"
)

// TokenRow is the shared state of one app's access token. The zero row means that there is no token yet.
type TokenRow struct {
	Token     string
	Version   int64     // counts the changes
	NotAfter  time.Time // use the token before this time only
	ForcedAt  time.Time // last forced refresh
	Bad       string    // a token that WeChat hands out and refuses
	CoolUntil time.Time // nobody asks for a token before this time
	CoolCode  int       // the errcode that began the cooling; 0 for a network fault or a bad token
}

// TokenStore shares the token between replicas. Keep the token encrypted at rest.
type TokenStore interface {
	// Load returns the app's row, the zero row when there is none.
	Load(ctx context.Context, appID string) (TokenRow, error)
	// Save stores row if the stored version is row.Version-1, and tells whether it did.
	Save(ctx context.Context, appID string, row TokenRow) (bool, error)
	// Lock waits until no other replica refreshes this app's token, at most as long as ctx lives. A lock ends by
	// itself after 10 s at the latest, so that a replica that died does not block the others; Save's version check
	// keeps a late one harmless. Call unlock when done.
	Lock(ctx context.Context, appID string) (unlock func(), err error)
}

// MemoryTokens is a TokenStore for a single process.
type MemoryTokens struct {
	mu   sync.Mutex
	rows map[string]TokenRow
	gate map[string]chan struct{}
}

// NewMemoryTokens returns an empty store.
func NewMemoryTokens() *MemoryTokens {
	return &MemoryTokens{rows: map[string]TokenRow{}, gate: map[string]chan struct{}{}}
}

// Load returns the app's row; it never fails.
func (m *MemoryTokens) Load(_ context.Context, appID string) (TokenRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[appID], nil
}

// Save stores row if nobody else changed it; it never fails.
func (m *MemoryTokens) Save(_ context.Context, appID string, row TokenRow) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[appID].Version != row.Version-1 {
		return false, nil
	}
	m.rows[appID] = row
	return true, nil
}

// Lock waits for the app's turn. It does not end by itself: it dies with the process.
func (m *MemoryTokens) Lock(ctx context.Context, appID string) (func(), error) {
	m.mu.Lock()
	gate := m.gate[appID]
	if gate == nil {
		gate = make(chan struct{}, 1)
		m.gate[appID] = gate
	}
	m.mu.Unlock()
	select {
	case gate <- struct{}{}:
		return func() { <-gate }, nil
	case <-ctx.Done():
		return nil, ctx.Err() //nolint:wrapcheck // the caller looks for the context's error
	}
}
