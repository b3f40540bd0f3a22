// Package upload takes pictures: once sent, a picture has an id that its sender can use for a day. The original is kept with
// its pixels as they came and without where it was taken; what is shown to others is drawn anew. A file is written before its row and deleted after
// it, so that a row never misses its files; files without a row are swept up.
package upload

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/read"
)

// Refusals.
var (
	ErrQuota  = fault.Define(fault.RateLimited, "upload.quota", "今天上传的图片太多了，或者未使用的图片太大，请明天再试。", "Twenty pictures a day, and 200 MiB not yet used, are the most.")
	ErrInUse  = fault.Define(fault.Conflict, "upload.in_use", "这张图片已经用在别处，请重新上传。", "The picture is used elsewhere; upload it again.")
	ErrBytes  = fault.Define(fault.TooLarge, "upload.too_large", "图片文件不能超过 10 MiB。", "A picture may have 10 MiB at most.")
	errTables = errors.New("upload: unknown object")
)

// Limits of one person.
const (
	life      = 24 * time.Hour // of a picture that nothing uses
	perDay    = 20
	maxUnused = 200 << 20 // bytes, of originals
)

// Store keeps files; internal/blob has one on disk.
type Store interface {
	// Put writes a file that lasts when it returns, and tells its name.
	Put(data []byte) (name string, err error)
	// Read reads a whole file.
	Read(name string) ([]byte, error)
	// Open opens a file.
	Open(name string) (io.ReadSeekCloser, error)
	// Delete removes a file; one that is not there is no error.
	Delete(name string) error
	// Days lists the days (YYYY-MM-DD, UTC) of which there are files; Names the files of a day.
	Days() ([]string, error)
	Names(day string) ([]string, error)
}

// Service keeps uploads. It is safe for concurrent use.
type Service struct {
	DB      *gorm.DB
	Now     clock.Clock
	NewID   func() int64
	Audit   *audit.Log
	Content *content.Service
	Store   Store
	Studio  *Studio
	LinkKey []byte // at least 32 secret bytes: signs the addresses at which WeChat fetches pictures
	// Public tells of each table that may use a picture whether a row of it is public.
	Public map[string]func(tx *gorm.DB, id int64) (bool, error)
}

// File is an upload with what became of its check.
type File struct {
	model.Upload

	Status model.CheckStatus
}

// Add takes a picture of the actor's. The very picture that they sent before and have not used yet is answered again, so a
// repeat is harmless. Errors: ErrBytes, ErrNotImage, ErrUnreadable, ErrTooBig, ErrQuota, fault.ErrBusy.
func (s *Service) Add(ctx context.Context, actor access.Actor, from io.Reader) (File, error) {
	if err := actor.Require(access.Person); err != nil {
		return File{}, err
	}
	if err := s.Studio.enter(ctx); err != nil {
		return File{}, err
	}
	defer s.Studio.leave()
	data, err := io.ReadAll(io.LimitReader(from, MaxBytes+1))
	if err != nil {
		return File{}, fmt.Errorf("read picture: %w", err)
	}
	if len(data) > MaxBytes {
		return File{}, ErrBytes
	}
	if f, found, err := s.again(ctx, actor, data); err != nil || found {
		return f, err
	}
	return s.add(ctx, actor, data)
}

// again finds the same bytes among what the actor sent and has not used.
func (s *Service) again(ctx context.Context, actor access.Actor, data []byte) (f File, found bool, err error) {
	tx, sum := s.DB.WithContext(ctx), sha256.Sum256(data)
	var rows []model.Upload
	err = tx.Where("user_id = ? AND sha256 = ? AND object = '' AND expires_at > ?", actor.UserID, sum[:], s.Now()).Order("id DESC").Limit(1).Find(&rows).Error
	if err != nil {
		return f, false, fmt.Errorf("look for the same picture: %w", err)
	}
	if len(rows) == 0 {
		return f, false, nil
	}
	f, err = s.withStatus(tx, rows[0])
	return f, true, err
}

