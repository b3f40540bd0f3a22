package attend_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/page"
)

// tokens reads the list of the session and gives the token of each signup.
func (b *bench) tokens(who access.Actor) map[int64]string {
	b.TB.Helper()
	list, err := b.s.OfflineList(b.TB.Context(), who, b.session.ID, first(100))
	if err != nil {
		b.TB.Fatalf("list: %v", err)
	}
	out := map[int64]string{}
	for _, p := range list.People.Items {
		out[p.SignupID] = p.Token
	}
	return out
}

// line is a row recorded at minutes after the start.
func (b *bench) line(token, kind string, minutes int) attend.OfflineRow {
	b.nonces++
	return attend.OfflineRow{Token: token, Nonce: fmt.Sprintf("line-%04d", b.nonces), Kind: kind, At: b.session.StartsAt.Add(time.Duration(minutes) * minute)}
}

// send uploads rows from a device whose clock is ahead by skew, and answers with "VERDICT reason" of each.
func (b *bench) send(who access.Actor, skew time.Duration, rows ...attend.OfflineRow) []string {
	b.TB.Helper()
	got, err := b.s.UploadOffline(b.TB.Context(), who, attend.OfflineUpload{SessionID: b.session.ID, DeviceAt: b.Clock.Now().Add(skew), Rows: rows})
	if err != nil {
		b.TB.Fatalf("upload: %v", err)
	}
	out := make([]string, len(got))
	for i, a := range got {
		if a.Nonce != rows[i].Nonce {
			b.TB.Errorf("answer %d is for %s", i, a.Nonce)
		}
		out[i] = a.Verdict
		if a.Reason != "" {
			out[i] += " " + a.Reason
		}
	}
	return out
}

func answered(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// at moves the clock to minutes after the start.
func (b *bench) at(minutes int) { b.Clock.Set(b.session.StartsAt.Add(time.Duration(minutes) * minute)) }

func TestWhatWasRecordedWithoutANetworkCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	ann, seat := b.member("安")
	_, other := b.member("白")
	mine := b.joins(b.lead, b.position.ID)
	b.at(-60)
	token := b.tokens(b.lead)
	if len(token) != 2 || token[mine.ID] != "" {
		t.Fatalf("%v: everybody but the lead", token)
	}
	b.at(180)
	rows := []attend.OfflineRow{ // in no order
		b.line(token[seat.ID], model.KindOut, 119), b.line(token[seat.ID], model.KindIn, 1),
		b.line(token[other.ID], model.KindOut, 100), b.line(token[seat.ID], model.KindIn, 2),
	}
	answered(t, b.send(b.lead, 0, rows...), "OK", "OK", "FAILED not_in", "FAILED already_in")
	c := b.claim(ann)
	if c.Minutes != 118 || c.Status != model.ClaimComputed || c.StartsAt != b.session.StartsAt.Add(minute) {
		t.Errorf("%+v", c)
	}
	before := b.everything() + b.count("offline_batches")
	answered(t, b.send(b.lead, 0, rows...), "OK", "OK", "FAILED not_in", "FAILED already_in")
	if after := b.everything() + b.count("offline_batches"); after != before {
		t.Errorf("a repeat left %d rows", after-before)
	}
	var kept []model.CheckIn
	b.DB.Where("method = ?", model.MethodOffline).Order("id").Find(&kept)
	for _, k := range kept {
		if k.OperatorID != b.lead.UserID || k.BatchID == nil || k.ReceivedAt != b.session.StartsAt.Add(180*minute) || k.LogicalAt.Equal(k.ReceivedAt) {
			t.Errorf("%+v", k)
		}
	}
	var batch model.OfflineBatch
	b.DB.First(&batch)
	if len(kept) != 4 || batch.Total != 4 || batch.Failed != 2 || batch.OperatorID != b.lead.UserID {
		t.Errorf("%d rows, %+v", len(kept), batch)
	}
	if s := b.signup(seat.ID).Status; s != model.SignupCompleted {
		t.Errorf("signup %s", s)
	}
}

func (b *bench) signup(id int64) (row model.Signup) {
	b.TB.Helper()
	if err := b.DB.First(&row, "id = ?", id).Error; err != nil {
		b.TB.Fatal(err)
	}
	return row
}

