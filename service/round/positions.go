package round

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
	"baodao/service/survey"
)

// Positions is the kind of rounds that bring students and positions together: docs/matching.md.
type Positions struct {
	DB     *gorm.DB
	Now    clock.Clock
	NewID  func() int64
	Survey *survey.Service
}

// chunkSize is how many ids one query names.
const chunkSize = 500

// more are the lines of one student or position in the files that a round need not have.
type more struct {
	Open     bool    `json:"open,omitempty"`
	Blocked  []int32 `json:"blocked,omitempty"` // communities, rising
	Partners []int32 `json:"partners,omitempty"`
	Reserved int32   `json:"reserved,omitempty"`
	Audience uint32  `json:"audience,omitempty"` // the bit in req that stands for an audience, not for a skill; not in any file
}

func (m more) text() (string, error) {
	if !m.Open && len(m.Blocked) == 0 && len(m.Partners) == 0 && m.Reserved == 0 && m.Audience == 0 {
		return "", nil
	}
	raw, err := json.Marshal(m)
	return string(raw), err
}

// census is what a round knows of its positions while its students are put down.
type census struct {
	round     *model.MatchRound
	now       time.Time
	seq       map[int64]int32 // of positions
	community map[int64]int32 // numbers of hosts by rising id
	branch    map[int64]int32 // numbers of the units below the scope by rising id
	units     []model.Org     // those, by path
	paths     map[int64]string
	audiences []model.Audience // those that are not everybody
	bits      []uint32         // of each audience
	skills    uint32           // those that any position asks for; the others carry the audiences
}

// Collect puts down the positions of the programme that have seats for a round, and the students of the scope who made a list.
func (k *Positions) Collect(ctx context.Context, r *model.MatchRound, put Put) error {
	db := k.DB.WithContext(ctx)
	c := &census{round: r, now: k.Now(), seq: map[int64]int32{}, community: map[int64]int32{}, branch: map[int64]int32{}, paths: map[int64]string{}}
	if err := c.readUnits(db); err != nil {
		return err
	}
	if err := k.positions(db, c, put); err != nil {
		return err
	}
	return k.students(db, c, put)
}

// readUnits numbers the campus units of the scope: a student's branch is one of them.
func (c *census) readUnits(db *gorm.DB) error {
	err := db.Select("id", "path").Where("path >= ? AND path < ? AND side = ?", c.round.ScopePath, access.PathEnd(c.round.ScopePath), model.SideCampus).
		Order("id").Find(&c.units).Error
	if err != nil {
		return fmt.Errorf("read units of match round: %w", err)
	}
	for i, o := range c.units {
		c.branch[o.ID], c.paths[o.ID] = int32(i), o.Path
	}
	slices.SortFunc(c.units, func(a, b model.Org) int { return cmp.Compare(a.Path, b.Path) })
	return nil
}

// offer is an open position with what a round asks of it beside the survey.
type offer struct {
	ID, HostOrgID, ProgrammeID  int64
	Free, Reserved, PairedTaken int64
	SignupMode                  string
	PairedUntil                 *time.Time
	PairedFirst                 bool
	Audience                    *model.Audience `gorm:"serializer:json"`
}

// offers are the positions that places are given for in rounds, that have a place on the map, have not begun, and have seats;
// those among some, or all.
func (k *Positions) offers(db *gorm.DB, c *census, among ...int64) ([]offer, error) {
	var rows []offer
	q := db.Table("activities AS a").Joins("JOIN positions AS p ON p.activity_id = a.id").
		Select("p.id, a.host_org_id, a.programme_id, a.signup_mode, p.capacity - p.taken AS free, p.reserved, p.paired_taken, a.paired_until, a.paired_first, a.audience").
		Where("a.status = ? AND a.starts_at > ? AND a.mode <> ? AND a.lat_e6 IS NOT NULL AND p.taken < p.capacity", model.ActivityPublished, c.now, "REMOTE")
	if len(among) > 0 { // and SQLite is not to begin with all activities of the programme
		q = q.Where("p.id IN ?", among)
	} else {
		q = q.Where("a.programme_id = ?", c.round.ProgrammeID)
	}
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read open positions: %w", err)
	}
	rows = slices.DeleteFunc(rows, func(o offer) bool { return o.ProgrammeID != c.round.ProgrammeID || o.SignupMode != model.SignupMatched })
	slices.SortFunc(rows, func(a, b offer) int { return cmp.Compare(a.ID, b.ID) })
	return rows, nil
}

