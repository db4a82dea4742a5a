// The board: draws the last minutes, and keeps the hand on the rate true to what is in force.
// Everything else is HTML that works without it.
(() => {
  "use strict";

  const KEPT_S = 900;
  const TAIL_S = 5;
  const ASK_EVERY_MS = 1000;
  const charts = document.querySelector("[data-series]");
  const byId = (id) => document.getElementById(id);
  const isLive = Boolean(byId("board"));

  // --- what is drawn ---

  // Seconds, then for each name a number or null a second.
  const NAMES = ["waiting", "entered", "left", "refused_in_all", "admitted", "issued", "enter_p99_ms", "issue_p99_ms"];
  let begins = 0;
  let columns = null;

  const take = (series) => {
    // A process of the release before, in a rolling upgrade.
    series.refused_in_all ??= series.refused;
    series.waiting ??= series.entered.map(() => null);
    const from = Date.parse(series.begins_at) / 1000;
    if (!columns || from > begins + KEPT_S + TAIL_S) {
      begins = from;
      columns = Object.fromEntries(NAMES.map((name) => [name, series[name].slice()]));
      return;
    }
    for (const name of NAMES) {
      const kept = columns[name];
      series[name].forEach((value, at) => { kept[from + at - begins] = value; });
      for (let at = 0; at < kept.length; at += 1) if (kept[at] === undefined) kept[at] = null;
    }
    const over = columns.entered.length - KEPT_S;
    if (over > 0) {
      for (const name of NAMES) columns[name].splice(0, over);
      begins += over;
    }
  };

  const plots = [];
  const colour = (name) => getComputedStyle(charts).getPropertyValue(name).trim();
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: charts?.dataset.timeZone });
  // uPlot asks for the value of a second that is no longer drawn with `undefined`, for a gap with `null`.
  const isMissing = (value) => value === null || value === undefined;
  const shown = (_, value) => (isMissing(value) ? "–" : number.format(value));
  const shownTime = (_, at) => (isMissing(at) ? "–" : clock.format(new Date(at * 1000)));

  // Does the work for as long as the page is open: an error is logged, and the next turn tries again.
  const repeat = async (work, rest_ms) => {
    try {
      if (!document.hidden) await work();
    } catch (error) {
      console.error(error);
    }
    setTimeout(repeat, rest_ms, work, rest_ms);
  };
  const fetchJson = async (url) => {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // the network is away, or something else than JSON came: the next turn asks again
    }
  };

  const line = (label, stroke, more = {}) => ({
    label: charts.dataset[label], stroke: colour(stroke), width: 1.5, value: shown, points: { show: false }, ...more,
  });
  const KINDS = {
    waiting: { names: ["waiting"], lines: () => [line("waiting", "--chart-1", { fill: colour("--chart-grid"), width: 2 })] },
    coming: { names: ["entered", "left", "refused_in_all"], lines: () => [line("entered", "--chart-1", { fill: colour("--chart-grid") }), line("left", "--chart-3"), line("refused", "--chart-2")] },
    through: { names: ["admitted", "issued", ...(isLive ? ["asked"] : [])], lines: () => [line("admitted", "--chart-1"), line("issued", "--chart-2"), ...(isLive ? [line("asked", "--soft", { dash: [4, 4], width: 1 })] : [])] },
    latency: { names: ["enter_p99_ms", "issue_p99_ms"], lines: () => [line("enter", "--chart-1", { points: { show: true, size: 3 } }), line("issue", "--chart-2", { points: { show: true, size: 3 } })] },
  };

  // From shortly before anything happened: a first minute must not be squeezed into a corner.
  const SHOWN_MIN_S = 120;
  const first = () => {
    const some = columns.entered.findIndex((_, at) => NAMES.some((name) => columns[name][at]));
    return some < 0 ? 0 : Math.max(0, Math.min(some - 10, columns.entered.length - SHOWN_MIN_S));
  };
  const drawn = (names) => {
    const from = first();
    const seconds = columns.entered.map((_, at) => begins + at).slice(from);
    const rate = Number(byId("board")?.dataset.rate) || null;
    return [seconds, ...names.map((name) => (name === "asked" ? seconds.map(() => rate) : columns[name].slice(from)))];
  };

  const axis = (more) => ({
    stroke: colour("--soft"), grid: { stroke: colour("--chart-grid"), width: 1 }, ticks: { show: false },
    font: "12px system-ui, sans-serif", ...more,
  });
  // The last second's, where no pointer says which: a phone has none.
  const sayLast = (plot) => {
    if (plot.cursor.left < 0) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
  };
  // A line with its letter at each change of the list beside the charts.
  const markChanges = ({ ctx, bbox, valToPos, scales }) => {
    for (const change of document.querySelectorAll("#changes [data-at]")) {
      const at = Number(change.dataset.at);
      if (at < scales.x.min || at > scales.x.max) continue;
      const x = Math.round(valToPos(at, "x", true));
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour("--soft");
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.font = `bold ${12 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.fillText(change.dataset.mark, x + 4, bbox.top + 12 * devicePixelRatio);
      ctx.restore();
    }
  };
  const draw = () => {
    plots.splice(0).forEach(({ plot }) => plot.destroy());
    for (const target of charts.querySelectorAll("[data-chart]")) {
      const kind = KINDS[target.dataset.chart];
      target.closest("figure").hidden = false;
      const plot = new uPlot({
        width: target.clientWidth,
        height: 150,
        padding: [8, 28, 0, 0],
        hooks: { setLegend: [sayLast], draw: [markChanges] },
        cursor: { sync: { key: "board" }, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
          axis({ values: (_, at, __, ___, step) => at.map((one) => clock.format(new Date(one * 1000)).slice(0, step < 60 ? 8 : 5)), space: 80, size: 28 }),
          axis({ values: (_, at) => at.map((one) => (Number.isInteger(one) ? number.format(one) : "")), size: 56 }),
        ],
        legend: { markers: { width: 2 } },
        series: [{ label: charts.dataset.time, value: shownTime }, ...kind.lines()],
      }, drawn(kind.names), target);
      plots.push({ plot, target, names: kind.names });
    }
  };

  // autopilot.js draws with the same pens.
  window.waitroomChart = { axis, line, colour, clock, number, shown, shownTime, sayLast, repeat, fetchJson };

  const redraw = () => plots.forEach(({ plot, names }) => plot.setData(drawn(names)));

  let askedAt = 0;
  const follow = async () => {
    const away_s = (Date.now() - askedAt) / 1000;
    const seconds = columns && away_s < TAIL_S ? TAIL_S : KEPT_S;
    const series = await fetchJson(`${charts.dataset.series}?seconds=${seconds}`);
    if (!series) return;
    take(series);
    askedAt = Date.now();
    if (plots.length) redraw(); else draw();
  };

  if (charts && window.uPlot) {
    if (isLive) repeat(follow, ASK_EVERY_MS); else follow();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => columns && draw());
    new ResizeObserver(() => plots.forEach(({ plot, target }) => {
      if (target.clientWidth !== plot.width) plot.setSize({ width: target.clientWidth, height: 150 });
    })).observe(charts);
  }

  // --- the hand on the rate ---

  // A slider of equal factors: from 1 to 10 is as far as from 100 to 1,000.
  const RATE_MAX = 10000;
  const toSlide = (rate) => Math.round(1000 * Math.log10(Math.max(1, rate)) / Math.log10(RATE_MAX));
  const toRate = (slide) => {
    const rate = RATE_MAX ** (slide / 1000);
    const step = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 1);
    return Math.round(rate / step) * step;
  };

  const readyHand = () => {
    const slide = byId("slide");
    const rate = byId("rate");
    if (!slide || !rate) return;
    slide.hidden = false;
    slide.value = toSlide(Number(rate.value));
    slide.addEventListener("input", () => { rate.value = toRate(Number(slide.value)); });
    rate.addEventListener("input", () => { slide.value = toSlide(Number(rate.value)); });
  };

  // Somebody else's turn is shown at once; but what is just being typed is not taken away: it is
  // sent with the version that was seen, and answered with what is in force now.
  const isTouched = (hand) => {
    const rate = byId("rate"); // not there on autopilot
    return hand.contains(document.activeElement) && document.activeElement !== document.body
      || (rate && rate.value !== rate.defaultValue) || Boolean(hand.querySelector("details[open], [role=alert]"));
  };
  const here = location.pathname.replace(/\/turn$/, "");
  const followHand = () => {
    const hand = byId("hand");
    const board = byId("board");
    if (!hand || !board || board.dataset.version === "0" || hand.dataset.version === board.dataset.version || isTouched(hand)) return;
    htmx.ajax("GET", `${here}/hand`, { target: "#hand", swap: "outerHTML" });
  };

  const followChanges = () => {
    const { version } = byId("board")?.dataset ?? {};
    const changes = byId("changes");
    if (!changes || version === "0" || changes.dataset.version === version) return;
    htmx.ajax("GET", `${here}/changes`, { target: "#changes", swap: "outerHTML" });
  };

  // Pause or Resume: without replacing the button that is perhaps being pressed.
  const followState = () => {
    const state = byId("board")?.dataset.state;
    if (!state) return;
    for (const form of document.querySelectorAll("#bar-controls form")) {
      form.hidden = state === "closed" || (state === "paused") !== ("resume" in form.dataset);
    }
  };

  // Somebody may have turned the autopilot on or off.
  const followMode = () => {
    const autopilot = byId("autopilot");
    const { mode, version } = byId("board")?.dataset ?? {};
    if (!autopilot || version === "0" || autopilot.dataset.mode === mode) return;
    htmx.ajax("GET", `${here}/autopilot`, { target: "#autopilot", swap: "outerHTML" });
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    window.waitroom?.showLocalTimes();
    byId("trouble").hidden = true;
    if (event.detail.target.id === "hand") readyHand();
    else if (event.detail.target.id === "board") {
      followHand();
      followState();
      followChanges();
      followMode();
    }
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.xhr?.status === 401) location.reload();
      byId("trouble").hidden = false;
    });
  }
  // Only a board is put in the board's stead: not a sign-in page that we were sent to.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!/\sid="(board|hand|changes|autopilot|reconcile)"/.test(detail.serverResponse)) {
      detail.shouldSwap = false;
      location.reload();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("[data-keep]")?.click();
  });
  readyHand();
})();
