package round

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/files"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/survey"
)

// crowd is who takes part, and what is known of all of them before they are put down.
type crowd struct {
	*census

	places map[int64]geo.Point // of branches, as far as they were sought
	sought map[int64]bool

	ids    []int64
	groups map[int64]int64 // of the members of groups
	leads  map[int64]int64 // of each group its lead
	number map[int64]int32 // of groups, as they come up
	lists  map[int64][]int64
	campus map[geo.Point]int32 // numbers of places, as they come up
	apart  [][]int32           // communities that each of a glimpse is kept apart from
}

// students puts the asking side down: who made a list or is open to others, and friends of those, by rising id.
func (k *Positions) students(db *gorm.DB, c *census, put Put) error {
	all := &crowd{census: c, groups: map[int64]int64{}, leads: map[int64]int64{}, number: map[int64]int32{}, lists: map[int64][]int64{}, campus: map[geo.Point]int32{}}
	if err := all.read(db); err != nil {
		return err
	}
	for part := range slices.Chunk(all.ids, chunkSize) {
		if err := k.putStudents(db, all, part, put); err != nil {
			return err
		}
	}
	return nil
}

// read finds everybody of the round, the groups, and the lists of those who lead one.
func (c *crowd) read(db *gorm.DB) error {
	for after := int64(0); ; {
		var some []int64
		err := db.Model(&model.MatchWish{}).Where("round_id = ? AND student_id > ?", c.round.ID, after).Order("student_id").Limit(readAtATime).Pluck("student_id", &some).Error
		if err != nil {
			return fmt.Errorf("read who made a list: %w", err)
		}
		c.ids = append(c.ids, some...)
		if len(some) < readAtATime {
			break
		}
		after = some[len(some)-1]
	}
	var members []model.MatchGroup
	if err := db.Select("student_id", "group_id", "leads").Where("round_id = ?", c.round.ID).Order("student_id").Find(&members).Error; err != nil {
		return fmt.Errorf("read groups of friends: %w", err)
	}
	var leads []int64
	for _, m := range members {
		c.ids, c.groups[m.StudentID] = append(c.ids, m.StudentID), m.GroupID
		if m.Leads {
			c.leads[m.GroupID] = m.StudentID
			leads = append(leads, m.StudentID)
		}
	}
	slices.Sort(c.ids)
	c.ids = slices.Compact(c.ids)
	for part := range slices.Chunk(leads, chunkSize) {
		lists, err := wishesOf(db, c.round.ID, part)
		if err != nil {
			return err
		}
		for id, w := range lists {
			c.lists[id] = w.Positions
		}
	}
	return nil
}

// wishesOf reads the lists of some students for a round.
func wishesOf(db *gorm.DB, round int64, students []int64) (map[int64]model.MatchWish, error) {
	var rows []model.MatchWish
	if err := db.Where("round_id = ? AND student_id IN ?", round, students).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read lists: %w", err)
	}
	out := make(map[int64]model.MatchWish, len(rows))
	for _, w := range rows {
		out[w.StudentID] = w
	}
	return out, nil
}

// folk is what is read of some students at once.
type folk struct {
	profiles []model.StudentProfile // by rising id
	willing  map[int64]survey.Student
	wishes   map[int64]model.MatchWish
	places   map[int64]geo.Point // of branches
	served   map[int64]int32
	waited   map[int64]uint8
	apart    map[int64][]int32 // communities
}

func (k *Positions) putStudents(db *gorm.DB, c *crowd, ids []int64, put Put) error {
	f, err := k.read(db, c, ids)
	if err != nil {
		return err
	}
	var rows []score.Student
	var refs []int64
	var wishes []string
	var extra []more
	for _, p := range f.profiles {
		if _, ok := c.branch[p.BranchID]; !ok {
			continue // has left the scope
		}
		w, answered := f.willing[p.ID]
		if answered && !w.Willing {
			continue // does not want to take part any more
		}
		rows, refs = append(rows, c.student(p, w, f)), append(refs, p.ID)
		wishes = append(wishes, c.numbers(p.ID, f.wishes[p.ID].Positions))
		extra = append(extra, more{Open: f.wishes[p.ID].Open, Blocked: f.apart[p.ID]})
	}
	return putAll(model.SideAsking, refs, func(w io.Writer) error { return files.WriteStudents(w, rows) }, wishes, extra, put)
}

func (k *Positions) read(db *gorm.DB, c *crowd, ids []int64) (*folk, error) {
	f := &folk{willing: map[int64]survey.Student{}, apart: map[int64][]int32{}}
	if err := db.Select("id", "branch_id", "grade", "tags").Where("id IN ?", ids).Order("id").Find(&f.profiles).Error; err != nil {
		return nil, fmt.Errorf("read students of match round: %w", err)
	}
	willing, err := k.Survey.Students(db, c.round.ProgrammeID, c.round.Season == model.SeasonVacation, ids...)
	if err != nil {
		return nil, err
	}
	branches := make([]int64, len(f.profiles))
	for i, p := range f.profiles {
		branches[i] = p.BranchID
	}
	for _, w := range willing {
		f.willing[w.StudentID] = w
	}
	if f.wishes, err = wishesOf(db, c.round.ID, ids); err != nil {
		return nil, err
	}
	if f.places, err = c.sited(db, branches); err != nil {
		return nil, err
	}
	if f.served, err = c.served(db, ids); err != nil {
		return nil, err
	}
	if f.waited, err = waited(db, c.round, ids); err != nil {
		return nil, err
	}
	apart, err := survey.BlocksOf(db, ids...)
	for _, pair := range apart {
		if n, ok := c.community[pair.HostOrgID]; ok {
			f.apart[pair.StudentID] = append(f.apart[pair.StudentID], n)
		}
	}
	return f, err
}

