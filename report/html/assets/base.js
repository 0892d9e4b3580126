"use strict";
// Small things that everything else uses. Texts of the run are only ever set as text, never as markup.

const $ = id => document.getElementById(id);

// el makes an element: el("button", {class: "step", onclick: f}, "next").
function el(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k === "value" || k === "checked" || k === "disabled" || k === "hidden" || k === "selected") e[k] = v;
    else if (k === "data") Object.assign(e.dataset, v);
    else e.setAttribute(k, v === true ? "" : v);
  }
  e.append(...children.flat().filter(c => c !== null && c !== undefined));
  return e;
}

function fill(e, ...children) { e.replaceChildren(...children.flat().filter(c => c !== null && c !== undefined)); return e; }

const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
const plural = (n, one) => n.toLocaleString("en") + " " + one + (n === 1 ? "" : "s");

// first is the first i in [0, n) with ok(i), n if there is none. ok must turn from false to true once.
function first(n, ok) {
  let low = 0, high = n;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (ok(mid)) high = mid; else low = mid + 1;
  }
  return low;
}

// Times are whole microseconds since the start of the run.
const SECOND = 1e6, MINUTE = 6e7, HOUR = 36e8;

// exact writes a time as Go does, so that --at takes it: 1h2m3.004005s.
function exact(us) {
  let out = "";
  if (us >= HOUR) out += Math.floor(us / HOUR) + "h";
  if (us >= MINUTE) out += Math.floor(us % HOUR / MINUTE) + "m";
  const rest = us % MINUTE, micro = rest % SECOND;
  return out + Math.floor(rest / SECOND) + (micro ? "." + String(micro).padStart(6, "0").replace(/0+$/, "") : "") + "s";
}

// short writes a time for reading, to the millisecond.
function short(us) {
  if (us < 0) return "0s";
  return exact(Math.round(us / 1000) * 1000).replace(/([hm])0s$/, "$1").replace(/h0m$/, "h");
}

// parseTime reads what exact writes, and plain seconds; NaN for anything else.
function parseTime(text) {
  text = text.trim().replace(/µs/g, "us");
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(parseFloat(text) * SECOND);
  if (!/^(\d+(\.\d+)?(h|ms|us|m|s))+$/.test(text)) return NaN;
  const unit = {h: HOUR, m: MINUTE, s: SECOND, ms: 1000, us: 1};
  let sum = 0;
  for (const [, n, , u] of text.matchAll(/(\d+(\.\d+)?)(h|ms|us|m|s)/g)) sum += parseFloat(n) * unit[u];
  return Math.round(sum);
}

// steps are distances of ticks that people read with ease.
const tickSteps = [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 15e6, 3e7, 6e7, 12e7, 3e8, 6e8, 9e8, 18e8, 36e8,
  72e8, 108e8, 216e8, 432e8, 864e8, 1728e8, 6048e8, 2592e9, 3153e10];
const tickStep = (span, count) => tickSteps.find(s => span / s <= count) || tickSteps[tickSteps.length - 1];

function bytes(n) {
  let i = 0;
  while (n >= 1024 && i < 5) { n /= 1024; i++; }
  return (n >= 100 || i === 0 ? Math.round(n) : Math.round(n * 10) / 10) + ["", "Ki", "Mi", "Gi", "Ti", "Pi"][i];
}
