package attend

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/batch"
	"baodao/service/fault"
	"baodao/service/signup"
)

// ask is one try on its way through a queue: what is known before anything is read, and what became of it.
type ask struct {
	actor     access.Actor
	method    string
	studentID int64 // who comes or goes, 0 if the code names nobody
	nonce     string
	at        time.Time // when it arrived: that counts
	sessionID int64     // 0 if the code names none
	kind      string
	reason    string // why it fails whatever is read, empty if it may be good
	pass      string // a spoken code; model.MethodPassCode only
	evidence  Evidence

	row *model.CheckIn
	err error // a refusal that is not stored
}

// Shards: how many queues run side by side, each with students of its own. SQLite has one writer.
const (
	shards     = 4
	soloShards = 64 // as many as there are connections: nobody waits for a request beside it
)

// queueOf is the queue in which the tries of a student wait.
func (s *Service) queueOf(studentID int64) *batch.Queue[ask] {
	s.once.Do(func() {
		n, most := shards, batch.Most
		if s.DB.Name() == "sqlite" {
			n = 1
		}
		if s.Solo {
			n, most = soloShards, 1
		}
		for range n {
			s.queues = append(s.queues, &batch.Queue[ask]{Run: s.together, Most: most})
		}
	})
	return s.queues[studentID%int64(len(s.queues))]
}

// together answers tries in one transaction: all of them or, with an error, none.
func (s *Service) together(ctx context.Context, asks []*ask) error {
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		f, err := s.learn(tx, asks)
		if err != nil {
			return err
		}
		for _, a := range asks {
			a.row, a.err = nil, nil
			s.answer(f, a)
		}
		return s.put(tx, f)
	})
}

// facts is everything that the answers to some tries depend on, read behind the locks of their students in a number of
// statements that does not grow with them, and kept up to date while they are answered one after the other.
type facts struct {
	before   map[nonce]*model.CheckIn
	wrong    map[int64][]model.CheckIn // wrong codes of students lately, oldest first
	scenes   map[int64]scene
	objects  map[int64]access.Object   // of activities whose staff scan
	seats    map[pair]model.Signup     // by activity and student
	pairs    map[pair]model.Attendance // by signup and session
	openings openings

	rows  []*model.CheckIn
	good  []good
	scale []weighed // of good
}

// good is a try that counts.
type good struct {
	actor  access.Actor
	try    attempt
	row    *model.CheckIn
	reason string // of staff

	corrected bool // staff said later when it was
}

// judged are the columns of an activity that an answer depends on.
var judged = []string{"id", "programme_id", "project_id", "org_id", "campus_org_id", "host_org_id", "status", "counts_as_volunteer", "published_at"} //nolint:gochecknoglobals // a table

// learn locks the students and reads.
func (s *Service) learn(tx *gorm.DB, asks []*ask) (*facts, error) {
	var students, sessions []int64
	nonces := make([]nonce, len(asks))
	since := asks[0].at
	for i, a := range asks {
		nonces[i] = nonce{a.studentID, a.nonce}
		if a.studentID != 0 {
			students = append(students, a.studentID)
		}
		if a.sessionID != 0 {
			sessions = append(sessions, a.sessionID)
		}
		if a.at.Before(since) {
			since = a.at
		}
	}
	f := &facts{}
	if len(students) > 0 {
		if err := signup.LockStudents(tx, students...); err != nil {
			return nil, err
		}
	}
	var err error
	if f.openings, err = openingsFor(tx, asks); err != nil {
		return nil, err
	}
	if f.before, err = byNonces(tx, nonces); err != nil {
		return nil, err
	}
	if f.wrong, err = wrongTries(tx, distinct(students), f.openings.since(since.Add(-wrongCodesIn))); err != nil {
		return nil, err
	}
	if f.scenes, err = scenesOf(tx, distinct(sessions), judged...); err != nil {
		return nil, err
	}
	if err := f.learnObjects(tx, asks); err != nil {
		return nil, err
	}
	err = f.learnPairs(tx, asks)
	return f, err
}

// learnPairs reads who has a seat, and what is known of them.
func (f *facts) learnPairs(tx *gorm.DB, asks []*ask) (err error) {
	var students, pairs []pair
	for _, a := range asks {
		if c, ok := f.scenes[a.sessionID]; ok && a.studentID != 0 {
			students = append(students, pair{c.activity.ID, a.studentID})
		}
	}
	if f.seats, err = seatsIn(tx, students); err != nil {
		return err
	}
	for _, a := range asks {
		if row, ok := f.seats[pair{f.scenes[a.sessionID].activity.ID, a.studentID}]; ok {
			pairs = append(pairs, pair{row.ID, a.sessionID})
		}
	}
	f.pairs, err = attendanceIn(tx, pairs)
	return err
}

