package router

import (
	"strings"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/clock"
	"baodao/service/access"
	"baodao/service/fault"
)

// maxToken bounds what is handed to the parser.
const maxToken = 2 << 10

var errToken = fault.Define(fault.Unauthenticated, "auth.header_invalid", "登录信息格式不对，请重新登录。", "Authorization must be Bearer and a token of at most 2 KiB.")

// authenticate puts the actor into the context. Without a token it is nobody; a token that is not good is refused even
// where nobody may enter.
func authenticate(auth Authenticator, ignoreToken bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		ex := api.From(c)
		var actor access.Actor
		if header := c.GetHeader("Authorization"); header != "" && !ignoreToken {
			token, err := bearer(c, header)
			if err == nil {
				actor, err = auth.Authenticate(c.Request.Context(), token)
			}
			if err != nil {
				api.Fail(c, err)
				return
			}
		}
		actor.RequestID = ex.RequestID
		ex.UserID, ex.ClientID = actor.UserID, actor.ClientID
		c.Request = c.Request.WithContext(access.With(c.Request.Context(), actor))
	}
}

func bearer(c *gin.Context, header string) (string, error) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken || len(c.Request.Header.Values("Authorization")) > 1 {
		return "", errToken
	}
	return token, nil
}

// require asks for the route's permission before the handler runs.
func require(r Route, now clock.Clock) gin.HandlerFunc {
	return func(c *gin.Context) {
		actor := access.From(c.Request.Context())
		err := actor.Require(r.Permission)
		if err == nil && r.Operation.StepUp {
			err = actor.Fresh(now())
		}
		if err != nil {
			api.Fail(c, err)
		}
	}
}
