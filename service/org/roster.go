package org

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/text"
)

// ErrRows says that rows are wrong and nothing was imported.
var ErrRows = fault.Define(fault.Invalid, "import.rows_invalid", "名册中有错误的行，未导入任何数据；请改正后重新上传。", "Some rows are wrong and nothing was imported; correct them and send the file again.")

// maxRowErrors is how many wrong rows a Report names.
const maxRowErrors = 500

// ImportOptions say how to import a roster.
type ImportOptions struct {
	Partial bool   // import the good rows although others are wrong
	Reason  string // required of a university officer
}

// Report says what an import did. In one that was refused with ErrRows it says what would have been done.
type Report struct {
	Rows, Created, Updated, Unchanged, Failed int
	Errors                                    []RowError // at most 500, by line
	Ignored                                   []string   // headers of columns that were not read
}

// ImportRoster brings the students of an organisation's branches in line with a CSV or XLSX file: new numbers become
// students, known ones are updated where the file says something else, nobody is taken away. One wrong row refuses the
// whole file with ErrRows (the Report names the rows) unless opts.Partial is set. The organisation is a university, or a
// department or branch of one, whose officers reach no further than their own students. The reason must not be content.ErrRisky.
func (s *Service) ImportRoster(ctx context.Context, actor access.Actor, orgID int64, data []byte, opts ImportOptions) (Report, error) {
	if err := actor.Require(access.RosterImport); err != nil {
		return Report{}, err
	}
	o, err := ByID(s.DB.WithContext(ctx), orgID)
	if err != nil {
		return Report{}, err
	}
	if err := checkImport(actor, o, &opts); err != nil {
		return Report{}, err
	}
	rows, report, err := parseRoster(data, isBranch(o))
	if err != nil {
		return Report{}, err
	}
	done, err := content.Do(ctx, s.Content, actor, func() (done Report, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			done = report
			done.Errors = slices.Clone(report.Errors)
			return s.importRoster(tx, actor, orgID, rows, &done, opts)
		})
		return done, err
	})
	slices.SortStableFunc(done.Errors, func(a, b RowError) int { return a.Line - b.Line })
	done.Errors = done.Errors[:min(len(done.Errors), maxRowErrors)]
	if errors.Is(err, errRowsWrong) {
		err = rowsFault(done)
	}
	return done, err
}

// checkImport asks the table, and a reason of who imports from as far up as the university.
func checkImport(actor access.Actor, o model.Org, opts *ImportOptions) error {
	if err := actor.Check(access.RosterImport, access.Object{Paths: []string{o.Path}, Read: access.OrgRead}); err != nil {
		return err
	}
	columns := columnsOver(actor, access.RosterImport, o.Path)
	needsReason := len(columns) > 0 && !slices.ContainsFunc(columns, func(c access.Column) bool { return c != access.UNI })
	if !needsReason && opts.Reason == "" {
		return nil
	}
	reason, err := text.Reason(opts.Reason)
	opts.Reason = reason
	return err
}

// parseRoster reads a file into students and a report on the rows that cannot be read. Within a branch the branch column may be missing.
func parseRoster(data []byte, inBranch bool) ([]student, Report, error) {
	t, err := readTable(data)
	if err != nil {
		return nil, Report{}, err
	}
	needed := []string{colNumber, colName, colBranch}
	if inBranch {
		needed = needed[:2]
	}
	l, records, err := findHeader(t, needed)
	if err != nil {
		return nil, Report{}, err
	}
	if len(records) > MaxRosterRows {
		return nil, Report{}, ErrTooLarge
	}
	reader := rowReader{layout: l, sheet: t.sheet, from: t.from}
	report := Report{Rows: len(records), Ignored: l.ignored}
	lines := map[string]int{}
	rows := make([]student, 0, len(records))
	for _, r := range records {
		row, ok := reader.read(r)
		if first, twice := lines[row.number]; ok && twice {
			reader.errors = append(reader.errors, RowError{
				Line: r.line, Column: colNumber, Code: "duplicate",
				ZH: fmt.Sprintf("与第 %d 行的学号相同", first), EN: fmt.Sprintf("is the same as in line %d", first),
			})
			ok = false
		}
		if !ok {
			report.Failed++
			continue
		}
		lines[row.number] = r.line
		rows = append(rows, row)
	}
	report.Errors = reader.errors
	return rows, report, nil
}

// errRowsWrong undoes the transaction of an import with wrong rows.
var errRowsWrong = errors.New("rows are wrong")

func rowsFault(r Report) error {
	fields := make([]fault.Field, len(r.Errors))
	for i, e := range r.Errors {
		fields[i] = fault.Field{Pointer: strings.TrimSuffix(fmt.Sprintf("line:%d/%s", e.Line, e.Column), "/"), Code: e.Code, ZH: e.ZH, EN: e.EN}
	}
	return ErrRows.With(fields...)
}

func (s *Service) importRoster(tx *gorm.DB, actor access.Actor, orgID int64, rows []student, report *Report, opts ImportOptions) error {
	o, err := ByID(tx, orgID)
	if err != nil {
		return err
	}
	university, err := universityOf(atomic.ForUpdate(tx), o) // one import at a time
	if err != nil {
		return err
	}
	if err := checkImport(actor, o, &opts); err != nil { // again, now that nothing moves
		return err
	}
	if err := s.Content.Reason(tx, actor, content.Org, o.Path, opts.Reason); err != nil {
		return err
	}
	roll := roll{university: university.ID, report: report}
	if err := s.fill(tx, &roll, o, rows); err != nil {
		return err
	}
	if report.Failed > 0 && !opts.Partial {
		return errRowsWrong
	}
	if err := s.enlist(tx, roll); err != nil {
		return err
	}
	if err := s.amend(tx, roll); err != nil {
		return err
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "roster.import", Object: "orgs", ObjectID: o.ID, OrgPath: o.Path, Reason: opts.Reason,
		Data: map[string]any{"created": report.Created, "updated": report.Updated, "unchanged": report.Unchanged, "failed": report.Failed},
	})
}
