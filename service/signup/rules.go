package signup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/standing"
	"baodao/service/survey"
)

// Refusals of a sign-up, each with what to do about it. They are looked for in this order.
var (
	ErrNeedsStudent   = fault.Define(fault.Forbidden, "signup.needs_student", "请先绑定学生身份，再来报名。", "Bind your student profile first, then sign up.")
	ErrNotOpen        = fault.Define(fault.Conflict, "signup.not_open", "报名还没有开始，请到时间再来。", "Sign-up is not open yet; come back when it is.")
	ErrMatched        = fault.Define(fault.Conflict, "signup.matched", "这里的名额由匹配轮次产生，请在轮次里填报志愿。", "Places here come from match rounds; put the position on your list of a round.")
	ErrClosed         = fault.Define(fault.Conflict, "signup.closed", "报名已经结束，请看看其他活动。", "Sign-up is over; look for another activity.")
	ErrDuplicate      = fault.Define(fault.Conflict, "signup.duplicate", "您已经报名了这个活动，不用重复报名。", "You are signed up for this activity already.")
	ErrNotEligible    = fault.Define(fault.Conflict, "signup.not_eligible", "您不在这个活动的安排范围内，请看看其他活动。如有疑问请联系院系团委。", "You are not among those whom this activity is for; look for another one, or ask your department's committee.")
	ErrSuspended      = fault.Define(fault.Conflict, "signup.suspended", "因多次未到，您暂时不能报名。如有异议请联系院系团委。", "You may not sign up for a while because you did not come several times; if that is wrong, talk to your department's committee.")
	ErrFull           = fault.Define(fault.Conflict, "signup.full", "这个岗位已经报满，请换一个岗位或活动。", "The position is full; choose another one.")
	ErrConflict       = fault.Define(fault.Conflict, "signup.conflict", "时间与您已报名的另一个活动重叠，或来不及赶到。", "It overlaps with another activity you are signed up for, or leaves no time to get there.")
	ErrLoadCap        = fault.Define(fault.Conflict, "signup.load_cap", "您报名的活动已达到上限，完成或取消一些再来。", "You have as many activities as the rules allow; finish or cancel some first.")
	ErrNeedsTraining  = fault.Define(fault.Conflict, "signup.needs_training", "参加这个活动须先完成岗前培训，请联系团支部登记。", "This activity asks for training first; ask your branch to record it.")
	ErrNeedsInsurance = fault.Define(fault.Conflict, "signup.needs_insurance", "参加这个活动须有意外保险，请联系团支部登记。", "This activity asks for accident insurance; ask your branch to record it.")
	ErrNeedsClearance = fault.Define(fault.Conflict, "signup.needs_clearance", "参加这个活动会接触未成年人，须先完成从业查询，请联系团支部登记。", "This activity is work with minors and asks for clearance; ask your branch to record it.")
	ErrNeedsConsent   = fault.Define(fault.Conflict, "signup.needs_consent", "请先阅读并同意报名信息共享说明，再来报名。", "Read and agree to the sharing of your sign-up data first.")
)

// errUnpublished sends whoever asks for a draft to the slow way, which knows who may see it.
var errUnpublished = errors.New("the activity is a draft")

const week = 7 * 24 * time.Hour

// samePlace is how near two places must be for no time to be needed between them, in metres.
const samePlace = 500

// open asks for a published activity within its window: signup_opens_at included, signup_closes_at excluded.
func open(a model.Activity, now time.Time) error {
	switch {
	case a.PublishedAt == nil || now.Before(a.SignupOpensAt):
		return ErrNotOpen
	case a.Status != model.ActivityPublished || !now.Before(a.SignupClosesAt):
		return ErrClosed
	default:
		return nil
	}
}

// manner is how a request for a position comes.
type manner struct {
	byUnit bool          // a unit signs its student up
	was    *model.Signup // of a merged activity, which the request goes on from; nil for everybody else

	matched bool // a round found student and position for each other, and both sides have confirmed
}

