package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/score"
	"baodao/service/round"
)

// matchRound measures a whole round through the database, from the end of the wishes to the proposals as they are written,
// against the same match in memory. Both digests must be those of the files that the tables were made of: nothing gets lost
// on the way. The full form has a million students, is run once.
func matchRound(ctx context.Context, s settings, engine string) (result, error) {
	p, err := openProvince(ctx, s, engine)
	if err != nil {
		return result{}, err
	}
	tries, ratios, values, note := 3, []float64{}, []float64{}, ""
	if s.full {
		tries = 1
	}
	for i := range tries {
		t, err := p.try(ctx, i == tries-1)
		if err != nil {
			return result{}, errors.Join(err, p.close())
		}
		whole := t.freeze + t.run
		values, ratios, note = append(values, whole.Seconds()), append(ratios, whole.Seconds()/t.memory.Seconds()), t.String()
		fmt.Fprintln(os.Stderr, t)
	}
	slices.Sort(ratios)
	slices.Sort(values)
	disk, err := p.size(ctx)
	note = fmt.Sprintf("students=%d positions=%d %s disk_mib=%d", len(p.in.Students), len(p.in.Positions), note, disk)
	return result{Value: median(values), Unit: "s", Floor: "the same match in memory", Ratio: median(ratios), Lo: ratios[0], Hi: ratios[len(ratios)-1], Engine: engine, Note: note}, errors.Join(err, p.close())
}

func openProvince(ctx context.Context, s settings, engine string) (*province, error) {
	in, err := s.sample(20_000, 1_000_000)
	if err != nil {
		return nil, err
	}
	plain(in)
	st, err := openStage(ctx, s, engine)
	if err != nil {
		return nil, err
	}
	p := &province{stage: st, in: in, lists: assign.Lists(in, 2)}
	if err := p.settle(ctx); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return p, nil
}

// taken are the times of one round, and the memory before each phase and the most that it had.
type taken struct {
	freeze, run, publish, memory time.Duration
	freezeCPU, runCPU            time.Duration
	peaks                        []string
	placed                       int64
}

func (t taken) String() string {
	return fmt.Sprintf("freeze_s=%.1f run_s=%.1f publish_s=%.1f memory_s=%.3f freeze_cpu_s=%.1f run_cpu_s=%.1f placed=%d peak_mib=%s",
		t.freeze.Seconds(), t.run.Seconds(), t.publish.Seconds(), t.memory.Seconds(), t.freezeCPU.Seconds(), t.runCPU.Seconds(), t.placed, strings.Join(t.peaks, "/"))
}

// officer runs the rounds of the province.
func officer() access.Actor {
	column := access.ColumnOf(access.CommitteeOfficer, string(model.OrgUniversityCommittee))
	return access.Actor{UserID: 1, LoggedInAt: clock.System(), Grants: []access.Grant{{Role: access.CommitteeOfficer, Column: column, OrgID: provinceScope, OrgPath: fmt.Sprintf("/%d/", provinceScope)}}}
}

// try takes a round from its lists to its proposals. The last one is published; the others are cancelled, for proposals hold
// their seats.
func (p *province) try(ctx context.Context, last bool) (t taken, err error) {
	rounds, who := p.built.Round, officer()
	id, err := p.open(ctx, who)
	if err != nil {
		return t, err
	}
	if t.freeze, t.freezeCPU, err = p.until(ctx, id, &t, func(r *model.MatchRound) bool { return r.Status == model.RoundFrozen }); err != nil {
		return t, err
	}
	if _, err := rounds.Draw(ctx, who, id, "03 09 17 21 25 33 + 12"); err != nil {
		return t, err
	}
	if t.run, t.runCPU, err = p.until(ctx, id, &t, func(r *model.MatchRound) bool { return r.ResultDigest != nil }); err != nil {
		return t, err
	}
	if t.memory, err = p.compare(ctx, id); err != nil {
		return t, err
	}
	if !last {
		_, err := rounds.Cancel(ctx, who, id, "下一轮")
		return t, err
	}
	err = p.finish(ctx, who, id, &t)
	return t, err
}

