package signup

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/read"
	"baodao/service/text"
)

// mergeMost is how many signups are moved at once.
const mergeMost = 2000

// merger is a merged activity on its way into another one.
type merger struct {
	project.Merger
	s      *Service
	actor  access.Actor
	f      *facts
	w      *writes
	groups map[int64]*model.SignupGroup // of the other activity, by the group that each goes on from
	asOne  map[int64]bool               // groups that get their seats together
	gone   map[string][]*model.Signup   // by what they are told
}

// MergeActivity moves everybody out of an activity that the caller has merged into another one: their signups end, and each of
// them is judged for a new one as everybody is: those with seats first, then the waiting list in its order, then the others.
// Whoever gets no seat waits where the other activity lets people wait; whoever may not come is free. All are told in words.
// Cancelling or missing what one did not ask for costs nothing.
// Errors: project.ErrAgain, project.ErrMergeEnough, project.ErrMergeMany.
func (s *Service) MergeActivity(tx *gorm.DB, actor access.Actor, in project.Merger) error {
	m := &merger{Merger: in, s: s, actor: actor, w: &writes{}, groups: map[int64]*model.SignupGroup{}, asOne: map[int64]bool{}, gone: map[string][]*model.Signup{}}
	live, err := m.open(tx)
	if err != nil {
		return err
	}
	if err := m.readGroups(tx, live); err != nil {
		return err
	}
	for _, row := range live {
		m.f.positions[row.PositionID].let(row)
		m.f.students[row.StudentID].leave(m.f.activities[m.From.ID])
	}
	for _, party := range m.parties(live) {
		if err := m.move(party); err != nil {
			return err
		}
	}
	s.full.drop(m.f)
	return m.write(tx)
}

// open locks the students, then the positions of both activities, and reads who is to be moved and what the rules ask.
func (m *merger) open(tx *gorm.DB) ([]*model.Signup, error) {
	var students []int64
	if err := tx.Model(&model.Signup{}).Where("live_activity_id = ?", m.From.ID).Limit(mergeMost+1).Pluck("student_id", &students).Error; err != nil {
		return nil, fmt.Errorf("read who signed up: %w", err)
	}
	if len(students) > mergeMost {
		return nil, project.ErrMergeMany
	}
	positions := slices.Concat(slices.Collect(maps.Keys(m.Positions)), slices.Collect(maps.Values(m.Positions)))
	f, err := m.s.lock(tx, students, positions)
	if err != nil {
		return nil, err
	}
	m.f = f
	if err := m.s.settle(tx, f, m.w); err != nil {
		return nil, err
	}
	var live []*model.Signup
	if err := tx.Where("live_activity_id = ?", m.From.ID).Order("id").Find(&live).Error; err != nil {
		return nil, fmt.Errorf("read signups: %w", err)
	}
	come := int64(0)
	for _, row := range live {
		if f.students[row.StudentID] == nil {
			return nil, project.ErrAgain // signed up before the position was locked
		}
		if row.Status.Seated() || row.Status == model.SignupInLottery {
			come++
		}
	}
	if come >= m.From.MinTurnout {
		return nil, project.ErrMergeEnough
	}
	if err := m.readDraw(tx); err != nil {
		return nil, err
	}
	return live, f.learn(tx)
}

// readDraw finds out whether the lots of the other activity are drawn: who comes later, comes after them.
func (m *merger) readDraw(tx *gorm.DB) error {
	if m.Into.SignupMode != model.SignupLottery {
		return nil
	}
	row, err := read.One[model.Lottery](tx.Where("activity_id = ?", m.Into.ID), "lottery")
	if err == nil {
		m.f.activities[m.Into.ID].drawn = row.DrawnAt != nil
	}
	return err
}

