package upload

import (
	"image"

	"golang.org/x/image/draw"
)

// shrunk fits a picture into longSide, on white.
func shrunk(from image.Image) *image.RGBA {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	long := max(w, h)
	if long >= 2*longSide {
		return averaged(from, max(1, w*longSide/long), max(1, h*longSide/long))
	}
	if long > longSide {
		w, h = max(1, w*longSide/long), max(1, h*longSide/long)
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	if long <= longSide {
		draw.Draw(to, to.Bounds(), from, b.Min, draw.Over)
		return to
	}
	draw.ApproxBiLinear.Scale(to, to.Bounds(), from, b, draw.Over, nil)
	return to
}

// stripRows is how many rows of the source are looked at together.
const stripRows = 16

// averaged makes each pixel the mean of those that it stands for. It needs a few rows at a time, where the kernels of
// x/image need 32 bytes for each row of the source and column of the target.
func averaged(from image.Image, w, h int) *image.RGBA {
	b := from.Bounds()
	sw, sh := b.Dx(), b.Dy()
	to, strip := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, sw, stripRows))
	sums, row, fill := make([]uint32, 4*w), 0, filler(from, strip)
	columns := make([]int, sw) // of the sums, for each column of the source
	for x := range columns {
		columns[x] = x * w / sw * 4
	}
	for top := 0; top < sh; top += stripRows {
		fill(top)
		for y := top; y < min(top+stripRows, sh); y++ {
			if next := y * h / sh; next != row {
				settle(to, row, sums)
				row = next
			}
			add(sums, strip.Pix[(y-top)*strip.Stride:], columns)
		}
	}
	settle(to, row, sums)
	return to
}

// filler copies rows from top on into the strip, on white. Few colours are looked up, which is many times faster than
// drawing them.
func filler(from image.Image, strip *image.RGBA) func(top int) {
	b := from.Bounds()
	few, ok := from.(*image.Paletted)
	if !ok {
		return func(top int) {
			draw.Draw(strip, strip.Bounds(), image.White, image.Point{}, draw.Src)
			draw.Draw(strip, strip.Bounds(), from, b.Min.Add(image.Pt(0, top)), draw.Over)
		}
	}
	var colours [256 * 4]uint8
	table := &image.RGBA{Pix: colours[:], Stride: len(colours), Rect: image.Rect(0, 0, 256, 1)}
	draw.Draw(table, table.Rect, image.White, image.Point{}, draw.Src)
	for i, c := range few.Palette {
		draw.Draw(table, image.Rect(i, 0, i+1, 1), image.NewUniform(c), image.Point{}, draw.Over)
	}
	return func(top int) {
		for y := range min(stripRows, b.Dy()-top) {
			to := strip.Pix[y*strip.Stride:]
			for x, i := range few.Pix[(top+y)*few.Stride:][:b.Dx()] {
				copy(to[4*x:4*x+4], colours[4*int(i):4*int(i)+4])
			}
		}
	}
}

// add adds a row of pixels to the sums of their columns.
func add(sums []uint32, pix []uint8, columns []int) {
	for x, column := range columns {
		s, p := sums[column:column+4], pix[4*x:4*x+4]
		s[0] += uint32(p[0])
		s[1] += uint32(p[1])
		s[2] += uint32(p[2])
		s[3]++
	}
}

// settle writes the means of a row and begins anew.
func settle(to *image.RGBA, row int, sums []uint32) {
	pix := to.Pix[row*to.Stride:]
	for i := 0; i < len(sums); i += 4 {
		n := sums[i+3]
		pix[i], pix[i+1], pix[i+2], pix[i+3] = uint8(sums[i]/n), uint8(sums[i+1]/n), uint8(sums[i+2]/n), 0xff //nolint:gosec // a mean of bytes
	}
	clear(sums)
}
