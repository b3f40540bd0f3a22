package round

import (
	"context"
	"io"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
)

// Input is one who takes part in a round: a student or a campus unit on the asking side, a position or a community on the
// giving side.
type Input struct {
	Seq    int64 // number in the files, from 0, by rising Ref
	Ref    int64
	Line   string // its line of the file, without the line feed
	Wishes string // numbers of the giving side, best first, with spaces between them
	More   string // its lines of the further files, as JSON
}

// Put takes an input down. The inputs of a side come by rising Ref; the machine numbers them.
type Put func(side, ref int64, line, wishes, more string) error

// Each calls f for every input of a side by rising Seq.
type Each func(side int64, f func(Input) error) error

// AddFile takes a file of a round.
type AddFile func(name string, write func(io.Writer) error) error

// Kind is what rounds of one kind have of their own. The machine around it (lease, batches, progress, digests, replays) is
// the same for all.
type Kind interface {
	// Collect finds out who takes part and puts them down, the giving side first. It only reads.
	Collect(ctx context.Context, r *model.MatchRound, put Put) error
	// Load makes a game of what was put down.
	Load(r *model.MatchRound, each Each) (Game, error)
	// Publish makes what came out visible, in the transaction that publishes the round.
	Publish(tx *gorm.DB, actor access.Actor, r *model.MatchRound) error
}

// Game is a round in memory. Nothing but its inputs and the seed decides what comes out.
type Game interface {
	Digest() ([]byte, error) // of the inputs
	Figures() Figures        // of the inputs
	Files(add AddFile) error // the inputs
	Run(seed []byte, workers int) (Outcome, error)
}

// Figures are what everybody may read of a round.
type Figures struct{ Asking, Giving, Seats, Placed, Blocking int64 }

// Given is what one of the giving side ended with.
type Given struct {
	Filled, Cutoff, Kept  int64 // seats given; the lowest key that holds one, and one kept for partners
	Listed, Better, Below int64 // eligible ones who listed it; got better; were left out by the cut-off
	Closed                bool
}

// Outcome is what came of a game.
type Outcome interface {
	Digest() ([]byte, error)
	Figures() Figures
	Files(add AddFile) error // the result
	Given() []Given          // by Seq
	Ranks() []uint32         // of the asking side in the lottery, by Seq
	// Store writes the proposals to those of the asking side that are numbered from to to, excluded. refs are the ids of both
	// sides by Seq. What was written for them before is gone.
	Store(tx *gorm.DB, r *model.MatchRound, refs [2][]int64, from, to int) error
}
