// The lanes, on a canvas of the size of the window onto them: only the rows in sight are drawn, and of segments that fall
// into one pixel the longest.

const gantt = {top: 30, gutter: 240, width: 0, height: 0, hover: null, density: new Map()};

const xOf = t => gantt.gutter + (t - S.from) / (S.to - S.from) * (gantt.width - gantt.gutter);
const tOf = x => S.from + (x - gantt.gutter) / (gantt.width - gantt.gutter) * (S.to - S.from);

function makeGantt() {
  gantt.canvas = el("canvas", {class: "gantt", tabindex: "0", role: "img", "aria-label": "Lanes of pods over time; the table below the button 'Table' says the same in words"});
  gantt.space = el("div", {class: "gantt-space"});
  gantt.box = el("div", {class: "gantt-box"}, gantt.space, gantt.canvas);
  gantt.tip = el("div", {class: "tip", role: "tooltip", hidden: true});
  document.body.append(gantt.tip);
  gantt.box.addEventListener("scroll", drawGantt);
  gantt.canvas.addEventListener("wheel", zoomWheel, {passive: false});
  gantt.canvas.addEventListener("pointerdown", ganttDown);
  gantt.canvas.addEventListener("pointermove", ganttMove);
  gantt.canvas.addEventListener("pointerleave", () => { gantt.tip.hidden = true; });
  gantt.canvas.addEventListener("dblclick", () => setView(0, D.meta.end));
  new ResizeObserver(layoutGantt).observe(gantt.box);
  return gantt.box;
}

function layoutGantt() {
  gantt.width = gantt.box.clientWidth;
  gantt.gutter = gantt.width < 560 ? 116 : Math.min(240, Math.round(gantt.width * .24));
  const room = Math.max(160, Math.min(rowsHeight + gantt.top + 6, gantt.width < 560 ? 380 : Math.round(window.innerHeight * .56)));
  gantt.height = room;
  gantt.box.style.height = room + "px";
  gantt.space.style.height = Math.max(0, rowsHeight + gantt.top + 6 - room) + "px";
  drawGantt();
}

function setView(from, to) {
  const least = 1000, span = clamp(to - from, least, D.meta.end || 1);
  from = clamp(from, 0, Math.max(0, D.meta.end - span));
  S.from = Math.round(from);
  S.to = Math.round(from + span);
  changed("view");
}

function zoom(factor, at) {
  const span = (S.to - S.from) * factor;
  setView(at - (at - S.from) * factor, at - (at - S.from) * factor + span);
}

function zoomWheel(e) {
  if (!e.ctrlKey && !e.metaKey && !e.shiftKey && Math.abs(e.deltaX) < Math.abs(e.deltaY)) return; // the page scrolls
  e.preventDefault();
  if (e.ctrlKey || e.metaKey) zoom(Math.exp(clamp(e.deltaY, -100, 100) / 200), tOf(e.offsetX));
  else {
    const by = (e.deltaX || e.deltaY) / (gantt.width - gantt.gutter) * (S.to - S.from);
    setView(S.from + by, S.to + by);
  }
}

const rowAtY = y => {
  const i = first(rows.length, i => rows[i].y > y) - 1;
  return i >= 0 && y < rows[i].y + rows[i].h ? rows[i] : null;
};

function ganttDown(e) {
  if (e.button !== 0) return;
  const r = e.offsetY > gantt.top ? rowAtY(e.offsetY - gantt.top + gantt.box.scrollTop) : null;
  if (r && r.pod < 0 && (e.offsetX < gantt.gutter || r.group.node < 0)) toggleGroup(r.group);
  if (r && r.pod >= 0 && r.pod !== S.pod) select(r.pod);
  if (e.offsetX >= gantt.gutter) {
    setTime(tOf(e.offsetX));
    gantt.canvas.setPointerCapture(e.pointerId);
    gantt.dragging = true;
    gantt.canvas.addEventListener("pointerup", () => { gantt.dragging = false; }, {once: true});
  }
}

function ganttMove(e) {
  if (gantt.dragging) { setTime(tOf(e.offsetX)); return; }
  const r = e.offsetY > gantt.top ? rowAtY(e.offsetY - gantt.top + gantt.box.scrollTop) : null;
  const lines = r ? tipOf(r, e.offsetX < gantt.gutter ? -1 : tOf(e.offsetX)) : [];
  gantt.tip.hidden = !lines.length;
  if (!lines.length) return;
  fill(gantt.tip, lines.map((l, i) => el("div", i ? null : {class: "tip-title"}, l)));
  const w = gantt.tip.offsetWidth, h = gantt.tip.offsetHeight;
  gantt.tip.style.left = clamp(e.clientX + 14, 4, window.innerWidth - w - 4) + "px";
  gantt.tip.style.top = (e.clientY + 18 + h > window.innerHeight ? e.clientY - h - 10 : e.clientY + 18) + "px";
}

