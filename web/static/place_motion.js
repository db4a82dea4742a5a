// Shows that the line moves: digits that roll, how many places the reader has come forward, a light along
// the ticket. Also keeps the screen awake, and tells of the turn by vibration and a badge. The page says
// everything without this file; where the reader wants less motion, nothing here moves.
(() => {
  "use strict";

  const { byId } = window.waitroom;
  const ROLL_MS = 400;
  const DRIFT_MS = 1100;
  const LIGHT_MS = 900;
  const DRIFTS_TO = 7; // longer numbers leave no room beside them
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let before = "";

  const make = (name, kind, text = "") => Object.assign(document.createElement(name), { className: kind, textContent: text });
  const asNumber = (text) => Number(text.replace(/\D/g, ""));
  const number = () => document.querySelector("#place.place-waiting .place-line .number");

  // The number itself stays text, for readers and for screen readers; what moves lies above it.
  const roll = (shown, was, now) => {
    shown.parentNode.querySelector(".rolls")?.remove();
    if (was.length !== now.length) return;
    const size = [...shown.classList].find((one) => one.startsWith("digits-"));
    const rolls = make("span", `rolls ${size}`);
    rolls.setAttribute("aria-hidden", "true");
    [...now].forEach((letter, at) => {
      const place = make("span", "digit");
      place.append(make("i", was[at] === letter ? "" : "comes", letter));
      if (was[at] !== letter) place.append(make("i", "goes", was[at]));
      rolls.append(place);
    });
    shown.after(rolls);
    shown.classList.add("is-rolling");
    setTimeout(() => {
      rolls.remove();
      shown.classList.remove("is-rolling");
    }, ROLL_MS);
  };

  const drift = (line, places) => {
    line.querySelector(".gone")?.remove();
    const gone = make("span", "gone", `−${places.toLocaleString(document.documentElement.lang)}`);
    gone.setAttribute("aria-hidden", "true");
    line.append(gone);
    setTimeout(() => gone.remove(), DRIFT_MS);
  };

  const light = (ticket) => {
    const strip = make("span", "light");
    ticket.querySelector(".light")?.remove();
    ticket.append(strip);
    setTimeout(() => strip.remove(), LIGHT_MS);
  };

  const look = () => {
    const shown = number(), now = shown?.textContent ?? "";
    const was = before;
    before = now;
    if (!was || !now || was === now || calm.matches || !shown.offsetParent) return;
    roll(shown, was, now);
    light(shown.closest(".ticket"));
    const forward = asNumber(was) - asNumber(now);
    if (forward > 0 && now.length <= DRIFTS_TO) drift(shown.closest(".place-line"), forward);
  };
  document.addEventListener("waitroom:told", look);
  look();

  // --- the screen stays awake while the page waits; browsers allow it only over https ---

  let lock;
  const awake = byId("awake");
  const keepAwake = async () => {
    const waits = Boolean(number()) && !document.hidden && awake?.checked;
    if (!waits) {
      lock?.release();
      lock = undefined;
    } else if (!lock || lock.released) {
      lock = await navigator.wakeLock.request("screen").catch(() => undefined);
    }
  };
  if (navigator.wakeLock && awake) {
    awake.closest(".turn").hidden = false;
    awake.closest("label").hidden = false;
    awake.addEventListener("change", keepAwake);
    document.addEventListener("visibilitychange", keepAwake);
    document.addEventListener("waitroom:told", keepAwake);
    keepAwake();
  }

  // --- the turn ---

  const clearBadge = () => {
    if (!document.hidden) navigator.clearAppBadge?.().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", clearBadge);
  document.addEventListener("waitroom:turn", ({ detail: state }) => {
    if (state !== "admitted" && state !== "issued") return;
    // Chromium complains of a page that nobody has touched.
    const touched = navigator.userActivation?.hasBeenActive ?? true;
    if (touched && !calm.matches) navigator.vibrate?.(200);
    if (document.hidden) navigator.setAppBadge?.(1).catch(() => undefined);
  });
})();
