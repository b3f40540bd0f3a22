package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/fault"
)

// errOtherApp refuses a file for another mini-program.
var errOtherApp = fault.Define(fault.Conflict, "notification.other_app", "文件属于另一个小程序。", "The file is for another mini-program than the one configured.")

// ImportTemplates makes the rows of the mini-program what the file says, and tells how many were written and removed. A row
// that is off stays off until the next check finds it good. Errors: fault.ErrInvalid, notification.other_app.
func (s *Service) ImportTemplates(ctx context.Context, file TemplateFile) (written, removed int, err error) {
	if file.AppID != s.AppID {
		return 0, 0, errOtherApp
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		kinds := make([]string, len(file.Templates))
		rows := make([]model.NoticeTemplate, len(file.Templates))
		for i, t := range file.Templates {
			kinds[i], rows[i] = string(t.Kind), s.templateRow(t)
		}
		gone := tx.Where("app_id = ? AND kind NOT IN ?", s.AppID, kinds).Delete(&model.NoticeTemplate{})
		if gone.Error != nil {
			return gone.Error
		}
		written, removed = len(rows), int(gone.RowsAffected)
		same := clause.OnConflict{Columns: []clause.Column{{Name: "app_id"}, {Name: "kind"}}, DoUpdates: clause.AssignmentColumns([]string{"template_id", "page", "fields", "updated_at"})}
		return tx.Clauses(same).Create(&rows).Error
	})
	if err != nil {
		return 0, 0, fmt.Errorf("import templates: %w", err)
	}
	return written, removed, nil
}

// SeedTemplates adds the kinds of the file that have no row yet, for a simulated mini-program.
func (s *Service) SeedTemplates(ctx context.Context, file TemplateFile) error {
	rows := make([]model.NoticeTemplate, len(file.Templates))
	for i, t := range file.Templates {
		rows[i] = s.templateRow(t)
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
	})
	if err != nil {
		return fmt.Errorf("seed templates: %w", err)
	}
	return nil
}

func (s *Service) templateRow(t TemplateRule) model.NoticeTemplate {
	return model.NoticeTemplate{AppID: s.AppID, Kind: string(t.Kind), TemplateID: t.TemplateID, Page: t.Page, Fields: t.Fields, UpdatedAt: s.Now()}
}

// Chosen is a template that the mini-program has at WeChat.
type Chosen struct {
	ID       string
	LongTerm bool
	Fields   []string // keys, such as thing1
}

// Finding is what is wrong with the template of a kind.
type Finding struct {
	Kind       Kind
	TemplateID string
	Wrong      string
}

// CheckTemplates compares the rows with the templates that the mini-program has at WeChat. A row whose template is missing
// there, or has other fields, is switched off: its kind is told in the inbox only. What is good is switched on (again), and
// whether an acceptance lasts is taken over. It returns what is wrong.
func (s *Service) CheckTemplates(ctx context.Context, at []Chosen) ([]Finding, error) {
	chosen := map[string]Chosen{}
	for _, c := range at {
		chosen[c.ID] = c
	}
	var found []Finding
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		found = nil
		var rows []model.NoticeTemplate
		if err := tx.Where("app_id = ?", s.AppID).Order("kind").Find(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			c, known := chosen[row.TemplateID]
			wrong := "WeChat has no such template"
			if known {
				wrong = misfit(row.Fields, c.Fields)
			}
			if wrong != "" {
				found = append(found, Finding{Kind: Kind(row.Kind), TemplateID: row.TemplateID, Wrong: wrong})
			}
			if err := s.settleTemplate(tx, row, wrong == "", c.LongTerm); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check templates: %w", err)
	}
	return found, nil
}

// settleTemplate switches a row on or off.
func (s *Service) settleTemplate(tx *gorm.DB, row model.NoticeTemplate, good, longTerm bool) error {
	set := map[string]any{}
	if good != (row.DisabledAt == nil) {
		var off *time.Time
		if now := s.Now(); !good {
			off = &now
		}
		set["disabled_at"] = off
	}
	if good && longTerm != row.LongTerm {
		set["long_term"] = longTerm
	}
	if len(set) == 0 {
		return nil
	}
	set["updated_at"] = s.Now()
	return tx.Model(&model.NoticeTemplate{}).Where("app_id = ? AND kind = ?", row.AppID, row.Kind).Updates(set).Error
}

// misfit tells how the fields of a row differ from those of its template; WeChat wants all of them and no others.
func misfit(fields map[string]string, keys []string) string {
	var unknown, missing []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(keys, key) {
			unknown = append(unknown, key)
		}
	}
	for _, key := range keys {
		if _, ok := fields[key]; !ok {
			missing = append(missing, key)
		}
	}
	var parts []string
	if len(unknown) > 0 {
		parts = append(parts, "has no field "+strings.Join(unknown, ", "))
	}
	if len(missing) > 0 {
		parts = append(parts, "field "+strings.Join(missing, ", ")+" is not filled")
	}
	return strings.Join(parts, "; ")
}
