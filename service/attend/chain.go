package attend

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// chunk is how many rows one statement writes or reads.
const chunk = 500

// errHead stops everything that would write to a ledger whose end was not signed by this program.
var errHead = errors.New("the head of the ledger is not signed with our key: run baodao ledger verify")

// chain is the end of the chain so far, and the key that nobody finds in the database. Every line is sealed together with
// its number and the seal before it, so that no line can be changed, moved, put in or taken out without the key.
type chain struct {
	key []byte
	seq int64
	mac []byte
}

// seal moves the chain on by one line.
func (c *chain) seal(line model.HoursEntry) model.HoursLink {
	c.seq++
	c.mac = c.sum("line", c.mac, sealed(c.seq, line))
	return model.HoursLink{Seq: c.seq, EntryID: line.ID, MAC: c.mac}
}

// sign is the signature of the present end.
func (c *chain) sign() []byte {
	return c.sum("head", binary.BigEndian.AppendUint64(nil, uint64(c.seq)), c.mac) //nolint:gosec // bits
}

func (c *chain) sum(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(purpose))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// sealed is every column of a line, each in one way only.
func sealed(seq int64, e model.HoursEntry) []byte {
	out := make([]byte, 0, 256)
	for _, n := range []int64{seq, e.ID, e.StudentID, e.Minutes, e.ClaimID, e.Reversal, e.ProgrammeID, e.ActivityID, e.BranchID, e.PostedBy, e.PostedAt.UnixMilli()} {
		out = binary.BigEndian.AppendUint64(out, uint64(n)) //nolint:gosec // bits
	}
	for _, s := range []string{e.Class, e.Basis, string(e.ServedOn), e.BranchPath} {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(s))), s...) //nolint:gosec // a column
	}
	return out
}

// write adds lines to the ledger, to its chain and to its totals. Everybody who writes waits at the head, which is locked
// last of all locks. A line that is there already is gorm.ErrDuplicatedKey.
func (s *Service) write(tx *gorm.DB, lines []model.HoursEntry) error {
	if len(lines) == 0 {
		return nil
	}
	end, err := s.end(tx)
	if err != nil {
		return err
	}
	links := make([]model.HoursLink, len(lines))
	for i, l := range lines {
		links[i] = end.seal(l)
	}
	if err := tx.CreateInBatches(lines, chunk).Error; err != nil {
		return fmt.Errorf("write to the ledger: %w", err)
	}
	if err := tx.CreateInBatches(links, chunk).Error; err != nil {
		return fmt.Errorf("chain the ledger: %w", err)
	}
	if err := s.addUp(tx, lines); err != nil {
		return err
	}
	return s.setHead(tx, end)
}

// end locks the head and reads the end of the chain. The first time it takes in the lines of the time before the chain.
func (s *Service) end(tx *gorm.DB) (*chain, error) {
	var head model.HoursHead
	if err := atomic.ForUpdate(tx).Where("id = ?", 1).First(&head).Error; err != nil {
		return nil, fmt.Errorf("lock the head of the ledger: %w", err)
	}
	end := &chain{key: s.LedgerKey, seq: head.Seq, mac: head.MAC}
	if head.Seq == 0 && len(head.Sign) == 0 {
		end.mac = make([]byte, sha256.Size)
		return end, s.adopt(tx, end)
	}
	if !hmac.Equal(end.sign(), head.Sign) {
		return nil, errHead
	}
	return end, nil
}

// OpenLedger begins the chain if there is none yet.
func (s *Service) OpenLedger(ctx context.Context) error {
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		_, err := s.end(tx)
		return err
	})
}

func (s *Service) setHead(tx *gorm.DB, end *chain) error {
	err := tx.Model(&model.HoursHead{}).Where("id = ?", 1).Updates(map[string]any{"seq": end.seq, "mac": end.mac, "sign": end.sign(), "signed_at": s.Now()}).Error
	if err != nil {
		return fmt.Errorf("sign the ledger: %w", err)
	}
	return nil
}

// adopt chains the lines that were written before there was a chain, in the order of their ids, and adds them up.
func (s *Service) adopt(tx *gorm.DB, end *chain) error {
	for last := int64(0); ; {
		var lines []model.HoursEntry
		if err := tx.Where("id > ?", last).Order("id").Limit(chunk).Find(&lines).Error; err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		if len(lines) == 0 {
			break
		}
		links := make([]model.HoursLink, len(lines))
		for i, l := range lines {
			links[i], last = end.seal(l), l.ID
		}
		if err := tx.Create(&links).Error; err != nil {
			return fmt.Errorf("chain the ledger: %w", err)
		}
	}
	if err := s.recount(tx); err != nil {
		return err
	}
	if err := s.setHead(tx, end); err != nil || end.seq == 0 {
		return err
	}
	return s.Audit.Write(tx, access.System("ledger"), audit.Entry{Action: "ledger.chain", Object: "hours_heads", ObjectID: 1, Data: map[string]any{"lines": end.seq}})
}
