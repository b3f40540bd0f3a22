package attend_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/standing"
)

// Where phones are, in WGS-84: at the place of the session, and in a dormitory 11 km to the north.
const (
	latHere, lngHere   = 36.6512345, 117.1200957
	latThere, lngThere = 36.7512345, 117.1200957
)

func here() *attend.Fix {
	return &attend.Fix{Lat: latHere, Lng: lngHere, Datum: model.DatumWGS84, AccuracyM: 20}
}

func there() *attend.Fix {
	return &attend.Fix{Lat: latThere, Lng: lngThere, Datum: model.DatumWGS84, AccuracyM: 20}
}

// consents lets the actor agree that positions are kept.
func (b *bench) consents(a access.Actor) {
	b.TB.Helper()
	if _, err := b.standing().Agree(b.TB.Context(), a, model.ConsentLocation, "2026-09"); err != nil {
		b.TB.Fatal(err)
	}
}

func (b *bench) standing() *standing.Service {
	return &standing.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Audit: b.Audit, Trail: b.s}
}

// show redeems the present code with evidence.
func (b *bench) show(a access.Actor, kind string, e attend.Evidence) model.CheckIn {
	b.TB.Helper()
	b.nonces++
	row, err := b.s.Redeem(b.TB.Context(), a, attend.Try{Code: b.code(b.session.ID, kind), Nonce: fmt.Sprintf("nonce-%04d", b.nonces), Evidence: e})
	if err != nil {
		b.TB.Fatal(err)
	}
	return row
}

// doubtful gives a student who came from afar and, if closed, left from the place; the clock stands at the end.
func (b *bench) doubtful(name string, closed bool) (access.Actor, model.CheckIn) {
	b.TB.Helper()
	b.Clock.Set(b.session.StartsAt.Add(-25 * time.Hour))
	me, _ := b.member(name)
	b.consents(me)
	b.Clock.Set(b.session.StartsAt)
	in := b.show(me, model.KindIn, attend.Evidence{Fix: there()})
	if closed {
		b.Clock.Set(b.session.EndsAt)
		b.show(me, model.KindOut, attend.Evidence{})
	}
	return me, in
}

func TestADoubtIsNeitherCreditedNorRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.s.Notify = b.Notices()
	me, in := b.doubtful("李", true)
	if in.Verdict != model.VerdictReview || in.Reason != "outside_fence" || in.Doubts != "outside_fence" || in.Distance != model.DistanceFar {
		t.Fatalf("%+v", in)
	}
	claim := b.claim(me)
	if claim.Status != model.ClaimInReview || claim.Minutes != 120 {
		t.Fatalf("%+v", claim)
	}
	// Nobody moves it on past the reviewer.
	batch, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, attend.Choice{All: true})
	if err != nil || len(batch.Claims) != 0 {
		t.Errorf("%+v %v", batch, err)
	}
	_, err = b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(claim))
	is(t, err, fault.ErrState)
	for _, settle := range []func() error{
		func() error { _, err := b.s.Dispute(t.Context(), me, claim.ID, "等太久"); return err },
		func() error { _, err := b.s.Reject(t.Context(), b.secretary, claim.ID, "不认"); return err },
		func() error { _, err := b.s.Reopen(t.Context(), b.secretary, claim.ID, "认"); return err },
	} {
		is(t, settle(), fault.ErrState)
	}
	queue, err := b.s.Queue(t.Context(), b.clerk, model.ReviewWaiting, 0, first(10))
	if err != nil || len(queue.Items) != 1 || queue.Items[0].ID != in.ID || queue.Items[0].Student.Name != "李*" && queue.Items[0].Student.Name != "*" || queue.Items[0].CheckIn.Distance != model.DistanceFar {
		t.Fatalf("%+v %v", queue.Items, err)
	}
	got, err := b.s.Accept(t.Context(), b.clerk, in.ID, "我看着他来的")
	if err != nil || got.Status != model.ReviewAccepted || *got.DecidedBy != b.clerk.UserID {
		t.Fatalf("%+v %v", got, err)
	}
	if claim = b.claim(me); claim.Status != model.ClaimComputed || claim.Minutes != 120 || claim.Reason != "" {
		t.Errorf("%+v", claim)
	}
	all := b.everything()
	if _, err := b.s.Accept(t.Context(), b.clerk, in.ID, "我看着他来的"); err != nil || b.everything() != all {
		t.Errorf("a repeat: %v, %d rows more", err, b.everything()-all)
	}
	_, err = b.s.Refuse(t.Context(), b.officer, in.ID, "不在场")
	is(t, err, fault.ErrState)
	b.Told(notify.CheckInAccepted, me)
	b.Inbox(notify.CheckInAccepted, me, "“社区清洁日”存疑的签到已采信。我看着他来的")
}

