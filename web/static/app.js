// Keeps a waiting page asking on a bad network, speaks its news, and shows times as the reader's clock does.
// htmx does the asking; every page works without this file.
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);

  // --- times, in the reader's own time zone ---

  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = { month: "short", day: "numeric" };
  const formOf = (time, at) => {
    const now = new Date();
    const exact = "seconds" in time.dataset ? { ...hour, second: "2-digit" } : { ...hour, ...day };
    if (at.toDateString() === now.toDateString()) return exact;
    return at.getFullYear() === now.getFullYear() ? { ...exact, ...day } : { ...exact, ...day, year: "numeric" };
  };
  const showLocalTimes = () => {
    for (const time of document.querySelectorAll("time[datetime]:not([title])")) {
      const at = new Date(time.dateTime);
      time.title = time.textContent;
      time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, formOf(time, at)).format(at);
    }
  };

  // --- the opening: the button wakes by itself, so that nobody has to reload at that second ---

  const countDown = () => {
    const countdown = document.querySelector("[data-opens-at]");
    if (!countdown) return;
    const [arrival] = performance.getEntriesByType("navigation");
    const serverSaid = arrival && arrival.transferSize > 0 ? Date.parse(countdown.dataset.now) : NaN;
    const behind_ms = serverSaid - (performance.timeOrigin + (arrival ? arrival.responseStart : 0)) || 0;
    const tick = () => {
      const left_ms = Date.parse(countdown.dataset.opensAt) - (Date.now() + behind_ms);
      countdown.hidden = left_ms <= 0 || left_ms >= 24 * 3600e3;
      if (left_ms <= 0) {
        for (const button of document.querySelectorAll(".action button:disabled")) button.disabled = false;
        for (const hint of document.querySelectorAll("[data-until-open]")) hint.hidden = true;
        for (const hint of document.querySelectorAll("[data-once-open]")) hint.hidden = false;
        return;
      }
      const left_s = Math.ceil(left_ms / 1000);
      const parts = [left_s / 3600, (left_s / 60) % 60, left_s % 60];
      countdown.querySelector(".number").textContent = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
      setTimeout(tick, left_ms % 1000 || 1000);
    };
    tick();
  };

  // --- the line ---

  const RETRY_MAX_S = 15;
  const REST_MIN_S = 3;
  let failures = 0;
  let retry;
  let step;
  let answeredAt = Date.now();

  const isPlace = (event) => event.detail.elt && event.detail.elt.id === "place";
  const stillAsks = () => byId("place") && byId("place").hasAttribute("hx-get");

  const ask = () => {
    clearTimeout(retry);
    if (!stillAsks()) return;
    if (window.htmx) htmx.trigger("#place", "ask");
    else location.reload();
  };

  const say = (sentence) => {
    if (byId("news")) byId("news").textContent = sentence;
  };

  const lookAtPlace = () => {
    const place = byId("place");
    if (!place) return;
    document.title = place.dataset.title;
    if (step !== undefined && step !== place.dataset.step) say(place.dataset.news);
    step = place.dataset.step;
  };

  const trouble = (event) => {
    if (!isPlace(event)) return;
    const { xhr } = event.detail;
    if (xhr.status === 401) return location.reload();
    failures += 1;
    if (failures === 1 && byId("trouble")) {
      byId("trouble").hidden = false;
      say(byId("trouble").textContent);
    }
    const grown_s = Math.min(RETRY_MAX_S, 2 ** failures) * (0.5 + Math.random() / 2);
    const told_s = Number(xhr.status && xhr.getResponseHeader("Retry-After")) || 0;
    clearTimeout(retry);
    retry = setTimeout(ask, 1000 * Math.max(grown_s, Math.min(told_s, 60)));
  };

  // Only a place is put in the place's stead: not a proxy's error page, nor the page we were sent to.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isPlace(event)) return;
    const { detail } = event;
    const asked = new URL(detail.pathInfo.requestPath, location.href);
    if (detail.xhr.responseURL && new URL(detail.xhr.responseURL).pathname !== asked.pathname) {
      detail.shouldSwap = false;
      location.reload();
      return;
    }
    detail.shouldSwap = /\sid="place"/.test(detail.serverResponse);
    detail.isError = !detail.shouldSwap;
  });

  document.addEventListener("htmx:afterSwap", () => {
    clearTimeout(retry);
    answeredAt = Date.now();
    const wasTroubled = failures > 0;
    failures = 0;
    if (byId("trouble")) byId("trouble").hidden = true;
    if (wasTroubled && byId("place")) say(byId("place").dataset.news);
    lookAtPlace();
    showLocalTimes();
  });

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, trouble);

  // The browser's own stop button must not stop the asking; it is no trouble either.
  document.addEventListener("htmx:sendAbort", () => {
    clearTimeout(retry);
    retry = setTimeout(ask, REST_MIN_S * 1000);
  });

  // A phone that slept, or changed networks, may still hold a request that nobody answers.
  const askAfresh = () => {
    if (stillAsks() && window.htmx) htmx.trigger("#place", "htmx:abort");
    ask();
  };
  const lookedAtAgain = () => {
    if (document.visibilityState === "visible" && Date.now() - answeredAt > REST_MIN_S * 1000) askAfresh();
  };
  document.addEventListener("visibilitychange", lookedAtAgain);
  addEventListener("pageshow", (event) => event.persisted && lookedAtAgain());
  addEventListener("online", askAfresh);

  lookAtPlace();
  showLocalTimes();
  countDown();
  // The one script that does the asking did not arrive: load the page again, gently.
  if (!window.htmx && stillAsks()) retry = setTimeout(ask, 1000 * (5 + Math.random() * 10));
})();
