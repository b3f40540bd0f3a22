package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/internal/wechat"
	"baodao/internal/wxstore"
	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/notify"
	"baodao/service/vault"
)

// phone fetches a phone number, well and badly, and stores it where the program keeps phone numbers.
func (h *house) phone(user int64) {
	h.t.Helper()
	tokens, err := wxstore.NewTokens(h.a.DB, clock.System, []byte(h.needles["FIELD_KEYS"]))
	if err != nil {
		h.t.Fatal(err)
	}
	g, err := wechat.New(wechat.Config{AppID: plantedApp, Secret: plantedSecret, BaseURL: h.sim, Now: clock.System, Tokens: tokens})
	if err != nil {
		h.t.Fatal(err)
	}
	defer g.Close()
	code := text(h.admin("phone-code", map[string]any{"name": "li"}), "code")
	h.needles["phone code"] = code
	number, err := g.Phone(h.t.Context(), code, h.needles["openid"])
	if err != nil {
		h.t.Fatal(err)
	}
	h.needles["phone"] = number.Pure
	for _, mode := range []map[string]any{{"mode": "errcode", "errcode": 40029}, {"mode": "truncated"}, {"mode": "close_after"}, {"mode": "status", "status": 500}} {
		mode["path"], mode["count"] = "/wxa/business/getuserphonenumber", 1
		h.admin("fail", mode)
		_, err := g.Phone(h.t.Context(), text(h.admin("phone-code", map[string]any{"name": "li"}), "code"), h.needles["openid"])
		h.a.Log.Error("request", "err", err) // as the edge logs a cause
	}
	h.write(func(tx *gorm.DB) error {
		person, err := h.a.Vault.Person(tx, user)
		if err != nil {
			return err
		}
		return tx.Model(&model.User{}).Where("id = ?", user).Updates(map[string]any{
			"phone_enc": person.Seal(vault.Phone, user, number.Pure), "phone_idx": h.a.Vault.Index(vault.Phone, number.Pure),
		}).Error
	})
}

func (h *house) write(fn func(tx *gorm.DB) error) {
	h.t.Helper()
	if err := atomic.Do(h.t.Context(), h.a.DB, fn); err != nil {
		h.t.Fatal(err)
	}
}

// messages sends one message for each way in which it may end.
func (h *house) messages(user int64, access string) {
	h.t.Helper()
	h.write(func(tx *gorm.DB) error {
		return tx.Create(&model.NoticeTemplate{AppID: plantedApp, Kind: string(notify.SignupConfirmed), TemplateID: signupTmpl, Fields: map[string]string{"thing1": "{activity}"}, UpdatedAt: clock.System()}).Error
	})
	ways := []map[string]any{nil, {"mode": "errcode", "errcode": 47003}, {"mode": "errcode", "errcode": 40001}, {"mode": "html"}} // the last one is in doubt for two minutes
	for i, mode := range ways {
		h.admin("subscribe", map[string]any{"name": "li", "template": signupTmpl, "result": "accept"})
		h.write(func(tx *gorm.DB) error {
			ledger := model.SubscribeLedger{UserID: user, Template: signupTmpl, Granted: int64(i + 1), Used: int64(i), UpdatedAt: clock.System()}
			if err := errors.Join(tx.Where("user_id = ?", user).Delete(&model.SubscribeLedger{}).Error, tx.Create(&ledger).Error); err != nil {
				return err
			}
			if mode != nil {
				mode["path"], mode["count"] = sendPath, 1
				h.admin("fail", mode)
			}
			return h.a.Notify.Enqueue(tx, notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{user}, Fact: []string{fmt.Sprint(i)}, Object: "activities", ObjectID: 7, Data: map[string]notify.Words{"activity": notify.Own("河道清洁")}})
		})
		h.settled()
	}
	h.do(http.MethodGet, "/api/v1/me/notifications", access, nil, true)
}

// settled waits until nothing is due; people get one message in 1.2 seconds.
func (h *house) settled() {
	h.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		var open int64
		err := h.a.DB.Model(&model.Notice{}).Where("state IN ?", []string{model.NoticePending, model.NoticeSending}).Count(&open).Error
		if err != nil {
			h.t.Fatal(err)
		}
		if open == 0 {
			return
		}
		<-tick.C
	}
	var rows []model.Notice
	if err := h.a.DB.Find(&rows).Error; err != nil {
		h.t.Fatal(err)
	}
	for _, n := range rows {
		h.t.Errorf("notice %s: %s, %s, code %d, next %s", n.DedupeKey, n.State, n.Why, n.LastCode, n.NextAt)
	}
	h.t.Fatal("the outbox does not come to rest")
}

