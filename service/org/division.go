package org

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// DivisionOptions say what to make of administrative divisions.
type DivisionOptions struct {
	Orgs     bool                  // also one ACTIVE organisation for each division
	Progress func(done, total int) // rows, after each transaction; nil: silence
}

// DivisionReport says what an import of divisions did. A wrong row is left out and named; the others are imported.
type DivisionReport struct {
	Rows, RegionsCreated, RegionsUpdated, OrgsCreated, OrgsUpdated, Failed int
	Errors                                                                 []DivisionError // at most 500
}

// DivisionError is one wrong row.
type DivisionError struct {
	File   string
	Line   int
	Code   string // stable
	ZH, EN string
}

// level is one level of divisions and what is made of it.
type level struct {
	file   string
	digits int
	parent string // column of the parent's code, empty at the top
	region string
	kind   model.OrgKind
}

// levels are the files, from the top down.
var levels = []level{ //nolint:gochecknoglobals // a table
	{"provinces.csv", 2, "", model.RegionProvince, model.OrgProvincialCommittee},
	{"cities.csv", 4, "provinceCode", model.RegionCity, model.OrgCityCommittee},
	{"areas.csv", 6, "cityCode", model.RegionCounty, model.OrgCountyCommittee},
	{"streets.csv", 9, "areaCode", model.RegionTown, model.OrgTownYouthCommittee},
	{"villages.csv", 12, "streetCode", model.RegionCommunity, model.OrgCommunity},
}

const (
	divisionTx    = 5000 // rows of a transaction
	divisionBatch = 1000 // rows of a statement
)

// ImportDivisions reads provinces.csv, cities.csv, areas.csv, streets.csv and villages.csv (any but the first may be
// missing) with the columns code, name and the parents' codes, and makes regions and, if asked, organisations of them.
// It is idempotent by code: a second run creates nothing, a new name renames what still has the old one. It commits every
// few thousand rows, so after a failure run it again.
func (s *Service) ImportDivisions(ctx context.Context, fsys fs.FS, opts DivisionOptions) (DivisionReport, error) {
	imp := divisionImport{s: s, opts: opts}
	for _, l := range levels {
		n, err := countLines(fsys, l)
		if err != nil {
			return imp.report, err
		}
		imp.total += n
	}
	for _, l := range levels {
		if err := imp.file(ctx, fsys, l); err != nil {
			return imp.report, err
		}
	}
	imp.progress(imp.total)
	return imp.report, nil
}

type divisionImport struct {
	s      *Service
	opts   DivisionOptions
	total  int
	report DivisionReport
}

func (imp *divisionImport) progress(done int) {
	if imp.opts.Progress != nil {
		imp.opts.Progress(min(done, imp.total), imp.total)
	}
}

// file imports one level, a few thousand rows at a time.
func (imp *divisionImport) file(ctx context.Context, fsys fs.FS, l level) error {
	f, err := openLevel(fsys, l)
	if err != nil || f == nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	reader, err := newDivisionReader(f, l)
	if err != nil {
		return err
	}
	for {
		rows, wrong, err := reader.next(divisionTx)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		imp.note(len(rows)+len(wrong), wrong)
		if len(rows) > 0 {
			if err := imp.write(ctx, l, rows); err != nil {
				return err
			}
		}
		imp.progress(imp.report.Rows)
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
}

func (imp *divisionImport) note(rows int, wrong []DivisionError) {
	imp.report.Rows += rows
	imp.report.Failed += len(wrong)
	room := max(0, maxRowErrors-len(imp.report.Errors))
	imp.report.Errors = append(imp.report.Errors, wrong[:min(room, len(wrong))]...)
}

// write imports rows of one level in one transaction.
func (imp *divisionImport) write(ctx context.Context, l level, rows []division) error {
	var done chunkResult
	err := atomic.Do(ctx, imp.s.DB, func(tx *gorm.DB) error {
		done = chunkResult{}
		for batch := range slices.Chunk(rows, divisionBatch) {
			c := chunk{s: imp.s, tx: tx, level: l, orgs: imp.opts.Orgs, rows: batch, done: &done}
			if err := c.run(); err != nil {
				return err
			}
		}
		if done.changes() == 0 {
			return nil
		}
		return imp.s.Audit.Write(tx, access.System("org import"), audit.Entry{Action: "org.import", Object: "regions", Data: map[string]any{
			"file": l.file, "regions_created": done.regionsCreated, "regions_updated": done.regionsUpdated,
			"orgs_created": done.orgsCreated, "orgs_updated": done.orgsUpdated,
		}})
	})
	if err != nil {
		return err
	}
	imp.report.RegionsCreated += done.regionsCreated
	imp.report.RegionsUpdated += done.regionsUpdated
	imp.report.OrgsCreated += done.orgsCreated
	imp.report.OrgsUpdated += done.orgsUpdated
	imp.note(0, done.wrong)
	return nil
}

// chunkResult is what one transaction did.
type chunkResult struct {
	regionsCreated, regionsUpdated, orgsCreated, orgsUpdated int
	wrong                                                    []DivisionError
}

func (r chunkResult) changes() int {
	return r.regionsCreated + r.regionsUpdated + r.orgsCreated + r.orgsUpdated
}
