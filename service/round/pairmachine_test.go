package round_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/pairing"
	"baodao/service/matching/pairing/check"
	"baodao/service/round"
)

// What is handed out of a round of pairing is a directory that another program checks and makes the same result of, and
// another replica plays it again.
func TestARoundOfPairingIsHandedOutAndPlayedAgain(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.answers(c.branches[3], 2, 0b101)
	c.active(t, c.branches[1], c.communities[1], "2026-03-01") // of last term
	c.active(t, c.branches[2], c.communities[0], "2026-10-01") // began in this
	r := c.run(t, c.plan(t, c.City, c.officer))
	officer := c.officer
	officer.LoggedInAt = c.Clock.Now()
	data, err := c.rounds.Export(t.Context(), officer, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := files.LoadPairing(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Branches) != 4 || len(in.Communities) != 3 || len(in.Renewed) != 1 || len(in.Former) != 1 || in.Branches[3].Places != 2 || in.Branches[3].Skills != 0b101 {
		t.Errorf("got %+v", in)
	}
	again, err := pairing.Run(&in.Input)
	if err != nil {
		t.Fatal(err)
	}
	if faults := check.Round(&in.Input, check.Result{Pairs: again.Pairs, Filled: again.Filled(), Cutoffs: again.Cutoffs}); faults != nil {
		t.Error(faults)
	}
	inputs, err := audit.PairInputs(in)
	if err != nil || !bytes.Equal(inputs[:], r.InputDigest) {
		t.Errorf("inputs %x, the round says %x: %v", inputs, r.InputDigest, err)
	}
	result, err := audit.PairResult(&again)
	if err != nil || !bytes.Equal(result[:], r.ResultDigest) {
		t.Errorf("result %x, the round says %x: %v", result, r.ResultDigest, err)
	}
	got, err := replayed(t.Context(), c.replica("two"), officer, r.ID)
	if err != nil || !equal(got) {
		t.Errorf("played again: %+v %v", got, err)
	}
}

// A process that dies after any batch leaves nothing that the next does not make good: what is stored in the end is what a
// replay gives.
func TestARoundOfPairingSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.active(t, c.branches[1], c.communities[1], "2026-03-01")
	planned := c.plan(t, c.City, c.officer)
	deaths := 0
	through := func() {
		for n := 0; ; n++ {
			err := c.dying(t.Context(), n)
			if err == nil {
				return
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			deaths++
			c.Clock.Add(61 * time.Minute)
		}
	}
	through() // freezes
	if _, err := c.rounds.Draw(t.Context(), c.officer, planned.ID, "07 11 23"); err != nil {
		t.Fatal(err)
	}
	through()
	r, err := c.rounds.Publish(t.Context(), c.officer, planned.ID)
	if err != nil || deaths < 10 {
		t.Fatalf("%d deaths: %v", deaths, err)
	}
	if got := c.given(t, r.MatchRound); int64(len(got)) != r.Placed || r.Placed != 4 {
		t.Errorf("placed %d: %v", r.Placed, got)
	}
	if got, err := replayed(t.Context(), c.rounds, c.officer, r.ID); err != nil || !equal(got) {
		t.Errorf("played again: %+v %v", got, err)
	}
}

// dying advances rounds in a process that ends after some batches of one row.
func (c *county) dying(ctx context.Context, batches int) (err error) {
	defer func() {
		if recover() != nil {
			err = errKilled
		}
	}()
	s := c.replica("dying")
	round.InBatchesOf(s, 1)
	round.Interrupt(s, func(model.RoundStatus) error {
		if batches--; batches < 0 {
			panic(errKilled)
		}
		return nil
	})
	_, err = s.Advance(ctx, 10)
	return err
}
