// Keeps a waiting page told on a bad network: by a stream where it can be had, by asking where it can't.
// htmx does the asking and the swapping.
(() => {
  "use strict";

  const { byId, say, showLocalTimes, countDown } = window.waitroom;

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

  const ask = () => {
    clearTimeout(retry);
    if (!stillAsks()) return;
    if (window.htmx) htmx.trigger("#place", "ask");
    else location.reload();
  };
  const askIn = (rest_ms) => {
    clearTimeout(retry);
    retry = setTimeout(ask, rest_ms);
  };

  const lookAtPlace = () => {
    const place = byId("place");
    if (!place) return;
    document.title = place.dataset.title;
    if (step !== undefined && step !== place.dataset.step) say(place.dataset.news);
    if (state !== undefined && state !== place.dataset.state) {
      document.dispatchEvent(new CustomEvent("waitroom:turn", { detail: place.dataset.state }));
    }
    ({ step, state } = place.dataset);
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
    if (!stillAsks()) letGo();
    else if (wasTroubled && !heardAt) hangUp(between(1, 8)); // who answers again may speak again too
  };

  // --- the stream: one a browser and room, whichever of its tabs holds it ---
  //
  // Over HTTP/1.1 a browser has six connections to a site; with a stream in each tab the seventh tab
  // would never load. The tab that holds the lock opens the stream and passes on what it hears. Without
  // https there are no locks: then each tab that is looked at has a stream of its own.

  const FIRST_WORD_S = 10; // longer without one: something between keeps the words back
  const HIDDEN_MAX_S = 10;
  let source;
  let heardAt = 0;
  let patience;
  let redial;
  let letGoAgain;
  let waitsForLock; // aborts the waiting
  let giveLockBack;
  const live = byId("live");
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

  // The stream ends, and is opened again after a rest. Who waits for the lock has nothing to end.
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

  // Everybody hears a server go: they are not to come back all at once, as browsers would.
  function lost() {
    const wasHeard = heardAt > 0;
    hangUp(wasHeard ? between(3, 12) : between(30, 90));
    if (wasHeard) askIn(between(0.5, REST_MIN_S));
  }

  // Where only words have changed, only words are changed: what is focused, selected or being read
  // aloud stays what it is.
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
      old.removeAttribute("title"); // not yet in the reader's own time
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

  // A connection may die without a word: after a while of silence the page asks.
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

  // Who is told need not ask. Who has heard nothing for long asks at once, by another connection, and
  // does not wait for that to fail before the page says so.
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

  // --- asking ---

  function showTrouble() {
    clearTimeout(doubt);
    if (!byId("trouble")?.hidden) return;
    byId("trouble").hidden = false;
    say(byId("trouble").textContent);
  }
  const trouble = (event) => {
    if (!isPlace(event)) return;
    const { xhr } = event.detail;
    if (xhr.status === 401) return location.reload();
    failures += 1;
    showTrouble();
    const grown_s = Math.min(RETRY_MAX_S, 2 ** failures) * (0.5 + Math.random() / 2);
    const told_s = Number(xhr.status && xhr.getResponseHeader("Retry-After")) || 0;
    askIn(1000 * Math.max(grown_s, Math.min(told_s, 60)));
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

  document.addEventListener("htmx:afterSwap", told);

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, trouble);

  // The browser's own stop button must not stop the asking; it is no trouble either.
  document.addEventListener("htmx:sendAbort", () => askIn(REST_MIN_S * 1000));

  // A phone that slept, or changed networks, may still hold a request, or a stream, that nobody answers.
  const askAfresh = () => {
    if (!stillAsks()) return;
    if (window.htmx) {
      hangUp(between(1, 5));
      htmx.trigger("#place", "htmx:abort");
    }
    ask();
  };
  // Nobody looks at this tab: it asks now and then, and leaves the stream to others.
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
  // The lobby goes on into the line.
  document.addEventListener("waitroom:open", () => askIn(between(0, 2)));

  lookAtPlace();
  follow();
  // The one script that does the asking did not arrive: load the page again, gently.
  if (!window.htmx && stillAsks()) askIn(between(5, 15));
})();
