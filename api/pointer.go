package api

import "strings"

// Huma writes the place of an error as body.a[0].b, so a dot or bracket inside a key would make the place ambiguous.
// Keys therefore carry these two bytes instead, which valid UTF-8 never contains.
const (
	keyDot     = "\xff"
	keyBracket = "\xfe"
)

// treeKey writes a key so that it cannot be mistaken for a path.
func treeKey(key string) string {
	if !strings.ContainsAny(key, ".[") {
		return key
	}
	return strings.NewReplacer(".", keyDot, "[", keyBracket).Replace(key)
}

// plainKey is the key that treeKey was given.
func plainKey(key string) string {
	return strings.NewReplacer(keyDot, ".", keyBracket, "[").Replace(key)
}

// pointerEscape writes a segment of a JSON pointer (RFC 6901).
func pointerEscape(segment string) string {
	if !strings.ContainsAny(segment, "~/") {
		return segment
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(segment)
}
