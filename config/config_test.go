package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baodao/config"
)

func TestWithNothingSetItStartsOnSQLiteWithASimulatedWeChatAndItsOwnKeys(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	c, err := config.Load([]string{"BAODAO_DATA=" + data})
	if err != nil {
		t.Fatal(err)
	}
	if c.DatabaseURL != "sqlite:"+filepath.Join(data, "baodao.db") || !c.WeChat.Simulated || !c.Keys.Generated {
		t.Fatalf("%+v", c)
	}
	info, err := os.Stat(filepath.Join(data, "keys.env"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v %v", info, err)
	}
	again, err := config.Load([]string{"BAODAO_DATA=" + data})
	if err != nil || !slices.Equal(again.Keys.Code, c.Keys.Code) || again.Keys.Token.Current != "k1" {
		t.Fatal("the second start reads other keys", err)
	}
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{
		"BAODAO_ADDR=nowhere", "BAODAO_DB=postgres:x", "BAODAO_ENV=prod", "BAODAO_MAX_IN_FLIGHT=0", "BAODAO_TRUSTED_PROXIES=proxy",
		"BAODAO_WECHAT_SECRET=s", "BAODAO_DRAIN_TIMEOUT=fast", "BAODAO_SPELLING=1", "BAODAO_CODE_KEY_FILE=/does/not/exist", "BAODAO_INDEX_KEY=xyz", "OTHER=1", "BAODAO_REVIEW_DAYS=0",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"BAODAO_ADDR", "BAODAO_DB", "BAODAO_ENV", "BAODAO_TRUSTED_PROXIES", "BAODAO_WECHAT_APPID", "BAODAO_DRAIN_TIMEOUT", "BAODAO_MAX_IN_FLIGHT",
		"BAODAO_SPELLING", "BAODAO_CODE_KEY_FILE", "BAODAO_INDEX_KEY", "BAODAO_REVIEW_DAYS",
	} {
		if strings.Count(err.Error(), want+" ")+strings.Count(err.Error(), want+":") != 1 {
			t.Errorf("%s is not reported once in:\n%v", want, err)
		}
	}
}

func TestProductionRefusesWhatIsOnlyGoodForTrying(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"BAODAO_ENV=production", "BAODAO_DATA=" + t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "simulated WeChat") || strings.Count(err.Error(), "generated keys") != 7 {
		t.Fatal(err)
	}
	same := strings.Repeat("ab", 32)
	_, err = config.Load([]string{"BAODAO_CODE_KEY=" + same, "BAODAO_INVITE_KEY=" + same, "BAODAO_DATA=" + t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "the same key") {
		t.Fatal(err)
	}
}

func TestASecretMayComeFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(file, []byte(strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load([]string{"BAODAO_DATA=" + t.TempDir(), "BAODAO_CODE_KEY_FILE=" + file})
	if err != nil || len(c.Keys.Code) != 32 || c.Keys.Code[0] != 0xab {
		t.Fatal(err)
	}
	if _, err := config.Load([]string{"BAODAO_CODE_KEY_FILE=" + file, "BAODAO_CODE_KEY=" + strings.Repeat("cd", 32)}); err == nil {
		t.Fatal("both forms of one secret are accepted")
	}
}

func TestKeyRings(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("aa", 32), strings.Repeat("bb", 32)
	c, err := config.Load([]string{"BAODAO_DATA=" + t.TempDir(), "BAODAO_TOKEN_KEYS=new:" + a + ",old:" + b})
	if err != nil || c.Keys.Token.Current != "new" || len(c.Keys.Token.Keys) != 2 {
		t.Fatal(err)
	}
	for _, bad := range []string{a, "x:" + a[:62], "x:" + a + ",x:" + b, "bad id:" + a} {
		if _, err := config.Load([]string{"BAODAO_DATA=" + t.TempDir(), "BAODAO_TOKEN_KEYS=" + bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestTheExampleNamesEverySetting(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("example.env")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimPrefix(line, "#")
		if name, _, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "BAODAO_") {
			have = append(have, name)
		}
	}
	want := slices.Sorted(slices.Values(config.Names()))
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Fatalf("example.env has\n%v\nthe program reads\n%v", have, want)
	}
}
