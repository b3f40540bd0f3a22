// Package config reads the settings from the environment and reports every mistake at once.
package config

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Environments.
const (
	Development = "development"
	Test        = "test"
	Production  = "production"
)

// raw is the environment as it is written. Each secret NAME may instead be given as NAME_FILE, the path of a file that holds it.
type raw struct {
	Addr           string   `env:"ADDR" envDefault:"127.0.0.1:8080"`
	DB             string   `env:"DB"`
	DBFile         string   `env:"DB_FILE"`
	Data           string   `env:"DATA" envDefault:"data"`
	LedgerHeads    string   `env:"LEDGER_HEADS"`
	Env            string   `env:"ENV" envDefault:"development"`
	TrustedProxies []string `env:"TRUSTED_PROXIES"`
	MaxInFlight    string   `env:"MAX_IN_FLIGHT" envDefault:"2048"`
	DrainTimeout   string   `env:"DRAIN_TIMEOUT" envDefault:"10s"`
	LogLevel       string   `env:"LOG_LEVEL" envDefault:"info"`
	MetricsAddr    string   `env:"METRICS_ADDR"`
	NoticeRate     string   `env:"NOTICE_RATE" envDefault:"500"`
	ReviewDays     string   `env:"REVIEW_DAYS" envDefault:"14"`
	PublicURL      string   `env:"PUBLIC_URL"`

	WeChatBaseURL  string `env:"WECHAT_BASE_URL"`
	AppID          string `env:"WECHAT_APPID"`
	Secret         string `env:"WECHAT_SECRET"`
	SecretFile     string `env:"WECHAT_SECRET_FILE"`
	PushToken      string `env:"WECHAT_PUSH_TOKEN"`
	PushTokenFile  string `env:"WECHAT_PUSH_TOKEN_FILE"`
	PushAESKey     string `env:"WECHAT_PUSH_AES_KEY"`
	PushAESKeyFile string `env:"WECHAT_PUSH_AES_KEY_FILE"`
	WeChatVersion  string `env:"WECHAT_VERSION" envDefault:"release"`
	ActivityPage   string `env:"WECHAT_ACTIVITY_PAGE" envDefault:"pages/activity/detail"`
	CheckInPage    string `env:"WECHAT_CHECK_IN_PAGE" envDefault:"pages/check-in/index"`
	TokenKeys      string `env:"TOKEN_KEYS"`
	TokenKeysFile  string `env:"TOKEN_KEYS_FILE"`
	RefreshKey     string `env:"REFRESH_KEY"`
	RefreshKeyFile string `env:"REFRESH_KEY_FILE"`
	FieldKeys      string `env:"FIELD_KEYS"`
	FieldKeysFile  string `env:"FIELD_KEYS_FILE"`
	IndexKey       string `env:"INDEX_KEY"`
	IndexKeyFile   string `env:"INDEX_KEY_FILE"`
	CodeKey        string `env:"CODE_KEY"`
	CodeKeyFile    string `env:"CODE_KEY_FILE"`
	InviteKey      string `env:"INVITE_KEY"`
	InviteKeyFile  string `env:"INVITE_KEY_FILE"`
	ClientKey      string `env:"CLIENT_KEY"`
	ClientKeyFile  string `env:"CLIENT_KEY_FILE"`
}

// Prefix stands before every name in the environment.
const Prefix = "BAODAO_"

// Config is the settings after all checks.
type Config struct {
	Addr           string
	DatabaseURL    string // sqlite:PATH or mysql:DSN
	Data           string // folder for generated keys and the default database
	LedgerHeads    string // file to which the signed head of the ledger is written every hour
	Env            string
	TrustedProxies []string // addresses or networks whose X-Forwarded-For is believed
	MaxInFlight    int      // requests served at the same time; more are refused with 503
	DrainTimeout   time.Duration
	LogLevel       string
	MetricsAddr    string  // where metrics are served, empty: nowhere
	NoticeRate     float64 // WeChat messages a second of this process, 0: without a limit
	ReviewDays     int     // days after which a text or picture that waits for a reviewer expires
	PublicURL      string  // where WeChat reaches this server, empty if unknown

	WeChat WeChat
	Keys   Keys
}

// WeChat is the mini-program's account. Simulated means that no app id was given: the process simulates WeChat itself.
type WeChat struct {
	BaseURL, AppID, Secret, PushToken, PushAESKey string
	Simulated                                     bool

	Version                   string // of the mini-program that codes and messages open: release or trial
	ActivityPage, CheckInPage string // pages that mini-program codes open
}

// Ring is a set of keys by id: Current makes new things, all of them read old ones.
type Ring struct {
	Current string
	Keys    map[string][]byte
}