// answer answers one try: with what its nonce got before, or by the rules.
func (s *Service) answer(f *facts, a *ask) {
	staff := a.method == model.MethodStaffScan
	if staff {
		if a.err = f.allow(a); a.err != nil {
			return
		}
	}
	key := nonce{a.studentID, a.nonce}
	if row, found := f.before[key]; found {
		if a.row = row; row.Verdict != model.VerdictFailed && a.kind != "" && (row.Kind != a.kind || row.SessionID != a.sessionID) {
			a.row, a.err = nil, ErrNonceUsed
		}
		return
	}
	if !staff {
		if a.err = f.limit(a); a.err != nil {
			return
		}
	}
	row := &model.CheckIn{
		ID: s.NewID(), StudentID: a.studentID, Nonce: a.nonce, SessionID: a.sessionID, Kind: a.kind, Method: a.method,
		LogicalAt: a.at, ReceivedAt: a.at, Verdict: model.VerdictOK,
	}
	if staff {
		row.OperatorID = a.actor.UserID
	}
	t := s.judge(f, a)
	row.SignupID = t.signup.ID
	if a.method == model.MethodPassCode && t.reason == passClosed && t.scene.session.ID == 0 {
		row.SessionID, row.Kind = 0, "" // there is no such session
	}
	if t.reason != "" {
		row.Verdict, row.Reason = model.VerdictFailed, t.reason
	} else {
		t = t.with(row)
		f.pairs[pair{row.SignupID, row.SessionID}] = t.attendance
		f.good = append(f.good, good{actor: a.actor, try: t, row: row})
		f.scale = append(f.scale, weighed{row: row, session: t.scene.session, policy: t.scene.policy, evidence: a.evidence})
	}
	if slices.Contains(wrongReasons, t.reason) && !staff {
		f.wrong[a.studentID] = append(f.wrong[a.studentID], *row)
	}
	f.before[key], a.row = row, row
	f.rows = append(f.rows, row)
}

// limit refuses a student who has sent too many wrong codes within a minute. Rows from beyond the next minute were written
// before the clock was set back: they do not count.
func (f *facts) limit(a *ask) error {
	var lately []time.Time
	for _, r := range f.wrong[a.studentID] {
		if age := a.at.Sub(r.ReceivedAt); age < wrongCodesIn && age > -wrongCodesIn {
			lately = append(lately, r.ReceivedAt)
		}
	}
	if len(lately) < wrongCodes {
		return nil
	}
	return fault.ErrRate.After(lately[len(lately)-wrongCodes].Add(wrongCodesIn).Sub(a.at))
}

// judge decides about a try.
func (s *Service) judge(f *facts, a *ask) attempt {
	c, known := f.scenes[a.sessionID]
	switch {
	case a.reason != "":
		return attempt{reason: a.reason}
	case !known && a.method == model.MethodPassCode:
		return attempt{reason: passClosed}
	case !known:
		return attempt{reason: codeInvalid} // the session was taken away after its code was shown
	}
	t := attempt{scene: c, signup: f.seats[pair{c.activity.ID, a.studentID}]}
	t.attendance = f.pairs[pair{t.signup.ID, a.sessionID}]
	if t.reason = t.decide(a.kind, a.at); t.reason == "" && a.method == model.MethodPassCode {
		t.reason = f.openings.judge(s.CodeKey, a, f.wrong[a.studentID])
	}
	return t
}

// rowsMost is how many rows one statement writes.
const rowsMost = 200

// put writes everything in few statements.
func (s *Service) put(tx *gorm.DB, f *facts) error {
	if len(f.rows) == 0 {
		return nil
	}
	if _, err := s.weigh(tx, f.scale); err != nil {
		return err
	}
	if err := tx.CreateInBatches(f.rows, rowsMost).Error; err != nil {
		return fmt.Errorf("store check-ins: %w", err)
	}
	if err := s.keep(tx, f.scale); err != nil {
		return err
	}
	if err := f.openings.save(tx); err != nil {
		return err
	}
	return s.enact(tx, f.good)
}
