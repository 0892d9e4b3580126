// Colours and patterns. No state is told by its colour alone: those that could be taken for another have a pattern, and
// names stand in the lanes, in the legend and under the pointer. The hues are Okabe and Ito's.

const STATES = [
  {name: "pending", hint: "no node yet", color: "#b9bec5", pattern: "dots"},
  {name: "waiting", hint: "on its node, being prepared", color: "#a6d8f5"},
  {name: "pulling", hint: "its image is being pulled", color: "#3e9bd6", pattern: "bars"},
  {name: "not ready", hint: "running, not ready", color: "#f0dc3c"},
  {name: "ready", hint: "running and ready", color: "#0a9b72"},
  {name: "backing off", hint: "kept waiting after failures", color: "#cf7cab", pattern: "rise"},
  {name: "terminating", hint: "deleted, still there", color: "#e69f00", pattern: "fall"},
  {name: "completed", hint: "ended with success", color: "#7d8894"},
  {name: "failed", hint: "ended with failure", color: "#d55e00", pattern: "cross"},
  {name: "unknown", hint: "its node does not answer", color: "#5b5b66", pattern: "dots"},
];
const MARKS = ["note", "warning", "restart", "fault"];

const theme = {};
function readTheme() {
  const css = getComputedStyle(document.documentElement);
  for (const k of ["ink", "dim", "line", "paper", "panel", "accent", "warn", "stripe"]) theme[k] = css.getPropertyValue("--" + k).trim();
  theme.font = "12px " + css.getPropertyValue("--sans").trim();
  theme.small = "11px " + css.getPropertyValue("--sans").trim();
  theme.bold = "600 12px " + css.getPropertyValue("--sans").trim();
  fills.clear();
}

const fills = new Map();
// fillOf is the colour or pattern of a state on a canvas.
function fillOf(ctx, state) {
  const s = STATES[state];
  if (!s.pattern) return s.color;
  if (fills.has(state)) return fills.get(state);
  const size = 8, tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const t = tile.getContext("2d");
  t.fillStyle = s.color;
  t.fillRect(0, 0, size, size);
  t.strokeStyle = t.fillStyle = "rgba(0,0,0,.30)";
  t.lineWidth = 1.4;
  t.beginPath();
  const line = (a, b, c, d) => { t.moveTo(a, b); t.lineTo(c, d); };
  if (s.pattern === "rise" || s.pattern === "cross") { line(-1, size + 1, size + 1, -1); line(-1, 1, 1, -1); line(size - 1, size + 1, size + 1, size - 1); }
  if (s.pattern === "fall" || s.pattern === "cross") { line(-1, -1, size + 1, size + 1); line(-1, size - 1, 1, size + 1); line(size - 1, -1, size + 1, 1); }
  if (s.pattern === "bars") line(4, 0, 4, size);
  t.stroke();
  if (s.pattern === "dots") { t.fillRect(1, 1, 1.6, 1.6); t.fillRect(5, 5, 1.6, 1.6); }
  const pattern = ctx.createPattern(tile, "repeat");
  fills.set(state, pattern);
  return pattern;
}

// Names on dark states are white.
const inkOn = state => [2, 4, 7, 8, 9].includes(state) ? "#fff" : "#10151c";

// sharp makes a canvas as fine as the screen and clears it.
function sharp(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2), w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

// cut shortens a text in its middle to a width.
const cutKept = new Map();
function cut(ctx, text, width) {
  const key = ctx.font + "\n" + width + "\n" + text;
  if (cutKept.has(key)) return cutKept.get(key);
  let out = text;
  if (ctx.measureText(text).width > width) {
    const all = [...text];
    let low = 0, high = all.length;
    const make = n => all.slice(0, Math.ceil(n / 2)).join("") + "…" + (n > 1 ? all.slice(-Math.floor(n / 2)).join("") : "");
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (ctx.measureText(make(mid)).width <= width) low = mid; else high = mid - 1;
    }
    out = low > 1 ? make(low) : "";
  }
  if (cutKept.size > 20000) cutKept.clear();
  cutKept.set(key, out);
  return out;
}

// swatch is a legend's sample of a state.
function swatch(state) {
  const c = el("canvas", {class: "swatch", "aria-hidden": "true"});
  const ctx = sharp(c, 14, 12);
  ctx.fillStyle = fillOf(ctx, state);
  ctx.fillRect(0, 0, 14, 12);
  return c;
}
