package lottery

import (
	"crypto/sha256"
	"encoding/binary"
)

// stream is an endless row of numbers: SHA-256 of the effective seed and a counter from 0, each hash cut into four
// big-endian numbers of 64 bits.
type stream struct {
	block  [sha256.Size + 8]byte // effective seed, counter
	count  uint64
	hashed [sha256.Size]byte
	used   int
}

// newStream begins the numbers that belong to a seed and a digest.
func newStream(seed, digest [32]byte) *stream {
	s := &stream{used: sha256.Size}
	effective := sha256.Sum256(append(append([]byte(prefixOrder), seed[:]...), digest[:]...))
	copy(s.block[:], effective[:])
	return s
}

func (s *stream) next() uint64 {
	if s.used == len(s.hashed) {
		binary.BigEndian.PutUint64(s.block[sha256.Size:], s.count)
		s.hashed, s.used = sha256.Sum256(s.block[:]), 0
		s.count++
	}
	s.used += 8
	return binary.BigEndian.Uint64(s.hashed[s.used-8 : s.used])
}

// below turns numbers into one of 0 … total-1, each as likely as the others: the first 2^64 mod total of the 2^64 numbers
// are thrown away, so that as many are left for every remainder. The total is at least 1.
func below(total uint64, next func() uint64) uint64 {
	tooLow := -total % total // 2^64 mod total
	for {
		if x := next(); x >= tooLow {
			return x % total
		}
	}
}
