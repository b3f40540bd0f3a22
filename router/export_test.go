package router

import "time"

// Buckets lets tests count callers.
type Buckets struct{ *buckets }

// NewBuckets remembers at most most callers.
func NewBuckets(now func() time.Time, most int) Buckets { return Buckets{newBuckets(now, most)} }

// Take takes a request of an address.
func (b Buckets) Take(address string, perMinute int) time.Duration {
	return b.take(caller{address: address}, perMinute)
}

// Len is how many callers are remembered.
func (b Buckets) Len() int { return len(b.fresh) + len(b.older) }

// LimitOf is the limit of a route.
func LimitOf(r Route) Limit { return r.limit }
