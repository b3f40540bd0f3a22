package attend

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"baodao/model"
	"baodao/service/matching/geo"
)

// Evidence is what a student's phone says beside the code. All of it is optional, and none of it decides: it can only give
// a person a reason to look.
type Evidence struct {
	Fix    *Fix   // where the phone says it is, nil for nothing
	Device string // an id that the mini-program made for this phone, "" for none
}

// Fix is a position as the phone gave it.
type Fix struct {
	Lat, Lng  float64
	Datum     string  // model.DatumGCJ02 or model.DatumWGS84
	AccuracyM float64 // radius of the circle the phone believes to be in
	AltitudeM *float64
	SpeedMS   *float64
}

// The doubts. Each asks a person to look; none refuses anything.
const (
	doubtFence    = "outside_fence"
	doubtDatum    = "wrong_datum"
	doubtTravel   = "impossible_travel"
	doubtDevice   = "shared_device"
	doubtRepeat   = "repeated_position"
	doubtMock     = "mock_position"
	doubtAccuracy = "odd_accuracy"
)

// No phone that lies still on the ground in China says more than this; the speed is that of an express train.
const (
	lowestM, highestM = -500, 9000
	fastestMS         = 100
)

// point is the fix in WGS-84, converted here and nowhere else.
func (f Fix) point() geo.Point { return pointAt(f.Lat, f.Lng, f.Datum) }

// misread is the point that the same numbers would be in the other datum.
func (f Fix) misread() geo.Point {
	if f.Datum == model.DatumGCJ02 {
		return pointAt(f.Lat, f.Lng, model.DatumWGS84)
	}
	return pointAt(f.Lat, f.Lng, model.DatumGCJ02)
}

func pointAt(lat, lng float64, datum string) geo.Point {
	p := geo.FromDegrees(lat, lng)
	if datum == model.DatumGCJ02 {
		return geo.FromGCJ02(p)
	}
	return p
}

// placed judges a fix by itself and against the place of the session: how far off it is, and what is doubtful about it.
func (f Fix) placed(session model.Session, r model.EvidenceRules) (class string, doubts []string) {
	if f.mocked() {
		doubts = append(doubts, doubtMock)
	}
	coarse := f.AccuracyM > float64(r.AccuracyMaxM)
	if coarse || f.AccuracyM < float64(r.AccuracyMinM) {
		doubts = append(doubts, doubtAccuracy)
	}
	if session.LatE6 == nil || session.LngE6 == nil {
		return model.DistanceUnknown, doubts
	}
	place := geo.Point{LatE6: *session.LatE6, LngE6: *session.LngE6}
	off := geo.Distance(f.point(), place) - session.RadiusM
	reach := int64(f.AccuracyM) + r.DriftM
	class = model.DistanceInside
	switch {
	case off > reach:
		class, doubts = model.DistanceFar, append(doubts, doubtFence)
	case coarse:
		return model.DistanceUnknown, doubts
	case off > 0:
		class = model.DistanceNear
	}
	if other := geo.Distance(f.misread(), place); class != model.DistanceInside && other <= f.aim(class, session, r) {
		doubts = append(doubts, doubtDatum)
	}
	return class, doubts
}

// aim is how close to the middle of the place the numbers must come, read in the other datum, to look as if they were that.
// Outside all doubt it is the fence; what drift alone might explain must have been aimed at the middle.
func (f Fix) aim(class string, session model.Session, r model.EvidenceRules) int64 {
	if class == model.DistanceFar {
		return session.RadiusM
	}
	return max(int64(f.AccuracyM), r.DriftM/2)
}

// mocked tells whether the numbers look made up: typed by hand, or of a phone that flies.
func (f Fix) mocked() bool {
	return !finer(f.Lat, 1e3) && !finer(f.Lng, 1e3) ||
		f.AltitudeM != nil && (*f.AltitudeM < lowestM || *f.AltitudeM > highestM) ||
		f.SpeedMS != nil && *f.SpeedMS > fastestMS
}

// finer tells whether a number has digits behind the one that scale makes the last before the point.
func finer(v, scale float64) bool {
	_, rest := math.Modf(math.Abs(v) * scale)
	return min(rest, 1-rest) > 1e-3
}

// exact is the numbers as they came, bit by bit; "" for those that are too coarse to be one phone's only: the sixth decimal
// is a tenth of a metre.
func (f Fix) exact() string {
	if !finer(f.Lat, 1e5) && !finer(f.Lng, 1e5) {
		return ""
	}
	return strconv.FormatUint(math.Float64bits(f.Lat), 16) + " " + strconv.FormatUint(math.Float64bits(f.Lng), 16)
}

// sighting is where a student was, as far as we know.
type sighting struct {
	point     geo.Point
	accuracyM float64
	at        time.Time
}

// tooFast tells whether nobody gets from one sighting to the other in the time between, whichever comes first.
func tooFast(a, b sighting, r model.EvidenceRules) bool {
	most := float64(r.AccuracyMaxM)
	slack := min(a.accuracyM, most) + min(b.accuracyM, most) + 2*float64(r.DriftM)
	return float64(geo.Distance(a.point, b.point))-slack > float64(r.SpeedKMH)/3.6*b.at.Sub(a.at).Abs().Seconds()
}

// Doubt is one reason why a person should look, in words.
type Doubt struct{ Code, ZH, EN string }

// Doubts puts the codes of a check-in's doubts into words.
func Doubts(codes string) []Doubt {
	out := []Doubt{}
	for code := range strings.SplitSeq(codes, ",") {
		if i := slices.IndexFunc(words, func(d Doubt) bool { return d.Code == code }); i >= 0 {
			out = append(out, words[i])
		}
	}
	return out
}

// words is the table of doubts.
var words = []Doubt{ //nolint:gochecknoglobals // a table
	{doubtFence, "定位不在活动地点附近", "The position is not near the place of the session."},
	{doubtDatum, "定位像是用错了坐标系", "The position looks as if it were given in the wrong coordinate system."},
	{doubtTravel, "与上一次签到的位置相距太远，来不及赶到", "The position is too far from the check-in before to get there in time."},
	{doubtDevice, "这部手机刚为别的同学签过到", "Another student has just checked in with this phone."},
	{doubtRepeat, "定位与别的签到完全相同", "The position is exactly that of another check-in."},
	{doubtMock, "定位不像手机测得的", "The position does not look like one that a phone measured."},
	{doubtAccuracy, "定位精度异常", "The accuracy of the position is odd."},
	{lateUpload, "记录上传得太晚", "It was recorded elsewhere and came late."},
	{clockSkew, "记录所用手机的时间不准", "The clock of the recording phone was wrong."},
	{markedAbsent, "此前已被记为缺席", "The student had been marked as absent."},
}