// Keys are all secret keys, 32 bytes each.
type Keys struct {
	Token   Ring   // signs access tokens
	Refresh []byte // makes refresh tokens
	Field   Ring   // wraps the data keys of persons
	Index   []byte // blind indexes
	Code    []byte // check-in codes
	Invite  []byte // invitation and join codes
	Client  []byte // secrets of API clients
	// Generated tells that at least one was made up and kept in the data folder.
	Generated bool
}

// Load reads the environment (os.Environ form). The error joins every mistake found.
func Load(environ []string) (Config, error) { return load(environ, true) }

// Look is Load for a command that only looks: no key is made up, and those that would be are missing.
func Look(environ []string) (Config, error) { return load(environ, false) }

func load(environ []string, mayWrite bool) (Config, error) {
	var r raw
	var errs []error
	vars := env.ToMap(environ)
	if err := env.ParseWithOptions(&r, env.Options{Environment: vars, Prefix: Prefix}); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, unknown(vars)...)
	errs = append(errs, readFiles(&r)...)
	c := Config{
		Addr: r.Addr, DatabaseURL: r.DB, Data: r.Data, LedgerHeads: cmp.Or(r.LedgerHeads, filepath.Join(r.Data, "ledger-heads.log")), Env: r.Env, TrustedProxies: r.TrustedProxies, LogLevel: r.LogLevel, MetricsAddr: r.MetricsAddr, PublicURL: r.PublicURL,
		WeChat: WeChat{
			BaseURL: r.WeChatBaseURL, AppID: r.AppID, Secret: r.Secret, PushToken: r.PushToken, PushAESKey: r.PushAESKey, Simulated: r.AppID == "" && r.WeChatBaseURL == "",
			Version: r.WeChatVersion, ActivityPage: r.ActivityPage, CheckInPage: r.CheckInPage,
		},
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.Data, "baodao.db")
	}
	errs = append(errs, c.numbers(r)...)
	errs = append(errs, c.check()...)
	errs = append(errs, loadKeys(&c, r, mayWrite && len(errs) == 0)...)
	return c, errors.Join(errs...)
}

// unknown reports names with our prefix that mean nothing: most often a misspelling.
func unknown(vars map[string]string) (errs []error) {
	known := Names()
	for name := range vars {
		if strings.HasPrefix(name, Prefix) && !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("%s: no such setting", name))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// Names lists every setting's name, in the order of the example file.
func Names() []string {
	fields, err := env.GetFieldParamsWithOptions(&raw{}, env.Options{Prefix: Prefix})
	if err != nil {
		return nil
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Key
	}
	return names
}

// secrets pairs each secret with its _FILE twin.
func secrets(r *raw) map[string][2]*string {
	return map[string][2]*string{
		"DB": {&r.DB, &r.DBFile}, "WECHAT_SECRET": {&r.Secret, &r.SecretFile}, "WECHAT_PUSH_TOKEN": {&r.PushToken, &r.PushTokenFile},
		"WECHAT_PUSH_AES_KEY": {&r.PushAESKey, &r.PushAESKeyFile}, "TOKEN_KEYS": {&r.TokenKeys, &r.TokenKeysFile},
		"REFRESH_KEY": {&r.RefreshKey, &r.RefreshKeyFile}, "FIELD_KEYS": {&r.FieldKeys, &r.FieldKeysFile}, "INDEX_KEY": {&r.IndexKey, &r.IndexKeyFile},
		"CODE_KEY": {&r.CodeKey, &r.CodeKeyFile}, "INVITE_KEY": {&r.InviteKey, &r.InviteKeyFile}, "CLIENT_KEY": {&r.ClientKey, &r.ClientKeyFile},
	}
}

func readFiles(r *raw) (errs []error) {
	for name, pair := range secrets(r) {
		value, file := pair[0], pair[1]
		if *file == "" {
			continue
		}
		if *value != "" {
			errs = append(errs, fmt.Errorf("%s%s and %s%s_FILE: give only one of them", Prefix, name, Prefix, name))
			continue
		}
		data, err := os.ReadFile(*file)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s%s_FILE: %w", Prefix, name, err))
			continue
		}
		*value = strings.TrimSpace(string(data))
	}
	return errs
}

