package survey

import (
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/score"
)

// willingSum counts the willing students of branches at and below an organisation. It is never changed once it is made.
type willingSum struct {
	all       int64
	slots     [score.Slots]int64
	skills    [score.Skills]int64
	interests map[string]int64 // by category
}

// Sums of so many students are kept for a while: a million are counted in seconds, and nobody plans by the minute.
const (
	keptFrom = 20_000
	keptFor  = 10 * time.Minute
	keptMost = 1000
)

// keptSums are the large sums of a replica. Who asks for one that is being made waits for it.
type keptSums struct {
	mu sync.Mutex
	at map[[2]int64]*keptSum // by organisation and programme
}

type keptSum struct {
	mu    sync.Mutex
	sum   *willingSum
	until time.Time
}

// of is a sum that was kept, or is made now.
func (k *keptSums) of(now time.Time, key [2]int64, count func() (*willingSum, error)) (*willingSum, error) {
	k.mu.Lock()
	kept := k.at[key]
	if kept == nil {
		if len(k.at) >= keptMost || k.at == nil {
			k.at = map[[2]int64]*keptSum{}
		}
		kept = &keptSum{}
		k.at[key] = kept
	}
	k.mu.Unlock()
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.sum != nil && now.Before(kept.until) {
		return kept.sum, nil
	}
	sum, err := count()
	if err != nil {
		return nil, err
	}
	if kept.sum = nil; sum.all >= keptFrom {
		kept.sum, kept.until = sum, now.Add(keptFor)
	}
	return sum, nil
}

// sumWilling counts row by row: that takes a fraction of what a database needs for seventy sums of bits.
func sumWilling(db *gorm.DB, top model.Org, programmeID int64) (out *willingSum, err error) {
	rows, err := db.Table("student_willingness AS w").Joins("JOIN student_profiles AS p ON p.id = w.student_id").Joins("JOIN orgs AS b ON b.id = p.branch_id").
		Select("w.slots, w.skills, w.interest1, w.interest2, w.interest3").
		Where("w.programme_id = ? AND w.willing = ? AND b.path >= ? AND b.path < ?", programmeID, true, top.Path, access.PathEnd(top.Path)).Rows()
	if err != nil {
		return nil, fmt.Errorf("count willing students: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	named := map[[3]string]int64{}
	out = &willingSum{interests: map[string]int64{}}
	var slots, skills uint64
	var raw [3]sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&slots, &skills, &raw[0], &raw[1], &raw[2]); err != nil {
			return nil, fmt.Errorf("count willing students: %w", err)
		}
		out.all++
		countBits(out.slots[:], slots)
		countBits(out.skills[:], skills)
		named[[3]string{string(raw[0]), string(raw[1]), string(raw[2])}]++
	}
	for codes, n := range named {
		for _, code := range codes {
			out.interests[code] += n
		}
	}
	return out, rows.Err()
}

// countBits adds one for each bit of a set.
func countBits(to []int64, set uint64) {
	for ; set != 0; set &= set - 1 {
		if i := bits.TrailingZeros64(set); i < len(to) {
			to[i]++
		}
	}
}