// positions puts the giving side down.
func (k *Positions) positions(db *gorm.DB, c *census, put Put) error {
	offers, err := k.offers(db, c)
	if err != nil {
		return err
	}
	if offers, err = unpromised(db, c, offers); err != nil {
		return err
	}
	ids := make([]int64, len(offers))
	for i, o := range offers {
		ids[i] = o.ID
	}
	facts, err := k.Survey.Positions(db, c.round.ProgrammeID, ids...)
	if err != nil {
		return err
	}
	offers, facts = c.enter(offers, facts)
	ids = ids[:0]
	for _, o := range offers {
		ids = append(ids, o.ID)
	}
	partners, err := c.partners(db)
	if err != nil {
		return err
	}
	rows, extra := make([]score.Position, len(facts)), make([]more, len(facts))
	for i, f := range facts {
		rows[i], extra[i] = c.position(f, offers[i], partners[f.HostOrgID])
		c.seq[f.PositionID] = int32(i)
	}
	return putAll(model.SideGiving, ids, func(w io.Writer) error { return files.WritePositions(w, rows) }, make([]string, len(rows)), extra, put)
}

// unpromised takes the seats away that another round has proposed to somebody who may still say yes: two rounds at a time are
// not to promise the same seat. It goes into the round after this one if nobody takes it.
func unpromised(db *gorm.DB, c *census, offers []offer) ([]offer, error) {
	var rows []struct{ PositionID, Seats int64 }
	err := db.Table("match_rounds AS r").Joins("JOIN match_proposals AS p ON p.round_id = r.id AND p.status = ?", model.ProposalProposed).
		Select("p.position_id, COUNT(*) AS seats").Where("r.programme_id = ? AND r.status IN ? AND r.id <> ?", c.round.ProgrammeID, []model.RoundStatus{model.RoundRunning, model.RoundPublished}, c.round.ID).
		Where("r.result_digest IS NOT NULL AND (p.answers_until IS NULL OR p.answers_until > ?)", c.now).Group("p.position_id").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read seats that are proposed: %w", err)
	}
	promised := make(map[int64]int64, len(rows))
	for _, r := range rows {
		promised[r.PositionID] = r.Seats
	}
	for i := range offers {
		offers[i].Free -= promised[offers[i].ID]
	}
	return slices.DeleteFunc(offers, func(o offer) bool { return o.Free <= 0 }), nil
}

// enter leaves the positions that can take part, and numbers their hosts.
func (c *census) enter(offers []offer, facts []survey.Position) ([]offer, []survey.Position) {
	known := make(map[int64]survey.Position, len(facts))
	for _, f := range facts {
		known[f.PositionID] = f
		c.skills |= f.Req | f.Want
	}
	facts = facts[:0]
	offers = slices.DeleteFunc(offers, func(o offer) bool {
		f, ok := known[o.ID]
		if !ok || f.At == nil || !c.admits(o.Audience) {
			return true
		}
		facts = append(facts, f)
		return false
	})
	hosts := make([]int64, len(offers))
	for i, o := range offers {
		hosts[i] = o.HostOrgID
	}
	slices.Sort(hosts)
	for i, id := range slices.Compact(hosts) {
		c.community[id] = int32(i)
	}
	return offers, facts
}

