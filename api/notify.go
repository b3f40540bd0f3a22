package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

// NotifyAPI is the inbox of a person.
type NotifyAPI struct{ Notices *notify.Service }

// NotificationView is one entry of the caller's inbox, in the language of Accept-Language.
type NotificationView struct {
	ID       ID     `json:"id" doc:"The entry"`
	Kind     string `json:"kind" maxLength:"32" doc:"What it is about; see the preferences for all kinds" example:"SIGNUP_CONFIRMED"`
	Title    string `json:"title" doc:"One line" example:"报名成功"`
	Body     string `json:"body" doc:"The whole text" example:"您已报上“河道清洁”：10月18日 09:00，戊社区。"`
	Object   string `json:"object,omitempty" doc:"Kind of the thing to open" example:"activities"`
	ObjectID *ID    `json:"object_id,omitempty" doc:"The thing to open"`
	ShownAt  Time   `json:"shown_at" doc:"In the inbox since"`
	ReadAt   *Time  `json:"read_at,omitempty" doc:"When it was read; absent before"`
}

// NotificationOut is one entry.
type NotificationOut struct{ Body NotificationView }

func newNotificationView(english bool) func(n model.Notification) NotificationView {
	return func(n model.Notification) NotificationView {
		title, body := notify.Text(notify.Kind(n.Kind), english, n.Data)
		return NotificationView{
			ID: ID(n.ID), Kind: n.Kind, Title: title, Body: body, Object: n.Object, ObjectID: idOrNil(n.ObjectID), ShownAt: At(n.ShownAt), ReadAt: AtOrNil(n.ReadAt),
		}
	}
}

// ListNotificationsIn asks for a page of the inbox.
type ListNotificationsIn struct {
	PageIn
	Unread bool `query:"unread" doc:"Only those not read yet" example:"true"`
}

// List is the caller's inbox, newest first.
func (a *NotifyAPI) List(c *gin.Context, in *ListNotificationsIn) (*PageOut[NotificationView], error) {
	ctx := c.Request.Context()
	rows, err := a.Notices.List(ctx, access.From(ctx), in.Unread, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newNotificationView(speaksEnglish(c))), nil
}

// UnreadCountView is the number on the bell.
type UnreadCountView struct {
	Unread int  `json:"unread" minimum:"0" maximum:"100" doc:"Entries not read, 100 at most" example:"3"`
	More   bool `json:"more" doc:"There may be more than that"`
}

// UnreadCountOut is the number on the bell.
type UnreadCountOut struct{ Body UnreadCountView }

// UnreadCount counts the caller's unread entries.
func (a *NotifyAPI) UnreadCount(c *gin.Context, _ *NoIn) (*UnreadCountOut, error) {
	ctx := c.Request.Context()
	n, err := a.Notices.Unread(ctx, access.From(ctx))
	if err != nil {
		return nil, err
	}
	return &UnreadCountOut{Body: UnreadCountView{Unread: n, More: n == notify.CountMost}}, nil
}

// NotificationIn names an entry.
type NotificationIn struct {
	ID ID `path:"id"`
}

// Read marks one entry of the caller's as read.
func (a *NotifyAPI) Read(c *gin.Context, in *NotificationIn) (*NotificationOut, error) {
	ctx := c.Request.Context()
	row, err := a.Notices.Read(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &NotificationOut{Body: newNotificationView(speaksEnglish(c))(row)}, nil
}

// ReadAll marks the caller's whole inbox as read.
func (a *NotifyAPI) ReadAll(c *gin.Context, _ *NoIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Notices.ReadAll(ctx, access.From(ctx))
}

// PreferenceView is what the caller wants of one kind.
type PreferenceView struct {
	Kind       string `json:"kind" maxLength:"32" doc:"The kind" example:"SIGNUP_CONFIRMED"`
	Title      string `json:"title" doc:"What it is called, in the language of Accept-Language" example:"报名成功"`
	WeChat     bool   `json:"wechat" doc:"Also as a WeChat message"`
	TemplateID string `json:"template_id,omitempty" doc:"What to pass to wx.requestSubscribeMessage; absent when the kind is told in the inbox only" example:"Qk3pYxWmZ0aB"`
}

// PreferencesView are the caller's preferences, one for each kind.
type PreferencesView struct {
	Kinds []PreferenceView `json:"kinds" nullable:"false" doc:"Every kind there is"`
}

// PreferencesOut are the caller's preferences.
type PreferencesOut struct{ Body PreferencesView }

func newPreferencesOut(english bool, rows []notify.Preference) *PreferencesOut {
	return &PreferencesOut{Body: PreferencesView{Kinds: Views(rows, func(p notify.Preference) PreferenceView {
		title, _ := p.Text(english, nil)
		return PreferenceView{Kind: string(p.Kind), Title: title, WeChat: p.WeChat, TemplateID: p.TemplateID}
	})}}
}

// Preferences tells which kinds the caller also wants as WeChat messages.
func (a *NotifyAPI) Preferences(c *gin.Context, _ *NoIn) (*PreferencesOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Notices.Preferences(ctx, access.From(ctx))
	if err != nil {
		return nil, err
	}
	return newPreferencesOut(speaksEnglish(c), rows), nil
}

// WantIn is a wish about one kind.
type WantIn struct {
	Kind   string `json:"kind" maxLength:"32" pattern:"^[A-Z_]+$" patternDescription:"a kind" doc:"The kind" example:"SIGNUP_CONFIRMED"`
	WeChat bool   `json:"wechat" doc:"Also as a WeChat message"`
}

// SetPreferencesIn carries the kinds to switch; the others stay as they are.
type SetPreferencesIn struct {
	Body struct {
		Kinds []WantIn `json:"kinds" minItems:"1" maxItems:"50" nullable:"false" doc:"The kinds to switch"`
	}
}

// SetPreferences switches WeChat messages on or off by kind.
func (a *NotifyAPI) SetPreferences(c *gin.Context, in *SetPreferencesIn) (*PreferencesOut, error) {
	wants := make(map[notify.Kind]bool, len(in.Body.Kinds))
	for _, k := range in.Body.Kinds {
		wants[notify.Kind(k.Kind)] = k.WeChat
	}
	ctx := c.Request.Context()
	rows, err := a.Notices.SetPreferences(ctx, access.From(ctx), wants)
	if err != nil {
		return nil, err
	}
	return newPreferencesOut(speaksEnglish(c), rows), nil
}

// SubscribeAnswerIn is what the person answered about one template.
type SubscribeAnswerIn struct {
	TemplateID string `json:"template_id" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"a template id" doc:"As in the preferences" example:"sim-signup-result"`
	Result     string `json:"result" enum:"accept,reject,ban,filter" doc:"As wx.requestSubscribeMessage gave it" example:"accept"`
}

// ReportSubscriptionsIn carries the result of one wx.requestSubscribeMessage.
type ReportSubscriptionsIn struct {
	Body struct {
		Answers []SubscribeAnswerIn `json:"answers" minItems:"1" maxItems:"5" nullable:"false" doc:"One for each template that was asked; of two for one template the last counts"`
	}
}

// ReportSubscriptions notes what the person answered.
func (a *NotifyAPI) ReportSubscriptions(c *gin.Context, in *ReportSubscriptionsIn) (*None, error) {
	answers := make(map[string]string, len(in.Body.Answers))
	for _, one := range in.Body.Answers {
		answers[one.TemplateID] = one.Result
	}
	ctx := c.Request.Context()
	return nil, a.Notices.Hint(ctx, access.From(ctx), answers)
}
