// Objects at the instant: the page holds each version as a difference of lines to the one before it.

// versionAt is the number of the version that counts at the instant, -1 before the first.
const versionAt = o => first(o.versions.length, i => !seen(o.versions[i].at)) - 1;

const DELETED = 2;
const alive = o => {
  const v = versionAt(o);
  return v >= 0 && o.versions[v].verb !== DELETED;
};

// linesOf puts a version together. fresh are the places of lines that it brought.
function linesOf(o, v) {
  let lines = [], fresh = [];
  const d = D.objects.delta;
  for (let i = 0; i <= v; i++) {
    const next = [], x = o.versions[i];
    let at = 0;
    fresh = [];
    for (let k = x.from; k < x.to;) {
      const copy = d[k++], drop = d[k++], add = d[k++];
      for (let j = 0; j < copy; j++) next.push(lines[at++]);
      at += drop;
      for (let j = 0; j < add; j++) { fresh.push(next.length); next.push(d[k++]); }
    }
    while (at < lines.length) next.push(lines[at++]);
    lines = next;
  }
  return {lines: lines.map(i => D.objects.lines[i]), fresh};
}

// yamlAt is what `kubectl get -o yaml` prints of the object at the instant, "" if it is not there.
function yamlAt(o) {
  if (!alive(o)) return "";
  return linesOf(o, versionAt(o)).lines.join("\n") + "\n";
}

// podObject is the object of a pod: of several of that name the one that was created with it.
function podObject(p) {
  let found = -1;
  for (const o of podObjects().get(D.pods.ns[p] + "/" + D.pods.name[p]) || []) {
    if (found < 0 || o.versions[0].at <= D.pods.created[p]) found = o.id;
  }
  return found;
}

let podObjectsKept = null;
function podObjects() {
  if (podObjectsKept) return podObjectsKept;
  podObjectsKept = new Map();
  for (const o of D.objects.list) {
    if (o.kind !== "Pod") continue;
    const key = o.ns + "/" + o.name;
    if (!podObjectsKept.has(key)) podObjectsKept.set(key, []);
    podObjectsKept.get(key).push(o);
  }
  return podObjectsKept;
}

// podOf is the pod of an object, -1 for other kinds.
function podOf(o) {
  if (o.kind !== "Pod") return -1;
  let found = -1;
  for (let p = 0; p < D.pods.n; p++) {
    if (D.pods.name[p] === o.name && D.pods.ns[p] === o.ns && (found < 0 || D.pods.created[p] <= o.versions[0].at)) found = p;
  }
  return found;
}

// changeOf says in words what a version changed: in the run's words, or by its lines.
function changeOf(x) {
  if (x.text) return x.text;
  if (x.verb === DELETED) return "deleted";
  if (x.verb === 0) return "created";
  const now = linesOf(x.object, x.i), dull = /^\s*(resourceVersion|generation|observedGeneration|lastTransitionTime|lastUpdateTime|lastHeartbeatTime|lastProbeTime):/;
  const words = now.fresh.map(i => now.lines[i]).filter(l => !dull.test(l)).map(l => l.trim());
  return words.length ? words.slice(0, 4).join(" · ") + (words.length > 4 ? " · and " + plural(words.length - 4, "more line") : "") : "written again";
}
