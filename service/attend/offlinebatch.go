package attend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/signup"
)

// Reasons of rows that were recorded without a network, beside those of a scan: of failures, and of doubts.
const (
	nonceUsed    = "nonce_used"    // of a row that comes or goes the other way
	tokenInvalid = "token_invalid" // not a token of ours, or of another session or operator
	ownInterest  = "own_interest"  // nobody records themselves
	offList      = "outside_list"  // recorded before the list was issued or after it was valid, or later than it was sent
	lateUpload   = "late_upload"   // arrived later than the policy's offline_upload_hours after the session
	clockSkew    = "clock_skew"    // the device's clock was wrong by more than the policy allows
	markedAbsent = "marked_absent" // the seat is a no-show already
)

// OfflineRow is one line that was recorded without a network.
type OfflineRow struct {
	Token string
	Nonce string // new for every line; sending it again changes nothing
	Kind  string // model.KindIn or model.KindOut
	At    time.Time
}

// OfflineUpload is what a device recorded. DeviceAt is what it takes for the time when it sends: by how much it is
// wrong is taken off every row, for the server's time counts.
type OfflineUpload struct {
	SessionID int64
	DeviceAt  time.Time
	Rows      []OfflineRow
}

// OfflineAnswer is what became of a row. ID is 0 where the token named nobody.
type OfflineAnswer struct {
	Nonce string
	model.CheckIn
}

// UploadOffline takes what somebody recorded with their list; every row is answered by itself, in the order given, and a
// repeated one gets its first answer. A row counts at the time of recording by the server's clock, if that lies within
// the validity of the list and the windows of the session. One that comes late, or from a clock that is far off, or for
// somebody who is marked absent, goes to review.
func (s *Service) UploadOffline(ctx context.Context, actor access.Actor, in OfflineUpload) ([]OfflineAnswer, error) {
	if err := actor.Require(access.CheckInOffline); err != nil {
		return nil, err
	}
	if actor.UserID == 0 {
		return nil, access.ErrDenied
	}
	var out []OfflineAnswer
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		out, err = s.uploadOffline(tx, actor, in)
		return err
	})
	return out, err
}

func (s *Service) uploadOffline(tx *gorm.DB, actor access.Actor, in OfflineUpload) ([]OfflineAnswer, error) {
	now := s.Now()
	c, err := sceneOf(tx, in.SessionID, now)
	if err == nil {
		err = actor.Check(access.CheckInOffline, c.object)
	}
	if err != nil {
		return nil, err
	}
	u := &offlineUpload{scene: c, actor: actor, now: now, skew: in.DeviceAt.Sub(now), answers: make([]*model.CheckIn, len(in.Rows))}
	u.batch = model.OfflineBatch{ID: s.NewID(), SessionID: in.SessionID, OperatorID: actor.UserID, DeviceAt: in.DeviceAt, ReceivedAt: now}
	if err := u.read(tx, s.CodeKey, in.Rows); err != nil {
		return nil, err
	}
	for _, i := range u.order(in.Rows) {
		u.judge(i, in.Rows[i], s.NewID)
	}
	if err := s.keepOffline(tx, u); err != nil {
		return nil, err
	}
	out := make([]OfflineAnswer, len(in.Rows))
	for i, row := range u.answers {
		out[i] = OfflineAnswer{in.Rows[i].Nonce, *row}
	}
	return out, nil
}

// offlineUpload is an upload while it is judged.
type offlineUpload struct {
	scene   scene
	actor   access.Actor
	now     time.Time
	skew    time.Duration // how much the device is ahead
	batch   model.OfflineBatch
	tokens  []offlineToken             // by row; session 0 where it is not good
	seats   map[int64]model.Signup     // by signup
	pairs   map[int64]model.Attendance // by signup, as the rows so far leave them
	known   map[nonce]*model.CheckIn
	answers []*model.CheckIn // by row
	rows    []*model.CheckIn // new ones
	good    []good
	scale   []weighed // of good
}

