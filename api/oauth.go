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

// oauthError translates a Fault.
func oauthError(c *gin.Context, f *fault.Fault) *OAuthError {
	e := &OAuthError{Description: f.EN}
	e.Code, e.status = oauthCode(f)
	if e.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Basic realm="baodao"`)
	}
	switch {
	case f.Code == ErrMalformed.Code && len(f.Fields) == 1 && f.Fields[0].Code == "missing":
		e.Description = "The form is empty: send grant_type=client_credentials."
	case len(f.Fields) > 0:
		e.Description += " (" + clip(f.Fields[0].Pointer) + ": " + f.Fields[0].Code + ")"
	}
	e.Description = strings.Map(oauthRune, e.Description)
	return e
}

// oauthCode is the standard's error and status of a Fault. A code oauth.X is the error X: 401 for invalid_client, else 400.
func oauthCode(f *fault.Fault) (string, int) {
	name, ours := strings.CutPrefix(f.Code, "oauth.")
	switch {
	case f.Kind == fault.Unauthenticated || name == "invalid_client":
		return "invalid_client", http.StatusUnauthorized
	case ours:
		return name, http.StatusBadRequest
	}
	switch status := Status(f); status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return "temporarily_unavailable", status
	case http.StatusInternalServerError:
		return "server_error", status
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusRequestTimeout:
		return "invalid_request", status
	case http.StatusForbidden:
		return "unauthorized_client", http.StatusBadRequest
	default:
		return "invalid_request", http.StatusBadRequest
	}
}

// oauthRune keeps the characters that RFC 6749 allows in a description.
func oauthRune(r rune) rune {
	if r < ' ' || r > '~' || r == '"' || r == '\\' {
		return '?'
	}
	return r
}