func TestBothHalvesMustBeBelieved(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", false)
	b.Clock.Set(b.session.EndsAt)
	out := b.show(me, model.KindOut, attend.Evidence{Fix: &attend.Fix{Lat: latThere + 0.001, Lng: lngThere, Datum: model.DatumWGS84, AccuracyM: 20}})
	for i, half := range []model.CheckIn{out, in} {
		if _, err := b.s.Accept(t.Context(), b.clerk, half.ID, "在场"); err != nil {
			t.Fatal(err)
		}
		if want := []model.ClaimStatus{model.ClaimInReview, model.ClaimComputed}[i]; b.claim(me).Status != want {
			t.Errorf("after %d: %s, want %s", i+1, b.claim(me).Status, want)
		}
	}
}

func TestARefusedCheckInEndsTheClaim(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", false)
	b.Clock.Set(b.session.EndsAt)
	out := b.show(me, model.KindOut, attend.Evidence{Fix: &attend.Fix{Lat: latThere + 0.001, Lng: lngThere, Datum: model.DatumWGS84, AccuracyM: 20}})
	if _, err := b.s.Refuse(t.Context(), b.officer, in.ID, "当天在宿舍"); err != nil {
		t.Fatal(err)
	}
	if claim := b.claim(me); claim.Status != model.ClaimRejected || claim.Reason != "当天在宿舍" {
		t.Errorf("%+v", claim)
	}
	mine, err := b.s.MyEvidence(t.Context(), me, out.ID)
	if err != nil || mine.Review.Status != model.ReviewLapsed || mine.At == nil || *mine.At.DistanceM < 11_000 {
		t.Errorf("%+v %v", mine, err)
	}
}

func TestARefusedArrivalCanBeMadeGoodWhileItIsOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", false)
	if _, err := b.s.Refuse(t.Context(), b.clerk, in.ID, "人还没到"); err != nil {
		t.Fatal(err)
	}
	b.Clock.Set(b.session.StartsAt.Add(30 * minute))
	again := b.show(me, model.KindIn, attend.Evidence{Fix: here()})
	b.Clock.Set(b.session.EndsAt)
	b.show(me, model.KindOut, attend.Evidence{})
	if claim := b.claim(me); again.Verdict != model.VerdictOK || claim.Status != model.ClaimComputed || claim.Minutes != 90 || claim.InID != again.ID {
		t.Errorf("%+v %+v", again, claim)
	}
}

func TestNobodyReviewsTheirOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", true)
	me = b.Grant(me, access.HostStaff, b.Community)
	for _, decide := range []func() error{
		func() error { _, err := b.s.Accept(t.Context(), me, in.ID, "我在"); return err },
		func() error { _, err := b.s.Refuse(t.Context(), me, in.ID, "我不在"); return err },
		func() error { _, err := b.s.Position(t.Context(), me, in.ID, "看看"); return err },
	} {
		is(t, decide(), access.ErrOwnInterest)
	}
	late := in
	late.ID, late.Nonce, late.OperatorID = b.NewID(), "late-upload", b.clerk.UserID
	b.Insert(&late, &model.CheckInReview{
		ID: late.ID, StudentID: in.StudentID, SignupID: in.SignupID, SessionID: in.SessionID, ActivityID: b.activity.ID, BranchID: b.Branch.ID,
		Status: model.ReviewWaiting, Version: 1, CreatedAt: b.Clock.Now(), UpdatedAt: b.Clock.Now(),
	})
	_, err := b.s.Accept(t.Context(), b.clerk, late.ID, "我登记的")
	is(t, err, access.ErrOwnInterest)
	if b.claim(me).Status != model.ClaimInReview {
		t.Error(b.claim(me).Status)
	}
}

func TestWhoMayReview(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, in := b.doubtful("李", true)
	for name, tt := range map[string]struct {
		who  access.Actor
		want *fault.Fault
	}{
		"nobody":           {access.Actor{}, access.ErrRequired},
		"the lead":         {b.lead, access.ErrDenied},
		"the advisor":      {b.advisor, access.ErrDenied},
		"the secretary":    {b.secretary, access.ErrDenied},
		"a program":        {access.Actor{ClientID: 7, Scopes: []access.Permission{access.CheckInReview}, Grants: b.clerk.Grants}, access.ErrDenied},
		"another host":     {b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "己社区")), fault.ErrNotFound},
		"the host":         {b.clerk, nil},
		"their department": {b.officer, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.s.Look(t.Context(), tt.who, in.ID)
			is(t, err, tt.want)
			_, err = b.s.Position(t.Context(), tt.who, in.ID, "核对")
			is(t, err, tt.want)
		})
	}
	if n := b.count("audit_log", "action IN ?", []string{"check_in.doubts_read", "check_in.position_read"}); n != 4 {
		t.Errorf("%d reads in the log, want two by each of two", n)
	}
}

func TestAPositionIsOpenWhileSomebodyMustDecide(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", true)
	_, err := b.s.Position(t.Context(), b.clerk, in.ID, " ")
	is(t, err, access.ErrReason)
	at, err := b.s.Position(t.Context(), b.clerk, in.ID, "核对")
	if err != nil || at.LatE6 != 36751235 && at.LatE6 != 36751234 || *at.DistanceM < 11_000 {
		t.Errorf("%+v %v", at, err)
	}
	if _, err := b.s.Accept(t.Context(), b.clerk, in.ID, "在场"); err != nil {
		t.Fatal(err)
	}
	_, err = b.s.Position(t.Context(), b.clerk, in.ID, "再看")
	is(t, err, fault.ErrState)
	_, err = b.s.MyEvidence(t.Context(), b.Student("别人", b.Branch), in.ID)
	is(t, err, fault.ErrNotFound)
	if mine, err := b.s.MyEvidence(t.Context(), me, in.ID); err != nil || mine.At == nil {
		t.Errorf("%+v %v", mine, err)
	}
}

func TestADoubtIsNotWashedAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", false)
	all := b.everything()
	_, err := b.s.Annul(t.Context(), me, in.ID, "点错了")
	is(t, err, attend.ErrAnnulDoubt)
	if b.everything() != all {
		t.Error("a refusal wrote something")
	}
	if _, err := b.s.Accept(t.Context(), b.clerk, in.ID, "在场"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Annul(t.Context(), me, in.ID, "点错了"); err != nil {
		t.Errorf("once it is decided: %v", err)
	}
}

func TestADoubtfulDepartureTakenBackIsComputedAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.doubtful("李", false)
	b.Clock.Set(b.session.EndsAt)
	out := b.show(me, model.KindOut, attend.Evidence{})
	if _, err := b.s.Annul(t.Context(), me, out.ID, "点错了"); err != nil {
		t.Fatal(err)
	}
	if b.claim(me).Status != model.ClaimDisputed {
		t.Fatal(b.claim(me).Status)
	}
	b.show(me, model.KindOut, attend.Evidence{})
	if b.claim(me).Status != model.ClaimInReview {
		t.Error(b.claim(me).Status)
	}
}

