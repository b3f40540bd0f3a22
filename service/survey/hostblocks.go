package survey

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
	"baodao/service/read"
	"baodao/service/text"
	"baodao/service/vault"
)

// HostBlock is a student whom a host keeps away.
type HostBlock struct {
	StudentID int64
	Name      string // masked
	Reason    string
	By        int64 // user
	ByName    string
	At        time.Time
}

// hostBlockRow is a block with what is needed to read it.
type hostBlockRow struct {
	model.MatchBlock

	PersonID  int64
	NameEnc   []byte
	ByNameEnc []byte // of who decided it
}

// host reads the organisation whose blocks the actor keeps; nobody else reads them, those above it neither.
func (s *Service) host(tx *gorm.DB, actor access.Actor, orgID int64) (model.Org, error) {
	host, err := org.ByID(tx, orgID)
	if err != nil {
		return host, err
	}
	if err := actor.Check(access.BlockWrite, access.Object{Paths: []string{host.Path}, Public: true}); err != nil {
		return host, err // organisations are public: never a 404
	}
	return host, nil
}

// Blocks lists the students whom a host keeps away, by rising id.
func (s *Service) Blocks(ctx context.Context, actor access.Actor, orgID int64, req page.Request) (page.Result[HostBlock], error) {
	none := page.Result[HostBlock]{Items: []HostBlock{}}
	if err := actor.Require(access.BlockWrite); err != nil {
		return none, err
	}
	keys, later, err := req.Key("host_blocks", 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	if _, err := s.host(db, actor, orgID); err != nil {
		return none, err
	}
	q := hostBlocks(db, orgID)
	if later {
		q = q.Where("b.student_id > ?", keys[0])
	}
	var rows []hostBlockRow
	if err := q.Order("b.student_id").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list blocks: %w", err)
	}
	cut := page.Cut(rows, req.Size(), "host_blocks", func(r hostBlockRow) []int64 { return []int64{r.StudentID} })
	items, err := s.openBlocks(db, cut.Items)
	return page.Result[HostBlock]{Items: items, Next: cut.Next}, err
}

func hostBlocks(tx *gorm.DB, orgID int64) *gorm.DB {
	return tx.Table("match_blocks AS b").Select("b.*, p.person_id, p.name_enc, u.name_enc AS by_name_enc").
		Joins("JOIN student_profiles AS p ON p.id = b.student_id").Joins("LEFT JOIN users AS u ON u.id = b.created_by").
		Where("b.org_id = ? AND b.side = ?", orgID, model.BlockByHost)
}

// openBlocks opens reasons and masks names, but for those of who decided: colleagues read them.
func (s *Service) openBlocks(tx *gorm.DB, rows []hostBlockRow) ([]HostBlock, error) {
	persons := make([]int64, 0, 2*len(rows))
	for _, r := range rows {
		persons = append(persons, r.PersonID, r.CreatedBy)
	}
	keys, err := s.Vault.People(tx, persons...)
	if err != nil {
		return nil, err
	}
	out := make([]HostBlock, 0, len(rows))
	for _, r := range rows {
		name, err := keys[r.PersonID].Open(vault.StudentName, r.StudentID, r.NameEnc)
		if err != nil {
			return nil, err
		}
		reason, err := keys[r.PersonID].Open(vault.BlockReason, r.StudentID, r.ReasonEnc)
		if err != nil {
			return nil, err
		}
		by, err := keys[r.CreatedBy].Open(vault.UserName, r.CreatedBy, r.ByNameEnc)
		if err != nil {
			return nil, err
		}
		out = append(out, HostBlock{StudentID: r.StudentID, Name: vault.MaskName(name), Reason: reason, By: r.CreatedBy, ByName: by, At: r.CreatedAt})
	}
	return out, nil
}

// Block keeps a student away from a host: they are neither recommended nor matched, and a sign-up for an activity there is
// signup.not_eligible. Only a student who has signed up there can be kept away. Doing it again replaces the reason.
// fault.ErrNotFound, access.ErrReason, content.ErrRisky.
func (s *Service) Block(ctx context.Context, actor access.Actor, orgID, studentID int64, reason string) (HostBlock, error) {
	if err := actor.Require(access.BlockWrite); err != nil {
		return HostBlock{}, err
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return HostBlock{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (out HostBlock, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			out, err = s.block(tx, actor, orgID, studentID, reason)
			return err
		})
		return out, err
	})
}

func (s *Service) block(tx *gorm.DB, actor access.Actor, orgID, studentID int64, reason string) (HostBlock, error) {
	host, err := s.host(tx, actor, orgID)
	if err != nil {
		return HostBlock{}, err
	}
	if err := metAt(tx, orgID, studentID); err != nil {
		return HostBlock{}, err
	}
	if err := actor.NotOwn([]int64{studentID}, nil); err != nil {
		return HostBlock{}, err
	}
	if err := s.Content.Reason(tx, actor, content.Verdicts, host.Path, reason); err != nil {
		return HostBlock{}, err
	}
	key, err := s.keyOf(tx, studentID)
	if err != nil {
		return HostBlock{}, err
	}
	row := model.MatchBlock{
		StudentID: studentID, OrgID: orgID, Side: model.BlockByHost, ReasonEnc: key.Seal(vault.BlockReason, studentID, reason), CreatedBy: actor.UserID, CreatedAt: s.Now(),
	}
	if err := tx.Clauses(onBlock()).Create(&row).Error; err != nil {
		return HostBlock{}, fmt.Errorf("write block: %w", err)
	}
	if err := s.tellBlock(tx, actor, "block.keep_away", row, host.Path); err != nil {
		return HostBlock{}, err
	}
	got, err := read.One[hostBlockRow](hostBlocks(tx, orgID).Where("b.student_id = ?", studentID).Order("b.student_id"), "block")
	if err != nil {
		return HostBlock{}, err
	}
	out, err := s.openBlocks(tx, []hostBlockRow{got})
	if err != nil {
		return HostBlock{}, err
	}
	return out[0], nil
}

// metAt is nil when the student has ever signed up for an activity of the host: a host keeps nobody away whom it never met,
// and learns of nobody else that they exist.
func metAt(tx *gorm.DB, orgID, studentID int64) error {
	var found []int64
	err := tx.Table("signups AS s").Joins("JOIN activities AS a ON a.id = s.activity_id").
		Where("s.student_id = ? AND a.host_org_id = ?", studentID, orgID).Limit(1).Pluck("s.id", &found).Error
	if err != nil {
		return fmt.Errorf("look for a signup: %w", err)
	}
	if len(found) == 0 {
		return fault.ErrNotFound
	}
	return nil
}

// Unblock lets a student come again; fault.ErrNotFound for one who is not kept away.
func (s *Service) Unblock(ctx context.Context, actor access.Actor, orgID, studentID int64) error {
	if err := actor.Require(access.BlockWrite); err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		host, err := s.host(tx, actor, orgID)
		if err != nil {
			return err
		}
		return s.unblock(tx, actor, model.MatchBlock{StudentID: studentID, OrgID: orgID, Side: model.BlockByHost}, host.Path)
	})
}
