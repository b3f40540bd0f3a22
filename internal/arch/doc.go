// Package arch holds no code, only the test that keeps the house in order: which package may import
// which (rules_test.go), and a few things that every package and file has in common (check_test.go).
package arch
