package router

import (
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"baodao/api"
	"baodao/internal/clock"
	"baodao/service/access"
	"baodao/service/fault"
)

// Limits are how many requests a minute one caller may make, counted in this process; 0 is no limit, so the zero Limits
// switches all of them off. A whole campus shares one address: what thousands do at once is limited by person only.
type Limits struct {
	Login         int // by address
	Refresh       int // by address
	Signup        int // by person
	CheckIn       int // by person
	JoinRequest   int // by person
	Invitation    int // by person
	Bootstrap     int // by person
	Phone         int // by person; service/account also counts the day
	Search        int // by person: activities by words or place
	SearchAddress int // by address: the same, of nobody
	Upload        int // by person
	Other         int // by person or API client: everything that has no limit of its own
}

// DefaultLimits are those of a process in service. 5,000 students behind one address renew their logins about 350 times a
// minute.
func DefaultLimits() Limits {
	return Limits{
		Login: 600, Refresh: 1200, Signup: 10, CheckIn: 10, JoinRequest: 10, Invitation: 10, Bootstrap: 10, Phone: 10,
		Search: 60, SearchAddress: 600, Upload: 10, Other: 600,
	}
}

// Limit names the limit that a route counts against; the empty one is Limits.Other.
type Limit string

// The limits that a route can have.
const (
	LimitLogin      Limit = "login"
	LimitRefresh    Limit = "refresh"
	LimitSignup     Limit = "signup"
	LimitCheckIn    Limit = "check_in"
	LimitJoin       Limit = "join_request"
	LimitInvitation Limit = "invitation"
	LimitBootstrap  Limit = "bootstrap"
	LimitPhone      Limit = "phone"
	LimitUpload     Limit = "upload"
	LimitSearch     Limit = "search" // only a request with q or lat counts against it
)

// of is what a limit allows a caller who is signed in, and an address from which somebody asks who is not.
func (l Limits) of(limit Limit) (caller, address int) {
	switch limit {
	case LimitLogin:
		return 0, l.Login
	case LimitRefresh:
		return 0, l.Refresh
	case LimitSignup:
		return l.Signup, 0
	case LimitCheckIn:
		return l.CheckIn, 0
	case LimitJoin:
		return l.JoinRequest, 0
	case LimitInvitation:
		return l.Invitation, 0
	case LimitBootstrap:
		return l.Bootstrap, 0
	case LimitPhone:
		return l.Phone, 0
	case LimitUpload:
		return l.Upload, 0
	case LimitSearch:
		return l.Search, l.SearchAddress
	default:
		return l.Other, 0
	}
}

// caller is whose requests are counted together under one limit.
type caller struct {
	limit   Limit
	user    int64
	client  int64
	address string // of nobody only
}

// maxBuckets bounds how many callers are remembered: half of them used lately, half before.
const maxBuckets = 100_000

// bucketLife is how long a bucket needs to be full again, so that forgetting it changes nothing.
const bucketLife = time.Minute

// buckets counts the requests of each caller. Who has not asked for a minute or two is forgotten.
type buckets struct {
	now clock.Clock
	max int // callers remembered at most

	mu           sync.Mutex
	turned       time.Time
	fresh, older map[caller]*rate.Limiter // used since turned, and before
}

func newBuckets(now clock.Clock, most int) *buckets {
	return &buckets{now: now, max: most, turned: now(), fresh: map[caller]*rate.Limiter{}, older: map[caller]*rate.Limiter{}}
}

// take takes one of perMinute requests, or tells how long until there is one.
func (b *buckets) take(who caller, perMinute int) (wait time.Duration) {
	now := b.now()
	turn := b.find(who, perMinute, now).ReserveN(now, 1)
	if wait = turn.DelayFrom(now); wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

func (b *buckets) find(who caller, perMinute int, now time.Time) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := now.Sub(b.turned); age >= bucketLife || age < 0 || len(b.fresh) >= b.max/2 {
		b.older, b.fresh, b.turned = b.fresh, map[caller]*rate.Limiter{}, now
	}
	bucket := b.fresh[who]
	if bucket == nil {
		if bucket = b.older[who]; bucket == nil {
			bucket = rate.NewLimiter(rate.Every(time.Minute/time.Duration(perMinute)), perMinute)
		}
		delete(b.older, who)
		b.fresh[who] = bucket
	}
	return bucket
}

// limited refuses who asks too often. It stands behind authenticate.
func limited(b *buckets, limits Limits, route Limit) gin.HandlerFunc {
	return func(c *gin.Context) {
		limit := route
		if limit == LimitSearch && c.Query("q") == "" && c.Query("lat") == "" {
			limit = ""
		}
		actor := access.From(c.Request.Context())
		who := caller{limit: limit, user: actor.UserID, client: actor.ClientID}
		perMinute, ofAddress := limits.of(limit)
		if who.user == 0 && who.client == 0 {
			who.address, perMinute = c.ClientIP(), ofAddress
		}
		if perMinute <= 0 {
			return
		}
		if wait := b.take(who, perMinute); wait > 0 {
			api.Fail(c, fault.ErrRate.After(wait))
		}
	}
}
