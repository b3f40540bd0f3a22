package vault_test

import (
	"errors"
	"testing"

	"baodao/internal/testkit"
	"baodao/service/vault"
)

func TestADatabaseKnowsTheKeysItWasBegunWith(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	key := func(b byte) []byte {
		k := make([]byte, vault.KeyBytes)
		k[0] = b
		return k
	}
	check := func(current string, keks map[string][]byte, index []byte) error {
		v, err := vault.New(current, keks, index, clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		return v.CheckKeys(t.Context(), db)
	}
	for range 2 {
		if err := check("a", map[string][]byte{"a": key(1)}, key(9)); err != nil {
			t.Fatal(err)
		}
	}
	if err := check("b", map[string][]byte{"a": key(1), "b": key(2)}, key(9)); err != nil {
		t.Fatalf("a new field key beside the old one: %v", err)
	}
	if err := check("a", map[string][]byte{"a": key(3)}, key(9)); !errors.Is(err, vault.ErrOtherKeys) {
		t.Fatalf("another field key under a known id: %v", err)
	}
	if err := check("a", map[string][]byte{"a": key(1)}, key(8)); !errors.Is(err, vault.ErrOtherKeys) {
		t.Fatalf("another index key: %v", err)
	}
}
