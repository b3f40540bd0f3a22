package api

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"baodao/service/idem"
)

// IdemIn carries the client's idempotency key. Embed it in the input of every creating POST; the adapter refuses a
// request without one (unless the route says that it is optional) before the handler runs.
type IdemIn struct {
	Idempotency string `header:"Idempotency-Key" json:"-" maxLength:"64" pattern:"^[!-~]+$" patternDescription:"1–64 visible ASCII characters" doc:"Chosen by the client, the same for every repeat of one request: the effect happens once and the repeat gets the same answer for at least 24 hours" example:"9f1c2c1e-signup-1"`

	hash []byte
}

// Key is what idem.Run wants: the client's key and the SHA-256 of method, path and everything in the input.
func (in *IdemIn) Key() idem.Key { return idem.Key{Value: in.Idempotency, Hash: in.hash} }

// keyed is every input that embeds IdemIn.
type keyed interface {
	takeKey(c *gin.Context, required bool, whole any) error
}

// takeKey fills in the hash. The input is hashed as decoded and encoded again, so white space and the order of keys
// do not matter.
func (in *IdemIn) takeKey(c *gin.Context, required bool, whole any) error {
	in.Idempotency = strings.TrimSpace(in.Idempotency)
	if in.Idempotency == "" {
		if required {
			return idem.ErrKeyRequired
		}
		return nil
	}
	body, err := json.Marshal(whole)
	if err != nil {
		return fmt.Errorf("hash input of %s: %w", c.FullPath(), err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", c.Request.Method, c.Request.URL.Path)
	h.Write(body)
	in.hash = h.Sum(nil)
	return nil
}
