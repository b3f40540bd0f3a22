package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/model"
	dbatomic "baodao/service/atomic"
)

// Ids and sizes of the ledger.
const (
	ledgerOrg      = 1
	ledgerTerm     = 500
	ledgerBranches = 100
	ledgerStudent  = 1_000_000
	ledgerCopy     = 100_000_000 // between the ids of one copy of the university and the next
	ledgerLines    = 20          // of each student, in four terms
)

// ledgerTotal measures the totals of a term of a university over HTTP against reading as many stored totals by hand. It asks
// among many universities, and the answer must be what adding up every line of the ledger gives.
func ledgerTotal(ctx context.Context, s settings, engine string) (result, error) {
	students, universities := 10_000, 2
	if s.full {
		students, universities = 50_000, 10
	}
	st, err := openStage(ctx, s, engine)
	if err != nil {
		return result{}, err
	}
	r, err := st.ledgerTotal(ctx, students, universities)
	return r, errors.Join(err, st.close())
}

func (st *stage) ledgerTotal(ctx context.Context, students, universities int) (result, error) {
	if err := st.seedLedger(ctx, students, universities); err != nil {
		return result{}, err
	}
	token, err := st.dean(ctx)
	if err != nil {
		return result{}, err
	}
	addr, stop, err := serve(ctx, st.built.Handler)
	if err != nil {
		return result{}, err
	}
	var want, got sums
	if want, err = st.recounted(ctx); err != nil {
		return result{}, errors.Join(err, stop())
	}
	rows := 0
	r, err := pair(ctx,
		func(ctx context.Context) (float64, error) {
			began := time.Now()
			got, err = st.asked(ctx, addr, token)
			if err == nil && got != want {
				err = fmt.Errorf("%+v, adding up every line gives %+v", got, want)
			}
			return time.Since(began).Seconds(), err
		},
		func(ctx context.Context) (seconds float64, err error) {
			began := time.Now()
			rows, err = st.readTotals(ctx, want)
			return time.Since(began).Seconds(), err
		})
	r.Unit, r.Floor, r.Engine = "s", "reading the same stored totals by hand", st.db.Name()
	r.Note = fmt.Sprintf("students=%d entries=%d totals=%d", students, students*ledgerLines*universities, rows)
	return r, errors.Join(err, stop())
}

// seedLedger fills the ledger of one university and copies it for the others, of other students in other branches.
func (st *stage) seedLedger(ctx context.Context, students, universities int) error {
	now, nobody := clock.System(), []byte{0}
	err := errors.Join(
		st.built.Attend.OpenLedger(ctx),
		bulk(ctx, st.db, "orgs", []string{"id", "kind", "side", "parent_id", "path", "name", "region_code", "status", "version", "created_at", "updated_at"}, 1, func(int) []any {
			return []any{ledgerOrg, "UNIVERSITY_COMMITTEE", "CAMPUS", 0, "/1/", "大学", "370102001002", "ACTIVE", 1, now, now}
		}),
		bulk(ctx, st.db, "programmes", []string{"id", "code", "name", "owner_org_id", "status", "policy_version", "version", "created_at", "updated_at"}, 1, func(int) []any {
			return []any{1, "BENCH", "计划", 1, "ACTIVE", 1, 1, now, now}
		}),
		bulk(ctx, st.db, "terms", []string{"id", "university_id", "name", "starts_on", "ends_on", "created_at"}, 4, func(i int) []any {
			return []any{ledgerTerm + i, ledgerOrg, fmt.Sprint("学期", i), fmt.Sprintf("2027-%02d-01", 3*i+1), fmt.Sprintf("2027-%02d-28", 3*i+3), now}
		}),
		bulk(ctx, st.db, "student_profiles", []string{
			"id", "person_id", "user_id", "university_id", "student_no_enc", "student_no_idx", "name_enc", "name_idx", "branch_id", "major", "grade", "tags", "home_region", "version", "created_at", "updated_at",
		}, students, func(i int) []any {
			return []any{ledgerStudent + i, ledgerStudent + i, nil, ledgerOrg, nobody, binary.BigEndian.AppendUint64(nil, uint64(i)), nobody, nobody, 10 + i%ledgerBranches, "", "2025", "[]", "", 1, now, now} //nolint:gosec // small
		}),
		bulk(ctx, st.db, "hours_entries", []string{
			"id", "student_id", "minutes", "class", "basis", "claim_id", "reversal", "programme_id", "activity_id", "served_on", "branch_id", "branch_path", "posted_by", "posted_at",
		}, students, func(i int) []any {
			branch := 10 + i%ledgerBranches
			return []any{ledgerStudent + i, ledgerStudent + i, 60 + i%60, "VOLUNTEER", "CHECKIN", ledgerStudent + i, 0, 1, i % 1000, "2027-02-01", branch, fmt.Sprintf("/1/%d/", branch), 1, now}
		}),
	)
	if err != nil {
		return err
	}
	if err := st.copyLedger(ctx, students, universities); err != nil {
		return err
	}
	_, err = st.built.Attend.Recount(ctx)
	if err == nil && st.db.Name() == database.MySQL {
		err = st.db.WithContext(ctx).Exec("ANALYZE TABLE hours_entries, hours_totals, student_profiles").Error
	}
	return err
}

