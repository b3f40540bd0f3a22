package config

import _ "embed"

// NoticesExample is config/notices.example.json: the templates of the simulated mini-program, and the form of the file that
// baodao notices import reads.
//
//go:embed notices.example.json
var NoticesExample []byte
