package upload

import (
	"bytes"
	"encoding/binary"
)

// stripped is a picture without what is not needed to see it: where and with what it was taken, texts, thumbnails, anything
// behind its end. Its pixels are the same, and so is its turn. false: it cannot be followed.
func (f format) stripped(data []byte) (out []byte, ok bool) {
	turn := f.turn(data)
	if turn < 2 || turn > 8 {
		turn = 0 // as it lies
	}
	switch f.media {
	case "image/jpeg":
		return stripJPEG(data, turn)
	case "image/png":
		return stripPNG(data)
	}
	return stripWebP(data, turn)
}

// tiffOf is an EXIF block that says an orientation and nothing else.
func tiffOf(turn int) []byte {
	return append([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(turn), 0, 0, 0, 0, 0, 0) //nolint:gosec // 2 to 8
}

// Markers of a JPEG.
const (
	jpegStuffed = 0x00
	jpegRST0    = 0xd0
	jpegRST7    = 0xd7
	jpegEOI     = 0xd9
	jpegSOS     = 0xda
	jpegAPP0    = 0xe0
	jpegAPP2    = 0xe2
	jpegAPP14   = 0xee
	jpegAPP15   = 0xef
	jpegCOM     = 0xfe
)

func stripJPEG(data []byte, turn int) (out []byte, ok bool) {
	out = append(make([]byte, 0, len(data)), data[:2]...)
	if turn != 0 {
		body := append([]byte("Exif\x00\x00"), tiffOf(turn)...)
		out = append(binary.BigEndian.AppendUint16(append(out, 0xff, 0xe1), uint16(len(body)+2)), body...) //nolint:gosec // 32
	}
	for i := 2; i+1 < len(data); {
		marker := data[i+1]
		switch {
		case data[i] != 0xff, marker == 0xff: // between segments; decoders pass over it
			i++
			continue
		case marker == jpegStuffed, marker >= jpegRST0 && marker <= jpegRST7:
			i += 2
			continue
		case marker == jpegEOI:
			return append(out, 0xff, jpegEOI), true
		}
		if i+4 > len(data) {
			return nil, false
		}
		end := i + 2 + int(binary.BigEndian.Uint16(data[i+2:]))
		if end < i+4 || end > len(data) {
			return nil, false
		}
		if needed(marker, data[i+4:end]) {
			if marker == jpegSOS {
				end = scanEnd(data, end)
			}
			out = append(out, data[i:end]...)
		}
		i = end
	}
	return nil, false
}

// needed tells whether a segment of a JPEG says how its pixels look.
func needed(marker byte, body []byte) bool {
	switch marker {
	case jpegCOM:
		return false
	case jpegAPP0:
		return bytes.HasPrefix(body, []byte("JFIF\x00"))
	case jpegAPP2:
		return bytes.HasPrefix(body, []byte("ICC_PROFILE\x00"))
	case jpegAPP14:
		return bytes.HasPrefix(body, []byte("Adobe"))
	}
	return marker < jpegAPP0 || marker > jpegAPP15
}

// scanEnd is where the picture data that begin at i are over.
func scanEnd(data []byte, i int) int {
	for ; i+1 < len(data); i++ {
		if next := data[i+1]; data[i] == 0xff && next != jpegStuffed && next != 0xff && (next < jpegRST0 || next > jpegRST7) {
			return i
		}
	}
	return len(data)
}

// shows tells whether a chunk of a PNG or a WebP says how the pixels look.
func shows(chunk string) bool {
	switch chunk {
	case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT", "pHYs", "bKGD", "acTL", "fcTL", "fdAT",
		"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP":
		return true
	}
	return false
}

func stripPNG(data []byte) (out []byte, ok bool) {
	const signature, around = 8, 12 // around a chunk: its length, name and check sum
	out = append(make([]byte, 0, len(data)), data[:signature]...)
	for i := signature; i+around <= len(data); {
		end := i + around + int(binary.BigEndian.Uint32(data[i:]))
		if end < i+around || end > len(data) {
			return nil, false
		}
		name := string(data[i+4 : i+8])
		if shows(name) {
			out = append(out, data[i:end]...)
		}
		if name == "IEND" {
			return out, true
		}
		i = end
	}
	return nil, false
}

// Flags of the first byte of VP8X.
const (
	webpHasEXIF = 0x08
	webpHasXMP  = 0x04
)

func stripWebP(data []byte, turn int) (out []byte, ok bool) {
	const top, head = 12, 8
	if size := int64(head) + int64(binary.LittleEndian.Uint32(data[4:])); size >= top && size < int64(len(data)) {
		data = data[:size] // decoders stop there too
	}
	out = append(make([]byte, 0, len(data)), data[:top]...)
	extended := 0 // where the flags are
	for i := top; i+head <= len(data); {
		length := int(binary.LittleEndian.Uint32(data[i+4:]))
		end := i + head + length + length%2
		if length < 0 || i+head+length > len(data) {
			return nil, false
		}
		name := string(data[i : i+4])
		if shows(name) {
			if name == "VP8X" && length > 0 && extended == 0 {
				extended = len(out) + head
			}
			out = append(out, data[i:min(end, len(data))]...)
			out = append(out, make([]byte, max(0, end-len(data)))...) // the filler that is missing at the end
		}
		i = end
	}
	if extended != 0 {
		out[extended] &^= webpHasEXIF | webpHasXMP
		if turn != 0 {
			out[extended] |= webpHasEXIF
			body := tiffOf(turn)
			out = append(binary.LittleEndian.AppendUint32(append(out, "EXIF"...), uint32(len(body))), body...) //nolint:gosec // 26
		}
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-head)) //nolint:gosec // at most MaxBytes
	return out, true
}
