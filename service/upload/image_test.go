package upload_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"sync"
	"testing"
	"time"
)

// tinyWebP is a 1×1 WebP.
const tinyWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

func TestPicturesThatAreTakenAndThoseThatAreNot(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	webp, err := base64.StdEncoding.DecodeString(tinyWebP)
	if err != nil {
		t.Fatal(err)
	}
	jpg := asJPEG(t, painted(64, 48))
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"JPEG":               {jpg, ""},
		"PNG":                {asPNG(t, painted(64, 48)), ""},
		"WebP":               {webp, ""},
		"JPEG with a tail":   {append(bytes.Clone(jpg), "<script>alert(1)</script>PK\x03\x04"...), ""},
		"nothing":            {nil, "upload.not_an_image"},
		"SVG":                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "upload.not_an_image"},
		"HTML":               {[]byte("<!doctype html><script>alert(1)</script>"), "upload.not_an_image"},
		"GIF":                {[]byte("GIF89a\x01\x00\x01\x00"), "upload.not_an_image"},
		"a JPEG's beginning": {[]byte("\xff\xd8\xff<script>"), "upload.unreadable"},
		"truncated JPEG":     {jpg[:len(jpg)/2], "upload.unreadable"},
		"truncated PNG":      {asPNG(t, painted(64, 48))[:60], "upload.unreadable"},
		"a PNG's header":     {header(64, 48), "upload.unreadable"},
		"PNG of nothing":     {header(0, 5), "upload.unreadable"},
		"bomb":               {header(60000, 60000), "upload.too_many_pixels"},
		"40 MP and a bit":    {header(8000, 5001), "upload.too_many_pixels"},
		"too long":           {header(20_001, 1), "upload.too_many_pixels"},
		"overflowing":        {header(1<<31-1, 1<<31-1), "upload.unreadable"},
	} {
		before := k.files()
		f, err := k.give(k.who, c.data)
		if c.code == "upload.unreadable" && err != nil && name == "overflowing" {
			continue // refused either way
		}
		want(t, err, c.code)
		if c.code != "" {
			if n := k.files(); n != before {
				t.Errorf("%s: %d files were left", name, n-before)
			}
			continue
		}
		p, err := k.Show(t.Context(), k.who, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jpeg.Decode(bytes.NewReader(p.Data)); err != nil || bytes.Contains(p.Data, []byte("script")) {
			t.Errorf("%s: is shown as it came: %v", name, err)
		}
		original, err := k.store.Read(f.Original)
		if err != nil || bytes.Contains(original, []byte("script")) || f.Bytes != int64(len(c.data)) {
			t.Errorf("%s: the original holds what nobody needs to see it: %v", name, err)
		}
	}
}

func TestEXIFTurnsThePictureAndIsGone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	// where the red quarter is to be seen, for each orientation
	for orientation, corner := range map[uint16]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 9: {0, 0}, 0: {0, 0}} {
		data := withEXIF(asJPEG(t, painted(64, 32)), orientation)
		f := k.add(k.who, data)
		p, err := k.Show(t.Context(), k.who, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(p.Data, []byte("GPS")) || bytes.Contains(p.Data, []byte("Exif")) || !bytes.Contains(data, []byte("GPS")) {
			t.Fatal("the place is still in it")
		}
		m, err := jpeg.Decode(bytes.NewReader(p.Data))
		if err != nil {
			t.Fatal(err)
		}
		b := m.Bounds()
		if turned := orientation >= 5 && orientation <= 8; (b.Dx() == 32) != turned {
			t.Errorf("%d: is %v", orientation, b)
		}
		for _, at := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			r, _, blue, _ := m.At(b.Dx()/4+at.X*b.Dx()/2, b.Dy()/4+at.Y*b.Dy()/2).RGBA()
			if red := r > blue; red != (at == corner) {
				t.Errorf("%d: at %v red is %v, want it at %v", orientation, at, red, corner)
			}
		}
	}
}

func TestBigPicturesAreShrunkAndWhiteStandsBehindThem(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	f := k.add(k.who, asPNG(t, image.NewNRGBA(image.Rect(0, 0, 4096, 10))))
	p, err := k.Show(t.Context(), k.who, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(p.Data))
	if err != nil || m.Bounds().Dx() != 2048 || m.Bounds().Dy() != 5 || f.Width != 4096 || f.Height != 10 {
		t.Fatalf("%v, %d×%d, %v", m.Bounds(), f.Width, f.Height, err)
	}
	if r, g, b, _ := m.At(100, 2).RGBA(); min(r, g, b) < 0xf000 {
		t.Errorf("what was transparent is %x %x %x", r, g, b)
	}
}

// TestBombsCostLittle: a bomb is refused by its header; valid pictures of 40 MP wait for each other.
func TestBombsCostLittle(t *testing.T) {
	k := newKit(t)
	bomb, deep := header(60000, 60000), asPNG(t, image.NewGray16(image.Rect(0, 0, 8, 8)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		_, err := k.give(k.who, bomb)
		want(t, err, "upload.too_many_pixels")
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("a hundred bombs took %d MiB", grown>>20)
	}
	k.add(k.who, deep)
	big := asPNG(t, image.NewPaletted(image.Rect(0, 0, 8000, 5000), color.Palette{color.White, color.Black}))
	t.Logf("40 MP in %d KiB", len(big)>>10)
	var group sync.WaitGroup
	var most uint64
	stop := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	}()
	for i := range 4 {
		group.Go(func() {
			if _, err := k.give(k.who, other(big, i)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	close(stop)
	<-watched
	t.Logf("four of them at once: %d MiB of heap", most>>20)
	if most > 512<<20 {
		t.Errorf("%d MiB of heap", most>>20)
	}
}
