// Puts the page together once the data is there.

function makeTop() {
  const m = D.meta;
  const button = el("button", {type: "button", class: "small", id: "theme", title: "Light or dark (d)", onclick: toggleTheme}, "◐");
  const help = el("button", {type: "button", class: "small", id: "help", title: "Keys (?)", onclick: toggleHelp}, "?");
  fill($("top"),
    el("div", null, el("h1", null, m.title || "simulate"), m.description && m.description !== m.title ? el("p", {class: "lead"}, m.description) : null),
    el("div", {class: "facts"},
      el("span", null, plural(D.pods.n, "pod")), el("span", null, plural(D.nodes.name.length, "node")), el("span", null, short(m.end) + " simulated"),
      el("span", null, plural(m.records, "change")), m.kubernetes ? el("span", null, "Kubernetes " + m.kubernetes) : null, help, button));
  fill($("foot"), el("p", null, "simulate " + m.version + " · seed " + m.seed + (m.profile ? " · profile " + m.profile : "") + " · run ", el("code", {title: "digest of the journal: equal digests, equal runs"}, m.digest.slice(0, 16)), " · charts by uPlot (MIT)"));
}

function toggleTheme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  repaint();
}

function repaint() {
  readTheme();
  changed("theme", "view", "t");
}

function makeLeft() {
  const search = el("input", {type: "search", id: "search", placeholder: "Search pods, owners, nodes  ( / )", "aria-label": "Search pods, owners, nodes", value: S.query, oninput: e => { S.query = e.target.value; changed("filter"); }});
  search.addEventListener("keydown", e => { e.stopPropagation(); if (e.key === "Escape") search.blur(); });
  const group = el("select", {id: "group", "aria-label": "Group by", onchange: e => { S.group = e.target.value; changed("filter"); }}, Object.entries(groupings).map(([k, g]) => el("option", {value: k, selected: k === S.group}, "by " + g.label)));
  const table = el("div", {class: "gantt-table", hidden: true});
  const button = el("button", {type: "button", class: "small", id: "gantt-table-button", "aria-expanded": "false", onclick: () => {
    table.hidden = !table.hidden;
    button.setAttribute("aria-expanded", !table.hidden);
    fillTable();
  }}, "Table");
  const fillTable = () => { if (!table.hidden) fill(table, ganttTable()); };
  watch("filter view", fillTable);
  const faults = el("div", {class: "faults"}, D.faults.slice(0, 40).map(f => el("button", {type: "button", class: "chip fault", title: "Go to " + short(f.at), onclick: () => setTime(f.at)}, el("i", {class: "mark-fault"}), short(f.at) + " " + faultText(f))));
  fill($("left"),
    el("div", {class: "bar"}, group, search, el("span", {class: "zoom"},
      el("button", {type: "button", class: "small", title: "Nearer (+)", "aria-label": "Nearer", onclick: () => zoom(.5, clamp(S.t, S.from, S.to))}, "+"),
      el("button", {type: "button", class: "small", title: "Farther (-)", "aria-label": "Farther", onclick: () => zoom(2, clamp(S.t, S.from, S.to))}, "−"),
      el("button", {type: "button", class: "small", title: "The whole run (0)", onclick: () => setView(0, D.meta.end)}, "All"), button)),
    legend(), faults, makeGantt(), table);
  $("low").append(makeCharts());
  watch("filter", () => { buildGroups(); buildRows(); layoutGantt(); });
  watch("selection", () => { buildRows(); layoutGantt(); });
  watch("t", () => { if (S.states.size) { buildGroups(); buildRows(); layoutGantt(); } else drawGantt(); drawChartNow(); });
  watch("view", () => { drawGantt(); drawCharts(); });
}

// ganttTable says in words what the lanes draw.
function ganttTable() {
  const most = 200, body = [];
  for (const g of groups) for (const p of g.pods) {
    if (body.length >= most) break;
    const end = Math.min(D.pods.gone[p], D.meta.end);
    for (let k = D.seg.at[p]; k < D.seg.at[p + 1] && body.length < most; k++) {
      const to = k + 1 < D.seg.at[p + 1] ? D.seg.from[k + 1] : end;
      if (to < S.from || D.seg.from[k] > S.to) continue;
      body.push(el("tr", null, el("th", {scope: "row"}, podLink(p)), el("td", {class: "num"}, short(D.seg.from[k])), el("td", {class: "num"}, short(to)), el("td", null, STATES[D.seg.state[k]].name), el("td", null, D.strings[D.seg.label[k]]), el("td", null, D.pods.node[p] >= 0 && D.pods.bound[p] < to ? D.nodes.name[D.pods.node[p]] : "-")));
    }
  }
  return el("table", {class: "list"}, el("caption", null, "States of the pods above" + (body.length >= most ? ", the first " + most + " of them" : "")),
    el("thead", null, el("tr", null, ["pod", "from", "to", "state", "status", "node"].map(t => el("th", {scope: "col"}, t)))), el("tbody", null, body));
}

