package wechat

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

const apiHost = "api.weixin.qq.com"

// parseBase returns where requests really go. WeChat itself is always allowed; anything else must be a loopback
// address outside production, or a secret could be sent to a stranger by a typo.
func parseBase(raw string, production bool) (*url.URL, error) {
	if raw == "" {
		raw = "https://" + apiHost
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("base URL cannot be parsed")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, errors.New("base URL may hold only scheme, host and path")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	if u.Scheme == "https" && u.Host == apiHost && u.Path == "" {
		return u, nil
	}
	if production {
		return nil, errors.New("base URL must not be replaced in production")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("base URL must be http or https")
	}
	if !loopback(u.Hostname()) {
		return nil, fmt.Errorf("base URL host %q is not a loopback address", u.Hostname())
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// parseProxy returns the configured proxy, or nil for none.
func parseProxy(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, nil //nolint:nilnil // no proxy is a valid answer
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return nil, errors.New("proxy URL must be http, https or socks5 with a host")
	}
	return u, nil
}
