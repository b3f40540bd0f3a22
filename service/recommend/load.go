package recommend

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/survey"
)

// batch is how many activities are read at once.
const batch = 500

// eventColumns are read of an activity that is published and has not begun, in a programme that goes on. Work that is done
// from afar has no way to it and is not recommended by nearness: the public list has it.
const eventColumns = `SELECT a.id, a.programme_id, a.host_org_id, h.path, h.name, a.title, a.category, a.signup_mode,
 a.signup_opens_at, a.signup_closes_at, a.starts_at, a.ends_at, a.counts_as_volunteer, a.training_required, a.insurance_required, a.minors_contact,
 a.lat_e6, a.lng_e6, a.paired_until, a.paired_first, a.audience
FROM activities a
JOIN orgs h ON h.id = a.host_org_id
JOIN programmes p ON p.id = a.programme_id AND p.status = 'ACTIVE'
WHERE a.listed_at > ? AND a.mode <> 'REMOTE' AND a.lat_e6 IS NOT NULL AND a.lng_e6 IS NOT NULL`

// draft is an event while it is being read.
type draft struct {
	event
	facts Facts // of each of its positions
}

// reader reads events from the database.
type reader struct {
	db     *gorm.DB
	survey *survey.Service
	now    time.Time
	write  func(Facts) []byte
}

func (s *Service) reader(db *gorm.DB) *reader {
	return &reader{db: db, survey: s.Survey, now: s.Now(), write: s.Write}
}

// events reads those that a condition selects, with everything that belongs to them, in a constant number of queries for
// each programme and five hundred.
func (r *reader) events(where string, args ...any) ([]*event, error) {
	drafts, err := r.drafts(where, args...)
	if err != nil {
		return nil, err
	}
	return r.whole(drafts)
}

// whole reads everything that belongs to some events; those without a position are left out.
func (r *reader) whole(drafts []*draft) (out []*event, err error) {
	for part := range slices.Chunk(drafts, batch) {
		if err := r.fill(part); err != nil {
			return nil, err
		}
		for _, d := range part {
			if len(d.places) > 0 {
				out = append(out, &d.event)
			}
		}
	}
	return out, nil
}

func (r *reader) drafts(where string, args ...any) (out []*draft, err error) {
	rows, err := r.db.Raw(eventColumns+where, append([]any{r.now}, args...)...).Rows()
	if err != nil {
		return nil, fmt.Errorf("read open activities: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		d, audience := &draft{}, (*string)(nil)
		e, f := &d.event, &d.facts
		err := rows.Scan(&e.id, &e.programmeID, &e.hostID, &e.hostPath, &f.Host, &f.Activity, &f.Category, &e.mode,
			&e.opens, &e.closes, &e.starts, &e.ends, &f.CountsAsVolunteer, &f.TrainingRequired, &f.InsuranceRequired, &f.Clearing,
			&f.LatE6, &f.LngE6, &e.pairedUntil, &e.pairedFirst, &audience)
		if err != nil {
			return nil, fmt.Errorf("read open activities: %w", err)
		}
		if e.audience, err = audienceOf(audience); err != nil {
			return nil, fmt.Errorf("read audience of activity %d: %w", e.id, err)
		}
		f.ActivityID, f.HostOrgID, f.SignupMode = e.id, e.hostID, e.mode
		f.SignupOpensAt, f.SignupClosesAt, f.StartsAt, f.EndsAt = e.opens, e.closes, e.starts, e.ends
		out = append(out, d)
	}
	return out, rows.Err()
}

// fill reads sessions and positions of some events.
func (r *reader) fill(drafts []*draft) error {
	byID, programmes := make(map[int64]*draft, len(drafts)), map[int64][]int64{}
	for _, d := range drafts {
		byID[d.id] = d
		programmes[d.programmeID] = nil
	}
	ids := make([]int64, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if err := r.sessions(ids, byID); err != nil {
		return err
	}
	positions, err := r.positions(ids)
	if err != nil {
		return err
	}
	for id, p := range positions {
		programme := byID[p.activityID].programmeID
		programmes[programme] = append(programmes[programme], id)
	}
	for programme, ids := range programmes {
		slices.Sort(ids)
		for part := range slices.Chunk(ids, batch) {
			needs, err := r.survey.Positions(r.db, programme, part...)
			if err != nil {
				return err
			}
			for _, n := range needs {
				r.place(byID[n.ActivityID], positions[n.PositionID], n)
			}
		}
	}
	return nil
}

func (r *reader) sessions(ids []int64, byID map[int64]*draft) (err error) {
	rows, err := r.db.Raw("SELECT activity_id, starts_at, ends_at, place FROM activity_sessions WHERE activity_id IN ? ORDER BY activity_id, starts_at", ids).Rows()
	if err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		var s span
		var at string
		if err := rows.Scan(&id, &s.from, &s.to, &at); err != nil {
			return fmt.Errorf("read sessions: %w", err)
		}
		d := byID[id]
		if len(d.sessions) == 0 {
			d.facts.Place = at
		}
		d.sessions = append(d.sessions, s)
		d.facts.Sessions++
	}
	return rows.Err()
}

// row is what is read of a position.
type row struct {
	activityID int64
	title      string
	seats      seats
}

func (r *reader) positions(activities []int64) (map[int64]row, error) {
	return r.rows("activity_id IN ?", activities)
}

func (r *reader) rows(where string, ids []int64) (out map[int64]row, err error) {
	rows, err := r.db.Raw("SELECT id, activity_id, title, capacity, taken, reserved, paired_taken, waiting FROM positions WHERE "+where, ids).Rows()
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[int64]row{}
	for rows.Next() {
		var id int64
		var p row
		s := &p.seats
		if err := rows.Scan(&id, &p.activityID, &p.title, &s.capacity, &s.taken, &s.reserved, &s.pairedTaken, &s.waiting); err != nil {
			return nil, fmt.Errorf("read positions: %w", err)
		}
		out[id] = p
	}
	return out, rows.Err()
}

// place adds a position to its event.
func (r *reader) place(d *draft, row row, n survey.Position) {
	at := geo.Point{LatE6: d.facts.LatE6, LngE6: d.facts.LngE6}
	p := &place{id: n.PositionID, event: &d.event, seats: row.seats}
	p.position = score.Position{
		Slots: uint64(n.Slots), At: at.XYZ(), LatE6: int32(at.LatE6), LonE6: int32(at.LngE6), Req: n.Req, Want: n.Want, //nolint:gosec // degrees
		Community: score.None, Partner: score.None, Min: int32(min(n.MinTeam, 1<<30)), Category: n.Category, Need: n.Need, Urgency: n.Urgency, //nolint:gosec // bounded
		Cap: int32(min(row.seats.free(&d.event, true, time.Time{}), 1<<30)), //nolint:gosec // bounded
	}
	f := d.facts
	f.PositionID, f.Position, f.Slots, f.Need, f.MinTeam = p.id, row.title, p.position.Slots, int(n.Need), n.MinTeam
	if r.write != nil {
		p.written = r.write(f)
	}
	d.places = append(d.places, p)
}

// audienceOf reads the JSON of an audience; none is for everybody.
func audienceOf(raw *string) (*model.Audience, error) {
	if raw == nil || *raw == "" || *raw == "null" {
		return nil, nil //nolint:nilnil // for everybody
	}
	a := &model.Audience{}
	return a, json.Unmarshal([]byte(*raw), a)
}
