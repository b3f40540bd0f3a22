package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"

	"baodao/service/matching/draw"
	"baodao/service/matching/explain"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
)

type matchExplainCmd struct {
	matchFiles
	Student  int32  `arg:"" help:"Id of the student."`
	Position int32  `arg:"" help:"Id of the position."`
	Open     bool   `help:"Everybody agreed, not only those in open.csv: when my list is exhausted, also propose others that suit me."`
	Last     string `placeholder:"FILE" help:"Cut-offs of the last round, as cutoffs.csv: tells the chance before lists close instead; needs no result."`
}

// Run needs no settings, no database and no network.
func (m matchExplainCmd) Run(c *console) error {
	if m.Last != "" {
		return m.chance(c.out)
	}
	r, err := m.read(m.Open)
	if err != nil {
		return err
	}
	book, err := r.book(m.Open)
	if err != nil {
		return err
	}
	if err := r.knows(m.Student, m.Position); err != nil {
		return err
	}
	a := book.Why(m.Student, m.Position)
	zh, en := a.Words()
	fmt.Fprintf(c.out, "%s\n%s\n", zh, en)
	if a.Misfits == 0 {
		p := a.Points
		fmt.Fprintf(c.out, "points %d: skill %d, time %d, nearness %d, served %d, partner %d, waited %d, score %d; %d m, %d of %d blocks; band %d, lottery number %d\n",
			p.Total(), p.Skill, p.Time, p.Near, p.Served, p.Partner, p.Waited, p.Score, a.Metres, a.Overlap, a.Need, a.Band, a.Lottery)
	}
	if a.Paired {
		fmt.Fprintf(c.out, "%d seats are reserved for students of the paired branches, of whom you are one\n", r.in.Positions[m.Position].Reserve())
	}
	if a.LastKey > 0 && a.LastKey != score.Nobody {
		fmt.Fprintf(c.out, "cut-off: band %d, lottery number %d\n", a.LastBand, a.LastNumber)
	}
	return nil
}

// chance tells what would become of a wish if all came as in the last round.
func (m matchExplainCmd) chance(w io.Writer) error {
	r := played{}
	var err error
	if r.in, err = files.Load(files.Dir(os.DirFS(m.Dir))); err != nil {
		return err
	}
	last, err := readLast(m.Last, r.in)
	if err != nil {
		return err
	}
	if err := r.knows(m.Student, m.Position); err != nil {
		return err
	}
	r.out = score.Outcome{Place: make([]int32, len(r.in.Students)), Cutoffs: last.Cutoffs, Closed: last.Closed}
	for s := range r.out.Place {
		r.out.Place[s] = score.None
	}
	book := explain.NewBook(r.in, score.Lists{}, &r.out, make([]uint32, len(r.in.Students)), false)
	a := book.Why(m.Student, m.Position)
	if a.Misfits != 0 {
		zh, en := a.Words()
		fmt.Fprintf(w, "%s\n%s\n", zh, en)
		return nil
	}
	chance := last.ChanceOf(m.Position, a.Band, a.Paired)
	zh, en := explain.ClassOf(chance).Words()
	fmt.Fprintf(w, "%s\n%s: chance %d ‰ if all comes as in the last round (band %d)\n", zh, en, chance, a.Band)
	return nil
}

type matchSeatsCmd struct {
	matchFiles
	Position int32 `arg:"" help:"Id of the position."`
	Open     bool  `help:"As for explain."`
}

// Run answers a host: why these.
func (m matchSeatsCmd) Run(c *console) error {
	r, err := m.read(m.Open)
	if err != nil {
		return err
	}
	book, err := r.book(m.Open)
	if err != nil {
		return err
	}
	if err := r.knows(0, m.Position); err != nil {
		return err
	}
	t, rule := book.These(m.Position), r.in.Round.Rule
	fmt.Fprintf(c.out, "position %d by the published rule %s: %d of %d seats; %d listed it, of them %d got what they ranked higher, %d were below the cut-off\n",
		m.Position, rule, len(t.Seats), r.in.Positions[m.Position].Cap, t.Listed, t.Better, t.Below)
	if t.Closed {
		fmt.Fprintln(c.out, "closed: its team would have been too small")
	}
	if n := r.in.Positions[m.Position].Reserve(); n > 0 {
		fmt.Fprintf(c.out, "%d seats are reserved for students of the paired branches; what they leave is everybody's\n", n)
	}
	for _, s := range t.Seats {
		p, paired := s.Points, ""
		if s.Paired {
			paired = ", of a paired branch"
		}
		wish := "wish " + strconv.Itoa(s.Wish)
		if s.Wish > score.MaxList {
			wish = "not listed, but open"
		}
		fmt.Fprintf(c.out, "student %d%s: band %d, lottery number %d; points %d: skill %d, time %d, nearness %d, served %d, partner %d, waited %d, score %d; %d m, %d blocks, %s\n",
			s.Student, paired, s.Band, s.Lottery, p.Total(), p.Skill, p.Time, p.Near, p.Served, p.Partner, p.Waited, p.Score, s.Metres, s.Overlap, wish)
	}
	return nil
}

func (r *played) book(open bool) (*explain.Book, error) {
	ranks, err := draw.Ranks(r.in.Round.Seed, len(r.in.Students), runtime.GOMAXPROCS(0))
	return explain.NewBook(r.in, r.lists, &r.out, ranks, open), err
}

// knows refuses ids that the round does not have.
func (r *played) knows(student, position int32) error {
	if student < 0 || int(student) >= len(r.in.Students) || position < 0 || int(position) >= len(r.in.Positions) {
		return usageError{fmt.Errorf("the round has students 0 to %d and positions 0 to %d", len(r.in.Students)-1, len(r.in.Positions)-1)}
	}
	return nil
}
