// Package docs holds what is served as documentation: the page, and Swagger UI with its licence, so that it works with
// no internet.
package docs

import "embed"

// Pages are index.html and the files that it loads, by the names under which they are served.
//
//go:embed page/index.html page/docs.js page/docs.css swagger-ui
var Pages embed.FS
