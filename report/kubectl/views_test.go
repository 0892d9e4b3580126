package kubectl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"clustersim/model"
)

// recordedCase is a folder of testdata/recorded.
type recordedCase struct {
	name  string
	Start time.Time `json:"start"`
	Views []struct {
		T       float64 `json:"t"`
		Command string  `json:"command"`
		Output  string  `json:"output"`
	} `json:"views"`
	// Unrecorded are objects that the recording left out and the views show.
	Unrecorded []json.RawMessage `json:"unrecorded"`
	records    []watchRecord
}

type watchRecord struct {
	T    float64         `json:"t"`
	Kind string          `json:"kind"`
	Verb string          `json:"verb"`
	Obj  json.RawMessage `json:"obj"`
}

func loadCases(t *testing.T) []recordedCase {
	t.Helper()
	dirs, err := filepath.Glob("testdata/recorded/*/views.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no recorded cases: %v", err)
	}
	cases := []recordedCase{}
	for _, path := range dirs {
		c := recordedCase{name: filepath.Base(filepath.Dir(path))}
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.records = loadRecords(t, filepath.Join(filepath.Dir(path), "recorded.jsonl.gz"))
		cases = append(cases, c)
	}
	return cases
}

func loadRecords(t *testing.T, path string) []watchRecord {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	records := []watchRecord{}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var r watchRecord
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return records
}

// at folds the records up to a moment.
func (c *recordedCase) at(t *testing.T, moment float64) *Cluster {
	t.Helper()
	type id struct{ kind, namespace, name string }
	now := map[id]model.Object{}
	for _, r := range c.records {
		if r.T > moment {
			break
		}
		k := model.FindKind(r.Kind)
		if k == nil {
			t.Fatalf("unknown kind %q", r.Kind)
		}
		o := k.New()
		if err := json.Unmarshal(r.Obj, o); err != nil {
			t.Fatal(err)
		}
		if r.Verb == "DELETED" {
			delete(now, id{r.Kind, o.GetNamespace(), o.GetName()})
		} else {
			now[id{r.Kind, o.GetNamespace(), o.GetName()}] = o
		}
	}
	for _, text := range c.Unrecorded {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(text, &head); err != nil {
			t.Fatal(err)
		}
		o := model.FindKind(head.Kind).New()
		if err := json.Unmarshal(text, o); err != nil {
			t.Fatal(err)
		}
		now[id{head.Kind, o.GetNamespace(), o.GetName()}] = o
	}
	cluster := &Cluster{Now: c.Start.Add(time.Duration(moment * float64(time.Second)))}
	for _, o := range now {
		cluster.Objects = append(cluster.Objects, o)
	}
	return cluster
}

// run takes a command line apart as the recorded ones need it.
func run(t *testing.T, c *Cluster, namespace, command string) string {
	t.Helper()
	words := strings.Fields(command)
	r := Request{Namespace: namespace}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-o":
			i++
			r.Output = words[i]
		case "-l":
			i++
			r.Selector = words[i]
		case "--field-selector":
			i++
			r.FieldSelector = words[i]
		case "--sort-by":
			i++
			r.SortBy = words[i]
		case "-A":
			r.AllNamespaces = true
		case "--show-labels":
			r.ShowLabels = true
		case "--no-headers":
			r.NoHeaders = true
		default:
			r.Args = append(r.Args, words[i])
		}
	}
	var out bytes.Buffer
	do := map[string]func() error{
		"get":      func() error { return Get(&out, c, r) },
		"describe": func() error { return Describe(&out, c, r) },
		"events":   func() error { return Events(&out, c, r) },
	}[words[0]]
	if err := do(); err != nil {
		out.WriteString(err.Error() + "\n")
	}
	return out.String()
}