// dump is everything that the database says, in one text.
func (b *bench) dump() string {
	b.TB.Helper()
	tables, err := b.DB.Migrator().GetTables()
	if err != nil {
		b.TB.Fatal(err)
	}
	var out strings.Builder
	for _, name := range tables {
		var rows []map[string]any
		if err := b.DB.Table(name).Find(&rows).Error; err != nil {
			b.TB.Fatal(err)
		}
		for _, r := range rows {
			for column, v := range r {
				if raw, ok := v.([]byte); ok {
					v = string(raw)
				}
				fmt.Fprintln(&out, name, column, v)
			}
		}
	}
	return out.String()
}

func TestWithoutConsentNoPositionIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("李")
	b.Clock.Set(b.session.StartsAt)
	in := b.show(me, model.KindIn, attend.Evidence{Fix: there(), Device: "phone-of-li-0001"})
	b.Clock.Set(b.session.EndsAt)
	out := b.show(me, model.KindOut, attend.Evidence{Fix: there(), Device: "phone-of-li-0001"})
	if in.Verdict != model.VerdictOK || in.Distance != model.DistanceDropped || out.Verdict != model.VerdictOK || b.claim(me).Status != model.ClaimComputed {
		t.Errorf("%+v %+v", in, out)
	}
	if n := b.count("check_in_evidence", "fix_enc IS NOT NULL OR fix_hash IS NOT NULL"); n != 0 {
		t.Errorf("%d positions", n)
	}
	for _, mark := range []string{"36.75123", "36751234", "36751235", "phone-of-li"} {
		if strings.Contains(b.dump(), mark) {
			t.Errorf("%s is in the database", mark)
		}
	}
}

func TestAWithdrawnConsentTakesThePositionsAlong(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, in := b.doubtful("李", true)
	friend, _ := b.doubtful("王", false)
	if strings.Contains(b.dump(), "36.7512") {
		t.Error("a position lies open in the database")
	}
	if err := b.standing().Withdraw(t.Context(), me, model.ConsentLocation); err != nil {
		t.Fatal(err)
	}
	if n := b.count("check_in_evidence", "student_id = ? AND (fix_enc IS NOT NULL OR fix_hash IS NOT NULL)", me.StudentID); n != 0 {
		t.Errorf("%d positions are left", n)
	}
	if n := b.count("check_in_evidence", "student_id = ? AND fix_enc IS NOT NULL", friend.StudentID); n != 1 {
		t.Errorf("%d positions of somebody else, want 1", n)
	}
	_, err := b.s.Position(t.Context(), b.clerk, in.ID, "核对")
	is(t, err, fault.ErrNotFound)
	if got, err := b.s.Look(t.Context(), b.clerk, in.ID); err != nil || got.CheckIn.Distance != model.DistanceFar || got.CheckIn.Doubts != "outside_fence" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestEvidenceGoesWhenTheHoursAreFinal(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	const day = 24 * time.Hour
	posted, _ := b.doubtful("发", true)
	open, _ := b.doubtful("开", true)
	left, _ := b.doubtful("走", false)
	ends := b.session.EndsAt
	if err := b.exec("UPDATE hours_claims SET status = ?, updated_at = ? WHERE student_id = ?", model.ClaimPosted, ends.Add(10*day), posted.StudentID); err != nil {
		t.Fatal(err)
	}
	kept := func(at time.Time, want ...int64) {
		t.Helper()
		b.Clock.Set(at)
		if err := b.s.EraseEvidence(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []int64
		if err := b.DB.Model(&model.CheckInEvidence{}).Order("student_id").Pluck("student_id", &got).Error; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v of %v", at.Sub(ends), got, want)
		}
	}
	kept(ends.Add(30*day), posted.StudentID, open.StudentID, left.StudentID)
	kept(ends.Add(30*day+time.Second), posted.StudentID, open.StudentID)
	kept(ends.Add(40*day), posted.StudentID, open.StudentID)
	kept(ends.Add(40*day+time.Second), open.StudentID)
	kept(ends.Add(179*day), open.StudentID)
	kept(ends.Add(180 * day))
	var row model.CheckIn
	if err := b.DB.Where("student_id = ? AND kind = ?", posted.StudentID, model.KindIn).First(&row).Error; err != nil || row.Distance != model.DistanceFar || row.Verdict != model.VerdictReview {
		t.Errorf("%+v %v", row, err)
	}
}

func TestReviewersAreRemindedOnceADay(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.s.Notify = b.Notices()
	_, in := b.doubtful("李", true)
	b.doubtful("王", false)
	for range 2 {
		is(t, b.s.RemindReviewers(t.Context()), nil)
	}
	b.Told(notify.HoursDisputed, b.clerk)
	b.Clock.Set(b.session.EndsAt.Add(72 * time.Hour))
	if _, err := b.s.Accept(t.Context(), b.clerk, in.ID, "在场"); err != nil {
		t.Fatal(err)
	}
	is(t, b.s.RemindReviewers(t.Context()), nil)
	b.Told(notify.HoursDisputed, b.clerk, b.clerk, b.officer)
	if err := b.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.CheckInReview{}).Where("1=1").Update("status", model.ReviewAccepted).Error
	}); err != nil {
		t.Fatal(err)
	}
	b.Clock.Set(b.session.EndsAt.Add(96 * time.Hour))
	is(t, b.s.RemindReviewers(t.Context()), nil)
	b.Told(notify.HoursDisputed, b.clerk, b.clerk, b.officer)
}

