package wechat

import (
	"sync"
	"time"
)

const noncesMost = 100_000

// NonceStore remembers which pushes were received. With a store per replica a repetition may get in once at each; the
// Key of its events still tells it from a new fact.
type NonceStore interface {
	// Claim notes key until the given time, and tells whether it was new.
	Claim(key string, until time.Time) bool
	// Release forgets key.
	Release(key string)
}

// memoryNonces is a NonceStore for one process. It refuses what does not fit in: whoever gets that far knows the push
// token, so WeChat itself is flooding us, and will repeat.
type memoryNonces struct {
	now   func() time.Time
	mu    sync.Mutex
	until map[string]time.Time
}

func newMemoryNonces(now func() time.Time) *memoryNonces {
	return &memoryNonces{now: now, until: map[string]time.Time{}}
}

func (m *memoryNonces) Claim(key string, until time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if end, known := m.until[key]; known && now.Before(end) {
		return false
	}
	if len(m.until) >= noncesMost {
		for k, end := range m.until {
			if !now.Before(end) {
				delete(m.until, k)
			}
		}
	}
	if len(m.until) >= noncesMost {
		return false
	}
	m.until[key] = until
	return true
}

func (m *memoryNonces) Release(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.until, key)
}
