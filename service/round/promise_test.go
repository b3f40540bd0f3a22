package round_test

import (
	"errors"
	"testing"

	"baodao/model"
	"baodao/service/fault"
)

// A secret that is not the one that was promised before anybody made a list decides nothing.
func TestARoundWithAnotherSecretIsNotDrawn(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	r := c.plan(t, c.City, c.officer)
	c.advance(t, 2)
	c.set("match_rounds", r.ID, map[string]any{"secret_commit": make([]byte, 32)})
	_, err := c.rounds.Draw(t.Context(), c.officer, r.ID, "07 11 23")
	if _, said := errors.AsType[*fault.Fault](err); err == nil || said {
		t.Errorf("got %v, want a mistake that is nobody's who asked", err)
	}
	var now model.MatchRound
	if err := c.DB.Where("id = ?", r.ID).First(&now).Error; err != nil || now.Status != model.RoundFrozen || now.DrawValue != "" || now.Seed != nil {
		t.Errorf("it is %s by %x: %v", now.Status, now.Seed, err)
	}
}

// Pairs that cannot be proposed any more do not keep a round open.
func TestARoundOfPairingClosesThoughNothingCanBeProposed(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	r := c.run(t, c.plan(t, c.City, c.officer))
	c.set("programmes", c.Programme.ID, map[string]any{"status": model.ProgrammeClosed})
	for range 2 { // what is over by then is written down as refused, then the round is closed
		if n, err := c.rounds.ProposePairs(t.Context(), 100); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	}
	var now model.MatchRound
	var refused int64
	err := errors.Join(c.DB.Where("id = ?", r.ID).First(&now).Error,
		c.DB.Model(&model.MatchPair{}).Where("round_id = ? AND refusal = ?", r.ID, "programme.not_active").Count(&refused).Error)
	if err != nil || now.Status != model.RoundClosed || refused != 4 {
		t.Errorf("it is %s, %d refused: %v", now.Status, refused, err)
	}
}
