package router

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"

	"github.com/gin-gonic/gin"

	"baodao/api"
)

// exchange gives the request its id (the client's X-Request-Id when it is one, else a new one), echoes it, and ties
// id and logger to the request. It comes first.
func exchange(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader("X-Request-Id")
		if !requestID(id) {
			id = newRequestID()
		}
		c.Header("X-Request-Id", id)
		api.Begin(c, &api.Exchange{RequestID: id, Log: log})
	}
}

// requestID accepts 8 to 64 of A-Z a-z 0-9 _ -.
func requestID(s string) bool {
	if len(s) < 8 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func newRequestID() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return hex.EncodeToString(raw[:])
}
