package stats_test

import "baodao/service/page"

func pageReq() page.Request { return page.Request{Limit: 100} }
