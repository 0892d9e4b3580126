package model

import "testing"

// yamlCases are documents with every construct that the readers treat in a way of their own, right and wrong ones.
var yamlCases = []string{
	"", "\n", "# only\n", "a: 1\n", "a: 1", "a:\n", "a:\n  b:\n", "a:\n- b\n- c\n", "a:\n  - b\n  - c\n", "- a\n- b\n",
	"- - a\n  - b\n- c\n", "- a: 1\n  b: 2\n- a: 3\n", "-\n  a: 1\n-\n  b: 2\n", "- \n- x\n", "a:   \n  b:  1  \n", "a: b # c\n", "a: b#c\n", "a: 'b' # c\n",
	"a: 'b'# c\n", "a: \"b\"#c\n", "a: ''\n", "a: 'it''s'\n", "a: \"x\\ny\\t\\\"z\\\\\"\n", "a: \"\\u00e9\"\n", "a: \"\\x41\"\n", "a: \"\\/\"\n",
	"a: yes\nb: on\nc: Off\nd: y\ne: N\nf: TRUE\ng: truE\n", "a: ~\nb: null\nc: Null\nd:\n", "a: 0x1F\nb: 0o17\nc: 017\nd: 0b101\ne: 1_000\nf: +5\ng: -0\nh: 08\n",
	"a: 1.5\nb: .5\nc: 1.\nd: 1e3\ne: 1e400\nf: 1.0\ng: -1.5e-7\nh: 1e21\ni: 123456789012345678901234567890\n", "a: .inf\n", "a: -.nan\n", "a: 2001-01-01\nb: 2001-01-01T00:00:00Z\n",
	"a: 9223372036854775807\nb: 9223372036854775808\nc: 18446744073709551615\nd: 18446744073709551616\ne: -9223372036854775808\n",
	"1: a\n", "1.5: a\n", "true: a\n", "yes: a\n", "null: a\n", "~: a\n", "? a\n: b\n", "[a, b]: c\n", "'1': a\n", "\"a b\": c\n", "a b: c\n", "18446744073709551615: a\n", "1.0: a\n", ".inf: a\n",
	"a: {}\n", "a: []\n", "a: {b: c, d: [1, 2, {e: f}]}\n", "a: [a,b]\n", "a: [a , b ]\n", "a: {\"b\":1}\n", "a: {b:1}\n", "a: [a: b]\n", "a: [http://x]\n", "a: {b: }\n", "a: {b}\n", "a: [a,]\n", "a: [,a]\n", "a: [\n b\n]\n",
	"{a: b}\n", "{\"a\": {\"b\": [1, 2.5, true, null, \"x\"]}}\n", "[a]\n", "a: {b: c} # d\n", "a: {b: c} d\n", "a: [x y, z]\n", "a: [-1, --x, -x]\n", "a: [- x]\n", "a: {b: 'c, d'}\n", "a: [yes, no]\n", "a: {yes: 1}\n", "a: [1}\n",
	"a: |\n  x\n  y\nb: 1\n", "a: |-\n  x\n\n\nb: 1\n", "a: |\n  x\n    y\n\n  z\n", "a: |\n\n  x\n", "a: |\n   \n  x\n", "a: |+\n  x\n\n", "a: |2\n   x\n", "a: |\nb: 1\n", "a: |\n  x", "a: |\n  # no comment\n# comment\nb: 1\n",
	"a: |\n  x\n # comment\nb: 1\n", "a: |\n\tx\n", "a: |\n  \tx\n", "- |\n  x\n- |-\n  y\n", "- |\n x\n", "- a: |\n    x\n  b: 1\n", "a: | # c\n  x\n", "a: |#c\n  x\n", "a: >\n  x\n  y\n", "a: |\n  x\n\n   \n", "a: |\n",
	"a: b\n  c\n", "a:\n  b\n  c\n", "a: 'b\n  c'\n", "a: \"b\n  c\"\n", "a: b: c\n", "a: b:\n", "a: - b\n", "a:b\n", "a\n", "a\nb: 1\n", "a: 1\n b: 2\n", " a: 1\nb: 2\n", "a: 1\n- b\n", "- a\nb: 1\n", "a:\n - b\nc: 1\n", "a:\n- b\n - c\n",
	"a: &x 1\nb: *x\n", "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "a: &x [*x]\n", "a: *x\n", "a: !!str 1\n", "a: !!int '1'\n", "a: !foo b\n", "a: !!binary aGk=\n", "a: @x\n", "a: `x`\n", "a: %x\n", "a: ,x\n", "a: x,y\n", "a: ?x\n", "a: ? x\n", "a: :x\n", "a: -\n", "a: --x=y\n", "a: -x\n",
	"a:\tb\n", "a: \tb\n", "\ta: b\n", "a: b\t\n", "a: b\t# c\n", "a: 'b\tc'\n", "# a\tb\na: 1\n", "a: 1\r\nb: 2\r\n", "a: 1 # x\u0085b: 2\n", "a: x\u2028y\n", "a: \u00e9\u4e16\u754c\n", "\ufeffa: 1\n", "a: \ufeffb\n", "a: \u00a0b\n",
	"a: 1\n...\nb: 2\n", "...\n", "%YAML 1.1\n", "a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "a: #x\n  b: 1\n", "a: # x\n  b: 1\n", "a:# x\n", "- # x\n  a: 1\n", "-# x\n", "a: \"b\" \n", "'a': 1\n\"b\": 2\n", "'a' : 1\n", "a : 1\n", "\"a\":1\n", "- 'a': 1\n", "- \"a\"\n", "- {a: 1}\n", "- [a]\n- b\n",
	"key with spaces: v\n", "a: b - c\n", "a: b [c]\n", "a: $(X)\n", "a: *\n", "a: x: \n", "a: 'x': y\n", "a:  # c\n- b\n", "a: |\n  x: [\n", "a: \"\n", "a: '\n", "<<: {a: 1}\n", "a: <<\n", "=: a\n", "a: =\n", "- -\n", "- - - a\n", "-  a: 1\n   b: 2\n", "a: 1 2 3\n", "a: 1_\n", "a: _1\n", "a: 0_7\n", "a: 0x\n", "a: 0b2\n", "a: 1__0\n",
}

// TestYAMLCases holds both readers to the library for every case.
func TestYAMLCases(t *testing.T) {
	fast := 0
	for _, doc := range yamlCases {
		if checkSameReading(t, doc) {
			fast++
		}
	}
	t.Logf("%d of %d by fastYAML", fast, len(yamlCases))
}

// TestFastYAMLReads keeps the fast reader from giving up at what manifests are made of.
func TestFastYAMLReads(t *testing.T) {
	for _, doc := range []string{
		"a: 1\n", "a:\n- b: 1\n  c: 'x'\n- d\n", "a: {b: c, \"d\": [1, x]}\n", "a: |\n  x\n\n  y\n", "# c\na: b # c\n\n", "a: \"x\\n\"\n", "- --flag=x\n", "a: \u00e9\n", "a: |-\n  tab\there\n",
	} {
		if _, ok := fastJSON(t, doc); !ok {
			t.Errorf("fastYAML gives up at %q", doc)
		}
	}
}
