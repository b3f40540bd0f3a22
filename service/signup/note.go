package signup

import (
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
)

// The texts that come with a signup, as the checks know them.
func noteOf(text string) content.Text  { return content.Text{At: "/note", Text: text} }
func leaveOf(text string) content.Text { return content.Text{At: "/reason", Text: text} }

// look has a text looked at after the commit; nobody waits for that. Others read it once it has passed.
func (w *writes) look(author access.Actor, e *event, text content.Text) {
	if text.Text != "" {
		w.texts = append(w.texts, content.Entry{Author: author, Use: content.Signup, OrgPath: e.path, Text: text})
	}
}

// screen takes from signups what has not passed the checks, unless the actor is the student who wrote it. The note of a group
// was written by somebody else.
func (s *Service) screen(tx *gorm.DB, actor access.Actor, rows ...*model.Signup) error {
	var texts []content.Text
	var fields []*string
	for _, r := range rows {
		own := actor.StudentID != 0 && r.StudentID == actor.StudentID
		if r.Note != "" && (!own || r.GroupID != nil) {
			texts, fields = append(texts, noteOf(r.Note)), append(fields, &r.Note)
		}
		if r.LeaveReason != "" && !own {
			texts, fields = append(texts, leaveOf(r.LeaveReason)), append(fields, &r.LeaveReason)
		}
	}
	shown, err := s.Content.Shown(tx, content.Signup, texts...)
	if err != nil {
		return err
	}
	for i, ok := range shown {
		if !ok {
			*fields[i] = ""
		}
	}
	return nil
}

// screenAll is screen of a list.
func (s *Service) screenAll(tx *gorm.DB, actor access.Actor, rows []Shown) error {
	list := make([]*model.Signup, len(rows))
	for i := range rows {
		list[i] = &rows[i].Signup
	}
	return s.screen(tx, actor, list...)
}

func pointers(rows []model.Signup) []*model.Signup {
	out := make([]*model.Signup, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
}