// forms replaces what must differ between two runs by its form.
var forms = []struct {
	pattern *regexp.Regexp
	form    string
}{
	{regexp.MustCompile(`(Image ID|Container ID|ProviderID):.*`), "$1: ID"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UID"},
	{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`), "IP"},
	{regexp.MustCompile(`80:\d{5}/TCP|\d{5}/TCP`), "NODEPORT"},
	{regexp.MustCompile(`"resourceVersion": "\d+"`), `"resourceVersion": "N"`},
	{regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \S+`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\b0/\d+ nodes are available: .*`), "0/N nodes are available"},
	{regexp.MustCompile(`-[bcdf0-9][bcdf0-9a-z]{5,9}-[bcdfghjklmnpqrstvwxz2456789]{5}\b`), "-HASH-XXXXX"},
	{regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}\b`), "-XXXXX"},
}

var isDuration = regexp.MustCompile(`^\(?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\)?$`)

// seconds returns -1 for a word that is no duration.
func seconds(word string) int {
	m := isDuration.FindStringSubmatch(word)
	if m == nil || strings.Join(m[1:], "") == "" {
		return -1
	}
	total := 0
	for i, unit := range []int{86400, 3600, 60, 1} {
		n, _ := strconv.Atoi(m[i+1])
		total += n * unit
	}
	return total
}

func wordsOf(line string) []string {
	for _, f := range forms {
		line = f.pattern.ReplaceAllString(line, f.form)
	}
	return strings.Fields(line)
}

// agree compares two lines word by word; durations may differ by 3 s or 10 %, and those of nodes, which were there before
// the case began, by anything.
func agree(a, b []string, anyAge bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		p, q := seconds(a[i]), seconds(b[i])
		if p < 0 || q < 0 || (!anyAge && max(p-q, q-p) > max(3, p/10)) {
			return false
		}
	}
	return true
}

// agreement is the length of the longest common run of lines, with gaps.
func agreement(a, b [][]string, anyAge bool) int {
	best := make([][]int, len(a)+1)
	for i := range best {
		best[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			best[i+1][j+1] = max(best[i][j+1], best[i+1][j])
			if agree(a[i], b[j], anyAge) {
				best[i+1][j+1] = max(best[i+1][j+1], best[i][j]+1)
			}
		}
	}
	return best[len(a)][len(b)]
}

// differences lists the lines of each side that have no equal on the other.
func differences(a, b [][]string, anyAge bool) string {
	missing := func(mark string, from, in [][]string) string {
		text := ""
	next:
		for _, x := range from {
			for _, y := range in {
				if agree(x, y, anyAge) {
					continue next
				}
			}
			text += mark + strings.Join(x, " ") + "\n"
		}
		return text
	}
	return missing("kubectl: ", a, b) + missing("here:    ", b, a)
}

func linesOf(text string, sorted bool) [][]string {
	lines := [][]string{}
	for _, l := range strings.Split(text, "\n") {
		if w := wordsOf(l); len(w) > 0 {
			lines = append(lines, w)
		}
	}
	if sorted {
		sort.SliceStable(lines, func(i, j int) bool { return strings.Join(lines[i], " ") < strings.Join(lines[j], " ") })
	}
	return lines
}

// TestViewsOfRealKubectl prints the recorded objects and compares with what real kubectl printed in another run. The runs
// fall apart by fractions of a second, so a few lines may differ.
func TestViewsOfRealKubectl(t *testing.T) {
	good, total := 0, 0
	for _, c := range loadCases(t) {
		for _, v := range c.Views {
			got := run(t, c.at(t, v.T), c.name, v.Command)
			sorted := strings.HasPrefix(v.Command, "get ") && !strings.Contains(v.Command, "-o json")
			a, b := linesOf(v.Output, sorted), linesOf(got, sorted)
			hit, n := agreement(a, b, strings.Contains(v.Command, " node")), max(len(a), len(b))
			good, total = good+hit, total+n
			if hit < n {
				t.Logf("%s at %gs: %s: %d of %d lines\n%s", c.name, v.T, v.Command, hit, n, differences(a, b, strings.Contains(v.Command, " node")))
			}
		}
	}
	t.Logf("%d of %d lines agree (%.2f %%)", good, total, 100*float64(good)/float64(total))
	if total == 0 || float64(good) < 0.95*float64(total) {
		t.Errorf("%d of %d lines agree, want at least 95 %%", good, total)
	}
}