// putAll puts rows down that are written as a file.
func putAll(side int64, refs []int64, write func(io.Writer) error, wishes []string, extra []more, put Put) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	lines := bare(b.String())
	for i, line := range lines {
		text, err := extra[i].text()
		if err == nil {
			err = put(side, refs[i], line, wishes[i], text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// position is one of the giving side: its seats are those that are free, and its team what is missing of it.
func (c *census) position(f survey.Position, o offer, partners []int32) (score.Position, more) {
	p := score.Position{
		Community: c.community[f.HostOrgID], Category: f.Category, LatE6: int32(f.At.LatE6), LonE6: int32(f.At.LngE6), //nolint:gosec // degrees
		Cap: int32(o.Free), Min: int32(max(0, f.MinTeam-(f.Capacity-o.Free))), Slots: uint64(f.Slots), Need: f.Need, //nolint:gosec // checked when they were written
		Req: f.Req, Want: f.Want, Urgency: f.Urgency, Partner: score.None,
	}
	var m more
	if i := c.audience(o.Audience); i >= 0 {
		m.Audience = c.bits[i]
		p.Req |= m.Audience
	}
	if len(partners) > 0 {
		p.Partner, m.Partners = partners[0], partners[1:]
		if o.PairedUntil != nil && c.now.Before(*o.PairedUntil) {
			m.Reserved = int32(max(0, min(o.Reserved-o.PairedTaken, o.Free))) //nolint:gosec // checked when they were written
			if o.PairedFirst {
				m.Reserved = p.Cap
			}
		}
	}
	return p, m
}

// maxPartners is how many branches of a paired unit count, those with the lowest ids.
const maxPartners = 50

// partners are the numbers of the branches paired with each host, rising: a unit's pairing is that of all below it.
func (c *census) partners(db *gorm.DB) (map[int64][]int32, error) {
	hosts := make([]int64, 0, len(c.community))
	for id := range c.community {
		hosts = append(hosts, id)
	}
	slices.Sort(hosts)
	day := model.Date(c.now.In(clock.China()).Format(time.DateOnly))
	out := map[int64][]int32{}
	for part := range slices.Chunk(hosts, chunkSize) {
		var rows []struct{ CampusOrgID, LocalOrgID int64 }
		err := db.Model(&model.Pairing{}).Select("DISTINCT campus_org_id, local_org_id").
			Where("local_org_id IN ? AND programme_id = ? AND status IN ?", part, c.round.ProgrammeID, []model.PairingStatus{model.PairingActive, model.PairingDormant}).
			Where("to_on IS NULL OR to_on > ?", day).Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read pairings of hosts: %w", err)
		}
		for _, r := range rows {
			out[r.LocalOrgID] = append(out[r.LocalOrgID], c.below(r.CampusOrgID)...)
		}
	}
	for host, all := range out {
		slices.Sort(all)
		all = slices.Compact(all)
		out[host] = all[:min(len(all), maxPartners)]
	}
	return out, nil
}

// below are the numbers of the units below one, and its own; none for a unit that is not of the scope.
func (c *census) below(unit int64) (out []int32) {
	top, ok := c.paths[unit]
	i, _ := slices.BinarySearchFunc(c.units, top, func(o model.Org, path string) int { return cmp.Compare(o.Path, path) })
	for ; ok && i < len(c.units) && strings.HasPrefix(c.units[i].Path, top); i++ {
		out = append(out, c.branch[c.units[i].ID])
	}
	return out
}

// bare are the lines of a file without the header and without the numbers that they begin with.
func bare(file string) []string {
	lines := strings.Split(file, "\n")
	lines = lines[1 : len(lines)-1]
	for i, line := range lines {
		_, lines[i], _ = strings.Cut(line, ",")
	}
	return lines
}

// Publish has nothing to do: proposals show themselves by the state of their round.
func (k *Positions) Publish(*gorm.DB, access.Actor, *model.MatchRound) error { return nil }
