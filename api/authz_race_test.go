//go:build race

package api_test

// raced thins out the long tests that use one thread only: the race detector has nothing to find there and makes them ten times slower.
const raced = true
