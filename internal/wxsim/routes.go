package wxsim

import "net/http"

// route is one API path.
type route struct {
	method  string
	tokened bool // needs a live access token
	limit   int  // quota a minute, 0 for none
	code    int  // errcode over the quota, 0 for 45011
	run     func(a *app, c *call) answer
}

// over is the errcode of a call over the minute's quota.
func (r route) over() int {
	if r.code != 0 {
		return r.code
	}
	return 45011
}

// routes lists the whole simulated API.
func routes() map[string]route {
	post := func(limit int, run func(*app, *call) answer) route {
		return route{method: http.MethodPost, tokened: true, limit: limit, run: run}
	}
	pageCode := post(5_000, (*app).pageCode)
	pageCode.code = 45009
	return map[string]route{
		"/cgi-bin/stable_token":                         {method: http.MethodPost, limit: 10_000, run: (*app).stableToken},
		"/cgi-bin/token":                                {method: http.MethodGet, limit: 10_000, run: (*app).plainToken},
		"/sns/jscode2session":                           {method: http.MethodGet, run: (*app).login},
		"/wxa/business/getuserphonenumber":              post(0, (*app).phoneNumber),
		"/cgi-bin/message/subscribe/send":               post(0, (*app).subscribeSend),
		"/wxaapi/newtmpl/gettemplate":                   {method: http.MethodGet, tokened: true, run: (*app).listTemplates},
		"/wxa/msg_sec_check":                            post(4_000, (*app).checkText),
		"/wxa/media_check_async":                        post(2_000, (*app).checkMedia),
		"/wxa/getwxacodeunlimit":                        pageCode,
		"/wxa/generate_urllink":                         post(0, (*app).urlLink),
		"/wxa/generatescheme":                           post(0, (*app).urlScheme),
		"/cgi-bin/message/template/send":                post(0, retired(45103)),
		"/cgi-bin/message/wxopen/template/send":         post(0, retired(45103)),
		"/cgi-bin/message/wxopen/template/uniform_send": post(0, retired(45109)),
	}
}

// retired answers for an API that WeChat withdrew.
func retired(code int) func(*app, *call) answer {
	return func(_ *app, c *call) answer { return c.fail(code, "this api is offline") }
}