// tokens notes WeChat's access token, as it is after all refreshes.
func (h *house) tokens() {
	h.t.Helper()
	_, _, raw := h.exchange(http.MethodPost, h.sim+"/cgi-bin/stable_token", nil, map[string]any{"grant_type": "client_credential", "appid": plantedApp, "secret": plantedSecret})
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil || text(out, "access_token") == "" {
		h.t.Fatalf("%s %v", raw, err)
	}
	h.needles["WeChat token"] = text(out, "access_token")
}

var metricsURL = regexp.MustCompile(`"msg":"metrics","url":"([^"]+)"`)

// metrics scrapes, and demands that what happened was counted, with nobody in it.
func (h *house) metrics() {
	h.t.Helper()
	where := metricsURL.FindSubmatch(h.log.Bytes())
	if where == nil {
		h.t.Fatal("metrics are served nowhere")
	}
	h.do(http.MethodGet, "/api/v1/nowhere/"+h.needles["openid"], "", nil, false)
	status, _, raw := h.exchange(http.MethodGet, string(where[1]), nil, nil)
	for _, want := range []string{
		`baodao_http_requests_total{class="2xx",operation="POST /api/v1/auth/login"} 1`, `baodao_http_requests_total{class="4xx",operation="GET (none)"} 1`,
		`baodao_wechat_calls_total{op="login",outcome="ok"} 1`, `baodao_wechat_calls_total{op="token",outcome="ok"}`,
		`baodao_notices_total{code="0",state="SENT",why="accepted"}`, `baodao_notices_total{code="47003",state="DROPPED",why="invalid"} 1`,
		`baodao_notice_oldest_due_seconds 0`, `go_sql_open_connections{db_name="main"}`,
	} {
		if !strings.Contains(string(raw), want) {
			h.t.Errorf("no metric %s in\n%s", want, raw)
		}
	}
	if status != http.StatusOK {
		h.t.Error(status)
	}
	_, _ = h.answers.Write(raw)
}

// places is everything that came out, by where.
func (h *house) places() map[string][]byte {
	h.t.Helper()
	out := map[string][]byte{"log": h.log.Bytes(), "answers and metrics": h.answers.Bytes()}
	tables, err := h.a.DB.Migrator().GetTables()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, table := range tables {
		out["table "+table] = h.dump(table)
	}
	return out
}

// dump is every cell of a table.
func (h *house) dump(table string) []byte {
	h.t.Helper()
	rows, err := h.a.DB.Raw("SELECT * FROM " + table).Rows()
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	var out bytes.Buffer
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			h.t.Fatal(err)
		}
		for _, c := range cells {
			switch v := (*c.(*any)).(type) {
			case []byte:
				out.Write(v)
			default:
				fmt.Fprint(&out, v)
			}
			out.WriteByte('\n')
		}
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return out.Bytes()
}

// leaks tells which needles are in which places, as they are or as they might be written.
func leaks(places map[string][]byte, needles map[string]string) (found []string) {
	for what, needle := range needles {
		quoted := fmt.Sprintf("%q", needle)
		for _, form := range []string{
			needle, hex.EncodeToString([]byte(needle)), base64.StdEncoding.EncodeToString([]byte(needle)), base64.RawURLEncoding.EncodeToString([]byte(needle)),
			url.QueryEscape(needle), quoted[1 : len(quoted)-1],
		} {
			for where, hay := range places {
				if len(needle) < 8 {
					found = append(found, what+" is too short to be looked for")
				}
				if bytes.Contains(hay, []byte(form)) {
					found = append(found, what+" is in "+where)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// selfCheck plants every needle in every sort of place, for real, and demands that it is found there.
func (h *house) selfCheck(clean map[string][]byte) {
	h.t.Helper()
	if len(clean) < 40 || len(clean["table users"]) == 0 || len(clean["log"]) == 0 {
		h.t.Errorf("%d places were looked at", len(clean))
	}
	for what, needle := range h.needles {
		one := map[string]string{what: needle}
		h.a.Log.Info("planted", "x", needle, "hex", hex.EncodeToString([]byte(needle)))
		if len(leaks(map[string][]byte{"log": h.log.Bytes()}, one)) == 0 {
			h.t.Errorf("%s would not be found in the log", what)
		}
		cell := []byte(needle)
		h.write(func(tx *gorm.DB) error {
			return tx.Exec("UPDATE users SET name_enc = ?", cell).Error
		})
		if len(leaks(map[string][]byte{"users": h.dump("users")}, one)) == 0 {
			h.t.Errorf("%s would not be found in a table", what)
		}
	}
}
