package attend

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/page"
	"baodao/service/read"
	"baodao/service/signup"
	"baodao/service/text"
)

// Doubtful is a doubtful check-in with its review.
type Doubtful struct {
	model.CheckInReview

	CheckIn       model.CheckIn  `gorm:"-"`
	ActivityTitle string         // of lists
	Student       signup.Student `gorm:"-"` // of lists and of one that is looked at
}

const listReviews = "check_in_reviews.queue"

// Queue lists reviews in one status in the actor's scope, the oldest first, of one session or (0) of all: who, when and the
// class of the distance, names masked. The doubts are read one by one (Look).
func (s *Service) Queue(ctx context.Context, actor access.Actor, status model.ReviewStatus, sessionID int64, req page.Request) (page.Result[Doubtful], error) {
	none := page.Result[Doubtful]{Items: []Doubtful{}}
	if err := reviewer(actor); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listReviews, 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	where, args := actor.Where(access.CheckInReview, []string{"o.path", "h.path", "b.path"}, "", "")
	q := db.Table("check_in_reviews AS r").Joins("JOIN activities AS a ON a.id = r.activity_id").
		Joins("JOIN orgs AS o ON o.id = a.org_id").Joins("JOIN orgs AS h ON h.id = a.host_org_id").Joins("LEFT JOIN orgs AS b ON b.id = r.branch_id").
		Select("r.*, a.title AS activity_title").Where("r.status = ?", status).Where(where, args...)
	if sessionID != 0 {
		q = q.Where("r.session_id = ?", sessionID)
	}
	if later {
		q = q.Where("r.id > ?", keys[0])
	}
	rows := []Doubtful{}
	if err := q.Order("r.id").Limit(req.Size() + 1).Scan(&rows).Error; err != nil {
		return none, fmt.Errorf("list reviews: %w", err)
	}
	out := page.Cut(rows, req.Size(), listReviews, func(d Doubtful) []int64 { return []int64{d.ID} })
	return out, s.dress(db, out.Items, false)
}

// dress reads the check-ins and students of reviews.
func (s *Service) dress(db *gorm.DB, rows []Doubtful, whole bool) error {
	ids, students := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		ids[i], students[i] = r.ID, r.StudentID
	}
	var tries []model.CheckIn
	if err := db.Where("id IN ?", ids).Find(&tries).Error; err != nil {
		return fmt.Errorf("read check-ins: %w", err)
	}
	byID := make(map[int64]model.CheckIn, len(tries))
	for _, t := range tries {
		byID[t.ID] = t
	}
	people, err := signup.Students(db, s.Vault, whole, students...)
	for i, r := range rows {
		rows[i].CheckIn, rows[i].Student = byID[r.ID], people[r.StudentID]
	}
	return err
}

// Look reads one review with its doubts, the name whole for those who may see it so. It leaves a line in the audit log.
func (s *Service) Look(ctx context.Context, actor access.Actor, id int64) (Doubtful, error) {
	if err := reviewer(actor); err != nil {
		return Doubtful{}, err
	}
	var out Doubtful
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		r, err := s.reviewOf(tx, actor, id)
		if err != nil {
			return err
		}
		if out, err = s.shown(tx, actor, r); err != nil {
			return err
		}
		return s.looked(tx, actor, r, "check_in.doubts_read", "")
	})
	return out, err
}

// looked notes that somebody read about a person.
func (s *Service) looked(tx *gorm.DB, actor access.Actor, r reviewed, action, reason string) error {
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: action, Object: r.row.TableName(), ObjectID: r.row.ID, OrgPath: r.scene.path, Reason: reason,
		Data: map[string]any{"student_id": r.row.StudentID},
	})
}

// Whereabouts is a position in WGS-84 beside the place of its session.
type Whereabouts struct {
	LatE6, LngE6 int64
	Datum        string // in which the phone gave it
	AccuracyM    float64
	DistanceM    *int64 // to the place, nil if the session has none
}

