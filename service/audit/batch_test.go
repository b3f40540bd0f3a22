package audit_test

import (
	"errors"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/audit"
	"baodao/service/fault"
)

// many adds n branches.
func (d desk) many(n int) []*model.Org {
	d.TB.Helper()
	rows := make([]*model.Org, n)
	for i := range rows {
		o := d.Org(d.Department, model.OrgLeagueBranch, fmt.Sprint("支部", i))
		rows[i] = &o
	}
	return rows
}

func TestMoveAllMovesEveryRowAndLogsEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rows := d.many(230)
	before := len(d.log())
	if err := d.tx(func(tx *gorm.DB) error { return audit.MoveAll(tx, d.Audit, officer, rows, suspend(d)) }); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if o := d.org(r.ID); o.Status != model.OrgSuspended || o.Version != 2 || o.Name != "停用支部" {
			t.Fatalf("%+v", o)
		}
	}
	log := d.log()[before:]
	if len(log) != 230 || log[229].ObjectID != rows[229].ID || log[0].FromState != "ACTIVE" || log[0].ToState != "SUSPENDED" || log[0].UserID != officer.UserID {
		t.Errorf("%d entries, %+v", len(log), log[0])
	}
}

func TestMoveAllIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(o *model.Org)
		want  error
	}{
		"a row that may not move":       {func(o *model.Org) { o.Status = model.OrgDissolved }, fault.ErrState},
		"a row that somebody changed":   {func(o *model.Org) { o.Version = 7 }, fault.ErrStale},
		"a row that is not there":       {func(o *model.Org) { o.ID = 99 }, fault.ErrStale},
		"a row whose state was misread": {func(o *model.Org) { o.Status = model.OrgPending; o.Version = 1 }, fault.ErrState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			rows := d.many(130)
			before := len(d.log())
			c.spoil(rows[120])
			err := d.tx(func(tx *gorm.DB) error { return audit.MoveAll(tx, d.Audit, officer, rows, suspend(d)) })
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if d.org(rows[0].ID).Status != model.OrgActive || len(d.log()) != before {
				t.Error("something moved")
			}
		})
	}
}

func TestMoveAllOfNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.tx(func(tx *gorm.DB) error { return audit.MoveAll(tx, d.Audit, officer, []*model.Org{}, suspend(d)) }); err != nil {
		t.Error(err)
	}
}