// numbers reads the settings that are numbers.
func (c *Config) numbers(r raw) (errs []error) {
	var err error
	if c.MaxInFlight, err = strconv.Atoi(r.MaxInFlight); err != nil || c.MaxInFlight < 1 {
		errs = append(errs, fmt.Errorf("%sMAX_IN_FLIGHT %q: want a whole number from 1 on", Prefix, r.MaxInFlight))
	}
	if c.DrainTimeout, err = time.ParseDuration(r.DrainTimeout); err != nil || c.DrainTimeout <= 0 {
		errs = append(errs, fmt.Errorf("%sDRAIN_TIMEOUT %q: want a time above 0, as 10s", Prefix, r.DrainTimeout))
	}
	if c.NoticeRate, err = strconv.ParseFloat(r.NoticeRate, 64); err != nil || !(c.NoticeRate >= 0 && c.NoticeRate <= 1e6) {
		errs = append(errs, fmt.Errorf("%sNOTICE_RATE %q: want messages a second, as 500, or 0 for no limit", Prefix, r.NoticeRate))
	}
	if c.ReviewDays, err = strconv.Atoi(r.ReviewDays); err != nil || c.ReviewDays < 1 || c.ReviewDays > 365 {
		errs = append(errs, fmt.Errorf("%sREVIEW_DAYS %q: want days from 1 to 365", Prefix, r.ReviewDays))
	}
	return errs
}

// pagePath is the path of a page in a mini-program.
var pagePath = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+){0,9}$`)

// check reports every setting that cannot be used.
func (c *Config) check() (errs []error) {
	add := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(Prefix+format, args...))
		}
	}
	_, port, err := net.SplitHostPort(c.Addr)
	_, perr := strconv.ParseUint(port, 10, 16)
	add(err != nil || perr != nil, "ADDR %q: want host:port, as 127.0.0.1:8080", c.Addr)
	if c.MetricsAddr != "" {
		host, port, err := net.SplitHostPort(c.MetricsAddr)
		_, perr := strconv.ParseUint(port, 10, 16)
		add(err != nil || perr != nil, "METRICS_ADDR %q: want host:port, as 127.0.0.1:9100", c.MetricsAddr)
		if host == "" {
			c.MetricsAddr = net.JoinHostPort("127.0.0.1", port)
		}
	}
	engine, rest, _ := strings.Cut(c.DatabaseURL, ":")
	add((engine != "sqlite" && engine != "mysql") || rest == "", "DB: want sqlite:PATH or mysql:user:password@tcp(host:3306)/name")
	add(engine == "sqlite" && (strings.Contains(rest, "?") || rest == ":memory:"), "DB: want sqlite: and the path of a file, without options")
	add(!slices.Contains([]string{Development, Test, Production}, c.Env), "ENV %q: want development, test or production", c.Env)
	add(!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "LOG_LEVEL %q: want debug, info, warn or error", c.LogLevel)
	for _, p := range c.TrustedProxies {
		_, err1 := netip.ParseAddr(p)
		_, err2 := netip.ParsePrefix(p)
		add(err1 != nil && err2 != nil, "TRUSTED_PROXIES %q: want addresses or networks, as 10.0.0.0/8", p)
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		ok := err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.User == nil
		add(!ok || (u.Scheme != "https" && (u.Scheme != "http" || c.Env == Production)), "PUBLIC_URL %q: want https://HOST without a path", c.PublicURL)
	}
	return append(errs, c.checkWeChat()...)
}

// checkWeChat reports every setting of WeChat that cannot be used.
func (c *Config) checkWeChat() (errs []error) {
	add := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(Prefix+format, args...))
		}
	}
	w := c.WeChat
	add(w.AppID == "" && w.Secret != "", "WECHAT_APPID is missing, BAODAO_WECHAT_SECRET is given")
	add(w.AppID != "" && w.Secret == "", "WECHAT_SECRET is missing, BAODAO_WECHAT_APPID is given")
	add(w.BaseURL != "" && w.AppID == "", "WECHAT_APPID is missing, BAODAO_WECHAT_BASE_URL is given")
	if w.BaseURL != "" {
		u, err := url.Parse(w.BaseURL)
		add(err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"), "WECHAT_BASE_URL: want http://127.0.0.1:PORT")
	}
	add(w.Version != "release" && w.Version != "trial", "WECHAT_VERSION %q: want release or trial", w.Version)
	for name, page := range map[string]string{"ACTIVITY": w.ActivityPage, "CHECK_IN": w.CheckInPage} {
		add(len(page) > 128 || !pagePath.MatchString(page), "WECHAT_%s_PAGE %q: want the path of a page, as pages/activity/detail, without leading slash and parameters", name, page)
	}
	key, err := base64.RawStdEncoding.DecodeString(w.PushAESKey)
	add(w.PushAESKey != "" && (len(w.PushAESKey) != 43 || (err == nil && len(key) != 32)), "WECHAT_PUSH_AES_KEY: want the 43 characters shown by WeChat")
	add(c.Env == Production && w.Simulated, "WECHAT_APPID: production does not start with a simulated WeChat")
	add(c.Env == Production && w.BaseURL != "", "WECHAT_BASE_URL: production talks to WeChat itself")
	return errs
}
