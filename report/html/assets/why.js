// Why things are as they are: the chain of records that led to a change, and what the scheduler said of each node.

let bySeqKept = null;
function bySeq(seq) {
  if (!bySeqKept) {
    bySeqKept = new Map();
    for (const o of D.objects.list) for (const v of o.versions) bySeqKept.set(v.seq, v);
  }
  return bySeqKept.get(seq);
}

// chainOf are the records from the first cause to a change, and what stands before them all: a step of the timeline, what
// the scenario sent, or nothing if that is not in the page.
function chainOf(x) {
  const list = [x];
  while (list[0].cause && list.length < 300) {
    const before = bySeq(list[0].cause);
    if (!before) break;
    list.unshift(before);
  }
  return {list, root: rootOf(list[0])};
}

function rootOf(x) {
  if (!x.cause) return {text: x.seq ? "was there before the run began" : "the kubelet reports every five minutes"};
  const f = D.faults.find(f => f.seq === x.cause), sent = D.sent.get(x.cause);
  if (f) return {at: f.at, text: "timeline: " + faultText(f), place: f.place};
  if (sent) return {text: "the scenario creates " + (sent.what || "it"), place: sent.place};
  return {text: "causes that this page leaves out"};
}

const verbs = ["created", "changed", "deleted"];

function drawWhy(box) {
  const o = S.object >= 0 ? D.objects.list[S.object] : null;
  if (!o) {
    fill(box, el("p", {class: "dim"}, S.pod >= 0 ? "The changes of this pod are not in the page: the run is too large. `simulate why pod/" + D.pods.name[S.pod] + "` tells them." : "Choose a pod in the lanes or a row of the tables, and the chain of causes behind each of its changes stands here."));
    return;
  }
  const now = versionAt(o), at = S.version >= 0 && S.version < o.versions.length ? S.version : now;
  const parts = [el("h3", null, objectLink(o))];
  if (at < 0) parts.push(el("p", {class: "dim"}, "It is not there yet; it is created at " + short(o.versions[0].at) + "."));
  else {
    const {list, root} = chainOf(o.versions[at]);
    parts.push(el("p", {class: "dim"}, "What led to its change at " + short(o.versions[at].at) + ", from the first cause on:"));
    parts.push(el("ol", {class: "chain"},
      el("li", {class: "root"}, root.at === undefined ? null : [timeLink(root.at), " "], root.text, root.place ? el("small", null, " " + root.place) : null),
      list.map(x => el("li", {class: x.object === o ? "own" : null},
        el("button", {class: "link num", type: "button", onclick: () => setTime(x.at + 1)}, short(Math.max(0, x.at))), " ",
        el("button", {class: "link", type: "button", onclick: () => { selectObject(x.object.id); S.version = x.i; }}, objectLink(x.object)), " ",
        changeOf(x).startsWith(verbs[x.verb]) ? null : el("span", {class: "verb"}, verbs[x.verb]), el("div", null, changeOf(x)), ruleOf(x)))));
  }
  if (S.pod >= 0) parts.push(...verdict(S.pod));
  parts.push(el("h3", null, "Its changes"), el("div", {class: "scroll"}, el("table", {class: "list"}, el("tbody", null, o.versions.map((x, i) =>
    el("tr", {class: (i === at ? "on " : "") + (seen(x.at) ? "" : "ahead")},
      el("td", {class: "num"}, el("button", {class: "link", type: "button", onclick: () => setTime(x.at + 1)}, short(x.at))),
      el("td", {class: "wide"}, el("button", {class: "link plain", type: "button", onclick: () => { S.version = i; changed("selection"); }}, i - at > 400 ? "…" : changeOf(x)))))))));
  fill(box, parts);
}

const faultText = f => (f.name ? f.name + ": " : "") + f.action + (f.detail ? " " + f.detail : "");

// ruleOf says by which rule a record was written.
function ruleOf(x) {
  const r = D.rules[x.rule];
  return r ? el("div", {class: "rule", title: r.name + (r.source ? "; Kubernetes v1.36.3 " + r.source : "")}, r.says) : null;
}

// verdict draws what the scheduler said last of a pod: "0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had ...".
function verdict(p) {
  const bound = seen(D.pods.bound[p]), why = D.strings[D.pods.why[p]];
  const parts = [el("h3", null, "The scheduler's verdict")], last = D.verdicts.get(D.pods.ns[p] + "/" + D.pods.name[p]);
  if (bound) parts.push(el("p", null, "Bound to ", el("b", null, D.nodes.name[D.pods.node[p]] || "?"), " at " + short(D.pods.bound[p]) + ", " + short(D.pods.bound[p] - D.pods.created[p]) + " after its creation."));
  if (!why) { if (!bound) parts.push(el("p", {class: "dim"}, "It has not been looked at yet."), nodeByNode(p, last)); return parts; }
  const [, head, rest] = why.match(/^(\d+\/\d+ nodes are available):? ?(.*)$/s) || [null, why, ""];
  parts.push(el("p", null, bound ? "Refused before that: " : "Refused: ", head));
  const total = +((head.match(/\/(\d+)/) || [])[1] || 0);
  const reasons = rest.split(/\. (?:preemption:|no new claims)/)[0].split(/, (?=\d+ )/).map(r => r.match(/^(\d+) (.*?)\.?$/s)).filter(Boolean);
  if (reasons.length) parts.push(el("div", {class: "reasons"}, reasons.map(([, n, text]) => {
    const bar = el("i");
    bar.style.width = (total ? 100 * n / total : 0) + "%";
    return el("div", {class: "meter long"}, el("span", {class: "num"}, n), el("b", null, bar), el("span", null, text));
  })));
  else if (rest) parts.push(el("p", null, rest));
  parts.push(nodeByNode(p, bound ? null : last));
  return parts;
}

// nodeByNode says who turns down which node. The page has it for the end of the run, and for other instants the command.
function nodeByNode(p, last) {
  const line = el("p", {class: "dim"}, "Node by node: ", el("code", null, command("describe pod " + D.pods.name[p] + " --verdict" + nsFlag(D.pods.ns[p]), true)));
  if (!last || S.t < D.meta.end) return el("div", null, line, last ? el("p", {class: "dim"}, "For the end of the run it stands here: ", el("button", {class: "link", type: "button", onclick: () => setTime(D.meta.end)}, short(D.meta.end)), ".") : null);
  const rows = (last.groups || []).map(g => el("tr", {class: g.chosen ? "on" : null},
    el("th", {scope: "row", class: "wide"}, g.nodes.join(", ") + (g.more ? " and " + plural(g.more, "more node") : "")),
    el("td", {class: "wide"}, (g.says || []).length ? g.says.map(o => el("p", null, el("b", null, o.plugin), " " + o.reasons)) : g.chosen ? "it would go here now" : "it could go here")));
  return el("div", {id: "verdict"}, el("p", null, "In the queue: " + last.queue),
    last.nominated ? el("p", null, "Preemption would make room on " + last.nominated + ": " + (last.victims || []).join(", ") + " would go") : null,
    rows.length ? el("table", {class: "list"}, el("thead", null, el("tr", null, el("th", {scope: "col"}, "nodes"), el("th", {scope: "col"}, "who turns them down, and why"))), el("tbody", null, rows)) : null, line);
}
