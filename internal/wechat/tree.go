package wechat

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

const treeDepth = 8

// tree is a JSON object or an XML element: members are texts, trees, or lists of them. It evens out that WeChat writes
// numbers as text and single items without their list, depending on format, event and year.
type tree map[string]any

// parseTree reads a message in either format.
func parseTree(raw []byte) (tree, error) {
	raw = bytes.TrimSpace(raw)
	if bytes.HasPrefix(raw, []byte("<")) {
		d := xml.NewDecoder(bytes.NewReader(raw))
		for {
			token, err := d.Token()
			if err != nil {
				return nil, errUnreadable
			}
			if _, ok := token.(xml.StartElement); ok {
				v, err := readElement(d, treeDepth)
				t, ok := v.(tree)
				if err != nil || !ok {
					return nil, errUnreadable
				}
				return t, nil
			}
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil || m == nil {
		return nil, errUnreadable
	}
	return tree(m), nil
}

// readElement reads the inside of an element up to its end: a tree when there are elements in it, else its text.
func readElement(d *xml.Decoder, depth int) (any, error) {
	if depth == 0 {
		return nil, errors.New("nested too deeply")
	}
	var text strings.Builder
	inside := tree{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return nil, errUnreadable
		}
		switch tok := token.(type) {
		case xml.CharData:
			text.Write(tok)
		case xml.StartElement:
			v, err := readElement(d, depth-1)
			if err != nil {
				return nil, err
			}
			inside.add(tok.Name.Local, v)
		case xml.EndElement:
			if len(inside) > 0 {
				return inside, nil
			}
			return strings.TrimSpace(text.String()), nil
		}
	}
}

// add puts a member in, making a list of members that repeat.
func (t tree) add(name string, v any) {
	switch old := t[name].(type) {
	case nil:
		t[name] = v
	case []any:
		t[name] = append(old, v)
	default:
		t[name] = []any{old, v}
	}
}

// text is a member as text, "" when it is absent or no text.
func (t tree) text(name string) string {
	switch v := t[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// integer is a member as a whole number, 0 when it is none.
func (t tree) integer(name string) int64 {
	n, err := strconv.ParseInt(t.text(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// child is a member that is an object, or an empty one.
func (t tree) child(name string) tree { return asTree(t[name]) }

// list is the event's List: inside group in XML, at the top in JSON, an object alone or an array.
func (t tree) list(group string) []tree {
	v := t["List"]
	if inner := t.child(group); len(inner) > 0 {
		v = inner["List"]
	}
	items, many := v.([]any)
	if !many {
		items = []any{v}
	}
	var list []tree
	for _, item := range items {
		if one := asTree(item); len(one) > 0 {
			list = append(list, one)
		}
	}
	return list
}

func asTree(v any) tree {
	switch v := v.(type) {
	case tree:
		return v
	case map[string]any:
		return v
	}
	return nil
}
