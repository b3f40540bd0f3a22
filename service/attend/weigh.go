package attend

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/standing"
	"baodao/service/vault"
)

// lookBack is how far back a phone and a student's last position are looked for.
const lookBack = 24 * time.Hour

// weighed is a good try on the scale, before its row is written. Rows that a person operated have no evidence.
type weighed struct {
	row      *model.CheckIn // weigh sets distance and doubts, and on a doubt verdict REVIEW with the first one as the reason
	session  model.Session
	policy   model.Policy
	evidence Evidence
	doubts   []string               // in: what is doubtful already (a late upload); out: everything
	kept     *model.CheckInEvidence // out: what keep stores, nil for nothing
}

// weigh says of good tries why a person should look at them: codes of doubts, none for most. It fills in what the rows
// say about it, and takes a number of queries that does not depend on how many tries there are. Nothing is written.
// Two tries that are weighed at the same moment on two servers do not see each other; the check-out sees both.
func (s *Service) weigh(tx *gorm.DB, tries []weighed) ([][]string, error) {
	b, err := s.balance(tx, tries)
	if err != nil {
		return nil, err
	}
	out := make([][]string, len(tries))
	for i := range tries {
		t := &tries[i]
		if b != nil {
			if err := b.put(t); err != nil {
				return nil, err
			}
		}
		out[i] = t.doubts
		if len(t.doubts) > 0 {
			t.row.Verdict, t.row.Reason, t.row.Doubts = model.VerdictReview, t.doubts[0], strings.Join(t.doubts, ",")
		}
	}
	return out, nil
}

// balance is what weighing needs to know beside the tries, kept up to date from one to the next.
type balance struct {
	vault   *vault.Vault
	people  map[int64]model.StudentProfile // by student: whose key it is
	consent map[int64]bool                 // by account
	keys    map[int64]*vault.Person        // by person
	last    map[int64]sighting             // by student
	devices map[string][]int64             // students, by device
	fixes   map[string][]stay              // by position
}

// stay is a student in a session.
type stay struct{ student, session int64 }

// balance reads; nil when no try has any evidence.
func (s *Service) balance(tx *gorm.DB, tries []weighed) (*balance, error) {
	var students []int64
	var devices, fixes [][]byte
	var since time.Time
	for _, t := range tries {
		if t.evidence == (Evidence{}) {
			continue
		}
		students = append(students, t.row.StudentID)
		if since.IsZero() || t.row.ReceivedAt.Before(since) {
			since = t.row.ReceivedAt
		}
		if t.evidence.Device != "" {
			devices = append(devices, s.Vault.Index(vault.Device, t.evidence.Device))
		}
		if f := t.evidence.Fix; f != nil && f.exact() != "" {
			fixes = append(fixes, s.Vault.Index(vault.CheckInFix, f.exact()))
		}
	}
	if len(students) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to weigh
	}
	b := &balance{vault: s.Vault}
	if err := b.read(tx, since.Add(-lookBack), students, devices, fixes); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *balance) read(tx *gorm.DB, since time.Time, students []int64, devices, fixes [][]byte) (err error) {
	if b.people, err = profiles(tx, students); err != nil {
		return err
	}
	users := make([]int64, 0, len(b.people))
	for _, p := range b.people {
		if p.UserID != nil {
			users = append(users, *p.UserID)
		}
	}
	if b.consent, err = standing.Consents(tx, model.ConsentLocation, "", users); err != nil {
		return err
	}
	if len(b.consent) > 0 {
		if err := b.readLast(tx, since, students); err != nil {
			return err
		}
	}
	b.devices, b.fixes = map[string][]int64{}, map[string][]stay{}
	if len(devices) > 0 {
		rows, err := seenWith(tx.Where("device_hash IN ? AND at > ?", devices, since))
		if err != nil {
			return err
		}
		for _, r := range rows {
			b.devices[string(r.DeviceHash)] = append(b.devices[string(r.DeviceHash)], r.StudentID)
		}
	}
	if len(fixes) > 0 && len(b.consent) > 0 {
		rows, err := seenWith(tx.Where("fix_hash IN ?", fixes))
		if err != nil {
			return err
		}
		for _, r := range rows {
			b.fixes[string(r.FixHash)] = append(b.fixes[string(r.FixHash)], stay{r.StudentID, r.SessionID})
		}
	}
	return nil
}

