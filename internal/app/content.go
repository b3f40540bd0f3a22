package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/api"
	"baodao/internal/jobs"
	"baodao/internal/wechat"
	"baodao/model"
	"baodao/router"
	"baodao/service/attend"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/upload"
	"baodao/service/vault"
)

// newContent makes the services that look at what others will see. The key of the addresses for WeChat is derived from the
// one of check-in codes, with a purpose of its own.
func newContent(d Deps, log *audit.Log, safe *vault.Vault, notices *notify.Service) (*content.Service, *upload.Service, error) {
	linkKey, err := hkdf.Key(sha256.New, d.Keys.Code, nil, "addresses of pictures for WeChat", sha256.Size)
	if err != nil {
		return nil, nil, fmt.Errorf("derive key: %w", err)
	}
	checks := &content.Service{DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Vault: safe, Notify: notices, Checker: d.Checker, ReviewDue: d.ReviewDue}
	pictures := &upload.Service{
		DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: log, Content: checks, Store: d.Store, Studio: upload.NewStudio(), LinkKey: linkKey,
		Public: map[string]func(*gorm.DB, int64) (bool, error){
			model.Activity{}.TableName(): project.ActivityIsPublic, model.HoursClaim{}.TableName(): attend.ClaimIsPublic,
			model.Appeal{}.TableName(): neverPublic, model.Incident{}.TableName(): neverPublic,
		},
	}
	if d.PublicURL != "" && d.Checker != nil {
		checks.Address = func(id int64) string { return d.PublicURL + router.Prefix + api.MediaCheckPath + pictures.Link(id) }
	}
	return checks, pictures, nil
}

// contentJobs ask WeChat again, hand over to the reviewers, and clean up.
func contentJobs(d Deps, s *Services) []jobs.Job {
	all := []jobs.Job{
		{Name: "content-checks", Every: 10 * time.Second, Do: func(ctx context.Context) error { return s.Content.Advance(ctx, 100) }},
		{Name: "purge-content-checks", Every: time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Content.Purge(ctx, 1000)
			return err
		}},
	}
	if d.Store == nil {
		return all
	}
	return append(all,
		jobs.Job{Name: "expire-uploads", Every: 10 * time.Minute, Do: func(ctx context.Context) error {
			_, err := s.Upload.Expire(ctx, 500)
			return err
		}},
		jobs.Job{Name: "sweep-uploads", Every: 6 * time.Hour, Do: func(ctx context.Context) error {
			_, err := s.Upload.Sweep(ctx)
			return err
		}},
	)
}

// contentUses says where content stands in the words of the gateway.
var contentUses = map[content.Use]wechat.TextUse{ //nolint:gochecknoglobals // a table
	content.Profile: wechat.UseProfile, content.Org: wechat.UseProfile,
}

// contentChecker gives content to the gateway.
type contentChecker struct{ gateway *wechat.Gateway }

// ContentChecker makes a gateway the checker of content.
func ContentChecker(g *wechat.Gateway) content.Checker { return contentChecker{g} }

// CheckText judges a text.
func (c contentChecker) CheckText(ctx context.Context, openID string, use content.Use, text string) (content.Verdict, error) {
	as, ok := contentUses[use]
	if !ok {
		as = wechat.UseForum
	}
	v, err := c.gateway.CheckText(ctx, openID, as, text)
	return content.Verdict{Suggest: content.Suggestion(v.Suggest), Label: v.Label, Unseen: v.Unseen}, err
}

// SubmitImage hands over a picture's address.
func (c contentChecker) SubmitImage(ctx context.Context, openID, address string) (traceID string, unseen bool, err error) {
	traceID, err = c.gateway.SubmitMedia(ctx, openID, address, wechat.Image)
	if errors.Is(err, wechat.ErrUnseen) {
		return "", true, nil
	}
	return traceID, false, err
}

// pictureVerdicts gives WeChat's verdicts to the content checks.
type pictureVerdicts struct{ checks *content.Service }

// MediaVerdict passes a verdict on; known is false while no row waits for it.
func (v pictureVerdicts) MediaVerdict(ctx context.Context, traceID, suggest string, label int) (known bool, err error) {
	err = v.checks.MediaVerdict(ctx, traceID, suggest, label)
	if errors.Is(err, content.ErrUnknownTrace) {
		return false, nil
	}
	return err == nil, err
}
