// The right-hand side: one panel of several, each drawn when it is in sight and what it depends on has changed.

const POD_ROWS = 1000;

const tabs = [
  {id: "lesson", label: "Lesson", draw: drawLesson, only: () => !!D.lesson},
  {id: "pods", label: "Pods", draw: drawPods},
  {id: "nodes", label: "Nodes", draw: drawNodes},
  {id: "object", label: "YAML", draw: drawObject},
  {id: "events", label: "Events", draw: drawEvents},
  {id: "why", label: "Why", draw: drawWhy},
  {id: "checks", label: "Checks", draw: drawChecks, only: () => D.checks.length > 0},
];

function makePanels() {
  const bar = el("div", {class: "tabs", role: "tablist"}), box = el("div", {class: "panel", role: "tabpanel", tabindex: "0"});
  const buttons = new Map();
  const shown = tabs.filter(t => !t.only || t.only());
  shown.forEach((t, i) => {
    const b = el("button", {role: "tab", type: "button", id: "tab-" + t.id, title: "key " + (i + 1), onclick: () => { S.tab = t.id; changed("tab"); }}, t.id === "lesson" ? word("tab") : t.label);
    buttons.set(t.id, b);
    bar.append(b);
  });
  bar.addEventListener("keydown", e => {
    const by = {ArrowLeft: -1, ArrowRight: 1}[e.key];
    if (!by) return;
    e.stopPropagation();
    const i = shown.findIndex(t => t.id === S.tab), next = shown[(i + by + shown.length) % shown.length];
    S.tab = next.id;
    buttons.get(next.id).focus();
    changed("tab");
  });
  const draw = () => {
    for (const [id, b] of buttons) { b.setAttribute("aria-selected", id === S.tab); b.tabIndex = id === S.tab ? 0 : -1; }
    box.id = "panel-" + S.tab;
    (shown.find(t => t.id === S.tab) || shown[0]).draw(box);
  };
  watch("t selection filter tab", draw);
  return [bar, box];
}

const nsFlag = ns => ns && ns !== "default" ? " -n " + ns : "";

// command is what prints the same in a terminal.
function command(text, atNow) {
  return "simulate " + text + " " + (D.meta.scenario || "-f FILE") + (atNow && S.t < D.meta.end ? " --at " + exact(S.t) : "");
}

function commandLine(text) {
  const line = command(text, true);
  return el("p", {class: "command"}, el("code", null, "$ " + line), copyButton(line));
}

function copyButton(text) {
  return el("button", {class: "small", type: "button", title: "Copy", onclick: async e => {
    const b = e.currentTarget;
    try { await navigator.clipboard.writeText(text); b.textContent = "Copied"; } catch { b.textContent = "Select and copy"; }
    setTimeout(() => { b.textContent = "Copy"; }, 1200);
  }}, "Copy");
}

function namespaces() {
  return [...new Set(D.pods.ns)].sort();
}

function drawPods(box) {
  const all = namespaces(), ns = S.ns, searched = S.query || S.states.size;
  const got = getPods(ns, POD_ROWS, searched ? accepts() : null);
  const select = el("select", {"aria-label": "namespace", onchange: e => { S.ns = e.target.value; changed("filter"); }},
    el("option", {value: "", selected: ns === ""}, "all namespaces"), all.map(n => el("option", {value: n, selected: n === ns}, n)));
  const pre = el("pre", {id: "get-pods", class: "kubectl"}, got.lines.map((l, i) => {
    if (got.empty || i === 0) return l + "\n";
    const p = got.pods[i - 1], k = podSegment(p);
    return el("span", {class: "line" + (p === S.pod ? " on" : "") + (k >= 0 ? " st" + D.seg.state[k] : ""), data: {pod: p}}, l + "\n");
  }));
  pre.addEventListener("click", e => {
    const line = e.target.closest(".line");
    if (line && !String(getSelection())) selectPod(+line.dataset.pod);
  });
  fill(box, el("div", {class: "row"}, all.length > 1 ? select : null, searched ? el("span", {class: "dim"}, "only those that match the search") : null),
    commandLine("get pods" + (ns ? nsFlag(ns) : " -A")), el("div", {class: "scroll"}, pre),
    got.left ? el("p", {class: "dim"}, "and " + plural(got.left, "more pod") + "; search to see fewer") : null);
}