// read reads what decides about the rows: signups, pairs and earlier rows with the same nonces, with the students locked.
func (u *offlineUpload) read(tx *gorm.DB, key []byte, rows []OfflineRow) error {
	u.tokens = make([]offlineToken, len(rows))
	var signups []int64
	for i, r := range rows {
		t, ok := readOffline(key, r.Token)
		if !ok || t.session != u.scene.session.ID || t.operator != u.actor.UserID {
			continue
		}
		u.tokens[i] = t
		signups = append(signups, t.signup)
	}
	if len(signups) == 0 {
		return nil
	}
	seats := func() (found []model.Signup, err error) {
		err = tx.Where("id IN ?", signups).Find(&found).Error
		return found, err
	}
	found, err := seats()
	if err != nil {
		return fmt.Errorf("read signups: %w", err)
	}
	students := make([]int64, len(found))
	for i, r := range found {
		students[i] = r.StudentID
	}
	if err := signup.LockStudents(tx, students...); err != nil {
		return err
	}
	if found, err = seats(); err != nil { // as they are now that nobody changes them
		return fmt.Errorf("read signups: %w", err)
	}
	u.seats = make(map[int64]model.Signup, len(found))
	for _, r := range found {
		u.seats[r.ID] = r
	}
	if u.pairs, err = attendanceOf(tx, u.scene.session.ID, signups...); err != nil {
		return err
	}
	var nonces []nonce
	for i, r := range rows {
		if seat := u.seats[u.tokens[i].signup]; seat.ID != 0 {
			nonces = append(nonces, u.nonce(seat, r))
		}
	}
	if len(nonces) == 0 {
		return nil
	}
	u.known, err = byNonces(tx, nonces)
	return err
}

// nonce is a row's nonce as it is stored: those of operators never meet those of students or of each other.
func (u *offlineUpload) nonce(seat model.Signup, r OfflineRow) nonce {
	return nonce{seat.StudentID, "o" + strconv.FormatInt(u.actor.UserID, 36) + ":" + r.Nonce}
}

// order is that of recording; somebody comes before they go.
func (u *offlineUpload) order(rows []OfflineRow) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(rows[a].At.Compare(rows[b].At), cmp.Compare(rows[a].Kind, rows[b].Kind)) // IN before OUT
	})
	return order
}

// judge answers a row, and notes it when it is new.
func (u *offlineUpload) judge(i int, r OfflineRow, newID func() int64) {
	t, seat := u.tokens[i], u.seats[u.tokens[i].signup]
	if t.session == 0 || seat.ID == 0 {
		u.answers[i] = &model.CheckIn{Kind: r.Kind, Method: model.MethodOffline, Verdict: model.VerdictFailed, Reason: tokenInvalid, LogicalAt: u.time(r), ReceivedAt: u.now}
		u.batch.Unknown++
		return
	}
	key := u.nonce(seat, r)
	if row, found := u.known[key]; found {
		if u.answers[i] = row; row.Kind != r.Kind {
			u.answers[i] = &model.CheckIn{Kind: r.Kind, Method: model.MethodOffline, SignupID: seat.ID, Verdict: model.VerdictFailed, Reason: nonceUsed, LogicalAt: u.time(r), ReceivedAt: u.now}
		}
		return
	}
	row := &model.CheckIn{
		ID: newID(), StudentID: seat.StudentID, Nonce: key.value, SignupID: seat.ID, SessionID: t.session, Kind: r.Kind, Method: model.MethodOffline,
		LogicalAt: u.time(r), ReceivedAt: u.now, Verdict: model.VerdictOK, OperatorID: u.actor.UserID, BatchID: &u.batch.ID,
	}
	now := attempt{scene: u.scene, signup: seat, attendance: u.pairs[seat.ID]}
	if row.Reason = u.refuse(now, t, *row); row.Reason != "" {
		row.Verdict = model.VerdictFailed
		u.batch.Failed++
	} else {
		u.accept(now.with(row), row)
	}
	u.batch.Total++
	u.rows, u.known[key] = append(u.rows, row), row
	u.answers[i] = row
}

