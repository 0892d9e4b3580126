package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"clustersim/report"
	"clustersim/scenarios"
)

// testReport is another form of the outcome of `simulate test`. Nothing in it depends on the machine.
type testReport interface {
	broken(b badScenario)
	tell(t *scenarios.Tried)
	close(a *app) error
}

// openReports reads --report.
func (f *testFlags) openReports() (list []testReport, err error) {
	for _, r := range f.reports {
		kind, file, _ := strings.Cut(r, "=")
		switch {
		case kind == "github" && file == "":
			list = append(list, &githubReport{})
		case kind == "junit" && file != "":
			list = append(list, &junitReport{file: file})
		case kind == "json" && file != "":
			list = append(list, &jsonReport{file: file, Items: []jsonItem{}})
		default:
			return nil, usagef("--report %s: must be junit=FILE, json=FILE or github", r)
		}
	}
	return list, nil
}

// writeReport writes a report, making its directory; - is standard output.
func writeReport(a *app, name string, data []byte) error {
	if name == "-" {
		_, err := a.out.Write(data)
		return err
	}
	if dir := filepath.Dir(name); dir != "." {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	return os.WriteFile(name, data, 0o666)
}

// githubReport prints workflow commands, which GitHub shows beside the lines of the scenario.
type githubReport struct{ lines []string }

// escape writes a text as workflow commands want it; properties want more.
func escape(s string, property bool) string {
	s = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
	if property {
		s = strings.NewReplacer(":", "%3A", ",", "%2C").Replace(s)
	}
	return s
}

// annotate adds an ::error with a place file:line:col.
func (g *githubReport) annotate(place, title, text string) {
	where := ""
	if parts := strings.Split(place, ":"); len(parts) >= 3 {
		n := len(parts)
		where = fmt.Sprintf("file=%s,line=%s,col=%s,", escape(strings.Join(parts[:n-2], ":"), true), parts[n-2], parts[n-1])
	}
	g.lines = append(g.lines, fmt.Sprintf("::error %stitle=%s::%s", where, escape(title, true), escape(text, false)))
}

func (g *githubReport) broken(b badScenario) {
	for _, p := range b.problems.Errors() {
		text := p.Message
		if p.Hint != "" {
			text += " (" + p.Hint + ")"
		}
		g.annotate(p.Place.String(), b.name, text)
	}
}

func (g *githubReport) tell(t *scenarios.Tried) {
	for _, e := range t.Executions {
		for i := range e.Checks {
			if v := &e.Checks[i]; v.Outcome != report.Passed {
				g.annotate(v.Place, t.Name+": "+v.Name, failureText(v))
			}
		}
	}
	for i := range t.Thresholds {
		if th := &t.Thresholds[i]; !th.Passed {
			g.annotate(th.Place, t.Name+": "+th.Metric, th.Text+": "+th.Shown)
		}
	}
	if t.Err != nil {
		g.annotate(t.Scenario.File+":1:1", t.Name, t.Err.Error())
	}
}

func (g *githubReport) close(a *app) error {
	for _, l := range g.lines {
		fmt.Fprintln(a.out, l)
	}
	return nil
}

// failureText is what is known of a failure, in lines.
func failureText(v *report.CheckResult) string {
	var b strings.Builder
	writeFailure(&b, v, "")
	return strings.TrimRight(b.String(), "\n")
}

// junitReport is the XML that CI systems read: a suite for each scenario, a case for each check, seconds of simulated time.
type junitReport struct {
	file   string
	suites []junitSuite
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	File     string      `xml:"file,attr,omitempty"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure,omitempty"`
	Error   *junitProblem `xml:"error,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (j *junitReport) broken(b badScenario) {
	var text strings.Builder
	_ = b.problems.Errors().Format(&text, 0)
	j.suites = append(j.suites, junitSuite{Name: b.name, File: b.name, Tests: 1, Errors: 1, Time: "0.000",
		Cases: []junitCase{{Class: b.name, Name: "read", Time: "0.000", Error: &junitProblem{"the scenario cannot be read", text.String()}}}})
}

func (j *junitReport) tell(t *scenarios.Tried) {
	s := junitSuite{Name: t.Name, File: t.Scenario.File, Time: fmt.Sprintf("%.3f", t.Time().Seconds())}
	add := func(c junitCase) {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
		s.Cases = append(s.Cases, c)
	}
	for _, e := range t.Executions {
		for i := range e.Checks {
			v := &e.Checks[i]
			c := junitCase{Class: t.Name, Name: v.Name, Time: fmt.Sprintf("%.3f", max(0, v.At).Seconds())}
			if len(t.Executions) > 1 {
				c.Name = fmt.Sprintf("run %d: %s", e.Run, c.Name)
			}
			if v.Outcome != report.Passed {
				c.Failure = &junitProblem{v.Message, failureText(v)}
			}
			add(c)
		}
	}
	for i := range t.Thresholds {
		th := &t.Thresholds[i]
		c := junitCase{Class: t.Name, Name: th.Metric + ": " + th.Text, Time: "0.000"}
		if !th.Passed {
			c.Failure = &junitProblem{th.Shown, th.Place + "\nreplay   " + th.Replay}
		}
		add(c)
	}
	if t.Err != nil {
		add(junitCase{Class: t.Name, Name: "run", Time: "0.000", Error: &junitProblem{"the run could not finish", t.Err.Error()}})
	}
	if s.Tests == 0 {
		add(junitCase{Class: t.Name, Name: "run", Time: s.Time})
	}
	j.suites = append(j.suites, s)
}

func (j *junitReport) close(a *app) error {
	all := junitSuites{Suites: j.suites}
	for i := range j.suites {
		all.Tests, all.Failures, all.Errors = all.Tests+j.suites[i].Tests, all.Failures+j.suites[i].Failures, all.Errors+j.suites[i].Errors
	}
	out, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return writeReport(a, j.file, append([]byte(xml.Header), append(out, '\n')...))
}

// jsonReport is the outcome as one object.
type jsonReport struct {
	file  string
	Items []jsonItem
}

type jsonItem struct {
	Name       string          `json:"name"`
	File       string          `json:"file"`
	Outcome    report.Outcome  `json:"outcome"`
	Error      string          `json:"error,omitempty"`
	Runs       []jsonRun       `json:"runs"`
	Thresholds json.RawMessage `json:"thresholds"`
}

type jsonRun struct {
	Seed    uint64          `json:"seed"`
	Seconds float64         `json:"seconds"`
	Digest  string          `json:"digest"`
	Checks  json.RawMessage `json:"checks"`
}

func (j *jsonReport) broken(b badScenario) {
	var text strings.Builder
	_ = b.problems.Errors().Format(&text, 0)
	j.Items = append(j.Items, jsonItem{Name: b.name, File: b.name, Outcome: report.Failed, Error: text.String(), Runs: []jsonRun{}, Thresholds: json.RawMessage("[]")})
}

func (j *jsonReport) tell(t *scenarios.Tried) {
	item := jsonItem{Name: t.Name, File: t.Scenario.File, Outcome: report.Passed, Runs: []jsonRun{}, Thresholds: report.ThresholdsJSON(t.Thresholds)}
	if t.Failed() {
		item.Outcome = report.Failed
	}
	if t.Err != nil {
		item.Error = t.Err.Error()
	}
	for _, e := range t.Executions {
		item.Runs = append(item.Runs, jsonRun{e.Seed, e.Time.Seconds(), e.Digest, report.ChecksJSON(e.Checks)})
	}
	j.Items = append(j.Items, item)
}

func (j *jsonReport) close(a *app) error {
	out, err := json.MarshalIndent(map[string]any{"apiVersion": report.APIVersion, "kind": "TestResult", "items": j.Items}, "", "  ")
	if err != nil {
		return err
	}
	return writeReport(a, j.file, append(out, '\n'))
}
