package org

import (
	"fmt"
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
}

// importedOrg is what the import needs to know of an organisation.
type importedOrg struct {
	ID         int64
	ImportCode string
	Path       string
	Name       string
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
	const into = "INSERT INTO orgs (id, kind, side, parent_id, path, name, region_code, import_code, status, version, created_at, updated_at) VALUES "
	return wrap("insert organisations", insertMany(c.tx, into, orgColumns, orgs))
}

const (
	regionColumns = 4
	orgColumns    = 12
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
	err := c.tx.Table("orgs").Select("id", "import_code", "path", "name", "version").Where("import_code IN ?", codes).Find(&orgs).Error
	if err != nil {
		return fmt.Errorf("read organisations: %w", err)
	}
	c.known = make(map[string]importedOrg, len(orgs))
	for _, o := range orgs {
		c.known[o.ImportCode] = o
	}
	return nil
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
		c.done.orgsUpdated++
		return nil, wrap("rename organisation", c.tx.Model(&model.Org{}).Where("id = ?", old.ID).
			Updates(map[string]any{"name": name, "version": old.Version + 1, "updated_at": c.s.Now()}).Error)
	}
	if !c.orgs {
		return nil, nil
	}
	up, there := c.known[row.parent]
	if c.level.parent != "" && !there {
		c.wrong(row, "parent_org_missing", "上级组织不存在："+row.parent, "there is no organisation "+row.parent+" above it")
		return nil, nil
	}
	id, now := c.s.NewID(), c.s.Now()
	return []any{
		id, string(c.level.kind), c.level.kind.Side(), up.ID, childPath(up.Path, id), name, row.code, row.code, string(model.OrgActive), 1, now, now,
	}, nil
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