// accept notes a row that counts, with what it does to its pair.
func (u *offlineUpload) accept(t attempt, row *model.CheckIn) {
	doubts := u.doubts(t.signup)
	if len(doubts) > 0 {
		u.batch.Doubtful++
	}
	u.good = append(u.good, good{actor: u.actor, try: t, row: row})
	u.scale = append(u.scale, weighed{row: row, session: u.scene.session, policy: u.scene.policy, doubts: doubts})
	u.pairs[row.SignupID] = t.attendance
}

// time is when a row was recorded, by the server's clock.
func (u *offlineUpload) time(r OfflineRow) time.Time {
	return r.At.Add(-u.skew).UTC().Truncate(time.Millisecond)
}

// refuse says why a row does not count, or "".
func (u *offlineUpload) refuse(now attempt, t offlineToken, row model.CheckIn) string {
	_, closes := u.scene.window(model.KindOut)
	in := now.attendance.InAt
	switch {
	case u.actor.NotOwn([]int64{row.StudentID}, nil) != nil:
		return ownInterest
	case row.LogicalAt.Before(t.issued) || !row.LogicalAt.Before(t.until) || row.LogicalAt.After(u.now):
		return offList
	case u.now.After(closes.Add(u.scene.policy.Makeup())):
		return tooLate
	case !slices.Contains(mayHaveCome, now.signup.Status):
		return noSignup
	case row.Kind == model.KindOut && in != nil && row.LogicalAt.Before(*in):
		return notIn
	}
	return now.decide(row.Kind, row.LogicalAt)
}

// mayHaveCome are the states of a signup whose student may have been there.
var mayHaveCome = []model.SignupStatus{model.SignupConfirmed, model.SignupCompleted, model.SignupNoShow} //nolint:gochecknoglobals // a table

// doubts say why a person must look at a row that counts.
func (u *offlineUpload) doubts(seat model.Signup) (all []string) {
	add := func(doubtful bool, code string) {
		if doubtful {
			all = append(all, code)
		}
	}
	add(u.skew.Abs() > u.scene.policy.OfflineSkew(), clockSkew)
	add(seat.Status == model.SignupNoShow, markedAbsent)
	add(u.now.After(u.scene.session.EndsAt.Add(u.scene.policy.OfflineUpload())), lateUpload)
	return all
}

// keepOffline stores what is new and makes the good rows count.
func (s *Service) keepOffline(tx *gorm.DB, u *offlineUpload) error {
	u.batch.Total, u.batch.Failed = u.batch.Total+u.batch.Unknown, u.batch.Failed+u.batch.Unknown
	if u.batch.Total == 0 {
		return nil // all of it was here before
	}
	if err := tx.Create(&u.batch).Error; err != nil {
		return fmt.Errorf("store offline batch: %w", err)
	}
	if _, err := s.weigh(tx, u.scale); err != nil {
		return err
	}
	if len(u.rows) > 0 {
		if err := tx.CreateInBatches(u.rows, rowsMost).Error; err != nil {
			return fmt.Errorf("store check-ins: %w", err)
		}
	}
	if err := s.keep(tx, u.scale); err != nil {
		return err
	}
	if err := s.enact(tx, u.good); err != nil {
		return err
	}
	return s.Audit.Write(tx, u.actor, audit.Entry{
		Action: "check_in.offline_batch", Object: u.batch.TableName(), ObjectID: u.batch.ID, OrgPath: u.scene.path,
		Data: map[string]any{"session_id": u.batch.SessionID, "rows": u.batch.Total, "doubtful": u.batch.Doubtful, "failed": u.batch.Failed, "skew_ms": u.skew.Milliseconds()},
	})
}
