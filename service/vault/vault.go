// Package vault keeps personal fields unreadable in the database. Every person has a data key of their own, wrapped by a
// field key that never lies beside the database; destroying the person's key destroys all of the person's fields.
// Exact look-up goes through blind indexes: a keyed hash of the canonical value, with another key, per column.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// KeyBytes is the length of field keys, index keys and data keys.
const KeyBytes = 32

// Column names an encrypted column; a value sealed for one column or row cannot be opened as another.
type Column string

// The encrypted columns.
const (
	OpenID        Column = "users.openid"
	UnionID       Column = "users.unionid"
	Phone         Column = "users.phone"
	UserName      Column = "users.name"
	StudentNo     Column = "student_profiles.student_no"
	StudentName   Column = "student_profiles.name"
	JoinStudentNo Column = "join_requests.student_no"
	JoinName      Column = "join_requests.name"
	CheckedTexts  Column = "content_checks.texts"
	CheckInFix    Column = "check_in_evidence.fix"
	Device        Column = "check_in_evidence.device_hash" // a blind index only
	AppealText    Column = "appeals.text"
	IncidentText  Column = "incidents.text"
	Home          Column = "student_homes.home"
	BlockReason   Column = "match_blocks.reason"
	RoundSecret   Column = "match_rounds.secret"
	RoundLine     Column = "round_inputs.line"
	RoundWishes   Column = "round_inputs.wishes"
	RoundMore     Column = "round_inputs.more"
	GroupCode     Column = "match_groups.code_hash" // a blind index only
)

// Vault wraps data keys and computes blind indexes. It is safe for concurrent use.
type Vault struct {
	current string
	keks    map[string]cipher.AEAD
	index   []byte
	now     func() time.Time
}

// New makes a vault. keks are the field keys by id, current is the id of the one that wraps new persons' keys.
func New(current string, keks map[string][]byte, indexKey []byte, now func() time.Time) (*Vault, error) {
	v := &Vault{current: current, keks: map[string]cipher.AEAD{}, index: indexKey, now: now}
	for id, key := range keks {
		aead, err := newAEAD(key)
		if err != nil {
			return nil, fmt.Errorf("field key %s: %w", id, err)
		}
		v.keks[id] = aead
	}
	if v.keks[current] == nil {
		return nil, fmt.Errorf("field key %s is missing", current)
	}
	if len(indexKey) != KeyBytes {
		return nil, fmt.Errorf("index key: want %d bytes", KeyBytes)
	}
	return v, nil
}

// Person seals and opens the fields of one person.
type Person struct{ aead cipher.AEAD }

// NewPeople makes and stores a data key for each of the ids.
func (v *Vault) NewPeople(tx *gorm.DB, ids ...int64) (map[int64]*Person, error) {
	people := make(map[int64]*Person, len(ids))
	rows := make([]model.PersonKey, 0, len(ids))
	for _, id := range ids {
		key := random(KeyBytes)
		aead, err := newAEAD(key)
		if err != nil {
			return nil, err
		}
		people[id] = &Person{aead: aead}
		rows = append(rows, model.PersonKey{PersonID: id, WrappedKey: seal(v.keks[v.current], key, keyContext(id)), KEKID: v.current, CreatedAt: v.now()})
	}
	if err := tx.CreateInBatches(rows, 500).Error; err != nil {
		return nil, fmt.Errorf("store person keys: %w", err)
	}
	return people, nil
}

// People opens the data keys of the ids. A person whose key was destroyed is missing from the answer.
func (v *Vault) People(tx *gorm.DB, ids ...int64) (map[int64]*Person, error) {
	people := make(map[int64]*Person, len(ids))
	if len(ids) == 0 {
		return people, nil
	}
	rows, err := personKeys(tx, ids)
	if err != nil {
		return nil, fmt.Errorf("read person keys: %w", err)
	}
	for _, r := range rows {
		kek := v.keks[r.KEKID]
		if kek == nil {
			return nil, fmt.Errorf("person %d: field key %s is missing", r.PersonID, r.KEKID)
		}
		key, err := open(kek, r.WrappedKey, keyContext(r.PersonID))
		if err != nil {
			return nil, fmt.Errorf("person %d: %w", r.PersonID, err)
		}
		aead, err := newAEAD(key)
		if err != nil {
			return nil, err
		}
		people[r.PersonID] = &Person{aead: aead}
	}
	return people, nil
}

// personKeys reads by hand: a batch of messages has hundreds.
func personKeys(tx *gorm.DB, ids []int64) (out []model.PersonKey, err error) {
	rows, err := tx.Model(&model.PersonKey{}).Select("person_id", "wrapped_key", "kek_id").Where("person_id IN ?", ids).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	out = make([]model.PersonKey, 0, len(ids))
	for rows.Next() {
		var k model.PersonKey
		if err := rows.Scan(&k.PersonID, &k.WrappedKey, &k.KEKID); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// Person opens the data key of one person. It is gorm.ErrRecordNotFound when the key was destroyed.
func (v *Vault) Person(tx *gorm.DB, id int64) (*Person, error) {
	people, err := v.People(tx, id)
	if err != nil {
		return nil, err
	}
	if people[id] == nil {
		return nil, fmt.Errorf("person %d: %w", id, gorm.ErrRecordNotFound)
	}
	return people[id], nil
}

// Destroy deletes the data key of a person; all fields sealed with it are lost for ever.
func (v *Vault) Destroy(tx *gorm.DB, id int64) error {
	return tx.Where("person_id = ?", id).Delete(&model.PersonKey{}).Error
}

// Index is the blind index of a canonical value in a column: 32 bytes, equal for equal values of the same column only.
func (v *Vault) Index(col Column, canonical string) []byte {
	mac := hmac.New(sha256.New, v.index)
	mac.Write([]byte(col))
	mac.Write([]byte{0})
	mac.Write([]byte(canonical))
	return mac.Sum(nil)
}

// Seal encrypts a value for one column and row.
func (p *Person) Seal(col Column, row int64, plain string) []byte {
	return seal(p.aead, []byte(plain), fieldContext(col, row))
}

// Open decrypts what Seal made for the same column and row; nil opens to "".
func (p *Person) Open(col Column, row int64, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if p == nil {
		return "", nil // the person's key was destroyed: the field is gone
	}
	plain, err := open(p.aead, sealed, fieldContext(col, row))
	if err != nil {
		return "", fmt.Errorf("open %s of %d: %w", col, row, err)
	}
	return string(plain), nil
}

func keyContext(person int64) []byte { return []byte("person_keys|" + strconv.FormatInt(person, 10)) }

func fieldContext(col Column, row int64) []byte {
	return []byte(string(col) + "|" + strconv.FormatInt(row, 10))
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("want %d bytes, have %d", KeyBytes, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(aead cipher.AEAD, plain, context []byte) []byte {
	nonce := random(aead.NonceSize())
	return aead.Seal(nonce, nonce, plain, context)
}

func open(aead cipher.AEAD, sealed, context []byte) ([]byte, error) {
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("sealed value is too short")
	}
	return aead.Open(nil, sealed[:n], sealed[n:], context)
}

// random returns n unpredictable bytes; crypto/rand never fails on the systems Go supports.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never returns an error
	return b
}