function selectPod(p) {
  select(p);
  const y = reveal(p);
  if (y >= 0 && (y < gantt.box.scrollTop || y > gantt.box.scrollTop + gantt.height - 60)) gantt.box.scrollTop = Math.max(0, y - 60);
}

function drawObject(box) {
  const kinds = [...new Set(D.objects.list.map(o => o.kind))].sort();
  if (!kinds.length) { fill(box, el("p", {class: "dim"}, "This page holds no objects.")); return; }
  let o = S.object >= 0 ? D.objects.list[S.object] : null;
  const kind = S.kind && (!o || S.kind === o.kind) ? S.kind : o ? o.kind : kinds.includes("Pod") ? "Pod" : kinds[0];
  const list = D.objects.list.filter(x => x.kind === kind && (alive(x) || x === o)).sort((a, b) => (a.ns + "/" + a.name < b.ns + "/" + b.name ? -1 : 1));
  const missing = !o && S.pod >= 0 ? D.pods.name[S.pod] : "";
  if (!o && !missing && list.length) o = list[0];
  const pick = el("div", {class: "row"},
    el("select", {"aria-label": "kind", id: "kind", onchange: e => { S.kind = e.target.value; S.object = -1; S.pod = -1; changed("selection"); }}, kinds.map(k => el("option", {value: k, selected: k === kind}, k))),
    el("select", {"aria-label": "object", id: "object", onchange: e => selectObject(+e.target.value)},
      missing ? el("option", {value: -1, selected: true}, missing) : null,
      list.slice(0, 3000).map(x => el("option", {value: x.id, selected: x === o}, (x.ns && x.ns !== "default" ? x.ns + "/" : "") + x.name + (alive(x) ? "" : " (gone)")))));
  if (!o) {
    fill(box, pick, el("p", {class: "dim"}, missing ? "The page does not hold this object: the run is too large for all of them. This prints it:" : "There is no " + kind + " at this instant."), missing ? commandLine("get pod " + missing + nsFlag(D.pods.ns[S.pod]) + " -o yaml") : null);
    return;
  }
  const v = versionAt(o), x = v >= 0 ? o.versions[v] : null;
  const got = x && x.verb !== DELETED ? linesOf(o, v) : null, fresh = new Set(got ? got.fresh : []);
  fill(box, pick, commandLine("get " + o.resource + " " + o.name + (o.ns ? nsFlag(o.ns) : "") + " -o yaml"),
    !x ? el("p", {class: "dim"}, "It is created at ", timeLink(o.versions[0].at), ".") : x.verb === DELETED ? el("p", {class: "dim"}, "It was deleted at ", timeLink(x.at), ".") :
      el("p", {class: "dim"}, "Version " + (v + 1) + " of " + o.versions.length + ", written at ", timeLink(x.at), v > 0 ? "; what it changed is marked." : "."),
    D.meta.versionsUntil >= 0 && S.t > D.meta.versionsUntil ? el("p", {class: "warn"}, "Versions after " + short(D.meta.versionsUntil) + " are not in the page: the run is too long for all of them.") : null,
    got ? el("div", {class: "scroll"}, el("pre", {id: "yaml", class: "kubectl"}, got.lines.map((l, i) => v > 0 && fresh.has(i) ? el("mark", null, l + "\n") : l + "\n"))) : null);
}

const timeLink = at => el("button", {class: "link", type: "button", onclick: () => setTime(at + 1)}, short(at));

function drawChecks(box) {
  const passed = D.checks.filter(c => c.passed).length;
  fill(box, el("p", null, passed + " of " + plural(D.checks.length, "check") + " passed"), el("table", {class: "list"}, el("tbody", null, D.checks.map(c =>
    el("tr", {class: c.passed ? null : "warning"}, el("td", {class: "num"}, timeLink(c.at)), el("td", {class: "num"}, c.passed ? "✓ passed" : "✗ failed"), el("td", {class: "wide"}, c.name, c.text ? el("p", null, c.text) : null))))));
}
