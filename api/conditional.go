package api

import "strings"

// IfNoneMatchIn carries the tag of the answer that the caller has. Embed it in the input of a read that is polled: when
// the tag still holds, the answer is 304 without a body.
type IfNoneMatchIn struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"256" doc:"The ETag of the answer you have; 304 without a body while it holds" example:"\"10-3-0-0-0\""`
}

// Has tells whether the caller has the answer with this tag already.
func (in IfNoneMatchIn) Has(etag string) bool {
	for tag := range strings.SplitSeq(in.IfNoneMatch, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
