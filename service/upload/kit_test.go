package upload_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/blob"
	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/upload"
)

// kit is uploads over a folder of their own, without WeChat.
type kit struct {
	*testkit.World
	*upload.Service
	store  *blob.Store
	checks *content.Service
	who    access.Actor
	added  int
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{World: testkit.NewWorld(t)}
	var err error
	if k.store, err = blob.New(t.TempDir(), k.Clock.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.store.Close(); err != nil {
			t.Error(err)
		}
	})
	k.checks = &content.Service{DB: k.World.DB, Now: k.Clock.Now, NewID: k.World.NewID, Audit: k.World.Audit, Vault: k.Vault}
	k.Service = &upload.Service{
		DB: k.World.DB, Now: k.Clock.Now, NewID: k.World.NewID, Audit: k.World.Audit, Content: k.checks, Store: k.store, Studio: upload.NewStudio(),
		LinkKey: make([]byte, 32), Public: map[string]func(*gorm.DB, int64) (bool, error){"activities": func(_ *gorm.DB, id int64) (bool, error) { return id == 1, nil }},
	}
	k.who = k.Staff("陈干事", access.HostStaff, k.Community)
	return k
}

func (k *kit) write(fn func(tx *gorm.DB) error) error {
	return atomic.Do(k.TB.Context(), k.World.DB, fn)
}

// give uploads bytes.
func (k *kit) give(who access.Actor, data []byte) (upload.File, error) {
	return k.Add(k.TB.Context(), who, bytes.NewReader(data))
}

// other are the bytes of another picture that looks the same.
func other(data []byte, n int) []byte { return append(bytes.Clone(data), byte(n)) }

// add uploads a picture that nobody has seen before.
func (k *kit) add(who access.Actor, data []byte) upload.File {
	k.TB.Helper()
	k.added++
	f, err := k.give(who, other(data, k.added))
	if err != nil {
		k.TB.Fatal(err)
	}
	return f
}

// decide makes the verdict about a picture.
func (k *kit) decide(id int64, status model.CheckStatus) {
	k.TB.Helper()
	err := k.write(func(tx *gorm.DB) error {
		return tx.Model(&model.ContentCheck{}).Where("upload_id = ?", id).Update("status", status).Error
	})
	if err != nil {
		k.TB.Fatal(err)
	}
}

// files counts the files in the folder.
func (k *kit) files() (n int) {
	k.TB.Helper()
	days, err := k.store.Days()
	if err != nil {
		k.TB.Fatal(err)
	}
	for _, day := range days {
		names, err := k.store.Names(day)
		if err != nil {
			k.TB.Fatal(err)
		}
		n += len(names)
	}
	return n
}

func want(t *testing.T, err error, code string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if (code == "") != (err == nil) || code != "" && (!ok || f.Code != code) {
		t.Fatalf("%v, want %q", err, code)
	}
}

// painted is a picture that is red in its upper left quarter and blue elsewhere.
func painted(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts an EXIF segment with an orientation, and a place, into a JPEG.
func withEXIF(data []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = append(binary.BigEndian.AppendUint16(tiff, orientation), 0, 0, 0, 0, 0, 0)
	body := append(append([]byte("Exif\x00\x00"), tiff...), "GPS 36.651234 117.120095"...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(out, body...), data[2:]...)
}

// header is the beginning of a PNG of any size.
func header(w, h uint32) []byte {
	chunk := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	chunk = append(chunk, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}