func (s *Service) add(ctx context.Context, actor access.Actor, data []byte) (File, error) {
	if err := s.quota(s.DB.WithContext(ctx), actor.UserID, int64(len(data))); err != nil { // before the work
		return File{}, err
	}
	d, err := s.Studio.draw(ctx, data)
	if err != nil {
		return File{}, err
	}
	row, err := s.keep(actor, data, d)
	if err != nil {
		return File{}, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error { return s.insert(tx, actor, row) })
	if err != nil {
		return File{}, errors.Join(err, s.Store.Delete(row.Original), s.Store.Delete(row.Display))
	}
	return File{row, model.CheckPending}, nil
}

// keep writes both files and makes the row. Size and hash are those of what came: by them a repeat is known, and a rule on the
// size of photos is about what was sent.
func (s *Service) keep(actor access.Actor, data []byte, d drawn) (model.Upload, error) {
	now := s.Now()
	until, sum := now.Add(life), sha256.Sum256(data)
	row := model.Upload{
		ID: s.NewID(), UserID: actor.UserID, Media: d.media, Bytes: int64(len(data)), SHA256: sum[:], Width: d.width, Height: d.height,
		ShownBytes: int64(len(d.display)), ExpiresAt: &until, CreatedAt: now,
	}
	var err error
	if row.Original, err = s.Store.Put(d.original); err != nil {
		return row, fmt.Errorf("keep original: %w", err)
	}
	if row.Display, err = s.Store.Put(d.display); err != nil {
		return row, errors.Join(fmt.Errorf("keep picture: %w", err), s.Store.Delete(row.Original))
	}
	return row, nil
}

// insert counts once more with the person's row locked, so that parallel uploads do not pass the limit together.
func (s *Service) insert(tx *gorm.DB, actor access.Actor, row model.Upload) error {
	var who []model.User
	if err := atomic.ForUpdate(tx).Select("id").Where("id = ?", actor.UserID).Find(&who).Error; err != nil {
		return fmt.Errorf("lock uploader: %w", err)
	}
	if err := s.quota(tx, actor.UserID, row.Bytes); err != nil {
		return err
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("add upload: %w", err)
	}
	home := homeOf(actor)
	if err := s.Content.AddImage(tx, actor, row.ID, home); err != nil {
		return err
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "upload.add", Object: row.TableName(), ObjectID: row.ID, OrgPath: home, Data: map[string]any{"bytes": row.Bytes, "media": row.Media},
	})
}

// homeOf is the organisation whose reviewers look at a picture until something uses it.
func homeOf(actor access.Actor) string {
	for _, g := range actor.Grants {
		if g.OrgPath != "" {
			return g.OrgPath
		}
	}
	return actor.BranchPath
}

func (s *Service) quota(tx *gorm.DB, user, more int64) error {
	since := s.Now().Add(-life)
	var rows []model.Upload
	err := tx.Select("bytes", "object", "created_at").Where("user_id = ? AND (created_at > ? OR object = '')", user, since).Limit(10 * perDay).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("count uploads: %w", err)
	}
	unused, today := more, 0
	for _, r := range rows {
		if r.Object == "" {
			unused += r.Bytes
		}
		if r.CreatedAt.After(since) {
			today++
		}
	}
	if today >= perDay || unused > maxUnused {
		return ErrQuota.After(time.Hour)
	}
	return nil
}

// Get reads one of the actor's own uploads. Those of others are fault.ErrNotFound, as are those whose time is over.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (File, error) {
	if err := actor.Require(access.Person); err != nil {
		return File{}, err
	}
	return s.own(s.DB.WithContext(ctx), actor, id)
}

func (s *Service) own(q *gorm.DB, actor access.Actor, id int64) (File, error) {
	row, err := read.One[model.Upload](q.Session(&gorm.Session{}).Where("id = ? AND user_id = ?", id, actor.UserID), "upload")
	if err != nil {
		return File{}, err
	}
	if row.ExpiresAt != nil && !s.Now().Before(*row.ExpiresAt) {
		return File{}, fault.ErrNotFound
	}
	return s.withStatus(q, row)
}

func (s *Service) withStatus(tx *gorm.DB, row model.Upload) (File, error) {
	status, err := content.ImageStatus(tx, row.ID)
	return File{row, status[row.ID]}, err
}
