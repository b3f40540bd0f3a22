package upload

import (
	"bytes"
	"encoding/binary"
)

// markers walks over the segments of a JPEG before its picture data, until do says stop.
func markers(data []byte, do func(marker byte, body []byte) (stop bool)) {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker := data[i+1]
		if marker == 0xff { // filler
			i++
			continue
		}
		length := int(binary.BigEndian.Uint16(data[i+2:]))
		if length < 2 || i+2+length > len(data) || do(marker, data[i+4:i+2+length]) || marker == 0xda {
			return
		}
		i += 2 + length
	}
}

// progressive tells whether a JPEG is sent in several scans. One that cannot be followed counts as such.
func progressive(data []byte) bool {
	answer := true
	markers(data, func(marker byte, _ []byte) bool {
		if marker == 0xc0 || marker == 0xc1 {
			answer = false
		}
		return marker >= 0xc0 && marker <= 0xc2
	})
	return answer
}

// jpegTurn is the EXIF orientation of a JPEG, 1 when it has none.
func jpegTurn(data []byte) int {
	turn := 1
	markers(data, func(marker byte, body []byte) bool {
		tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
		if marker != 0xe1 || !ok {
			return false
		}
		turn = tiffTurn(tiff)
		return true
	})
	return turn
}

// webpTurn is the EXIF orientation of a WebP, 1 when it has none.
func webpTurn(data []byte) int {
	for i := 12; i+8 <= len(data); {
		length := int(binary.LittleEndian.Uint32(data[i+4:]))
		end := i + 8 + length
		if end > len(data) {
			return 1
		}
		if string(data[i:i+4]) == "EXIF" {
			return tiffTurn(bytes.TrimPrefix(data[i+8:end], []byte("Exif\x00\x00")))
		}
		i = end + length%2
	}
	return 1
}

// tiffTurn reads the orientation from the first directory of a TIFF header; 1 when there is none.
func tiffTurn(tiff []byte) int {
	const orientationTag, entryBytes = 0x0112, 12
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for i := range int(order.Uint16(tiff[at:])) {
		entry := at + 2 + i*entryBytes
		if entry+entryBytes > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == orientationTag {
			return int(order.Uint16(tiff[entry+8:]))
		}
	}
	return 1
}
