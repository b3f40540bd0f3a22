package round

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/explain"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
	"baodao/service/org"
	"baodao/service/programme"
)

// glimpse is a student, or friends, and some positions as a round would put them down now.
type glimpse struct {
	s       *Service
	round   *model.MatchRound
	census  *census
	rule    score.Round
	people  []score.Student // who leads first
	me      int             // who looks
	apart   [][]int32       // communities that each of them is kept apart from
	willing bool            // all of them
	placed  bool            // it is known where all of them come from
	ids     []int64         // of the positions
	rows    []score.Position
	at      map[int64]int // where a position stands
	last    outlook
	skills  []model.Item
}

// look takes a glimpse. Positions that do not take part are left out.
func (s *Service) look(db *gorm.DB, r *model.MatchRound, students, positions []int64) (*glimpse, error) {
	g := &glimpse{s: s, round: r, at: map[int64]int{}}
	var err error
	if g.rule, err = ruleOf(r); err != nil {
		return nil, err
	}
	k := s.kind()
	if g.census, err = k.censusOf(db, r, students); err != nil {
		return nil, err
	}
	if err := g.readPositions(db, k, positions); err != nil {
		return nil, err
	}
	if err := g.readPeople(db, k, students); err != nil {
		return nil, err
	}
	if g.last, err = lastRound(db, r, g.ids); err != nil {
		return nil, err
	}
	policy, err := programme.PolicyOf(db, r.ProgrammeID)
	g.skills = policy.SkillItems()
	return g, err
}

// kind is what puts students and positions down.
func (s *Service) kind() *Positions {
	return &Positions{DB: s.DB, Now: s.Now, NewID: s.NewID, Survey: s.Survey}
}

// ruleOf is what of a round decides.
func ruleOf(r *model.MatchRound) (score.Round, error) {
	rule, err := score.ParseRule(r.Rule)
	if err != nil {
		return score.Round{}, fmt.Errorf("round %d: %w", r.ID, err)
	}
	return score.Round{Rule: rule, Radius: int32(r.RadiusM), K: int(r.K)}, nil //nolint:gosec // checked when it was written
}

// censusOf numbers only the units that some students belong to.
func (k *Positions) censusOf(db *gorm.DB, r *model.MatchRound, students []int64) (*census, error) {
	c := &census{round: r, now: k.Now(), seq: map[int64]int32{}, community: map[int64]int32{}, branch: map[int64]int32{}, paths: map[int64]string{}}
	var branches []int64
	if err := db.Model(&model.StudentProfile{}).Where("id IN ?", students).Pluck("branch_id", &branches).Error; err != nil {
		return nil, fmt.Errorf("read branches of students: %w", err)
	}
	own, err := org.ByIDs(db, branches...)
	if err != nil {
		return nil, err
	}
	var above []int64
	for _, o := range own {
		above = append(above, org.PathIDs(o.Path)...)
	}
	units, err := org.ByIDs(db, above...)
	if err != nil {
		return nil, err
	}
	for _, o := range units {
		if o.Side == model.SideCampus && strings.HasPrefix(o.Path, r.ScopePath) {
			c.units = append(c.units, o)
		}
	}
	slices.SortFunc(c.units, func(a, b model.Org) int { return strings.Compare(a.Path, b.Path) })
	for i, o := range c.units {
		c.branch[o.ID], c.paths[o.ID] = int32(i), o.Path
	}
	return c, nil
}

func (g *glimpse) readPositions(db *gorm.DB, k *Positions, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	offers, err := k.offers(db, g.census, ids...)
	if err != nil {
		return err
	}
	g.ids, g.rows, err = k.rowsOf(db, g.census, offers)
	for i, id := range g.ids {
		g.at[id] = i
	}
	return err
}

// rowsOf makes what matching takes of positions.
func (k *Positions) rowsOf(db *gorm.DB, c *census, offers []offer) ([]int64, []score.Position, error) {
	ids := make([]int64, len(offers))
	for i, o := range offers {
		ids[i] = o.ID
	}
	facts, err := k.Survey.Positions(db, c.round.ProgrammeID, ids...)
	if err != nil {
		return nil, nil, err
	}
	offers, facts = c.enter(offers, facts)
	partners, err := c.partners(db)
	if err != nil {
		return nil, nil, err
	}
	ids, rows := ids[:0], make([]score.Position, len(facts))
	for i, f := range facts {
		row, more := c.position(f, offers[i], partners[f.HostOrgID])
		row.At, row.Partners, row.Reserved = geo.Point{LatE6: int64(row.LatE6), LngE6: int64(row.LonE6)}.XYZ(), more.Partners, more.Reserved
		ids, rows[i] = append(ids, f.PositionID), row
	}
	return ids, rows, nil
}

func (g *glimpse) readPeople(db *gorm.DB, k *Positions, students []int64) error {
	c := &crowd{census: g.census, campus: map[geo.Point]int32{}}
	people, willing, placed, err := k.peopleOf(db, c, students)
	g.people, g.willing, g.placed, g.apart = people, willing, placed, c.apart
	return err
}

