package vault_test

import (
	"strings"
	"testing"

	"baodao/service/vault"
)

// form is one string as people type it, and what it stands for; "" when it is refused.
type form struct{ in, want string }

func check(t *testing.T, canonical func(string) (string, bool), forms []form) {
	t.Helper()
	for _, f := range forms {
		got, ok := canonical(f.in)
		if ok != (f.want != "") || ok && got != f.want {
			t.Errorf("%+q: %+q %v, want %+q", f.in, got, ok, f.want)
			continue
		}
		if again, ok2 := canonical(got); ok && (!ok2 || again != got) {
			t.Errorf("%+q: canonical once is %+q, twice %+q", f.in, got, again)
		}
	}
}

func TestCanonicalNames(t *testing.T) {
	t.Parallel()
	check(t, vault.Name, []form{
		{"王小明", "王小明"},
		{"  王小明\t", "王小明"},
		{"\u3000王小明\u3000", "王小明"},
		{"𠮷田", "𠮷田"},
		{"𠮶田", "𠮶田"},
		{"㛃", "㛃"},
		{"阿卜杜拉·买买提", "阿卜杜拉·买买提"},
		{"阿卜杜拉•买买提", "阿卜杜拉·买买提"},
		{"阿卜杜拉・买买提", "阿卜杜拉·买买提"},
		{"O'Brien", "O'Brien"},
		{"O’Brien", "O'Brien"},
		{"Anne-Marie Dupont", "Anne-Marie Dupont"},
		{"Jose\u0301", "Jos\u00e9"},
		{"Jos\u00e9", "Jos\u00e9"},
		{"\u212b", "\u00c5"},
		{"བསྟན་འཛིན", ""}, // the tsheg is punctuation
		{"བསྟན འཛིན", "བསྟན འཛིན"},
		{"ئابدۇللا", "ئابدۇللا"},
		{"李4", "李4"},
		{strings.Repeat("王", 50), strings.Repeat("王", 50)},
		{strings.Repeat("王", 51), ""},
		{"", ""},
		{"   ", ""},
		{"王  明", ""},
		{"王\u3000明", ""},
		{"王\u200b明", ""},
		{"王\ufeff明", ""},
		{"王\u202e明", ""},
		{"王\u00ad明", ""},
		{"王\ufe0f明", ""},
		{"葛\U000e0100", ""},
		{"王\u034f明", ""},
		{"王\u3164明", ""},
		{"王\u115f", ""},
		{"王\ue000", ""},
		{"王\n明", ""},
		{"王\x00明", ""},
		{"\xff\xfe", ""},
		{"王😀", ""},
		{"<script>", ""},
		{"王,明", ""},
		{"=cmd", ""},
		{"@SUM(A1)", ""},
		{"· · ·", ""},
		{"---", ""},
		{"'", ""},
		{"\u0301", ""},
	})
}

func TestCanonicalStudentNumbers(t *testing.T) {
	t.Parallel()
	check(t, vault.Number, []form{
		{"202300017", "202300017"},
		{" 2023 0001 7 ", "202300017"},
		{"２０２３０００１７", "202300017"},
		{"s2023-17", "S2023-17"},
		{"ｓ２０２３", "S2023"},
		{"2023\t17", "202317"},
		{"2023\u300017", "202317"},
		{strings.Repeat("9", 32), strings.Repeat("9", 32)},
		{strings.Repeat("9", 33), ""},
		{"", ""},
		{"-17", ""},
		{"17/2", ""},
		{"学号17", ""},
		{"17\u200b", ""},
		{"=1+1", ""},
		{"17;DROP", ""},
		{"①②", "12"},
	})
}

func TestCanonicalPhoneNumbers(t *testing.T) {
	t.Parallel()
	check(t, vault.PhoneNumber, []form{
		{"13812340001", "+8613812340001"},
		{"138 1234 0001", "+8613812340001"},
		{"138-1234-0001", "+8613812340001"},
		{"+86 138 1234 0001", "+8613812340001"},
		{"0086 138 1234 0001", "+8613812340001"},
		{"１３８１２３４０００１", "+8613812340001"},
		{"(+852) 9123 4567", "+85291234567"},
		{"+1 (415) 555-2671", "+14155552671"},
		{"", ""},
		{"12345", ""},
		{"053188881234", ""},
		{"+0123456789", ""},
		{"1381234000a", ""},
		{"+8613812340001;ext=1", ""},
		{"+1234567890123456", ""},
	})
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{vault.MaskName("王小明"), "王*"},
		{vault.MaskName("𠮷田"), "𠮷*"},
		{vault.MaskName(""), ""},
		{vault.MaskPhone("+8613812340001"), "138****0001"},
		{vault.MaskPhone(""), ""},
		{vault.MaskPhone("+85291234567"), "+85****4567"},
		{vault.MaskNumber("202300017"), "2023****17"},
		{vault.MaskNumber("1234"), "****"},
		{vault.MaskNumber("12345"), "123****45"},
		{vault.MaskNumber(""), "****"},
	} {
		if c.got != c.want {
			t.Errorf("have %q, want %q", c.got, c.want)
		}
	}
}

func FuzzCanonicalForms(f *testing.F) {
	for _, s := range []string{"王小明", "Jose\u0301", "13812340001", "s 2023-17", "\u212b", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, canonical := range map[string]func(string) (string, bool){"name": vault.Name, "number": vault.Number, "phone": vault.PhoneNumber} {
			if once, ok := canonical(s); ok {
				if twice, ok := canonical(once); !ok || twice != once {
					t.Errorf("%s %+q: once %+q, twice %+q %v", name, s, once, twice, ok)
				}
			}
		}
	})
}
