package pagecode

import (
	"errors"
	"strings"
	"testing"
)

func TestAScenePassesThereAndBackAndFitsWeChat(t *testing.T) {
	t.Parallel()
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&'()*+,/:;=?@-._~"
	for _, id := range []int64{1, 35, 36, 7203685477580801, maxID} {
		for _, kind := range []Kind{Activity, Session} {
			text := kind.scene(id)
			if len(text) > 32 || strings.Trim(text, letters) != "" {
				t.Errorf("WeChat does not take %q", text)
			}
			if k, n, err := parse(text); k != kind || n != id || err != nil {
				t.Errorf("%q is read as %s %d, %v", text, k, n, err)
			}
		}
	}
}

// FuzzParse: whatever comes in, only the one spelling of an object is taken.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"a.1", "s.zz", "a.01", "a.+1", "a.-1", "a.", "", "A.1", "a.A", "a.1 ", "a.2gosa7pa2gv", "a.2gosa7pa2gw", "a.zzzzzzzzzzzzzzz", "a.1_0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind, id, err := parse(text)
		if err != nil {
			if !errors.Is(err, ErrScene) || kind != "" || id != 0 {
				t.Fatalf("%q: %s %d %v", text, kind, id, err)
			}
			return
		}
		if kind.scene(id) != text || id <= 0 || id > maxID {
			t.Fatalf("%q is taken for %s %d", text, kind, id)
		}
	})
}