// readLast reads where students were last.
func (b *balance) readLast(tx *gorm.DB, since time.Time, students []int64) (err error) {
	people := make([]int64, 0, len(b.people))
	for _, p := range b.people {
		people = append(people, p.PersonID)
	}
	slices.Sort(people)
	if b.keys, err = b.vault.People(tx, people...); err != nil {
		return err
	}
	var rows []model.CheckInEvidence
	err = tx.Where("student_id IN ? AND at > ? AND fix_enc IS NOT NULL", students, since).Order("student_id, at").Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read last positions: %w", err)
	}
	b.last = make(map[int64]sighting, len(rows))
	for i, r := range rows {
		if i+1 < len(rows) && rows[i+1].StudentID == r.StudentID {
			continue // there is a later one
		}
		f, err := openFix(b.keys[b.people[r.StudentID].PersonID], r)
		if err != nil {
			return err
		}
		if f != nil {
			b.last[r.StudentID] = sighting{f.point(), f.AccuracyM, r.At}
		}
	}
	return nil
}

// put weighs one try.
func (b *balance) put(t *weighed) error {
	if t.evidence == (Evidence{}) {
		return nil
	}
	t.kept = &model.CheckInEvidence{CheckInID: t.row.ID, StudentID: t.row.StudentID, SignupID: t.row.SignupID, SessionID: t.row.SessionID, At: t.row.ReceivedAt}
	if err := b.putFix(t); err != nil {
		return err
	}
	b.putDevice(t)
	return nil
}

// putFix weighs the position. Without a live consent, or for a person whose key is gone, it is dropped before anything
// looks at it.
func (b *balance) putFix(t *weighed) error {
	f := t.evidence.Fix
	if f == nil {
		return nil
	}
	who := b.people[t.row.StudentID]
	key := b.keys[who.PersonID]
	if who.UserID == nil || !b.consent[*who.UserID] || key == nil {
		t.row.Distance = model.DistanceDropped
		return nil
	}
	rules := t.policy.Evidence()
	class, doubts := f.placed(t.session, rules)
	t.row.Distance, t.doubts = class, append(t.doubts, doubts...)
	now := sighting{f.point(), f.AccuracyM, t.row.LogicalAt}
	if last, known := b.last[t.row.StudentID]; known && tooFast(last, now, rules) {
		t.doubts = append(t.doubts, doubtTravel)
	}
	b.last[t.row.StudentID] = now
	if exact := f.exact(); exact != "" {
		t.kept.FixHash = b.vault.Index(vault.CheckInFix, exact)
		here, at := stay{t.row.StudentID, t.row.SessionID}, string(t.kept.FixHash)
		if int64(others(b.fixes[at], here)) > rules.Repeats {
			t.doubts = append(t.doubts, doubtRepeat)
		}
		b.fixes[at] = append(b.fixes[at], here)
	}
	var err error
	t.kept.FixEnc, err = sealFix(key, t.row.ID, *f)
	return err
}

// putDevice weighs the phone.
func (b *balance) putDevice(t *weighed) {
	if t.evidence.Device == "" {
		return
	}
	t.kept.DeviceHash = b.vault.Index(vault.Device, t.evidence.Device)
	at := string(t.kept.DeviceHash)
	if int64(others(b.devices[at], t.row.StudentID)) >= t.policy.Evidence().DeviceStudents {
		t.doubts = append(t.doubts, doubtDevice)
	}
	b.devices[at] = append(b.devices[at], t.row.StudentID)
}

// others counts the different values in a list but one's own.
func others[T comparable](list []T, own T) int {
	seen := map[T]bool{}
	for _, v := range list {
		if v != own {
			seen[v] = true
		}
	}
	return len(seen)
}
