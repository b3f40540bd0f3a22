package demo

import (
	"fmt"
	"time"

	"baodao/internal/clock"
)

// stay leaves the server up with ready-made tokens until the context ends.
func (s *story) stay() {
	s.hands.run()
	fmt.Fprintf(s.out, "\n服务还开着，可以接着试：\n  文档    %s/docs\n  接口    %s/openapi.json\n\n各人的令牌（15 分钟有效；用 dev-<name>-<任意> 可重新登录）：\n", s.bases[0], s.bases[0])
	for _, p := range []string{"lin", "zhou", "zhishu", "shequ", "jiedao", "xituanwei", "xiaotuanwei", "shengtuanwei", "anquan"} {
		c := s.people[p]
		c.login()
		fmt.Fprintf(s.out, "  %s (%s)\n    %s\n", c.shown, p, c.access)
	}
	token := "-H 'Authorization: Bearer " + s.people["lin"].access + "'"
	fmt.Fprintf(s.out, "\n五条 curl：\n  curl -s '%s/api/v1/activities?starts_from=2026-10-12T00:00:00Z'\n  curl -s %s %s/api/v1/me\n  curl -s %s %s/api/v1/me/record\n  curl -s %s %s/api/v1/me/signups\n  curl -s -X POST -H 'Content-Type: application/json' -d '{\"code\":\"dev-newcomer-0001\"}' %s/api/v1/auth/login\n\n按 Ctrl-C 结束。\n",
		s.bases[0], token, s.bases[0], token, s.bases[0], token, s.bases[0], s.bases[0])
	if s.err == nil {
		<-s.ctx.Done()
	}
}

// run lets the clock run on from where the story left it.
func (h *hands) run() {
	h.mu.Lock()
	defer h.mu.Unlock()
	began, at := clock.System(), h.at
	h.running = func() time.Time { return at.Add(clock.System().Sub(began)) }
}
