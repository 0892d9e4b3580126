// The list of Events up to the instant, the newest first.

const EVENT_ROWS = 300;

function drawEvents(box) {
  const e = D.events, out = [], words = S.query.toLowerCase().split(/\s+/).filter(Boolean);
  const onlyPod = S.pod >= 0 && S.eventsOfPod, onlyWarnings = S.warnings;
  let left = 0;
  for (let i = first(e.at.length, i => !seen(e.at[i])) - 1; i >= 0; i--) {
    const name = D.strings[e.name[i]], ns = D.strings[e.ns[i]], kind = D.strings[e.kind[i]];
    if (onlyWarnings && !e.warning[i]) continue;
    if (onlyPod && (kind !== "Pod" || name !== D.pods.name[S.pod] || ns !== D.pods.ns[S.pod])) continue;
    const reason = D.strings[e.reason[i]], message = D.strings[e.message[i]];
    if (words.length && !words.every(w => (ns + "/" + name + " " + reason + " " + message).toLowerCase().includes(w))) continue;
    if (out.length >= EVENT_ROWS) { left++; continue; }
    out.push(el("tr", {class: e.warning[i] ? "warning" : null},
      el("td", {class: "num"}, el("button", {class: "link", type: "button", onclick: () => setTime(e.at[i] + 1)}, short(e.at[i]))),
      el("td", {class: "num"}, (e.warning[i] ? "⚠ " : "") + reason),
      el("td", {class: "wide"}, el("button", {class: "link", type: "button", onclick: () => selectNamed(kind, ns, name)}, kind.toLowerCase() + "/" + name),
        el("p", null, message + (e.count[i] > 1 ? " (x" + e.count[i] + ")" : "")))));
  }
  const toggle = (key, text, disabled) => el("label", {class: "check"}, el("input", {type: "checkbox", checked: !!S[key], disabled, onchange: ev => { S[key] = ev.target.checked; changed("filter"); }}), text);
  fill(box,
    el("div", {class: "row"}, toggle("warnings", "warnings only"), toggle("eventsOfPod", S.pod >= 0 ? "of " + podLink(S.pod) + " only" : "of the chosen pod only", S.pod < 0)),
    out.length ? el("div", {class: "scroll"}, el("table", {class: "list"}, el("thead", null, el("tr", null, ["AT", "REASON", "OBJECT AND MESSAGE"].map(t => el("th", {scope: "col"}, t)))), el("tbody", null, out))) : el("p", {class: "dim"}, "No events yet."),
    left ? el("p", {class: "dim"}, "and " + plural(left, "older event")) : null,
    D.meta.eventsLeftOut ? el("p", {class: "dim"}, "This page leaves " + plural(D.meta.eventsLeftOut, "event") + " out; `simulate events` has them all.") : null);
}

// selectNamed chooses an object by what an Event says of it.
function selectNamed(kind, ns, name) {
  if (kind === "Pod") {
    let found = -1;
    for (let p = 0; p < D.pods.n; p++) if (D.pods.name[p] === name && D.pods.ns[p] === ns && (found < 0 || seen(D.pods.created[p]))) found = p;
    if (found >= 0) select(found);
    return;
  }
  const o = D.objects.list.filter(o => o.kind === kind && o.name === name && (o.ns === ns || !o.ns)).pop();
  if (o) selectObject(o.id);
}

function selectObject(id) {
  const p = podOf(D.objects.list[id]);
  S.pod = p;
  S.object = id;
  S.version = -1;
  changed("selection");
}