// judge says what a student's request for a position becomes: a status, or a refusal. It reads and changes nothing but f,
// and it is the only place that knows the rules: single, batched and group sign-ups and those of merged activities come here.
// The last came in time and by the rules of their own activity: for them neither the window of the sign-up nor the time of
// the paired branches nor a suspension counts, which leaves sign-ups that there are. Who comes from a match round need not
// come within the window, only before the start.
func (f *facts) judge(p *seats, st *student, how manner) (model.SignupStatus, error) {
	e := f.activities[p.ActivityID]
	if e.PublishedAt == nil {
		return "", errUnpublished
	}
	if err := f.inTime(e, how); err != nil {
		return "", err
	}
	if _, twice := st.live[e.ID]; twice && !f.blind {
		return "", ErrDuplicate
	}
	if e.SignupMode == model.SignupMatched && !f.fromRound(how) {
		return "", ErrMatched
	}
	if how.was == nil && !how.matched && e.PairedFirst && e.PairedUntil != nil && f.now.Before(*e.PairedUntil) && !e.pairedWith(st) {
		at := e.PairedUntil.In(clock.China()).Format("1月2日 15:04")
		return "", ErrNotOpen.Saying("结对团支部优先报名，"+at+"起向所有同学开放。", "Paired branches come first; everybody may sign up from "+at+" (China) on.")
	}
	status, err := f.place(p, e, st, how)
	if err == nil {
		err = f.allowed(e, st, how)
	}
	if err != nil {
		return "", err
	}
	return status, nil
}

// inTime asks for the window of the sign-up; of an activity whose places come from rounds only that it has not begun.
func (f *facts) inTime(e *event, how manner) error {
	switch {
	case how.was != nil:
		return nil
	case e.SignupMode != model.SignupMatched && !how.matched:
		return open(e.Activity, f.now)
	case e.Status != model.ActivityPublished || !f.now.Before(e.StartsAt):
		return ErrClosed
	default:
		return nil
	}
}

// fromRound tells whether a request rests on the proposal of a round: this one, or that of the merged activity it goes on from.
func (f *facts) fromRound(how manner) bool {
	if how.was == nil {
		return how.matched
	}
	from := f.activities[how.was.ActivityID]
	return from != nil && from.SignupMode == model.SignupMatched
}

// place says where a request ends up: with a seat, in the waiting list, before the organiser, or in the lottery. Nobody
// overtakes: whoever comes while others wait, waits. Whom the organiser has chosen for a merged activity is not chosen again.
// A round has given the reserved seats away already: whom it proposes gets any seat that is free, or none.
func (f *facts) place(p *seats, e *event, st *student, how manner) (model.SignupStatus, error) {
	chosen := how.was != nil && how.was.Status.Seated()
	switch {
	case how.matched && p.free(e, true, f.now) > 0:
		return model.SignupConfirmed, nil
	case how.matched:
		return "", ErrFull
	case e.SignupMode == model.SignupReview && !chosen:
		return model.SignupPendingReview, nil
	case e.SignupMode == model.SignupLottery && !e.drawn:
		return model.SignupInLottery, nil
	case p.open(e, e.pairedWith(st), f.now) > 0:
		return model.SignupConfirmed, nil
	case e.Waitlist && f.now.Before(e.cutoff()):
		return model.SignupWaitlisted, nil
	default:
		return "", ErrFull
	}
}

// cutoff is when the waiting list ends: nobody is promoted so shortly before the start.
func (e *event) cutoff() time.Time {
	return e.StartsAt.Add(-time.Duration(e.policy.WaitlistCutoffMinutes) * time.Minute)
}

// allowed looks at the rules about the person.
func (f *facts) allowed(e *event, st *student, how manner) error {
	if how.was == nil && f.now.Before(st.suspendedUntil) {
		at := st.suspendedUntil.In(clock.China()).Format("1月2日 15:04")
		return ErrSuspended.Saying("因多次未到，您在"+at+"前不能报名。如有异议请联系院系团委。", "You did not come several times and may not sign up before "+at+" (China); if that is wrong, talk to your department's committee.")
	}
	if !e.meant(st) {
		return ErrNotEligible
	}
	if how.was == nil && f.keptAway[survey.Pair{StudentID: st.id, HostOrgID: e.HostOrgID}] {
		return ErrNotEligible // the same: who keeps away from whom is not told
	}
	if e.SignupMode == model.SignupAssignedUnit && !how.byUnit {
		return ErrNotEligible.Saying("这个活动由指定的团组织统一报名，请联系您的团支部书记。", "Units sign their members up for this activity; ask your branch secretary.")
	}
	for _, have := range st.busy {
		for _, want := range e.slots {
			if have.activityID != e.ID && have.clashes(want, e.policy.TravelKMH) {
				return ErrConflict
			}
		}
	}
	if err := e.loads(st); err != nil {
		return err
	}
	held := st.held[e.lastDay()]
	switch {
	case e.TrainingRequired && !held.Has(standing.Training):
		return ErrNeedsTraining
	case e.InsuranceRequired && !held.Has(standing.Insurance):
		return ErrNeedsInsurance
	case e.MinorsContact && !held.Has(standing.Clearance):
		return ErrNeedsClearance
	case e.policy.SignupConsent != "" && !st.consents[e.policy.SignupConsent]:
		return ErrNeedsConsent.Saying("请先阅读并同意报名信息共享说明（版本 "+e.policy.SignupConsent+"），再来报名。",
			"Read and agree to the sharing of your sign-up data (version "+e.policy.SignupConsent+") first.")
	default:
		return nil
	}
}

