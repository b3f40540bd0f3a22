package lottery

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// Verify does the lottery again from the file's own seed and entries and tells the first thing that does not hold, or
// nothing. Before the draw it checks what there is. What no file can prove is in docs/lottery.md: above all, compare the
// commitment and the digest with those that were published.
func Verify(f File) error {
	if err := f.complete(); err != nil {
		return err
	}
	if err := check(f.Stake(), f.Entries); err != nil {
		return err
	}
	if _, err := unhex(f.Commitment); err != nil {
		return fmt.Errorf("commitment %q: %w", f.Commitment, err)
	}
	digest := hexOf(Digest(f.Stake(), f.Entries))
	if f.Digest != digest && (f.Drawn() || f.Digest != "") {
		return fmt.Errorf("the digest does not belong to the entries: the file says %s, the stake and the entries give %s", f.Digest, digest)
	}
	if !f.Drawn() {
		if len(f.Order)+len(f.Winners) > 0 {
			return errors.New("there is an order or there are winners, but no seed")
		}
		return nil
	}
	return f.replay()
}

// complete tells whether this is the whole of a lottery that can be checked here.
func (f File) complete() error {
	if f.Algorithm != Algorithm {
		return fmt.Errorf("algorithm %q: only %s can be checked here", f.Algorithm, Algorithm)
	}
	if f.Start != 0 || f.Count != len(f.Entries) {
		return fmt.Errorf("%d entries after the first %d, of %d: give all pages", len(f.Entries), f.Start, f.Count)
	}
	return nil
}

// replay draws again and compares.
func (f File) replay() error {
	seed, err := unhex(f.Seed)
	if err != nil {
		return fmt.Errorf("seed %q: %w", f.Seed, err)
	}
	if committed := hexOf(Commit(seed)); committed != f.Commitment {
		return fmt.Errorf("the seed is not the one committed to: the commitment is %s, the seed gives %s", f.Commitment, committed)
	}
	order, err := Order(seed, f.Stake(), f.Entries)
	if err != nil {
		return err
	}
	if err := same("order", "the seed draws", f.Order, order); err != nil {
		return err
	}
	winners, _ := Seats(order, f.Entries, f.Capacity)
	return same("winners", "the order and the seats give", f.Winners, winners)
}

// same tells the first place at which the file's list is not the right one.
func same(list, source string, have, want []int64) error {
	for i, id := range want {
		if i == len(have) {
			return fmt.Errorf("%s, place %d: the file ends here, %s entry %d", list, i+1, source, id)
		}
		if have[i] != id {
			return fmt.Errorf("%s, place %d: the file says entry %d, %s entry %d", list, i+1, have[i], source, id)
		}
	}
	if len(have) > len(want) {
		return fmt.Errorf("%s, place %d: the file says entry %d, %s nobody", list, len(want)+1, have[len(want)], source)
	}
	return nil
}

// unhex reads 64 lower-case hex digits.
func unhex(text string) (hash [32]byte, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(hash) || hex.EncodeToString(raw) != text {
		return hash, errors.New("want 64 lower-case hex digits")
	}
	return [32]byte(raw), nil
}
