package api

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/danielgtaylor/huma/v2/validation"

	"baodao/service/fault"
)

// configureHuma sets what Huma keeps in package variables: messages that are codes of ours (code|limit), names of
// fields compared exactly, slices that are never null, and errors that become ours. Schemas remember their messages,
// so this comes before the first one.
var configureHuma = sync.OnceFunc(func() { //nolint:gochecknoglobals // the library offers no other place
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		c := humagin.Unwrap(ctx)
		err := violation(status, msg, errs)
		if f, ok := errors.AsType[*fault.Fault](err); ok && f.Code == fault.ErrInvalid.Code {
			err = f.With(strangeParts(c)...)
		}
		return refuse(c, err)
	}
	for target, message := range messages() {
		*target = message
	}
})

func messages() map[*string]string {
	return map[*string]string{
		&validation.MsgUnexpectedProperty:                 "unknown_field|",
		&validation.MsgExpectedRequiredProperty:           "required|%s",
		&validation.MsgExpectedDependentRequiredProperty:  "required|%s|%s",
		&validation.MsgExpectedBoolean:                    "type|boolean",
		&validation.MsgExpectedNumber:                     "type|number",
		&validation.MsgExpectedInteger:                    "type|integer",
		&validation.MsgExpectedString:                     "type|string",
		&validation.MsgExpectedArray:                      "type|array",
		&validation.MsgExpectedObject:                     "type|object",
		&validation.MsgExpectedBase64String:               "format|base64",
		&validation.MsgExpectedRFC3339DateTime:            "format|date-time",
		&validation.MsgExpectedRFC1123DateTime:            "format|http-date",
		&validation.MsgExpectedRFC3339Date:                "format|date",
		&validation.MsgExpectedRFC3339Time:                "format|time",
		&validation.MsgExpectedDuration:                   "format|duration|%v",
		&validation.MsgExpectedRFC5322Email:               "format|email|%v",
		&validation.MsgExpectedRFC5890Hostname:            "format|hostname",
		&validation.MsgExpectedRFC2673IPv4:                "format|ipv4",
		&validation.MsgExpectedRFC2373IPv6:                "format|ipv6",
		&validation.MsgExpectedRFCIPAddr:                  "format|ip",
		&validation.MsgExpectedRFC3986URI:                 "format|uri|%v",
		&validation.MsgExpectedRFC4122UUID:                "format|uuid|%v",
		&validation.MsgExpectedRFC6570URITemplate:         "format|uri-template",
		&validation.MsgExpectedRFC6901JSONPointer:         "format|json-pointer",
		&validation.MsgExpectedRFC6901RelativeJSONPointer: "format|relative-json-pointer",
		&validation.MsgExpectedRegexp:                     "format|regex|%v",
		&validation.MsgExpectedMatchAtLeastOneSchema:      "shape|",
		&validation.MsgExpectedMatchExactlyOneSchema:      "shape|",
		&validation.MsgExpectedNotMatchSchema:             "shape|",
		&validation.MsgExpectedPropertyNameInObject:       "required|",
		&validation.MsgExpectedArrayItemsUnique:           "unique_items|",
		&validation.MsgExpectedOneOf:                      "enum|%s",
		&validation.MsgExpectedMinimumNumber:              "min|%v",
		&validation.MsgExpectedExclusiveMinimumNumber:     "above|%v",
		&validation.MsgExpectedMaximumNumber:              "max|%v",
		&validation.MsgExpectedExclusiveMaximumNumber:     "below|%v",
		&validation.MsgExpectedNumberBeMultipleOf:         "multiple_of|%v",
		&validation.MsgExpectedMinLength:                  "min_length|%d",
		&validation.MsgExpectedMaxLength:                  "max_length|%d",
		&validation.MsgExpectedBePattern:                  "pattern|%s",
		&validation.MsgExpectedMatchPattern:               "pattern|%s",
		&validation.MsgExpectedMinItems:                   "min_items|%d",
		&validation.MsgExpectedMaxItems:                   "max_items|%d",
		&validation.MsgExpectedMinProperties:              "min_properties|%d",
		&validation.MsgExpectedMaxProperties:              "max_properties|%d",
	}
}

