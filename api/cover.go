package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
)

// SetCoverIn names the picture of an activity.
type SetCoverIn struct {
	ID ID `path:"id" doc:"The activity"`
	IfMatchIn
	Body struct {
		FileID ID `json:"file_id" doc:"An upload of mine, not older than 24 hours"`
	}
}

// SetCover gives an activity a picture.
func (a *ActivityAPI) SetCover(c *gin.Context, in *SetCoverIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return newActivityOut(a.Projects.SetCover(ctx, access.From(ctx), int64(in.ID), version, int64(in.Body.FileID)))
}

// RemoveCoverIn names an activity.
type RemoveCoverIn struct {
	ID ID `path:"id" doc:"The activity"`
	IfMatchIn
}

// RemoveCover takes the picture of an activity away.
func (a *ActivityAPI) RemoveCover(c *gin.Context, in *RemoveCoverIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return newActivityOut(a.Projects.SetCover(ctx, access.From(ctx), int64(in.ID), version, 0))
}