// tipOf says what a row shows at a time, -1 for the row as a whole.
function tipOf(r, t) {
  if (r.pod < 0) return [r.group.name, plural(r.group.pods.length, "pod") + (r.group.node >= 0 ? "; " + nodeText(r.group.node, t < 0 ? S.t : t) : "")];
  const p = r.pod, out = [(r.lane < 0 ? "" : D.lanes[p][r.lane].name + " in ") + D.pods.ns[p] + "/" + D.pods.name[p]];
  if (t >= 0) {
    const seg = segmentsOf(r), k = first(seg.n, i => seg.from[seg.at + i] > t) - 1;
    if (k >= 0 && t < D.pods.gone[p]) {
      const to = segmentEnd(r, seg, k), s = STATES[seg.state[seg.at + k]], label = D.strings[seg.label[seg.at + k]];
      out.push(s.name + (label && label.toLowerCase() !== s.name ? " · " + label : ""), short(seg.from[seg.at + k]) + " to " + short(Math.min(to, D.meta.end)) + " (" + short(Math.min(to, D.meta.end) - seg.from[seg.at + k]) + ")");
    }
    if (r.lane < 0) {
      const near = (S.to - S.from) / gantt.width * 6;
      for (let k = D.markAt[p]; k < D.markAt[p + 1] && out.length < 9; k += 3) if (Math.abs(D.marks[k] - t) < near) out.push(short(D.marks[k]) + " " + MARKS[D.marks[k + 2]] + ": " + D.strings[D.marks[k + 1]]);
    }
  }
  if (r.lane < 0) out.push(D.pods.node[p] >= 0 ? "on " + D.nodes.name[D.pods.node[p]] : D.strings[D.pods.why[p]] || "without a node");
  return out;
}

function segmentsOf(r) {
  if (r.lane >= 0) {
    const l = D.lanes[r.pod][r.lane];
    return {from: l.from, state: l.state, label: l.label, at: 0, n: l.from.length};
  }
  return {from: D.seg.from, state: D.seg.state, label: D.seg.label, at: D.seg.at[r.pod], n: D.seg.at[r.pod + 1] - D.seg.at[r.pod]};
}

const segmentEnd = (r, seg, i) => i + 1 < seg.n ? seg.from[seg.at + i + 1] : Math.min(D.pods.gone[r.pod], D.meta.end);

function drawGantt() {
  if (!gantt.width) return;
  const ctx = sharp(gantt.canvas, gantt.width, gantt.height), scroll = gantt.box.scrollTop;
  gantt.canvas.style.top = "0px";
  ctx.textBaseline = "middle";
  const begin = first(rows.length, i => rows[i].y + rows[i].h > scroll);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, gantt.top, gantt.width, gantt.height - gantt.top);
  ctx.clip();
  drawGrid(ctx);
  for (let i = begin; i < rows.length && rows[i].y < scroll + gantt.height; i++) drawRow(ctx, rows[i], rows[i].y - scroll + gantt.top);
  ctx.restore();
  if (!rows.length) { ctx.fillStyle = theme.dim; ctx.font = theme.font; ctx.fillText("No pod matches.", 12, gantt.top + 20); }
  drawFaults(ctx);
  drawAxis(ctx);
}

function eachTick(f) {
  const step = tickStep(S.to - S.from, Math.max(2, (gantt.width - gantt.gutter) / 90));
  for (let t = Math.ceil(S.from / step) * step; t <= S.to; t += step) f(t, xOf(t));
}

function drawGrid(ctx) {
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  eachTick((t, x) => { ctx.moveTo(Math.round(x) + .5, gantt.top); ctx.lineTo(Math.round(x) + .5, gantt.height); });
  ctx.stroke();
}

