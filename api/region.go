package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
)

// RegionView is one administrative division.
type RegionView struct {
	Code       string `json:"code" doc:"12 digits" example:"370102000000"`
	Level      string `json:"level" enum:"PROVINCE,CITY,COUNTY,TOWN,COMMUNITY" doc:"Which level" example:"COUNTY"`
	Name       string `json:"name" doc:"Official name" example:"历下区"`
	ParentCode string `json:"parent_code,omitempty" doc:"The division above; absent for a province" example:"370100000000"`
}

// RegionOut is one administrative division.
type RegionOut struct{ Body RegionView }

func newRegionView(r model.Region) RegionView {
	return RegionView{Code: r.Code, Level: r.Level, Name: r.Name, ParentCode: r.ParentCode}
}

// ListRegionsIn names the division above.
type ListRegionsIn struct {
	PageIn
	ParentCode string `query:"parent_code" pattern:"^[0-9]{12}$" patternDescription:"12 digits" doc:"The division above; leave it out for the provinces" example:"370100000000"`
}

// ListRegions lists the divisions directly below one, by code.
func (a *OrgAPI) ListRegions(c *gin.Context, in *ListRegionsIn) (*PageOut[RegionView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.Regions(ctx, access.From(ctx), in.ParentCode, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newRegionView), nil
}

// RegionIn names a division.
type RegionIn struct {
	Code string `path:"code" pattern:"^[0-9]{12}$" patternDescription:"12 digits" doc:"12 digits" example:"370102000000"`
}

// GetRegion reads one division.
func (a *OrgAPI) GetRegion(c *gin.Context, in *RegionIn) (*RegionOut, error) {
	ctx := c.Request.Context()
	row, err := a.Orgs.Region(ctx, access.From(ctx), in.Code)
	if err != nil {
		return nil, err
	}
	return &RegionOut{Body: newRegionView(row)}, nil
}
