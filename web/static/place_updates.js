// Keeps a waiting page up to date on a bad network: by a stream where possible, else by polling.
// htmx polls and swaps.
(() => {
  "use strict";

  const { byId, say, showLocalTimes, countDown, kept } = window.waitroom;
  const { src: script } = document.currentScript;

  const RETRY_MAX_S = 15;
  const REST_MIN_S = 3;
  let failures = 0;
  let retry;
  let step;
  let state;
  let doubt;
  let answeredAt = Date.now();

  const isPlace = (event) => event.detail.elt && event.detail.elt.id === "place";
  const stillAsks = () => byId("place") && byId("place").hasAttribute("hx-get");
  const between = (least_s, most_s) => 1000 * (least_s + Math.random() * (most_s - least_s));

  // In the bar on another page, what ends the place ends the bar only.
  const live = byId("live");
  const isBar = Boolean(live && "bar" in live.dataset);
  const reload = () => (isBar ? document.dispatchEvent(new Event("waitroom:gone")) : location.reload());

  const ask = () => {
    clearTimeout(retry);
    if (!stillAsks()) return;
    if (window.htmx) htmx.trigger("#place", "ask");
    else reload();
  };
  const askIn = (rest_ms) => {
    clearTimeout(retry);
    retry = setTimeout(ask, rest_ms);
  };

  const lookAtPlace = () => {
    const place = byId("place");
    if (!place) return;
    if (!isBar) document.title = place.dataset.title;
    if (step !== undefined && step !== place.dataset.step) say(place.dataset.news);
    if (state !== undefined && state !== place.dataset.state) {
      document.dispatchEvent(new CustomEvent("waitroom:turn", { detail: place.dataset.state }));
    }
    ({ step, state } = place.dataset);
    document.dispatchEvent(new Event("waitroom:told"));
  };

  const told = () => {
    clearTimeout(retry);
    clearTimeout(doubt);
    answeredAt = Date.now();
    const wasTroubled = failures > 0 || byId("trouble")?.hidden === false;
    failures = 0;
    if (byId("trouble")) byId("trouble").hidden = true;
    if (wasTroubled && byId("place")) say(byId("place").dataset.news);
    lookAtPlace();
    showLocalTimes();
    countDown();
    if (!stillAsks()) {
      letGo();
      if (!isBar) kept.forget();
    } else if (wasTroubled && !heardAt) hangUp(between(1, 8)); // polls work again, so a stream may too
  };

  // --- the stream: one per browser and room, held by one of the tabs ---
  //
  // Over HTTP/1.1 a browser has six connections to a site; with a stream in each tab the seventh tab
  // would never load. The tab that holds the lock opens the stream and passes on what it hears. Without
  // https there are no locks: then each tab that is looked at has a stream of its own.

  const FIRST_WORD_S = 10; // no event after this time: a proxy buffers the stream
  const HIDDEN_MAX_S = 10;
  let source;
  let heardAt = 0;
  let patience;
  let redial;
  let letGoAgain;
  let waitsForLock; // aborts the waiting
  let giveLockBack;
  const quietMax_ms = 1000 * live?.dataset.quietMaxS;
  const canFollow = Boolean(live && window.htmx && window.EventSource);
  const tabs = canFollow && window.BroadcastChannel ? new BroadcastChannel(live.dataset.shared) : null;

  const isHeard = () => Date.now() - heardAt < quietMax_ms;
  const isWanted = () => canFollow && stillAsks();
  const mayFollow = () => !document.hidden || Boolean(window.waitroom.tellsTurn?.());

  const passOn = (message) => {
    hear(message);
    if (tabs) tabs.postMessage(message);
  };

  const connect = () => {
    clearTimeout(redial);
    if (!isWanted() || source) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener("place", ({ data }) => passOn({ html: data }));
    source.addEventListener("beat", () => passOn({}));
    source.addEventListener("error", lost);
    patience = setTimeout(hangUp, FIRST_WORD_S * 1000);
  };

  function follow() {
    clearTimeout(letGoAgain);
    if (!isWanted() || !mayFollow() || waitsForLock || giveLockBack) return;
    if (!navigator.locks || !tabs) return connect();
    waitsForLock = new AbortController();
    const held = () => isWanted() && new Promise((resolve) => {
      waitsForLock = undefined;
      giveLockBack = resolve;
      connect();
    });
    navigator.locks.request(live.dataset.shared, { signal: waitsForLock.signal }, held).catch(() => undefined);
  }

  const closeStream = () => {
    clearTimeout(patience);
    clearTimeout(redial);
    if (source) source.close();
    source = undefined;
    heardAt = 0;
  };

  // Closes the stream, and reopens it after a delay. A tab that waits for the lock has none to close.
  function hangUp(rest_ms = between(30, 90)) {
    const wasWaiting = Boolean(waitsForLock);
    closeStream();
    if (!stillAsks()) letGo();
    else if (!wasWaiting && isWanted() && mayFollow()) redial = setTimeout(giveLockBack ? connect : follow, rest_ms);
  }

  // Another tab may have the stream now.
  function letGo() {
    closeStream();
    waitsForLock?.abort();
    giveLockBack?.();
    waitsForLock = giveLockBack = undefined;
  }

  // All pages notice a server's end at once, so reconnect after a random delay, unlike browsers.
  function lost() {
    const wasHeard = heardAt > 0;
    hangUp(wasHeard ? between(3, 12) : between(30, 90));
    if (wasHeard) askIn(between(0.5, REST_MIN_S));
  }

  // Replaces only text where only text has changed, which keeps focus, selection and a screen reader's
  // position.
  const isAlike = (old, fresh) =>
    old.nodeName === fresh.nodeName &&
    old.childNodes.length === fresh.childNodes.length &&
    [...old.childNodes].every((node, at) => isAlike(node, fresh.childNodes[at]));
  const adopt = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.nodeName === "TIME") {
      if (old.dateTime === fresh.dateTime) return;
      old.removeAttribute("title"); // not in the reader's time zone yet
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    old.childNodes.forEach((node, at) => adopt(node, fresh.childNodes[at]));
  };

  const show = (html) => {
    const place = byId("place");
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("place");
    if (!place || !fresh) return;
    if (place.dataset.state === fresh.dataset.state && isAlike(place, fresh)) {
      adopt(place, fresh);
      told();
    } else {
      htmx.swap(place, html, { swapStyle: "outerHTML" });
    }
  };

  // A connection may die silently: after a quiet period the page polls.
  function hear({ html }) {
    if (!stillAsks()) return;
    clearTimeout(patience);
    heardAt = answeredAt = Date.now();
    try {
      if (html) show(html);
    } finally {
      if (stillAsks()) askIn(quietMax_ms);
    }
  }
  if (tabs) tabs.addEventListener("message", ({ data }) => hear(data));

  // While events arrive, the page does not poll. After a long silence it polls at once on another
  // connection, and shows the problem without waiting for that to fail.
  const DOUBT_S = 4;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPlace(event)) return;
    const fellSilent = heardAt && !isHeard();
    if (fellSilent) {
      hangUp(between(1, 8));
      doubt = setTimeout(showTrouble, DOUBT_S * 1000);
    }
    if (!isHeard()) return;
    event.preventDefault();
    askIn(quietMax_ms);
  });

  // --- polling ---

  function showTrouble() {
    clearTimeout(doubt);
    if (!byId("trouble")?.hidden) return;
    byId("trouble").hidden = false;
    say(byId("trouble").textContent);
  }
  const trouble = (event) => {
    if (!isPlace(event)) return;
    const { xhr } = event.detail;
    if (xhr.status === 401) return reload();
    failures += 1;
    showTrouble();
    const grown_s = Math.min(RETRY_MAX_S, 2 ** failures) * (0.5 + Math.random() / 2);
    const told_s = Number(xhr.status && xhr.getResponseHeader("Retry-After")) || 0;
    askIn(1000 * Math.max(grown_s, Math.min(told_s, 60)));
  };

  // Swap in a place only, not a proxy's error page, nor another page after a redirect.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isPlace(event)) return;
    const { detail } = event;
    const asked = new URL(detail.pathInfo.requestPath, location.href);
    if (detail.xhr.responseURL && new URL(detail.xhr.responseURL).pathname !== asked.pathname) {
      detail.shouldSwap = false;
      reload();
      return;
    }
    detail.shouldSwap = /\sid="place"/.test(detail.serverResponse);
    detail.isError = !detail.shouldSwap;
  });

  document.addEventListener("htmx:afterSwap", told);

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, trouble);

  // The browser's stop button must not stop polling, and is no network problem.
  document.addEventListener("htmx:sendAbort", () => askIn(REST_MIN_S * 1000));

  // After sleep or a change of networks a request or stream may be dead.
  const askAfresh = () => {
    if (!stillAsks()) return;
    if (window.htmx) {
      hangUp(between(1, 5));
      htmx.trigger("#place", "htmx:abort");
    }
    ask();
  };
  // A hidden tab polls rarely, and leaves the stream to other tabs.
  const letGoAndAsk = () => {
    if (!document.hidden || !stillAsks()) return;
    letGo();
    askIn(between(1, REST_MIN_S));
  };
  const lookedAtAgain = () => {
    if (!document.hidden && !isHeard() && Date.now() - answeredAt > REST_MIN_S * 1000) askAfresh();
  };
  document.addEventListener("visibilitychange", () => {
    lookedAtAgain();
    if (!document.hidden) follow();
    else if (!mayFollow()) letGoAgain = setTimeout(letGoAndAsk, HIDDEN_MAX_S * 1000);
  });
  addEventListener("pageshow", (event) => event.persisted && lookedAtAgain());
  addEventListener("online", askAfresh);
  // The lobby becomes the line.
  document.addEventListener("waitroom:open", () => askIn(between(0, 2)));

  // The bar is for members, on their pages.
  if (live && !isBar && stillAsks() && document.querySelector(".who[action='/signout']")) {
    kept.write({ ...live.dataset, script });
  }
  lookAtPlace();
  follow();
  // htmx did not load, so nothing polls: reload the page after a delay.
  if (!window.htmx && stillAsks()) askIn(between(5, 15));
})();
