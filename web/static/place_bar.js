// A bar with the live place on every other page, where this browser has one. app.js loads this file only
// then. The fragment of the waiting page, out of sight, is kept up to date by the waiting page's own
// scripts: so the bar shares the stream that the browser's tabs have.
(() => {
  "use strict";

  const { byId, kept } = window.waitroom;
  const place = kept.read();
  if (!place || byId("place") || byId("live")) return;
  const room = new URL(place.live, location.href).pathname.replace(/\/live$/, "");

  const make = (name, kind, text = "") => Object.assign(document.createElement(name), { className: kind, textContent: text });
  const bar = make("a", "place-bar");
  const number = make("span", "place-bar-number");
  const state = make("span", "place-bar-state");
  const wait = make("span", "place-bar-wait soft");
  bar.href = room;
  bar.append(number, state, wait);

  const gone = () => {
    kept.forget();
    bar.remove();
    byId("place-out-of-sight")?.remove();
  };

  // The tab's title of the waiting page: the place, the state, and the site.
  const show = () => {
    const now = byId("place");
    if (!now) return;
    const goesOn = now.hasAttribute("hx-get"), isIssued = now.dataset.state === "issued";
    if (!goesOn && !isIssued) return gone();
    const text = now.querySelector(".place-line .number")?.textContent ?? "";
    number.textContent = text;
    number.hidden = !text;
    state.textContent = now.dataset.title.split(" · ").slice(text ? 1 : 0, -1).join(" · ");
    wait.textContent = now.querySelector(".wait b")?.textContent ?? "";
    bar.dataset.state = now.dataset.state;
  };

  const load = async () => {
    const answer = await fetch(`${room}/place`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return [401, 404].includes(answer.status) || answer.redirected ? gone() : undefined;
    const fragment = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("place");
    if (!fragment) return gone();
    const live = make("div", "");
    live.id = "live";
    Object.assign(live.dataset, { live: place.live, quietMaxS: place.quietMaxS, shared: place.shared, bar: "" });
    const box = make("div", "");
    box.id = "place-out-of-sight";
    box.hidden = true;
    box.append(live, fragment);
    document.body.append(box, bar);
    document.addEventListener("waitroom:told", show);
    document.addEventListener("waitroom:gone", gone);
    show();
    if (!fragment.hasAttribute("hx-get")) return;
    const script = document.createElement("script");
    script.src = place.script;
    document.head.append(script);
  };

  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/static/place_bar.css" });
  document.head.append(style);
  load().catch(() => undefined); // the next page tries again
})();
