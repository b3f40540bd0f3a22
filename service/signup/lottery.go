package signup

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/matching/lottery"
	"baodao/service/read"
)

// ErrNoLottery says that an activity does not draw lots.
var ErrNoLottery = fault.Define(fault.NotFound, "lottery.none", "这个活动不抽签。", "This activity draws no lots.")

// Announce promises the result of a lottery before anybody enters: it stores the commitment of the seed when the activity is
// published. Other ways of signing up need nothing.
func (s *Service) Announce(tx *gorm.DB, a model.Activity) error {
	if a.SignupMode != model.SignupLottery {
		return nil
	}
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("make nonce of lottery: %w", err)
	}
	commitment := lottery.Commit(s.seed(a.ID, nonce))
	row := model.Lottery{ActivityID: a.ID, Nonce: nonce, Commitment: commitment[:], CreatedAt: s.Now()}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("announce lottery: %w", err)
	}
	return nil
}

// seed is what the draw of an activity follows from. Whoever has the database only does not know it.
func (s *Service) seed(activityID int64, nonce []byte) (seed [32]byte) {
	mac := hmac.New(sha256.New, s.SeedKey)
	mac.Write([]byte(strconv.FormatInt(activityID, 10)))
	mac.Write(nonce)
	copy(seed[:], mac.Sum(nil))
	return seed
}

// DrawDue draws the lotteries whose entries have closed, up to n, and tells how many there were.
func (s *Service) DrawDue(ctx context.Context, n int) (int, error) {
	var due []int64
	err := s.DB.WithContext(ctx).Table("lotteries AS l").Joins("JOIN activities AS a ON a.id = l.activity_id").
		Where("l.drawn_at IS NULL AND a.status = ? AND a.signup_closes_at <= ?", model.ActivityPublished, s.Now()).
		Order("a.signup_closes_at").Limit(n).Pluck("l.activity_id", &due).Error
	if err != nil {
		return 0, fmt.Errorf("look for lotteries: %w", err)
	}
	for _, id := range due {
		if one := s.draw(ctx, id); one != nil {
			err = errors.Join(err, fmt.Errorf("draw lots of activity %d: %w", id, one)) // the others are not to suffer for it
		}
	}
	return len(due), err
}

// draw gives the seats of an activity by lot, all positions at once, publishes the seed and tells everybody. Drawing twice
// changes nothing.
func (s *Service) draw(ctx context.Context, activityID int64) error {
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var positions []int64
		if err := tx.Model(&model.Position{}).Where("activity_id = ?", activityID).Order("id").Pluck("id", &positions).Error; err != nil {
			return fmt.Errorf("read positions: %w", err)
		}
		f, err := s.lock(tx, nil, positions)
		if err != nil {
			return err
		}
		row, err := read.One[model.Lottery](atomic.ForUpdate(tx).Where("activity_id = ?", activityID), "lottery")
		if err != nil {
			return err
		}
		e := f.activities[activityID]
		if row.DrawnAt != nil || e.Status != model.ActivityPublished || f.now.Before(e.SignupClosesAt) {
			return nil
		}
		seed, w := s.seed(activityID, row.Nonce), &writes{}
		for _, id := range positions {
			if err := s.drawPosition(tx, f, w, f.positions[id], seed); err != nil {
				return err
			}
		}
		res := tx.Model(&model.Lottery{}).Where("activity_id = ? AND drawn_at IS NULL", activityID).Updates(map[string]any{"seed": seed[:], "drawn_at": f.now})
		if res.Error != nil {
			return fmt.Errorf("publish seed: %w", res.Error)
		}
		w.acts = append(w.acts, audit.Act{Actor: access.System("lottery"), Entry: audit.Entry{
			Action: "lottery.draw", Object: e.TableName(), ObjectID: e.ID, OrgPath: e.path, Data: map[string]any{"seed": hex.EncodeToString(seed[:])},
		}})
		return s.write(tx, f, w)
	})
}

// drawPosition draws the entries of one position.
func (s *Service) drawPosition(tx *gorm.DB, f *facts, w *writes, p *seats, seed [32]byte) error {
	e := f.activities[p.ActivityID]
	var rows []*model.Signup
	if err := tx.Where("position_id = ? AND status = ?", p.ID, model.SignupInLottery).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("read entries: %w", err)
	}
	entries, err := weigh(tx, e, rows)
	if err != nil {
		return err
	}
	stake := lottery.Stake{ActivityID: e.ID, PositionID: p.ID, Capacity: p.Capacity - p.Taken}
	order, err := lottery.Order(seed, stake, entries)
	if err != nil {
		return fmt.Errorf("draw: %w", err)
	}
	won, lost := lottery.Seats(order, entries, stake.Capacity)
	if err := store(tx, stake, entries, order, won); err != nil {
		return err
	}
	byID := make(map[int64]*model.Signup, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	if err := s.deal(tx, w, e, p, pick(byID, won), model.SignupConfirmed); err != nil {
		return err
	}
	to := model.SignupLostLottery
	if e.Waitlist && f.now.Before(e.cutoff()) {
		to = model.SignupWaitlisted
	}
	return s.deal(tx, w, e, p, pick(byID, lost), to)
}

