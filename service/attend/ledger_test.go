package attend_test

import (
	"errors"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/page"
)

// posted serves, posts and returns the line.
func (b *bench) posted(name string) (access.Actor, model.HoursEntry) {
	b.TB.Helper()
	me, c := b.served(name)
	b.post(c)
	var line model.HoursEntry
	if err := b.DB.Where("claim_id = ?", c.ID).First(&line).Error; err != nil {
		b.TB.Fatal(err)
	}
	return me, line
}

func TestReverse(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, line := b.posted("我")
	b.Clock.Add(time.Hour)
	b.s.Notify = b.Notices()
	back, err := b.s.Reverse(t.Context(), b.officer, line.ID, "核查不实", key("r"))
	is(t, err, nil)
	want := line
	want.ID, want.Minutes, want.Reversal, want.PostedBy, want.PostedAt = back.ID, -120, line.ID, b.officer.UserID, b.Clock.Now()
	if back != want {
		t.Errorf("%+v, want %+v", back, want)
	}
	again, err := b.s.Reverse(t.Context(), b.officer, line.ID, "核查不实", key("r"))
	is(t, err, nil)
	if again.ID != back.ID {
		t.Error("a repeat wrote a second line")
	}
	b.Inbox(notify.HoursReversed, me, "“社区清洁日”的 2 小时已冲销：核查不实。有异议可以申诉。")
	_, err = b.s.Reverse(t.Context(), b.officer, line.ID, "再来一次", idem.Key{})
	is(t, err, attend.ErrReversed)
	_, err = b.s.Reverse(t.Context(), b.officer, back.ID, "冲销的冲销", idem.Key{})
	is(t, err, fault.ErrState)
	rec, err := b.s.MyRecord(t.Context(), me, time.Time{})
	is(t, err, nil)
	if rec.Minutes != 0 || rec.Volunteer != 0 || b.count("hours_entries") != 2 {
		t.Errorf("%+v", rec)
	}
	past, err := b.s.MyRecord(t.Context(), me, line.PostedAt)
	is(t, err, nil)
	before, err := b.s.MyRecord(t.Context(), me, line.PostedAt.Add(-time.Millisecond))
	is(t, err, nil)
	if past.Minutes != 120 || before.Minutes != 0 || len(before.Parts) != 0 {
		t.Errorf("then %+v, before %+v", past, before)
	}
}

func TestWhoReverses(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, line := b.posted("我")
	dean := b.Staff("外系", access.CommitteeOfficer, b.Org(b.University, model.OrgDepartmentCommittee, "外系"))
	tests := map[string]struct {
		as     access.Actor
		id     int64
		reason string
		want   *fault.Fault
	}{
		"nobody":             {access.Actor{}, line.ID, "x", access.ErrRequired},
		"the student":        {me, line.ID, "x", access.ErrDenied},
		"the host":           {b.clerk, line.ID, "x", access.ErrDenied},
		"another department": {dean, line.ID, "x", fault.ErrNotFound},
		"their own officer":  {b.Grant(me, access.CommitteeOfficer, b.Department), line.ID, "x", access.ErrOwnInterest},
		"without a reason":   {b.officer, line.ID, "", access.ErrReason},
		"a reason of tricks": {b.officer, line.ID, "a\u202eb", fault.ErrInvalid},
		"an unknown line":    {b.officer, 99, "x", fault.ErrNotFound},
		"an API client":      {access.Actor{ClientID: 1, Scopes: []access.Permission{access.HoursRecognise}, Grants: b.officer.Grants}, line.ID, "x", access.ErrDenied},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			before := b.everything()
			_, err := b.s.Reverse(t.Context(), c.as, c.id, c.reason, key(name))
			is(t, err, c.want)
			if b.everything() != before {
				t.Error("a refusal wrote something")
			}
		})
	}
}

func TestReversersAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, line := b.posted("我")
	good := 0
	for _, err := range testkit.Together(10, func(int) error {
		_, err := b.s.Reverse(t.Context(), b.officer, line.ID, "核查不实", idem.Key{})
		return err
	}) {
		if err == nil {
			good++
		} else if !errors.Is(err, attend.ErrReversed) {
			t.Error(err)
		}
	}
	if good != 1 || b.count("hours_entries") != 2 {
		t.Errorf("%d reversals", good)
	}
}

func TestLedgerLinesAreNeverChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.posted("我")
	for _, table := range []string{"hours_entries", "check_ins"} {
		for _, sql := range []string{"UPDATE " + table + " SET student_id = 1", "DELETE FROM " + table} {
			if err := b.exec(sql); err == nil && !testkit.OnMySQL() {
				t.Errorf("%s went through", sql)
			}
		}
	}
}

func TestMyRecordByProgrammeTermAndClass(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	other := b.AddProgramme("P2", b.University)
	me := b.Student("我", b.Branch)
	autumn, spring := b.term("2027-2028-1", "2027-09-01", "2028-01-20"), b.term("2027-2028-2", "2028-02-29", "2028-07-10")
	for i, l := range []struct {
		programme int64
		on        model.Date
		class     string
		minutes   int64
	}{
		{b.Programme.ID, "2027-09-01", model.ClassVolunteer, 60},
		{b.Programme.ID, "2028-01-20", model.ClassVolunteer, 30},
		{b.Programme.ID, "2028-02-28", model.ClassVolunteer, 7}, // between the terms
		{b.Programme.ID, "2028-02-29", model.ClassPractice, 15},
		{other.ID, "2028-02-29", model.ClassVolunteer, 11},
	} {
		b.Insert(&model.HoursEntry{
			ID: b.NewID(), StudentID: me.StudentID, Minutes: l.minutes, Class: l.class, Basis: model.BasisCheckIn, ClaimID: int64(i + 1), ProgrammeID: l.programme,
			ActivityID: b.activity.ID, ServedOn: l.on, PostedBy: 1, PostedAt: b.Clock.Now(),
		})
	}
	got, err := b.s.MyRecord(t.Context(), me, b.Clock.Now().Add(time.Hour))
	is(t, err, nil)
	if got.Minutes != 123 || got.Volunteer != 108 || got.Practice != 15 || !got.AsOf.Equal(b.Clock.Now()) {
		t.Errorf("%+v", got)
	}
	want := []attend.Part{
		{b.Programme.ID, b.Programme.Name, autumn, "2027-2028-1", model.ClassVolunteer, model.BasisCheckIn, 90},
		{b.Programme.ID, b.Programme.Name, 0, "", model.ClassVolunteer, model.BasisCheckIn, 7},
		{b.Programme.ID, b.Programme.Name, spring, "2027-2028-2", model.ClassPractice, model.BasisCheckIn, 15},
		{other.ID, other.Name, spring, "2027-2028-2", model.ClassVolunteer, model.BasisCheckIn, 11},
	}
	if len(got.Parts) != len(want) {
		t.Fatalf("%+v", got.Parts)
	}
	for i := range want {
		if got.Parts[i] != want[i] {
			t.Errorf("%+v, want %+v", got.Parts[i], want[i])
		}
	}
	lines, err := b.s.MyHours(t.Context(), me, first(3))
	is(t, err, nil)
	rest, err := b.s.MyHours(t.Context(), me, page.Request{Limit: 3, Cursor: lines.Next})
	is(t, err, nil)
	if len(lines.Items) != 3 || len(rest.Items) != 2 || rest.Next != "" || lines.Items[0].Minutes != 11 || rest.Items[1].Minutes != 60 || rest.Items[1].ActivityTitle != b.activity.Title {
		t.Errorf("%+v then %+v", lines.Items, rest.Items)
	}
}

// term adds a term of the world's university.
func (b *bench) term(name string, from, to model.Date) int64 {
	b.TB.Helper()
	row := model.Term{ID: b.NewID(), UniversityID: b.University.ID, Name: name, StartsOn: from, EndsOn: to, CreatedAt: b.Clock.Now()}
	b.Insert(&row)
	return row.ID
}

func TestRecordOfStaffIsEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	rec, err := b.s.MyRecord(t.Context(), b.clerk, time.Time{})
	is(t, err, nil)
	lines, err := b.s.MyHours(t.Context(), b.clerk, first(1))
	is(t, err, nil)
	if rec.Minutes != 0 || rec.Parts == nil || lines.Items == nil {
		t.Errorf("%+v %+v", rec, lines)
	}
	_, err = b.s.MyRecord(t.Context(), access.Actor{}, time.Time{})
	is(t, err, access.ErrRequired)
	_, err = b.s.MyHours(t.Context(), access.Actor{}, first(1))
	is(t, err, access.ErrRequired)
}
