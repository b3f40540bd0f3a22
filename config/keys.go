package config

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// keyBytes is the length of every key.
const keyBytes = 32

// keyFile is where keys that nobody configured are kept, inside the data folder, readable by the owner only.
const keyFile = "keys.env"

// loadKeys takes each key from the settings, else from the key file, else makes it up and adds it to the key file.
// Production takes them from the settings only. Nothing is written unless mayWrite: when other settings are wrong, nothing starts.
func loadKeys(c *Config, r raw, mayWrite bool) (errs []error) {
	given := map[string]string{
		"TOKEN_KEYS": r.TokenKeys, "REFRESH_KEY": r.RefreshKey, "FIELD_KEYS": r.FieldKeys, "INDEX_KEY": r.IndexKey,
		"CODE_KEY": r.CodeKey, "INVITE_KEY": r.InviteKey, "CLIENT_KEY": r.ClientKey,
	}
	for _, name := range keyNames() {
		if given[name] != "" {
			continue
		}
		if c.Env == Production {
			errs = append(errs, fmt.Errorf("%s%s: production does not start with generated keys; set it or %s%s_FILE", Prefix, name, Prefix, name))
			continue
		}
		c.Keys.Generated = true
	}
	if c.Keys.Generated && mayWrite {
		if err := fillFromFile(filepath.Join(c.Data, keyFile), given); err != nil {
			return []error{err}
		}
	}
	errs = append(errs, c.Keys.parse(given)...)
	return append(errs, twice(given)...)
}

// twice finds keys that stand in more than one setting: one that leaks must not open another door.
func twice(given map[string]string) (errs []error) {
	seen := map[string]string{}
	for _, name := range keyNames() {
		for part := range strings.SplitSeq(given[name], ",") {
			_, key, ring := strings.Cut(strings.TrimSpace(part), ":")
			if !ring {
				key = part
			}
			if other := seen[key]; key != "" && other != "" {
				errs = append(errs, fmt.Errorf("%s%s: the same key as in %s%s; every key needs its own", Prefix, name, Prefix, other))
			}
			seen[key] = name
		}
	}
	return errs
}

func keyNames() []string {
	return []string{"TOKEN_KEYS", "REFRESH_KEY", "FIELD_KEYS", "INDEX_KEY", "CODE_KEY", "INVITE_KEY", "CLIENT_KEY"}
}

func (k *Keys) parse(given map[string]string) (errs []error) {
	var err error
	ring := func(name string) Ring {
		var r Ring
		if given[name] == "" {
			return r // said already, or made up when everything else is right
		}
		if r, err = parseRing(given[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s%s: %w", Prefix, name, err))
		}
		return r
	}
	single := func(name string) []byte {
		var b []byte
		if given[name] == "" {
			return b
		}
		if b, err = parseKey(given[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s%s: %w", Prefix, name, err))
		}
		return b
	}
	k.Token, k.Field = ring("TOKEN_KEYS"), ring("FIELD_KEYS")
	k.Refresh, k.Index, k.Code = single("REFRESH_KEY"), single("INDEX_KEY"), single("CODE_KEY")
	k.Invite, k.Client = single("INVITE_KEY"), single("CLIENT_KEY")
	return errs
}

func parseKey(s string) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != keyBytes {
		return nil, errors.New("want 64 hexadecimal digits")
	}
	return b, nil
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,16}$`)

// parseRing reads "new:HEX,old:HEX"; the first key is the current one.
func parseRing(s string) (Ring, error) {
	r := Ring{Keys: map[string][]byte{}}
	for part := range strings.SplitSeq(s, ",") {
		id, text, _ := strings.Cut(strings.TrimSpace(part), ":")
		key, err := parseKey(text)
		if err != nil || !keyID.MatchString(id) || r.Keys[id] != nil {
			return Ring{}, errors.New("want id:HEX[,id:HEX…], 64 hexadecimal digits each, the current key first, ids of 1-16 letters and digits")
		}
		if r.Current == "" {
			r.Current = id
		}
		r.Keys[id] = key
	}
	return r, nil
}

// fillFromFile completes given from the key file, and the key file from chance. Two processes that start at once agree:
// the file is written whole under another name and linked into place only if none is there yet.
func fillFromFile(path string, given map[string]string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	stored, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := writeKeyFile(path); err != nil {
			return err
		}
		stored, err = readKeyFile(path)
	}
	if err != nil {
		return err
	}
	for _, name := range keyNames() {
		if given[name] == "" {
			given[name] = stored[name]
		}
	}
	return nil
}

func readKeyFile(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read generated keys: %w", err)
	}
	stored := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			stored[strings.TrimPrefix(name, Prefix)] = value
		}
	}
	return stored, nil
}

func writeKeyFile(path string) error {
	var b strings.Builder
	b.WriteString("# Made up at the first start. Keep it secret and keep a copy: without it nobody can read the personal data.\n")
	for _, name := range keyNames() {
		id := ""
		if strings.HasSuffix(name, "_KEYS") {
			id = "k1:"
		}
		key := make([]byte, keyBytes)
		if _, err := rand.Read(key); err != nil {
			return fmt.Errorf("make keys: %w", err)
		}
		fmt.Fprintf(&b, "%s%s=%s%s\n", Prefix, name, id, hex.EncodeToString(key))
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "keys-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write generated keys: %w", err)
	}
	_, werr := tmp.WriteString(b.String())
	err = errors.Join(werr, tmp.Sync(), tmp.Close())
	if err == nil {
		if err = os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	return errors.Join(err, os.Remove(tmp.Name()))
}
