package upload

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
)

// FuzzStripped holds stripping against decoding: what can be seen can be stripped, looks the same afterwards, and is as plain
// as it gets.
func FuzzStripped(f *testing.F) {
	var jpg, pic bytes.Buffer
	small := image.NewGray(image.Rect(0, 0, 9, 7))
	for i := range small.Pix {
		small.Pix[i] = byte(i * 5)
	}
	if err := jpeg.Encode(&jpg, small, nil); err != nil {
		f.Fatal(err)
	}
	if err := png.Encode(&pic, small); err != nil {
		f.Fatal(err)
	}
	webp, err := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(jpg.Bytes())
	f.Add(pic.Bytes())
	f.Add(webp)
	f.Add(append(bytes.Clone(webp), "behind it"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		format, ok := formatOf(data)
		if !ok {
			return
		}
		plain, stripped := format.stripped(data)
		if cfg, err := format.config(data); err != nil || cfg.Width*cfg.Height > 1<<16 {
			return
		}
		was, err := format.decode(data)
		if err != nil {
			return
		}
		if !stripped {
			t.Fatal("it can be seen, and not stripped")
		}
		is, err := format.decode(plain)
		if err != nil || is.Bounds() != was.Bounds() {
			t.Fatal(err)
		}
		for y := was.Bounds().Min.Y; y < was.Bounds().Max.Y; y++ {
			for x := was.Bounds().Min.X; x < was.Bounds().Max.X; x++ {
				if was.At(x, y) != is.At(x, y) {
					t.Fatalf("another pixel at %d, %d", x, y)
				}
			}
		}
		if twice, ok := format.stripped(plain); !ok || !bytes.Equal(twice, plain) {
			t.Fatal("stripped again it is another file")
		}
	})
}
