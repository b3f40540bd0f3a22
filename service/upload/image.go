package upload

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"baodao/service/fault"
)

// Refusals of pictures.
var (
	ErrNotImage   = fault.Define(fault.Invalid, "upload.not_an_image", "只接受 JPEG、PNG 或 WebP 图片。", "Only JPEG, PNG and WebP pictures are taken.")
	ErrUnreadable = fault.Define(fault.Invalid, "upload.unreadable", "图片已损坏，无法读取。", "The picture is damaged and cannot be read.")
	ErrTooBig     = fault.Define(fault.TooLarge, "upload.too_many_pixels", "图片尺寸过大，请缩小后再上传。", "The picture has too many pixels, or would need too much memory to be read.")
)

// Limits of one picture, and of all that are being read at a time.
const (
	MaxBytes   = 10 << 20 // WeChat checks no more
	maxPixels  = 40_000_000
	maxSide    = 20_000
	longSide   = 2048 // of what is shown
	quality    = 85
	budgetMost = 256 << 20 // bytes of memory that decoding may take, all pictures together
)

// format is a kind of picture that is taken.
type format struct {
	media  string
	config func(data []byte) (image.Config, error)
	decode func(data []byte) (image.Image, error)
	turn   func(data []byte) int // EXIF orientation, 1 to 8
}

// formatOf knows pictures by their first bytes, never by what the client says.
func formatOf(data []byte) (format, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return format{
			"image/jpeg", func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }, jpegTurn,
		}, true
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return format{
			"image/png", func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }, func([]byte) int { return 1 },
		}, true
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return format{
			"image/webp", func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }, webpTurn,
		}, true
	}
	return format{}, false
}

// drawn is a picture after it was read and drawn anew.
type drawn struct {
	media         string
	width, height int    // of what came
	original      []byte // what came, without what is not needed to see it
	display       []byte
}

// Studio reads pictures and draws them anew, few at a time: the zero value is not ready, see NewStudio.
type Studio struct {
	seats  *semaphore.Weighted // of requests whose file is in memory
	memory *semaphore.Weighted
}

// atOnce is how many files are in memory at a time, with those that wait to be read.
const atOnce = 8

// NewStudio makes a studio.
func NewStudio() *Studio {
	return &Studio{seats: semaphore.NewWeighted(atOnce), memory: semaphore.NewWeighted(budgetMost)}
}

func (s *Studio) enter(ctx context.Context) error {
	if err := s.seats.Acquire(ctx, 1); err != nil {
		return fault.ErrBusy.Because(err)
	}
	return nil
}

func (s *Studio) leave() { s.seats.Release(1) }

// draw looks at the header before anything else is read, and waits until there is memory for the rest.
func (s *Studio) draw(ctx context.Context, data []byte) (drawn, error) {
	f, ok := formatOf(data)
	if !ok {
		return drawn{}, ErrNotImage
	}
	cfg, err := f.config(data)
	if err != nil {
		return drawn{}, ErrUnreadable.Because(err)
	}
	if cfg.Width < 1 || cfg.Height < 1 {
		return drawn{}, ErrUnreadable
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	if pixels > maxPixels || max(cfg.Width, cfg.Height) > maxSide {
		return drawn{}, ErrTooBig
	}
	cost := max(pixels*perPixel(f, cfg, data), budgetMost/2) // two at a time at most: it is work as well as memory
	if cost > budgetMost {
		return drawn{}, ErrTooBig
	}
	if err := s.memory.Acquire(ctx, cost); err != nil {
		return drawn{}, fault.ErrBusy.Because(err)
	}
	defer s.memory.Release(cost)
	picture, err := f.decode(data)
	if err != nil {
		return drawn{}, ErrUnreadable.Because(err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, turned(shrunk(picture), f.turn(data)), &jpeg.Options{Quality: quality}); err != nil {
		return drawn{}, fmt.Errorf("draw picture: %w", err)
	}
	plain, ok := f.stripped(data)
	if !ok {
		return drawn{}, ErrUnreadable
	}
	return drawn{media: f.media, width: cfg.Width, height: cfg.Height, original: plain, display: out.Bytes()}, nil
}

// perPixel is how many bytes decoding takes for each pixel, rounded up.
func perPixel(f format, cfg image.Config, data []byte) int64 {
	const coefficients = 4 // a progressive JPEG keeps one of these for every pixel and component until its end
	switch cfg.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.Gray16Model:
		return 2
	case color.GrayModel:
		return 1 + coefficients
	case color.YCbCrModel:
		if f.media == "image/jpeg" && progressive(data) {
			return 3 + 3*coefficients
		}
		return 3
	case color.CMYKModel:
		return 4 + 4*coefficients
	}
	return 4
}

// turned applies an EXIF orientation.
func turned(from *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return from
	}
	w, h := from.Bounds().Dx(), from.Bounds().Dy()
	tw, th := w, h
	if orientation >= 5 {
		tw, th = h, w
	}
	to := image.NewRGBA(image.Rect(0, 0, tw, th))
	for y := range h {
		for x := range w {
			tx, ty := place(orientation, x, y, w, h)
			copy(to.Pix[to.PixOffset(tx, ty):], from.Pix[from.PixOffset(x, y):from.PixOffset(x, y)+4])
		}
	}
	return to
}

// place is where a pixel of a w×h picture goes.
func place(orientation, x, y, w, h int) (tx, ty int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	default:
		return y, w - 1 - x
	}
}
