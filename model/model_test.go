package model_test

import (
	"slices"
	"testing"
	"time"

	"baodao/model"
)

func TestEveryMachineIsOnePieceWithoutLoopsToItself(t *testing.T) {
	t.Parallel()
	for _, m := range model.Machines() {
		reached := map[string]bool{}
		for from, next := range m.Moves {
			if slices.Contains(next, from) {
				t.Errorf("%s: %s becomes itself", m.Name, from)
			}
			for _, to := range next {
				reached[to] = true
			}
		}
		starts := 0
		for from := range m.Moves {
			if !reached[from] {
				starts++
			}
		}
		if m.Name != "Signup" && starts > 1 {
			t.Errorf("%s: %d states that nothing leads to", m.Name, starts)
		}
	}
}

func TestAnActivitysPhaseFollowsFromTheClock(t *testing.T) {
	t.Parallel()
	day := time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)
	a := model.Activity{
		Status: model.ActivityPublished, SignupOpensAt: day, SignupClosesAt: day.Add(time.Hour), StartsAt: day.Add(2 * time.Hour), EndsAt: day.Add(3 * time.Hour),
	}
	for at, want := range map[time.Duration]model.ActivityStatus{
		-1: model.ActivityPublished, 0: model.ActivitySignupOpen, time.Hour - 1: model.ActivitySignupOpen, time.Hour: model.ActivitySignupClosed,
		2 * time.Hour: model.ActivityOngoing, 3*time.Hour - 1: model.ActivityOngoing, 3 * time.Hour: model.ActivityFinished,
	} {
		if got := a.Phase(day.Add(at)); got != want {
			t.Errorf("after %s: %s, want %s", at, got, want)
		}
	}
	a.Status = model.ActivityCancelled
	if got := a.Phase(day); got != model.ActivityCancelled {
		t.Errorf("cancelled is %s", got)
	}
}

func TestAProgrammeYearIsHalfOpen(t *testing.T) {
	t.Parallel()
	p := model.Policy{YearStarts: "09-01"}
	for day, want := range map[model.Date][2]model.Date{
		"2026-08-31": {"2025-09-01", "2026-09-01"}, "2026-09-01": {"2026-09-01", "2027-09-01"}, "2028-02-29": {"2027-09-01", "2028-09-01"},
	} {
		if from, to := p.Year(day); from != want[0] || to != want[1] {
			t.Errorf("%s: %s to %s, want %v", day, from, to, want)
		}
	}
}

// TestAPolicyOfBeforeTheRules reads as zero, which is harmless or the built-in value.
func TestAPolicyOfBeforeTheRules(t *testing.T) {
	t.Parallel()
	var old model.Policy
	if old.NoShowWindow() != 180*24*time.Hour || old.NoShowAfter() != 48*time.Hour {
		t.Error(old.NoShowWindow(), old.NoShowAfter())
	}
	now := model.Policy{NoShowWindowDays: 10, NoShowAfterHours: 2}
	if now.NoShowWindow() != 240*time.Hour || now.NoShowAfter() != 2*time.Hour {
		t.Error(now.NoShowWindow(), now.NoShowAfter())
	}
	for _, c := range []struct{ base, first, wantBase, wantFirst int64 }{{0, 0, 1, 1}, {2, 0, 2, 2}, {0, 3, 1, 3}, {1, 3, 1, 3}} {
		base, first := model.Policy{LotteryBaseWeight: c.base, LotteryFirstPracticeWeight: c.first}.Weights()
		if base != c.wantBase || first != c.wantFirst {
			t.Errorf("%+v: %d, %d", c, base, first)
		}
	}
}
