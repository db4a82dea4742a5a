// Draws the charts of a report with uPlot, and redraws them on resize and when the colour scheme changes.
"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const shown = (value) => (value === null || value === undefined ? "" : number.format(value));
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  // Dashes distinguish the ways too, not only colours.
  const PENS = {
    pessimistic: { dash: [9, 5] }, optimistic: { dash: [1, 5], width: 3 }, redis_lock: { dash: [12, 4, 2, 4] }, queue: { width: 3 },
    bound: { dash: [3, 4], width: 1.5 }, open: {}, busy: { width: 1 },
  };
  const COLOURS = { bound: "--soft", open: "--good", busy: "--ink" };

  const axis = (label, more) => ({
    label, labelSize: 22, labelFont: "13px system-ui", font: "12px system-ui",
    stroke: colour("--soft"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false }, ...more,
  });
  const pen = ({ name, kind, steps }) => ({
    label: name, width: 2, stroke: colour(COLOURS[kind] ?? `--${kind}`), spanGaps: true, points: { show: false },
    paths: steps ? uPlot.paths.stepped({ align: 1 }) : undefined, value: (_, value) => shown(value), ...PENS[kind],
  });
  const draw = (chart) => {
    const target = document.getElementById(`chart-${chart.key}`);
    const lines = chart.lines.filter(({ points }) => points.length);
    target.replaceChildren();
    if (!lines.length) return;
    const labels = chart.labels.length ? { splits: () => chart.labels.map((_, at) => at), values: () => chart.labels } : {};
    const isSmall = chart.key.startsWith("held-");
    new uPlot({
      width: target.clientWidth, height: isSmall ? 180 : 300, legend: { show: false },
      cursor: { show: false }, padding: [8, 16, 0, 0],
      scales: {
        x: { time: false, range: (_, __, most) => [0, most] },
        y: chart.is_log ? { distr: 3 } : { range: (_, __, most) => [0, most * 1.05 || 1] },
      },
      axes: [axis(chart.x, { size: 30, ...labels }), axis(chart.y, { size: 60, values: (_, splits) => splits.map(shown) })],
      series: [{}, ...lines.map(pen)],
    }, uPlot.join(lines.map(({ points }) => [points.map(([x]) => x), points.map(([, y]) => y)])), target);
  };
  const drawAll = () => charts.forEach(draw);

  drawAll();
  addEventListener("resize", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
