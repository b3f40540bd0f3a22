package attend_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

// story is a random history around 29 February 2028 in which everybody tries everything, their own hours included.
type story struct {
	*bench
	r        *rand.Rand
	students []access.Actor
	deciders []access.Actor
	sessions []model.Session
}

func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := newStory(t, seed)
			for _, session := range s.sessions {
				s.attend(session)
				for range 20 {
					s.decide()
				}
				s.check(t)
			}
			s.Clock.Add(48 * time.Hour) // public notices end
			for range 40 {
				s.decide()
			}
			s.check(t)
			if s.count("hours_entries", "minutes > 0") == 0 || s.count("hours_entries", "minutes < 0") == 0 {
				t.Error("nothing was posted or reversed: the history proves nothing")
			}
		})
	}
}

func newStory(t *testing.T, seed uint64) *story {
	t.Helper()
	s := &story{bench: newBench(t, nil), r: rand.New(rand.NewPCG(seed, 2028))}
	s.students = []access.Actor{s.lead, s.Grant(s.Student("兼职", s.Branch), access.HostStaff, s.Community), s.Grant(s.Student("学生书记", s.Branch), access.CommitteeOfficer, s.Department), s.Student("普通", s.Branch)}
	s.deciders = append([]access.Actor{s.advisor, s.clerk, s.officer, s.secretary}, s.students...)
	if seed%2 == 0 {
		s.bench.policy(func(p *model.Policy) { p.CheckInNoticeDays, p.HostConfirmDays = 1, 1 })
	}
	from := time.Date(2028, 2, 27, 16, 0, 0, 0, time.UTC) // 28 February, 0:00 in China
	s.Clock.Set(from.Add(-48 * time.Hour))
	for i := range 12 {
		start := from.Add(time.Duration(i)*5*time.Hour + time.Duration(s.r.IntN(120))*minute)
		_, session, position := s.Activity(s.project, 3, func(a *model.Activity, ss *model.Session) {
			ss.StartsAt, ss.EndsAt = start, start.Add(time.Duration(60+s.r.IntN(360))*minute)
			a.StartsAt, a.EndsAt, a.SignupClosesAt, a.CountsAsVolunteer = ss.StartsAt, ss.EndsAt, start, s.r.IntN(3) > 0
		})
		s.sessions = append(s.sessions, session)
		for _, me := range s.students {
			_, err := s.signups.Create(t.Context(), me, position.ID, "", idem.Key{}) // some are full, some overlap
			s.allow(err)
		}
	}
	return s
}

// allow lets refusals pass, but no other error.
func (s *story) allow(err error) {
	s.TB.Helper()
	if _, refused := errors.AsType[*fault.Fault](err); err != nil && !refused {
		s.TB.Fatal(err)
	}
}

// attend lets everybody come and go as they like, with or without a seat, and sometimes take it back.
func (s *story) attend(session model.Session) {
	at := session.StartsAt.Add(-40 * minute)
	for at.Before(session.EndsAt.Add(70 * minute)) {
		at = at.Add(time.Duration(s.r.IntN(40)) * minute)
		s.Clock.Set(at)
		me := s.students[s.r.IntN(len(s.students))]
		kind := model.KindIn
		if s.r.IntN(2) == 0 {
			kind = model.KindOut
		}
		var row model.CheckIn
		var err error
		if seat, ok := s.seat(me, session); ok && s.r.IntN(4) == 0 {
			var rows []model.CheckIn
			rows, err = s.s.StaffConfirm(s.TB.Context(), s.deciders[s.r.IntN(len(s.deciders))], attend.Confirmation{SessionID: session.ID, Kind: kind, SignupIDs: []int64{seat}, Reason: "看见了"}, idem.Key{})
			if len(rows) > 0 {
				row = rows[0]
			}
		} else {
			row, err = s.scan(me, session.ID, kind)
		}
		s.allow(err)
		if row.ID != 0 && s.r.IntN(6) == 0 {
			_, err := s.s.Annul(s.TB.Context(), s.deciders[s.r.IntN(len(s.deciders))], row.ID, "弄错了")
			s.allow(err)
		}
	}
}

