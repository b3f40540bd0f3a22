package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"baodao/service/fault"
)

// OAuthError is how the token endpoint refuses (RFC 6749 §5.2).
type OAuthError struct {
	Code        string `json:"error" doc:"invalid_request, invalid_client, invalid_grant, unauthorized_client, unsupported_grant_type, invalid_scope, temporarily_unavailable or server_error" example:"invalid_client"`
	Description string `json:"error_description" doc:"For developers, in English as the standard demands" example:"Unknown client or wrong secret."`
	status      int
}

// Error, GetStatus and ContentType let Huma write an OAuthError like any other answer.
func (e *OAuthError) Error() string { return e.Code }

// GetStatus is the HTTP status.
func (e *OAuthError) GetStatus() int { return e.status }

// ContentType is plain JSON.
func (e *OAuthError) ContentType(string) string { return "application/json" }

// oauthError translates a Fault. A code oauth.X becomes the error X with status 400, or 401 for invalid_client.
func oauthError(c *gin.Context, f *fault.Fault, status int) *OAuthError {
	e := &OAuthError{Code: "invalid_request", Description: f.EN, status: http.StatusBadRequest}
	name, ours := strings.CutPrefix(f.Code, "oauth.")
	switch {
	case f.Kind == fault.Unauthenticated || name == "invalid_client":
		e.Code, e.status = "invalid_client", http.StatusUnauthorized
		c.Header("WWW-Authenticate", `Basic realm="baodao"`)
	case ours:
		e.Code = name
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		e.Code, e.status = "temporarily_unavailable", status
	case status == http.StatusInternalServerError:
		e.Code, e.status = "server_error", status
	case f.Kind == fault.Forbidden:
		e.Code = "unauthorized_client"
	case f.Kind == fault.TooLarge || f.Kind == fault.UnsupportedMedia:
		e.status = status
	}
	if len(f.Fields) > 0 {
		e.Description += " (" + clip(f.Fields[0].Pointer) + ": " + f.Fields[0].Code + ")"
	}
	e.Description = strings.Map(oauthRune, e.Description)
	return e
}

// oauthRune keeps the characters that RFC 6749 allows in a description.
func oauthRune(r rune) rune {
	if r < ' ' || r > '~' || r == '"' || r == '\\' {
		return '?'
	}
	return r
}
