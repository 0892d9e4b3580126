// The rows of the lanes: groups, the pods of open groups, and the containers of the selected pod.

const groupings = {
  owner: {label: "owner", key: p => D.pods.owner[p] ? namespaced(p, D.strings[D.pods.owner[p]]) : namespaced(p, "pods without an owner")},
  node: {label: "node", key: p => D.pods.node[p] < 0 ? "no node" : D.nodes.name[D.pods.node[p]], node: true},
  namespace: {label: "namespace", key: p => D.pods.ns[p]},
  none: {label: "nothing", key: () => "all pods"},
};

const namespaced = (p, name) => (D.pods.ns[p] === "default" ? "" : D.pods.ns[p] + "/") + name;

const GROUP = 24, CLOSED = 44, POD = 20, LANE = 15;
// Groups of more pods than this are closed at first.
const OPEN_AT_MOST = 120, OPEN_IN_ALL = 800;

let groups = [];       // {name, pods, open, node}
let rows = [];         // {y, h, group, pod, lane}
let rowsHeight = 0;
const openGroups = new Map();

// podState is the number of the pod's segment at the instant, -1 without one.
function podSegment(p) {
  if (seen(D.pods.gone[p])) return -1;
  const at = D.seg.at[p], n = D.seg.at[p + 1] - at;
  const i = first(n, i => !seen(D.seg.from[at + i])) - 1;
  return i < 0 ? -1 : at + i;
}

// accepts says whether a pod passes search and filter.
function accepts() {
  const words = S.query.toLowerCase().split(/\s+/).filter(Boolean);
  return p => {
    if (words.length) {
      const node = D.pods.node[p];
      const text = (D.pods.ns[p] + "/" + D.pods.name[p] + " " + D.strings[D.pods.owner[p]] + " " + (node < 0 ? "" : D.nodes.name[node])).toLowerCase();
      if (!words.every(w => text.includes(w))) return false;
    }
    if (!S.states.size) return true;
    const k = podSegment(p);
    return k >= 0 && S.states.has(D.seg.state[k]);
  };
}

function buildGroups() {
  const by = new Map(), g = groupings[S.group], ok = accepts();
  if (g.node && !S.query && !S.states.size) D.nodes.name.forEach((name, i) => by.set(name, {name, pods: [], node: i}));
  for (let p = 0; p < D.pods.n; p++) {
    if (!ok(p)) continue;
    const key = g.key(p);
    if (!by.has(key)) by.set(key, {name: key, pods: [], node: g.node ? D.pods.node[p] : -1});
    by.get(key).pods.push(p);
  }
  groups = [...by.values()];
  let open = 0;
  for (const x of groups) {
    const id = S.group + "\n" + x.name;
    x.id = id;
    x.open = openGroups.has(id) ? openGroups.get(id) : x.pods.length <= OPEN_AT_MOST && open + x.pods.length <= OPEN_IN_ALL;
    if (x.open) open += x.pods.length;
  }
}

function buildRows() {
  rows = [];
  let y = 0;
  const put = (h, r) => { r.y = y; r.h = h; rows.push(r); y += h; };
  for (const g of groups) {
    put(g.open ? GROUP : CLOSED, {group: g, pod: -1, lane: -1});
    if (!g.open) continue;
    for (const p of g.pods) {
      put(POD, {group: g, pod: p, lane: -1});
      if (p === S.pod) D.lanes[p].forEach((_, i) => put(LANE, {group: g, pod: p, lane: i}));
    }
  }
  rowsHeight = y;
}

function toggleGroup(g) {
  openGroups.set(g.id, !g.open);
  changed("filter");
}

// reveal opens the group of a pod and returns the place of its row, -1 if it is filtered out.
function reveal(p) {
  const g = groups.find(g => g.pods.includes(p));
  if (!g) return -1;
  if (!g.open) { openGroups.set(g.id, true); g.open = true; buildRows(); }
  const r = rows.find(r => r.pod === p);
  return r ? r.y : -1;
}