// open makes a round with everybody's lists, whose time is over.
func (p *province) open(ctx context.Context, who access.Actor) (int64, error) {
	now := clock.System()
	d, err := p.built.Round.Create(ctx, who, idem.Key{}, round.New{Kind: model.RoundPositions, ProgrammeID: 1, ScopeOrgID: provinceScope, Form: round.Form{
		Name: "秋季第一轮", Season: model.SeasonTerm, Rule: p.in.Round.Rule.String(), K: int64(p.in.Round.K), RadiusM: int64(p.in.Round.Radius), AnswerHours: 72,
		WishesFrom: now, WishesUntil: now.Add(time.Hour), DrawSource: "福彩双色球 2026135 期",
	}})
	if err == nil {
		_, err = p.built.Round.Open(ctx, who, d.ID)
	}
	if err == nil {
		err = p.wish(ctx, d.ID)
	}
	if err != nil {
		return 0, err
	}
	return d.ID, p.overdue(ctx, d.ID)
}

// until lets a replica work until a round is so far.
func (p *province) until(ctx context.Context, id int64, t *taken, there func(*model.MatchRound) bool) (took, cpu time.Duration, err error) {
	resetPeak()
	before := peakMemory()
	began, burnt := time.Now(), cpuTime()
	for {
		n, err := p.built.Round.Advance(ctx, 20)
		if err != nil {
			return 0, 0, err
		}
		var row model.MatchRound
		if err := p.db.WithContext(ctx).Where("id = ?", id).First(&row).Error; err != nil {
			return 0, 0, err
		}
		if there(&row) {
			t.peaks, t.placed = append(t.peaks, before+".."+peakMemory()), row.Placed
			return time.Since(began), cpuTime() - burnt, nil
		}
		if n == 0 {
			return 0, 0, fmt.Errorf("the round is %s and stays so: %s", row.Status, row.Failure)
		}
	}
}

// compare matches in memory what the tables were made of, and holds both digests against those of the round.
func (p *province) compare(ctx context.Context, id int64) (time.Duration, error) {
	var row model.MatchRound
	if err := p.db.WithContext(ctx).Where("id = ?", id).First(&row).Error; err != nil {
		return 0, err
	}
	in := *p.in
	in.Round.Number, in.Round.Seed = int(row.Number), row.Seed
	inputs, err := audit.Inputs(&in, p.lists)
	if err != nil || !bytes.Equal(inputs[:], row.InputDigest) {
		return 0, errors.Join(err, fmt.Errorf("the inputs are %x, frozen were %x", inputs, row.InputDigest))
	}
	took, out, err := p.inMemory(&in)
	if err != nil {
		return 0, err
	}
	if digest, err := audit.Result(&out.Outcome); err != nil || !bytes.Equal(digest[:], row.ResultDigest) {
		return 0, errors.Join(err, fmt.Errorf("the result is %x, written was %x", digest, row.ResultDigest))
	}
	return took, nil
}

// inMemory matches the round from its lists, five times where that is quick, and takes the least time.
func (p *province) inMemory(in *score.Instance) (least time.Duration, out assign.Result, err error) {
	tries := 5
	if len(in.Students) > 100_000 {
		tries = 1
	}
	for range tries {
		lists := score.Lists{Width: p.lists.Width, Wishes: slices.Clone(p.lists.Wishes)}
		began := time.Now()
		if err = assign.Settle(in, lists, 2); err == nil {
			out, err = assign.Run(in, lists, 2)
		}
		if err != nil {
			return 0, out, err
		}
		if took := time.Since(began); least == 0 || took < least {
			least = took
		}
	}
	return least, out, nil
}

// finish publishes a round.
func (p *province) finish(ctx context.Context, who access.Actor, id int64, t *taken) error {
	began := time.Now()
	if _, err := p.built.Round.Publish(ctx, who, id); err != nil {
		return err
	}
	if _, _, err := p.until(ctx, id, t, func(r *model.MatchRound) bool { return r.Status == model.RoundPublished }); err != nil {
		return err
	}
	t.publish = time.Since(began)
	return nil
}

// size is what the database takes on disk, in MiB.
func (p *province) size(ctx context.Context) (mib int64, err error) {
	sizes := "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
	if p.db.Name() == database.MySQL {
		sizes = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	err = p.db.WithContext(ctx).Raw(sizes).Scan(&mib).Error
	return mib >> 20, err
}
