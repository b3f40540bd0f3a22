package wechat

import (
	"encoding/json"
	"strconv"
)

// flexible is a JSON string or number, read as text: WeChat's documents and its life differ on which it is.
type flexible string

// UnmarshalJSON takes a string, a number or null; anything else is an error.
func (f *flexible) UnmarshalJSON(raw []byte) error {
	if raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9' { // the decoder has found a whole number
		*f = flexible(raw)
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*f = flexible(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return errUnreadable // not the decoder's error, which would quote the value
	}
	*f = flexible(n)
	return nil
}

// number is the value as an integer, 0 when it is none.
func (f flexible) number() int {
	n, err := strconv.Atoi(string(f))
	if err != nil {
		return 0
	}
	return n
}
