package attend

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
)

// ErrMoreMinutes refuses to confirm more than was computed.
var ErrMoreMinutes = fault.Define(fault.Invalid, "hours.more_minutes", "确认的时长只能少于系统计算的时长。", "Only fewer minutes than were computed can be confirmed.")

// corrected are the claims of the corrections.
func (c Choice) corrected() []int64 {
	ids := make([]int64, len(c.Corrections))
	for i, x := range c.Corrections {
		ids[i] = x.ClaimID
	}
	return ids
}

// fewer is a claim with the correction that goes with a step.
type fewer struct {
	claim *model.HoursClaim
	at    int // of the correction in the request
	Reduction
}

// split takes the claims with a correction out of those that wait. A correction that was made before is none; one that comes
// too late and one of a claim that is not chosen are fault.ErrState, one upwards ErrMoreMinutes.
func (c Choice) split(waiting, chosen []*model.HoursClaim) (plain []*model.HoursClaim, corrected []fewer, err error) {
	of := make(map[int64]int, len(c.Corrections))
	for i, x := range c.Corrections {
		of[x.ClaimID] = i
	}
	late := maps.Clone(of)
	for _, r := range waiting {
		delete(late, r.ID)
		at, ok := of[r.ID]
		switch {
		case !ok || c.Corrections[at].Minutes == r.Minutes:
			plain = append(plain, r)
		case c.Corrections[at].Minutes > r.Minutes:
			return nil, nil, ErrMoreMinutes
		default:
			corrected = append(corrected, fewer{claim: r, at: at, Reduction: c.Corrections[at]})
		}
	}
	for _, r := range chosen {
		if at, ok := late[r.ID]; ok && c.Corrections[at].Minutes != r.Minutes {
			return nil, nil, fault.ErrState
		}
		delete(of, r.ID)
	}
	if len(of) > 0 {
		return nil, nil, fault.ErrState
	}
	return plain, corrected, nil
}

// shorten takes a step with fewer minutes, which stay at the beginning of the credited time, and tells the students why.
func (s *Service) shorten(tx *gorm.DB, actor access.Actor, c scene, st step, rows []fewer) error {
	if len(rows) > 0 && !st.corrects {
		return fault.ErrState
	}
	reasons := make([]content.Text, len(rows))
	for i, r := range rows {
		reasons[i] = content.Text{At: fmt.Sprintf("/corrections/%d/reason", r.at), Text: r.Reason}
	}
	if err := s.Content.Offered(tx, actor, content.Activity, c.path, reasons); err != nil {
		return err
	}
	for _, r := range rows {
		to := st.goal(r.claim)
		own := s.columns(actor, c, st, to)
		own["minutes"], own["ends_at"], own["reason"] = r.Minutes, r.claim.StartsAt.Add(time.Duration(r.Minutes)*time.Minute), r.Reason
		err := s.Audit.Move(tx, actor, r.claim, audit.Move{
			Action: st.name, To: string(to), OrgPath: c.path, Reason: r.Reason, Set: own, Data: map[string]any{"minutes": r.Minutes, "computed": r.claim.Minutes},
		})
		if err != nil {
			return err
		}
	}
	return s.tellCorrected(tx, c, rows)
}

// tellCorrected tells students that fewer minutes were confirmed than were computed; they may dispute it.
func (s *Service) tellCorrected(tx *gorm.DB, c scene, rows []fewer) error {
	if s.Notify == nil || len(rows) == 0 {
		return nil
	}
	students := make([]int64, len(rows))
	for i, r := range rows {
		students[i] = r.claim.StudentID
	}
	accounts, err := accountsOf(tx, students...)
	if err != nil {
		return err
	}
	var events []notify.Event
	for _, r := range rows {
		if user := accounts[r.claim.StudentID]; user != 0 {
			events = append(events, notify.Event{
				Kind: notify.HoursDisputed, UserIDs: []int64{user}, Fact: []string{strconv.FormatInt(r.claim.ID, 10), "v" + strconv.FormatInt(r.claim.Version, 10)},
				Object: c.activity.TableName(), ObjectID: c.activity.ID, Data: map[string]notify.Words{"activity": notify.Own(c.activity.Title), "reason": notify.Own(r.Reason)},
			})
		}
	}
	return s.Notify.Enqueue(tx, events...)
}
