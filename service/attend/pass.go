package attend

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

// A pass code is eight digits that staff read out where there is no screen. It changes every PassStep and the one before is
// accepted too. It can be told to somebody far away, so it counts only while staff have opened it, for a time that the
// policy bounds, and it is short, so guesses are few: at any moment 2 of 10⁸ are good (3 for the first Skew of a step);
// a student may send passMost wrong ones while it is open, all students together passMostAll. Whoever uses up what a session
// allows hits with a probability of 3·10⁻⁶, a student alone with 1.5·10⁻⁷, and a million guesses need 10,000 openings.
const (
	passDigits  = 100_000_000
	PassStep    = 60 * time.Second
	passMost    = 5
	passMostAll = 100
)

// passOf is the pass code of an opening in a step.
func passOf(key []byte, o model.PassOpening, step int64) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("check-in pass code "))
	for _, n := range []int64{o.ID, o.SessionID, kindBit(o.Kind), step} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) //nolint:gosec // not negative
	}
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(h.Sum(nil))%passDigits)
}

func passStepOf(at time.Time) int64 { return at.UnixMilli() / PassStep.Milliseconds() }

// passLives tells whether a pass code is one of those accepted at an instant.
func passLives(key []byte, o model.PassOpening, code string, at time.Time) bool {
	good := 0
	for step := passStepOf(at) - 1; step <= passStepOf(at.Add(Skew)); step++ {
		good |= subtle.ConstantTimeCompare([]byte(code), []byte(passOf(key, o, step)))
	}
	return good == 1
}

// openings are the openings of pass codes that some tries are made under, locked: the newest of each session and kind.
type openings struct {
	newest map[string]*model.PassOpening
	wrong  map[int64]int64 // wrong codes to add, by opening
}

func openingKey(session int64, kind string) string { return fmt.Sprint(session, kind) }

// openingsFor locks the openings that tries by pass code need.
func openingsFor(tx *gorm.DB, asks []*ask) (openings, error) {
	o := openings{newest: map[string]*model.PassOpening{}, wrong: map[int64]int64{}}
	var sessions []int64
	for _, a := range asks {
		if a.method == model.MethodPassCode {
			sessions = append(sessions, a.sessionID)
		}
	}
	if len(sessions) == 0 {
		return o, nil
	}
	var rows []*model.PassOpening
	if err := atomic.ForUpdate(tx).Where("session_id IN ?", distinct(sessions)).Order("id").Find(&rows).Error; err != nil {
		return o, fmt.Errorf("lock pass codes: %w", err)
	}
	for _, r := range rows {
		o.newest[openingKey(r.SessionID, r.Kind)] = r
	}
	return o, nil
}

// since is the earlier of an instant and the moments at which the openings began: wrong codes count from then.
func (o openings) since(at time.Time) time.Time {
	for _, r := range o.newest {
		at = earlier(at, beginning(r))
	}
	return at
}

// beginning is when an opening began by the slowest clock.
func beginning(r *model.PassOpening) time.Time { return r.OpenedAt.Add(-Skew) }

// judge says why a try by pass code is refused, or "". wrong are the student's wrong codes lately.
func (o openings) judge(key []byte, a *ask, wrong []model.CheckIn) string {
	r := o.newest[openingKey(a.sessionID, a.kind)]
	if r == nil || !a.at.Before(r.ClosesAt) || a.at.Before(beginning(r)) {
		return passClosed
	}
	own := 0
	for _, w := range wrong {
		if w.Reason == passWrong && w.SessionID == a.sessionID && w.Kind == a.kind && !w.ReceivedAt.Before(beginning(r)) {
			own++
		}
	}
	switch {
	case own >= passMost || r.Wrong+o.wrong[r.ID] >= passMostAll:
		return passTries
	case passLives(key, *r, a.pass, a.at):
		return ""
	default:
		o.wrong[r.ID]++
		return passWrong
	}
}

// save counts the wrong codes.
func (o openings) save(tx *gorm.DB) error {
	for _, r := range o.newest {
		if o.wrong[r.ID] == 0 {
			continue
		}
		err := tx.Model(&model.PassOpening{}).Where("id = ?", r.ID).Update("wrong", r.Wrong+o.wrong[r.ID]).Error
		if err != nil {
			return fmt.Errorf("count wrong pass codes: %w", err)
		}
	}
	return nil
}
