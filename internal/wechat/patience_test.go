package wechat_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"baodao/internal/wechat"
)

// TestEveryMethodGivesUpByItself: WeChat hangs and the caller would wait for ever, with a token at hand and without one.
func TestEveryMethodGivesUpByItself(t *testing.T) {
	t.Parallel()
	for _, warm := range []bool{true, false} {
		r := startApp(t, noticeApp())
		id := r.person("li", 1)
		if warm {
			if _, err := r.Templates(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r.admin(http.MethodPost, "fail", map[string]any{"mode": "hang"})
		var group errgroup.Group
		for name, call := range map[string]func(context.Context) error{
			"login":     func(ctx context.Context) error { _, _, err := r.Login(ctx, "dev-li-second"); return err },
			"phone":     func(ctx context.Context) error { _, err := r.Phone(ctx, "dev-li-third", id); return err },
			"notify":    func(ctx context.Context) error { _, err := r.Notify(ctx, notice(id)); return err },
			"templates": func(ctx context.Context) error { _, err := r.Templates(ctx); return err },
			"text":      func(ctx context.Context) error { _, err := r.CheckText(ctx, id, wechat.UseForum, "好"); return err },
			"media": func(ctx context.Context) error {
				_, err := r.SubmitMedia(ctx, id, "https://example.org/a.jpg", wechat.Image)
				return err
			},
			"code": func(ctx context.Context) error { _, err := r.PageCode(ctx, wechat.PageCode{Scene: "a"}); return err },
			"link": func(ctx context.Context) error { _, err := r.ShareLink(ctx, wechat.Link{Days: 1}); return err },
		} {
			group.Go(func() error {
				began := time.Now() //nolint:forbidigo // how long it really takes
				err := call(context.WithoutCancel(t.Context()))
				wantNoSecret(t, err, id)
				most := time.Minute // that it ends at all is what matters, and the machine may be busy
				if name == "login" {
					most = 7500 * time.Millisecond // less than all others have
				}
				if took := time.Since(began); err == nil || took > most { //nolint:forbidigo // how long it really takes
					t.Errorf("%s (token %v) ended after %s with %v", name, warm, took, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}
