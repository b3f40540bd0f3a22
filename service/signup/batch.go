package signup

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
)

// operation is the name under which answers are kept for repeats.
const operation = "createSignup"

// ask is one student's request for a seat.
type ask struct {
	actor      access.Actor
	positionID int64
	note       string
	key        idem.Key
}

// answer is what became of it.
type answer struct {
	row model.Signup
	err error // a refusal
}

// call is one request on its way through a queue.
type call struct {
	ask    ask
	answer answer
}

// together answers requests in one transaction and commits it: all of them or, with an error, none.
func (s *Service) together(ctx context.Context, batch []*call) error {
	var f *facts
	var w *writes
	var full map[int64]*mark
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		if f, w, err = s.open(tx, batch); err != nil {
			return err
		}
		refused := map[int64]int{}
		for _, c := range batch {
			if c.answer, err = s.one(f, w, c.ask); err != nil {
				return err
			}
			if errors.Is(c.answer.err, ErrFull) {
				refused[c.ask.positionID]++
			}
		}
		if full, err = s.markFull(tx, f, refused); err != nil {
			return err
		}
		return s.write(tx, f, w)
	})
	if len(batch) == 1 && errors.Is(err, gorm.ErrDuplicatedKey) {
		batch[0].answer = answer{err: ErrDuplicate}
		return nil
	}
	if err == nil {
		s.remember(w.rows, full)
	}
	return err
}

// markFull reads the marks of positions that refused many at once because they are full.
func (s *Service) markFull(tx *gorm.DB, f *facts, refused map[int64]int) (map[int64]*mark, error) {
	out := map[int64]*mark{}
	for id, times := range refused {
		p := f.positions[id]
		if times < markFrom && !s.full.lasts(id) || p.Taken < p.Capacity || s.full.fresh(id) || s.Solo {
			continue
		}
		k, err := f.newMark(tx, p)
		if err != nil {
			return nil, err
		}
		if k != nil {
			out[id] = k
		}
	}
	return out, nil
}

// remember keeps the marks up to date after a commit.
func (s *Service) remember(rows []model.Signup, full map[int64]*mark) {
	for id, k := range full {
		s.full.set(id, k)
	}
	if len(rows) > 0 {
		s.full.join(rows)
	}
}

// open reads what the requests of a batch depend on, and what their keys got before.
func (s *Service) open(tx *gorm.DB, batch []*call) (*facts, *writes, error) {
	students, positions := make([]int64, len(batch)), make([]int64, len(batch))
	var callers, keys []string
	for i, c := range batch {
		students[i], positions[i] = c.ask.actor.StudentID, c.ask.positionID
		if c.ask.key.Value != "" {
			callers, keys = append(callers, idem.Caller(c.ask.actor)), append(keys, c.ask.key.Value)
		}
	}
	f, err := s.lock(tx, students, positions)
	w := &writes{}
	if err == nil {
		err = s.settle(tx, f, w)
	}
	if err == nil {
		err = f.learn(tx)
	}
	if err != nil {
		return nil, nil, err
	}
	w.answers, err = idem.Look(tx, operation, callers, keys)
	return f, w, err
}

// one answers a request: with what its key got before, or by the rules.
func (s *Service) one(f *facts, w *writes, a ask) (answer, error) {
	caller := idem.Caller(a.actor)
	var before model.Signup
	if found, err := w.answers.Replay(caller, a.key, &before); found {
		if err == nil || errors.Is(err, idem.ErrMismatch) {
			return answer{row: before, err: err}, nil
		}
		return answer{}, err
	}
	st, p := f.students[a.actor.StudentID], f.positions[a.positionID]
	if st == nil || p == nil {
		return answer{err: fault.ErrNotFound}, nil
	}
	status, err := f.judge(p, st, manner{})
	if _, refused := errors.AsType[*fault.Fault](err); refused || errors.Is(err, errUnpublished) {
		return answer{err: err}, nil
	}
	row := s.admit(f, w, a.actor, st, p, status, entry{note: a.note})
	if a.key.Value == "" {
		return answer{row: row}, nil
	}
	record, err := idem.Record(f.now, operation, caller, a.key, row)
	if err != nil {
		return answer{}, err
	}
	w.records = append(w.records, record)
	w.answers[caller+" "+a.key.Value] = record
	return answer{row: row}, nil
}

