// Line charts over the same stretch of time as the lanes, each with a table of its numbers.

const chartList = [
  {title: "Pods", unit: "pods", series: [["pods", 7], ["pending", 0], ["running", 3], ["ready", 4], ["backing off", 5], ["terminating", 6], ["failed", 8]]},
  {title: "CPU, cores", unit: "cores", series: [["cpu allocatable", 7], ["cpu requested", 2], ["cpu used", 4]]},
  {title: "Memory", unit: "bytes", series: [["memory allocatable", 7], ["memory requested", 2], ["memory used", 4]]},
  {title: "Nodes ready", unit: "nodes", series: [["nodes ready", 4]]},
];
const lineColors = {0: "#8a93a0", 2: "#3e9bd6", 3: "#c9a800", 4: "#0a9b72", 5: "#cf7cab", 6: "#e69f00", 7: "#6b7684", 8: "#d55e00"};
const dashes = {0: [2, 3], 3: [6, 3], 5: [8, 3, 2, 3], 6: [3, 3], 7: [10, 4], 8: [1, 2]};

const plots = [];

// joined puts step series on one axis of times.
function joined(list) {
  const times = distinct(list.map(r => r.at).concat([[0, D.meta.end]]));
  const columns = list.map(r => {
    const out = new Array(times.length);
    let k = -1;
    for (let i = 0; i < times.length; i++) {
      while (k + 1 < r.at.length && r.at[k + 1] <= times[i]) k++;
      out[i] = k < 0 ? null : r.values[k];
    }
    return out;
  });
  return [Array.from(times, t => t / SECOND), ...columns];
}

const valueText = (unit, v) => v === null || v === undefined ? "-" : unit === "bytes" ? bytes(v) : (Math.round(v * 1000) / 1000).toLocaleString("en");

function makeCharts() {
  const box = el("div", {class: "charts"});
  for (const c of chartList) {
    const series = c.series.map(([name, color]) => ({name, color, data: D.series.find(r => r.name === name)}))
      .filter(r => r.data && (r.data.values.some(v => v !== 0) || r.name === "ready" || r.name.endsWith("requested")));
    if (!series.length) continue;
    const data = joined(series.map(r => r.data)), holder = el("div", {class: "chart-holder"}), table = el("div", {class: "chart-table", hidden: true});
    const button = el("button", {class: "small", type: "button", "aria-expanded": "false", onclick: () => {
      table.hidden = !table.hidden;
      button.setAttribute("aria-expanded", !table.hidden);
      if (!table.hidden) fill(table, chartTable(c, series, data));
    }}, "Table");
    const now = el("span", {class: "chart-now"});
    box.append(el("figure", {class: "chart"}, el("figcaption", null, el("b", null, c.title), now, button), holder, table));
    plots.push({c, series, data, holder, now, plot: null});
  }
  new ResizeObserver(() => { for (const p of plots) if (p.plot) p.plot.setSize(chartSize(p)); }).observe(box);
  return box;
}

const chartSize = p => ({width: Math.max(200, p.holder.clientWidth), height: 130});

function drawCharts() {
  for (const p of plots) {
    if (p.plot) p.plot.destroy();
    p.plot = new uPlot({
      ...chartSize(p),
      scales: {x: {time: false, min: S.from / SECOND, max: S.to / SECOND}, y: {range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1]}},
      legend: {show: false},
      cursor: {y: false, points: {show: false}, drag: {x: true, y: false, setScale: false}},
      hooks: {
        draw: [u => {
          const x = u.valToPos(S.t / SECOND, "x", true);
          u.ctx.save();
          u.ctx.strokeStyle = theme.accent;
          u.ctx.lineWidth = 1.5 * devicePixelRatio;
          u.ctx.setLineDash([]);
          u.ctx.beginPath();
          u.ctx.moveTo(x, u.bbox.top);
          u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
          if (S.t >= S.from && S.t <= S.to) u.ctx.stroke();
          u.ctx.restore();
        }],
        setSelect: [u => {
          if (u.select.width > 4) setView(u.posToVal(u.select.left, "x") * SECOND, u.posToVal(u.select.left + u.select.width, "x") * SECOND);
          u.setSelect({left: 0, width: 0, top: 0, height: 0}, false);
        }],
        init: [u => u.over.addEventListener("click", e => setTime(u.posToVal(e.offsetX, "x") * SECOND))],
      },
      axes: [
        {stroke: theme.dim, grid: {stroke: theme.line, width: 1}, ticks: {stroke: theme.line, width: 1, size: 4}, size: 24, font: theme.small, space: 80,
          splits: (u, i, low, high) => { const s = tickStep((high - low) * SECOND, Math.max(2, u.width / 100)) / SECOND, out = []; for (let t = Math.ceil(low / s) * s; t <= high; t += s) out.push(t); return out; },
          values: (u, list) => list.map(t => short(Math.round(t * SECOND)))},
        {stroke: theme.dim, grid: {stroke: theme.line, width: 1}, ticks: {show: false}, size: 52, space: 34, ...(p.c.unit === "bytes" ? {incrs: Array.from({length: 50}, (_, i) => 2 ** i)} : p.c.unit === "cores" ? {} : {incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6]}), font: theme.small, values: (u, list) => list.map(v => valueText(p.c.unit, v))},
      ],
      series: [{}, ...p.series.map(r => ({label: r.name, stroke: lineColors[r.color], width: r.color === 4 ? 2 : 1.5, dash: dashes[r.color], points: {show: false}, paths: uPlot.paths.stepped({align: 1})}))],
    }, p.data, p.holder);
  }
  drawChartNow();
}

// drawChartNow writes the values at the instant, which are the legend too.
function drawChartNow() {
  for (const p of plots) {
    fill(p.now, p.series.map(r => {
      const i = first(r.data.at.length, i => !seen(r.data.at[i])) - 1, dash = el("i");
      dash.style.borderTopColor = lineColors[r.color];
      if (dashes[r.color]) dash.style.borderTopStyle = "dashed";
      return el("span", null, dash, r.name + " " + valueText(p.c.unit, i < 0 ? 0 : r.data.values[i]));
    }));
    if (p.plot) p.plot.redraw(false, false);
  }
}

function chartTable(c, series, data) {
  const most = 400, n = data[0].length, skip = Math.max(1, Math.ceil(n / most)), body = [];
  for (let i = 0; i < n; i += skip) body.push(el("tr", null, el("th", {scope: "row"}, short(Math.round(data[0][i] * SECOND))), series.map((_, k) => el("td", null, valueText(c.unit, data[k + 1][i])))));
  return el("table", null, el("caption", null, c.title + (skip > 1 ? ", every " + skip + "th change" : "")),
    el("thead", null, el("tr", null, el("th", {scope: "col"}, "time"), series.map(r => el("th", {scope: "col"}, r.name)))), el("tbody", null, body));
}
