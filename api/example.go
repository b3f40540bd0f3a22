package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// examples builds a sample of every body from the example tags of its fields, and checks it against the schema.
type examples struct{ registry huma.Registry }

// fill gives a body its example unless it has one. Files have none.
func (x examples) fill(m *huma.MediaType, media string, mode huma.ValidateMode) error {
	if m.Schema == nil || m.Example != nil || m.Schema.Format == "binary" || media == mediaMultipart {
		return nil
	}
	m.Example = x.of(m.Schema, 0)
	res := &huma.ValidateResult{}
	huma.Validate(x.registry, m.Schema, huma.NewPathBuffer([]byte("body"), 4), mode, m.Example, res)
	var wrong []error
	for _, err := range res.Errors {
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			wrong = append(wrong, fmt.Errorf("the example's %s is refused (%s): give the field an example tag", d.Location, d.Message))
		}
	}
	return errors.Join(wrong...)
}

// maxExampleDepth ends the sample of a type that holds itself.
const maxExampleDepth = 8

func (x examples) of(s *huma.Schema, depth int) any {
	for s.Ref != "" {
		if len(s.Examples) > 0 {
			return s.Examples[0]
		}
		s = x.registry.SchemaFromRef(s.Ref)
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.OneOf) > 0:
		return x.of(s.OneOf[0], depth)
	case len(s.AnyOf) > 0:
		return x.of(s.AnyOf[0], depth)
	}
	switch s.Type {
	case huma.TypeObject:
		return x.object(s, depth)
	case huma.TypeArray:
		if depth >= maxExampleDepth {
			return []any{}
		}
		return slices.Repeat([]any{x.of(s.Items, depth+1)}, max(1, deref(s.MinItems)))
	case huma.TypeBoolean:
		return true
	case huma.TypeInteger, huma.TypeNumber:
		return number(s)
	case huma.TypeString:
		return textSample(s)
	}
	return map[string]any{}
}

func (x examples) object(s *huma.Schema, depth int) any {
	out := map[string]any{}
	for name, property := range s.Properties {
		if depth < maxExampleDepth || slices.Contains(s.Required, name) {
			out[name] = x.of(property, depth+1)
		}
	}
	return out
}

// number is 1, or the bound that is nearest to it.
func number(s *huma.Schema) any {
	n := 1.0
	if s.Minimum != nil {
		n = max(n, *s.Minimum)
	}
	if s.ExclusiveMinimum != nil {
		n = max(n, *s.ExclusiveMinimum+1)
	}
	if s.Maximum != nil {
		n = min(n, *s.Maximum)
	}
	return n
}

func textSample(s *huma.Schema) any {
	samples := map[string]string{
		"date-time": "2026-09-01T00:30:00.000Z", "date": "2026-09-01", "email": "li@example.com", "uri": "https://example.com/",
		"ipv4": "192.0.2.1", "uuid": "5a0b6d1e-3c7f-4b62-9d5e-0f3f6a1c2b4d", "duration": "1h", "time": "08:30:00",
	}
	if sample := samples[s.Format]; sample != "" {
		return sample
	}
	if s.ContentEncoding == "base64" {
		return "YmFvZGFv"
	}
	sample := "示例"
	if n := deref(s.MinLength); n > 2 {
		sample = strings.Repeat("例", n)
	}
	if s.MaxLength != nil && *s.MaxLength < 2 {
		sample = "例"
	}
	return sample
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// noNull refuses a request schema that allows null: requests never say null, they leave the field out.
func (x examples) noNull(s *huma.Schema, seen []string) error {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		if slices.Contains(seen, s.Ref) {
			return nil
		}
		return x.noNull(x.registry.SchemaFromRef(s.Ref), append(seen, s.Ref))
	}
	if s.Nullable {
		return errors.New("a field may be null: make it omitempty, requests never say null")
	}
	errs := []error{x.noNull(s.Items, seen)}
	for name, property := range s.Properties {
		if err := x.noNull(property, seen); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		errs = append(errs, x.noNull(more, seen))
	}
	return errors.Join(errs...)
}
