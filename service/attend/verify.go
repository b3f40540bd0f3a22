package attend

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/read"
)

// Flaw is the first thing in the ledger that is not as it was written.
type Flaw struct {
	Seq     int64 // place in the chain, 0 if it has none
	EntryID int64 // line, 0 if none is concerned
	What    string
}

// Error says it in words.
func (f *Flaw) Error() string {
	return fmt.Sprintf("the ledger was changed: line %d, number %d of the chain: %s", f.EntryID, f.Seq, f.What)
}

// Head is the signed end of the chain: whoever keeps one elsewhere can tell later whether the ledger still contains it.
type Head struct {
	Seq       int64
	MAC, Sign []byte
}

// chained is a link with its line; the line's id is 0 where it is gone.
type chained struct {
	model.HoursLink
	model.HoursEntry
}

// next checks one link against the chain so far and moves it on.
func (c *chain) next(link model.HoursLink, line model.HoursEntry) *Flaw {
	flaw := &Flaw{Seq: c.seq + 1, EntryID: link.EntryID}
	switch want := c.seal(line); {
	case link.Seq != want.Seq:
		flaw.What = "links are missing before this one"
	case line.ID == 0:
		flaw.What = "the line was deleted"
	case line.ID != link.EntryID || !hmac.Equal(link.MAC, want.MAC):
		flaw.What = "the line or its seal was changed"
	default:
		return nil
	}
	return flaw
}

// last checks the head against the end that the chain has come to.
func (c *chain) last(head model.HoursHead) *Flaw {
	switch {
	case head.Seq != c.seq || !bytes.Equal(head.MAC, c.mac):
		return &Flaw{Seq: c.seq, What: fmt.Sprintf("the chain ends here, its head says %d", head.Seq)}
	case head.Seq == 0 && len(head.Sign) == 0:
		return &Flaw{What: "there is no chain yet: it begins when the server starts"}
	case !hmac.Equal(head.Sign, c.sign()):
		return &Flaw{Seq: c.seq, What: "the head is not signed with our key"}
	}
	return nil
}

// Verify reads the whole ledger and returns how many lines it has. The error is a *Flaw that names the first line that was
// changed, deleted, put in or moved, a tail that was cut off, a known head that the chain does not contain, or a total that
// is not the sum of its lines. Known heads are those that were kept elsewhere.
func (s *Service) Verify(ctx context.Context, known ...Head) (lines int64, err error) {
	db := s.DB.WithContext(ctx)
	c := &chain{key: s.LedgerKey, mac: make([]byte, sha256.Size)}
	for more := true; more; { // others may write meanwhile
		head, err := headOf(db)
		if err != nil {
			return c.seq, err
		}
		for c.seq < head.Seq {
			if err := c.follow(db, head.Seq, known); err != nil {
				return c.seq, err
			}
		}
		if flaw := c.last(head); flaw != nil {
			return c.seq, flaw
		}
		if more, err = movedOn(db, c.seq); err != nil {
			return c.seq, err
		}
	}
	return c.seq, c.finish(db, known)
}

// movedOn tells whether the head has moved on from seq; the last link must be the head's.
func movedOn(db *gorm.DB, seq int64) (bool, error) {
	var at struct{ Head, Last int64 }
	err := db.Table("hours_heads").Select("seq AS head, COALESCE((SELECT MAX(seq) FROM hours_links), 0) AS last").Where("id = ?", 1).Scan(&at).Error
	if err != nil {
		return false, fmt.Errorf("read the head of the ledger: %w", err)
	}
	if at.Last != at.Head {
		return false, &Flaw{Seq: at.Last, What: fmt.Sprintf("the head is of number %d", at.Head)}
	}
	return at.Head != seq, nil
}

// LedgerHead is the signed end of the ledger, to be kept elsewhere. Before that it looks whether the ledger still contains
// the head that was kept last; the error is a *Flaw if not.
func (s *Service) LedgerHead(ctx context.Context, kept Head) (Head, error) {
	db := s.DB.WithContext(ctx)
	head, err := headOf(db)
	if err != nil {
		return kept, err
	}
	end := &chain{key: s.LedgerKey, seq: head.Seq, mac: head.MAC}
	if !hmac.Equal(end.sign(), head.Sign) {
		return kept, errHead
	}
	var mac [][]byte
	if err := db.Model(&model.HoursLink{}).Where("seq = ?", kept.Seq).Pluck("mac", &mac).Error; err != nil {
		return kept, fmt.Errorf("look for the head that was kept: %w", err)
	}
	if kept.Seq > 0 && (len(mac) == 0 || !bytes.Equal(mac[0], kept.MAC)) {
		return kept, &Flaw{Seq: kept.Seq, What: "the ledger does not contain the head that was kept elsewhere"}
	}
	return Head{Seq: head.Seq, MAC: head.MAC, Sign: head.Sign}, nil
}

// headOf reads the head without a lock.
func headOf(tx *gorm.DB) (model.HoursHead, error) {
	return read.One[model.HoursHead](tx.Where("id = ?", 1), "head of the ledger")
}

// follow checks the next links, none after until.
func (c *chain) follow(tx *gorm.DB, until int64, known []Head) error {
	var rows []chained
	err := tx.Table("hours_links AS l").Joins("LEFT JOIN hours_entries AS e ON e.id = l.entry_id").
		Where("l.seq > ? AND l.seq <= ?", c.seq, until).Order("l.seq").Limit(chunk).
		Select("l.seq, l.entry_id, l.mac, e.*").Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	if len(rows) == 0 {
		return &Flaw{Seq: c.seq, What: fmt.Sprintf("the chain ends here, its head says %d", until)}
	}
	for _, r := range rows {
		if flaw := c.next(r.HoursLink, r.HoursEntry); flaw != nil {
			return flaw
		}
		if i := slices.IndexFunc(known, func(h Head) bool { return h.Seq == c.seq && !bytes.Equal(h.MAC, c.mac) }); i >= 0 {
			return &Flaw{Seq: c.seq, EntryID: r.EntryID, What: "this line or one before it is not the one of a head that was kept elsewhere"}
		}
	}
	return nil
}

// finish checks what is left when the chain was followed to the head.
func (c *chain) finish(tx *gorm.DB, known []Head) error {
	for _, h := range known {
		if h.Seq > c.seq {
			return &Flaw{Seq: c.seq, What: fmt.Sprintf("the tail was cut off: a head that was kept elsewhere has %d lines", h.Seq)}
		}
	}
	var loose []int64
	err := tx.Table("hours_entries AS e").Joins("LEFT JOIN hours_links AS l ON l.entry_id = e.id").Where("l.entry_id IS NULL").
		Order("e.id").Limit(1).Pluck("e.id", &loose).Error
	if err != nil {
		return fmt.Errorf("look for lines outside the chain: %w", err)
	}
	if len(loose) > 0 {
		return &Flaw{EntryID: loose[0], What: "the line was put in from outside"}
	}
	off, err := totalsOff(tx, 1)
	if err != nil || len(off) == 0 {
		return err
	}
	return &Flaw{What: fmt.Sprintf("a total of student %d is %d minutes too high: run baodao ledger recount", off[0].StudentID, off[0].Minutes)}
}