func (s *story) seat(me access.Actor, session model.Session) (int64, bool) {
	var row model.Signup
	err := s.DB.Where("student_id = ? AND activity_id = ?", me.StudentID, session.ActivityID).Limit(1).Find(&row).Error
	s.allow(err)
	return row.ID, row.ID != 0
}

// decide lets somebody decide something about some claims.
func (s *story) decide() {
	ctx, who := s.TB.Context(), s.deciders[s.r.IntN(len(s.deciders))]
	session := s.sessions[s.r.IntN(len(s.sessions))]
	var claims []model.HoursClaim
	s.allow(s.DB.Where("activity_id = ?", session.ActivityID).Find(&claims).Error)
	if len(claims) == 0 {
		return
	}
	s.r.Shuffle(len(claims), func(i, j int) { claims[i], claims[j] = claims[j], claims[i] })
	choice := attend.Choice{All: true}
	if s.r.IntN(2) == 0 {
		choice = ids(claims[:1+s.r.IntN(len(claims))]...)
	}
	var err error
	switch s.r.IntN(20) {
	case 0:
		_, err = s.s.Dispute(ctx, who, claims[0].ID, "有疑问")
	case 1:
		_, err = s.s.Reopen(ctx, who, claims[0].ID, "已核实")
	case 2:
		_, err = s.s.Reject(ctx, who, claims[0].ID, "不实")
	case 3, 4:
		err = s.reverseAny(who)
	case 5, 6, 7:
		_, err = s.s.LeadConfirm(ctx, who, session.ActivityID, choice)
	case 8, 9, 10:
		_, err = s.s.HostConfirm(ctx, who, session.ActivityID, choice)
	case 16:
		_, err = s.s.HostConfirm(ctx, who, session.ActivityID, s.fewer(choice, claims))
	case 17:
		_, err = s.s.LeadConfirm(ctx, who, session.ActivityID, s.fewer(choice, claims))
	case 18:
		_, err = s.s.PostDue(ctx, 20)
	case 19:
		_, err = s.s.Escalate(ctx, 20)
	case 11, 12:
		_, err = s.s.Recognise(ctx, who, session.ActivityID, choice)
	default:
		s.straight(session.ActivityID)
	}
	s.allow(err)
	s.Clock.Add(time.Second)
}

// reverseAny takes some line back, reversals included.
func (s *story) reverseAny(who access.Actor) error {
	var lines []model.HoursEntry
	s.allow(s.DB.Find(&lines).Error)
	if len(lines) == 0 {
		return nil
	}
	_, err := s.s.Reverse(s.TB.Context(), who, lines[s.r.IntN(len(lines))].ID, "冲销", idem.Key{})
	return err
}

// straight lets the right people take the steps.
func (s *story) straight(activity int64) {
	ctx, all := s.TB.Context(), attend.Choice{All: true}
	_, err := s.s.LeadConfirm(ctx, s.advisor, activity, all)
	s.allow(err)
	_, err = s.s.HostConfirm(ctx, s.clerk, activity, all)
	s.allow(err)
	_, err = s.s.Recognise(ctx, s.officer, activity, all)
	s.allow(err)
	_, err = s.s.PostDue(ctx, 20)
	s.allow(err)
}

// check holds what must be true at every moment of every history.
func (s *story) check(t *testing.T) {
	t.Helper()
	s.checkTotals(t)
	for _, me := range s.students {
		claims := s.claims(me)
		s.checkClaims(t, claims)
		var lines []model.HoursEntry
		s.allow(s.DB.Where("student_id = ?", me.StudentID).Order("id").Find(&lines).Error)
		s.checkLines(t, me, claims, lines)
		for _, asOf := range []time.Time{{}, s.Clock.Now().Add(-time.Duration(s.r.IntN(200)) * time.Hour)} {
			s.checkRecord(t, me, lines, asOf)
		}
	}
}

