package app

import (
	"context"
	"errors"
	"time"

	"baodao/config"
	"baodao/internal/clock"
	"baodao/internal/wechat"
	"baodao/service/pagecode"
)

// codeMaker is a gateway as the maker of page codes.
type codeMaker struct {
	gateway *wechat.Gateway
	now     clock.Clock
}

// CodeMaker makes a gateway the maker of page codes.
func CodeMaker(g *wechat.Gateway, now clock.Clock) pagecode.Maker { return codeMaker{g, now} }

// PageCode has one code made. What WeChat calls invalid is a mistake of ours and stays a plain error; everything else passes,
// and is told as wechat.ErrUnavailable with the time to wait.
func (m codeMaker) PageCode(ctx context.Context, o pagecode.Order) (pagecode.Made, error) {
	p, err := m.gateway.PageCode(ctx, wechat.PageCode{Scene: o.Scene, Page: o.Page, Width: int(o.Width)})
	if err == nil {
		return pagecode.Made{Data: p.Data, Media: p.Type, Home: p.PageDropped}, nil
	}
	const least, most = 5 * time.Second, time.Hour
	f, ok := errors.AsType[*wechat.Failure](err)
	if ok && f.Kind == wechat.KindInvalid {
		return pagecode.Made{}, err
	}
	wait := least
	if ok && !f.RetryAt.IsZero() {
		wait = min(max(f.RetryAt.Sub(m.now()), least), most)
	}
	return pagecode.Made{}, wechat.ErrUnavailable.After(wait).Because(err)
}

// pagesOf says what the codes of a mini-program open.
func pagesOf(appID string, w config.WeChat) pagecode.Pages {
	return pagecode.Pages{AppID: appID, Env: w.Version, Activity: w.ActivityPage, CheckIn: w.CheckInPage}
}
