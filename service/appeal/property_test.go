package appeal_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/fault"
	"baodao/service/idem"
)

// TestRandomHistories: whatever is reversed, appealed against and decided by whomever, in any order, the ledger holds: the
// record is the sum of its lines, the chain and the totals agree, each claim is worth what its lines come to, nobody is
// credited twice for a second, and nobody has decided about themselves or for the second time.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		h := &history{work: newWork(t, 5, nil), dice: rand.New(rand.NewPCG(seed, 7))}
		h.posted(h.li, 75+h.dice.IntN(40))
		h.own = h.Grant(h.li, access.CommitteeOfficer, h.Department)
		done := map[string]int{}
		for range 100 {
			name, err := h.step()
			if err == nil {
				done[name]++
			} else if _, refused := errors.AsType[*fault.Fault](err); !refused {
				t.Fatalf("seed %d, %s: %v", seed, name, err)
			}
		}
		h.check(seed)
		if done["reverse"]+done["decide"] == 0 {
			t.Errorf("seed %d: nothing happened: %v", seed, done)
		}
	}
}

type history struct {
	*work
	dice *rand.Rand
	own  access.Actor // the student, who is an officer too
}

// step does one thing at random.
func (h *history) step() (string, error) {
	ctx := h.TB.Context()
	people := []access.Actor{h.department, h.second, h.university, h.city, h.own, h.host}
	who := people[h.dice.IntN(len(people))]
	switch h.dice.IntN(6) {
	case 0:
		lines := h.lines(h.li)
		_, err := h.Attendance.Reverse(ctx, who, lines[h.dice.IntN(len(lines))].ID, "核查", idem.Key{})
		return "reverse", err
	case 1, 2:
		lines := h.lines(h.li)
		_, err := h.file(h.own, model.AppealHours, lines[h.dice.IntN(len(lines))].ID)
		return "file", err
	case 3:
		_, err := h.Decide(ctx, who, h.any(), appeal.Decision{Uphold: h.dice.IntN(2) == 0, Reason: "核查过了", Minutes: int64(h.dice.IntN(130))})
		return "decide", err
	case 4:
		_, err := h.Escalate(ctx, h.own, h.any())
		return "escalate", err
	default:
		h.Clock.Add(time.Duration(h.dice.IntN(24)) * time.Hour)
		_, err := h.Sweep(ctx, 10)
		return "sweep", err
	}
}

// any is some appeal, or none.
func (h *history) any() int64 {
	var ids []int64
	if err := h.World.DB.Model(&model.Appeal{}).Order("id").Pluck("id", &ids).Error; err != nil {
		h.TB.Fatal(err)
	}
	if len(ids) == 0 {
		return 0
	}
	return ids[h.dice.IntN(len(ids))]
}

func (h *history) check(seed uint64) {
	h.TB.Helper()
	sum, standing := h.sum(h.li), map[int64]int64{} // sum looks at record, chain and totals
	for _, l := range h.lines(h.li) {
		if l.PostedBy == h.li.UserID {
			h.TB.Errorf("seed %d: line %d is of the student's own hand", seed, l.ID)
		}
		standing[l.ClaimID] += l.Minutes
	}
	for id, minutes := range standing {
		if c := h.claim(id); minutes != 0 && minutes != c.Minutes || minutes > h.session.Minutes() || c.Minutes != int64(c.EndsAt.Sub(c.StartsAt)/time.Minute) {
			h.TB.Errorf("seed %d: claim %d of %d minutes has lines of %d", seed, id, c.Minutes, minutes)
		}
	}
	if sum < 0 || sum > h.session.Minutes() {
		h.TB.Errorf("seed %d: %d minutes of a session of %d", seed, sum, h.session.Minutes())
	}
	var rows []model.Appeal
	if err := h.World.DB.Where("decided_by IS NOT NULL").Find(&rows).Error; err != nil {
		h.TB.Fatal(err)
	}
	for _, a := range rows {
		if *a.DecidedBy == a.FirstBy || *a.DecidedBy == a.UserID {
			h.TB.Errorf("seed %d: appeal %d was decided by who decided first, or by the student", seed, a.ID)
		}
	}
}