// TestTwoReviewersAtOnce: one decision stands, and the claim follows it.
func TestTwoReviewersAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for i := range 5 {
		me, in := b.doubtful(fmt.Sprint("学生", i), true)
		var g sync.WaitGroup
		errs := make([]error, 2)
		g.Go(func() { _, errs[0] = b.s.Accept(t.Context(), b.clerk, in.ID, "在场") })
		g.Go(func() { _, errs[1] = b.s.Refuse(t.Context(), b.officer, in.ID, "不在场") })
		g.Wait()
		want := model.ClaimComputed
		if errs[0] != nil {
			errs[0], errs[1], want = errs[1], errs[0], model.ClaimRejected
		}
		is(t, errs[0], nil)
		is(t, errs[1], fault.ErrState)
		if got := b.claim(me).Status; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestNoPositionOutlivesItsConsent: check-ins under way while the consent is taken back leave nothing behind.
func TestNoPositionOutlivesItsConsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	people := make([]access.Actor, 12)
	for i := range people {
		people[i], _ = b.member(fmt.Sprint("学生", i))
		b.consents(people[i])
	}
	b.Clock.Set(b.session.StartsAt)
	code := b.code(b.session.ID, model.KindIn)
	var g sync.WaitGroup
	for i, p := range people {
		g.Go(func() {
			_, err := b.s.Redeem(t.Context(), p, attend.Try{Code: code, Nonce: fmt.Sprint("race-0000-", i), Evidence: attend.Evidence{Fix: here()}})
			is(t, err, nil)
		})
		g.Go(func() {
			is(t, b.standing().Withdraw(t.Context(), p, model.ConsentLocation), nil)
		})
	}
	g.Wait()
	if n := b.count("check_in_evidence", "fix_enc IS NOT NULL OR fix_hash IS NOT NULL"); n != 0 {
		t.Errorf("%d positions are left", n)
	}
	if n := b.count("check_ins", "verdict <> ?", model.VerdictFailed); n != 12 {
		t.Errorf("%d check-ins", n)
	}
}
