package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/vault"
)

var columns = []vault.Column{
	vault.OpenID, vault.UnionID, vault.Phone, vault.UserName, vault.StudentNo, vault.StudentName, vault.JoinStudentNo, vault.JoinName,
}

// safe is a vault over a database.
type safe struct {
	*vault.Vault

	t  *testing.T
	db *gorm.DB
}

func newSafe(t *testing.T) *safe {
	t.Helper()
	clock := testkit.NewClock()
	return &safe{Vault: testkit.Vault(t, clock), t: t, db: testkit.DB(t, clock)}
}

func (s *safe) tx(f func(tx *gorm.DB) error) {
	s.t.Helper()
	if err := s.db.Transaction(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *safe) people(ids ...int64) map[int64]*vault.Person {
	s.t.Helper()
	var out map[int64]*vault.Person
	s.tx(func(tx *gorm.DB) (err error) { out, err = s.NewPeople(tx, ids...); return err })
	return out
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	made := s.people(1, 2)
	again, err := s.People(s.db, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	opened, refused := 0, 0
	for person, p := range made {
		for _, col := range columns {
			for row := int64(1); row <= 3; row++ {
				sealed := p.Seal(col, row, "王小明")
				for person2, p2 := range again {
					for _, col2 := range columns {
						for row2 := int64(1); row2 <= 3; row2++ {
							plain, err := p2.Open(col2, row2, sealed)
							switch same := person == person2 && col == col2 && row == row2; {
							case same && (err != nil || plain != "王小明"):
								t.Fatalf("%s of %d does not open: %v", col, row, err)
							case !same && (err == nil || plain != ""):
								t.Fatalf("%s of row %d, person %d opens as %s of row %d, person %d", col, row, person, col2, row2, person2)
							case same:
								opened++
							default:
								refused++
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d opened, %d swapped ones refused", opened, refused)
}

func TestADamagedValueDoesNotOpen(t *testing.T) {
	t.Parallel()
	p := newSafe(t).people(1)[1]
	sealed := p.Seal(vault.Phone, 1, "+8613812340001")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := p.Open(vault.Phone, 1, bad); err == nil {
			t.Fatal("byte", i)
		}
		if _, err := p.Open(vault.Phone, 1, sealed[:i]); err == nil && i > 0 {
			t.Fatal("cut at", i)
		}
	}
	if plain, err := p.Open(vault.Phone, 1, nil); err != nil || plain != "" {
		t.Fatal("an absent value is empty", plain, err)
	}
}

func TestSealingTwiceLooksDifferent(t *testing.T) {
	t.Parallel()
	p := newSafe(t).people(1)[1]
	a, b := p.Seal(vault.UserName, 1, "王小明"), p.Seal(vault.UserName, 1, "王小明")
	if bytes.Equal(a, b) || bytes.Contains(a, []byte("王")) {
		t.Fatal("ciphertexts must tell nothing, not even equality")
	}
}

func TestADestroyedKeyIsGoneForGood(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	p := s.people(1, 2)
	sealed := p[1].Seal(vault.UserName, 1, "王小明")
	s.tx(func(tx *gorm.DB) error { return s.Destroy(tx, 1) })
	if _, err := s.Person(s.db, 1); !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Fatal(err)
	}
	left, err := s.People(s.db, 1, 2)
	if err != nil || len(left) != 1 || left[2] == nil {
		t.Fatal(left, err)
	}
	if plain, err := left[1].Open(vault.UserName, 1, sealed); err != nil || plain != "" {
		t.Fatal("a field of a destroyed person is empty", plain, err)
	}
	if _, err := left[2].Open(vault.UserName, 1, sealed); err == nil {
		t.Fatal("another person's key opened it")
	}
	next := s.people(1)[1] // a new key under the old id
	if _, err := next.Open(vault.UserName, 1, sealed); err == nil {
		t.Fatal("a new key opened it")
	}
}

func TestSwappedKeysAreRefused(t *testing.T) {
	t.Parallel()
	s := newSafe(t)
	s.people(1, 2)
	var rows []model.PersonKey
	if err := s.db.Order("person_id").Find(&rows).Error; err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	s.tx(func(tx *gorm.DB) error {
		return tx.Model(&model.PersonKey{}).Where("person_id = ?", 1).Update("wrapped_key", rows[1].WrappedKey).Error
	})
	if _, err := s.Person(s.db, 1); err == nil {
		t.Fatal("a person took over another's key")
	}
}

func TestFieldKeysRotate(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	k1, k2, index := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 32)
	open := func(current string, keys map[string][]byte) *safe {
		v, err := vault.New(current, keys, index, clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		return &safe{Vault: v, t: t, db: db}
	}
	before := open("k1", map[string][]byte{"k1": k1})
	sealed := before.people(1)[1].Seal(vault.UserName, 1, "王小明")
	after := open("k2", map[string][]byte{"k1": k1, "k2": k2})
	after.people(2)
	p, err := after.Person(db, 1)
	if err != nil {
		t.Fatal("an old field key must still open", err)
	}
	if plain, err := p.Open(vault.UserName, 1, sealed); err != nil || plain != "王小明" {
		t.Fatal(plain, err)
	}
	if _, err := before.Person(db, 2); err == nil {
		t.Fatal("the old key alone opened a new person")
	}
	if _, err := open("k1", map[string][]byte{"k1": k2}).Person(db, 1); err == nil {
		t.Fatal("a wrong key under the right id opened")
	}
}

func TestIndexesAreByColumnAndKey(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	a := testkit.Vault(t, clock)
	b, err := vault.New("k", map[string][]byte{"k": make([]byte, 32)}, bytes.Repeat([]byte{9}, 32), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for name, v := range map[string]*vault.Vault{"a": a, "b": b} {
		for _, col := range columns {
			for _, value := range []string{"", "1", "王小明", "王小明 "} {
				idx := v.Index(col, value)
				where := fmt.Sprintf("%s %s %q", name, col, value)
				if len(idx) != 32 || !bytes.Equal(idx, v.Index(col, value)) {
					t.Fatal(where)
				}
				if first, ok := seen[string(idx)]; ok {
					t.Fatalf("%s has the index of %s", where, first)
				}
				seen[string(idx)] = where
			}
		}
	}
}

func TestNewRefusesWrongKeys(t *testing.T) {
	t.Parallel()
	good := make([]byte, vault.KeyBytes)
	for name, c := range map[string]struct {
		current string
		keks    map[string][]byte
		index   []byte
	}{
		"current missing": {"b", map[string][]byte{"a": good}, good},
		"no keys":         {"a", nil, good},
		"short field key": {"a", map[string][]byte{"a": good[:16]}, good},
		"short index key": {"a", map[string][]byte{"a": good}, good[:31]},
	} {
		if _, err := vault.New(c.current, c.keks, c.index, testkit.NewClock().Now); err == nil {
			t.Error(name)
		}
	}
}