// sited tells where branches are. Each is looked up once: those of a part are scattered over all there are.
func (c *crowd) sited(db *gorm.DB, branches []int64) (map[int64]geo.Point, error) {
	if c.places == nil {
		c.places, c.sought = map[int64]geo.Point{}, map[int64]bool{}
	}
	var unknown []int64
	for _, id := range branches {
		if !c.sought[id] {
			unknown, c.sought[id] = append(unknown, id), true
		}
	}
	found, err := survey.Places(db, unknown...)
	maps.Copy(c.places, found)
	return c.places, err
}

// student is one of the asking side. Who has said nothing, or not where home is, fits nowhere.
func (c *crowd) student(p model.StudentProfile, w survey.Student, f *folk) score.Student {
	s := score.Student{
		Slots: uint64(w.Slots), Skills: w.Skills & c.skills, MaxDist: w.MaxDistM, Interests: w.Interests, Branch: c.branch[p.BranchID],
		Served: score.None, Waited: f.waited[p.ID], Group: score.None, Campus: score.None,
	}
	if w.StudentID == 0 {
		s.Interests = [3]int8{score.None, score.None, score.None}
	}
	if len(c.audiences) > 0 {
		s.Skills |= c.meant(c.paths[p.BranchID], p.Grade, p.Tags)
	}
	if n, ok := f.served[p.ID]; ok {
		s.Served = n
	}
	if group, ok := c.groups[p.ID]; ok {
		s.Group = numberOf(c.number, group)
	}
	campus, placed := f.places[p.BranchID]
	if placed {
		s.Campus = numberOf(c.campus, campus)
	}
	at := &campus
	if c.round.Season == model.SeasonVacation {
		at, placed = w.Home, w.Home != nil
	}
	if !placed {
		s.MaxDist = 0
		return s
	}
	s.LatE6, s.LonE6 = int32(at.LatE6), int32(at.LngE6) //nolint:gosec // degrees
	return s
}

// numberOf numbers what comes up.
func numberOf[K comparable](known map[K]int32, key K) int32 {
	n, ok := known[key]
	if !ok {
		n = int32(len(known)) //nolint:gosec // at most 16 million
		known[key] = n
	}
	return n
}

// numbers writes a list as the numbers of its positions; those that do not take part are left out. Friends have the list of
// the one who leads.
func (c *crowd) numbers(student int64, own []int64) string {
	if group, ok := c.groups[student]; ok {
		own = c.lists[c.leads[group]]
	}
	var b strings.Builder
	for _, id := range own {
		if n, ok := c.seq[id]; ok {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(strconv.Itoa(int(n)))
		}
	}
	return b.String()
}

// served are the communities of the round in which students have completed a place, the last one of each.
func (c *census) served(db *gorm.DB, ids []int64) (map[int64]int32, error) {
	var rows []struct{ StudentID, HostOrgID int64 }
	err := db.Table("signups AS s").Joins("JOIN activities AS a ON a.id = s.activity_id").Select("s.student_id, a.host_org_id").
		Where("s.student_id IN ? AND s.status = ?", ids, model.SignupCompleted).Order("a.ends_at, a.id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read where students have served: %w", err)
	}
	out := map[int64]int32{}
	for _, r := range rows {
		if n, ok := c.community[r.HostOrgID]; ok {
			out[r.StudentID] = n
		}
	}
	return out, nil
}

// enoughWishes is how long a list must have been to count as one that got no place.
const enoughWishes = 5

// waited counts the earlier rounds of the programme for which students made a list of five or more and got no proposal, up
// to what the rules count.
func waited(db *gorm.DB, r *model.MatchRound, ids []int64) (map[int64]uint8, error) {
	var rows []struct{ StudentID, Rounds int64 }
	err := db.Table("match_wishes AS w").Joins("JOIN match_rounds AS r ON r.id = w.round_id").Select("w.student_id, COUNT(*) AS rounds").
		Where("w.student_id IN ? AND w.listed >= ? AND r.programme_id = ? AND r.id <> ?", ids, enoughWishes, r.ProgrammeID, r.ID).
		Where("r.status IN ?", []model.RoundStatus{model.RoundPublished, model.RoundClosed}).
		Where("NOT EXISTS (SELECT 1 FROM match_proposals AS p WHERE p.round_id = w.round_id AND p.student_id = w.student_id)").
		Group("w.student_id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count rounds without a place: %w", err)
	}
	out := make(map[int64]uint8, len(rows))
	for _, row := range rows {
		out[row.StudentID] = uint8(min(row.Rounds, score.MaxWaited)) //nolint:gosec // at most 2
	}
	return out, nil
}
