package demand

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// Stage is how long one stage took: of N demands that went through it, the longest and the mean.
type Stage struct {
	N             int64
	Mean, Longest time.Duration
}

// Times are the service times of the demands of an organisation and all below it that were submitted in [from, to):
// from submission to the board, from the board until a unit was asked or took it, until one accepted, and until it was done.
type Times struct {
	Submitted, Accepted, Fulfilled, Expired, GivenBack int64
	Verify, Send, Accept, Fulfil                       Stage
}

// most is how many demands are measured at once.
const most = 20000

// Times measures the service times; access.ErrDenied or fault.ErrNotFound for who does not read the organisation's figures.
func (s *Service) Times(ctx context.Context, actor access.Actor, orgID, programmeID int64, from, to time.Time) (Times, error) {
	if err := actor.Require(access.StatsRead); err != nil {
		return Times{}, err
	}
	db := s.DB.WithContext(ctx)
	top, err := org.ByID(db, orgID)
	if err != nil {
		return Times{}, err
	}
	if err := actor.Check(access.StatsRead, access.Object{Paths: []string{top.Path}, Public: true}); err != nil {
		return Times{}, err
	}
	rows, err := submittedIn(db, top, programmeID, from, to)
	if err != nil {
		return Times{}, err
	}
	var t Times
	for i := range rows {
		t.count(&rows[i], s.Now())
	}
	for _, st := range []*Stage{&t.Verify, &t.Send, &t.Accept, &t.Fulfil} {
		st.Mean /= time.Duration(max(st.N, 1))
	}
	return t, nil
}

func submittedIn(db *gorm.DB, top model.Org, programmeID int64, from, to time.Time) ([]model.Demand, error) {
	q := db.Model(&model.Demand{}).Select("id", "status", "starts_at", "submitted_at", "verified_at", "sent_at", "accepted_at", "fulfilled_at", "given_back_at").
		Where("host_path >= ? AND host_path < ? AND submitted_at >= ? AND submitted_at < ?", top.Path, access.PathEnd(top.Path), from, to)
	if programmeID != 0 {
		q = q.Where("programme_id = ?", programmeID)
	}
	var rows []model.Demand
	if err := q.Order("id DESC").Limit(most).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read service times: %w", err)
	}
	return rows, nil
}

// count adds a demand; Mean holds the sum until all are counted.
func (t *Times) count(d *model.Demand, now time.Time) {
	t.Submitted++
	sent := d.SentAt
	if sent == nil {
		sent = d.AcceptedAt // taken from the board
	}
	t.Verify.add(d.SubmittedAt, d.VerifiedAt)
	t.Send.add(d.VerifiedAt, sent)
	t.Accept.add(sent, d.AcceptedAt)
	t.Fulfil.add(d.AcceptedAt, d.FulfilledAt)
	if d.AcceptedAt != nil {
		t.Accepted++
	}
	if d.FulfilledAt != nil {
		t.Fulfilled++
	}
	if d.GivenBackAt != nil {
		t.GivenBack++
	}
	if d.Phase(now) == model.DemandExpired {
		t.Expired++
	}
}

func (st *Stage) add(from, to *time.Time) {
	if from == nil || to == nil {
		return
	}
	took := to.Sub(*from)
	st.N++
	st.Mean += took
	st.Longest = max(st.Longest, took)
}