// peopleOf makes what matching takes of students, in the order asked for.
func (k *Positions) peopleOf(db *gorm.DB, c *crowd, students []int64) (people []score.Student, willing, placed bool, err error) {
	f, err := k.read(db, c, students)
	if err != nil {
		return nil, false, false, err
	}
	people, willing, placed = make([]score.Student, len(students)), len(f.profiles) == len(students), true
	c.apart = make([][]int32, len(students))
	for _, p := range f.profiles {
		w := f.willing[p.ID]
		st := c.student(p, w, f)
		st.At = geo.Point{LatE6: int64(st.LatE6), LngE6: int64(st.LonE6)}.XYZ()
		at := slices.Index(students, p.ID)
		people[at], c.apart[at] = st, f.apart[p.ID]
		willing = willing && w.Willing
		if c.round.Season == model.SeasonVacation {
			placed = placed && w.Home != nil
		}
	}
	return people, willing, placed, nil
}

// ready tells whether everybody has said what a round needs.
func (g *glimpse) ready() error {
	switch {
	case !g.willing:
		return ErrNotWilling
	case !g.placed:
		return ErrNowhere
	default:
		return nil
	}
}

// answer is what explain makes of a position by the rules of a round.
func (g *glimpse) answer(row int, by *score.Round) explain.Answer {
	p := &g.rows[row]
	q := explain.Question{Round: by, Position: p, Student: &g.people[g.me], Wish: 1, Apart: slices.ContainsFunc(g.apart, p.OfAny)}
	if len(g.people) > 1 {
		q.Friends = g.people
	}
	return explain.Why(&q)
}

// unfit says why a position cannot be had by who looks; of friends no more than that one of them cannot. Nothing when it can.
func (g *glimpse) unfit(row int) (zh, en string) {
	p := &g.rows[row]
	own := explain.Why(&explain.Question{Round: &g.rule, Position: p, Student: &g.people[g.me], Wish: 1, Apart: p.OfAny(g.apart[g.me])})
	if own.Misfits != 0 {
		chinese, english := own.Conditions(lacking(g.skills, g.census.given()))
		return strings.Join(chinese, "；"), strings.Join(english, "; ")
	}
	if all := g.answer(row, &g.rule); all.Misfits != 0 {
		return ofFriendsZH, ofFriendsEN
	}
	return "", ""
}

// What is told of friends who are not eligible: each of them reads why. Figures would tell the others where a friend lives.
const (
	ofFriendsZH = "同组有人不符合条件，请各自查看原因"
	ofFriendsEN = "one of your group is not eligible; each of you reads why"
)

// lacking tells missing skills by their names. The bits of an audience are no skills: they say for whom a position is.
func lacking(skills []model.Item, audience uint32) explain.Lacks {
	return func(missing uint32) (zh, en []string) {
		if names := skillNames(skills, missing&^audience); len(names) > 0 {
			zh, en = append(zh, "缺少必备技能"+strings.Join(names, "、")), append(en, "required skills are missing: "+strings.Join(names, ", "))
		}
		if missing&audience != 0 {
			zh, en = append(zh, explain.OutsideZH), append(en, explain.OutsideEN)
		}
		return zh, en
	}
}

// skillNames are the names of bits that stand for skills.
func skillNames(skills []model.Item, set uint32) (names []string) {
	for i, item := range skills {
		if i < score.Skills && set>>i&1 == 1 {
			names = append(names, item.Name)
		}
	}
	return names
}

// wishes says of each position of a list what is known of it.
func (g *glimpse) wishes(db *gorm.DB, list []int64) ([]Wish, error) {
	if len(list) == 0 {
		return []Wish{}, nil
	}
	var rows []Wish
	err := db.Table("positions AS p").Joins("JOIN activities AS a ON a.id = p.activity_id").Joins("JOIN orgs AS o ON o.id = a.host_org_id").
		Select("p.id AS position_id, p.activity_id, p.title AS position_title, a.title AS activity_title, a.starts_at, a.ends_at, o.name AS host_name").
		Where("p.id IN ? AND a.published_at IS NOT NULL", list).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read positions of list: %w", err)
	}
	slices.SortFunc(rows, func(a, b Wish) int { return slices.Index(list, a.PositionID) - slices.Index(list, b.PositionID) })
	for i := range rows {
		g.tell(&rows[i])
	}
	return rows, nil
}

// tell fills in the figures of a wish.
func (g *glimpse) tell(w *Wish) {
	row, ok := g.at[w.PositionID]
	if w.Gone = !ok; w.Gone || len(g.people) == 0 {
		return
	}
	if w.UnfitZH, w.UnfitEN = g.unfit(row); w.UnfitZH != "" {
		return
	}
	p, st := &g.rows[row], &g.people[g.me]
	fit := score.Measure(st, p)
	w.Parts, w.Metres, w.Overlap = score.Of(st, p, fit, g.rule.Radius), fit.Dist, fit.Overlap
	end, known := g.last.ends[w.PositionID]
	if w.Known = known && fit.Dist <= g.last.round.Radius; !w.Known {
		return
	}
	a := g.answer(row, &g.last.round)
	w.Chance = end.chance(g.last.students, a.Band, a.Paired)
	w.Class = explain.ClassOf(w.Chance)
}

// mayTakePart tells whether a student may be in a round at all.
func (s *Service) mayTakePart(db *gorm.DB, actor access.Actor, r *model.MatchRound) error {
	if err := s.taken(r); err != nil {
		return err
	}
	if err := within(actor, r); err != nil {
		return err
	}
	g, err := s.look(db, r, []int64{actor.StudentID}, nil)
	if err != nil {
		return err
	}
	return g.ready()
}
