package router

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/service/access"
	"baodao/service/fault"
)

// Route is one line of the table.
type Route struct {
	api.Operation
	Endpoint    api.Endpoint
	limit       Limit
	ignoreToken bool
	rendered    bool
}

func line(method, path string, p access.Permission, id string, e api.Endpoint, tag, summary string, codes []string) Route {
	return Route{Operation: api.Operation{Method: method, Path: Prefix + path, Permission: p, ID: id, Tag: tag, Summary: summary, Codes: codes}, Endpoint: e}
}

// Get is a line of the table that reads; codes are the error codes beside the standard ones.
func Get(path string, p access.Permission, id string, e api.Endpoint, tag, summary string, codes ...string) Route {
	return line(http.MethodGet, path, p, id, e, tag, summary, codes)
}

// Post is a line of the table that creates or moves.
func Post(path string, p access.Permission, id string, e api.Endpoint, tag, summary string, codes ...string) Route {
	return line(http.MethodPost, path, p, id, e, tag, summary, codes)
}

// Put is a line of the table that edits.
func Put(path string, p access.Permission, id string, e api.Endpoint, tag, summary string, codes ...string) Route {
	return line(http.MethodPut, path, p, id, e, tag, summary, codes)
}

// Delete is a line of the table that takes away.
func Delete(path string, p access.Permission, id string, e api.Endpoint, tag, summary string, codes ...string) Route {
	return line(http.MethodDelete, path, p, id, e, tag, summary, codes)
}

// StepUp asks for a login of the last five minutes.
func (r Route) StepUp() Route {
	r.Operation.StepUp = true
	return r
}

// KeyOptional lets Idempotency-Key be left out.
func (r Route) KeyOptional() Route {
	r.Operation.KeyOptional = true
	return r
}

// IgnoreToken never looks at Authorization: for login, refresh and the token endpoint, whose callers hold none or an old one.
func (r Route) IgnoreToken() Route {
	r.ignoreToken = true
	return r
}

// Limited counts requests against a limit of Config.Limits instead of the one for everything else.
func (r Route) Limited(limit Limit) Route {
	r.limit = limit
	return r
}

// limitable tells whether any request can be refused for the caller's rate: there must be a limit, or somebody to limit.
func (r Route) limitable() bool { return r.limit != "" || !r.ignoreToken }

// operation is what the contract says of the line.
func (r Route) operation() api.Operation {
	op := r.Operation
	if r.limitable() && !slices.Contains(op.Codes, fault.ErrRate.Code) {
		op.Codes = append(slices.Clone(op.Codes), fault.ErrRate.Code)
	}
	return op
}

// Rendered keeps the answer to nobody's plain request for Config.PageLife.
func (r Route) Rendered() Route {
	r.rendered = true
	return r
}

// check finds what is missing in a line.
func (r Route) check() error {
	var errs []error
	bad := func(is bool, what string) {
		if is {
			errs = append(errs, fmt.Errorf("route %s %s: %s", r.Method, r.Path, what))
		}
	}
	bad(!known(r.Permission), fmt.Sprintf("permission %q is not in the table of service/access", r.Permission))
	bad(r.ID == "", "no operation id")
	bad(r.Summary == "", "no summary")
	bad(r.Tag == "", "no tag")
	return errors.Join(errs...)
}

// known tells whether a permission is one of the table's or one of the three that stand beside it.
func known(p access.Permission) bool {
	return p == access.Public || p == access.SignedIn || p == access.Person || slices.Contains(access.Permissions(), p)
}

// mount hangs every line on the engine: token, permission, then the endpoint.
func mount(engine *gin.Engine, cfg Config, routes []Route) (*api.Contract, error) {
	contract, shared := api.NewContract(), guards{seats: inFlight(cfg.InFlight)}
	if cfg.Limits != (Limits{}) {
		shared.rates = newBuckets(cfg.Now, maxBuckets)
	}
	var errs []error
	for _, r := range routes {
		handler, err := contract.Add(r.operation(), r.Endpoint)
		if err := errors.Join(r.check(), err); err != nil {
			errs = append(errs, err)
			continue
		}
		if engine != nil {
			engine.Handle(r.Method, r.Path, chain(cfg, r, shared, handler)...)
		}
	}
	return contract, errors.Join(errs...)
}

// guards are what all lines share.
type guards struct {
	seats gin.HandlerFunc
	rates *buckets // nil: nobody is limited
}

// chain is what stands before a route's handler: the rendered page, which costs nothing worth limiting, then a place among
// those worked on, the time limit, the token, the caller's rate and the permission.
func chain(cfg Config, r Route, shared guards, handler gin.HandlerFunc) []gin.HandlerFunc {
	var all []gin.HandlerFunc
	if r.rendered && cfg.PageLife > 0 {
		page := &rendered{life: cfg.PageLife, now: cfg.Now}
		all = append(all, page.handle)
	}
	all = append(all, shared.seats, timeLimit(cfg.TimeLimit), authenticate(cfg.Auth, r.ignoreToken))
	if shared.rates != nil {
		all = append(all, limited(shared.rates, cfg.Limits, r.limit))
	}
	return append(all, require(r, cfg.Now), handler)
}
