package round

import (
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
)

// ending is a proposal that came to nothing.
type ending struct {
	proposal *model.MatchProposal // as it was
	hostPath string
	by       string // nobody: it has lapsed
	reason   string
	english  string // of reason, where the program makes it up; empty: a fixed text of its own, or people's words
	gone     bool   // nobody can have the position any more: the reason is everybody's
}

// endEach ends proposals, all in one way, and tells both sides.
func (s *Service) endEach(tx *gorm.DB, rows []*model.MatchProposal, move audit.Move, how ending) error {
	if len(rows) == 0 {
		return nil
	}
	paths, err := hostPaths(tx, rows)
	if err != nil {
		return err
	}
	turns, ends := make([]audit.Turn[*model.MatchProposal], len(rows)), make([]ending, len(rows))
	for i, p := range rows {
		turns[i] = audit.Turn[*model.MatchProposal]{Actor: system(), Row: p, OrgPath: paths[p.HostOrgID]}
		ends[i] = how
		ends[i].proposal, ends[i].hostPath = p, paths[p.HostOrgID]
	}
	if err := audit.MoveEach(tx, s.Audit, turns, move); err != nil {
		return err
	}
	return s.tellEnded(tx, ends...)
}

// tellEnded tells of proposals that came to nothing: the student, unless it was the student's no or silence; the host, if it
// had said yes; friends who were to come along. Why the rules said no is the student's affair.
func (s *Service) tellEnded(tx *gorm.DB, ends ...ending) error {
	if s.Notify == nil {
		return nil
	}
	students, titles, err := s.toldOf(tx, ends)
	if err != nil {
		return err
	}
	var events []notify.Event
	answering := map[string][]int64{} // of each host: two hundred proposals may lapse at once
	for _, e := range ends {
		p := e.proposal
		event := notify.Event{
			Kind: notify.MatchEnded, Fact: []string{strconv.FormatInt(p.ID, 10), e.by}, Object: p.TableName(), ObjectID: p.ID,
			Data: map[string]notify.Words{"activity": notify.Own(titles[p.ActivityID]), "reason": said(e)},
		}
		if user := students[p.StudentID]; user != 0 && e.by != byStudent && (e.by != "" || p.StudentOkAt != nil) {
			event.UserIDs = []int64{user}
			events = append(events, event)
		}
		if p.HostOkAt == nil || e.by == byHost {
			continue
		}
		people, read := answering[e.hostPath]
		if !read {
			if people, err = org.Officers(tx, s.Now(), access.MatchAnswer, e.hostPath); err != nil {
				return err
			}
			answering[e.hostPath] = people
		}
		event.UserIDs = slices.DeleteFunc(slices.Clone(people), func(id int64) bool { return id == students[p.StudentID] })
		event.Data = map[string]notify.Words{"activity": notify.Own(titles[p.ActivityID]), "reason": hostWords(e)}
		events = append(events, event)
	}
	left, err := s.leftBehind(tx, ends, titles)
	if err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, append(events, left...)...)
}

// hostWords is what a host is told.
func hostWords(e ending) notify.Words {
	switch {
	case e.by == byStudent:
		return notify.Both("同学没有接受", "The student declined.")
	case e.by == byRules && !e.gone:
		return notify.Both("同学现在不能报名这个活动", "The student cannot sign up for the activity now.")
	default:
		return said(e)
	}
}

// said is why, in both languages: a host's own words, or those of the program.
func said(e ending) notify.Words {
	switch i := slices.IndexFunc(endings, func(w notify.Words) bool { return w.ZH == e.reason }); {
	case e.by == byHost:
		return notify.Own(e.reason)
	case e.english != "":
		return notify.Both(e.reason, e.english)
	case i >= 0:
		return endings[i]
	}
	if f := fault.Saying(e.reason); f != nil {
		return notify.Both(f.ZH, f.EN)
	}
	return notify.Own(e.reason)
}

// endings are what the program itself says of proposals that came to nothing, beside its refusals.
var endings = []notify.Words{ //nolint:gochecknoglobals // a table
	{ZH: "超过答复时间", EN: "There was no answer in time."},
	{ZH: "活动已取消或已结束", EN: "The activity is cancelled or over."},
	{ZH: "活动已经开始", EN: "The activity has begun."},
	{ZH: "名额已经没有了", EN: "The seats are gone."},
}

// leftBehind tells friends whose own proposals stand that one of them does not come along: neither who nor why.
func (s *Service) leftBehind(tx *gorm.DB, ends []ending, titles map[int64]string) (events []notify.Event, err error) {
	for _, e := range ends {
		p := e.proposal
		if p.Parts.Seats < 2 || e.gone {
			continue
		}
		var users []int64
		err := tx.Table("match_groups AS g").Joins("JOIN match_groups AS f ON f.round_id = g.round_id AND f.group_id = g.group_id AND f.student_id <> g.student_id").
			Joins("JOIN match_proposals AS p ON p.round_id = f.round_id AND p.student_id = f.student_id").
			Joins("JOIN student_profiles AS s ON s.id = f.student_id AND s.user_id IS NOT NULL").
			Where("g.round_id = ? AND g.student_id = ?", p.RoundID, p.StudentID).
			Where("(p.status = ? OR p.status = ? AND p.answers_until > ?)", model.ProposalConfirmed, model.ProposalProposed, s.Now()).
			Order("f.student_id").Pluck("s.user_id", &users).Error
		if err != nil {
			return nil, fmt.Errorf("read friends of a proposal: %w", err)
		}
		if len(users) > 0 {
			events = append(events, notify.Event{
				Kind: notify.MatchFriend, UserIDs: users, Fact: []string{strconv.FormatInt(p.ID, 10)}, Object: p.TableName(), ObjectID: p.ID,
				Data: map[string]notify.Words{"activity": notify.Own(titles[p.ActivityID])},
			})
		}
	}
	return events, nil
}

// toldOf reads the accounts of the students and the titles of the activities.
func (s *Service) toldOf(tx *gorm.DB, ends []ending) (users map[int64]int64, titles map[int64]string, err error) {
	students, activities := make([]int64, len(ends)), make([]int64, len(ends))
	for i, e := range ends {
		students[i], activities[i] = e.proposal.StudentID, e.proposal.ActivityID
	}
	var people []model.StudentProfile
	if err := tx.Select("id", "user_id").Where("id IN ? AND user_id IS NOT NULL", students).Find(&people).Error; err != nil {
		return nil, nil, fmt.Errorf("read students of proposals: %w", err)
	}
	var rows []model.Activity
	if err := tx.Select("id", "title").Where("id IN ?", activities).Find(&rows).Error; err != nil {
		return nil, nil, fmt.Errorf("read activities of proposals: %w", err)
	}
	users, titles = map[int64]int64{}, map[int64]string{}
	for _, p := range people {
		users[p.ID] = *p.UserID
	}
	for _, a := range rows {
		titles[a.ID] = a.Title
	}
	return users, titles, nil
}

// hostPaths are the paths of the hosts of proposals.
func hostPaths(tx *gorm.DB, rows []*model.MatchProposal) (map[int64]string, error) {
	ids := make([]int64, len(rows))
	for i, p := range rows {
		ids[i] = p.HostOrgID
	}
	orgs, err := org.ByIDs(tx, ids...)
	out := map[int64]string{}
	for id, o := range orgs {
		out[id] = o.Path
	}
	return out, err
}