// Position reads where a doubtful check-in was made, as long as nobody has decided about it (then fault.ErrState). It needs
// a reason and leaves it in the audit log, whoever recorded the check-in or made it is refused, and it is fault.ErrNotFound
// when there is no position (any more).
func (s *Service) Position(ctx context.Context, actor access.Actor, id int64, reason string) (Whereabouts, error) {
	if err := reviewer(actor); err != nil {
		return Whereabouts{}, err
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return Whereabouts{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (out Whereabouts, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
			out, err = s.position(tx, actor, id, reason)
			return err
		})
		return out, err
	})
}

func (s *Service) position(tx *gorm.DB, actor access.Actor, id int64, reason string) (Whereabouts, error) {
	r, err := s.reviewOf(tx, actor, id)
	if err == nil {
		err = r.disinterested(actor)
	}
	if err != nil {
		return Whereabouts{}, err
	}
	if r.row.Status != model.ReviewWaiting {
		return Whereabouts{}, fault.ErrState
	}
	if err := s.Content.Reason(tx, actor, content.Activity, r.scene.path, reason); err != nil {
		return Whereabouts{}, err
	}
	at, err := s.whereabouts(tx, r.checkIn, r.scene.session)
	if err == nil && at == nil {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Whereabouts{}, err
	}
	return *at, s.looked(tx, actor, r, "check_in.position_read", reason)
}

// whereabouts decrypts the position of a check-in; nil if there is none (any more).
func (s *Service) whereabouts(tx *gorm.DB, row model.CheckIn, session model.Session) (*Whereabouts, error) {
	var kept []model.CheckInEvidence
	if err := tx.Where("check_in_id = ?", row.ID).Limit(1).Find(&kept).Error; err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	if len(kept) == 0 || kept[0].FixEnc == nil {
		return nil, nil //nolint:nilnil // none is a good answer
	}
	people, err := profiles(tx, []int64{row.StudentID})
	if err != nil {
		return nil, err
	}
	owner := people[row.StudentID].PersonID
	keys, err := s.Vault.People(tx, owner)
	if err != nil {
		return nil, err
	}
	f, err := openFix(keys[owner], kept[0])
	if err != nil || f == nil {
		return nil, err
	}
	p := f.point()
	out := &Whereabouts{LatE6: p.LatE6, LngE6: p.LngE6, Datum: f.Datum, AccuracyM: f.AccuracyM}
	if session.LatE6 != nil && session.LngE6 != nil {
		d := geo.Distance(p, geo.Point{LatE6: *session.LatE6, LngE6: *session.LngE6})
		out.DistanceM = &d
	}
	return out, nil
}

// OwnEvidence is what is kept about a check-in of one's own.
type OwnEvidence struct {
	CheckIn model.CheckIn
	Review  *model.CheckInReview // nil if there was no doubt
	At      *Whereabouts         // nil if no position is kept (any more)
}

// MyEvidence reads what is kept about a check-in of the student's own; anybody else's is fault.ErrNotFound.
func (s *Service) MyEvidence(ctx context.Context, actor access.Actor, id int64) (OwnEvidence, error) {
	if err := actor.Require(access.Person); err != nil {
		return OwnEvidence{}, err
	}
	db := s.DB.WithContext(ctx)
	row, err := read.One[model.CheckIn](db.Where("id = ? AND student_id = ? AND student_id <> 0", id, actor.StudentID), "check-in")
	if err != nil {
		return OwnEvidence{}, err
	}
	out := OwnEvidence{CheckIn: row}
	var session model.Session
	if err := db.Where("id = ?", row.SessionID).Limit(1).Find(&session).Error; err != nil {
		return out, fmt.Errorf("read session: %w", err)
	}
	var reviews []model.CheckInReview
	if err := db.Where("id = ?", row.ID).Limit(1).Find(&reviews).Error; err != nil {
		return out, fmt.Errorf("read review: %w", err)
	}
	if len(reviews) > 0 {
		out.Review = &reviews[0]
	}
	out.At, err = s.whereabouts(db, row, session)
	return out, err
}