function drawAxis(ctx) {
  ctx.fillStyle = theme.panel;
  ctx.fillRect(0, 0, gantt.width, gantt.top - 8);
  ctx.fillStyle = theme.dim;
  ctx.font = theme.small;
  ctx.textAlign = "center";
  let used = -1e9;
  eachTick((t, x) => {
    const text = short(t), w = ctx.measureText(text).width, at = clamp(x, gantt.gutter + w / 2, gantt.width - w / 2 - 2);
    if (at - w / 2 < used + 8) return;
    used = at + w / 2;
    ctx.fillText(text, at, 11);
  });
  ctx.textAlign = "left";
  if (S.t < S.from || S.t > S.to) return;
  const x = Math.round(xOf(S.t)) + .5;
  ctx.strokeStyle = ctx.fillStyle = theme.accent;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(x, 20);
  ctx.lineTo(x, gantt.height);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x - 5, 18); ctx.lineTo(x + 5, 18); ctx.lineTo(x, 26);
  ctx.fill();
}

function drawFaults(ctx) {
  for (const f of D.faults) {
    const x = xOf(f.at), to = f.to >= 0 ? xOf(f.to) : x;
    if (to < gantt.gutter || x > gantt.width) continue;
    const left = Math.max(x, gantt.gutter);
    ctx.fillStyle = theme.warn;
    ctx.globalAlpha = .10;
    if (to > left) ctx.fillRect(left, gantt.top - 6, to - left, gantt.height);
    ctx.globalAlpha = 1;
    if (x < gantt.gutter) continue;
    ctx.fillRect(x - .75, gantt.top - 6, 1.5, gantt.height);
    ctx.beginPath(); // a lozenge
    ctx.moveTo(x, gantt.top - 12); ctx.lineTo(x + 5, gantt.top - 6); ctx.lineTo(x, gantt.top); ctx.lineTo(x - 5, gantt.top - 6);
    ctx.fill();
  }
}

function drawRow(ctx, r, y) {
  if (r.pod < 0) drawGroup(ctx, r, y); else drawPod(ctx, r, y);
}

function drawGroup(ctx, r, y) {
  const g = r.group;
  ctx.fillStyle = theme.stripe;
  ctx.fillRect(0, y, gantt.width, r.h - 1);
  ctx.fillStyle = theme.ink;
  ctx.font = theme.bold;
  ctx.fillText(g.open ? "▾" : "▸", 6, y + GROUP / 2);
  const count = gantt.width < 560 ? "" : g.pods.length.toLocaleString("en");
  const w = ctx.measureText(count).width;
  ctx.fillText(cut(ctx, g.name, gantt.gutter - w - 34), 20, y + GROUP / 2);
  ctx.fillStyle = theme.dim;
  ctx.fillText(count, gantt.gutter - w - 8, y + GROUP / 2);
  if (g.node >= 0) drawNodeLane(ctx, g.node, y);
  if (!g.open) drawDensity(ctx, g, y + (g.node >= 0 ? 9 : 4), r.h - (g.node >= 0 ? 12 : 8));
}

function drawPod(ctx, r, y) {
  const p = r.pod, own = r.lane < 0, selected = p === S.pod;
  if (selected) { ctx.fillStyle = theme.stripe; ctx.globalAlpha = .6; ctx.fillRect(0, y, gantt.width, r.h); ctx.globalAlpha = 1; }
  ctx.font = own ? (selected ? theme.bold : theme.font) : theme.small;
  ctx.fillStyle = own ? theme.ink : theme.dim;
  const indent = own ? 20 : 32;
  ctx.fillText(cut(ctx, own ? podLink(p) : D.lanes[p][r.lane].name, gantt.gutter - indent - 8), indent, y + r.h / 2 + .5);
  const seg = segmentsOf(r), top = y + (own ? 3 : 4), h = r.h - (own ? 6 : 7);
  // Of those within one pixel the longest is drawn.
  let i = Math.max(0, first(seg.n, i => seg.from[seg.at + i] > S.from) - 1);
  let pixel = -1, longest = 0;
  for (; i < seg.n; i++) {
    const from = seg.from[seg.at + i], to = segmentEnd(r, seg, i);
    if (from > S.to) break;
    if (to < S.from || to <= from) continue;
    let x = Math.max(gantt.gutter, xOf(from)), w = Math.min(gantt.width, xOf(to)) - x;
    if (w < 1) {
      if (Math.floor(x) === pixel && to - from <= longest) continue;
      pixel = Math.floor(x);
      longest = to - from;
      w = 1.5;
    }
    const state = seg.state[seg.at + i];
    ctx.fillStyle = fillOf(ctx, state);
    ctx.fillRect(x, top, w, h);
    if (w > 44) {
      const label = D.strings[seg.label[seg.at + i]] || STATES[state].name;
      ctx.font = theme.small;
      const text = cut(ctx, label, w - 10);
      if (text) {
        const tw = ctx.measureText(text).width;
        if (STATES[state].pattern) { ctx.fillStyle = STATES[state].color; ctx.fillRect(x + 3, top + 1, tw + 5, h - 2); }
        ctx.fillStyle = inkOn(state);
        ctx.fillText(text, x + 5, top + h / 2 + .5);
      }
    }
  }
  if (own) drawMarks(ctx, p, top, h);
}

