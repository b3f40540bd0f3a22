package upload_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"golang.org/x/image/webp"
)

// secret is where a picture was taken, as it stands in one place or another of the files below.
const secret = "GPS 36.651234 117.120095"

func TestTheKeptOriginalSaysNotWhereItWasTaken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	tiny, err := base64.StdEncoding.DecodeString(tinyWebP)
	if err != nil {
		t.Fatal(err)
	}
	jpg, pic := asJPEG(t, painted(64, 48)), asPNG(t, painted(64, 48))
	first := 4 + int(jpg[5]) // where the first segment ends
	chunk := pngChunk("tEXt", secret)
	for name, c := range map[string]struct {
		data []byte
		read func(data []byte) (image.Image, error)
		turn byte
	}{
		"EXIF":             {withEXIF(jpg, 1), readJPEG, 0},
		"EXIF, turned":     {withEXIF(jpg, 6), readJPEG, 6},
		"XMP":              {withSegment(jpg, 0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret), readJPEG, 0},
		"IPTC":             {withSegment(jpg, 0xed, "Photoshop 3.0\x00"+secret), readJPEG, 0},
		"a comment":        {withSegment(jpg, 0xfe, secret), readJPEG, 0},
		"a thumbnail":      {withSegment(jpg, 0xe0, "JFXX\x00"+secret), readJPEG, 0},
		"a second picture": {append(bytes.Clone(jpg), withEXIF(jpg, 1)...), readJPEG, 0},
		"stray bytes":      {append(append(bytes.Clone(jpg[:first]), secret...), jpg[first:]...), readJPEG, 0},
		"PNG text":         {append(append(bytes.Clone(pic[:33]), chunk...), pic[33:]...), readPNG, 0},
		"PNG EXIF":         {append(append(bytes.Clone(pic[:33]), pngChunk("eXIf", secret)...), pic[33:]...), readPNG, 0},
		"behind a PNG":     {append(bytes.Clone(pic), secret...), readPNG, 0},
		"WebP":             {extendedWebP(tiny, 8), readWebP, 8},
		"WebP as it lies":  {extendedWebP(tiny, 1), readWebP, 0},
		"behind a WebP":    {append(bytes.Clone(tiny), secret...), readWebP, 0},
		"a chunk behind":   {append(bytes.Clone(tiny), "VP8 \x18\x00\x00\x00"+secret...), readWebP, 0},
	} {
		if !bytes.Contains(c.data, []byte("GPS")) {
			t.Fatalf("%s: nothing to hide", name)
		}
		f := k.add(k.who, c.data)
		kept, err := k.store.Read(f.Original)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(kept, []byte("GPS")) {
			t.Errorf("%s: the place is still in it", name)
		}
		if at := bytes.Index(kept, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00")); (at < 0) != (c.turn == 0) || at >= 0 && kept[at+9] != c.turn {
			t.Errorf("%s: turn at %d of % x, want %d", name, at, kept[:min(len(kept), 48)], c.turn)
		}
		was, err := c.read(c.data)
		if err != nil {
			t.Fatal(name, err)
		}
		if is, err := c.read(kept); err != nil || !same(was, is) {
			t.Errorf("%s: other pixels: %v", name, err)
		}
		if f.Bytes < int64(len(c.data)) {
			t.Errorf("%s: %d bytes came, noted %d", name, len(c.data), f.Bytes)
		}
	}
}

func readJPEG(data []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(data)) }
func readPNG(data []byte) (image.Image, error)  { return png.Decode(bytes.NewReader(data)) }
func readWebP(data []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(data)) }

func same(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// withSegment puts a segment behind the beginning of a JPEG.
func withSegment(data []byte, marker byte, body string) []byte {
	out := append([]byte{0xff, 0xd8, 0xff, marker}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(out, body...), data[2:]...)
}

func pngChunk(name, body string) []byte {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name+body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(name+body)))
}

// extendedWebP makes the extended format of a simple WebP, with EXIF and XMP.
func extendedWebP(simple []byte, orientation byte) []byte {
	cfg, err := webp.DecodeConfig(bytes.NewReader(simple))
	if err != nil {
		panic(err)
	}
	chunk := func(name string, body []byte) []byte {
		out := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
		return append(out, make([]byte, len(body)%2)...)
	}
	w, h := cfg.Width-1, cfg.Height-1
	body := chunk("VP8X", []byte{0x0c, 0, 0, 0, byte(w), byte(w >> 8), 0, byte(h), byte(h >> 8), 0})
	body = append(body, simple[12:]...)
	tiff := append([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), orientation, 0, 0, 0, 0, 0, 0)
	body = append(append(body, chunk("EXIF", append(tiff, secret...))...), chunk("XMP ", []byte(secret))...)
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4))
	return append(append(out, "WEBP"...), body...)
}
