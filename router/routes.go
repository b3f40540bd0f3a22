package router

// Handlers are the resources of the API; main fills them in.
type Handlers struct{}

// Routes is the whole API on one page. A line is method and path, permission, operation id, endpoint, tag, summary and
// the error codes beside the standard ones; the contract, the permission check and the tests all read this table.
func Routes(_ Handlers) []Route {
	return []Route{}
}