func TestRowsThatDoNotCount(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, seat := b.member("安")
	_, gone := b.member("白")
	own := b.joins(b.lead, b.position.ID)
	b.at(10)
	token, clerks := b.tokens(b.lead), b.tokens(b.clerk)
	if err := b.exec("UPDATE signups SET status = ?, live_activity_id = NULL WHERE id = ?", model.SignupRemoved, gone.ID); err != nil {
		t.Fatal(err)
	}
	b.at(100)
	forged := []byte(token[seat.ID])
	forged[20] ^= 1
	clerkWithSeat := b.clerk
	clerkWithSeat.StudentID = b.lead.StudentID
	for _, tt := range []struct {
		who  access.Actor
		row  attend.OfflineRow
		want string
	}{
		{b.lead, b.line(string(forged), model.KindIn, 20), "FAILED token_invalid"},
		{b.lead, b.line("hello", model.KindIn, 20), "FAILED token_invalid"},
		{b.lead, b.line(clerks[seat.ID], model.KindIn, 20), "FAILED token_invalid"}, // somebody else's list
		{b.lead, b.line(token[seat.ID], model.KindIn, 9), "FAILED outside_list"},    // before the list was issued
		{b.lead, b.line(token[seat.ID], model.KindIn, 101), "FAILED outside_list"},  // still to come
		{b.lead, b.line(token[gone.ID], model.KindIn, 20), "FAILED no_signup"},
		{b.lead, b.line(token[seat.ID], model.KindOut, 20), "FAILED not_in"},
		{clerkWithSeat, b.line(clerks[own.ID], model.KindIn, 20), "FAILED own_interest"},
	} {
		answered(t, b.send(tt.who, 0, tt.row), tt.want)
	}
	if n := b.count("attendances"); n != 0 {
		t.Errorf("%d pairs", n)
	}
	if n := b.count("check_ins", "verdict = 'FAILED'"); n != 5 {
		t.Errorf("%d failed tries are kept, want those that name somebody", n)
	}
	var unknown int64
	b.DB.Model(&model.OfflineBatch{}).Select("SUM(unknown)").Scan(&unknown)
	if unknown != 3 {
		t.Errorf("%d unknown tokens are counted", unknown)
	}
}

func TestTheWindowsHoldWithoutANetworkToo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in, out int // minutes after the start
		want    []string
	}{
		"before the check-in opens":    {-31, 100, []string{"FAILED too_early", "FAILED not_in"}},
		"with the opening":             {-30, 120, []string{"OK", "OK"}},
		"with the end, too late":       {120, 130, []string{"FAILED too_late", "FAILED not_in"}},
		"out just in time":             {0, 179, []string{"OK", "OK"}},
		"out when it is closed":        {0, 180, []string{"OK", "FAILED outside_list"}},
		"too short for any minutes":    {0, 71, []string{"OK", "OK"}},
		"out before in is no presence": {60, 30, []string{"OK", "FAILED not_in"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			_, seat := b.member("安")
			token := b.tokens(b.clerk)[seat.ID]
			b.at(24 * 60)
			answered(t, b.send(b.clerk, 0, b.line(token, model.KindIn, tt.in), b.line(token, model.KindOut, tt.out)), tt.want...)
		})
	}
}

// The policy of the test world says nothing of the three rules, so it has their defaults: 24 hours, 5 minutes, 14 days.
func TestWhatComesLateOrFromAWrongClockIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		after time.Duration // the session's end
		skew  time.Duration
		wrong time.Duration // of the device while it recorded
		want  string
		at    time.Duration // after the start
	}{
		"in time":                           {24 * time.Hour, 0, 0, "OK", 0},
		"late":                              {24*time.Hour + time.Millisecond, 0, 0, "REVIEW late_upload", 0},
		"far too late":                      {time.Hour + 14*24*time.Hour + time.Millisecond, 0, 0, "FAILED too_late", 0},
		"a clock five minutes ahead":        {time.Hour, 5 * minute, 5 * minute, "OK", 0},
		"a clock that is further ahead":     {time.Hour, 5*minute + time.Second, 5*minute + time.Second, "REVIEW clock_skew", 0},
		"a clock that is years behind":      {time.Hour, -9000 * time.Hour, -9000 * time.Hour, "REVIEW clock_skew", 0},
		"a clock that was put right before": {time.Hour, 0, 10 * minute, "OK", 10 * minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			_, seat := b.member("安")
			token := b.tokens(b.clerk)[seat.ID]
			b.Clock.Set(b.session.EndsAt.Add(tt.after))
			row := b.line(token, model.KindIn, 0)
			row.At = row.At.Add(tt.wrong)
			answered(t, b.send(b.clerk, tt.skew, row), tt.want)
			var kept model.CheckIn
			b.DB.Last(&kept)
			if kept.LogicalAt != b.session.StartsAt.Add(tt.at) {
				t.Errorf("counts at %s", kept.LogicalAt)
			}
		})
	}
}

func TestAnAbsentSeatIsLookedAt(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, seat := b.member("安")
	token := b.tokens(b.clerk)[seat.ID]
	b.at(121)
	if err := b.exec("UPDATE signups SET status = ?, live_activity_id = NULL WHERE id = ?", model.SignupNoShow, seat.ID); err != nil {
		t.Fatal(err)
	}
	answered(t, b.send(b.clerk, 0, b.line(token, model.KindIn, 0), b.line(token, model.KindOut, 120)), "REVIEW marked_absent", "REVIEW marked_absent")
}

