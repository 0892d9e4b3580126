// The run's data: unpacked once, then read only. D holds it.

let D = null;

async function unpack(text) {
  const raw = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// sums undoes differences: each number of a column is the difference to the one before it.
function sums(list) {
  const out = new Float64Array(list.length);
  let at = 0;
  for (let i = 0; i < list.length; i++) out[i] = at += list[i];
  return out;
}

// starts are the places at which lists of the given lengths begin in one flat list, and its end.
function starts(lengths) {
  const out = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) out[i + 1] = out[i] + lengths[i];
  return out;
}

function arrange(raw) {
  const s = raw.strings, p = raw.pods, l = raw.lanes, n = p.name.length;
  const d = {meta: raw.meta, strings: s, faults: raw.faults, checks: raw.checks, rules: raw.rules, sent: new Map(raw.sent.map((seq, i) => [seq, {what: raw.sentWhat[i], place: raw.sentPlace[i]}])), nodes: raw.nodes, series: raw.series, lesson: raw.lesson, verdicts: new Map((raw.verdicts || []).map(v => [v.pod, v]))};
  d.pods = {
    n, name: p.name, ns: p.ns.map(i => s[i]), owner: Int32Array.from(p.owner), node: Int32Array.from(p.node), why: Int32Array.from(p.why),
    cpu: Float64Array.from(p.cpu), memory: Float64Array.from(p.memory), created: sums(p.created), api: new Float64Array(n),
    bound: new Float64Array(n), ready: new Float64Array(n), finished: new Float64Array(n), gone: new Float64Array(n),
  };
  const startSecond = i => Math.floor((raw.meta.start + d.pods.created[i]) / SECOND);
  for (let i = 0; i < n; i++) {
    const c = d.pods.created[i];
    d.pods.api[i] = startSecond(i) + p.api[i];
    for (const k of ["bound", "ready", "finished", "gone"]) d.pods[k][i] = p[k][i] < 0 ? Infinity : c + p[k][i];
  }
  d.rows = raw.rows;
  d.seg = lanes(l.segN, l.seg, d.pods.created);
  d.row = rowsOf(l.rowN, l.row, d.pods.created);
  d.lanes = containerLanes(l, d.pods);
  d.markAt = starts(l.markN.map(k => 3 * k));
  d.marks = l.mark;
  for (const k of ["added", "gone"]) raw.nodes[k] = raw.nodes[k].map(t => t < 0 ? Infinity : t);
  d.nodeSegAt = starts(raw.nodes.segN);
  d.events = raw.events;
  d.events.at = sums(raw.events.at);
  for (const r of d.series) r.at = sums(r.at);
  d.objects = objectsOf(raw.objects);
  return d;
}

function lanes(lengths, flat, created) {
  const at = starts(lengths), count = flat.length / 3;
  const from = new Float64Array(count), state = new Uint8Array(count), label = new Uint32Array(count);
  for (let i = 0, k = 0; i < lengths.length; i++) {
    let t = created[i];
    for (; k < at[i + 1]; k++) {
      from[k] = t += flat[3 * k];
      state[k] = flat[3 * k + 1];
      label[k] = flat[3 * k + 2];
    }
  }
  return {at, from, state, label};
}

function rowsOf(lengths, flat, created) {
  const at = starts(lengths), count = flat.length / 2;
  const from = new Float64Array(count), row = new Int32Array(count);
  for (let i = 0, k = 0; i < lengths.length; i++) {
    let t = created[i];
    for (; k < at[i + 1]; k++) {
      from[k] = t += flat[2 * k];
      row[k] = flat[2 * k + 1];
    }
  }
  return {at, from, row};
}

function containerLanes(l, pods) {
  const out = [];
  let k = 0;
  for (let i = 0; i < pods.n; i++) {
    const list = [];
    for (let c = 0; c < l.laneN[i]; c++) {
      const lane = {name: D_string(l.lane[k++]), from: [], state: [], label: []}, n = l.lane[k++];
      let t = pods.created[i];
      for (let j = 0; j < n; j++) {
        lane.from.push(t += l.lane[k++]);
        lane.state.push(l.lane[k++]);
        lane.label.push(l.lane[k++]);
      }
      list.push(lane);
    }
    out.push(list);
  }
  return out;
}

function objectsOf(o) {
  const n = o.kind.length, list = [];
  let k = 0, d = 0;
  for (let i = 0; i < n; i++) {
    const x = {id: i, kind: o.kind[i], resource: o.resource[i], ns: o.ns[i], name: o.name[i], versions: []};
    let at = 0, seq = 0;
    for (let v = 0; v < o.n[i]; v++, k++) {
      at += o.v[6 * k]; seq += o.v[6 * k + 1];
      const back = o.v[6 * k + 2], length = o.v[6 * k + 5];
      x.versions.push({object: x, i: v, at, seq, cause: back ? seq - back : 0, verb: o.v[6 * k + 3], rule: o.v[6 * k + 4], text: o.text[k], from: d, to: d + length});
      d += length;
    }
    list.push(x);
  }
  return {list, lines: o.lines, delta: o.delta};
}

let rawStrings = [];
const D_string = i => rawStrings[i];

async function load() {
  const raw = await unpack($("data").textContent);
  $("data").remove();
  rawStrings = raw.strings;
  D = arrange(raw);
}
