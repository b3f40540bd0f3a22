package wechat

import (
	"errors"
	"time"

	"baodao/service/fault"
)

// Refusals that more than one operation may return.
var (
	ErrUnavailable = fault.Define(fault.Unavailable, "wechat.unavailable", "暂时连不上微信，请稍后再试。", "WeChat does not answer as it should; try again later.")
	ErrUnseen      = fault.Define(fault.Conflict, "wechat.user_not_seen", "两小时内没有使用过小程序，微信暂不能检查内容，请重新打开小程序后再提交。", "WeChat checks content only of users seen in the last two hours; open the mini-program again.")
)

// unavailable is what a person is told about a failure that is not theirs.
func (g *Gateway) unavailable(err error) error {
	var f *Failure
	if !errors.As(err, &f) || f.RetryAt.IsZero() {
		return ErrUnavailable.After(openLeast).Because(err)
	}
	const most = time.Hour
	return ErrUnavailable.After(min(max(f.RetryAt.Sub(g.now()), time.Second), most)).Because(err)
}
