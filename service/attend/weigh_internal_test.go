package attend

import (
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// scales weighs tries of one batch after those before, and returns the doubts of the last one.
type scales struct{ *traces }

func newScales(t *testing.T) scales {
	t.Helper()
	return scales{newTraces(t, 20)}
}

// batch weighs and keeps.
func (c scales) batch(tries ...weighed) [][]string {
	c.TB.Helper()
	var out [][]string
	must(c.TB, c.DB.Transaction(func(tx *gorm.DB) (err error) {
		if out, err = c.s.weigh(tx, tries); err != nil {
			return err
		}
		return c.s.keep(tx, tries)
	}))
	return out
}

func (c scales) of(p model.StudentProfile, e model.Session, after time.Duration, ev Evidence) weighed {
	c.id++
	at := c.at.Add(after)
	row := &model.CheckIn{ID: c.NewID(), StudentID: p.ID, SignupID: p.ID, SessionID: e.ID, LogicalAt: at, ReceivedAt: at, Verdict: model.VerdictOK}
	return weighed{row: row, session: e, policy: c.Policy, evidence: ev}
}

// plain is a session with a fence of 200 m around a point with all digits.
func plain() model.Session {
	lat, lng := int64(36_651_234), int64(117_120_095)
	return model.Session{ID: 77, ActivityID: 1, LatE6: &lat, LngE6: &lng, RadiusM: 200}
}

func at(e model.Session, north, accuracy float64) *Fix {
	s := middle(e).off(north, 1.5707963)
	return &Fix{Lat: s.lat, Lng: s.lng, Datum: model.DatumWGS84, AccuracyM: accuracy}
}

func TestHowFarIsDoubtful(t *testing.T) {
	t.Parallel()
	nowhere := plain()
	nowhere.LatE6, nowhere.LngE6 = nil, nil
	deep, high, fast := -501.0, 9001.0, 101.0
	for name, tt := range map[string]struct {
		fix    *Fix
		in     model.Session
		class  string
		doubts []string
	}{
		"in the middle":                      {at(plain(), 0.3, 10), plain(), model.DistanceInside, nil},
		"on the fence":                       {at(plain(), 200, 10), plain(), model.DistanceInside, nil},
		"outside, within accuracy and drift": {at(plain(), 309, 10), plain(), model.DistanceNear, nil},
		"beyond them":                        {at(plain(), 312, 10), plain(), model.DistanceFar, []string{doubtFence}},
		"far, and honest about it":           {at(plain(), 650, 400), plain(), model.DistanceNear, nil},
		"so coarse that it says nothing":     {at(plain(), 700, 501), plain(), model.DistanceUnknown, []string{doubtAccuracy}},
		"coarse and far all the same":        {at(plain(), 5000, 501), plain(), model.DistanceFar, []string{doubtAccuracy, doubtFence}},
		"better than any phone":              {at(plain(), 10, 0.5), plain(), model.DistanceInside, []string{doubtAccuracy}},
		"no accuracy at all":                 {at(plain(), 10, -1), plain(), model.DistanceInside, []string{doubtAccuracy}},
		"as good as a phone gets":            {at(plain(), 10, 1), plain(), model.DistanceInside, nil},
		"no place":                           {at(plain(), 5000, 10), nowhere, model.DistanceUnknown, nil},
		"typed by hand":                      {&Fix{Lat: 36.651, Lng: 117.12, Datum: model.DatumWGS84, AccuracyM: 20}, plain(), model.DistanceInside, []string{doubtMock}},
		"under the ground":                   {&Fix{Lat: 36.651234, Lng: 117.120095, Datum: model.DatumWGS84, AccuracyM: 20, AltitudeM: &deep}, plain(), model.DistanceInside, []string{doubtMock}},
		"above the mountains":                {&Fix{Lat: 36.651234, Lng: 117.120095, Datum: model.DatumWGS84, AccuracyM: 20, AltitudeM: &high}, plain(), model.DistanceInside, []string{doubtMock}},
		"on a rocket":                        {&Fix{Lat: 36.651234, Lng: 117.120095, Datum: model.DatumWGS84, AccuracyM: 20, SpeedMS: &fast}, plain(), model.DistanceInside, []string{doubtMock}},
		"the other datum":                    {&Fix{Lat: 36.651234, Lng: 117.120095, Datum: model.DatumGCJ02, AccuracyM: 20}, plain(), model.DistanceFar, []string{doubtFence, doubtDatum}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			class, doubts := tt.fix.placed(tt.in, model.Policy{}.Evidence())
			if class != tt.class || !slices.Equal(doubts, tt.doubts) {
				t.Errorf("%s %v, want %s %v", class, doubts, tt.class, tt.doubts)
			}
		})
	}
}