// weigh gives entries their weights: who still lacks the one practice that everybody is to have weighs more.
func weigh(tx *gorm.DB, e *event, rows []*model.Signup) ([]lottery.Entry, error) {
	base, first := e.policy.Weights()
	students := make([]int64, len(rows))
	for i, r := range rows {
		students[i] = r.StudentID
	}
	from, to := e.policy.Year(e.lastDay())
	served := map[int64]bool{}
	for part := 0; part < len(students); part += rowsMost {
		var some []int64
		err := tx.Model(&model.HoursEntry{}).Where("student_id IN ? AND programme_id = ? AND served_on >= ? AND served_on < ?",
			students[part:min(part+rowsMost, len(students))], e.ProgrammeID, from, to).
			Group("student_id").Having("SUM(minutes) > 0").Pluck("student_id", &some).Error
		if err != nil {
			return nil, fmt.Errorf("read who has served: %w", err)
		}
		for _, id := range some {
			served[id] = true
		}
	}
	out := make([]lottery.Entry, len(rows))
	for i, r := range rows {
		out[i] = lottery.Entry{ID: r.ID, Weight: first, Seats: 1}
		if served[r.StudentID] {
			out[i].Weight = base
		}
	}
	return out, nil
}

// store keeps everything that the order followed from, so that anyone can draw it again.
func store(tx *gorm.DB, stake lottery.Stake, entries []lottery.Entry, order, won []int64) error {
	digest := lottery.Digest(stake, entries)
	draw := model.LotteryDraw{ActivityID: stake.ActivityID, PositionID: stake.PositionID, Capacity: stake.Capacity, Entries: int64(len(entries)), Digest: digest[:]}
	if err := tx.Create(&draw).Error; err != nil {
		return fmt.Errorf("store draw: %w", err)
	}
	weights, lucky := make(map[int64]int64, len(entries)), make(map[int64]bool, len(won))
	for _, e := range entries {
		weights[e.ID] = e.Weight
	}
	for _, id := range won {
		lucky[id] = true
	}
	rows := make([]model.LotteryEntry, len(order))
	for i, id := range order {
		rows[i] = model.LotteryEntry{PositionID: stake.PositionID, Place: int64(i + 1), SignupID: id, Weight: weights[id], Won: lucky[id]}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.CreateInBatches(rows, rowsMost).Error; err != nil {
		return fmt.Errorf("store order: %w", err)
	}
	return nil
}

func pick(byID map[int64]*model.Signup, ids []int64) []*model.Signup {
	out := make([]*model.Signup, len(ids))
	for i, id := range ids {
		out[i] = byID[id]
	}
	return out
}

// deal makes what came out of the draw true for entries in their drawn order.
func (s *Service) deal(tx *gorm.DB, w *writes, e *event, p *seats, rows []*model.Signup, to model.SignupStatus) error {
	users, err := usersOf(tx, rows)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		part := rows[:min(len(rows), rowsMost)]
		rows = rows[len(part):]
		set := map[string]any{}
		switch to {
		case model.SignupConfirmed:
			for _, r := range part {
				p.take(r.Paired, false)
			}
		case model.SignupWaitlisted:
			set["queue_no"] = numbers(part, p)
		default:
			set = gone("")
		}
		err := audit.MoveAll(tx, s.Audit, access.System("lottery"), part, audit.Move{Action: "lottery.deal", To: string(to), OrgPath: e.path, Set: set})
		if err != nil {
			return err
		}
		for _, r := range part {
			now := *r
			now.Status, now.Version = to, r.Version+1
			kind, ok := told[to]
			if !ok {
				kind = told[model.SignupRejected]
			}
			w.tell(e, users[r.StudentID], now, kind, "")
		}
	}
	return nil
}

// numbers gives each signup the next number of the waiting list, in one expression.
func numbers(rows []*model.Signup, p *seats) any {
	var b strings.Builder
	args := make([]any, 0, 2*len(rows))
	b.WriteString("CASE id")
	for _, r := range rows {
		b.WriteString(" WHEN ? THEN ?")
		args = append(args, r.ID, p.queue())
	}
	b.WriteString(" END")
	return gorm.Expr(b.String(), args...)
}
