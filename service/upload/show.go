package upload

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/read"
)

// Picture is what is shown of an upload.
type Picture struct {
	ID     int64
	Data   []byte // JPEG
	Public bool   // may be kept by everybody
}

// Show reads the picture of an upload: to everybody once it has passed and something public uses it, before that to its
// owner. Anything else is fault.ErrNotFound.
func (s *Service) Show(ctx context.Context, actor access.Actor, id int64) (Picture, error) {
	tx := s.DB.WithContext(ctx)
	row, err := read.One[model.Upload](tx.Where("id = ?", id), "upload")
	if err != nil {
		return Picture{}, err
	}
	public, err := s.public(tx, row)
	if err != nil {
		return Picture{}, err
	}
	if !public {
		if row, err := s.own(tx, actor, id); err != nil || actor.UserID == 0 || row.Status == model.CheckRisky {
			return Picture{}, notFound(err)
		}
	}
	data, err := s.Store.Read(row.Display)
	return Picture{ID: id, Data: data, Public: public}, err
}

// notFound is fault.ErrNotFound, or what hinders us to know.
func notFound(err error) error {
	if err != nil {
		return err
	}
	return fault.ErrNotFound
}

func (s *Service) public(tx *gorm.DB, row model.Upload) (bool, error) {
	isPublic := s.Public[row.Object]
	if isPublic == nil {
		return false, nil
	}
	passed, err := Shown(tx, row.ID)
	if err != nil || !passed[row.ID] {
		return false, err
	}
	return isPublic(tx, row.ObjectID)
}

// ForReview reads the picture of an upload for somebody whose right to see it was checked.
func (s *Service) ForReview(ctx context.Context, id int64) (Picture, error) {
	row, err := read.One[model.Upload](s.DB.WithContext(ctx).Where("id = ?", id), "upload")
	if err != nil {
		return Picture{}, err
	}
	data, err := s.Store.Read(row.Display)
	return Picture{ID: id, Data: data}, err
}

// Proof reads a picture that belongs to a record, for somebody who may read the record; fault.ErrNotFound for one that is
// not of its files, or may not be published.
func (s *Service) Proof(ctx context.Context, files []int64, id int64) (Picture, error) {
	if !slices.Contains(files, id) {
		return Picture{}, fault.ErrNotFound
	}
	status, err := content.ImageStatus(s.DB.WithContext(ctx), id)
	if err != nil {
		return Picture{}, err
	}
	if status[id] == model.CheckRisky {
		return Picture{}, fault.ErrNotFound
	}
	return s.ForReview(ctx, id)
}

// linkLife is how long WeChat may fetch a picture: longer than its verdict takes.
const linkLife = time.Hour

// Link is the secret part of an address at which the picture can be fetched for an hour, by whoever knows it.
func (s *Service) Link(id int64) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(id)) //nolint:gosec // ids are positive
	raw = binary.BigEndian.AppendUint64(raw, uint64(s.Now().Add(linkLife).UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(raw, s.sign(raw)...))
}

func (s *Service) sign(raw []byte) []byte {
	mac := hmac.New(sha256.New, s.LinkKey)
	mac.Write(raw)
	return mac.Sum(nil)[:16]
}

// ByLink reads the picture that a link is for; fault.ErrNotFound when it is not one of ours or too old, and once the
// picture was judged.
func (s *Service) ByLink(ctx context.Context, link string) (Picture, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(raw) != 32 || !hmac.Equal(raw[16:], s.sign(raw[:16])) {
		return Picture{}, fault.ErrNotFound
	}
	id, until := int64(binary.BigEndian.Uint64(raw)), int64(binary.BigEndian.Uint64(raw[8:])) //nolint:gosec // we signed them
	if s.Now().UnixMilli() >= until {
		return Picture{}, fault.ErrNotFound
	}
	tx := s.DB.WithContext(ctx)
	row, err := read.One[model.Upload](tx.Where("id = ?", id), "upload")
	if err != nil {
		return Picture{}, err
	}
	file, err := s.withStatus(tx, row)
	if err != nil || (file.Status != model.CheckPending && file.Status != model.CheckChecking) {
		return Picture{}, notFound(err)
	}
	data, err := s.Store.Read(row.Display)
	if errors.Is(err, fs.ErrNotExist) { // expired just now
		return Picture{}, fault.ErrNotFound
	}
	return Picture{ID: id, Data: data}, err
}
