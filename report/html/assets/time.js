// What is shown: the instant, the selection, the filters. Whoever depends on it asks to be told with watch().

const S = {t: 0, from: 0, to: 1, pod: -1, object: -1, version: -1, query: "", states: new Set(), group: "owner", tab: "pods", ns: "", playing: false, speed: 0};

const watchers = [];
// watch tells f whenever one of the named parts has changed: t, view, selection, filter, tab.
function watch(parts, f) { watchers.push({parts: new Set(parts.split(" ")), f}); }

let dirty = new Set(), scheduled = false;
function changed(...parts) {
  for (const p of parts) dirty.add(p);
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(flush);
}
function flush() {
  scheduled = false;
  const now = dirty;
  dirty = new Set();
  for (const w of watchers) if ([...w.parts].some(p => now.has(p))) w.f();
  writeHash();
}

// The cluster at instant t is what was written before t, as with --at; at the end, everything.
const seen = at => at < S.t || at <= D.meta.end && S.t >= D.meta.end;

function setTime(t) {
  t = clamp(Math.round(t), 0, D.meta.end);
  if (t === S.t) return;
  S.t = t;
  changed("t");
}

// changes are all instants at which anything changed, in order.
let allChanges = null;
function changes() {
  if (allChanges) return allChanges;
  const parts = [D.seg.from, D.row.from, D.events.at];
  for (const list of D.lanes) for (const l of list) parts.push(l.from);
  for (const o of D.objects.list) parts.push(o.versions.map(v => v.at));
  for (let i = 0; i < D.nodes.seg.length; i += 4) parts.push([D.nodes.seg[i]]);
  parts.push(D.faults.map(f => f.at), D.faults.filter(f => f.to >= 0).map(f => f.to), D.checks.map(c => c.at));
  allChanges = distinct(parts);
  return allChanges;
}

function distinct(parts) {
  const all = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
  let n = 0;
  for (const p of parts) { all.set(p, n); n += p.length; }
  all.sort();
  return all.filter((t, i) => t >= 0 && (i === 0 || all[i - 1] !== t));
}

// podChanges are those of one pod.
function podChanges(p) {
  const parts = [D.seg.from.subarray(D.seg.at[p], D.seg.at[p + 1]), D.row.from.subarray(D.row.at[p], D.row.at[p + 1])];
  for (const l of D.lanes[p]) parts.push(l.from);
  for (let k = D.markAt[p]; k < D.markAt[p + 1]; k += 3) parts.push([D.marks[k]]);
  for (const o of D.objects.list) if (o.kind === "Pod" && o.name === D.pods.name[p] && o.ns === D.pods.ns[p]) parts.push(o.versions.map(v => v.at));
  return distinct(parts);
}

// step goes to just after the next change (by 1) or the one before (by -1); of the selected pod alone with own.
function step(by, own) {
  const list = own && S.pod >= 0 ? podChanges(S.pod) : changes();
  if (by > 0) {
    const i = first(list.length, i => list[i] >= S.t);
    setTime(i < list.length ? list[i] + 1 : D.meta.end);
  } else {
    const i = first(list.length, i => list[i] + 1 >= S.t) - 1;
    setTime(i >= 0 ? list[i] + 1 : 0);
  }
}

function select(pod) {
  S.pod = pod;
  S.version = -1;
  S.object = pod < 0 ? -1 : podObject(pod);
  changed("selection");
}

const firstTab = () => D.lesson ? "lesson" : "pods";

// Permalinks: #t=95s&pod=web. What is as it is at first is left out.
let hashWritten = "";
function writeHash() {
  const q = [];
  const put = (k, v) => q.push(k + "=" + encodeURIComponent(v).replace(/%2F/g, "/").replace(/%3A/g, ":"));
  if (S.t !== D.meta.end) put("t", exact(S.t));
  if (S.pod >= 0) put("pod", podLink(S.pod));
  else if (S.object >= 0) put("object", objectLink(D.objects.list[S.object]));
  if (S.tab !== firstTab()) put("tab", S.tab);
  if (S.query) put("q", S.query);
  if (S.group !== "owner") put("by", S.group);
  if (S.from > 0 || S.to < D.meta.end) put("view", exact(S.from) + ".." + exact(S.to));
  const text = q.length ? "#" + q.join("&") : "";
  if (text === hashWritten) return;
  hashWritten = text;
  try { history.replaceState(null, "", text || location.pathname + location.search); } catch { /* a page that may not be renamed stays as it is */ }
}

const podLink = p => (D.pods.ns[p] === "default" ? "" : D.pods.ns[p] + "/") + D.pods.name[p];
const objectLink = o => o.kind + "/" + (o.ns ? o.ns + "/" : "") + o.name;

function readHash() {
  const q = new URLSearchParams(location.hash.slice(1));
  const t = parseTime(q.get("t") || "");
  S.t = Number.isNaN(t) ? D.meta.end : clamp(t, 0, D.meta.end);
  if (q.has("by") && groupings[q.get("by")]) S.group = q.get("by");
  if (q.has("q")) S.query = q.get("q");
  if (q.has("tab") && tabs.some(x => x.id === q.get("tab"))) S.tab = q.get("tab");
  const view = (q.get("view") || "").split("..").map(parseTime);
  if (view.length === 2 && view[0] < view[1]) { S.from = Math.max(0, view[0]); S.to = Math.min(view[1], D.meta.end); }
  S.pod = -1;
  S.object = -1;
  if (q.has("pod")) {
    const want = q.get("pod");
    for (let p = 0; p < D.pods.n; p++) if (podLink(p) === want || D.pods.ns[p] + "/" + D.pods.name[p] === want) { S.pod = p; if (S.t < D.pods.gone[p] && S.t > D.pods.created[p]) break; }
    if (S.pod >= 0) S.object = podObject(S.pod);
  } else if (q.has("object")) {
    const o = D.objects.list.find(o => objectLink(o) === q.get("object"));
    if (o) S.object = o.id;
  }
  hashWritten = location.hash;
}