func TestWhoMayRecordWithoutANetwork(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	ann, seat := b.member("安")
	token := b.tokens(b.clerk)[seat.ID]
	for name, tt := range map[string]struct {
		who  access.Actor
		want *fault.Fault
	}{
		"the lead": {b.lead, nil}, "the advisor": {b.advisor, nil}, "the host": {b.clerk, nil},
		"a participant": {ann, access.ErrDenied}, "the department": {b.officer, access.ErrDenied}, "the secretary": {b.secretary, access.ErrDenied},
		"a program":    {access.Actor{ClientID: 7, Grants: b.clerk.Grants, Scopes: []access.Permission{access.CheckInOffline}}, access.ErrDenied},
		"another host": {b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "外社区")), access.ErrDenied},
	} {
		_, err := b.s.OfflineList(t.Context(), tt.who, b.session.ID, page.Request{})
		t.Log(name)
		is(t, err, tt.want)
		_, err = b.s.UploadOffline(t.Context(), tt.who, attend.OfflineUpload{SessionID: b.session.ID, DeviceAt: b.Clock.Now(), Rows: []attend.OfflineRow{b.line(token, model.KindIn, -300)}})
		is(t, err, tt.want)
	}
	_, err := b.s.OfflineList(t.Context(), b.clerk, 99, page.Request{})
	is(t, err, fault.ErrNotFound)
	b.at(180)
	_, err = b.s.OfflineList(t.Context(), b.clerk, b.session.ID, page.Request{})
	is(t, err, fault.ErrState)
}

func TestTokensAreNotMadeByOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, seat := b.member("安")
	good := b.tokens(b.clerk)[seat.ID]
	if len(good) != 64 {
		t.Errorf("%d characters", len(good))
	}
	if _, ok := attend.ReadOffline(b.s.CodeKey, good); !ok {
		t.Fatal("our own token is not read")
	}
	for i := range good {
		for _, c := range "AZaz09-_" {
			bad := good[:i] + string(c) + good[i+1:]
			if _, ok := attend.ReadOffline(b.s.CodeKey, bad); ok && bad != good {
				t.Fatalf("character %d may be %c", i, c)
			}
		}
	}
	if _, ok := attend.ReadOffline([]byte("another key of thirty-two bytes!"), good); ok {
		t.Error("another key reads it")
	}
}

func TestALeadTakesALineBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, seat := b.member("安")
	b.at(0)
	token := b.tokens(b.lead)[seat.ID]
	b.at(10)
	answered(t, b.send(b.lead, 0, b.line(token, model.KindIn, 5)), "OK")
	var row model.CheckIn
	b.DB.Last(&row)
	_, err := b.s.Annul(t.Context(), b.advisor, row.ID, "认错人了")
	is(t, err, access.ErrDenied)
	_, err = b.s.Annul(t.Context(), b.lead, row.ID, "认错人了")
	is(t, err, nil)
	answered(t, b.send(b.lead, 0, b.line(token, model.KindIn, 8)), "OK")
}

// Two who recorded the same people send at once, one of them twice: everybody comes and goes once.
func TestTheSamePeopleFromTwoDevices(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	const people = 12
	var seats []int64
	for i := range people {
		_, seat := b.member(fmt.Sprint("第", i))
		seats = append(seats, seat.ID)
	}
	b.at(0)
	lead, clerk := b.tokens(b.lead), b.tokens(b.clerk)
	var byLead, byClerk []attend.OfflineRow
	for i, id := range seats {
		byLead = append(byLead, b.line(lead[id], model.KindIn, i), b.line(lead[id], model.KindOut, 110))
		byClerk = append(byClerk, b.line(clerk[id], model.KindIn, 3), b.line(clerk[id], model.KindOut, 120))
	}
	slices.Reverse(byClerk)
	b.at(150)
	var wg sync.WaitGroup
	var good atomic.Int64
	for _, u := range []struct {
		who  access.Actor
		rows []attend.OfflineRow
	}{{b.lead, byLead}, {b.clerk, byClerk}, {b.lead, byLead}} {
		wg.Go(func() {
			got, err := b.s.UploadOffline(t.Context(), u.who, attend.OfflineUpload{SessionID: b.session.ID, DeviceAt: b.Clock.Now(), Rows: u.rows})
			if err != nil {
				t.Error(err)
			}
			for _, a := range got {
				if a.Verdict == model.VerdictOK {
					good.Add(1)
				}
			}
		})
	}
	wg.Wait()
	ok, claims := b.count("check_ins", "verdict = 'OK'"), b.count("hours_claims")
	if all := b.count("check_ins"); ok != 2*people || claims != people || all != 4*people || b.count("offline_batches") != 2 {
		t.Errorf("%d good rows of %d, %d claims, %d answers", ok, all, claims, good.Load())
	}
}

func TestALineIsOfOneComingOrGoing(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, seat := b.member("安")
	b.at(-60)
	token := b.tokens(b.lead)
	b.at(180)
	in := b.line(token[seat.ID], model.KindIn, 1)
	out := in
	out.Kind, out.At = model.KindOut, in.At.Add(100*minute)
	answered(t, b.send(b.lead, 0, in, out), "OK", "FAILED nonce_used")
	if n := b.count("attendances", "out_at IS NOT NULL"); n != 0 {
		t.Errorf("%d have left", n)
	}
	out.Nonce = "line-of-its-own"
	answered(t, b.send(b.lead, 0, in, out), "OK", "OK")
}
