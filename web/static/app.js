// Shows times shortly, or in the reader's time zone too, and counts down to an opening by the server's clock.
// Every page works without this file.
(() => {
  "use strict";

  if (window.waitroom) return; // already loaded: a shop's base.html may load it beside the bundle

  const byId = (id) => document.getElementById(id);

  // The live region: screen readers announce its text when they are idle.
  const say = (sentence) => {
    if (sentence && byId("news")) byId("news").textContent = sentence;
  };

  // --- times: the server writes them in the site's time zone, as "May 1, 2026, 21:00 KST" ---

  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = { month: "short", day: "numeric" };
  const formats = new Map();
  const format = (at, form) => {
    const key = JSON.stringify(form);
    if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(document.documentElement.lang, form));
    return formats.get(key).format(at);
  };
  const formOf = (time, at) => {
    const now = new Date();
    const exact = "seconds" in time.dataset ? { ...hour, second: "2-digit" } : { ...hour, ...day };
    if (at.toDateString() === now.toDateString()) return exact;
    return at.getFullYear() === now.getFullYear() ? { ...exact, ...day } : { ...exact, ...day, year: "numeric" };
  };
  // Shortly where the reader's clock shows the same; elsewhere as written, for members with their own time.
  const inWords = (time, at) => {
    if (time.title.includes(format(at, hour))) return format(at, formOf(time, at));
    if ("seconds" in time.dataset || document.querySelector(".console")) return time.title;
    return `${time.title} (${format(at, { ...day, ...hour, timeZoneName: "short" })})`;
  };
  const showLocalTimes = () => {
    for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    for (const time of document.querySelectorAll("time[datetime]:not([title])")) {
      time.title = time.textContent;
      time.textContent = inWords(time, new Date(time.dateTime));
    }
  };

  // --- the opening: pages change by themselves, so that readers need not reload at that second ---

  const SPOKEN_S = [10, 60, 300, 600];
  let behind_ms = -Infinity; // this clock is behind the server's by at least this
  let tickAgain;
  let leftBefore_s;
  let wasOpen;

  // A server time is outdated by its transfer: of two estimates the larger is more precise.
  const readServersClock = (said) => {
    const [arrival] = performance.getEntriesByType("navigation");
    const first = behind_ms === -Infinity;
    if (first && arrival && arrival.transferSize === 0) return; // a page from a cache is outdated
    const since_ms = first && arrival ? performance.now() - arrival.responseStart : 0;
    const found_ms = Date.parse(said) - (Date.now() - since_ms);
    if (found_ms > behind_ms) behind_ms = found_ms;
  };

  const asClock = (left_s) => {
    const parts = [Math.floor(left_s / 3600), Math.floor(left_s / 60) % 60, left_s % 60];
    return (parts[0] ? parts : parts.slice(1)).map((part) => String(part).padStart(2, "0")).join(":");
  };

  // Shows and hides elements that are valid until, or from, a time.
  const turn = (passed) => {
    for (const part of document.querySelectorAll("[data-until], [data-from]")) {
      const { until, from } = part.dataset;
      const hides = Boolean((until && passed[until]) || (from && !passed[from]));
      if (part.hidden && !hides && leftBefore_s !== undefined) say(part.dataset.say);
      part.hidden = hides;
    }
    for (const button of document.querySelectorAll(".action button:disabled")) {
      button.disabled = !(passed.open || (passed.lobby && "lobbyOpensAt" in button.dataset));
    }
  };

  const countDown = () => {
    clearTimeout(tickAgain);
    const countdown = document.querySelector("[data-opens-at]");
    if (!countdown) return;
    if (countdown.dataset.now) readServersClock(countdown.dataset.now);
    delete countdown.dataset.now;
    const now_ms = Date.now() + (Number.isFinite(behind_ms) ? behind_ms : 0);
    const left_ms = Date.parse(countdown.dataset.opensAt) - now_ms;
    const left_s = Math.max(0, Math.ceil(left_ms / 1000));
    const lobby = document.querySelector("[data-lobby-opens-at]");
    const passed = { open: left_ms <= 0, lobby: lobby ? now_ms >= Date.parse(lobby.dataset.lobbyOpensAt) : false };
    turn(passed);
    countdown.hidden = (passed.open && !byId("place")) || left_s >= 24 * 3600;
    countdown.querySelector(".number").textContent = asClock(left_s);
    const spoken = SPOKEN_S.find((at_s) => left_s <= at_s && leftBefore_s > at_s && left_s > 0);
    if (spoken) say(countdown.dataset[`say-${spoken}`]);
    leftBefore_s = left_s;
    if (!passed.open) tickAgain = setTimeout(countDown, left_ms % 1000 || 1000);
    else if (wasOpen === false) document.dispatchEvent(new Event("waitroom:open"));
    wasOpen = passed.open;
  };

  // The list: how long until each coupon opens, on the last day before it does.
  const DAY_S = 24 * 3600;
  const countToOpenings = () => {
    let isAhead = false;
    for (const line of document.querySelectorAll("[data-starts-at]")) {
      const left_s = Math.ceil((Date.parse(line.dataset.startsAt) - Date.now()) / 1000);
      line.hidden = left_s >= DAY_S;
      if (left_s > 0) line.querySelector("b").textContent = asClock(left_s);
      else line.textContent = line.dataset.started;
      isAhead ||= left_s > 0;
    }
    if (isAhead) setTimeout(countToOpenings, 1000 - (Date.now() % 1000));
  };

  // --- copying a coupon's code ---

  // Without https there is no clipboard: then the code is copied as a selection.
  const copySelected = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  const copy = async (text) => {
    if (!navigator.clipboard) return copySelected(text);
    return navigator.clipboard.writeText(text).catch(() => copySelected(text));
  };
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (!button) return;
    await copy(button.dataset.copy);
    button.textContent = button.dataset.copied;
    say(button.dataset.copied);
  });

  // --- temporary errors: the page reloads itself, after a random delay ---

  const again = document.querySelector("[data-again-s]");
  const tryAgain = () => (again.tagName === "FORM" ? again.submit() : location.reload());
  if (again) setTimeout(tryAgain, again.dataset.againS * (1000 + Math.random() * 500));

  // --- the place that this browser waits in, for the bar on other pages ---

  const KEPT = "waitroom:place";
  const kept = {
    read: () => {
      try {
        return JSON.parse(localStorage.getItem(KEPT));
      } catch {
        return null; // the browser may forbid storage
      }
    },
    write: (place) => {
      try {
        localStorage.setItem(KEPT, JSON.stringify(place));
      } catch {
        // not stored: there is no bar
      }
    },
    forget: () => {
      try {
        localStorage.removeItem(KEPT);
      } catch {
        // nothing was stored
      }
    },
  };
  const showBar = () => {
    if (byId("place")) {
      if (!byId("place").hasAttribute("hx-get")) kept.forget();
    } else if (document.querySelector(".who[action='/signout']") && kept.read()) {
      document.head.append(Object.assign(document.createElement("script"), { src: "/static/place_bar.js" }));
    }
  };

  window.waitroom = { byId, say, showLocalTimes, countDown, kept };
  showLocalTimes();
  countDown();
  countToOpenings();
  showBar();
  // A tab that wakes up updates its countdown at once, without waiting for its timer.
  document.addEventListener("visibilitychange", countDown);
})();
