package api

import (
	"encoding/hex"
	"fmt"

	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/upload"
)

// UploadAPI is the pictures that people send.
type UploadAPI struct{ Uploads *upload.Service }

// MaxPictureUpload is the largest form with a picture in it, in bytes: the file and what stands around it.
const MaxPictureUpload = upload.MaxBytes + 64<<10

// MediaCheckPath stands before the secret part of an address at which WeChat fetches a picture.
const MediaCheckPath = "/media/checks/"

// UploadForm is a form with one picture.
type UploadForm struct {
	File FormFile `form:"file" contentType:"application/octet-stream,image/jpeg,image/png,image/webp" required:"true" doc:"JPEG, PNG or WebP, at most 10 MiB and 40 million pixels"`
}

// CreateUploadIn is a form with one picture.
type CreateUploadIn struct {
	RawBody Form[UploadForm]
}

// UploadView is a picture that was sent.
type UploadView struct {
	ID        ID     `json:"id" doc:"The file id: name it where the picture is to be used, within 24 hours"`
	Status    string `json:"status" enum:"PENDING,CHECKING,REVIEW,PASSED,RISKY,EXPIRED" doc:"What became of the check: only PASSED ones are shown to others; REVIEW waits for a person; EXPIRED: nobody looked in time (two weeks, unless the operator says otherwise), send it again" example:"PASSED"`
	MediaType string `json:"media_type" enum:"image/jpeg,image/png,image/webp" doc:"Of what was sent" example:"image/jpeg"`
	Bytes     int64  `json:"bytes" doc:"Of what was sent" example:"1843200"`
	SHA256    string `json:"sha256" doc:"Of what was sent, hexadecimal" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Width     int    `json:"width" doc:"Pixels of what was sent" example:"4032"`
	Height    int    `json:"height" doc:"Pixels of what was sent" example:"3024"`
	URL       string `json:"url" doc:"The picture as it is shown: JPEG, long side 2048 at most, nothing hidden in it" example:"/api/v1/media/7301234567890123"`
	ExpiresAt *Time  `json:"expires_at,omitempty" doc:"Deleted then unless something uses it; absent once something does"`
}

// UploadOut is a picture that was sent.
type UploadOut struct{ Body UploadView }

func newUploadOut(f upload.File, err error) (*UploadOut, error) {
	if err != nil {
		return nil, err
	}
	return &UploadOut{Body: UploadView{
		ID: ID(f.ID), Status: string(f.Status), MediaType: f.Media, Bytes: f.Bytes, SHA256: hex.EncodeToString(f.SHA256), Width: f.Width, Height: f.Height,
		URL: mediaPath(f.Upload.ID), ExpiresAt: AtOrNil(f.ExpiresAt),
	}}, nil
}

// mediaPath is where a picture is shown.
func mediaPath(id int64) string { return fmt.Sprintf("/api/v1/media/%d", id) }

// mediaPathOrNone is mediaPath, empty for no picture.
func mediaPathOrNone(id int64) string {
	if id == 0 {
		return ""
	}
	return mediaPath(id)
}

// Create takes a picture.
func (a *UploadAPI) Create(c *gin.Context, in *CreateUploadIn) (*UploadOut, error) {
	ctx := c.Request.Context()
	return newUploadOut(a.Uploads.Add(ctx, access.From(ctx), in.RawBody.Data().File))
}

// UploadIn names an upload.
type UploadIn struct {
	ID ID `path:"id" doc:"The upload"`
}

// Get reads one of the caller's uploads.
func (a *UploadAPI) Get(c *gin.Context, in *UploadIn) (*UploadOut, error) {
	ctx := c.Request.Context()
	return newUploadOut(a.Uploads.Get(ctx, access.From(ctx), int64(in.ID)))
}

// newPicture answers a picture; what is public may be kept for a day.
func newPicture(c *gin.Context, p upload.Picture, err error) (*File, error) {
	if err != nil {
		return nil, err
	}
	if p.Public {
		c.Header("Cache-Control", "public, max-age=86400, immutable")
	}
	return &File{Name: fmt.Sprintf("%d.jpg", p.ID), ETag: fmt.Sprintf("%q", fmt.Sprint(p.ID)), Body: p.Data}, nil
}

// Show reads a picture as it is shown.
func (a *UploadAPI) Show(c *gin.Context, in *UploadIn) (*File, error) {
	ctx := c.Request.Context()
	p, err := a.Uploads.Show(ctx, access.From(ctx), int64(in.ID))
	return newPicture(c, p, err)
}

// MediaCheckIn carries the secret part of an address.
type MediaCheckIn struct {
	Link string `path:"link" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"letters, digits, _ and -" doc:"From the address that WeChat was given" example:"AAAAAAAAA-kAAAGa"`
}

// ShowForCheck gives WeChat the picture that it is to look at.
func (a *UploadAPI) ShowForCheck(c *gin.Context, in *MediaCheckIn) (*File, error) {
	p, err := a.Uploads.ByLink(c.Request.Context(), in.Link)
	return newPicture(c, p, err)
}
