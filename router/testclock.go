package router

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/service/access"
)

type setClockIn struct {
	Body struct {
		Now api.Time `json:"now" doc:"The moment that the server takes for now"`
	}
}

// testClock is PUT /test/clock: a year can be lived through from outside. It is not in the document and exists only
// in builds for tests.
func testClock(set func(now time.Time)) (gin.HandlerFunc, error) {
	op := api.Operation{Method: http.MethodPut, Path: "/test/clock", Permission: access.Public, ID: "setTestClock", Tag: "test", Summary: "Set the clock", Hidden: true}
	return api.NewContract().Add(op, api.Handle(http.StatusNoContent, func(_ *gin.Context, in *setClockIn) (*api.None, error) {
		set(in.Body.Now.Time())
		return nil, nil
	}))
}