// checkClaims: minutes within the plan, at most 480 a day, no second credited twice, nobody confirmed themselves or twice.
func (s *story) checkClaims(t *testing.T, claims []model.HoursClaim) {
	t.Helper()
	days := map[model.Date]int64{}
	for i, c := range claims {
		session := s.sessions[slices.IndexFunc(s.sessions, func(x model.Session) bool { return x.ID == c.SessionID })]
		if c.Minutes < 0 || c.Minutes > session.Minutes() || !c.EndsAt.Equal(c.StartsAt.Add(time.Duration(c.Minutes)*minute)) {
			t.Errorf("claim %+v of a session of %d minutes", c, session.Minutes())
		}
		if c.Status == model.ClaimRejected {
			continue
		}
		days[attend.DayOf(session.StartsAt)] += c.Minutes
		for _, d := range claims[:i] {
			if d.Status != model.ClaimRejected && c.StartsAt.Before(d.EndsAt) && d.StartsAt.Before(c.EndsAt) {
				t.Errorf("claims overlap: %+v and %+v", c, d)
			}
		}
		if c.Status == model.ClaimPosted {
			s.checkHands(t, c)
		}
	}
	for day, minutes := range days {
		if minutes > 480 {
			t.Errorf("%d minutes on %s", minutes, day)
		}
	}
}

func (s *story) checkHands(t *testing.T, c model.HoursClaim) {
	t.Helper()
	var own model.StudentProfile
	s.allow(s.DB.Where("id = ?", c.StudentID).First(&own).Error)
	hands := []int64{*own.UserID, *c.LeadBy, *c.HostBy, *c.RecognisedBy}
	slices.Sort(hands)
	if len(slices.Compact(hands)) != 4 {
		t.Errorf("claim %+v went through the same hands twice", c)
	}
}

// checkLines: every line of a posted claim with its minutes, every reversal of a line of one's own, once.
func (s *story) checkLines(t *testing.T, me access.Actor, claims []model.HoursClaim, lines []model.HoursEntry) {
	t.Helper()
	posted := map[int64]int64{}
	for _, c := range claims {
		if c.Status == model.ClaimPosted {
			posted[c.ID] = c.Minutes
		}
	}
	seen := map[[2]int64]model.HoursEntry{}
	for _, l := range lines {
		seen[[2]int64{l.ClaimID, l.Reversal}] = l
		if l.Minutes == 0 || l.PostedBy == me.UserID {
			t.Errorf("line %+v", l)
		}
		want := posted[l.ClaimID]
		if l.Reversal != 0 {
			want = -want
		}
		if l.Minutes != want {
			t.Errorf("line %+v, its claim has %d", l, want)
		}
	}
	if len(seen) != len(lines) {
		t.Error("a claim was posted or a line reversed twice")
	}
}

// checkRecord: every total is the sum of the lines posted by then.
func (s *story) checkRecord(t *testing.T, me access.Actor, lines []model.HoursEntry, asOf time.Time) {
	t.Helper()
	rec, err := s.s.MyRecord(t.Context(), me, asOf)
	s.allow(err)
	var all, volunteer, parts int64
	for _, l := range lines {
		if asOf.IsZero() || !l.PostedAt.After(asOf) {
			all += l.Minutes
			if l.Class == model.ClassVolunteer {
				volunteer += l.Minutes
			}
		}
	}
	for _, p := range rec.Parts {
		parts += p.Minutes
	}
	if rec.Minutes != all || rec.Volunteer != volunteer || rec.Practice != all-volunteer || parts != all {
		t.Errorf("record %+v, lines sum to %d, %d of them volunteer", rec, all, volunteer)
	}
}
