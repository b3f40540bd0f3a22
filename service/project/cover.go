package project

import (
	"context"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/upload"
)

// SetCover makes an upload of the actor's the picture of an activity, or takes its picture away (upload 0). Others see it
// once it has passed. version is the one the caller read.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrStale, fault.ErrState (called off or merged), upload.ErrInUse, content.ErrRisky.
func (s *Service) SetCover(ctx context.Context, actor access.Actor, id, version, uploadID int64) (Detail, error) {
	var out Detail
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		sc, err := s.openActivity(tx, id)
		if err != nil {
			return err
		}
		if err := sc.may(actor, access.ActivityWrite); err != nil {
			return err
		}
		if sc.row.Status == model.ActivityCancelled || sc.row.Status == model.ActivityMerged {
			return fault.ErrState
		}
		if sc.row.Version != version {
			return fault.ErrStale
		}
		if err := s.setCover(tx, actor, sc, uploadID); err != nil {
			return err
		}
		out, err = s.detailOf(tx, id)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return s.withContact(s.DB.WithContext(ctx), out)
}

func (s *Service) setCover(tx *gorm.DB, actor access.Actor, sc activityScene, uploadID int64) error {
	set, old := map[string]any{"cover_id": nil}, sc.row.CoverID
	if uploadID != 0 {
		set["cover_id"] = uploadID
		if err := s.Pictures.Use(tx, actor, uploadID, sc.row.TableName(), sc.row.ID, sc.organiser.Path, "/file_id"); err != nil {
			return err
		}
	}
	if old != nil && *old != uploadID {
		if err := s.Pictures.Release(tx, *old); err != nil {
			return err
		}
	}
	return s.Audit.Edit(tx, actor, &sc.row, sc.row.Version, audit.Move{Action: "activity.cover", OrgPath: sc.organiser.Path, Set: set})
}

// cover is the upload that is shown as the picture of an activity: none before it has passed.
func cover(tx *gorm.DB, a model.Activity) (int64, error) {
	if a.CoverID == nil {
		return 0, nil
	}
	shown, err := upload.Shown(tx, *a.CoverID)
	if err != nil || !shown[*a.CoverID] {
		return 0, err
	}
	return *a.CoverID, nil
}

// covers tells which pictures of a page of the list may be shown: no query when none has one.
func covers(tx *gorm.DB, rows []listRow) (map[int64]bool, error) {
	var ids []int64
	for _, r := range rows {
		if r.coverID != nil {
			ids = append(ids, *r.coverID)
		}
	}
	return upload.Shown(tx, ids...)
}

// ActivityIsPublic tells whether everybody may read an activity.
func ActivityIsPublic(tx *gorm.DB, id int64) (bool, error) {
	a, err := ActivityByID(tx, id)
	return err == nil && a.PublishedAt != nil, err
}