// entry is what a new signup says besides its place.
type entry struct {
	note  string
	group *int64        // it came with
	was   *model.Signup // of a merged activity; its note has been looked at

	proposal int64 // of a match round that it comes from; 0 for none
}

// admit notes a signup that the rules allow: in the facts, for those who come after, and in the writes.
func (s *Service) admit(f *facts, w *writes, actor access.Actor, st *student, p *seats, status model.SignupStatus, in entry) model.Signup {
	e := f.activities[p.ActivityID]
	id := e.ID
	row := model.Signup{
		ID: s.NewID(), LiveActivityID: &id, StudentID: st.id, ActivityID: e.ID, PositionID: p.ID, Status: status, Note: in.note, Version: 1,
		CreatedAt: f.now, UpdatedAt: f.now, GroupID: in.group, Paired: e.pairedWith(st),
	}
	data := map[string]any{"activity_id": e.ID, "position_id": p.ID}
	if in.was != nil {
		row.MergedFrom, data["merged_from"] = &in.was.ID, in.was.ID
	} else {
		w.look(actor, e, noteOf(in.note))
	}
	if in.proposal != 0 {
		data["proposal_id"] = in.proposal
	}
	if status == model.SignupConfirmed {
		p.take(row.Paired, false)
	}
	if status == model.SignupWaitlisted {
		no := p.queue()
		row.QueueNo = &no
	}
	st.live[e.ID] = struct{}{}
	st.starts = append(st.starts, e.StartsAt)
	st.busy = append(st.busy, e.slots...)
	w.rows = append(w.rows, row)
	w.acts = append(w.acts, audit.Act{Actor: actor, Entry: audit.Entry{
		Action: "signup.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: e.path, To: row.State(),
		Data: data,
	}})
	if kind, ok := told[status]; ok {
		w.tell(e, st.userID, row, kind, "")
	}
	return row
}

// told is what a student hears of a status.
var told = map[model.SignupStatus]notify.Kind{ //nolint:gochecknoglobals // a table
	model.SignupConfirmed:  notify.SignupConfirmed,
	model.SignupWaitlisted: notify.SignupWaitlisted,
	model.SignupOffered:    notify.WaitlistOffer,
	model.SignupRejected:   notify.SignupDeclined,
	model.SignupRemoved:    notify.SignupDeclined,
	model.SignupLeave:      notify.SignupLeave,

	model.SignupOfferExpired: notify.SignupDeclined,
}

// writes is what a transaction is going to write.
type writes struct {
	answers idem.Answers
	rows    []model.Signup
	records []model.IdempotencyRecord
	acts    []audit.Act
	events  []notify.Event
	texts   []content.Entry // to be looked at
}

// write writes everything in few statements and settles the waiting lists.
func (s *Service) write(tx *gorm.DB, f *facts, w *writes) error {
	if len(w.rows) > 0 {
		if err := tx.CreateInBatches(w.rows, rowsMost).Error; err != nil {
			return fmt.Errorf("insert signups: %w", err)
		}
	}
	for _, p := range f.positions {
		if err := s.fill(tx, f, w, p); err != nil {
			return err
		}
		if err := p.save(tx); err != nil {
			return err
		}
	}
	if err := idem.StoreAll(tx, w.records); err != nil {
		return err
	}
	if err := s.Audit.WriteActs(tx, w.acts); err != nil {
		return err
	}
	if err := s.Content.Later(tx, w.texts...); err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, w.events...)
}

// rowsMost is how many rows one statement writes.
const rowsMost = 200
