// Package id makes the ids of all rows: 53-bit integers ordered by time, safe in JavaScript and in a spreadsheet.
// 31 bits seconds since 2026, 6 bits node, 16 bits sequence.
package id

import (
	"sync"
	"time"
)

const (
	nodeBits = 6
	seqBits  = 16
	// Nodes is how many processes can make ids at the same time.
	Nodes = 1 << nodeBits
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// Node makes ids that no other node makes. It is safe for concurrent use.
type Node struct {
	node int64
	now  func() time.Time

	mu   sync.Mutex
	last int64 // second of the newest id
	seq  int64
}

// NewNode returns the maker with the given number, 0 to Nodes-1.
func NewNode(number int64, now func() time.Time) *Node {
	return &Node{node: number % Nodes, now: now}
}

// New returns an id greater than all this node made before. When the clock steps back it stays in the last second;
// when a second's 65,536 ids are used up it goes on in the next one.
func (n *Node) New() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	second := int64(n.now().Sub(epoch) / time.Second)
	switch {
	case second > n.last:
		n.last, n.seq = second, 0
	case n.seq+1 < 1<<seqBits:
		n.seq++
	default:
		n.last, n.seq = n.last+1, 0
	}
	return n.last<<(nodeBits+seqBits) | n.node<<seqBits | n.seq
}

// Time is when an id was made, to the second.
func Time(id int64) time.Time { return epoch.Add(time.Duration(id>>(nodeBits+seqBits)) * time.Second) }
