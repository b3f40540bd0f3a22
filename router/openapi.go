package router

// OpenAPI is the contract of the routes as an indented OpenAPI 3.1 document, the same bytes for the same code.
func OpenAPI(routes []Route) ([]byte, error) {
	contract, err := mount(nil, Config{}, routes)
	if err != nil {
		return nil, err
	}
	return contract.JSON()
}
