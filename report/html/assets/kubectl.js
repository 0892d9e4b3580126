// What kubectl prints: the age of things, tables, and `kubectl get pods`.
// Source: k8s v1.36.3 staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go HumanDuration.

// humanDuration takes microseconds.
function humanDuration(us) {
  const seconds = Math.trunc(us / SECOND);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return seconds + "s";
  const both = (a, u, b, v) => a + u + (b ? b + v : "");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return both(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return minutes + "m";
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return both(hours, "h", minutes % 60, "m");
  if (hours < 48) return hours + "h";
  const days = Math.floor(hours / 24);
  if (hours < 192) return both(days, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return days + "d";
  if (hours < 24 * 365 * 8) return both(Math.floor(days / 365), "y", days % 365, "d");
  return Math.floor(days / 365) + "y";
}

// since is the time from a second of the API's clock to the instant that is shown.
const since = second => humanDuration(D.meta.start + S.t - second * SECOND);

// align writes rows as kubectl's table writer does: columns at least 6 wide, with 3 blanks between.
function align(rows) {
  const widths = [];
  for (const r of rows) for (let i = 0; i < r.length - 1; i++) widths[i] = Math.max(widths[i] || 6, [...r[i]].length + 3);
  return rows.map(r => r.map((cell, i) => i < r.length - 1 ? cell + " ".repeat(widths[i] - [...cell].length) : cell).join(""));
}

// rowAt is the number of the pod's row at the instant, -1 without one.
function rowAt(p) {
  const from = D.row.at[p], n = D.row.at[p + 1] - from;
  const i = first(n, i => !seen(D.row.from[from + i])) - 1;
  return i < 0 ? -1 : D.row.row[from + i];
}

// podCells are the columns after NAMESPACE of a row.
function podCells(p, row) {
  const r = D.rows, k = 5 * row, restarts = r[k + 3], last = r[k + 4];
  return [D.pods.name[p], r[k] + "/" + r[k + 1], D.strings[r[k + 2]].split(/[\f\n\r]/)[0],
    restarts ? restarts + (last ? " (" + since(last) + " ago)" : "") : "0", since(D.pods.api[p])];
}

// podOrder is the API server's: by the bytes of namespace/name.
let podOrderKept = null;
function podOrder() {
  if (!podOrderKept) {
    const key = Array.from({length: D.pods.n}, (_, p) => D.pods.ns[p] + "/" + D.pods.name[p]);
    podOrderKept = Array.from(key.keys()).sort((a, b) => key[a] < key[b] ? -1 : key[a] > key[b] ? 1 : a - b);
  }
  return podOrderKept;
}

// getPods is `kubectl get pods` at the instant: its lines, and which pod each is about. Without a namespace it is -A.
function getPods(ns, most, accept) {
  const rows = [], pods = [];
  let left = 0;
  for (const p of podOrder()) {
    if (ns && D.pods.ns[p] !== ns || accept && !accept(p)) continue;
    const row = rowAt(p);
    if (row < 0) continue;
    if (pods.length >= most) { left++; continue; }
    pods.push(p);
    rows.push(ns ? podCells(p, row) : [D.pods.ns[p], ...podCells(p, row)]);
  }
  if (!pods.length) return {lines: [ns ? "No resources found in " + ns + " namespace." : "No resources found"], pods, left, empty: true};
  const title = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"];
  return {lines: align([ns ? title : ["NAMESPACE", ...title], ...rows]), pods, left};
}
