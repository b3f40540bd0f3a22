package round

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"baodao/model"
	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/draw"
	"baodao/service/matching/explain"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
)

// game is a round of positions in memory.
type game struct {
	kind  *Positions
	in    *score.Instance
	lists score.Lists // as they were handed in
}

// roundOf is what the files say of a round itself.
func roundOf(r *model.MatchRound) (score.Round, error) {
	rule, err := score.ParseRule(r.Rule)
	season := score.Term
	if r.Season == model.SeasonVacation {
		season = score.Vacation
	}
	return score.Round{Number: int(r.Number), Season: season, Seed: r.Seed, K: int(r.K), Radius: int32(r.RadiusM), Rule: rule}, err //nolint:gosec // checked when it was planned
}

// Load makes a game of what was put down.
func (k *Positions) Load(r *model.MatchRound, each Each) (Game, error) {
	round, err := roundOf(r)
	if err != nil {
		return nil, err
	}
	g := &game{kind: k, in: &score.Instance{Round: round}}
	var givers, askers []noted
	g.in.Positions, givers, err = readSide(each, model.SideGiving, files.ReadPositions, nil)
	if err != nil {
		return nil, err
	}
	var handed wishes
	g.in.Students, askers, err = readSide(each, model.SideAsking, files.ReadStudents, func(text string) error {
		return handed.add(text, len(g.in.Positions))
	})
	if err != nil {
		return nil, err
	}
	g.lists = handed.lists(len(g.in.Students))
	for _, m := range givers {
		g.in.Positions[m.seq].Partners, g.in.Positions[m.seq].Reserved = m.Partners, m.Reserved
	}
	for _, m := range askers {
		if len(m.Blocked) > 0 {
			if g.in.Blocked == nil {
				g.in.Blocked = map[int32][]int32{}
			}
			g.in.Blocked[int32(m.seq)] = m.Blocked //nolint:gosec // at most 16 million
		}
		if m.Open && g.in.Open == nil {
			g.in.Open = make([]bool, len(g.in.Students))
		}
		if m.Open {
			g.in.Open[m.seq] = true
		}
	}
	return g, nil
}

// noted is more of the one with a number; most have none.
type noted struct {
	seq int64
	more
}

// readSide reads one side as the file that its lines are.
func readSide[T any](each Each, side int64, read func(io.Reader) ([]T, error), wishes func(string) error) ([]T, []noted, error) {
	r, w := io.Pipe()
	var extra []noted
	go func() {
		row := []byte("header\n")
		err := each(side, func(in Input) error {
			row = append(append(strconv.AppendInt(row, in.Seq, 10), ','), in.Line...)
			row = append(row, '\n')
			if len(row) > pipeSize {
				if _, err := w.Write(row); err != nil {
					return err
				}
				row = row[:0]
			}
			if in.More != "" {
				var m more
				if err := json.Unmarshal([]byte(in.More), &m); err != nil {
					return fmt.Errorf("%w: %w", errInputs, err)
				}
				extra = append(extra, noted{seq: in.Seq, more: m})
			}
			if wishes != nil {
				return wishes(in.Wishes)
			}
			return nil
		})
		if err == nil {
			_, err = w.Write(row)
		}
		if err != nil {
			err = unread{err}
		}
		_ = w.CloseWithError(err) // never fails
	}()
	all, err := read(r)
	if _, failed := errors.AsType[unread](err); err != nil && !failed {
		err = fmt.Errorf("%w: %w", errInputs, err)
	}
	if err != nil {
		return nil, nil, errors.Join(err, r.CloseWithError(err))
	}
	return all, extra, nil
}

// unread is why lines could not be read; that says nothing of what they are.
type unread struct{ error }

// Unwrap is what happened.
func (u unread) Unwrap() error { return u.error }

const pipeSize = 1 << 16

// wishes are the lists of all students in memory, each closed by end. They are kept in parts, so that a million of them are not
// copied again and again.
type wishes [][]int32

const (
	end       = -1
	partWords = 1 << 20
)

// add takes a list in.
func (w *wishes) add(text string, positions int) error {
	n := len(*w) - 1
	if n < 0 || len((*w)[n])+score.MaxList+1 > partWords {
		*w, n = append(*w, make([]int32, 0, partWords)), n+1
	}
	part, err := appendWishes((*w)[n], text, positions)
	(*w)[n] = part
	return err
}

func appendWishes(all []int32, text string, positions int) ([]int32, error) {
	for len(text) > 0 {
		word, rest, _ := strings.Cut(text, " ")
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n >= positions {
			return nil, fmt.Errorf("%w: wish %q of %d positions", errInputs, word, positions)
		}
		all, text = append(all, int32(n)), rest //nolint:gosec // at most 16 million
	}
	return append(all, end), nil
}

// lists gives each student a list as wide as the longest.
func (w wishes) lists(students int) score.Lists {
	width, n := 1, 0
	for _, part := range w {
		for _, word := range part {
			if n++; word == end {
				n = 0
			}
			width = max(width, n)
		}
	}
	lists := score.NewLists(students, width)
	s, i := 0, 0
	for _, part := range w {
		for _, word := range part {
			if word == end {
				s, i = s+1, 0
				continue
			}
			lists.Wishes[s*width+i] = score.NewWish(word, 0)
			i++
		}
	}
	return lists
}

// Digest of the inputs.
func (g *game) Digest() ([]byte, error) {
	d, err := audit.Inputs(g.in, g.lists)
	return d[:], err
}

// Figures of the inputs.
func (g *game) Figures() Figures {
	f := Figures{Asking: int64(len(g.in.Students)), Giving: int64(len(g.in.Positions))}
	for i := range g.in.Positions {
		f.Seats += int64(g.in.Positions[i].Cap)
	}
	return f
}

// Files of the inputs.
func (g *game) Files(add AddFile) error {
	err := errors.Join(
		add(files.RoundFile, func(w io.Writer) error { return files.WriteRound(w, g.in.Round) }),
		add(files.StudentsFile, func(w io.Writer) error { return files.WriteStudents(w, g.in.Students) }),
		add(files.PositionsFile, func(w io.Writer) error { return files.WritePositions(w, g.in.Positions) }),
		add(files.ListsFile, func(w io.Writer) error { return files.WriteLists(w, g.lists) }),
	)
	for _, part := range files.More(g.in) {
		err = errors.Join(err, add(part.Name, part.Write))
	}
	return err
}

// Run matches.
func (g *game) Run(seed []byte, workers int) (Outcome, error) {
	in := *g.in
	in.Round.Seed = seed
	settled := score.Lists{Width: g.lists.Width, Wishes: slices.Clone(g.lists.Wishes)}
	if err := assign.Settle(&in, settled, workers); err != nil {
		return nil, err
	}
	result, err := assign.Run(&in, settled, workers)
	if err != nil {
		return nil, err
	}
	ranks, err := draw.Ranks(seed, len(in.Students), workers)
	if err != nil {
		return nil, err
	}
	return &outcome{kind: g.kind, in: &in, settled: settled, result: result, ranks: ranks, book: explain.NewBook(&in, g.lists, &result.Outcome, ranks, false)}, nil
}
