package notify

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
)

const (
	laneApp           = "app"
	laneTemplate      = "template:"
	reasonUnreachable = "unreachable"
	configWait        = 10 * time.Minute
	tokenWait         = time.Minute
)

// lane is a stretch to close: the whole app or one template.
type lane struct {
	name   string
	until  time.Time
	reason string
	code   int
}

// lanes are the closed ones.
type lanes struct {
	all       bool
	templates []string
}

// laneOf tells which lane a failure closes, if any. Busy without a code did not even get so far as to try the message: WeChat
// cannot be reached.
func laneOf(template string, f *SendError, now time.Time) (l lane, closes bool) {
	if f.Kind == Busy && f.Code == 0 {
		return lane{name: laneApp, until: now.Add(unreachWait), reason: reasonUnreachable}, true
	}
	wait := map[FailureKind]time.Duration{Token: tokenWait, Throttled: time.Minute, Quota: time.Hour, Config: configWait}[f.Kind]
	if wait == 0 {
		return lane{}, false
	}
	l = lane{name: laneApp, until: now.Add(wait), reason: string(f.Kind), code: f.Code}
	if f.RetryAt.After(now) {
		l.until = f.RetryAt.UTC()
	}
	if f.Code == codeTemplateBanned {
		l.name = laneTemplate + template
	}
	return l, true
}

// closedLanes reads which lanes are closed. A way that was closed because nothing came back opens only when WeChat
// answers again.
func (w *Worker) closedLanes(ctx context.Context) (out lanes, err error) {
	var rows []model.NoticeLane
	if err := w.DB.WithContext(ctx).Find(&rows).Error; err != nil {
		return out, wrap("read lanes", err)
	}
	now := w.Now()
	for _, r := range rows {
		template, isTemplate := strings.CutPrefix(r.Name, laneTemplate)
		switch {
		case isTemplate && r.PausedUntil.After(now):
			out.templates = append(out.templates, template)
		case isTemplate:
		case r.PausedUntil.After(now):
			out.all = true
		case r.Reason == reasonUnreachable && w.Sender.Ready(ctx):
			w.streak.Store(0)
			err = w.reopen(ctx)
		case r.Reason == reasonUnreachable:
			out.all = true
			err = w.pauseNow(ctx, lane{name: laneApp, until: now.Add(unreachWait), reason: reasonUnreachable})
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// Oldest is how long the oldest message that is due has been waiting, 0 when none is.
func (w *Worker) Oldest(ctx context.Context) (time.Duration, error) {
	var due []time.Time
	err := w.DB.WithContext(ctx).Model(&model.Notice{}).Where(waits).Where("state = ? AND next_at <= ?", model.NoticePending, w.Now()).
		Order("next_at").Limit(1).Pluck("next_at", &due).Error
	if err != nil || len(due) == 0 {
		return 0, wrap("read oldest notice", err)
	}
	return w.Now().Sub(due[0]), nil
}

func (w *Worker) reopen(ctx context.Context) error {
	return wrap("open lane", atomic.Do(ctx, w.DB, func(tx *gorm.DB) error {
		return tx.Where("name = ? AND reason = ?", laneApp, reasonUnreachable).Delete(&model.NoticeLane{}).Error
	}))
}

func (w *Worker) pauseNow(ctx context.Context, l lane) error {
	return atomic.Do(ctx, w.DB, func(tx *gorm.DB) error { return w.pause(tx, l) })
}

// pause closes a lane and raises the alarm.
func (w *Worker) pause(tx *gorm.DB, l lane) error {
	w.Log.Warn("notices pause", "lane", l.name, "until", l.until, "reason", l.reason, "code", l.code)
	if w.Paused != nil {
		w.Paused(l.name, l.reason)
	}
	row := model.NoticeLane{Name: l.name, PausedUntil: l.until, Reason: l.reason, Code: l.code, UpdatedAt: w.Now()}
	return wrap("close lane", tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}
