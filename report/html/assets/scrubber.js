// The scrubber: a slider over virtual time with the faults, warnings and the state of all pods behind it.

const speeds = [1, 2, 5, 10, 30, 60, 300, 1800, 7200];

function makeScrubber() {
  const button = (id, text, title, f) => el("button", {type: "button", id, title, "aria-label": title, onclick: f}, text);
  const track = el("canvas", {class: "track", "aria-hidden": "true"});
  const slider = el("input", {type: "range", id: "slider", min: 0, max: 10000, step: 1, "aria-label": "virtual time", oninput: e => setTime(e.target.value / 10000 * D.meta.end)});
  slider.addEventListener("keydown", e => { if (/^(Arrow|Home|End|Page)/.test(e.key)) e.preventDefault(); });
  const field = el("input", {id: "time", type: "text", size: 11, spellcheck: "false", autocomplete: "off", "aria-label": "instant, as 95s or 1m30s", onchange: e => {
    const t = e.target.value.trim() === "end" ? D.meta.end : parseTime(e.target.value);
    if (Number.isNaN(t)) e.target.setAttribute("aria-invalid", "true");
    else { e.target.removeAttribute("aria-invalid"); setTime(t); }
    e.target.value = exact(S.t);
  }});
  field.addEventListener("keydown", e => { e.stopPropagation(); if (e.key === "Enter") field.blur(); });
  const play = button("play", "▶", "Play (space)", togglePlay);
  const speed = el("select", {id: "speed", "aria-label": "speed", onchange: e => { S.speed = +e.target.value; }}, speeds.map(n => el("option", {value: n}, n + "×")));
  S.speed = speeds.find(n => D.meta.end / SECOND / n <= 40) || speeds[speeds.length - 1];
  speed.value = S.speed;
  const clock = el("span", {class: "clock dim", title: "the virtual clock on the wall"});
  fill($("scrubber"),
    el("div", {class: "controls"}, button("start", "«", "To the start (Home)", () => setTime(0)), button("prev", "‹", "To the change before (←)", () => step(-1)), play, button("next", "›", "To the next change (→)", () => step(1)), button("end", "»", "To the end (End)", () => setTime(D.meta.end)), field, speed, clock),
    el("div", {class: "slider"}, track, slider));
  const draw = () => {
    slider.value = D.meta.end ? S.t / D.meta.end * 10000 : 0;
    slider.setAttribute("aria-valuetext", exact(S.t));
    if (document.activeElement !== field) field.value = exact(S.t);
    clock.textContent = new Date((D.meta.start + S.t) / 1000).toISOString().replace("T", " ").slice(0, 19) + "Z";
  };
  watch("t", draw);
  draw();
  const paint = () => drawTrack(track);
  new ResizeObserver(paint).observe(track.parentElement);
  watch("theme", paint);
}

function drawTrack(canvas) {
  const w = canvas.parentElement.clientWidth, h = 26, ctx = sharp(canvas, w, h);
  const x = t => 8 + t / (D.meta.end || 1) * (w - 16), total = D.series.find(r => r.name === "pods"), ready = D.series.find(r => r.name === "ready");
  const most = Math.max(1, ...total.values);
  const area = (r, color) => {
    ctx.fillStyle = color;
    ctx.beginPath();
    ctx.moveTo(x(0), h);
    r.at.forEach((t, i) => {
      const to = i + 1 < r.at.length ? r.at[i + 1] : D.meta.end, y = h - r.values[i] / most * (h - 8);
      ctx.lineTo(x(t), y);
      ctx.lineTo(x(to), y);
    });
    ctx.lineTo(x(D.meta.end), h);
    ctx.fill();
  };
  ctx.globalAlpha = .35;
  area(total, STATES[0].color);
  area(ready, STATES[4].color);
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme.warn;
  let last = -9;
  for (let i = 0; i < D.events.at.length; i++) if (D.events.warning[i] && x(D.events.at[i]) > last + 2) { last = x(D.events.at[i]); ctx.fillRect(last, h - 4, 1.5, 4); }
  for (const f of D.faults) {
    const a = x(f.at);
    ctx.globalAlpha = .2;
    if (f.to >= 0) ctx.fillRect(a, 6, x(f.to) - a, h);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(a, 0); ctx.lineTo(a + 5, 5); ctx.lineTo(a, 10); ctx.lineTo(a - 5, 5);
    ctx.fill();
  }
}

let playedAt = 0;
function togglePlay() {
  S.playing = !S.playing;
  const b = $("play");
  b.textContent = S.playing ? "❚❚" : "▶";
  b.title = S.playing ? "Pause (space)" : "Play (space)";
  if (!S.playing) return;
  if (S.t >= D.meta.end) setTime(0);
  playedAt = performance.now();
  requestAnimationFrame(playFrame);
}

function playFrame(now) {
  if (!S.playing) return;
  setTime(S.t + (now - playedAt) * 1000 * S.speed);
  playedAt = now;
  if (S.t >= D.meta.end) togglePlay();
  else requestAnimationFrame(playFrame);
}
