package round_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/round"
)

var errDisk = errors.New("the disk is full")

// A replica that fails after it lost its lease lets go of nothing that is somebody else's.
func TestAFailureLetsGoOfTheOwnLeaseOnly(t *testing.T) {
	t.Parallel()
	m := newMill(t, 200, 20)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	slow, batches := m.replica("slow"), 0
	round.InBatchesOf(slow, 50)
	round.Interrupt(slow, func(model.RoundStatus) error {
		if batches++; batches < 4 {
			return nil
		}
		m.Clock.Add(31 * time.Second)
		if err := m.dies(m.killed("other", 3)); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		return errDisk
	})
	if _, err := slow.Advance(m.ctx(), 20); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	if r := m.row(id); r.LeaseOwner != "other" || r.LeaseUntil == nil || r.Failures != 1 || r.Failure == errDisk.Error() {
		t.Fatalf("%q until %v, %q", r.LeaseOwner, r.LeaseUntil, r.Failure)
	}
}

// What nobody is to see yet, and what only those who run a round do.
func TestWhatIsSeenOfARound(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	host, student := m.Staff("干事", access.HostStaff, m.hosts[0]), m.Student("学生", m.Branch)
	id := m.open()
	if _, err := m.s.Freeze(m.ctx(), m.officer, id); !errors.Is(err, round.ErrTooEarly) {
		t.Fatalf("frozen while lists are made: %v", err)
	}
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	m.draw(id)
	m.work(m.s)
	own, err := m.s.Get(m.ctx(), m.officer, id)
	if err != nil || own.Secret != nil || own.Placed == 0 || own.ResultDigest == nil || own.Revealed == nil || own.CreatedBy == 0 {
		t.Fatalf("%+v %v", own, err)
	}
	others, err := m.s.Get(m.ctx(), student, id)
	if err != nil || others.Secret != nil || others.Placed != 0 || others.ResultDigest != nil || others.Revealed != nil || others.CreatedBy != 0 || others.DrawnBy != nil {
		t.Fatalf("%+v %v", others, err)
	}
	if _, err := m.s.Seats(m.ctx(), host, id, m.positions[0]); !errors.Is(err, round.ErrNotOut) {
		t.Fatalf("the seats before the round is out: %v", err)
	}
	if _, err := m.s.Export(m.ctx(), m.officer, id); !errors.Is(err, access.ErrStepUp) {
		t.Fatalf("handed out to who has signed in long ago: %v", err)
	}
	m.handedOut(id)
	var noted int64
	if err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action = ?", id, "match_round.export").Count(&noted).Error; err != nil || noted != 1 {
		t.Errorf("noted %d times: %v", noted, err)
	}
}

// A list that comes while the round is being frozen is not written.
func TestAListComesTooLate(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	f.put("orgs", f.University.ID, map[string]any{"lat_e6": 36_659_000, "lng_e6": 117_120_000})
	r, me := f.out(model.RoundOpen), f.willing(f.Branch)
	f.put("match_rounds", r.ID, map[string]any{"wishes_until": f.Clock.Now().Add(time.Hour)})
	late := f.DB.Callback().Create().After("gorm:create").Register("late", func(tx *gorm.DB) {
		if tx.Statement.Table == (model.MatchWish{}).TableName() {
			f.Clock.Add(time.Hour)
		}
	})
	if late != nil {
		t.Fatal(late)
	}
	_, err := f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: []int64{f.position.ID}})
	is(t, err, round.ErrWishesOver)
	var n int64
	if err := f.DB.Model(&model.MatchWish{}).Where("round_id = ?", r.ID).Count(&n).Error; err != nil || n != 0 {
		t.Errorf("%d lists: %v", n, err)
	}
}

// What was answered between the look and the lock does not lapse, and does not hold the others up.
func TestWhatWasAnsweredMeanwhileDoesNotLapse(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	_, rows := f.proposed(4)
	f.Clock.Add(24 * time.Hour)
	once := true
	err := f.DB.Callback().Query().After("gorm:query").Register("meanwhile", func(tx *gorm.DB) {
		if ids, ok := tx.Statement.Dest.(*[]int64); once && ok && slices.Contains(*ids, rows[1].ID) {
			once = false
			f.put("match_proposals", rows[1].ID, map[string]any{"status": model.ProposalRejected, "rejected_by": "STUDENT"})
			f.put("match_proposals", rows[3].ID, map[string]any{"answers_until": f.Clock.Now().Add(time.Hour)})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.s.Lapse(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if got := f.stand(rows...); once || got != "LAPSED, REJECTED STUDENT, LAPSED, PROPOSED" {
		t.Errorf("got %s", got)
	}
}

// Nobody answers for a host about themselves.
func TestNobodyAnswersAboutThemselves(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	students, rows := f.proposed(1)
	f.clerk.StudentID = students[0].StudentID
	for _, yes := range []bool{true, false} {
		if _, err := f.says(yes, "OTHER", rows...); !errors.Is(err, access.ErrOwnInterest) {
			t.Errorf("got %v", err)
		}
	}
	var refused *fault.Fault
	if _, err := f.s.Close(t.Context(), f.Staff("校团委", access.CommitteeOfficer, f.University), f.round.ID); !errors.As(err, &refused) || !errors.Is(refused, round.ErrAnswers) {
		t.Errorf("closed while an answer is awaited: %v", err)
	}
}

// Who does not want to any more, or has left the scope, takes no part whatever their list says.
func TestWhoDoesNotTakePart(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	id := m.open()
	m.write(func(tx *gorm.DB) error {
		return errors.Join(
			tx.Model(&model.Willingness{}).Where("student_id = ?", m.students[0]).UpdateColumn("willing", false).Error,
			tx.Model(&model.StudentProfile{}).Where("id = ?", m.students[1]).UpdateColumn("branch_id", m.Community.ID).Error)
	})
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	var in []int64
	err := m.DB.Model(&model.RoundInput{}).Where("round_id = ? AND side = ?", id, model.SideAsking).Order("seq").Pluck("ref_id", &in).Error
	if err != nil || !slices.Equal(in, m.students[2:]) {
		t.Fatalf("%d take part: %v", len(in), err)
	}
}
