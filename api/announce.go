package api

import "context"

// Announcer is a connection that sends an answer in one piece when it is told how long its body is.
type Announcer interface{ Announce(body int) }

type announcerKey struct{}

// WithAnnouncer ties a connection to the requests that come over it.
func WithAnnouncer(ctx context.Context, a Announcer) context.Context {
	return context.WithValue(ctx, announcerKey{}, a)
}

// announcer is the connection of a request; nil when it cannot be told.
func announcer(ctx context.Context) Announcer {
	a, _ := ctx.Value(announcerKey{}).(Announcer)
	return a
}