const keyList = [["space", "play, pause"], ["← →", "to the change before, to the next"], ["shift ← →", "the same, of the chosen pod"], [", .", "one percent of the view back, on"], ["Home End", "to the start, to the end"],
  ["+ − 0", "nearer, farther, the whole run"], ["↑ ↓", "choose the pod above, below"], ["1 … 7", "the tabs, from the left"], ["g", "group by the next"], ["/", "search"], ["esc", "choose nothing, search nothing"], ["d", "light or dark"]];

function toggleHelp() {
  let box = $("help-box");
  if (box) { box.remove(); return; }
  box = el("div", {id: "help-box", role: "dialog", "aria-label": "Keys"}, el("h2", null, "Keys"), el("dl", null, keyList.map(([k, t]) => [el("dt", null, k), el("dd", null, t)])), el("button", {type: "button", onclick: toggleHelp}, "Close"));
  document.body.append(box);
  box.querySelector("button").focus();
}

function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.tagName === "INPUT" && e.target.type !== "range" && e.target.type !== "checkbox") return;
  const view = S.to - S.from;
  const keys = {
    " ": togglePlay, ArrowRight: () => step(1, e.shiftKey), ArrowLeft: () => step(-1, e.shiftKey), Home: () => setTime(0), End: () => setTime(D.meta.end),
    ".": () => setTime(S.t + view / 100), ",": () => setTime(S.t - view / 100), "+": () => zoom(.5, clamp(S.t, S.from, S.to)), "=": () => zoom(.5, clamp(S.t, S.from, S.to)),
    "-": () => zoom(2, clamp(S.t, S.from, S.to)), 0: () => setView(0, D.meta.end), "/": () => $("search").focus(), d: toggleTheme, "?": toggleHelp,
    ArrowDown: () => nextPod(1), ArrowUp: () => nextPod(-1), g: nextGrouping,
    Escape: () => { if ($("help-box")) toggleHelp(); else { S.query = ""; $("search").value = ""; select(-1); changed("filter"); } },
  };
  if (/^[1-7]$/.test(e.key)) {
    const b = document.querySelectorAll(".tabs button")[e.key - 1];
    if (b) b.click();
  } else if (keys[e.key] && !(e.key === " " && e.target.tagName === "BUTTON")) keys[e.key]();
  else return;
  e.preventDefault();
}

function nextPod(by) {
  const list = rows.filter(r => r.pod >= 0 && r.lane < 0).map(r => r.pod);
  if (!list.length) return;
  const i = list.indexOf(S.pod);
  selectPod(list[i < 0 ? (by > 0 ? 0 : list.length - 1) : clamp(i + by, 0, list.length - 1)]);
}

function nextGrouping() {
  const all = Object.keys(groupings);
  S.group = all[(all.indexOf(S.group) + 1) % all.length];
  $("group").value = S.group;
  changed("filter");
}

async function main() {
  try {
    await load();
  } catch (err) {
    $("loading").textContent = "The data of this page cannot be read: " + err.message;
    throw err;
  }
  S.to = D.meta.end || 1;
  S.ns = namespaces().length === 1 ? namespaces()[0] : "";
  S.tab = firstTab();
  if (D.lesson) { document.documentElement.dataset.lesson = "yes"; }
  readHash();
  readTheme();
  for (const id of ["top", "scrubber", "main", "foot"]) $(id).hidden = false;
  $("loading").remove();
  makeTop();
  makeScrubber();
  makeLeft();
  $("right").append(...makePanels());
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => { if (location.hash !== hashWritten) { readHash(); changed("t", "view", "selection", "filter", "tab"); } });
  addEventListener("resize", layoutGantt);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  changed("t", "view", "selection", "filter", "tab");
  document.documentElement.dataset.ready = "yes";
}

main();
