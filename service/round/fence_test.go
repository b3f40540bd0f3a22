package round_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/round"
)

// Who has lost the lease to another that is still at work writes nothing more, although the round stands where it stood.
func TestALeaseLostToSomebodyAtWork(t *testing.T) {
	t.Parallel()
	m := newMill(t, 200, 20)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	inputs := func() (n int64) {
		if err := m.DB.Model(&model.RoundInput{}).Where("round_id = ?", id).Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	left := int64(0)
	m.work2(func() {
		m.Clock.Add(31 * time.Second)
		if err := m.dies(m.killed("other", 6)); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		left = inputs()
	})
	r := m.row(id)
	if r.Status != model.RoundFreezing || r.LeaseOwner != "other" || r.Failures != 1 || inputs() != left || left == 0 || left == 220 {
		t.Fatalf("%s by %q, %q, %d inputs and then %d", r.Status, r.LeaseOwner, r.Failure, left, inputs())
	}
}

// Nothing is published before there is a result, and no result comes of inputs that are not those that were frozen.
func TestNoResultOfOtherInputs(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	m.draw(id)
	if _, err := m.s.Publish(m.ctx(), m.officer, id); !errors.Is(err, round.ErrNotRun) {
		t.Fatalf("published without a result: %v", err)
	}
	digest := m.row(id).InputDigest
	set := func(to []byte) {
		m.write(func(tx *gorm.DB) error {
			return tx.Model(&model.MatchRound{}).Where("id = ?", id).UpdateColumn("input_digest", to).Error
		})
	}
	set(make([]byte, 32))
	if _, err := m.s.Advance(m.ctx(), 20); err == nil {
		t.Error("it was run with other inputs")
	}
	if r := m.row(id); r.ResultDigest != nil || r.Failure == "" || r.LeaseOwner != "" {
		t.Fatalf("%+v", r)
	}
	set(digest)
	m.work(m.s)
	if r := m.row(id); r.ResultDigest != nil {
		t.Fatal("it was tried again at once")
	}
	m.Clock.Add(30 * time.Second)
	m.work(m.s)
	if r := m.row(id); r.ResultDigest == nil || r.Failure != "" || r.Failures != 0 || r.RetryAt != nil {
		t.Fatalf("%+v", r)
	}
}
