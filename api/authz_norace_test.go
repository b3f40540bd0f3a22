//go:build !race

package api_test

// raced: see authz_race_test.go.
const raced = false
