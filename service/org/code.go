package org

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/read"
)

// codeBytes is how much of the keyed hash a code carries: 128 bits.
const codeBytes = 16

// crockford has no I, L, O and U, so that a code can be read aloud.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // a constant

var errNoKey = errors.New("org: InviteKey needs at least 32 bytes")

// code makes the code of an invitation or a join code out of its id, so that a repeated request is told the same code
// although only its hash is stored: 26 characters in groups of five, the last of six.
func (s *Service) code(purpose string, id int64) (string, error) {
	if len(s.InviteKey) < 32 {
		return "", errNoKey
	}
	mac := hmac.New(sha256.New, s.InviteKey)
	mac.Write([]byte(purpose + "|" + strconv.FormatInt(id, 10)))
	text := crockford.EncodeToString(mac.Sum(nil)[:codeBytes])
	groups := []string{text[:5], text[5:10], text[10:15], text[15:20], text[20:]}
	return strings.Join(groups, "-"), nil
}

// hashCode is what is stored of a code. Case, blanks and hyphens do not matter; O is read as 0, I and L as 1.
func hashCode(code string) []byte {
	plain := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(code)))
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}

// lockedBy locks the one invitation or join code that a condition names, or returns missing.
func lockedBy[T model.Invitation | model.JoinCode](tx *gorm.DB, where string, value any, missing *fault.Fault) (T, error) {
	row, err := read.One[T](atomic.ForUpdate(tx).Where(where, value), "code")
	if errors.Is(err, fault.ErrNotFound) {
		return row, missing
	}
	return row, err
}