// copyLedger gives every student their further lines, and makes the other universities.
func (st *stage) copyLedger(ctx context.Context, students, universities int) error {
	const columns = "(id, student_id, minutes, class, basis, claim_id, reversal, programme_id, activity_id, served_on, branch_id, branch_path, posted_by, posted_at)"
	return dbatomic.Do(ctx, st.db, func(tx *gorm.DB) error {
		for k := 1; k < ledgerLines; k++ {
			class := []string{model.ClassVolunteer, model.ClassPractice}[k%2]
			err := tx.Exec("INSERT INTO hours_entries "+columns+" SELECT id + ?, student_id, minutes + ?, ?, basis, claim_id + ?, 0, 1, activity_id, ?, branch_id, branch_path, 1, posted_at FROM hours_entries WHERE id < ?",
				k*ledgerStudent, k, class, k*ledgerStudent, fmt.Sprintf("2027-%02d-02", 1+k%12), ledgerStudent+students).Error
			if err != nil {
				return fmt.Errorf("fill ledger: %w", err)
			}
		}
		for u := 1; u < universities; u++ {
			err := tx.Exec("INSERT INTO hours_entries "+columns+" SELECT id + ?, student_id + ?, minutes, class, basis, claim_id + ?, 0, 1, activity_id, served_on, branch_id, ?, 1, posted_at FROM hours_entries WHERE id < ?",
				u*ledgerCopy, u*ledgerCopy, u*ledgerCopy, fmt.Sprintf("/%d/10/", 1+u), ledgerCopy).Error
			if err != nil {
				return fmt.Errorf("copy ledger: %w", err)
			}
		}
		return nil
	})
}

// dean logs an officer of the university in.
func (st *stage) dean(ctx context.Context) (string, error) {
	token, err := st.token(ctx, "bench-dean")
	if err != nil {
		return "", err
	}
	live, now := true, clock.System().Add(-time.Minute)
	return token, dbatomic.Do(ctx, st.db, func(tx *gorm.DB) error {
		var user model.User
		if err := tx.First(&user).Error; err != nil {
			return err
		}
		return tx.Create(&model.RoleGrant{ID: st.ids(), UserID: user.ID, Role: "COMMITTEE_OFFICER", OrgID: ledgerOrg, FromAt: now, Live: &live, CreatedAt: now}).Error
	})
}

// sums are what a term comes to.
type sums struct {
	Minutes  int64 `json:"minutes"`
	Students int64 `json:"students"`
}

// asked asks over HTTP.
func (st *stage) asked(ctx context.Context, addr, token string) (out sums, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/api/v1/orgs/%d/hours-totals?term_id=%d", addr, ledgerOrg, ledgerTerm+1), nil)
	if err != nil {
		return out, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, err
	}
	if res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	err = errors.Join(err, json.NewDecoder(res.Body).Decode(&out), res.Body.Close())
	return out, err
}

// recounted adds up every line of the term.
func (st *stage) recounted(ctx context.Context) (out sums, err error) {
	err = st.db.WithContext(ctx).Raw("SELECT SUM(minutes) AS minutes, COUNT(DISTINCT student_id) AS students FROM hours_entries WHERE branch_path >= '/1/' AND branch_path < '/10' AND served_on >= '2027-04-01' AND served_on <= '2027-06-28'").Scan(&out).Error
	return out, err
}

// readTotals reads the stored totals of the term row by row and adds them up.
func (st *stage) readTotals(ctx context.Context, want sums) (n int, err error) {
	pool, err := st.readers()
	if err != nil {
		return 0, err
	}
	rows, err := pool.QueryContext(ctx, "SELECT programme_id, class, basis, student_id, minutes FROM hours_totals WHERE term_id = ? AND branch_path >= ? AND branch_path < ?", ledgerTerm+1, "/1/", "/10")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var programme, student, minutes, sum int64
	var class, basis string
	for ; rows.Next(); n++ {
		if err := rows.Scan(&programme, &class, &basis, &student, &minutes); err != nil {
			return n, err
		}
		sum += minutes
	}
	if err := rows.Err(); err != nil || sum == want.Minutes {
		return n, err
	}
	return n, fmt.Errorf("the stored totals come to %d minutes, want %d", sum, want.Minutes)
}
