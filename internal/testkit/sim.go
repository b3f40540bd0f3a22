package testkit

import (
	"bytes"
	"encoding/json"
	"net/http"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/vault"
)

// Sim is a WeChat simulator that a test has started.
type Sim struct{ URL, AdminKey string }

// Admin calls the simulator's admin API.
func (w *World) Admin(sim Sim, method, path string, body map[string]any) map[string]any {
	w.TB.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.TB.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.TB.Context(), method, sim.URL+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		w.TB.Fatal(err)
	}
	req.Header.Set("X-Sim-Key", sim.AdminKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.TB.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		w.TB.Fatalf("admin %s: %d %v %v", path, resp.StatusCode, out, err)
	}
	return out
}

// Known gives an account an openid that the simulator knows; the person is using the mini-program now.
func (w *World) Known(sim Sim, userID int64, name string) {
	w.TB.Helper()
	openID, ok := w.Admin(sim, http.MethodPost, "user", map[string]any{"name": name})["openid"].(string)
	if !ok {
		w.TB.Fatal("no openid")
	}
	err := atomic.Do(w.TB.Context(), w.DB, func(tx *gorm.DB) error {
		p, err := w.Vault.Person(tx, userID)
		if err != nil {
			return err
		}
		return tx.Model(&model.User{}).Where("id = ?", userID).Updates(map[string]any{
			"openid_enc": p.Seal(vault.OpenID, userID, openID), "openid_idx": w.Vault.Index(vault.OpenID, openID),
		}).Error
	})
	if err != nil {
		w.TB.Fatal(err)
	}
	w.OpenIDs[userID] = openID
}
