package round_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// unreadable makes a proposal that no transaction can end.
func (f *fair) unreadable(p model.MatchProposal) {
	f.TB.Helper()
	f.put("match_proposals", p.ID, map[string]any{"parts": "{"})
}

// A proposal that cannot be ended is told of, and keeps none of the others open, nor another round.
func TestWhatCannotBeEndedDoesNotHoldTheOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gone bool
		want string
	}{"not answered": {false, "LAPSED, LAPSED, LAPSED"}, "gone": {true, "REJECTED RULES, REJECTED RULES, REJECTED RULES"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFair(t, 9)
			_, p := f.proposed(4)
			next := f.out(model.RoundPublished)
			p = append(p, f.proposal(next, f.Student("下一轮", f.Branch), f.position))
			f.unreadable(p[0])
			f.unreadable(p[2])
			end := f.s.Lapse
			if c.gone {
				f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
				end = f.s.EndGone
			} else {
				f.Clock.Set(*next.AnswersUntil)
			}
			n, err := end(t.Context(), 100)
			if n != 3 || err == nil || !strings.Contains(err.Error(), "2 of 4") && !strings.Contains(err.Error(), "2 of 5") {
				t.Fatal(n, err)
			}
			if got := f.stand(p[1], p[3], p[4]); got != c.want {
				t.Error(got)
			}
			f.put("match_proposals", p[0].ID, map[string]any{"parts": "{}"})
			if n, err := end(t.Context(), 100); n != 1 || err == nil {
				t.Error("the one that is mended is not ended: ", n, err)
			}
		})
	}
}

// When one round cannot be closed, the others are.
func TestARoundThatCannotBeClosedDoesNotHoldTheOthers(t *testing.T) {
	t.Parallel()
	f := newFair(t, 1)
	other := f.out(model.RoundPublished)
	broken := errors.New("broken")
	err := f.DB.Callback().Update().After("gorm:update").Register("broken", func(tx *gorm.DB) {
		if tx.Statement.Table == other.TableName() && slices.Contains(tx.Statement.Vars, any(f.round.ID)) {
			_ = tx.AddError(broken)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Add(48 * time.Hour)
	if _, err := f.s.Lapse(t.Context(), 10); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	var status []string
	if err := f.DB.Raw("SELECT status FROM match_rounds WHERE id IN (?, ?) ORDER BY id", f.round.ID, other.ID).Scan(&status).Error; err != nil || strings.Join(status, " ") != "PUBLISHED CLOSED" {
		t.Error(status, err)
	}
}