function drawMarks(ctx, p, top, h) {
  let last = -1e9;
  for (let k = D.markAt[p]; k < D.markAt[p + 1]; k += 3) {
    const t = D.marks[k], x = xOf(t);
    if (t < S.from || t > S.to || x < last + 3) continue;
    last = x;
    const restart = D.marks[k + 2] === 2;
    ctx.fillStyle = restart ? "#7b3294" : theme.warn;
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 1;
    ctx.beginPath();
    if (restart) ctx.arc(x, top + h / 2, 3.2, 0, 7);
    else { ctx.moveTo(x, top - 1); ctx.lineTo(x + 4, top + 7); ctx.lineTo(x - 4, top + 7); ctx.closePath(); }
    ctx.fill();
    ctx.stroke();
  }
}

// drawDensity shows a closed group as bands: of each pixel's width, how many pods are in which state in its middle.
function drawDensity(ctx, g, y, h) {
  const w = Math.floor(gantt.width - gantt.gutter), key = g.id + S.from + "_" + S.to + "_" + w;
  if (w < 10 || !g.pods.length) return;
  let counts = gantt.density.get(key);
  if (!counts || counts.pods !== g.pods) {
    const list = densityOf(g.pods, w), n = STATES.length;
    counts = {pods: g.pods, list, most: 1};
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += list[x * n + k];
      counts.most = Math.max(counts.most, sum);
    }
    if (gantt.density.size > 400) gantt.density.clear();
    gantt.density.set(key, counts);
  }
  const n = STATES.length, scale = h / counts.most;
  for (let s = 0; s < n; s++) {
    ctx.fillStyle = STATES[s].color;
    for (let x = 0; x < w; x++) {
      const c = counts.list[x * n + s];
      if (!c) continue;
      let below = 0;
      for (let k = s + 1; k < n; k++) below += counts.list[x * n + k];
      ctx.fillRect(gantt.gutter + x, y + h - (below + c) * scale, 1, Math.max(c * scale, .5));
    }
  }
}

function densityOf(pods, w) {
  const n = STATES.length, turn = new Int32Array((w + 1) * n), per = w / (S.to - S.from);
  for (const p of pods) {
    const end = Math.min(D.pods.gone[p], D.meta.end);
    for (let k = D.seg.at[p]; k < D.seg.at[p + 1]; k++) {
      const to = k + 1 < D.seg.at[p + 1] ? D.seg.from[k + 1] : end;
      if (to <= S.from || D.seg.from[k] >= S.to) continue;
      const a = Math.max(0, Math.ceil((D.seg.from[k] - S.from) * per - .5)), b = Math.min(w, Math.ceil((to - S.from) * per - .5));
      if (b <= a) continue;
      turn[a * n + D.seg.state[k]]++;
      turn[b * n + D.seg.state[k]]--;
    }
  }
  for (let x = 1; x <= w; x++) for (let s = 0; s < n; s++) turn[x * n + s] += turn[(x - 1) * n + s];
  return turn;
}

function legend() {
  const used = new Uint8Array(STATES.length);
  for (let i = 0; i < D.seg.state.length; i++) used[D.seg.state[i]] = 1;
  for (const list of D.lanes) for (const l of list) for (const s of l.state) used[s] = 1;
  return el("div", {class: "legend", role: "group", "aria-label": "Show only pods that are in a state now"}, STATES.map((s, i) => !used[i] ? null :
    el("button", {class: "chip", type: "button", "aria-pressed": "false", title: s.hint + "; press to show only pods that are so at the chosen instant", data: {state: i}, onclick: e => {
      S.states.has(i) ? S.states.delete(i) : S.states.add(i);
      e.currentTarget.setAttribute("aria-pressed", S.states.has(i));
      changed("filter");
    }}, swatch(i), s.name)),
    el("span", {class: "key"}, el("i", {class: "mark-warning"}), "warning"), el("span", {class: "key"}, el("i", {class: "mark-restart"}), "restart"),
    D.faults.length ? el("span", {class: "key"}, el("i", {class: "mark-fault"}), "step of the timeline") : null);
}