// meant tells whether the student belongs to the audience.
func (e *event) meant(st *student) bool {
	if e.Audience == nil {
		return true
	}
	inUnit := len(e.Audience.OrgIDs) == 0
	for _, id := range e.Audience.OrgIDs {
		inUnit = inUnit || strings.Contains(st.path, fmt.Sprintf("/%d/", id))
	}
	inGrade := len(e.Audience.Grades) == 0 || slices.Contains(e.Audience.Grades, st.grade)
	tagged := len(e.Audience.Tags) == 0 || slices.ContainsFunc(st.tags, func(t string) bool { return slices.Contains(e.Audience.Tags, t) })
	return inUnit && inGrade && tagged
}

// pairedWith tells whether the student's branch, or a unit above it, is paired with the host.
func (e *event) pairedWith(st *student) bool {
	for id := range e.paired {
		if strings.Contains(st.path, fmt.Sprintf("/%d/", id)) {
			return true
		}
	}
	return false
}

// clashes tells whether nobody can be at both: sessions are half-open, so one may begin when the other ends, if the places
// are near; else there must be time for the way at so many kilometres an hour (0: no time is needed).
func (s slot) clashes(o slot, kmh int64) bool {
	way := time.Duration(0)
	if s.latE6 != nil && s.lngE6 != nil && o.latE6 != nil && o.lngE6 != nil && kmh > 0 {
		metres := geo.Distance(geo.Point{LatE6: *s.latE6, LngE6: *s.lngE6}, geo.Point{LatE6: *o.latE6, LngE6: *o.lngE6})
		if metres >= samePlace {
			way = time.Duration(metres*3600/kmh) * time.Millisecond // metres at kmh thousand an hour
		}
	}
	return s.from.Before(o.until.Add(way)) && o.from.Before(s.until.Add(way))
}

// loads looks at the caps of a week's minutes (Monday to Sunday in China) and of activities a term.
func (e *event) loads(st *student) error {
	if most := e.policy.WeekMaxMinutes; most > 0 {
		minutes := map[string]int64{}
		for _, s := range e.slots {
			minutes[weekOf(s.from)] += s.minutes()
		}
		for _, s := range st.busy {
			if in := weekOf(s.from); minutes[in] > 0 {
				minutes[in] += s.minutes()
			}
		}
		for _, sum := range minutes {
			if sum > most {
				hours := fmt.Sprintf("%.1f", float64(most)/60)
				return ErrLoadCap.Saying("一周最多参加 "+hours+" 小时活动，加上这个就超过了。请换一周，或先取消其他活动。", "A week holds at most "+hours+" hours, and this would be more; choose another week or cancel something first.")
			}
		}
	}
	if most := e.policy.TermMaxActivities; most > 0 && st.termCount(e) >= most {
		return ErrLoadCap.Saying(fmt.Sprintf("一学期最多报名 %d 个活动，您已经报满。", most), fmt.Sprintf("A term holds at most %d activities, and you have as many.", most))
	}
	return nil
}

func (s slot) minutes() int64 { return int64(s.until.Sub(s.from) / time.Minute) }

// weekOf names the ISO week of an instant in China.
func weekOf(at time.Time) string {
	year, number := at.In(clock.China()).ISOWeek()
	return fmt.Sprintf("%d-%d", year, number)
}
