package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a real Chromium that tests drive over a pipe, by its DevTools protocol: messages of JSON, each ended by a
// zero byte. It notes everything that a page says or asks for.
type browser struct {
	t       *testing.T
	out     io.WriteCloser
	session string
	next    int
	mu      sync.Mutex
	answers map[int]chan message
	wrong   []string
	asked   []string
}

type message struct {
	ID        int                       `json:"id,omitempty"`
	Method    string                    `json:"method,omitempty"`
	SessionID string                    `json:"sessionId,omitempty"`
	Params    any                       `json:"params,omitempty"`
	Result    json.RawMessage           `json:"result,omitempty"`
	Error     *struct{ Message string } `json:"error,omitempty"`
}

// chromiums are the names under which it is installed.
var chromiums = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// newBrowser starts a browser with one empty page of a size. Where there is none the test is skipped, and says so.
func newBrowser(t *testing.T, width, height int) *browser {
	t.Helper()
	path := ""
	for _, name := range chromiums {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skipf("no Chromium here (%s): the page is not tried in a browser", strings.Join(chromiums, ", "))
	}
	// Not t.TempDir: the browser's children may write there for a moment after its end, which is no failure of ours.
	profile, err := os.MkdirTemp("", "simulate-browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	c := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe",
		"--user-data-dir="+profile, "about:blank")
	theirIn, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.ExtraFiles = []*os.File{theirIn, theirOut} // they are its descriptors 3 and 4
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &browser{t: t, out: ours, answers: map[int]chan message{}}
	go b.read(answers)
	t.Cleanup(func() {
		_ = ours.Close()
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	var target struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	return b
}

func (b *browser) read(r io.Reader) {
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			message
			Params json.RawMessage `json:"params"`
		}
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if m.ID != 0 {
			b.answers[m.ID] <- m.message
		} else {
			b.note(m.Method, string(m.Params))
		}
		b.mu.Unlock()
	}
}

// note keeps what a page says, and what it asks for beyond itself.
func (b *browser) note(method, params string) {
	switch method {
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
		b.wrong = append(b.wrong, method+": "+params)
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		_ = json.Unmarshal([]byte(params), &p)
		b.asked = append(b.asked, p.Request.URL)
	}
}

// call asks the browser for something and waits for its answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.mu.Lock()
	b.next++
	id, answer := b.next, make(chan message, 1)
	b.answers[id] = answer
	b.mu.Unlock()
	text, err := json.Marshal(message{ID: id, Method: method, SessionID: b.session, Params: params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.out.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
	case <-time.After(90 * time.Second):
		b.t.Fatalf("%s: no answer", method)
	}
}

// eval runs JavaScript, waits for what it promises, and returns the text that it gives.
func (b *browser) eval(script string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s\n%s %s", script, r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	}
	return fmt.Sprint(r.Result.Value)
}

// open goes to a file and waits until the page is drawn.
func (b *browser) open(file string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": "file://" + filepath.ToSlash(file)}, nil)
	b.eval(`new Promise(done => { const look = () => document.documentElement?.dataset.ready && document.querySelector(".panel")?.children.length ? done("") : setTimeout(look, 5); look(); })`)
}

// key presses a key as a person would, and lets the page draw. Text is what it types, empty for others.
func (b *browser) key(key, text string, modifiers int) {
	b.t.Helper()
	p := map[string]any{"type": "keyDown", "key": key, "text": text, "modifiers": modifiers}
	b.call("Input.dispatchKeyEvent", p, nil)
	p["type"] = "keyUp"
	b.call("Input.dispatchKeyEvent", p, nil)
	b.eval("flush()")
}

// shot keeps a picture of the page where SIMULATE_SHOTS names a folder.
func (b *browser) shot(name string) {
	b.t.Helper()
	folder := os.Getenv("SIMULATE_SHOTS")
	if folder == "" {
		return
	}
	b.eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
	var picture struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": strings.HasSuffix(name, "-full")}, &picture)
	data, err := base64.StdEncoding.DecodeString(picture.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), data, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// clean fails the test if the page said anything or asked for anything but itself.
func (b *browser) clean(file string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.t.Error(w)
	}
	for _, u := range b.asked {
		if !strings.HasPrefix(u, "file://"+filepath.ToSlash(file)) {
			b.t.Errorf("the page asked for %s", u[:min(len(u), 200)])
		}
	}
}
