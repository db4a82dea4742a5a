// The autopilot's rate: drawn as it was found, with each step down marked and each reason in words.
// The table below the charts says the same without this file.
(() => {
  "use strict";

  const KEPT = 900;
  const TAIL = 20;
  const ASK_EVERY_MS = 2000;
  const QUIET_S = 3;
  // Reasons for which the rate goes down; docs/autopilot.md says what each of them means.
  const DOWN = new Set(["slow", "queue", "postgres_away", "queue_away", "no_workers", "batches_failed"]);
  const part = document.getElementById("pilot");
  const pens = window.waitroomChart;
  if (!part || !pens || !window.uPlot) return;
  const target = part.querySelector("[data-pilot]");
  const reasons = Object.fromEntries([...part.querySelectorAll("[data-reason]")].map((one) => [one.dataset.reason, one.textContent]));

  let decisions = [];
  let points = [];
  let plot = null;

  const isOn = () => document.getElementById("board")?.dataset.mode === "autopilot";

  const take = (some) => {
    const known = decisions.length ? decisions[decisions.length - 1].at : "";
    decisions.push(...some.filter((one) => one.at > known));
    decisions.splice(0, decisions.length - KEPT);
  };

  const columns = () => {
    points = decisions.flatMap((one, n) => {
      const at = Date.parse(one.at) / 1000;
      const before = decisions[n - 1];
      // One mark where it goes down, not one for each decision of a long stay at the least.
      const isDown = DOWN.has(one.reason) && (!before || one.rate_per_s < before.rate_per_s);
      const point = { at, rate: one.rate_per_s, issued: one.issued_per_s, down: isDown ? one.rate_per_s : null, reason: one.reason };
      // A quiet time is kept as one decision: the rate stays, and how many were issued isn't known.
      const since = before ? Date.parse(before.at) / 1000 : at;
      const isQuiet = at - since > QUIET_S;
      return isQuiet ? [{ at: since + 1, rate: before.rate_per_s, issued: null, down: null, reason: before.reason }, point] : [point];
    });
    return [...["at", "rate", "issued", "down"].map((name) => points.map((one) => one[name])), points.map(() => null)];
  };

  const why = (_, __, ___, at) => reasons[points[at ?? points.length - 1]?.reason] ?? "–";

  const draw = () => {
    plot?.destroy();
    const { axis, line, colour, clock, number, shown, shownTime, sayLast } = pens;
    const of = (name, stroke, more) => line(name, stroke, { label: part.dataset[name], ...more });
    plot = new uPlot({
      width: target.clientWidth,
      height: 150,
      padding: [8, 28, 0, 0],
      hooks: { setLegend: [sayLast] },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      axes: [
        axis({ values: (_, at) => at.map((one) => clock.format(new Date(one * 1000))), space: 80, size: 28 }),
        axis({ values: (_, at) => at.map((one) => (Number.isInteger(one) ? number.format(one) : "")), size: 56 }),
      ],
      legend: { markers: { width: 2 } },
      series: [
        { label: document.querySelector("[data-series]").dataset.time, value: shownTime },
        of("rate", "--chart-1", { paths: uPlot.paths.stepped({ align: 1 }) }),
        of("issued", "--soft", { width: 1, dash: [4, 4] }),
        of("down", "--chart-2", { width: 0, paths: () => null, points: { show: true, size: 9, fill: colour("--chart-2") }, value: shown }),
        of("why", "--soft", { paths: () => null, value: why }),
      ],
    }, columns(), target);
  };

  const follow = async () => {
    if (!isOn()) {
      part.hidden = true;
      return;
    }
    const answer = await pens.fetchJson(`${part.dataset.decisions}?at_most=${decisions.length ? TAIL : KEPT}`);
    if (!answer) return;
    take(answer.decisions);
    if (!decisions.length) return;
    part.hidden = false;
    if (plot) plot.setData(columns()); else draw();
  };

  pens.repeat(follow, ASK_EVERY_MS);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot && draw());
  new ResizeObserver(() => {
    if (plot && target.clientWidth && target.clientWidth !== plot.width) plot.setSize({ width: target.clientWidth, height: 150 });
  }).observe(part);
})();
