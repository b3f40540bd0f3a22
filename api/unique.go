package api

import (
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// uniqueLists stands before Huma's validator, which looks for double items by putting them into a map: an object or a list
// among them would be a panic. Lists that must have different items hold texts or numbers here (see Contract.Add), so such an
// item becomes something of the wrong type, and is refused at its place like any other.
type uniqueLists struct {
	huma.API

	paths [][]string // of the body; "*" stands for every item
}

// strange stands for an item that is an object or a list; each is another one.
type strange int

// Unmarshal reads as the contract does.
func (u *uniqueLists) Unmarshal(contentType string, data []byte, v any) error {
	err := u.API.Unmarshal(contentType, data, v)
	if tree, ok := v.(*any); ok && err == nil {
		for _, path := range u.paths {
			flatten(*tree, path)
		}
	}
	return err
}

// flatten replaces what a list that must have different items cannot hold.
func flatten(v any, path []string) {
	list, _ := v.([]any)
	switch {
	case len(path) == 0:
		for i, item := range list {
			switch item.(type) {
			case []any, map[string]any:
				list[i] = strange(i)
			}
		}
	case path[0] == "*":
		for _, item := range list {
			flatten(item, path[1:])
		}
	default:
		if object, ok := v.(map[string]any); ok {
			flatten(object[path[0]], path[1:])
		}
	}
}

// uniquePaths finds the lists of a schema that must have different items. It panics, as Huma does at a tag that it cannot read,
// when their items are objects or lists.
func uniquePaths(all huma.Registry, s *huma.Schema, at []string) (out [][]string) {
	const deepest = 16
	for s != nil && s.Ref != "" {
		s = all.SchemaFromRef(s.Ref)
	}
	if s == nil || len(at) > deepest {
		return nil
	}
	if s.UniqueItems {
		if item := s.Items; item != nil && (item.Ref != "" || item.Type == huma.TypeObject || item.Type == huma.TypeArray) {
			panic("items of " + strconv.Quote(at[len(at)-1]) + " are objects or lists: nothing compares them")
		}
		out = append(out, slices.Clone(at))
	}
	if s.Items != nil {
		out = append(out, uniquePaths(all, s.Items, append(at[:len(at):len(at)], "*"))...)
	}
	for name, p := range s.Properties {
		out = append(out, uniquePaths(all, p, append(at[:len(at):len(at)], name))...)
	}
	return out
}