// violation turns what Huma found into a Fault.
func violation(status int, msg string, errs []error) error {
	for _, err := range errs {
		if f := unreadable(err); f != nil {
			return f
		}
	}
	switch status {
	case http.StatusRequestTimeout:
		return ErrSlow
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusUnsupportedMediaType:
		return ErrMedia
	case http.StatusUnprocessableEntity:
		var fields []fault.Field
		for _, err := range errs {
			if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
				fields = append(fields, fieldOf(d.Location, d.Message))
			}
		}
		return fault.ErrInvalid.With(fields...)
	case http.StatusInternalServerError, http.StatusBadRequest: // the body is missing or broke off
		return ErrMalformed.Because(errors.Join(append(errs, errors.New(msg))...)).With(malformedField("missing", ""))
	default:
		return errors.Join(append(errs, errors.New(msg))...)
	}
}

// unreadable recognises an error that stands above all wrong fields: a body over its limit, one that comes too slowly or
// one that cannot be read.
func unreadable(err error) *fault.Fault {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return ErrSlow
	}
	d, ok := errors.AsType[*huma.ErrorDetail](err)
	if !ok {
		return nil
	}
	if rest, ok := strings.CutPrefix(d.Message, strictPrefix); ok {
		code, path, _ := strings.Cut(rest, ":")
		return ErrMalformed.With(malformedField(code, path))
	}
	if strings.HasPrefix(d.Message, "cannot read multipart form") {
		if strings.Contains(d.Message, "too large") {
			return ErrTooLarge
		}
		return ErrMalformed.With(malformedField("multipart", ""))
	}
	return nil
}

// fieldOf translates one message of Huma's. Its place is body.a[0].b, query.limit, path.id, header.If-Match or form.x.
func fieldOf(place, message string) fault.Field {
	if field, ok := strings.CutPrefix(message, misfit); ok {
		return Wrong("/"+strings.ReplaceAll(field, ".", "/"), "type", "")
	}
	code, limit, ours := strings.Cut(message, "|")
	if !ours {
		code, limit = foreign(message)
	}
	if code == "format" {
		limit, _, _ = strings.Cut(limit, "|")
	}
	pointer := pointerOf(place)
	if code == "required" && limit != "" {
		name, _, _ := strings.Cut(limit, "|")
		pointer, limit = pointer+"/"+pointerEscape(name), ""
	}
	return Wrong(pointer, code, limit)
}

// foreign recognises the messages that Huma writes without a variable.
func foreign(message string) (code, limit string) {
	switch {
	case strings.HasPrefix(message, "required"), strings.HasPrefix(message, "File required"), strings.HasPrefix(message, "At least one file"):
		return "required", ""
	case message == "invalid integer":
		return "type", "integer"
	case strings.HasPrefix(message, "invalid float"):
		return "type", "number"
	case message == "invalid boolean":
		return "type", "boolean"
	case strings.HasPrefix(message, "invalid date/time"):
		return "format", "date-time"
	case strings.HasPrefix(message, "invalid value"):
		return "format", ""
	case strings.HasPrefix(message, "unknown query"):
		return "unknown_field", ""
	case strings.Contains(message, "multiple values"), strings.HasPrefix(message, "Multiple files"):
		return "max_items", "1"
	case strings.HasPrefix(message, "Invalid mime type"):
		return "media_type", ""
	default:
		return "invalid", ""
	}
}

// pointerOf turns Huma's place into a pointer.
func pointerOf(place string) string {
	where, rest, _ := strings.Cut(place, ".")
	switch where {
	case "query", "path", "header", "cookie":
		return where + ":" + rest
	case "form":
		return "/" + rest
	}
	inBody, ok := strings.CutPrefix(place, "body")
	if !ok {
		return "/" + pointerEscape(place)
	}
	var b strings.Builder
	for _, part := range strings.Split(strings.ReplaceAll(inBody, "[", ".["), ".")[1:] {
		if index, ok := strings.CutPrefix(part, "["); ok {
			part = strings.TrimSuffix(index, "]")
		}
		b.WriteString("/" + pointerEscape(plainKey(part)))
	}
	return b.String()
}