func TestFromHereToThere(t *testing.T) {
	t.Parallel()
	c := newScales(t)
	p, e := c.person(), plain()
	far := plain()
	there := middle(e).off(50_000, 0)
	far.ID, far.LatE6, far.LngE6 = 78, e6(there.lat), e6(there.lng)
	c.batch(c.of(p, e, 0, Evidence{Fix: at(e, 0.3, 20)}))
	// 50 km less twice accuracy and drift at 200 km/h are 895.7 s.
	if got := c.batch(c.of(p, far, 896*time.Second, Evidence{Fix: at(far, 0.3, 20)})); got[0] != nil {
		t.Error(got)
	}
	q := c.person()
	c.batch(c.of(q, e, 0, Evidence{Fix: at(e, 0.4, 20)}))
	if got := c.batch(c.of(q, far, 895*time.Second, Evidence{Fix: at(far, 0.4, 20)})); !slices.Equal(got[0], []string{doubtTravel}) {
		t.Error(got)
	}
	// In one batch, and the newest counts.
	r := c.person()
	got := c.batch(c.of(r, e, 0, Evidence{Fix: at(e, 0.5, 20)}), c.of(r, far, time.Minute, Evidence{Fix: at(far, 0.5, 20)}))
	if !slices.Equal(got[1], []string{doubtTravel}) {
		t.Error(got)
	}
	if got := c.batch(c.of(r, far, 2*time.Minute, Evidence{Fix: at(far, 0.6, 20)})); got[0] != nil {
		t.Error(got)
	}
	// What lies more than a day back says nothing.
	c.at = c.at.Add(lookBack + 3*time.Minute)
	if got := c.batch(c.of(r, e, 0, Evidence{Fix: at(e, 0.7, 20)})); got[0] != nil {
		t.Error(got)
	}
}

func TestOnePhoneForMany(t *testing.T) {
	t.Parallel()
	c := newScales(t)
	a, b, d, e := c.person(), c.person(), c.person(), plain()
	mine := Evidence{Device: "one-phone-for-all"}
	if got := c.batch(c.of(a, e, 0, mine), c.of(a, e, time.Hour, mine), c.of(b, e, time.Hour, mine)); got[0] != nil || got[1] != nil || !slices.Equal(got[2], []string{doubtDevice}) {
		t.Error(got)
	}
	c.Policy.DeviceMaxStudents = 2
	if got := c.batch(c.of(b, e, 2*time.Hour, mine)); got[0] != nil {
		t.Error("two are allowed", got)
	}
	if got := c.batch(c.of(d, e, 2*time.Hour, mine)); !slices.Equal(got[0], []string{doubtDevice}) {
		t.Error(got)
	}
	c.at = c.at.Add(lookBack + 3*time.Hour)
	if got := c.batch(c.of(d, e, 0, mine)); got[0] != nil {
		t.Error("it was yesterday", got)
	}
}

func TestTheSameNumbersAgain(t *testing.T) {
	t.Parallel()
	c := newScales(t)
	a, b, d, e, later := c.person(), c.person(), c.person(), plain(), plain()
	later.ID = 78
	same := Evidence{Fix: at(e, 3, 20)}
	// A hundred-thousandth that binary cannot hold: times 100,000 it is a little less than whole.
	coarse := Evidence{Fix: &Fix{Lat: 36.6508, Lng: 117.12009, Datum: model.DatumWGS84, AccuracyM: 20}}
	if got := c.batch(c.of(a, e, 0, same), c.of(a, e, time.Hour, same), c.of(b, e, 0, coarse), c.of(d, e, 0, coarse)); slices.ContainsFunc(got, func(l []string) bool { return l != nil }) {
		t.Error("nothing is doubtful", got)
	}
	if got := c.batch(c.of(b, e, time.Hour, same), c.of(a, later, 2*time.Hour, same)); !slices.Equal(got[0], []string{doubtRepeat}) || !slices.Equal(got[1], []string{doubtRepeat}) {
		t.Error(got)
	}
	c.Policy.PositionRepeatsMax = 3
	if got := c.batch(c.of(d, e, time.Hour, same)); got[0] != nil {
		t.Error("three are allowed", got)
	}
}

func TestWhatIsInDoubtBeforeStaysInDoubt(t *testing.T) {
	t.Parallel()
	c := newScales(t)
	late := c.of(c.person(), plain(), 0, Evidence{})
	late.doubts = []string{"late_upload"}
	if got := c.batch(late); !slices.Equal(got[0], []string{"late_upload"}) || late.row.Verdict != model.VerdictReview || late.row.Doubts != "late_upload" {
		t.Errorf("%v %+v", got, late.row)
	}
	var review model.CheckInReview
	must(t, c.DB.Where("id = ?", late.row.ID).First(&review).Error)
	if review.Status != model.ReviewWaiting || review.BranchID != c.Branch.ID || review.SessionID != 77 {
		t.Errorf("%+v", review)
	}
}

func TestWeighingTakesAsManyQueriesForOneAsForMany(t *testing.T) {
	t.Parallel()
	c := newScales(t)
	var statements int
	count := func(*gorm.DB) { statements++ }
	must(t, c.DB.Callback().Query().Before("gorm:query").Register("count", count))
	must(t, c.DB.Callback().Row().Before("gorm:row").Register("count", count))
	must(t, c.DB.Callback().Create().Before("gorm:create").Register("count", count))
	crowd := func(n int, ev func(i int) Evidence) int {
		var tries []weighed
		for i := range n {
			tries = append(tries, c.of(c.people[i], plain(), 0, ev(i)))
		}
		statements = 0
		c.batch(tries...)
		return statements
	}
	full := func(i int) Evidence {
		return Evidence{Fix: at(plain(), 1000+float64(i), 20), Device: phone(c.people[i])}
	}
	one, many := crowd(1, full), crowd(20, full)
	if one != many || one > 9 {
		t.Errorf("%d statements for one, %d for twenty", one, many)
	}
	if none := crowd(20, func(int) Evidence { return Evidence{} }); none != 0 {
		t.Errorf("%d statements without evidence", none)
	}
}
