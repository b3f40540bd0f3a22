// Package migrations holds the schema as versioned SQL, one folder for each engine with the same numbers in both.
// A file that has been released is never edited.
package migrations

import "embed"

// Files holds mysql/*.sql and sqlite/*.sql.
//
//go:embed mysql/*.sql sqlite/*.sql
var Files embed.FS
