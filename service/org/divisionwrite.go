package org

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
)

// chunk imports the rows of one statement. Parents are looked up, so that any file may be imported on its own.
type chunk struct {
	s     *Service
	tx    *gorm.DB
	level level
	orgs  bool
	rows  []division
	done  *chunkResult

	names map[string]string      // of regions that are there, by code
	known map[string]importedOrg // organisations that are there, by code
	taken map[sibling]bool       // names that organisations have which are there
}

// sibling is a name below an organisation, 0 at the top.
type sibling struct {
	ParentID int64
	LiveName string
}

// importedOrg is what the import needs to know of an organisation.
type importedOrg struct {
	ID         int64
	ImportCode string
	Path       string
	Name       string
	LiveName   *string // NULL once it is dissolved
	ParentID   int64
	Version    int64
}

func (c *chunk) run() error {
	if err := c.load(); err != nil {
		return err
	}
	var regions, orgs []any
	seen := make(map[string]bool, len(c.rows))
	for _, row := range c.rows {
		if row.code == row.parent {
			continue // a city without counties stands in for its only county
		}
		old, there := c.names[row.code]
		switch _, up := c.names[row.parent]; {
		case seen[row.code]:
			c.wrong(row, "duplicate", "代码重复", "the code appears twice")
			continue
		case c.level.parent != "" && !up:
			c.wrong(row, "parent_missing", "没有上级区划 "+row.parent, "there is no division "+row.parent+" above it")
			continue
		case !there:
			regions = append(regions, row.code, c.level.region, row.name, c.parentCode(row))
		case old != row.name:
			if err := c.renameRegion(row); err != nil {
				return err
			}
		}
		seen[row.code] = true
		values, err := c.org(row, old)
		if err != nil {
			return err
		}
		orgs = append(orgs, values...)
	}
	c.done.regionsCreated += len(regions) / regionColumns
	c.done.orgsCreated += len(orgs) / orgColumns
	if err := insertMany(c.tx, "INSERT INTO regions (code, level, name, parent_code) VALUES ", regionColumns, regions); err != nil {
		return fmt.Errorf("insert regions: %w", err)
	}
	const into = "INSERT INTO orgs (id, kind, side, parent_id, path, name, live_name, region_code, import_code, status, version, created_at, updated_at) VALUES "
	return wrap("insert organisations", insertMany(c.tx, into, orgColumns, orgs))
}

const (
	regionColumns = 4
	orgColumns    = 13
)

// insertMany writes rows of n values each in one statement.
func insertMany(tx *gorm.DB, into string, n int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	one := "(" + strings.Repeat("?,", n-1) + "?)"
	sql := into + strings.Repeat(one+",", len(values)/n-1) + one
	_, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, sql, values...)
	return err
}

// load reads what is there of the rows and of their parents.
func (c *chunk) load() error {
	codes := make([]string, 0, 2*len(c.rows))
	for _, row := range c.rows {
		codes = append(codes, row.code)
		if c.level.parent != "" {
			codes = append(codes, row.parent)
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	var regions []model.Region
	if err := c.tx.Select("code", "name").Where("code IN ?", codes).Find(&regions).Error; err != nil {
		return fmt.Errorf("read regions: %w", err)
	}
	c.names = make(map[string]string, len(regions))
	for _, r := range regions {
		c.names[r.Code] = r.Name
	}
	var orgs []importedOrg
	err := c.tx.Table("orgs").Select("id", "import_code", "path", "name", "live_name", "parent_id", "version").Where("import_code IN ?", codes).Find(&orgs).Error
	if err != nil {
		return fmt.Errorf("read organisations: %w", err)
	}
	c.known = make(map[string]importedOrg, len(orgs))
	for _, o := range orgs {
		c.known[o.ImportCode] = o
	}
	return c.loadNames()
}

// loadNames reads which of the names that the rows bring are taken where they would stand.
func (c *chunk) loadNames() error {
	c.taken = map[sibling]bool{}
	parents, names := map[int64]bool{}, map[string]bool{}
	for _, row := range c.rows {
		if name := c.orgName(row.name, c.names[row.parent]); c.known[row.code].Name != name {
			parents[c.known[row.parent].ID], names[name] = true, true
		}
	}
	if len(names) == 0 {
		return nil
	}
	var rows []sibling
	err := c.tx.Table("orgs").Select("parent_id", "live_name").
		Where("parent_id IN ? AND live_name IN ?", slices.Collect(maps.Keys(parents)), slices.Collect(maps.Keys(names))).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read names of organisations: %w", err)
	}
	for _, row := range rows {
		c.taken[row] = true
	}
	return nil
}

// take reserves a name for the row's organisation; when a sibling has it, the row is wrong and its organisation left out.
func (c *chunk) take(row division, parentID int64, name string) bool {
	at := sibling{parentID, name}
	if c.taken[at] {
		c.wrong(row, "name_taken", "同一上级下已有同名组织："+name, "another organisation below the same one is named "+name)
		return false
	}
	c.taken[at] = true
	return true
}

func (c *chunk) parentCode(row division) string {
	if c.level.parent == "" {
		return ""
	}
	return row.parent
}

func (c *chunk) wrong(row division, code, zh, en string) {
	c.done.wrong = append(c.done.wrong, DivisionError{File: c.level.file, Line: row.line, Code: code, ZH: zh, EN: en})
}

func (c *chunk) renameRegion(row division) error {
	c.done.regionsUpdated++
	return wrap("rename region", c.tx.Model(&model.Region{}).Where("code = ?", row.code).Update("name", row.name).Error)
}

// org gives the values of the row's organisation if it is to be made, and renames one that still has the name it was made with.
func (c *chunk) org(row division, oldRegion string) ([]any, error) {
	name := c.orgName(row.name, c.names[row.parent])
	if old, there := c.known[row.code]; there {
		if old.Name == name || old.Name != c.orgName(oldRegion, c.names[row.parent]) {
			return nil, nil
		}
		return nil, c.renameOrg(row, old, name)
	}
	if !c.orgs {
		return nil, nil
	}
	up, there := c.known[row.parent]
	if c.level.parent != "" && !there {
		c.wrong(row, "parent_org_missing", "上级组织不存在："+row.parent, "there is no organisation "+row.parent+" above it")
		return nil, nil
	}
	if !c.take(row, up.ID, name) {
		return nil, nil
	}
	id, now := c.s.NewID(), c.s.Now()
	return []any{
		id, string(c.level.kind), c.level.kind.Side(), up.ID, childPath(up.Path, id), name, name, row.code, row.code, string(model.OrgActive), 1, now, now,
	}, nil
}

func (c *chunk) renameOrg(row division, old importedOrg, name string) error {
	set := map[string]any{"name": name, "version": old.Version + 1, "updated_at": c.s.Now()}
	if old.LiveName != nil {
		if !c.take(row, old.ParentID, name) {
			return nil
		}
		delete(c.taken, sibling{old.ParentID, *old.LiveName})
		set["live_name"] = name
	}
	c.done.orgsUpdated++
	return wrap("rename organisation", c.tx.Model(&model.Org{}).Where("id = ?", old.ID).Updates(set).Error)
}

const townSuffix = "青年工作委员会"

// orgName names the organisation of a division. Divisions that only say what they are get their parent's name in front.
func (c *chunk) orgName(name, parent string) string {
	if slices.Contains([]string{"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}, name) {
		name = parent + name
	}
	switch c.level.kind {
	case model.OrgCommunity:
		return name
	case model.OrgTownYouthCommittee:
		return name + townSuffix
	default:
		return leaguePrefix + name + "委员会"
	}
}
