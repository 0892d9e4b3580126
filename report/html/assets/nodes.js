// Nodes: the lane above a node's pods, and the cards with what is on each of them at the instant.

// nodeSegment is the place of the node's segment at a time, -1 without one.
function nodeSegment(n, t) {
  for (let k = D.nodeSegAt[n + 1] - 1; k >= D.nodeSegAt[n]; k--) {
    const from = D.nodes.seg[4 * k], to = D.nodes.seg[4 * k + 1];
    if (from < t || t >= D.meta.end) return to >= 0 && (to < t || t >= D.meta.end) ? -1 : 4 * k;
  }
  return -1;
}

function nodeText(n, t) {
  const k = nodeSegment(n, t);
  if (k < 0) return "not there";
  const taints = D.strings[D.nodes.seg[k + 3]];
  return D.strings[D.nodes.seg[k + 2]] + (taints ? ", tainted " + taints : "");
}

const nodeColor = status => status === "Ready" ? STATES[4].color : status.startsWith("Ready") ? STATES[3].color : STATES[8].color;

function drawNodeLane(ctx, n, y) {
  for (let k = D.nodeSegAt[n]; k < D.nodeSegAt[n + 1]; k++) {
    const from = D.nodes.seg[4 * k], to = D.nodes.seg[4 * k + 1] < 0 ? D.meta.end : D.nodes.seg[4 * k + 1];
    if (to < S.from || from > S.to) continue;
    const x = Math.max(gantt.gutter, xOf(from)), status = D.strings[D.nodes.seg[4 * k + 2]], w = Math.max(1, Math.min(gantt.width, xOf(to)) - x);
    ctx.fillStyle = status === "Ready" ? STATES[4].color : status.startsWith("Ready") ? STATES[3].color : fillOf(ctx, 8);
    ctx.fillRect(x, y + 2, w, 4);
    if (status !== "Ready" && w > 70) {
      ctx.font = theme.small;
      ctx.fillStyle = theme.ink;
      ctx.fillText(cut(ctx, status, w - 8), x + 4, y + 15);
    }
  }
}

const CARDS = 120, SQUARES = 220;

// podsByNode are the pods that hold a place on each node at the instant.
function podsByNode() {
  const lists = D.nodes.name.map(() => []), loose = [];
  for (let p = 0; p < D.pods.n; p++) {
    const k = podSegment(p);
    if (k < 0) continue;
    if (seen(D.pods.bound[p]) && D.pods.node[p] >= 0) lists[D.pods.node[p]].push([p, D.seg.state[k]]);
    else loose.push([p, D.seg.state[k]]);
  }
  return {lists, loose};
}

function squares(list) {
  const shown = list.slice(0, SQUARES);
  return el("div", {class: "squares"}, shown.map(([p, s]) => el("button", {
    class: "square s" + s + (p === S.pod ? " on" : ""), type: "button", title: podLink(p) + ": " + STATES[s].name, "aria-label": podLink(p) + ", " + STATES[s].name, onclick: () => select(p),
  })), list.length > shown.length ? el("span", {class: "dim"}, "+" + (list.length - shown.length)) : null);
}

function meter(label, used, of, text) {
  const part = of > 0 ? used / of : 0;
  const bar = el("i");
  bar.style.width = clamp(part * 100, 0, 100) + "%";
  return el("div", {class: "meter", title: text}, el("span", null, label), el("b", null, bar), el("span", {class: "num"}, of > 0 ? Math.round(part * 100) + "%" : "-"));
}

function drawNodes(box) {
  const {lists, loose} = podsByNode(), there = [];
  for (let n = 0; n < D.nodes.name.length; n++) {
    const k = nodeSegment(n, S.t);
    if (k >= 0 || lists[n].length) there.push([n, k]);
  }
  const cards = there.slice(0, CARDS).map(([n, k]) => {
    const status = k < 0 ? "gone" : D.strings[D.nodes.seg[k + 2]], taints = k < 0 ? "" : D.strings[D.nodes.seg[k + 3]];
    let cpu = 0, memory = 0;
    for (const [p] of lists[n]) if (!seen(D.pods.finished[p])) { cpu += D.pods.cpu[p]; memory += D.pods.memory[p]; }
    const dot = el("i", {class: "dot"});
    dot.style.background = nodeColor(status);
    return el("article", {class: "card" + (status === "Ready" ? "" : " bad")},
      el("h3", null, dot, D.nodes.name[n], el("small", null, status)),
      taints ? el("p", {class: "taints"}, taints) : null,
      meter("cpu", cpu, D.nodes.cpu[n], cpu / 1000 + " of " + D.nodes.cpu[n] / 1000 + " cores requested"),
      meter("mem", memory, D.nodes.memory[n], bytes(memory) + " of " + bytes(D.nodes.memory[n]) + " requested"),
      squares(lists[n]));
  });
  fill(box,
    loose.length ? el("article", {class: "card loose"}, el("h3", null, "No node yet", el("small", null, plural(loose.length, "pod"))), squares(loose)) : null,
    el("div", {class: "cards"}, cards),
    there.length > CARDS ? el("p", {class: "dim"}, "and " + plural(there.length - CARDS, "more node") + "; group the lanes by node to see them all") : null);
}