// readGroups reads the groups that some of the signups came with; they go on as groups of the other activity.
func (m *merger) readGroups(tx *gorm.DB, live []*model.Signup) error {
	var ids []int64
	for _, row := range live {
		if row.GroupID != nil {
			ids = append(ids, *row.GroupID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []model.SignupGroup
	if err := tx.Where("id IN ?", sorted(ids)).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("read groups: %w", err)
	}
	for _, g := range rows {
		m.asOne[g.ID] = g.AllOrNone
		next := g
		next.ID, next.ActivityID, next.PositionID, next.Members, next.CreatedAt = m.s.NewID(), m.Into.ID, m.Positions[g.PositionID], 0, m.f.now
		m.groups[g.ID] = &next
	}
	return nil
}

// leave forgets what an activity took of a student's time.
func (st *student) leave(e *event) {
	delete(st.live, e.ID)
	st.busy = slices.DeleteFunc(st.busy, func(s slot) bool { return s.activityID == e.ID })
	if i := slices.IndexFunc(st.starts, e.StartsAt.Equal); i >= 0 {
		st.starts = slices.Delete(st.starts, i, i+1)
	}
}

// parties are the signups in the order in which they are judged; a group that gets its seats together comes as one.
func (m *merger) parties(live []*model.Signup) [][]*model.Signup {
	rank := func(r *model.Signup) int64 {
		switch {
		case r.Status.Seated():
			return 0
		case r.QueueNo != nil:
			return *r.QueueNo
		default:
			return 1 << 62
		}
	}
	slices.SortStableFunc(live, func(a, b *model.Signup) int { return cmp.Compare(rank(a), rank(b)) })
	type group struct {
		id     int64
		seated bool
	}
	var out [][]*model.Signup
	at := map[group]int{}
	for _, row := range live {
		if row.GroupID == nil || !m.asOne[*row.GroupID] {
			out = append(out, []*model.Signup{row})
			continue
		}
		key := group{*row.GroupID, row.Status.Seated()}
		i, known := at[key]
		if !known {
			i = len(out)
			at[key], out = i, append(out, nil)
		}
		out[i] = append(out[i], row)
	}
	return out
}

// move judges a party for its new position and notes what becomes of it.
func (m *merger) move(party []*model.Signup) error {
	p := m.f.positions[m.Positions[party[0].PositionID]]
	e := m.f.activities[p.ActivityID]
	var fit []*model.Signup
	var ids []int64
	var status model.SignupStatus
	for _, row := range party {
		got, err := m.f.judge(p, m.f.students[row.StudentID], manner{byUnit: row.GroupID != nil, was: row})
		if why, refused := errors.AsType[*fault.Fault](err); refused {
			m.end(row, notify.Both(why.ZH, why.EN))
			continue
		}
		if err != nil {
			return err
		}
		if status == "" || got != model.SignupConfirmed {
			status = got // one who has to wait makes all wait
		}
		fit, ids = append(fit, row), append(ids, row.StudentID)
	}
	status, err := p.asOne(e, m.f, status, ids)
	for _, row := range fit {
		if err != nil {
			m.end(row, notify.Both(ErrFull.ZH, ErrFull.EN))
			continue
		}
		m.take(p, row, status)
	}
	return nil
}

// movedTo is what a student hears of the new signup.
var movedTo = map[model.SignupStatus]notify.Words{ //nolint:gochecknoglobals // a table
	model.SignupConfirmed:     notify.Both("您的报名已转过去，已录取。", "Your sign-up goes along, and you have a seat."),
	model.SignupWaitlisted:    notify.Both("您的报名已转过去，在候补名单中。", "Your sign-up goes along, on the waiting list."),
	model.SignupPendingReview: notify.Both("您的报名已转过去，等待审核。", "Your sign-up goes along and waits to be looked at."),
	model.SignupInLottery:     notify.Both("您的报名已转过去，等待抽签。", "Your sign-up goes along, into the lottery."),
}

// take gives a student the new signup.
func (m *merger) take(p *seats, row *model.Signup, status model.SignupStatus) {
	in := entry{note: row.Note, was: row}
	if row.GroupID != nil {
		g := m.groups[*row.GroupID]
		g.Members++
		in.group = &g.ID
	}
	m.s.admit(m.f, m.w, m.actor, m.f.students[row.StudentID], p, status, in)
	m.end(row, movedTo[status])
}

// end notes that the old signup ends, and tells the student what that means.
func (m *merger) end(row *model.Signup, what notify.Words) {
	what = notify.Both(
		fmt.Sprintf("已并入“%s”：%s（%s）", m.Into.Title, what.ZH, m.Reason), fmt.Sprintf("It is merged into “%s”. %s (%s)", m.Into.Title, what.EN, m.Reason),
	)
	m.gone[what.ZH] = append(m.gone[what.ZH], row)
	user := m.f.students[row.StudentID].userID
	if user == 0 {
		return
	}
	m.w.events = append(m.w.events, notify.Event{
		Kind: notify.ActivityCancelled, UserIDs: []int64{user}, Fact: []string{strconv.FormatInt(m.From.ID, 10)}, Object: m.From.TableName(), ObjectID: m.From.ID,
		Data: map[string]notify.Words{"activity": notify.Own(m.From.Title), "time": notify.When(m.From.StartsAt), "reason": what},
	})
}

// write ends the old signups and writes the new ones.
func (m *merger) write(tx *gorm.DB) error {
	path := m.f.activities[m.From.ID].path
	for _, what := range slices.Sorted(maps.Keys(m.gone)) {
		err := audit.MoveAll(tx, m.s.Audit, m.actor, m.gone[what], audit.Move{
			Action: "signup.merge", To: string(model.SignupRemoved), Reason: text.Cut(what, maxReason), OrgPath: path, Set: gone(what),
		})
		if err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.groups)) {
		if g := m.groups[id]; g.Members > 0 {
			if err := tx.Create(g).Error; err != nil {
				return fmt.Errorf("insert group: %w", err)
			}
		}
	}
	return m.s.write(tx, m.f, m.w)
}
